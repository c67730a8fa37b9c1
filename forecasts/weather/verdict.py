"""What a gate says of a run: kept with the run, so that anyone can see why it was believed."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import xarray as xr

from forecasts.weather.provider import Cause, WeatherUnavailable


class Gate(StrEnum):
    """What is looked at; each has its name in the catalogue (`weather.gate_<gate>`)."""

    PLACE = "place"  # asked against answered coordinates
    STEP = "step"  # regular steps, none longer than can be made hourly
    COVER = "cover"  # from the hour asked to a day ahead at least
    GAPS = "gaps"
    MEMBERS = "members"  # of an ensemble: enough, and not all the same
    LIMITS = "limits"  # values that no weather has
    UNITS = "units"  # kelvin or fahrenheit said to be Celsius
    CLIMATE = "climate"  # values that the month and city do not have
    JUMPS = "jumps"
    FLAT = "flat"
    SUN = "sun"  # a sun that never rises
    CLOCK = "clock"  # a sun or an afternoon at the wrong hour: times in another zone
    AGE = "age"
    AGREEMENT = "agreement"  # with other services and with the run before


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


class WeatherRefused(WeatherUnavailable):
    """A run did not pass: the first refusal is its cause, all verdicts are in `gates`."""

    def __init__(self, provider: str, gates: tuple[GateVerdict, ...]) -> None:
        refused = [verdict for verdict in gates if verdict.outcome is Outcome.REFUSED]
        detail = "; ".join(verdict.detail for verdict in refused)
        super().__init__(provider, refused[0].cause or Cause.NOT_PLAUSIBLE, detail)
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


def _plain(verdict: GateVerdict) -> dict[str, str]:
    plain = {"gate": verdict.gate.value, "outcome": verdict.outcome.value}
    if verdict.detail:
        plain["detail"] = verdict.detail
    if verdict.cause is not None:
        plain["cause"] = verdict.cause.value
    return plain
