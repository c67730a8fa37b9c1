"""What each source of a case gives, one by one, and what the gates say of it.

Unlike `chain`, nothing is chosen: every source is asked, and one that is refused tells why.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import xarray as xr

from forecasts.weather.chain import Judge
from forecasts.weather.climate.climate import Climate
from forecasts.weather.gates.context import judge_in_context
from forecasts.weather.gates.usual import usual_from_normals
from forecasts.weather.provider import Asked, Nature, WeatherProvider, WeatherUnavailable
from forecasts.weather.run_store import MAX_AGE_H
from forecasts.weather.verdict import GateVerdict, Outcome, WeatherRefused, gates_of, merged

OBJECTIONS = (Outcome.REFUSED, Outcome.DOUBTFUL)


@dataclass(frozen=True)
class Inspection:
    """What a source gave: a run, or the reason why not; and all verdicts that were reached."""

    provider: str
    run: xr.Dataset | None
    gates: tuple[GateVerdict, ...]
    refusal: WeatherUnavailable | None
    seconds: float = 0.0

    @property
    def nature(self) -> Nature | None:
        """What the run is; None without one."""
        return None if self.run is None else Nature(str(self.run.attrs["nature"]))

    @property
    def members(self) -> int:
        """How many members an ensemble has; 1 for a single run, 0 without one."""
        return 0 if self.run is None else int(self.run.sizes.get("member", 1))

    @property
    def issue_time(self) -> datetime | None:
        """When it was issued; None without a run."""
        if self.run is None:
            return None
        return datetime.fromisoformat(str(self.run.attrs["issue_time"]))

    def age_h(self, known_by: datetime) -> float:
        """Hours from its issue to `known_by`; endless without a run."""
        issued = self.issue_time
        return float("inf") if issued is None else (known_by - issued) / timedelta(hours=1)

    @property
    def objected(self) -> bool:
        """Whether it is refused, or a gate doubts it."""
        return self.refusal is not None or any(v.outcome in OBJECTIONS for v in self.gates)


def inspections(
    providers: Sequence[WeatherProvider], asked: Asked, seconds: Callable[[], float]
) -> Iterator[Inspection]:
    """Ask each source in order; `seconds` is a stopwatch. Never raises WeatherUnavailable."""
    for provider in providers:
        began = seconds()
        try:
            run = asked.of(provider)
        except WeatherUnavailable as why:
            gates = why.gates if isinstance(why, WeatherRefused) else ()
            yield Inspection(provider.name, None, gates, why, seconds() - began)
        else:
            yield Inspection(provider.name, run, gates_of(run), None, seconds() - began)


def judged_beside(found: Sequence[Inspection], judge: Judge) -> tuple[Inspection, ...]:
    """Return inspections with the verdicts that need the moment or the other forecasts as well."""
    return tuple(_judged(one, found, judge) for one in found)


def context_judge(
    asked: Asked, climate: Climate | None = None, max_age_h: float = MAX_AGE_H
) -> Judge:
    """Return what judges a forecast by its age, by the climate and by the other forecasts."""
    usual = usual_from_normals(asked.place, climate)

    def judge(run: xr.Dataset, others: Sequence[xr.Dataset]) -> tuple[GateVerdict, ...]:
        return judge_in_context(run, asked, climate=usual, max_age_h=max_age_h, others=others)

    return judge


def _judged(one: Inspection, found: Sequence[Inspection], judge: Judge) -> Inspection:
    if one.run is None or one.nature is not Nature.FORECAST:
        return one
    others = [o.run for o in found if o is not one and o.nature is Nature.FORECAST]
    gates = merged((*one.gates, *judge(one.run, [run for run in others if run is not None])))
    if any(verdict.outcome is Outcome.REFUSED for verdict in gates):
        return replace(one, run=None, gates=gates, refusal=WeatherRefused(one.provider, gates))
    return replace(one, gates=gates)
