"""Asking the sources of a case in order, and choosing the run a plan will rest on.

Every forecast service is asked while the time budget lasts: the first whose run is fresh and not
in doubt is used, the others are second opinions and tell how far it can be trusted. Before
anything that is no forecast is taken, the newest of the older runs and of the store is. With
nothing at all the climate normals serve: a plan is always possible.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import xarray as xr

from forecasts.weather.climate.climate import Climate
from forecasts.weather.climate.normals import NormalWeather
from forecasts.weather.provenance import FRESH_MAX_AGE_H, Attempt, Note, NoteCode
from forecasts.weather.provider import (
    Asked,
    Cause,
    Nature,
    WeatherProvider,
    WeatherUnavailable,
)
from forecasts.weather.run_store import StoredRuns
from forecasts.weather.verdict import (
    Gate,
    GateVerdict,
    Outcome,
    WeatherRefused,
    gates_of,
    merged,
)

# A forecast in such doubt gives way to one that is not.
DOUBTS_OF_TEMPERATURE = (Gate.AGREEMENT, Gate.CLIMATE, Gate.CLOCK)


@dataclass(frozen=True)
class Found:
    """A run that may be used, all that the gates said of it, and whether it is from the store."""

    run: xr.Dataset
    gates: tuple[GateVerdict, ...]
    from_store: bool = False

    @property
    def provider(self) -> str:
        """The source that gave it."""
        return str(self.run.attrs["provider"])

    @property
    def issue_time(self) -> datetime:
        """When the service issued it; aware."""
        return datetime.fromisoformat(str(self.run.attrs["issue_time"]))

    @property
    def nature(self) -> Nature:
        """Whether it is a forecast at all."""
        return Nature(str(self.run.attrs["nature"]))

    def age_h(self, known_by: datetime) -> float:
        """Hours from its issue to `known_by`."""
        return (known_by - self.issue_time) / timedelta(hours=1)

    def fresh(self, known_by: datetime) -> bool:
        """Tell a forecast young enough for a green plan."""
        return self.nature is Nature.FORECAST and self.age_h(known_by) <= FRESH_MAX_AGE_H

    @property
    def doubts(self) -> str:
        """What the gates doubt of its temperatures; empty where they do not."""
        doubts = [
            verdict.detail
            for verdict in self.gates
            if verdict.outcome is Outcome.DOUBTFUL and verdict.gate in DOUBTS_OF_TEMPERATURE
        ]
        return "; ".join(doubts)


# What the gates say of a run beside the others found; the run's own gates are already on it.
Judge = Callable[[xr.Dataset, Sequence[xr.Dataset]], tuple[GateVerdict, ...]]


@dataclass(frozen=True)
class Search:
    """The run to use, the second opinions, and what happened on the way."""

    best: Found
    others: tuple[Found, ...]  # usable forecasts of other sources, in the case's order
    attempts: tuple[Attempt, ...]
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class _Answers:
    """What the sources gave: forecasts, the first thing that is none, and the failures."""

    forecasts: tuple[Found, ...]
    other: Found | None
    attempts: tuple[Attempt, ...]


def search(
    providers: Sequence[WeatherProvider],
    asked: Asked,
    store: StoredRuns | None,
    judge: Judge,
    climate: Climate | None = None,
) -> Search:
    """Return the run to use, normals of `climate` at worst; never raises WeatherUnavailable."""
    answers = _judged(_ask_all(providers, asked), judge)
    notes = _kept(store, answers.forecasts) if store is not None else ()
    usable, attempts = list(answers.forecasts), list(answers.attempts)
    fresh = [one for one in usable if one.fresh(asked.known_by)]
    if fresh:
        chosen = next((k for k, one in enumerate(fresh) if not one.doubts), 0)
        attempts.extend(Attempt(one.provider, Cause.DOUBTED, one.doubts) for one in fresh[:chosen])
        others = tuple(one for one in usable if one is not fresh[chosen])
        return Search(fresh[chosen], others, tuple(attempts), notes)
    if store is not None:
        stored, attempt = _from_store(store, asked, judge)
        usable.extend(stored)
        attempts.extend(attempt)
    best = max(usable, key=lambda one: one.issue_time, default=answers.other)
    attempts.extend(_passed_over(answers.forecasts, best, asked.known_by))
    if best is None:
        best = Found(asked.of(NormalWeather(climate=climate)), ())
        notes = (*notes, Note(NoteCode.LAST_RESORT))
    others = tuple(one for one in usable if one is not best)
    return Search(best, others, tuple(attempts), notes)


def _ask_all(providers: Sequence[WeatherProvider], asked: Asked) -> _Answers:
    """Ask in order, up to the first source that gives no forecast."""
    forecasts: list[Found] = []
    attempts: list[Attempt] = []
    for provider in providers:
        try:
            run = asked.of(provider)
        except WeatherUnavailable as why:
            attempts.append(Attempt(provider.name, why.cause, why.detail))
            continue
        found = Found(run, gates_of(run))
        if found.nature is Nature.OBSERVED:  # what happened is no forecast, nor a climate
            detail = "gives observations, no forecast"
            attempts.append(Attempt(provider.name, Cause.NOT_PLAUSIBLE, detail))
            continue
        if found.nature is not Nature.FORECAST:
            return _Answers(tuple(forecasts), found, tuple(attempts))
        forecasts.append(found)
    return _Answers(tuple(forecasts), None, tuple(attempts))


def _judged(answers: _Answers, judge: Judge) -> _Answers:
    """Return the answers without the forecasts that do not pass, alone and beside the others.

    What does not pass alone is no second opinion either: it would cast doubt on the good ones.
    """
    believed, refusals = _passing_all(answers.forecasts, judge, together=False)
    alone = [answers.forecasts[k] for k in believed]
    passed, more = _passing_all(alone, judge, together=True)
    attempts = (*answers.attempts, *refusals, *more)
    return _Answers(tuple(passed.values()), answers.other, attempts)


def _passing_all(
    forecasts: Sequence[Found], judge: Judge, together: bool
) -> tuple[dict[int, Found], list[Attempt]]:
    """Return those that pass by their position, with all verdicts, and why the others do not."""
    passed: dict[int, Found] = {}
    refusals: list[Attempt] = []
    for k, one in enumerate(forecasts):
        others = [other.run for other in forecasts if other is not one] if together else []
        try:
            passed[k] = _passing(one, judge, others)
        except WeatherRefused as why:
            refusals.append(Attempt(why.provider, why.cause, why.detail))
    return passed, refusals


def _passing(found: Found, judge: Judge, others: Sequence[xr.Dataset]) -> Found:
    """Return `found` with all verdicts; raises WeatherRefused."""
    gates = merged((*found.gates, *judge(found.run, others)))
    if any(verdict.outcome is Outcome.REFUSED for verdict in gates):
        raise WeatherRefused(found.provider, gates)
    return replace(found, gates=gates)


def _from_store(
    store: StoredRuns, asked: Asked, judge: Judge
) -> tuple[tuple[Found, ...], tuple[Attempt, ...]]:
    """Return the newest stored run, or why there is none."""
    try:
        run = asked.of(store)
        return (_passing(Found(run, gates_of(run), from_store=True), judge, ()),), ()
    except WeatherUnavailable as why:
        return (), (Attempt(store.name, why.cause, why.detail),)


def _passed_over(
    forecasts: Sequence[Found], best: Found | None, known_by: datetime
) -> list[Attempt]:
    """Tell which older runs were not used because a newer one was found."""
    return [
        Attempt(
            one.provider,
            Cause.STALE,
            f"issued {one.age_h(known_by):.0f} h ago, a newer run was found",
        )
        for one in forecasts
        if one is not best
    ]


def _kept(store: StoredRuns, forecasts: Sequence[Found]) -> tuple[Note, ...]:
    """Keep runs in the store; a disk that does not take them costs a note, not the plan."""
    notes = []
    for one in forecasts:
        try:
            store.save(one.run)
        except OSError as error:
            notes.append(Note(NoteCode.NOT_STORED, error.strerror or type(error).__name__))
    return tuple(dict.fromkeys(notes))
