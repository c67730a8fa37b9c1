"""The screen of `heat-dispatch calibrate`: what was measured, what looks wrong, where files are.

The page shows the same, with what to check on site and pictures.
"""

import math
from collections import Counter
from collections.abc import Sequence
from zoneinfo import ZoneInfo

import numpy as np

from dispatch.calibration import Calibration, LoopCalibration, Population
from dispatch.calibration_files import REPORT_FILE, end_of
from dispatch.case_calibrated import Basis
from dispatch.case_kinds import Manager
from dispatch.case_telemetry import CaseTelemetry
from dispatch.loop_records import Meter
from dispatch.messages import say, words
from dispatch.run_tables import utc_datetime
from dispatch.settings import Settings
from forecasts.telemetry.readings import Action, Done
from scenarios.screen import Fact, Figures, Screen

LISTED = 12  # suspicious loops on a screen; all are on the page
COLDEST = 3
NAME_LETTERS = 28
ACTIONS_SAID = 5
MOST_NOTABLE = 60  # rows on the page; all are in cleaning.csv
# Not dirt, but something to mend where it comes from.
NOTABLE = frozenset(
    {
        Action.SWAPPED,
        Action.UNIT_SLIP,
        Action.CLOCK_OFFSET,
        Action.METER_CHANGED,
        Action.METERS_DISAGREE,
        Action.COUNTER_LEAPT,
        Action.ROOM_OFF,
    }
)


def calibration_screen(
    settings: Settings, calibration: Calibration, telemetry: CaseTelemetry, files: Sequence[str]
) -> Screen:
    """Return what fits on one screen; `files` are lines of where things were written."""
    listed = calibration.suspicious[:LISTED]
    parts: list[Fact | Figures] = [*_facts(calibration, telemetry)]
    if listed:
        parts.append(suspicious_table(listed))
    more = len(calibration.suspicious) - len(listed)
    if more:
        parts.append(Fact("", (say("calibrate.suspicious_more", count=more, file=REPORT_FILE),)))
    return Screen(
        _title(settings, calibration), (*parts, Fact(say("calibrate.files"), tuple(files)))
    )


def calibration_page_screen(
    settings: Settings, calibration: Calibration, telemetry: CaseTelemetry
) -> Screen:
    """Return what the page shows beside its pictures: every suspicious loop, and what to check."""
    parts: list[Fact | Figures] = [*_facts(calibration, telemetry)]
    if calibration.suspicious:
        parts.append(suspicious_table(calibration.suspicious, with_checks=True))
    notable = [one for one in calibration.done if one.action in NOTABLE]
    if notable:
        parts.append(_cleaning_table(settings, notable[:MOST_NOTABLE]))
    return Screen(say("calibrate.page_title", name=settings.name), tuple(parts))


def _title(settings: Settings, calibration: Calibration) -> str:
    zone = ZoneInfo(settings.timezone)
    first = utc_datetime(calibration.weather.times[0]).astimezone(zone)
    last = end_of(calibration).astimezone(zone)
    return say(
        "calibrate.title",
        name=settings.name,
        first=f"{first:%Y-%m-%d %H:%M}",
        last=f"{last:%Y-%m-%d %H:%M}",
    )


def _facts(calibration: Calibration, telemetry: CaseTelemetry) -> tuple[Fact, ...]:
    population = calibration.population
    facts = [
        Fact(say("calibrate.measured"), _measured(population)),
        Fact(say("calibrate.fit"), (_fit(population),)),
    ]
    if math.isfinite(population.loss_ratio[1]):
        low, middle, high = population.loss_ratio
        text = say("calibrate.loss_value", low=low, middle=middle, high=high)
        facts.append(Fact(say("calibrate.loss"), (text,)))
    facts += [
        Fact(say("calibrate.rooms"), _rooms(calibration)),
        Fact(say("calibrate.weather"), (_weather(calibration),)),
    ]
    shared = Counter(loop.meter for loop in calibration.loops if loop.meter.is_shared)
    if shared:
        text = say(
            "calibrate.meters_value",
            flow=shared[Meter.SPLIT_BY_FLOW],
            design=shared[Meter.SPLIT_BY_DESIGN],
        )
        facts.append(Fact(say("calibrate.meters"), (text,)))
    notes = tuple(
        say(f"calibrate.note_{note.code.value}", file=note.file, detail=note.detail)
        for note in telemetry.notes
    )
    if notes:
        facts.append(Fact(say("calibrate.reading"), notes))
    return (
        *facts,
        Fact(say("calibrate.cleaned"), (_cleaned(calibration),)),
        Fact(say("calibrate.suspicious"), (_kinds(calibration),)),
    )


def _measured(population: Population) -> tuple[str, ...]:
    by_basis = population.by_basis
    shrunk, silent = by_basis[Basis.SHRUNK], population.loops - population.with_heat
    lines = [
        say(
            "calibrate.measured_value",
            used=by_basis[Basis.MEASURED] + shrunk,
            loops=population.loops,
            typical=by_basis[Basis.TYPICAL],
        )
    ]
    lines += [say("calibrate.measured_shrunk", count=shrunk)] if shrunk else []
    lines += [say("calibrate.measured_silent", count=silent)] if silent else []
    return tuple(lines)


def _fit(population: Population) -> str:
    if not math.isfinite(population.r2_daily):
        return say("calibrate.fit_none")
    return say(
        "calibrate.fit_value",
        r2=population.r2_daily,
        before=population.error_before_w_per_m2,
        after=population.error_after_w_per_m2,
    )


def _rooms(calibration: Calibration) -> tuple[str, ...]:
    low, middle, high = calibration.population.room_c
    known = [loop for loop in calibration.loops if math.isfinite(loop.room.room_c)]
    if not known:
        return (say("calibrate.rooms_none"),)
    measured = calibration.population.rooms_measured
    text = say(
        "calibrate.rooms_value",
        low=low,
        middle=middle,
        high=high,
        measured=measured,
        others=len(known) - measured,
    )
    coldest = sorted(known, key=lambda loop: loop.room.room_c)[:COLDEST]
    named = [
        say("calibrate.room_of", loop=loop.loop_id, room_c=loop.room.room_c, sd_k=loop.room.sd_k)
        for loop in coldest
    ]
    return (text, say("calibrate.rooms_coldest", loops=words(*named)))


def _weather(calibration: Calibration) -> str:
    return say(
        "calibrate.weather_value",
        outdoor=say(f"calibrate.weather_{calibration.weather.outdoor_basis.value}"),
        sky=say(f"calibrate.weather_{calibration.weather.sky_basis.value}"),
    )


def _cleaned(calibration: Calibration) -> str:
    if not calibration.done:
        return say("calibrate.cleaned_nothing")
    counts: Counter[Action] = Counter()
    for one in calibration.done:
        counts[one.action] += one.readings
    named = [
        say(
            "calibrate.cleaned_action",
            action=say(f"calibrate.action_{action.value}"),
            readings=_thousands(count),
        )
        for action, count in counts.most_common(ACTIONS_SAID)
    ]
    return say(
        "calibrate.cleaned_value",
        readings=_thousands(sum(counts.values())),
        stations=len({one.id for one in calibration.done}),
        actions=words(*named),
    )


def _kinds(calibration: Calibration) -> str:
    suspicious = calibration.suspicious
    if not suspicious:
        return say("calibrate.suspicious_none")
    counts = Counter(doubt for loop in suspicious for doubt in loop.suspicious)
    named = [
        say("calibrate.suspicious_kind", count=count, kind=say(f"calibrate.doubt_{doubt.value}"))
        for doubt, count in counts.most_common()
    ]
    return say("calibrate.suspicious_value", count=len(suspicious), kinds=words(*named))


def doubts_in_words(loop: LoopCalibration) -> str:
    """Return what looks wrong with a loop."""
    return words(*(say(f"calibrate.doubt_{doubt.value}") for doubt in loop.suspicious))


def suspicious_table(loops: Sequence[LoopCalibration], *, with_checks: bool = False) -> Figures:
    """Return loops with what looks wrong with them; on the page also what to check on site."""
    columns = [
        say("calibrate.loop_column"),
        say("calibrate.name_column"),
        say("calibrate.manager_column"),
        say("calibrate.doubt_column"),
        say("calibrate.heat_column"),
        say("calibrate.r2_column"),
        say("calibrate.room_column"),
    ]
    rows = [_row(loop) for loop in loops]
    words: tuple[int, ...] = (0, 1, 2, 3)
    if with_checks:
        columns.append(say("calibrate.check_column"))
        words = (*words, len(columns) - 1)
        rows = [
            (*row, " ".join(say(f"calibrate.check_{doubt.value}") for doubt in loop.suspicious))
            for row, loop in zip(rows, loops, strict=True)
        ]
    return Figures(tuple(columns), tuple(rows), words)


def _row(loop: LoopCalibration) -> tuple[str, ...]:
    manager = {
        Manager.UTILITY: say("calibrate.managed_utility"),
        Manager.THIRD_PARTY: say("calibrate.managed_third_party"),
    }[loop.station.managed_by]
    return (
        loop.loop_id,
        loop.station.name[:NAME_LETTERS],
        manager,
        doubts_in_words(loop),
        _number(heat_ratio(loop), 2),
        _number(loop.found.r2_daily, 2),
        _number(loop.room.room_c, 1),
    )


def heat_ratio(loop: LoopCalibration) -> float:
    """Heat measured over what the case's own values ask for at the same weather; NaN unknown."""
    record, prior = loop.record, loop.prior
    known = np.isfinite(record.heat_w_per_m2) & np.isfinite(record.outdoor_c)
    if not known.any():
        return math.nan
    lift_k = prior.room_c.value - record.outdoor_c[known]
    need = prior.specific_loss_w_per_m2k.value * lift_k - prior.gain_w_per_m2.value
    asked = float(np.maximum(need, 0.0).sum())
    return float(record.heat_w_per_m2[known].sum()) / asked if asked > 0.0 else math.nan


def _cleaning_table(settings: Settings, notable: Sequence[Done]) -> Figures:
    """Return what cleaning met that somebody should mend at its root."""
    zone = ZoneInfo(settings.timezone)
    columns = (
        say("calibrate.loop_column"),
        say("calibrate.point_column"),
        say("calibrate.found_column"),
        say("calibrate.readings_column"),
        say("calibrate.first_column"),
        say("calibrate.last_column"),
        say("calibrate.detail_column"),
    )
    rows = tuple(
        (
            *(one.id, one.point, say(f"calibrate.action_{one.action.value}")),
            _thousands(one.readings),
            *(f"{moment.astimezone(zone):%Y-%m-%d %H:%M}" for moment in (one.first, one.last)),
            one.detail,
        )
        for one in notable
    )
    return Figures(columns, rows, (0, 1, 2, 4, 5, 6))


def _number(value: float, decimals: int) -> str:
    return f"{value:.{decimals}f}" if math.isfinite(value) else say("calibrate.no_value")


def _thousands(value: int) -> str:
    return f"{value:,d}".replace(",", " ")
