"""The load model as a whole: honest, repeatable, of any step, and never without an answer."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from forecasts.demand.load.boosting import Boosting, Loss
from forecasts.demand.load.linear import lag_regression
from forecasts.demand.load.record import (
    TEMPERATURE,
    Floats,
    Ints,
    KnownWeather,
    LoadRecord,
    WeatherRuns,
)
from forecasts.demand.load.schedule import Seldom
from forecasts.demand.load.signature import Signature
from forecasts.demand.load_model import (
    Doubt,
    LoadModel,
    Rolled,
    Standing,
    forecast_load,
)
from tests.load_record_maker import perfect, record_of, runs_with_errors, winter

SMALL = Boosting(trees=10, issues=150, pairs=1000)
ALL = LoadModel((lag_regression(), Signature(), Seldom(SMALL)), warm_days=8.0, warm_every_h=12.0)
QUICK = LoadModel((lag_regression(),), warm_days=10.0, warm_every_h=6.0)


def rows(*issues: int) -> Ints:
    return np.array(issues, dtype=np.int64)


def same(one: Rolled, two: Rolled, issues: int) -> bool:
    """Whether all parts of the first forecasts are the same to the last bit."""
    return (
        np.array_equal(one.load_mw[:issues], two.load_mw[:issues])
        and np.array_equal(one.quantiles_mw[:issues], two.quantiles_mw[:issues])
        and np.array_equal(one.weights[:, :issues], two.weights[:, :issues])
        and np.array_equal(
            one.candidates_mw[:, :issues], two.candidates_mw[:, :issues], equal_nan=True
        )
        and list(one.standing[:issues]) == list(two.standing[:issues])
        and list(one.doubts[:issues]) == list(two.doubts[:issues])
    )


def test_nothing_after_an_issue_is_looked_at():
    """Load and measured weather from the third issue on are thrown over: nothing of it changes.

    Candidates, weights, quantiles and standing are all compared; the next issues do change.
    """
    record = winter(23)
    issues = rows(24 * 20, 24 * 20 + 7, 24 * 21, 24 * 21 + 1, 24 * 22)
    draw = np.random.default_rng(0)
    cut = int(issues[2])
    load, temp = record.load_mw.copy(), record.weather[TEMPERATURE].copy()
    load[cut:] = draw.uniform(0, 900, load.size - cut)
    temp[cut:] = draw.uniform(-40, 40, load.size - cut)
    other = replace(record, load_mw=load, weather={TEMPERATURE: temp})
    runs = runs_with_errors(record)
    one = ALL.rolled(record, KnownWeather(record, runs), issues, 12)
    two = ALL.rolled(other, KnownWeather(other, runs), issues, 12)
    assert same(one, two, 3)
    assert not np.array_equal(one.load_mw[3:], two.load_mw[3:])


def test_the_same_record_gives_the_same_bytes():
    """Draws are seeded; asked twice, also in another record object, every bit is the same."""
    told = [ALL.rolled(r, perfect(r), rows(24 * 20), 6) for r in (winter(22), winter(22))]
    assert told[0].load_mw.tobytes() == told[1].load_mw.tobytes()
    assert told[0].quantiles_mw.tobytes() == told[1].quantiles_mw.tobytes()


@dataclass(frozen=True)
class Off:
    """Tells the load that comes, with an error of its own; needs to see the whole truth."""

    name: str
    truth_mw: Floats
    error_mw: float

    def fit(self, record: LoadRecord, weather: KnownWeather, until: int, leads: int) -> "Off":
        del record, weather, until, leads
        return self

    def predict(
        self, record: LoadRecord, weather: KnownWeather, issues: Ints, leads: int
    ) -> Floats:
        del record, weather
        true = self.truth_mw[issues[:, None] + np.arange(leads)[None, :]]
        noise = np.random.default_rng(int(self.error_mw * 10)).normal(size=(10_000, leads))
        return true + self.error_mw * noise[issues]


def test_the_first_issue_is_already_weighed_by_the_weeks_before():
    """Errors of 1 and 8 MW: without warming up the first issue would trust both alike."""
    record = winter(40)
    model = LoadModel((Off("good", record.load_mw, 1.0), Off("bad", record.load_mw, 8.0)))
    told = model.rolled(record, perfect(record), rows(24 * 35), 12)
    assert told.weights[0].min() > 0.85
    assert told.standing[0] is Standing.SETTLED


@pytest.mark.parametrize("step_h", [1.0, 0.5, 0.25])
def test_any_step_gives_a_forecast_of_like_skill(step_h):
    """Noise of 3 MW is all that is left of 100 MW; leads counted as hours would break 15 min."""
    record = winter(29, step_h=step_h)
    day = round(24 / step_h)
    issues = np.arange(24 * day, 28 * day, day // 2, dtype=np.int64)
    told = QUICK.rolled(record, perfect(record), issues, day)
    came = record.load_mw[issues[:, None] + np.arange(day)[None, :]]
    assert np.sqrt(np.mean((told.load_mw - came) ** 2)) < 5.0


def test_fourteen_days_are_enough_and_less_is_a_guess():
    """14 days: learning, near the truth. 5 days: guessing, yet like the last days."""
    record = winter(16)
    for days, standing in ((14, Standing.LEARNING), (5, Standing.GUESSING)):
        issue = rows(24 * days)
        told = ALL.rolled(record, perfect(record), issue, 24)
        came = record.load_mw[issue[0] : issue[0] + 24]
        assert told.standing[0] is standing
        assert np.abs(told.load_mw[0] - came).mean() < 0.25 * came.mean()
        assert (Doubt.SHORT_HISTORY in told.doubts[0]) == (days == 5)
        assert Doubt.FEW_PAST_FORECASTS in told.doubts[0]


def test_without_weather_and_with_gaps_there_is_an_answer():
    """One load in twenty missing, two days in a row, no weather at all: no NaN, but doubts."""
    record = winter(30)
    load = record.load_mw.copy()
    load[np.random.default_rng(1).random(load.size) < 0.05] = np.nan
    load[24 * 20 : 24 * 22] = np.nan
    bare = record_of(load)
    issues = np.arange(24 * 22, 24 * 25, 5, dtype=np.int64)
    told = ALL.rolled(bare, perfect(bare), issues, 36)
    assert np.isfinite(told.load_mw).all()
    assert np.isfinite(told.quantiles_mw).all()
    assert Doubt.NO_WEATHER in told.doubts[0]
    assert Doubt.OLD_LOAD in told.doubts[0]
    assert Doubt.OLD_LOAD not in told.doubts[-1]


def test_weather_that_was_measured_but_is_gaps_alone_is_borne():
    """A sensor that never spoke is a column of NaN; trees cannot bin such a column."""
    record = winter(20)
    silent = replace(record, weather={TEMPERATURE: np.full(record.load_mw.size, np.nan)})
    told = ALL.rolled(silent, perfect(silent), rows(24 * 18), 12)
    assert np.isfinite(told.load_mw).all()
    assert Doubt.NO_WEATHER in told.doubts[0]


def test_colder_than_ever_is_doubted():
    """Ten kelvin below the coldest hour seen."""
    record = winter(20)
    temp = np.sin(np.arange(record.load_mw.size))
    temp[24 * 18 :] = -11.0
    cold = replace(record, weather={TEMPERATURE: temp})
    told = QUICK.rolled(cold, perfect(cold), rows(24 * 17, 24 * 18), 12)
    assert [Doubt.UNSEEN_WEATHER in doubts for doubts in told.doubts] == [False, True]


def test_a_constant_load_is_told_as_it_is():
    """7 MW for a month: 7 MW ahead, and hardly any width."""
    record = record_of(np.full(24 * 30, 7.0))
    told = ALL.rolled(record, perfect(record), rows(24 * 29), 24)
    assert told.load_mw[0] == pytest.approx(np.full(24, 7.0), abs=0.05)
    assert (told.quantiles_mw[0, :, -1] - told.quantiles_mw[0, :, 0]).max() < 0.5


def test_trees_follow_what_is_switched_at_night():
    """Zero from 22 to 5 o'clock, a peak at 5: the median trees tell zero at night, and the peak."""
    hour = np.arange(24 * 40) % 24
    draw = np.random.default_rng(2)
    shape = np.select([(hour >= 22) | (hour < 5), hour == 5], [0.0, 30.0], 15.0)
    record = record_of(shape * (1 + 0.1 * draw.normal(size=hour.size)))
    trees = replace(SMALL, loss=Loss.ABSOLUTE, relative=False, trees=60, rate=0.1)
    fitted = trees.fit(record, perfect(record), 24 * 38, 24)
    told = fitted.predict(record, perfect(record), rows(24 * 38), 24)[0]
    assert told[:5].max() < 0.5
    assert told[5] == pytest.approx(30.0, rel=0.15)


def test_now_is_the_end_of_the_record():
    """A record to midnight is forecast from midnight on, with units and what it rests on."""
    record = winter(25)
    told = forecast_load(record, perfect(record), 24, QUICK)
    assert told["time"].values[0] == record.times[-1] + np.timedelta64(1, "h")
    assert told["heat_load"].dims == ("time",)
    assert told["heat_load_quantile"].dims == ("quantile", "time")
    assert told["heat_load"].attrs["units"] == "MW"
    assert told.attrs["standing"] == "learning"
    assert told.attrs["weights"] == "lags=1.00"
    assert "no_weather" in told.attrs["doubts"]  # perfect weather ends with the record


def test_one_run_of_now_is_enough_weather():
    """No runs were kept before today's: the past is learned with the weather that was measured."""
    whole = winter(32)
    until = 24 * 30
    known = whole.known(until)
    step = whole.times[until : until + 1]
    values = {TEMPERATURE: whole.weather[TEMPERATURE][None, until : until + 24]}
    runs = WeatherRuns(step, step, values)
    model = replace(QUICK, candidates=(Signature(),))
    told = forecast_load(known, KnownWeather(known, runs), 24, model)
    error = told["heat_load"].values - whole.load_mw[until : until + 24]
    assert told.attrs["doubts"] == "few_past_forecasts"
    assert np.sqrt(np.mean(error**2)) < 5.0  # of 100 MW; the noise is 3


def test_no_load_at_all_is_said_to_be_a_guess():
    """Only gaps: NaN ahead and `guessing`, no error; a record without rows is refused."""
    record = record_of(np.full(48, np.nan))
    told = forecast_load(record, perfect(record), 6, QUICK)
    assert np.isnan(told["heat_load"]).all()
    assert told.attrs["standing"] == "guessing"
    with pytest.raises(ValueError, match="no rows"):
        forecast_load(record.known(0), perfect(record.known(0)), 6, QUICK)
