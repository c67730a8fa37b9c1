"""What a gate says of a run: kept with the run, so that anyone can see why it was believed."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import xarray as xr

from forecasts.weather.provider import Cause, WeatherUnavailable


class Gate(StrEnum):
    """What is looked at; each has its name in the catalogue (`weather.gate_<gate>`)."""

    # In the order in which refusals are told: first what explains the others.
    PLACE = "place"  # asked against answered coordinates
    STEP = "step"  # regular steps, none longer than can be made hourly
    COVER = "cover"  # from the hour asked to a day ahead at least
    AGE = "age"
    UNITS = "units"  # kelvin or fahrenheit said to be Celsius
    LIMITS = "limits"  # values that no weather has
    GAPS = "gaps"
    MEMBERS = "members"  # of an ensemble: enough, and not all the same
    CLOCK = "clock"  # a sun or an afternoon at the wrong hour: times in another zone
    SUN = "sun"  # a sun that never rises
    FLAT = "flat"
    JUMPS = "jumps"
    CLIMATE = "climate"  # values that the month and city do not have
    AGREEMENT = "agreement"  # with other services and with the run before


# A doubt of one of these is a doubt of the whole forecast, not of some of its values.
DOUBTS_OF_ALL = (Gate.AGREEMENT, Gate.CLIMATE, Gate.UNITS, Gate.CLOCK)


class Outcome(StrEnum):
    """How a gate ends."""

    PASSED = "passed"
    MENDED = "mended"  # was wrong in a way that could be put right, and was
    DOUBTFUL = "doubtful"  # used, and said
    REFUSED = "refused"
    NOT_JUDGED = "not_judged"  # nothing to judge by


@dataclass(frozen=True)
class GateVerdict:
    """One gate's verdict: `detail` holds figures, `cause` is there where it is refused."""

    gate: Gate
    outcome: Outcome
    detail: str = ""
    cause: Cause | None = None


def passed(gate: Gate, detail: str = "") -> GateVerdict:
    """Return that nothing was found."""
    return GateVerdict(gate, Outcome.PASSED, detail)


def mended(gate: Gate, detail: str) -> GateVerdict:
    """Return what was wrong and has been put right."""
    return GateVerdict(gate, Outcome.MENDED, detail)


def doubtful(gate: Gate, detail: str) -> GateVerdict:
    """Return what is odd, yet no reason to do without the run."""
    return GateVerdict(gate, Outcome.DOUBTFUL, detail)


def refused(gate: Gate, cause: Cause, detail: str) -> GateVerdict:
    """Return why the run is not to be used."""
    return GateVerdict(gate, Outcome.REFUSED, detail, cause)


def not_judged(gate: Gate, detail: str) -> GateVerdict:
    """Return what was lacking to judge by."""
    return GateVerdict(gate, Outcome.NOT_JUDGED, detail)


# From good to bad: of several verdicts of one gate the worst one counts.
_SEVERITY = (
    Outcome.NOT_JUDGED,
    Outcome.PASSED,
    Outcome.MENDED,
    Outcome.DOUBTFUL,
    Outcome.REFUSED,
)


def severity(verdict: GateVerdict) -> int:
    """Return how bad a verdict is; higher is worse."""
    return _SEVERITY.index(verdict.outcome)


def merged(verdicts: Iterable[GateVerdict]) -> tuple[GateVerdict, ...]:
    """Return one verdict for each gate, in the order of `Gate`: the worst, of equals the first."""
    worst: dict[Gate, GateVerdict] = {}
    for verdict in verdicts:
        known = worst.get(verdict.gate)
        if known is None or severity(verdict) > severity(known):
            worst[verdict.gate] = verdict
    return tuple(worst[gate] for gate in Gate if gate in worst)


class WeatherRefused(WeatherUnavailable):
    """A run did not pass: the first refusal is its cause, all verdicts are in `gates`."""

    def __init__(self, provider: str, gates: tuple[GateVerdict, ...]) -> None:
        against = [verdict for verdict in gates if verdict.outcome is Outcome.REFUSED]
        detail = "; ".join(verdict.detail for verdict in against)
        super().__init__(provider, against[0].cause or Cause.NOT_PLAUSIBLE, detail)
        self.gates = gates


def gates_to_json(gates: Iterable[GateVerdict]) -> str:
    """Return verdicts as a JSON list, fit for a netCDF attribute."""
    return json.dumps([_plain(verdict) for verdict in gates], ensure_ascii=False)


def gates_of(run: xr.Dataset) -> tuple[GateVerdict, ...]:
    """Return the verdicts a run carries; none if it carries none."""
    return tuple(
        GateVerdict(
            Gate(item["gate"]),
            Outcome(item["outcome"]),
            str(item.get("detail", "")),
            Cause(item["cause"]) if "cause" in item else None,
        )
        for item in json.loads(str(run.attrs.get("gates", "[]")))
    )


def with_gates(run: xr.Dataset, later: Iterable[GateVerdict]) -> xr.Dataset:
    """Return `run` with the verdicts `later` merged into those it carries."""
    return run.assign_attrs(gates=gates_to_json(merged((*gates_of(run), *later))))


def _plain(verdict: GateVerdict) -> dict[str, str]:
    plain = {"gate": verdict.gate.value, "outcome": verdict.outcome.value}
    if verdict.detail:
        plain["detail"] = verdict.detail
    if verdict.cause is not None:
        plain["cause"] = verdict.cause.value
    return plain
