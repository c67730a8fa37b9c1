"""How far a forecast may be trusted, and why, in words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import xarray as xr

from dispatch.messages import say
from forecasts.weather.provenance import Attempt, Note, WeatherProvenance, provenance_of
from forecasts.weather.provider import Cause, Nature, WeatherUnavailable
from forecasts.weather.verdict import GateVerdict, Outcome


class Standing(StrEnum):
    """How a forecast is to be taken."""

    GOOD = "good"
    DOUBTFUL = "doubtful"  # usable: old, kept on disk, or a gate doubts it
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
    """Judge what `best_forecast` handed out by what is written on it."""
    provenance = provenance_of(weather)
    objected = any(v.outcome in (Outcome.DOUBTFUL, Outcome.REFUSED) for v in provenance.gates)
    if provenance.nature is not Nature.FORECAST:
        standing = Standing.NO_FORECAST
    elif objected or provenance.from_store or not provenance.fresh:
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


def gate_lines(verdicts: Iterable[GateVerdict]) -> tuple[str, ...]:
    """Return one line for each verdict."""
    return tuple(_gate_line(verdict) for verdict in verdicts)


def gate_name(verdict: GateVerdict) -> str:
    """Return what a gate looks at, for people."""
    return say(f"weather.gate_{verdict.gate.value}")


def outcome_name(verdict: GateVerdict) -> str:
    """Return how a gate ended, for people."""
    return say(f"weather.outcome_{verdict.outcome.value}")


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


def _gate_line(verdict: GateVerdict) -> str:
    gate, outcome = gate_name(verdict), outcome_name(verdict)
    if not verdict.detail:
        return say("weather_cli.gate_line_bare", gate=gate, outcome=outcome)
    return say("weather_cli.gate_line", gate=gate, outcome=outcome, detail=verdict.detail)
