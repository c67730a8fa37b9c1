"""The backtest: which issues, and that whoever looks ahead is caught."""

# ruff: noqa: ARG002 - planted leaks have the signature of a model, and use what they like of it

from dataclasses import dataclass, replace

import numpy as np
import pytest

from forecasts.demand.backtest import LookAhead, hidden_after, tried
from forecasts.demand.load.record import (
    TEMPERATURE,
    Floats,
    Ints,
    KnownWeather,
    LoadRecord,
    WeatherRuns,
)
from forecasts.demand.load.span import NothingToTry, Span, span_of, training_end
from tests.load_record_maker import perfect, record_of, runs_with_errors, times_of, winter
from tests.simple_load_model import LEVELS, SimpleModel, SimpleTold

HOURS = np.arange(1.0, 13.0)


def span(record: LoadRecord, days: int = 20, every_h: float = 5.0) -> Span:
    train = record.times[0] + np.timedelta64(days, "D")
    return span_of(record, train, record.times[-1], every_h, HOURS)


# ---- which issues ------------------------------------------------------------------------------


def test_issues_are_after_the_training_and_not_after_the_test():
    """(00:00 of day 2, 06:00]: every 2 h it is 02:00, 04:00 and 06:00, and 00:00 is none."""
    record = record_of(np.ones(100))
    moment = record.times[0] + np.timedelta64(48, "h")
    found = span_of(record, moment, moment + np.timedelta64(6, "h"), 2.0, np.array([1.0, 3.0]))
    assert found.issues.tolist() == [50, 52, 54]
    assert found.leads.tolist() == [1, 3]


def test_horizons_are_hours_and_leads_are_steps():
    record = record_of(np.arange(400.0), step_h=0.25)
    found = span_of(record, record.times[0], record.times[-1], 1.0, np.array([0.5, 1.0, 24.0]))
    assert found.leads.tolist() == [2, 4, 96]
    made = tried(SimpleModel(), record, perfect(record), found, checked_shares=(0.5,))
    # issue 4 is at 01:00; an hour ahead ends at 02:00: the step 01:45, row 7
    assert made.observed_mw[0].tolist() == [5.0, 7.0, 99.0]
    assert made.issued[0] == times_of(5, 0.25)[4]


def test_the_last_issue_still_has_a_measured_step():
    record = record_of(np.ones(30))
    far = record.times[-1] + np.timedelta64(9, "D")
    assert span_of(record, record.times[0], far, 1.0, HOURS).issues[-1] == 29


def test_issues_before_a_long_gap_are_passed_over():
    """In a summer without measurements there is nothing to score, and nothing to compute."""
    load = np.ones(300)
    load[100:200] = np.nan
    record = record_of(load)
    found = span_of(record, record.times[0], record.times[-1], 1.0, HOURS)
    assert not set(range(100, 189)) & set(found.issues.tolist())
    assert {99, 189, 200} <= set(found.issues.tolist())
    assert found.unmeasured == 89


def test_the_usual_training_is_a_third_but_four_weeks_at_least():
    hour = np.timedelta64(1, "h")
    long, short = record_of(np.ones(24 * 300)), record_of(np.ones(24 * 40))
    assert training_end(long) == long.times[24 * 100 - 1] + hour
    assert training_end(short) == short.times[24 * 28 - 1] + hour
    with pytest.raises(NothingToTry, match=r"27\.0 days of load, 29 are needed"):
        training_end(record_of(np.ones(24 * 27)))


@pytest.mark.parametrize("hours", [0.4, 1.5])
def test_lengths_that_are_no_steps_are_told(hours):
    with pytest.raises(NothingToTry, match="no whole number of steps of 60 minutes"):
        span_of(record_of(np.ones(99)), times_of(1)[0], times_of(99)[-1], hours, HOURS)


# ---- honesty -----------------------------------------------------------------------------------


def with_runs(record: LoadRecord) -> KnownWeather:
    return KnownWeather(record, runs_with_errors(record))


@pytest.mark.parametrize("known", [perfect, with_runs])
def test_an_honest_model_passes(known):
    record = winter(45)
    made = tried(SimpleModel(), record, known(record), span(record))
    assert made.checked.size == 3
    assert np.isfinite(made.load_mw).all()


class Leaking(SimpleModel):
    """A model with a mistake, of the kinds that are made."""

    def told(self, point: Floats, quantiles: Floats | None = None) -> SimpleTold:
        spread = np.repeat(point[..., None], len(LEVELS), axis=2)
        return SimpleTold(LEVELS, point, spread if quantiles is None else quantiles)


class UsesTheTarget(Leaking):
    """A little of the load that is asked for."""

    def rolled(self, record: LoadRecord, weather: KnownWeather, issues: Ints, leads: int):
        point = self.point(record, weather, issues, leads)
        rows = issues[:, None] + np.arange(leads)
        there = rows < record.load_mw.size
        target = record.load_mw[np.minimum(rows, record.load_mw.size - 1)]
        return self.told(np.where(there, 0.99 * point + 0.01 * target, point))


class OneRowTooFar(Leaking):
    """The last load is taken at the issue, whose step has only begun."""

    def rolled(self, record: LoadRecord, weather: KnownWeather, issues: Ints, leads: int):
        last = record.load_mw[np.minimum(issues, record.load_mw.size - 1)]
        return self.told(np.repeat(last[:, None], leads, axis=1))


class SmoothsBothWays(Leaking):
    """The past is smoothed by a mean of five hours around each."""

    def rolled(self, record: LoadRecord, weather: KnownWeather, issues: Ints, leads: int):
        smooth = np.convolve(np.pad(record.load_mw, 2, mode="edge"), np.ones(5) / 5, mode="valid")
        return super().rolled(replace(record, load_mw=smooth), weather, issues, leads)


class NormalisesByAll(Leaking):
    """Loads are measured by the mean of the whole record."""

    def rolled(self, record: LoadRecord, weather: KnownWeather, issues: Ints, leads: int):
        point = self.point(record, weather, issues, leads)
        return self.told(0.9 * point + 0.1 * float(np.nanmean(record.load_mw)))


class FillsGapsFromLater(Leaking):
    """Gaps are bridged by a line to the next value, also where that has not come."""

    def rolled(self, record: LoadRecord, weather: KnownWeather, issues: Ints, leads: int):
        rows = np.arange(record.load_mw.size)
        known = np.isfinite(record.load_mw)
        filled = np.interp(rows, rows[known], record.load_mw[known])
        return self.told(np.repeat(filled[issues - 1][:, None], leads, axis=1))


class KnowsFutureErrors(Leaking):
    """The interval comes from the errors of all issues, later ones too."""

    def quantiles(self, record: LoadRecord, issues: Ints, point: Floats) -> Floats:
        rows = issues[:, None] + np.arange(point.shape[1])
        there = rows < record.load_mw.size
        seen = record.load_mw[np.minimum(rows, record.load_mw.size - 1)]
        errors = np.where(there, seen - point, np.nan)
        return point[..., None] + np.nanquantile(errors, LEVELS)


class KnowsItsNewestError(Leaking):
    """The interval takes the step that is under way for ended."""

    def quantiles(self, record: LoadRecord, issues: Ints, point: Floats) -> Floats:
        row = np.minimum(issues, record.load_mw.size - 1)
        missed = np.abs(record.load_mw[row] - point[:, 0])
        return point[..., None] + missed[:, None, None] * np.array([-1.0, 0.0, 1.0])


class TakesWhatCame(Leaking):
    """Measured weather of the target, where forecasts were to be used."""

    def rolled(self, record: LoadRecord, weather: KnownWeather, issues: Ints, leads: int):
        return super().rolled(record, KnownWeather(record, None), issues, leads)


class TakesTheNextRun(Leaking):
    """The run after the issue: it was issued some hours too late."""

    def rolled(self, record: LoadRecord, weather: KnownWeather, issues: Ints, leads: int):
        runs = weather.runs
        assert runs is not None
        early = WeatherRuns(runs.issued - np.timedelta64(6, "h"), runs.first, runs.values)
        return super().rolled(record, KnownWeather(record, early), issues, leads)


@dataclass(frozen=True)
class LearnsLate(Leaking):
    """Fitted once on more than the past, and used from then on."""

    until: int = 40 * 24

    def rolled(self, record: LoadRecord, weather: KnownWeather, issues: Ints, leads: int):
        point = self.point(record, weather, issues, leads)
        level = float(np.nanmean(record.load_mw[: self.until]))
        return self.told(0.9 * point + 0.1 * level)


ON_PERFECT = (
    *(UsesTheTarget, OneRowTooFar, SmoothsBothWays, NormalisesByAll, FillsGapsFromLater),
    *(KnowsFutureErrors, KnowsItsNewestError, LearnsLate),
)


def gappy(record: LoadRecord) -> LoadRecord:
    load = record.load_mw.copy()
    load[np.random.default_rng(8).random(load.size) < 0.05] = np.nan
    return replace(record, load_mw=load)


@pytest.mark.parametrize("leak", ON_PERFECT)
@pytest.mark.parametrize("known", [perfect, with_runs])
def test_a_planted_leak_is_caught(leak, known):
    """Without the proof each of these would show more skill than it can have live."""
    record = winter(45)
    record = gappy(record) if leak is FillsGapsFromLater else record
    with pytest.raises(LookAhead) as caught:
        tried(leak(), record, known(record), span(record))
    assert caught.value.method == "model"
    assert caught.value.by_mw > 0
    assert 1 <= caught.value.horizon_h <= 12
    assert "MW other once the future is hidden" in str(caught.value)


@pytest.mark.parametrize("leak", [TakesWhatCame, TakesTheNextRun])
def test_weather_known_too_early_is_caught(leak):
    record = winter(45)
    with pytest.raises(LookAhead):
        tried(leak(), record, with_runs(record), span(record))


def test_perfect_weather_beyond_the_horizon_is_no_forecast():
    """Weather of a week ahead is more than a forecast of 12 h was given."""

    class LooksFar(Leaking):
        def rolled(self, record: LoadRecord, weather: KnownWeather, issues: Ints, leads: int):
            far = weather.ahead(TEMPERATURE, issues, 24 * 7)[:, -1:]
            return self.told(np.repeat(100 - far, leads, axis=1))

    record = winter(45)
    with pytest.raises(LookAhead):
        tried(LooksFar(), record, perfect(record), span(record))


def test_nothing_later_is_left_when_hidden():
    record = winter(30)
    known = with_runs(record)
    past, before = hidden_after(record, known, 300, 12)
    assert past.load_mw.size == 300
    assert all(values.size == 300 for values in past.weather.values())
    assert before.runs is not None
    assert before.runs.issued.max() == record.times[300]
    assert np.array_equal(
        before.ahead(TEMPERATURE, np.array([300]), 12),
        known.ahead(TEMPERATURE, np.array([300]), 12),
    )


def test_a_run_issued_later_changes_nothing():
    """Runs of the second half rewritten: forecasts of the first half stay to the digit."""
    record = winter(45)
    runs = runs_with_errors(record)
    half = record.times[0] + np.timedelta64(30 * 24 + 1, "h")
    changed = runs.values[TEMPERATURE] + np.where(runs.issued > half, 9.0, 0.0)[:, None]
    other = WeatherRuns(runs.issued, runs.first, {TEMPERATURE: changed})
    asked = span(record)
    told = [tried(SimpleModel(), record, KnownWeather(record, one), asked) for one in (runs, other)]
    before = told[0].issued <= half
    assert np.array_equal(told[0].load_mw[before], told[1].load_mw[before])
    assert not np.array_equal(told[0].load_mw[~before], told[1].load_mw[~before])
