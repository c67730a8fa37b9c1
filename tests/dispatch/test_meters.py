"""Yesterday's meters by hand: 8 MW of a station at 4 °C are 691.2 GJ a day."""

import numpy as np
import pytest
from plan_inputs_maker import START, boiler, hours_after, main, station, tiny_case

from dispatch.case import MeasuredDay
from dispatch.meters import read_meters
from forecasts.demand.building import Weather

DAY_GJ = 8 * 24 * 3.6
YESTERDAY, TODAY = "2026-01-14", "2026-01-15"


def reading(name, heat_gj=None, indoor_c=None, date=YESTERDAY):
    return MeasuredDay(date=date, id=name, heat_gj=heat_gj, indoor_median_c=indoor_c)


def past(temperature_c=4.0, step_h=1.0):
    """48 h of still, dark weather."""
    count = round(48 / step_h)
    hours = np.broadcast_to(np.asarray(temperature_c, dtype=float), (count,)).copy()
    return Weather(step_h, hours, np.zeros(count), np.zeros(count))


def towns(*rows, stations=(), loss_mw=0.0, **changes):
    """Stations A and B of 8 MW in zones of their own, one boiler for both."""
    return tiny_case(
        *changes.pop("sources", (boiler("b1", max_output_mw=40),)),
        mains=(main(to_id="a", loss_mw=loss_mw), main(to_id="b")),
        stations=stations or (station("A", zone_id="a"), station("B", zone_id="b")),
        measured_daily=rows,
        **changes,
    )


def factors(case, start=START, weather=None):
    return read_meters(case, start, weather or past()).loss_factor.tolist()


def test_without_a_reading_nothing_is_corrected():
    meters = read_meters(towns(), START, past())
    assert meters.loss_factor.tolist() == [1, 1]
    assert np.isnan(meters.indoor_c).all()
    assert meters.remarks == ()


@pytest.mark.parametrize(
    ("ratio", "factor"),
    [(1.04, 1.04), (0.95, 0.95), (1.1, 1.1), (1.5, 1.1), (0.9, 0.9), (0.5, 0.9)],
)
def test_a_zones_meter_corrects_that_zone_within_bounds(ratio, factor):
    """A meter that reads half must not cool a town by half: at most 10 % either way. The remark
    says both what was read and what was made of it.
    """
    meters = read_meters(towns(reading("a", DAY_GJ * ratio)), START, past())
    assert meters.loss_factor.tolist() == pytest.approx([factor, 1])
    (remark,) = meters.remarks
    assert dict(remark.values) == {"id": "a", "ratio": ratio, "applied": factor}


def test_a_zone_is_compared_with_all_its_stations():
    """Two stations of 8 MW, 5 % above 1382.4 GJ; against one of them it would be double."""
    stations = station("A", zone_id="a"), station("A2", zone_id="a"), station("B", zone_id="b")
    case = towns(reading("a", 2 * DAY_GJ * 1.05), stations=stations)
    assert factors(case) == pytest.approx([1.05, 1.05, 1])


def test_a_shut_valve_takes_nothing_and_a_lax_manager_what_he_takes():
    """A third party that takes 1.5 times its due beside a shut station: 12 MW, as metered."""
    stations = (
        station("A", zone_id="a", managed_by="third_party", compliance=1.5),
        station("A2", zone_id="a", valve_open=False),
        station("B", zone_id="b"),
    )
    assert factors(towns(reading("a", DAY_GJ * 1.5), stations=stations)) == pytest.approx([1] * 3)


# ---- the whole network ---------------------------------------------------------------------


def test_the_sources_together_correct_what_has_no_meter_of_its_own():
    """16 MW of stations, 4 % more from the boiler: both zones. With a reading of its own (2 %)
    zone a keeps to that.
    """
    case = towns(reading("b1", 2 * DAY_GJ * 1.04))
    assert factors(case) == pytest.approx([1.04, 1.04])
    both = towns(reading("b1", 2 * DAY_GJ * 1.04), reading("a", DAY_GJ * 1.02))
    assert factors(both) == pytest.approx([1.02, 1.04])
    names = [remark.values["id"] for remark in read_meters(both, START, past()).remarks]
    assert names == ["a", "network"]


def test_the_networks_ratio_is_bounded_too():
    assert factors(towns(reading("b1", 5 * DAY_GJ))) == [1.1, 1.1]


def test_a_source_without_a_reading_leaves_the_network_unknown():
    """Half the heat is not metered: one boiler's reading would say 0.52, cut to 0.9."""
    sources = boiler("b1"), boiler("b2")
    one = reading("b1", DAY_GJ * 1.04)
    assert factors(towns(one, sources=sources)) == [1, 1]
    without_heat = reading("b2", None)
    assert factors(towns(one, without_heat, sources=sources)) == [1, 1]
    both = towns(one, reading("b2", DAY_GJ * 1.04), sources=sources)
    assert factors(both) == pytest.approx([1.04, 1.04])


def test_what_mains_lose_is_not_the_buildings():
    """28 MW of stations and 2 MW of mains at design: 28/30 of what is sent reaches the stations.
    Without that every loss would be 7 % up.
    """
    case = towns(reading("b1", 2 * DAY_GJ * 30 / 28), loss_mw=2)
    assert factors(case) == pytest.approx([1, 1])


def test_the_network_is_not_said_to_correct_what_every_zone_has_a_meter_for():
    """To say "demand is corrected by 1.1" would be untrue: both zones keep to their own."""
    rows = reading("a", DAY_GJ), reading("b", DAY_GJ), reading("b1", 3 * DAY_GJ)
    meters = read_meters(towns(*rows), START, past())
    assert meters.loss_factor.tolist() == pytest.approx([1, 1])
    assert [remark.values["id"] for remark in meters.remarks] == ["a", "b"]


# ---- rooms, and rows that are partly empty -------------------------------------------------


def test_rooms_are_known_in_their_zone_alone():
    meters = read_meters(towns(reading("b", indoor_c=19.4)), START, past())
    assert np.isnan(meters.indoor_c[0])
    assert meters.indoor_c[1] == 19.4


def test_a_row_may_say_heat_or_rooms_alone():
    """Rooms of a, heat of b: an empty cell is no zero, which would pull a down to 0.9."""
    meters = read_meters(
        towns(reading("a", indoor_c=20.6), reading("b", DAY_GJ * 1.03)), START, past()
    )
    assert meters.loss_factor.tolist() == pytest.approx([1, 1.03])
    assert meters.indoor_c[0] == 20.6
    assert np.isnan(meters.indoor_c[1])
    assert [remark.values["id"] for remark in meters.remarks] == ["b"]


# ---- which day -----------------------------------------------------------------------------


@pytest.mark.parametrize("date", ["2026-01-13", "2026-01-15", "2025-01-14"])
def test_only_yesterday_counts(date):
    rows = reading("a", DAY_GJ * 1.05, 17.0, date), reading("b1", 9 * DAY_GJ, date=date)
    meters = read_meters(towns(*rows), START, past())
    assert meters.loss_factor.tolist() == [1, 1]
    assert np.isnan(meters.indoor_c).all()
    assert meters.remarks == ()


def test_yesterday_is_the_day_before_in_local_time():
    """At 07:00 of the 15th in Zaozhuang it is still the 14th in UTC, whose eve is the 13th."""
    start = hours_after(START, 7)
    assert factors(towns(reading("a", DAY_GJ * 1.05)), start) == pytest.approx([1.05, 1])
    assert factors(towns(reading("a", DAY_GJ * 1.05, date="2026-01-13")), start) == [1, 1]


@pytest.mark.parametrize("step_h", [1.0, 0.25])
def test_a_reading_is_held_against_the_weather_of_its_own_day(step_h):
    """Asked at noon: 4 °C until midnight, −10 °C since. Yesterday took 8 MW; the past 24 h, half
    of them cold, took more.
    """
    hours = -48 + np.arange(round(48 / step_h)) * step_h
    weather = past(np.where(hours < -12, 4.0, -10.0), step_h)
    start = hours_after(START, 12)
    assert factors(towns(reading("a", DAY_GJ * 1.05)), start, weather) == pytest.approx([1.05, 1])


def test_a_colder_yesterday_is_expected_to_take_more():
    """11.2 MW at −2.4 °C: 40 % more than at 4 °C, and no error of the model."""
    case = towns(reading("a", 1.4 * DAY_GJ))
    assert factors(case, weather=past(-2.4)) == pytest.approx([1, 1])
