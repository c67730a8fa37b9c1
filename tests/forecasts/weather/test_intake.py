"""The intake: late beginnings, ensembles, gaps; and the gates that know more than the run."""

from datetime import timedelta

import numpy as np
import pytest
from gated_weather import (
    ZAOZHUANG,
    asked_and_raw,
    detail_of,
    drawn_weeks,
    found,
    info,
    outcome_of,
)

from forecasts.weather.gates.agreement import error_sd_k
from forecasts.weather.gates.context import judge_age, judge_in_context
from forecasts.weather.gates.intake import Raw, accept
from forecasts.weather.gates.usual import Usual, usual_from_normals
from forecasts.weather.provider import Asked, Cause
from forecasts.weather.run import Members, utc_datetime, weather_run
from forecasts.weather.solar import HOUR
from forecasts.weather.verdict import (
    Gate,
    GateVerdict,
    Outcome,
    WeatherRefused,
    doubtful,
    gates_of,
    merged,
    passed,
    refused,
    with_gates,
)

T, WIND, SUN = "air_temperature", "wind_speed", "global_radiation"
TIMES, VALUES = next(iter(drawn_weeks(ZAOZHUANG, 1, 30)))


def accepted(values, times=TIMES, members=None, instants=False, known_after_h=48):
    raw, asked = asked_and_raw(ZAOZHUANG, TIMES, values, instants, members, known_after_h)
    return accept(Raw(times, values, raw.info, instants, members), asked)


def refusal(*args, **settings) -> WeatherRefused:
    with pytest.raises(WeatherRefused) as raised:
        accepted(*args, **settings)
    return raised.value


def cut(first: int, end: int | None = None):
    return TIMES[first:end], {name: array[first:end] for name, array in VALUES.items()}


def ensemble(size: int = 11):
    """Members that differ by a constant of -1 to 1 K."""
    shift = np.linspace(-1, 1, size)[:, None]
    values = {name: np.tile(array, (size, 1)) for name, array in VALUES.items()}
    values[T] = values[T] + shift
    return values, Members(("model",) * size, tuple(range(size)))


def test_a_run_may_begin_at_the_next_full_hour_and_no_later():
    """Known 48 h after the first hour asked: a service without a past begins there."""
    times, values = cut(48)
    run = accepted(values, times)
    assert run.time.values[0] == TIMES[48]
    assert outcome_of(gates_of(run), Gate.COVER) is Outcome.DOUBTFUL
    times, values = cut(49)
    assert refusal(values, times).cause is Cause.WRONG_TIMES


def test_empty_hours_at_both_ends_shorten_the_run():
    values = {name: array.copy() for name, array in VALUES.items()}
    values[SUN][:10] = np.nan
    values[T][-30:] = np.nan
    run = accepted(values)
    assert run.time.values[0] == TIMES[10]
    assert run.time.values[-1] == TIMES[-31]
    assert run.attrs["interpolated_hours"] == 0


def test_of_instants_the_radiation_before_the_first_is_not_needed():
    values = {name: array.copy() for name, array in VALUES.items()}
    values[SUN][0] = np.nan
    run = accepted(values, instants=True)
    assert run.time.values[0] == TIMES[0]
    assert float(run[SUN][0]) == VALUES[SUN][1]
    assert float(run[T][0]) == pytest.approx((VALUES[T][0] + VALUES[T][1]) / 2)


def test_three_hours_are_bridged_and_four_refused():
    values = {name: array.copy() for name, array in VALUES.items()}
    values[T][70:73] = np.nan
    run = accepted(values)
    assert run.attrs["interpolated_hours"] == 3
    line = VALUES[T][69] + (VALUES[T][73] - VALUES[T][69]) * np.array([0.25, 0.5, 0.75])
    np.testing.assert_allclose(run[T].values[70:73], line)
    assert outcome_of(gates_of(run), Gate.GAPS) is Outcome.MENDED
    values[T][73] = np.nan
    assert refusal(values).cause is Cause.GAPS


def test_humidity_with_a_long_gap_is_left_out_and_said():
    values = {name: array.copy() for name, array in VALUES.items()}
    values["relative_humidity"][50:80] = np.nan
    run = accepted(values)
    assert "relative_humidity" not in run
    assert "left out" in detail_of(gates_of(run), Gate.GAPS)


def test_a_lone_spike_is_taken_out_before_instants_are_averaged():
    """Averaged first, 15 K for an hour would be 7.5 K for two, and pass for weather."""
    values = {name: array.copy() for name, array in VALUES.items()}
    values[T][100] += 15
    for instants in (False, True):
        healthy, run = accepted(VALUES, instants=instants), accepted(values, instants=instants)
        assert float(np.abs(run[T] - healthy[T]).max()) < 1.5
        assert outcome_of(gates_of(run), Gate.JUMPS) is Outcome.MENDED


def test_a_refusal_tells_everything_that_is_wrong():
    values = {name: array.copy() for name, array in VALUES.items()}
    values[T] = values[T] + 273.15
    values[WIND][20:30] = np.nan
    values[SUN][:] = 0.0
    why = refusal(values)
    assert found(why.gates, Outcome.REFUSED) >= {Gate.UNITS, Gate.LIMITS, Gate.GAPS, Gate.SUN}
    assert why.cause is Cause.WRONG_UNITS
    assert "kelvin" in why.detail
    assert "10 h in a row" in why.detail


def test_bad_members_are_dropped_and_named():
    values, members = ensemble()
    values[T][3] += 273.15
    values[WIND][7, 60:70] = np.nan
    run = accepted(values, members=members)
    assert run.number.values.tolist() == [0, 1, 2, 4, 5, 6, 8, 9, 10]
    np.testing.assert_allclose(run[T].values[3], values[T][4])
    said = gates_of(run)
    assert outcome_of(said, Gate.MEMBERS) is Outcome.MENDED
    assert "dropped member 3 of model, member 7 of model" in detail_of(said, Gate.MEMBERS)
    assert "kelvin" in detail_of(said, Gate.UNITS)
    assert outcome_of(said, Gate.UNITS) is Outcome.MENDED


def test_all_members_bad_refuses_and_so_does_more_than_half():
    values, members = ensemble()
    assert refusal(values | {T: values[T] + 273.15}, members=members).cause is Cause.WRONG_UNITS
    values[T][:6] += 273.15
    assert Gate.MEMBERS in found(refusal(values, members=members).gates, Outcome.REFUSED)


def test_members_all_alike_are_suspicious():
    values, members = ensemble()
    alike = values | {T: np.tile(VALUES[T], (11, 1))}
    run = accepted(alike, members=members)
    assert outcome_of(gates_of(run), Gate.MEMBERS) is Outcome.DOUBTFUL
    assert "1 of them differ" in detail_of(gates_of(run), Gate.MEMBERS)


def test_half_of_the_members_decide_how_far_a_run_reaches():
    """Four of eleven end after 100 h: they are dropped, since the others have what is asked."""
    values, members = ensemble()
    values[T][:4, 100:] = np.nan
    assert accepted(values, members=members).sizes == {"member": 7, "time": 168}
    values[T][:8, 100:] = np.nan  # now most of them: the run ends there, with all of its members
    assert accepted(values, members=members).sizes == {"member": 11, "time": 100}


def run_of(shift_k: float = 0.0, provider: str = "one", age_h: float = 6):
    now = utc_datetime(TIMES[48])
    values = dict(VALUES) | {T: VALUES[T] + shift_k}
    return weather_run(TIMES, values, info(ZAOZHUANG, now, provider, age_h))


ASKED = Asked(ZAOZHUANG, utc_datetime(TIMES[48]), utc_datetime(TIMES[0]), 168)
WIDE = Usual(
    lambda t: (np.full(t.size, -60.0), np.full(t.size, 60.0)), lambda t: np.full(t.size, 9.0)
)
WARM = Usual(
    lambda t: (np.full(t.size, 30.0), np.full(t.size, 40.0)), lambda t: np.full(t.size, 9.0)
)


def said(run, others=(), climate=WIDE, max_age_h=48):
    return judge_in_context(run, ASKED, climate=climate, max_age_h=max_age_h, others=others)


def test_services_agree_within_what_h2_explains():
    """Day one: 3 x 1.75 K at 24 h; the run is 6 h old, so its error is that of 30 h, 1.875 K."""
    assert error_sd_k(30) == pytest.approx(1.875)
    assert error_sd_k(96) == pytest.approx(3.75)
    near = said(run_of(), [run_of(5.5, "two")])
    assert outcome_of(near, Gate.AGREEMENT) is Outcome.PASSED
    far = said(run_of(), [run_of(5.7, "two")])
    assert outcome_of(far, Gate.AGREEMENT) is Outcome.DOUBTFUL
    for figure in ("one", "two", "-5.7 K"):
        assert figure in detail_of(far, Gate.AGREEMENT)


def test_two_against_one_says_who_stands_alone():
    with_me = said(run_of(), [run_of(0.5, "two"), run_of(9, "three")])
    assert outcome_of(with_me, Gate.AGREEMENT) is Outcome.PASSED
    assert "three stands alone" in detail_of(with_me, Gate.AGREEMENT)
    against_me = said(run_of(), [run_of(9, "two"), run_of(9.5, "three")])
    assert outcome_of(against_me, Gate.AGREEMENT) is Outcome.DOUBTFUL
    assert "one stands alone" in detail_of(against_me, Gate.AGREEMENT)
    all_differ = said(run_of(), [run_of(9, "two"), run_of(-9, "three")])
    assert "all differ" in detail_of(all_differ, Gate.AGREEMENT)


def test_alone_and_against_the_climate_is_refused():
    gates = said(run_of(), [run_of(9, "two"), run_of(9.5, "three")], climate=WARM)
    assert outcome_of(gates, Gate.CLIMATE) is Outcome.REFUSED
    assert outcome_of(gates, Gate.AGREEMENT) is Outcome.REFUSED


def test_the_run_before_is_no_second_service():
    changed = said(run_of(), [run_of(9, "one", age_h=12)])
    assert outcome_of(changed, Gate.AGREEMENT) is Outcome.DOUBTFUL
    assert "its run of" in detail_of(changed, Gate.AGREEMENT)
    assert outcome_of(said(run_of()), Gate.AGREEMENT) is Outcome.NOT_JUDGED


def test_age_is_refused_doubted_or_passed():
    now = ASKED.known_by
    ages = {6: Outcome.PASSED, 19: Outcome.DOUBTFUL, 49: Outcome.REFUSED, -1: Outcome.REFUSED}
    for age_h, outcome in ages.items():
        assert judge_age(now - timedelta(hours=age_h), now, 48).outcome is outcome
    assert judge_age(now + timedelta(hours=1), now, 48).cause is Cause.WRONG_TIMES


def test_without_a_station_near_the_climate_is_not_judged():
    gates = said(run_of(), climate=None)
    assert outcome_of(gates, Gate.CLIMATE) is Outcome.NOT_JUDGED
    assert usual_from_normals(ZAOZHUANG) is not None


def test_wind_in_km_per_h_is_doubted():
    usual = usual_from_normals(ZAOZHUANG)
    windy = run_of()
    windy[WIND] = windy[WIND] * 0 + 3.1 * float(usual.wind_m_per_s(TIMES).mean())
    assert outcome_of(said(windy, climate=usual), Gate.UNITS) is Outcome.DOUBTFUL


def test_of_several_verdicts_of_a_gate_the_worst_counts():
    both = merged([passed(Gate.UNITS), doubtful(Gate.UNITS, "odd"), passed(Gate.PLACE)])
    assert both == (passed(Gate.PLACE), doubtful(Gate.UNITS, "odd"))
    run = with_gates(accepted(VALUES), [refused(Gate.UNITS, Cause.WRONG_UNITS, "kelvin")])
    kept = next(v for v in gates_of(run) if v.gate is Gate.UNITS)
    assert kept == GateVerdict(Gate.UNITS, Outcome.REFUSED, "kelvin", Cause.WRONG_UNITS)


def test_irregular_times_are_refused_before_anything_else():
    times = TIMES.copy()
    times[80] += HOUR // 2
    why = refusal(VALUES, times)
    assert why.cause is Cause.WRONG_TIMES
    assert Gate.STEP in found(why.gates, Outcome.REFUSED)
