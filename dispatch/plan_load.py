"""Measured load in a plan: its forecast, how far it is to be trusted, and what it corrects.

Hours are counted from the last full hour before now (`issue`): earlier ones are measured. Load is
that of the network, losses of the mains included; the correction is on what users need.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dispatch.bottom_up import FILTER_H
from dispatch.demand_correction import (
    BOUNDS,
    DAY_H,
    Correction,
    DayErrors,
    day_errors,
    demand_factor,
    ratio_spread,
    recent_bias,
)
from dispatch.demand_forecast import DemandDay, DemandForecast
from dispatch.load_past import LoadData, Past, bridged, load_past
from dispatch.load_rolled import LEADS, first_day, on_leads, rolled_loads
from dispatch.load_spread import COLD_QUANTILE, weather_share, widened
from dispatch.load_weather import LoadWeather, load_weather
from dispatch.measured import LoadAhead, Measured
from dispatch.plan import Remark
from forecasts.demand.building import Weather
from forecasts.demand.load.record import RADIATION, TEMPERATURE, WIND, KnownWeather
from forecasts.demand.load_model import Rolled, Standing
from forecasts.weather.run import utc64
from forecasts.weather.solar import HOUR

Array = NDArray[np.float64]

OLD_H = 6.0  # telemetry older than this is worth saying
STALE_H = 24.0  # load older than this says nothing of tomorrow
BIAS_DAYS = 14
ROOMS_OF_LATE_DAYS = 7
BEFORE_H = 12  # half of the correction's window


def demand_of(data: LoadData) -> Measured:
    """Forecast the network's load and work out what it corrects; notes say why it does not."""
    past = load_past(data)
    if isinstance(past, Remark):
        return Measured(notes=(past,))
    age_h = past.age_h
    old = (Remark("daily.load_old", {"age_h": round(age_h)}),) if age_h > OLD_H else ()
    if age_h > STALE_H:
        values = {"age_h": round(age_h), "most_h": round(STALE_H)}
        return Measured(notes=(Remark("daily.load_stale", values),))
    weather = load_weather(data.case, data.store_folder, past.record, data.ahead, data.now, LEADS)
    rolled = rolled_loads(past.record, weather, data.candidates)
    errors = _errors(past, weather, rolled)
    ahead = _Ahead.of(data, past, rolled, weather.stand_in)
    used = rolled.standing[-1] is not Standing.GUESSING and ahead.known
    correction = _correction(past, ahead, errors) if used else None
    forecast = _told(past, weather, rolled, errors, ahead, correction, age_h)
    return Measured(
        demand_factor=None if correction is None else ahead.on_grid(correction.factor),
        load=LoadAhead(
            *(ahead.on_grid(one) for one in (ahead.load_mw, ahead.p10_mw, ahead.p90_mw))
        ),
        forecast=forecast,
        notes=(*old, *_notes(forecast, weather, correction)),
    )


def _errors(past: Past, weather: LoadWeather, rolled: Rolled) -> DayErrors:
    """How both opinions did on days that are over, by day ahead."""
    known = KnownWeather(past.record, weather.runs)
    came = on_leads(past.users_came_mw, rolled)
    buildings = np.array([_expected_mw(past, known, int(one)) for one in rolled.issues[:-1]])
    load = rolled.load_mw[:-1] - on_leads(past.losses_mw, rolled)
    return day_errors(load, buildings.reshape(came.shape), came)


def _expected_mw(past: Past, known: KnownWeather, issue: int) -> Array:
    """Users' heat by the parameters, with the weather known at an issue and the rooms that came.

    (lead,) MW; NaN where the weather is not known or the rooms are still to come.
    """
    begin = max(0, issue - FILTER_H)
    end = min(issue + LEADS, past.room_k.size)
    expected = np.full(LEADS, np.nan)
    before = [past.record.weather[name][begin:issue] for name in (TEMPERATURE, WIND, RADIATION)]
    if not all(np.isfinite(one).any() for one in before):  # services down for days, no sensor
        return expected
    joined = [
        np.concatenate(
            [
                bridged(one),
                known.ahead(name, np.array([issue]), LEADS)[0, : end - issue],
            ]
        )
        for name, one in zip((TEMPERATURE, WIND, RADIATION), before, strict=True)
    ]
    users = past.model.users_mw(begin, Weather(1.0, *joined), past.room_k[begin:end])
    expected[: end - issue] = users[issue - begin :]
    return expected


# ---- what is to come -----------------------------------------------------------------------


@dataclass(frozen=True)
class _Ahead:
    """Hours from the issue to the end of the plan's grid, (hour,) MW; NaN beyond the forecast."""

    load_mw: Array
    p10_mw: Array
    p90_mw: Array
    users_mw: Array  # by the parameters, at the rooms of late
    losses_mw: Array
    weather_sd: Array  # (hour,) of the load by the weather alone, over the load
    step_h: float
    offset_h: float  # of the plan's start
    steps: int  # of the plan's weather

    @classmethod
    def of(cls, data: LoadData, past: Past, rolled: Rolled, stand_in: float) -> "_Ahead":
        """Lay the present forecast beside the buildings.

        `stand_in` is the part of the past days whose weather forecast is not known.
        """
        grid = data.grid
        offset_h = (grid.start - data.issue).total_seconds() / 3600.0
        hours = int(np.ceil(offset_h + grid.weather_steps * grid.step_h))
        at = int((utc64(data.issue) - data.ahead["time"].values[0]) // HOUR)
        before = min(FILTER_H, at, past.record.times.size)  # the model knows no other
        part = data.ahead.isel(time=slice(at - before, at + hours))
        names = (TEMPERATURE, WIND, RADIATION)
        weather = Weather(1.0, *(np.asarray(part[name].values, dtype=float) for name in names))
        late_k = float(past.room_k[-DAY_H * ROOMS_OF_LATE_DAYS :].mean())
        first = past.record.times.size - before
        users = past.model.users_mw(first, weather, late_k)[before:]

        def laid(values: Array) -> Array:
            long = np.full(hours, np.nan)
            long[: min(hours, LEADS)] = values[:hours]
            return long

        load = laid(rolled.load_mw[-1])
        share = weather_share(
            past.model, past.record.times.size, data.ahead, utc64(data.issue), hours
        )
        weather_sd = np.sqrt(stand_in) * share
        p10, p90 = (laid(rolled.quantiles_mw[-1, :, rolled.levels.index(at)]) for at in (0.1, 0.9))
        p10, p90 = widened(p10, load, p90, weather_sd * load, COLD_QUANTILE)
        return cls(
            load_mw=load,
            p10_mw=p10,
            p90_mw=p90,
            users_mw=users,
            losses_mw=past.model.losses_mw(weather)[before:],
            weather_sd=weather_sd,
            step_h=grid.step_h,
            offset_h=offset_h,
            steps=grid.weather_steps,
        )

    @property
    def known(self) -> bool:
        """Whether there is a forecast of the first day at all."""
        return bool(np.isfinite(self.load_mw[:DAY_H]).sum() >= DAY_H // 2)

    def on_grid(self, hourly: Array) -> Array:
        """Values by the hour on the weather steps of the plan, (weather step,)."""
        hours = self.offset_h + self.step_h * np.arange(self.steps)
        return np.asarray(hourly[np.floor(hours + 1e-9).astype(int)])


def _correction(past: Past, ahead: _Ahead, errors: DayErrors) -> Correction:
    return demand_factor(
        past.users_came_mw[-BEFORE_H:],
        past.users_mw[-BEFORE_H:],
        ahead.load_mw - ahead.losses_mw,
        ahead.users_mw,
        errors.weight,
        recent_bias(*_fortnight(past)),
        ratio_spread(*_fortnight(past)),
    )


def _fortnight(past: Past) -> tuple[Array, Array]:
    """Heat of the users as it came, and by the parameters, both up to now, (hour,) MW."""
    hours = DAY_H * BIAS_DAYS
    return past.users_came_mw[-hours:], past.users_mw[-hours:]


# ---- what is told --------------------------------------------------------------------------


def _told(
    past: Past,
    weather: LoadWeather,
    rolled: Rolled,
    errors: DayErrors,
    ahead: _Ahead,
    correction: Correction | None,
    age_h: float,
) -> DemandForecast:
    skill = first_day(past.record, rolled)
    return DemandForecast(
        standing=rolled.standing[-1].value,
        basis=past.load.basis,
        used=correction is not None,
        history_days=round(float(np.isfinite(past.record.load_mw).sum()) / DAY_H, 1),
        runs=weather.stored,
        station_share=round(past.load.station_share, 3),
        age_h=age_h,
        nrmse=round(skill.nrmse, 4),
        mape=round(skill.mape, 4),
        bias=round(recent_bias(*_fortnight(past)), 4),
        days=tuple(_days(ahead, errors, correction)),
    )


def _days(ahead: _Ahead, errors: DayErrors, correction: Correction | None) -> list[DemandDay]:
    """One entry a day that the forecast covers, from the issue on."""
    days = []
    for day in range(min(LEADS, ahead.load_mw.size) // DAY_H):
        hours = slice(DAY_H * day, DAY_H * (day + 1))
        if not np.isfinite(ahead.load_mw[hours]).all():
            break
        p50 = float(ahead.load_mw[hours].mean())
        # Hours err against each other: their mean is surer than they are.
        spread = float(np.hypot(errors.load[day], ahead.weather_sd[hours].mean()))
        low, high = (p50 * (1.0 + sign * COLD_QUANTILE * spread) for sign in (-1, 1))
        if not np.isfinite(low):
            low, high = (float(one[hours].mean()) for one in (ahead.p10_mw, ahead.p90_mw))
        days.append(
            DemandDay(
                day=day + 1,
                p10_mw=round(float(low), 2),
                p50_mw=round(p50, 2),
                p90_mw=round(float(high), 2),
                buildings_mw=round(float((ahead.users_mw + ahead.losses_mw)[hours].mean()), 2),
                weight=round(float(errors.weight[day]), 3) if correction else 0.0,
                factor=round(float(correction.factor[hours].mean()), 4) if correction else 1.0,
                error=round(float(errors.load[day]), 4),
                buildings_error=round(float(errors.buildings[day]), 4),
            )
        )
    return days


def _notes(
    forecast: DemandForecast, weather: LoadWeather, correction: Correction | None
) -> tuple[Remark, ...]:
    """Why measured load corrects nothing, or what makes the correction doubtful."""
    if correction is None:
        days = {"days": round(forecast.history_days)}
        return (Remark("daily.load_guessing", days),)
    notes = []
    if weather.missing > weather.stored:
        notes.append(Remark("daily.load_weather_came", {"days": weather.missing}))
    if correction.bounded:
        worst = float(correction.ratio[np.nanargmax(np.abs(correction.ratio - 1.0))] - 1.0)
        values = {
            "off_pct": f"{100.0 * worst:+.0f}",
            "most_pct": round(100.0 * (BOUNDS[1] - 1.0)),
        }
        notes.append(Remark("daily.load_bounded", values))
    return tuple(notes)
