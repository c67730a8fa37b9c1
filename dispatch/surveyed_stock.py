"""What lies in the yards at a plan's start: the books, corrected by surveys (handbook §9).

The books are the rule that plans have always had: the figure of `yards.csv` where it is newly
entered, else what the last plan expected by now. Where scales were read since, the books go on
from the last fixed point (`StockAnchor`) by what they say.

A survey weighs by its precision against the books: both are taken to the same moment, the books'
error having grown with what was burnt since they were fixed. It counts once, in the first plan
that knows it, and is the fixed point from then on. Which of an entry and a survey is newer:

- A survey from before the last fixed point is not used: the plan that fixed it knew better.
- A new figure in `yards.csv` has no date. It is taken to be of now, with `ENTRY_SD`. A survey
  made since the fixed point before weighs in beside it, with all the error of being carried to
  now: a fresh one nearly decides, one of weeks ago hardly counts.
- The very first plan does the same with the newest survey there is.

Far apart (`FAR_SDS`), one of the two is wrong. The pile was measured, so the books' error is then
taken to be the difference itself; the survey all but decides, and the plan says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import hypot, isfinite
from pathlib import Path

from dispatch.case import Case, Yard
from dispatch.case_coal import Survey
from dispatch.coal_flow import MEAN_DAYS, BurnBy, YardRecords, flow
from dispatch.initial_state import StateFile
from dispatch.network_inputs import book_stock_t
from dispatch.plan import Remark
from dispatch.published_burn import no_plans, published_burn
from dispatch.run_tables import local_text
from dispatch.start_stock import StartStock, StartStocks, StockAnchor

ENTRY_SD = 0.025  # of a figure in `yards.csv` (assumption: books are within 5 % at 95 %)
FAR_SDS = 4.0  # standard deviations between books and survey from which one of them is wrong
GUESSED_HOURS = 12.0  # without any record of the burn: worth saying
METERED_PART = 0.005  # of the stock, off by scales from what the last plan expected: worth saying


@dataclass(frozen=True)
class Fused:
    """Two figures of one stock at one moment, made one by their precision."""

    stock_t: float
    sd_t: float
    survey_part: float  # weight of the survey, 0-1
    is_far: bool


@dataclass(frozen=True)
class _Books:
    """Books of one yard at the start, surveys not yet in; `anchor` is what they rest on."""

    stock_t: float
    sd_t: float
    anchor: StockAnchor
    surveys: tuple[Survey, ...]  # to take up, in time order
    expected_t: float | None = None  # by the last plan, where scales have corrected it


def fused(book_t: float, book_sd_t: float, survey_t: float, survey_sd_t: float) -> Fused:
    """Weigh books and survey by their precision, 1/sd²; far apart, the books give way."""
    apart_t = abs(survey_t - book_t)
    is_far = apart_t > FAR_SDS * hypot(book_sd_t, survey_sd_t)
    book_sd_t = max(book_sd_t, apart_t) if is_far else book_sd_t
    total = book_sd_t**2 + survey_sd_t**2
    part = book_sd_t**2 / total if total > 0.0 else 1.0
    stock_t = book_t + part * (survey_t - book_t)
    return Fused(stock_t, part**0.5 * survey_sd_t, part, is_far)


def start_stocks(
    case: Case, now: datetime, start: datetime, state: StateFile, runs_folder: Path
) -> StartStocks:
    """Work out all yards at a plan's `start` by what was known at `now`; both aware.

    `state` is the last plan's, read for `start`; published plans are looked for in `runs_folder`
    only where a yard has surveys or scales. Yards without either start as they always did.
    """
    known = {yard.yard_id: _surveys_of(case, yard, now) for yard in case.yards}
    measured = {yard for yard, surveys in known.items() if surveys}
    measured |= {row.yard_id for row in case.coal_daily}
    since = min(
        [
            now - timedelta(days=MEAN_DAYS + 1),
            *(survey.time for surveys in known.values() for survey in surveys[-1:]),
            *(one.at for yard, one in state.anchors.items() if yard in measured),
        ]
    )
    published = published_burn(case, runs_folder, since, start) if measured else no_plans(start)
    by_yard = {
        yard.yard_id: _start_stock(
            YardRecords(case, yard, now, published), start, state, known[yard.yard_id]
        )
        for yard in case.yards
    }
    return StartStocks(by_yard, _left_out(case, now))


def _surveys_of(case: Case, yard: Yard, now: datetime) -> tuple[Survey, ...]:
    """Surveys of a yard that were made by `now`, in time order."""
    ours = [one for one in case.surveys if one.yard_id == yard.yard_id and one.time <= now]
    return tuple(sorted(ours, key=lambda one: one.time))


def _left_out(case: Case, now: datetime) -> tuple[Remark, ...]:
    """Say which rows are of what is yet to come: slips of the pen, or a past day is replayed."""
    timezone = case.settings.timezone
    notes = []
    later = [one for one in case.surveys if one.time > now]
    if later:
        values = {"count": len(later), "first": local_text(later[0].time, timezone)}
        notes.append(Remark("daily.surveys_later", values))
    today = local_text(now, timezone)[:10]
    days = sorted(row.date for row in case.coal_daily if row.date >= today)
    if days:
        notes.append(Remark("daily.coal_days_later", {"count": len(days), "first": days[0]}))
    return tuple(notes)


def _start_stock(
    records: YardRecords, start: datetime, state: StateFile, surveys: tuple[Survey, ...]
) -> StartStock:
    books = _books(records, start, state, surveys)
    if not (surveys or records.days):
        return StartStock(books.stock_t, 0.0, books.anchor)
    return _with_surveys(records, start, books, surveys)


def _books(
    records: YardRecords, start: datetime, state: StateFile, surveys: tuple[Survey, ...]
) -> _Books:
    """The books at the start, and the surveys that they do not know."""
    yard, last = records.yard, state.last
    book_t = book_stock_t(yard, last)
    before = state.anchors.get(yard.yard_id)
    if before is not None and before.at > start:
        before = None  # of a plan for training, made for a day to come
    is_measured = bool(surveys or records.days)
    goes_on = before is not None and before.in_file_t == yard.stock_t
    if before is None or not goes_on or (last is None and not is_measured):
        entry = StockAnchor(start, book_t, ENTRY_SD * book_t, yard.stock_t, records.now)
        newest = [one for one in surveys if before is None or one.time > before.known_by][-1:]
        return _Books(book_t, entry.sd_t, entry, tuple(newest))
    if not is_measured:
        return _Books(book_t, 0.0, before, ())
    since = flow(records, before.at, start)
    sd_t = hypot(since.kept * before.sd_t, since.sd_t)
    new = tuple(one for one in surveys if one.time > before.known_by)
    is_metered = since.hours.get(BurnBy.SCALE, 0.0) > 0.0 or any(
        records.midnight(day) >= before.at for day in records.days
    )
    if last is not None and not is_metered:
        return _Books(book_t, sd_t, before, new)
    carried_t = _within(yard, since.after(before.stock_t))
    return _Books(carried_t, sd_t, before, new, None if last is None else book_t)


def _within(yard: Yard, stock_t: float) -> float:
    return min(max(stock_t, 0.0), yard.capacity_t)


def _with_surveys(
    records: YardRecords, start: datetime, books: _Books, surveys: Sequence[Survey]
) -> StartStock:
    """Take up the surveys that the books do not know, oldest first."""
    stock_t, sd_t, anchor = books.stock_t, books.sd_t, books.anchor
    remarks: list[Remark] = []
    for survey in books.surveys:
        since = flow(records, survey.time, start)
        carried_t = _within(records.yard, since.after(survey.stock_t))
        if anchor.at >= start:  # an entry without a date: both at the start
            both = fused(stock_t, sd_t, carried_t, hypot(since.kept * survey.sd_t, since.sd_t))
            sd_t = both.sd_t
            at, at_t, known_by = start, both.stock_t, records.now
        else:  # both at the survey; what came after it has the same error for both
            until = flow(records, anchor.at, survey.time)
            book_sd_t = hypot(until.kept * anchor.sd_t, until.sd_t)
            apart_t = (stock_t - carried_t) / since.kept
            both = fused(survey.stock_t + apart_t, book_sd_t, survey.stock_t, survey.sd_t)
            sd_t = hypot(since.kept * both.sd_t, since.sd_t)
            at, at_t, known_by = survey.time, both.stock_t, survey.time
        before_t = stock_t
        stock_t = _within(records.yard, stock_t + both.survey_part * (carried_t - stock_t))
        anchor = StockAnchor(at, at_t, both.sd_t, records.yard.stock_t, known_by)
        remarks += _survey_remarks(records, survey, both, (before_t, carried_t, stock_t))
        guessed_h = since.hours.get(BurnBy.GUESS, 0.0)
        if guessed_h > GUESSED_HOURS:
            remarks.append(_guessed(records, guessed_h, since.burnt_t[BurnBy.GUESS]))
    if books.expected_t is not None and not books.surveys:
        remarks += _metered(records, stock_t, books.expected_t)
    newest = surveys[-1] if surveys else None
    return StartStock(
        stock_t=stock_t,
        sd_t=sd_t,
        anchor=anchor,
        book_t=books.stock_t,
        survey_t=None if newest is None else _carried_t(records, newest, start),
        surveyed_at=None if newest is None else newest.time,
        remarks=tuple(remarks),
    )


def _carried_t(records: YardRecords, survey: Survey, start: datetime) -> float:
    return _within(records.yard, flow(records, survey.time, start).after(survey.stock_t))


def _survey_remarks(
    records: YardRecords, survey: Survey, both: Fused, tonnes: tuple[float, float, float]
) -> list[Remark]:
    """Say what a survey did; `tonnes` are books, survey and outcome, at the start."""
    before_t, carried_t, stock_t = tonnes
    values: Mapping[str, object] = {
        "yard": records.yard.yard_id,
        "time": local_text(survey.time, records.case.settings.timezone),
        "surveyed_t": round(survey.stock_t),
        "error_pct": survey.error_pct,
        "survey_t": round(carried_t),
        "book_t": round(before_t),
        "stock_t": round(stock_t),
    }
    key = "daily.stock_survey_far" if both.is_far else "daily.stock_surveyed"
    return [Remark(key, values)]


def _guessed(records: YardRecords, hours: float, tonnes: float) -> Remark:
    values = {
        "yard": records.yard.yard_id,
        "days": round(hours / 24.0, 1),
        "tonnes": round(tonnes),
    }
    return Remark("daily.stock_guessed", values)


def _metered(records: YardRecords, stock_t: float, expected_t: float) -> list[Remark]:
    """Say that the scales tell another stock than the last plan expected."""
    if not isfinite(expected_t) or abs(stock_t - expected_t) <= METERED_PART * expected_t:
        return []
    values = {
        "yard": records.yard.yard_id,
        "stock_t": round(stock_t),
        "expected_t": round(expected_t),
    }
    return [Remark("daily.stock_metered", values)]
