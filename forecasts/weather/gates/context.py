"""The gates that need more than the run: its age, the climate, and what others say."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import xarray as xr

from forecasts.weather.gates.agreement import judge_agreement
from forecasts.weather.gates.by_climate import judge_climate, judge_units_by_climate
from forecasts.weather.gates.usual import Usual
from forecasts.weather.provenance import FRESH_MAX_AGE_H
from forecasts.weather.provider import Asked, Cause
from forecasts.weather.run import iso_utc
from forecasts.weather.verdict import Gate, GateVerdict, doubtful, passed, refused

CLOCKS_APART = timedelta(minutes=15)  # two clocks may differ; a run of the future is another thing


def judge_in_context(
    run: xr.Dataset,
    asked: Asked,
    *,
    climate: Usual | None,
    max_age_h: float,
    others: Sequence[xr.Dataset] = (),
) -> tuple[GateVerdict, ...]:
    """Return the verdicts of AGE, UNITS, CLIMATE and AGREEMENT on an accepted run; never raises.

    `others` are runs of other services, and earlier ones of the same service (told by `provider`
    in their attributes). `climate` is None where no station is near: then it is not judged.
    Add them to the run with `verdict.with_gates`.
    """
    by_climate = judge_climate(run, climate)
    return (
        judge_age(datetime.fromisoformat(str(run.attrs["issue_time"])), asked.known_by, max_age_h),
        judge_units_by_climate(run, climate),
        by_climate,
        judge_agreement(run, asked, others, by_climate),
    )


def judge_age(issue_time: datetime, known_by: datetime, max_age_h: float) -> GateVerdict:
    """Refuse a run issued more than `max_age_h` ago, or after now; doubt one no longer fresh."""
    age_h = (known_by - issue_time) / timedelta(hours=1)
    if issue_time > known_by + CLOCKS_APART:
        detail = f"issued {iso_utc(issue_time)}, after {iso_utc(known_by)}"
        return refused(Gate.AGE, Cause.WRONG_TIMES, detail)
    if age_h > max_age_h:
        detail = f"issued {age_h:.0f} h ago, at most {max_age_h:g} h are accepted"
        return refused(Gate.AGE, Cause.STALE, detail)
    if age_h > FRESH_MAX_AGE_H:
        return doubtful(Gate.AGE, f"issued {age_h:.0f} h ago")
    return passed(Gate.AGE, f"{max(0.0, age_h):.0f} h")
