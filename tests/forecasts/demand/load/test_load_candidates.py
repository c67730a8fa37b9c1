"""Linear, physical and pattern candidates on networks whose law is known."""

import numpy as np
import pytest

from forecasts.demand.load.linear import lag_regression
from forecasts.demand.load.pattern import pattern
from forecasts.demand.load.physical import Physical
from forecasts.demand.load.record import (
    RADIATION,
    TEMPERATURE,
    KnownWeather,
    LoadRecord,
    WeatherRuns,
)
from forecasts.demand.load.signature import Signature
from tests.linear_network_maker import (
    BALANCE_C,
    LOSS_MW_PER_K,
    behind_filter_c,
    each_hour_split,
    linear_network,
    perfect,
    record_of,
    with_holes,
)

LEADS = 36
CANDIDATES = (lag_regression(), Signature(), Physical(), pattern())
of_each = pytest.mark.parametrize("candidate", CANDIDATES, ids=lambda one: one.name)
of_each_with_weather = pytest.mark.parametrize(
    "candidate", (Signature(), Physical()), ids=lambda one: one.name
)


def forecast(candidate, record, until, issues, leads=LEADS, weather=None):
    known = weather or perfect(record)
    fitted = candidate.fit(record, known, until, leads)
    assert fitted is not None
    return fitted.predict(record, known, np.asarray(issues, dtype=np.int64), leads)


def rmse(candidate, record, truth, until):
    issues = np.arange(until, truth.size - LEADS, 5)
    came = truth[issues[:, None] + np.arange(LEADS)]
    return float(np.sqrt(np.mean((forecast(candidate, record, until, issues) - came) ** 2)))


@of_each
def test_a_fit_and_a_forecast_see_nothing_after_their_moment(candidate):
    """Loads from the issue on, and for the fit the weather too, are wild numbers."""
    record = with_holes(linear_network(40, noise_mw=1.0), 0.05, seed=1)
    until, issue = 700, 760
    rows = np.arange(record.times.size)

    def wild_from(row):
        weather = {n: np.where(rows < row, v, -1e3) for n, v in record.weather.items()}
        load = np.where(rows < row, record.load_mw, 1e6)
        return LoadRecord(record.times, 1.0, load, weather)

    fitted = candidate.fit(record, perfect(record), until, LEADS)
    blind = candidate.fit(wild_from(until), perfect(wild_from(until)), until, LEADS)
    now = np.array([issue])
    honest = fitted.predict(record, perfect(record), now, LEADS)
    hidden = LoadRecord(record.times, 1.0, wild_from(issue).load_mw, record.weather)
    assert np.all(np.isfinite(honest))
    assert blind.predict(hidden, perfect(hidden), now, LEADS) == pytest.approx(honest)


@of_each
def test_many_issues_at_once_are_as_one_by_one(candidate):
    record = linear_network(40, noise_mw=1.0)
    fitted = candidate.fit(record, perfect(record), 700, LEADS)
    issues = np.array([705, 760, 850])
    together = fitted.predict(record, perfect(record), issues, LEADS)
    for row, issue in enumerate(issues):
        alone = fitted.predict(record, perfect(record), np.array([issue]), LEADS)
        assert alone[0] == pytest.approx(together[row], rel=1e-5)


@of_each_with_weather
def test_a_linear_network_is_recovered(candidate):
    """Its law is among the models: what is left is below 0.5 % of a mean load of 38 MW."""
    record = linear_network(60)
    assert rmse(candidate, record, record.load_mw, 50 * 24) < 0.005 * record.load_mw.mean()


def test_the_physics_finds_the_buildings():
    """2 MW/K below 18 °C behind 24 h, times 1.0125 over the day for the higher mornings."""
    record = linear_network(60)
    stock = Physical().fit(record, perfect(record), 60 * 24, LEADS).model.stock
    assert stock.filter_name == "temperature_24h"
    assert stock.loss_mw_per_k == pytest.approx(LOSS_MW_PER_K * 1.0125, rel=0.01)
    assert stock.base_mw + stock.loss_mw_per_k * stock.balance_c == pytest.approx(
        LOSS_MW_PER_K * 1.0125 * 18.0, rel=0.01
    )


@of_each
def test_two_weeks_are_enough_and_a_week_is_not(candidate):
    """On 14 days it beats repeating yesterday over the first 12 h, in weather colder than those."""
    record = linear_network(24, noise_mw=0.5)
    until = 14 * 24
    assert candidate.fit(record, perfect(record), 7 * 24, LEADS) is None
    issues = np.arange(until, record.load_mw.size - LEADS, 5)
    targets = issues[:, None] + np.arange(12)
    came = record.load_mw[targets]
    yesterday = np.sqrt(np.mean((record.load_mw[targets - 24] - came) ** 2))
    asked = forecast(candidate, record, until, issues)[:, :12]
    assert np.sqrt(np.mean((asked - came) ** 2)) < 0.8 * yesterday


@of_each
def test_a_constant_load_stays(candidate):
    temperature = linear_network(30).weather[TEMPERATURE]
    record = record_of(np.full(720, 7.0), **{TEMPERATURE: temperature})
    assert forecast(candidate, record, 600, [620]) == pytest.approx(np.full((1, LEADS), 7.0))


@of_each
def test_hours_that_were_always_off_stay_off(candidate):
    """Off from 22:00 to 06:00: a mean over hours would heat at night, or forecast below zero."""
    whole = linear_network(40, noise_mw=2.0)
    hour = np.arange(960) % 24
    record = record_of(np.where((hour < 6) | (hour >= 22), 0.0, whole.load_mw), **whole.weather)
    issues = np.arange(800, 900, 7)
    asked = forecast(candidate, record, 800, issues)
    target = (issues[:, None] + np.arange(LEADS)) % 24
    night = (target < 6) | (target >= 22)
    assert asked.min() >= 0.0
    assert np.all(asked[night] == 0.0)
    assert asked[~night].min() > 10.0


@of_each
def test_a_summer_between_seasons_is_no_age(candidate):
    """Half a year without a load before the last week: it is fitted on the season before too."""
    winter = linear_network(40, noise_mw=0.5)
    gap = np.full(180 * 24, np.nan)
    load = np.concatenate([winter.load_mw[: 33 * 24], gap, winter.load_mw[33 * 24 :]])
    mild = np.full(gap.size, 20.0)
    temperature = winter.weather[TEMPERATURE]
    felt = np.concatenate([temperature[: 33 * 24], mild, temperature[33 * 24 :]])
    record = record_of(load, **{TEMPERATURE: felt})
    until = load.size - 4 * 24
    asked = forecast(candidate, record, until, [until])
    assert asked[0] == pytest.approx(load[until : until + LEADS], rel=0.25)


@of_each_with_weather
def test_without_any_temperature_it_says_it_cannot_tell(candidate):
    """Not an error, and not a number out of nothing."""
    record = record_of(linear_network(30).load_mw, **{TEMPERATURE: np.full(720, np.nan)})
    assert candidate.fit(record, perfect(record), 600, LEADS) is None
    assert (
        candidate.fit(record_of(record.load_mw), perfect(record_of(record.load_mw)), 600, 6) is None
    )


@pytest.mark.parametrize("candidate", (lag_regression(), pattern()), ids=lambda one: one.name)
def test_lags_need_no_weather(candidate):
    record = record_of(linear_network(40).load_mw, **{TEMPERATURE: np.full(960, np.nan)})
    asked = forecast(candidate, record, 800, [820])
    assert asked[0] == pytest.approx(record.load_mw[820:856], rel=0.2)


@of_each
def test_one_hour_in_twenty_missing_costs_little(candidate):
    """Less than 5 % in the noise of the meter; an empty hour read as zero would cost a multiple."""
    record = linear_network(70, noise_mw=1.5)
    whole = rmse(candidate, record, record.load_mw, 50 * 24)
    holed = rmse(candidate, with_holes(record, 0.05, seed=4), record.load_mw, 50 * 24)
    assert holed < 1.05 * whole


@of_each
def test_quarters_of_hours_see_the_same_network(candidate):
    """The same 40 days on steps of 15 minutes: forecasts by the hour agree within 2 %."""
    record = linear_network(40, noise_mw=0.2)
    hourly = forecast(candidate, record, 800, [812], 24)
    split = each_hour_split(record, 4)
    fine = forecast(candidate, split, 3200, [3248], 96).reshape(24, 4).mean(axis=1)
    assert fine == pytest.approx(hourly[0], rel=0.02)


def test_a_cold_wave_is_followed_by_those_that_know_the_weather():
    """12 K colder within hours, forecast: the pattern cannot know, the physics does."""
    record = linear_network(60, noise_mw=0.2)
    temperature = record.weather[TEMPERATURE].copy()
    cold = np.arange(temperature.size) >= 1300
    temperature[cold] -= 8.0
    truth = linear_law(temperature)
    changed = record_of(
        np.where(cold, truth, record.load_mw),
        **{TEMPERATURE: temperature, RADIATION: np.zeros(temperature.size)},
    )
    came = truth[1300 : 1300 + LEADS]
    errors = {
        one.name: np.abs(forecast(one, changed, 1290, [1300])[0] - came).mean()
        for one in CANDIDATES
    }
    assert errors["physical"] < 0.3 * errors["pattern"]
    assert errors["signature"] < 0.3 * errors["pattern"]


def linear_law(temperature):
    load = LOSS_MW_PER_K * (BALANCE_C - behind_filter_c(temperature))
    return load * (1.0 + 0.1 * np.isin(np.arange(temperature.size) % 24, (6, 7, 8)))


def test_forecast_weather_and_not_what_came_is_used():
    """A run that says 5 K colder than it came brings 10 MW more a day later."""
    record = linear_network(60)
    issued = record.times[::24]
    rows = np.arange(0, record.times.size, 24)[:, None] + np.arange(72)
    inside = rows < record.times.size
    right = record.weather[TEMPERATURE][np.minimum(rows, record.times.size - 1)]
    right = np.where(inside, right, right[:, :1])
    colder = right.copy()
    colder[55] -= 5.0
    asked = {}
    for name, values in {"right": right, "colder": colder}.items():
        runs = WeatherRuns(issued, issued, {TEMPERATURE: values})
        known = KnownWeather(record, runs)
        asked[name] = forecast(Signature(), record, 50 * 24, [55 * 24], weather=known)
    more = asked["colder"][0, -1] - asked["right"][0, -1]
    expected = 5.0 * LOSS_MW_PER_K * (1 - np.exp(-36 / 24))
    assert more == pytest.approx(expected, rel=0.15)
