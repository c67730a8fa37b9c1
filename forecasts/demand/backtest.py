"""A load forecast tried on a record as if it had been live, and proof that it did not look ahead.

Forecasts are asked for many issues at once, so honesty cannot come from the way of asking. It is
proven instead, in every run: at a sample of issues all is asked again with everything after the
issue taken away, and the numbers of that issue and of all before it must be the same.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Protocol

import numpy as np

from forecasts.demand.load.baselines import BASELINES, Baseline
from forecasts.demand.load.record import (
    Floats,
    Ints,
    KnownWeather,
    LoadRecord,
    Times,
    WeatherRuns,
)
from forecasts.demand.load.span import Span, observed

# Where in the test issues are asked again. Each covers all issues before it, those within a
# horizon of it most sharply; the sum is the cost in whole runs.
CHECKED_SHARES = (0.05, 0.25, 0.6)
# Beyond the longest lead, perfect weather is left for this long: a daily mean of the last target's
# day is no look into the future where weather counts as known.
WEATHER_BEYOND_H = 25.0
SAME = 1e-6  # of the mean load: a solver's rounding, no knowledge


class Told(Protocol):
    """What a load model says of many issues (`load_model.Rolled` is one)."""

    @property
    def levels(self) -> tuple[float, ...]:
        """Levels of the quantiles, rising."""

    @property
    def load_mw(self) -> Floats:
        """Expected load, (issue, lead)."""

    @property
    def quantiles_mw(self) -> Floats:
        """Quantiles, (issue, lead, level)."""


class Model(Protocol):
    """A load model that rolls over issues (`load_model.LoadModel` is one)."""

    def rolled(self, record: LoadRecord, weather: KnownWeather, issues: Ints, leads: int) -> Told:
        """Forecasts of leads 1 … `leads` of each of the sorted issues, made as if live."""


class Stage(Enum):
    """What a backtest is at, in order."""

    BASELINES = "baselines"
    MODEL = "model"
    CHECK = "check"


class LookAhead(ValueError):
    """A forecast changed when what came after its issue was hidden."""

    def __init__(self, method: str, issued: np.datetime64, horizon_h: float, by_mw: float) -> None:
        super().__init__(
            f"{method}, issued {np.datetime_as_string(issued, unit='m')}Z, {horizon_h:g} h ahead: "
            f"{by_mw:.6g} MW other once the future is hidden"
        )
        self.method, self.issued = method, issued
        self.horizon_h, self.by_mw = horizon_h, by_mw


@dataclass(frozen=True)
class Tried:
    """Forecasts of a model and of the baselines beside what came, MW."""

    span: Span
    issued: Times  # (issue,)
    observed_mw: Floats  # (issue, horizon); NaN where nothing was measured
    load_mw: Floats  # (issue, horizon)
    levels: tuple[float, ...]
    quantiles_mw: Floats  # (issue, horizon, level)
    baselines_mw: Mapping[Baseline, Floats]  # (issue, horizon); those that this dataset allows
    checked: Times  # issues at which the future was hidden
    told: Told


def tried(
    model: Model,
    record: LoadRecord,
    weather: KnownWeather,
    span: Span,
    progress: Callable[[Stage], None] = lambda _: None,
    checked_shares: tuple[float, ...] = CHECKED_SHARES,
) -> Tried:
    """Ask model and baselines at every issue; raises LookAhead if one used what came later."""
    longest = int(span.leads.max())
    progress(Stage.BASELINES)
    told: dict[Baseline, Floats] = {}
    for name, ask in BASELINES.items():
        answer = ask(record, weather, span.issues, longest)
        if answer is not None:
            told[name] = answer
    progress(Stage.MODEL)
    rolled = model.rolled(record, weather, span.issues, longest)
    progress(Stage.CHECK)
    places = _checked_places(record, span.issues, checked_shares)
    for place in places:
        hidden, known = hidden_after(record, weather, int(span.issues[place]), longest)
        asked = span.issues[: place + 1]
        for name, answer in told.items():
            again = BASELINES[name](hidden, known, asked, longest)
            _compare(name.value, record, asked, answer[..., None], _or_nan(again, asked, longest))
        again_told = model.rolled(hidden, known, asked, longest)
        _compare("model", record, asked, _all(rolled), _all(again_told))
    at = span.leads - 1
    return Tried(
        span=span,
        issued=record.times[span.issues],
        observed_mw=observed(record, span.issues, span.leads),
        load_mw=rolled.load_mw[:, at],
        levels=rolled.levels,
        quantiles_mw=rolled.quantiles_mw[:, at],
        baselines_mw={name: answer[:, at] for name, answer in told.items()},
        checked=record.times[span.issues[places]],
        told=rolled,
    )


# ---- the proof ---------------------------------------------------------------------------------


def _checked_places(record: LoadRecord, issues: Ints, shares: tuple[float, ...]) -> list[int]:
    """Which issues are asked again, about where the shares say.

    Right after a gap if there is one near: there it shows whether gaps are bridged from later.
    """
    near = issues.size // 20
    places = set()
    for share in shares:
        place = int(share * (issues.size - 1))
        in_gap = np.isnan(record.load_mw[issues[place : place + near + 1] - 1])
        places.add(place + (int(np.argmax(in_gap)) if in_gap.any() else 0))
    return sorted(places)


def hidden_after(
    record: LoadRecord, weather: KnownWeather, issue: int, leads: int
) -> tuple[LoadRecord, KnownWeather]:
    """The record and the weather as they were at an issue: nothing later is there at all.

    Where what came stands in for forecasts, it stays for the steps that a forecast would cover.
    """
    known = record.known(issue)
    if weather.runs is None:
        return known, KnownWeather(_weather_until(record, issue, leads), None)
    runs = weather.runs
    step = np.timedelta64(round(record.step_h * 3600), "s")
    there = runs.issued <= record.times[0] + issue * step
    values = {name: table[there] for name, table in runs.values.items()}
    return known, KnownWeather(known, WeatherRuns(runs.issued[there], runs.first[there], values))


def _weather_until(record: LoadRecord, issue: int, leads: int) -> LoadRecord:
    end = issue + leads + round(WEATHER_BEYOND_H / record.step_h)
    there = record.rows(0, end)
    load = there.load_mw.copy()
    load[issue:] = np.nan
    return replace(there, load_mw=load)


def _all(told: Told) -> Floats:
    return np.concatenate([told.load_mw[..., None], told.quantiles_mw], axis=-1)


def _or_nan(answer: Floats | None, asked: Ints, leads: int) -> Floats:
    told = np.full((asked.size, leads), np.nan) if answer is None else answer
    return told[..., None]


def _compare(method: str, record: LoadRecord, asked: Ints, before: Floats, again: Floats) -> None:
    """Raise LookAhead at the largest difference of (issue, lead, number), if there is one."""
    before = before[: asked.size]
    apart = np.abs(before - again)
    one_sided = np.isnan(before) != np.isnan(again)
    apart = np.where(one_sided, np.inf, np.nan_to_num(apart, nan=0.0, posinf=np.inf))
    limit = SAME * max(float(np.nanmean(np.abs(record.load_mw))), 1e-9)
    if not (apart > limit).any():
        return
    issue, lead, _ = np.unravel_index(int(np.argmax(apart)), apart.shape)
    issued = record.times[asked[issue]]
    raise LookAhead(method, issued, float((lead + 1) * record.step_h), float(apart.max()))
