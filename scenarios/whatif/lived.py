"""Plans that rest on a wrong forecast, and the weather that came: what the error costs.

A forecast sees the truth for some hours ahead and then sinks into what was wrongly expected. A
plan is made on it; its setpoints are carried out in the true weather (`dispatch/carried_out.py`),
either to the end or until the next plan, which starts from the rooms as they then are and sees a
little more. The same with a forecast that is right throughout is what the error is counted from.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from dispatch.carried_out import carried_out
from dispatch.daily_request import DailyRequest, Stopwatch
from dispatch.day_plan import plan_day
from dispatch.initial_state import state_from, state_of
from dispatch.inputs import PlanInputs, plan_inputs
from dispatch.measured import NOTHING, Measured
from dispatch.morning import morning_of
from dispatch.situation import Situation, measured_of
from forecasts.weather.run import utc64
from forecasts.weather.solar import HOUR
from forecasts.weather.steps import resample

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Sight:
    """How far forecasts see the weather that comes: wholly for `sure_h`, then less and less."""

    sure_h: float = 24.0
    fades_h: float = 24.0  # until nothing of it is seen

    def weight(self, lead_h: Array) -> Array:
        """Part of the truth that is seen so many hours ahead, 0–1; the past is known."""
        return np.asarray(np.clip(1.0 - (lead_h - self.sure_h) / self.fades_h, 0.0, 1.0))


@dataclass(frozen=True)
class Policy:
    """How setpoints follow the weather."""

    replan_h: int | None  # None: held to the end
    foresight: bool = False  # the forecast is right throughout


@dataclass(frozen=True)
class Span:
    """A plan as it was carried out, the first `hours` of its schedule."""

    schedule: xr.Dataset
    hours: float

    def steps(self, name: str) -> Array:
        """A variable on steps, cut to what was carried out."""
        count = round(self.hours / float(self.schedule.attrs["step_h"]))
        values: Array = self.schedule[name].values[..., :count]
        return values


@dataclass(frozen=True)
class Lived:
    """A policy, and what came of it over the whole span."""

    policy: Policy
    spans: tuple[Span, ...]
    plans: int

    @property
    def step_h(self) -> float:
        """Length of a step, h."""
        return float(self.spans[0].schedule.attrs["step_h"])

    def steps(self, name: str) -> Array:
        """A variable on steps over the whole span, (…, step)."""
        return np.concatenate([span.steps(name) for span in self.spans], axis=-1)


def seen_at(moment: datetime, expected: xr.Dataset, truth: xr.Dataset, sight: Sight) -> xr.Dataset:
    """Return the forecast of an aware moment: of the truth what is seen, else what is expected."""
    lead_h = (truth["time"].values - utc64(moment)) / HOUR
    weight = xr.DataArray(sight.weight(lead_h), dims="time", coords={"time": truth["time"]})
    mixed = {}
    for name, array in expected.items():
        if "time" in array.dims and np.issubdtype(array.dtype, np.floating):
            seen = array + weight * (truth[name] - array)
            mixed[name] = seen.transpose(*array.dims).assign_attrs(array.attrs)
    return expected.assign(mixed)


def live(
    expected: Situation, truth: Situation, policy: Policy, sight: Sight, request: DailyRequest
) -> Lived:
    """Plan and carry out over the horizon of a plan.

    Both situations are of one case and differ in their weather. Raises NoPlan.
    """
    horizon_h = float(expected.case.settings.time.horizon_h)
    measured = _measured(expected, request)
    state, spans, done_h = expected.state, list[Span](), 0.0
    while done_h < horizon_h - 1e-9:
        moment = expected.grid.start + timedelta(hours=done_h)
        forecast = truth.weather
        if not policy.foresight:
            forecast = seen_at(moment, expected.weather, truth.weather, sight)
        now = replace(truth, now=moment, weather=_long_enough(forecast, truth, moment), state=state)
        plan = plan_day(_inputs(now, measured), state.last, f"lived-{moment:%m%dT%H%M}").schedule
        real = replace(now, weather=_long_enough(truth.weather, truth, moment))
        happened = carried_out(_inputs(real, measured), plan, state.last)
        measured = replace(measured, meters=None)  # they are of the day before the first plan
        hours = horizon_h - done_h if policy.replan_h is None else float(policy.replan_h)
        hours = min(hours, horizon_h - done_h)
        spans.append(Span(happened, hours))
        done_h += hours
        state = state_from(state_of(happened, truth.case), moment + timedelta(hours=hours))
        measured = replace(measured, rooms=None, given_rooms_c={})  # from here on as lived
    return Lived(policy, tuple(spans), len(spans))


def _measured(situation: Situation, request: DailyRequest) -> Measured:
    """What telemetry and surveys say of the start."""
    watch = Stopwatch(lambda _: None)
    known = morning_of(situation, request, watch)
    found = measured_of(situation, request, watch)
    return replace(found if found is not NOTHING else Measured(), stocks=known.stocks)


def _inputs(situation: Situation, measured: Measured) -> PlanInputs:
    grid = situation.grid
    weather = resample(situation.weather, grid.step_h)
    factor = measured.demand_factor
    if factor is not None:  # of the first plan's hours; a later plan takes the mean of them
        steps = grid.weather_steps
        factor = np.full(steps, float(factor.mean())) if factor.size != steps else factor
    asked = replace(measured, demand_factor=factor)
    return plan_inputs(situation.case, grid, weather, situation.state.last, asked)


def _long_enough(weather: xr.Dataset, truth: Situation, moment: datetime) -> xr.Dataset:
    """Weather that reaches to the look-ahead's end of a later plan: its last day goes on."""
    missing_h = (moment - truth.grid.start) / timedelta(hours=1)
    if missing_h <= 0:
        return weather
    days = int(np.ceil(missing_h / 24.0))
    last = weather.isel(time=slice(-24, None))
    more = [
        last.assign_coords(time=last["time"] + np.timedelta64(24 * day, "h"))
        for day in range(1, days + 1)
    ]
    return xr.concat([weather, *more], dim="time", data_vars="minimal", coords="minimal")
