"""How far a forecast may be trusted, and why, in words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import xarray as xr

from dispatch.messages import say
from forecasts.weather.provenance import Attempt, Note, WeatherProvenance, provenance_of
from forecasts.weather.provider import Cause, Nature, WeatherUnavailable
from forecasts.weather.verdict import DOUBTS_OF_ALL, GateVerdict, Outcome


class Standing(StrEnum):
    """How a forecast is to be taken."""

    GOOD = "good"
    DOUBTFUL = "doubtful"  # usable: it is old, or a gate doubts all of it
    NO_FORECAST = "no_forecast"  # a typical year or the climate


@dataclass(frozen=True)
class Judged:
    """A forecast's provenance, and how it is therefore to be taken."""

    provenance: WeatherProvenance
    standing: Standing

    def with_outcome(self, *outcomes: Outcome) -> tuple[GateVerdict, ...]:
        """Return the verdicts that ended in one of these ways."""
        return tuple(verdict for verdict in self.provenance.gates if verdict.outcome in outcomes)


def judged(weather: xr.Dataset) -> Judged:
    """Judge what `best_forecast` handed out as a plan does: what makes it amber is no GOOD."""
    provenance = provenance_of(weather)
    doubted = any(
        v.outcome is Outcome.DOUBTFUL and v.gate in DOUBTS_OF_ALL for v in provenance.gates
    )
    if provenance.nature is not Nature.FORECAST:
        standing = Standing.NO_FORECAST
    elif doubted or not provenance.fresh:
        standing = Standing.DOUBTFUL
    else:
        standing = Standing.GOOD
    return Judged(provenance, standing)


def standing_text(standing: Standing) -> str:
    """Return the sentence for how a forecast is to be taken."""
    return {
        Standing.GOOD: say("weather_cli.trust_good"),
        Standing.DOUBTFUL: say("weather_cli.trust_doubtful"),
        Standing.NO_FORECAST: say("weather_cli.trust_none"),
    }[standing]


def gate_lines(provider: str, verdicts: Iterable[GateVerdict]) -> tuple[str, ...]:
    """Return one sentence for each verdict, of what is doubtful or was put right."""
    return tuple(
        say(f"weather.gate_{verdict.gate.value}", provider=provider, detail=verdict.detail)
        for verdict in verdicts
    )


def gate_name(verdict: GateVerdict) -> str:
    """Return what a gate looks at, for people."""
    return say(f"weather_cli.gate_{verdict.gate.value}")


def outcome_name(verdict: GateVerdict) -> str:
    """Return how a gate ended, for people."""
    return say(f"weather_cli.outcome_{verdict.outcome.value}")


def attempt_lines(attempts: Sequence[Attempt]) -> tuple[str, ...]:
    """Return why each source that was asked is not used, and what to do."""
    return tuple(cause_text(a.provider, a.cause, a.detail) for a in attempts)


def refusal_text(refused: WeatherUnavailable) -> str:
    """Return why a source gives no usable weather, and what to do."""
    return cause_text(refused.provider, refused.cause, refused.detail)


def cause_text(provider: str, cause: Cause, detail: str) -> str:
    """Return the sentence for a cause."""
    return say(f"weather.{cause.value}", provider=provider, detail=detail)


def note_lines(provider: str, notes: Sequence[Note]) -> tuple[str, ...]:
    """Return each note once, in words."""
    lines = (
        say(f"weather.note_{note.code.value}", provider=provider, detail=note.detail)
        for note in notes
    )
    return tuple(dict.fromkeys(lines))
