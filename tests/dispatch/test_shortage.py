"""A shortage in figures worked by hand.

The example's plan starts at 06:00 local on 15 January, in hours. Here its loops S1 and S2 (ours)
and S3 (run by others) lose 2 W/(m²K) on 400 000 m² each, 0.8 MW a kelvin, and their coldest flats
are 1.5 K below the mean: a mean of 19.5 °C keeps them at the legal 18.
"""

from datetime import datetime

import numpy as np
import pytest
from example_plan import example_schedule

from dispatch.shortage import block_of_step, cold_rooms, shortage_remarks, units_to_light

OURS_1, OURS_2, OTHERS = range(3)


def calm():
    """A plan with warm rooms, no source and no main at its limit."""
    schedule = example_schedule().assign_attrs(legal_min_c=18.0, wind_reference_m_per_s=3.0)
    schedule = schedule.assign_coords(link=["A>north", "B>north"])
    schedule["station_area"][:] = 400_000.0
    schedule["station_specific_loss"][:] = 2.0
    schedule["station_cold_flat_margin"][:] = 1.5
    schedule["station_floor"][:] = 20.0
    schedule["station_indoor"][:] = 20.5
    schedule["source_max_heat"][:] = np.array([[100.0], [70.0], [29.0]])
    schedule["link_capacity"][:] = 150.0
    schedule["link_sent"][:] = 60.0
    return schedule


def cool(schedule, station, indoor_c, *hours):
    schedule["station_indoor"][station, list(hours)] = indoor_c
    return schedule


def short():
    """S1 at 19.0 °C from hour 4 to 9, S2 at 18.5 °C in hour 6."""
    schedule = cool(cool(calm(), OURS_1, 19.0, *range(4, 10)), OURS_2, 18.5, 6)
    for name in ("source_capacity_price", "link_capacity_price"):  # as if the solver gave none
        schedule[name] = schedule[name] * np.nan
    return schedule


def local(day, time):
    """A moment of January 2026 where the case is."""
    return datetime.fromisoformat(f"2026-01-{day:02d}T{time}:00+08:00")


# ---- which rooms are cold ------------------------------------------------------------------


def test_when_all_is_well_nothing_is_said():
    """Not even of a source and a main at their limit: that is no news without a shortage."""
    schedule = calm()
    schedule["source_max_heat"][0] = 60.0
    schedule["link_capacity"][:] = 60.0
    assert shortage_remarks(schedule) == ()


@pytest.mark.parametrize(("indoor_c", "is_short"), [(19.44, True), (19.46, False), (19.5, False)])
def test_short_is_what_leaves_the_coldest_flats_under_the_law(indoor_c, is_short):
    """18 + 1.5 °C in the mean, and 0.05 K for the rounding of published figures."""
    assert bool(shortage_remarks(cool(calm(), OURS_1, indoor_c, 5))) is is_short


def test_below_the_floor_is_not_yet_below_the_law():
    """19.7 °C: under the floor of 20 °C, whose margin is for the forecast; the flats are legal."""
    schedule = cool(calm(), OURS_1, 19.7, 5)
    assert shortage_remarks(schedule) == ()
    mask, below_k = cold_rooms(schedule, commanded=True, law=False)
    assert np.argwhere(mask).tolist() == [[OURS_1, 5]]
    assert below_k[OURS_1, 5] == pytest.approx(0.3)
    assert below_k.sum() == pytest.approx(0.3)


def test_the_floor_is_that_of_the_hour():
    """A floor of 21 °C at the ends of hours 2 to 5: only they are below it."""
    schedule = calm()
    schedule["station_floor"][OURS_1, 2:6] = 21.0
    mask, _ = cold_rooms(schedule, commanded=True, law=False)
    assert np.argwhere(mask).tolist() == [[OURS_1, hour] for hour in (2, 3, 4, 5)]


def test_in_a_setback_the_frost_guard_takes_the_laws_place():
    """S1 an office at 14 °C by night, floor 12: not cold. At 7.5 °C it is 0.5 K under the frost
    guard of 8; held against 18 + 1.5 °C it would be 12 K.
    """
    schedule = calm()
    schedule["station_floor"][OURS_1, 0:4] = 12.0
    assert shortage_remarks(cool(schedule, OURS_1, 14.0, 1)) == ()
    schedule = cool(schedule, OURS_1, 7.5, 2)
    mask, below_k = cold_rooms(schedule, commanded=True, law=True)
    assert np.argwhere(mask).tolist() == [[OURS_1, 2]]
    assert below_k[OURS_1, 2] == pytest.approx(0.5)
    mask, below_k = cold_rooms(schedule, commanded=True, law=False)
    assert below_k[OURS_1, 2] == pytest.approx(4.5)


def test_blocks_of_steps_when_the_first_is_cut_short():
    """The plan starts at 06:00 in a block of 04:00 to 08:00: two hours, then four each."""
    assert block_of_step(calm())[:11].tolist() == [0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3]


def test_rooms_of_others_are_held_against_the_law_itself_and_are_no_shortage():
    """17.6 °C at S3 is 0.4 K below 18; it is not ours to heat, and no shortage of ours."""
    schedule = cool(calm(), OTHERS, 17.6, 7)
    assert shortage_remarks(schedule) == ()
    mask, below_k = cold_rooms(schedule, commanded=False, law=True)
    assert np.argwhere(mask).tolist() == [[OTHERS, 7]]
    assert below_k[OTHERS, 7] == pytest.approx(0.4)


# ---- the remark ----------------------------------------------------------------------------


def test_figures_of_the_shortage():
    """S1 lacks 0.5 K for six hours, S2 1.0 K in one of them: 800 homes, 10:00 to 16:00 (in UTC it
    would be 02:00 to 08:00). At −6 °C, the coldest hour, two stations of 0.8 MW/K need
    2 · 0.8 · 25.5 = 40.8 MW for 19.5 °C, and 1.0 and 1.5 MW reach them.
    """
    (remark,) = shortage_remarks(short())
    assert remark.key == "daily.shortage"
    assert dict(remark.values) == {
        "start": local(15, "10:00"),
        "end": local(15, "16:00"),
        "hours": 6.0,
        "zones": "north",
        "stations": 2,
        "homes": 800,
        "below_k": 1.0,
        "coldest_c": 18.5,
        "needed_mw": 40.8,
        "reached_mw": 2.5,
        "missing_mw": 38.3,
        "worst_at": local(15, "06:00"),
    }


def test_rooms_that_get_what_they_need_are_cold_but_lack_no_heat():
    """As above with 60 MW at both stations in all hours: they began cold; none is missing."""
    schedule = short()
    schedule["station_heat"][[OURS_1, OURS_2]] = 30_000.0
    (remark,) = shortage_remarks(schedule)
    assert remark.key == "daily.cold_for_a_time"
    assert remark.values["missing_mw"] == 0.0
    assert "missing" not in remark.text


def test_hours_are_those_that_are_cold_not_those_between():
    """Hours 0 and 41: two hours, from 06:00 today to midnight tomorrow."""
    (remark,) = shortage_remarks(cool(calm(), OURS_1, 19.0, 0, 41))
    assert remark.values["hours"] == 2.0
    assert (remark.values["start"], remark.values["end"]) == (
        local(15, "06:00"),
        local(17, "00:00"),
    )


def test_only_what_is_cold_is_counted():
    """S2 warm and S3 at 15 °C: one station, 400 homes, coldest 19.0 °C."""
    schedule = cool(cool(calm(), OURS_1, 19.0, 5), OTHERS, 15.0, *range(42))
    values = shortage_remarks(schedule)[0].values
    assert (values["stations"], values["homes"], values["hours"]) == (1, 400, 1.0)
    assert values["coldest_c"] == 19.0


def test_the_megawatts_are_those_of_the_hour_with_most_missing():
    """Milder hour by hour, but S1 gets 10 MW less in block 1 (hours 2 to 5): hour 2 at −5.7 °C is
    the worst, though rooms are cold at hour 9 only. What comes after the cold does not count, nor
    does S2, warm on 1.5 MW: of all stations together, each hour's swing would pass as a shortage.
    """
    schedule = cool(calm(), OURS_1, 19.0, 9)
    schedule["station_heat"][OURS_1, :] = 20_000.0
    schedule["station_heat"][OURS_1, 1] = 10_000.0
    schedule["station_heat"][OURS_1, 5:] = 0.0
    values = shortage_remarks(schedule)[0].values
    needed_mw = 0.8 * (19.5 + 6 - 2 * 6 / 41)
    assert values["worst_at"] == local(15, "08:00")
    assert values["needed_mw"] == pytest.approx(needed_mw, abs=0.05)
    assert values["missing_mw"] == pytest.approx(needed_mw - 10.0, abs=0.05)


def test_all_cold_zones_are_named_once():
    schedule = short()
    schedule["station_zone"] = ("station", ["south", "north", "west"])
    assert shortage_remarks(schedule)[0].values["zones"] == "north, south"
    schedule["station_zone"] = ("station", ["south", "south", "west"])
    assert shortage_remarks(schedule)[0].values["zones"] == "south"


def test_quarter_hours_are_counted_as_such():
    """Three steps of 15 min are 0.75 h and end 15 min after the last one's start."""
    schedule = cool(calm(), OURS_1, 19.0, 0, 1, 2).assign_attrs(step_h=0.25)
    start = schedule["time"].values[0]
    quarter = np.arange(42) * np.timedelta64(15, "m")
    values = shortage_remarks(schedule.assign_coords(time=start + quarter))[0].values
    assert (values["hours"], values["start"], values["end"]) == (
        0.75,
        local(15, "06:00"),
        local(15, "06:45"),
    )


def test_the_remark_reads_as_a_dispatcher_would_say_it():
    text = shortage_remarks(short())[0].text
    assert text.startswith("15 Jan 10:00 to 15 Jan 16:00 (6.0 h): heat is short in north")
    assert "2 stations, 800 homes" in text


# ---- where it comes from -------------------------------------------------------------------


def test_a_source_at_its_limit_is_named_with_its_hours():
    """A1 makes all of 60 MW in hours 5 and 6, B1 never more than 40 of 70, B2 nothing of 29."""
    schedule = short()
    schedule["source_max_heat"][0, 5:7] = 60.0
    _, remark = shortage_remarks(schedule)
    assert remark.key == "daily.source_at_limit"
    assert dict(remark.values) == {
        "source": "A1",
        "low_mw": 60.0,
        "high_mw": 60.0,
        "start": local(15, "11:00"),
        "end": local(15, "13:00"),
        "hours": 2.0,
    }


def test_a_limit_that_moves_is_given_from_and_to():
    """B1 at 40 of 40 MW in hour 3 and, half of it out, at 20 of 20 in hour 8."""
    schedule = short()
    schedule["source_max_heat"][1, 3] = 40.0
    schedule["source_max_heat"][1, 8] = 20.0
    schedule["source_heat"][1, 8] = 20.0
    _, remark = shortage_remarks(schedule)
    assert (remark.values["low_mw"], remark.values["high_mw"]) == (20.0, 40.0)
    assert remark.values["hours"] == 2.0


@pytest.mark.parametrize(("spare_mw", "named"), [(0.04, True), (0.06, False)])
def test_at_the_limit_is_within_the_rounding_of_heat(spare_mw, named):
    schedule = short()
    schedule["source_max_heat"][1, 3] = 40.0 + spare_mw
    schedule["link_capacity"][1, 3] = 60.0 + spare_mw
    keys = [remark.key for remark in shortage_remarks(schedule)[1:]]
    assert keys == (["daily.source_at_limit", "daily.link_at_limit"] if named else [])


def test_a_full_main_is_named_with_its_hours():
    """The main of B sends the 60 MW it can take from 06:00 to 10:00."""
    schedule = short()
    schedule["link_capacity"][1, 0:4] = 60.0
    _, remark = shortage_remarks(schedule)
    assert remark.key == "daily.link_at_limit"
    assert dict(remark.values) == {
        "link": "B>north",
        "start": local(15, "06:00"),
        "end": local(15, "10:00"),
        "hours": 4.0,
    }


def test_with_prices_only_what_holds_heat_back_is_named():
    """A1 and B1 are both full in hour 5; one more MW of A1 would save 3 200 yuan of cold rooms,
    one of B1 only 40 yuan of dearer fuel: A1 is where the shortage comes from.
    """
    schedule = short()
    schedule["source_max_heat"][0, 5] = 60.0
    schedule["source_max_heat"][1, 5] = 40.0
    for name in ("source_capacity_price", "link_capacity_price"):
        schedule[name][:] = 0.0
    schedule["source_capacity_price"][0, 5] = 3200.0
    schedule["source_capacity_price"][1, 5] = 40.0
    _, remark = shortage_remarks(schedule)
    assert (remark.key, remark.values["source"]) == ("daily.source_at_limit", "A1")


def test_a_cold_source_that_is_needed_is_to_be_lit_in_time():
    """B2 gave nothing and is needed from hour 5 (11:00) at 20 MW at most; with 3 h of notice it is
    to be lit by 08:00, with 12 h at once.
    """
    schedule = short()
    schedule["source_heat_before"][2] = 0.0
    schedule["source_heat"][2, 5:9] = 20.0
    notice_h = {"A1": 0.0, "B1": 0.0, "B2": 3.0}
    (remark,) = [r for r in units_to_light(schedule, notice_h) if r.values["source"] == "B2"]
    assert (remark.values["at"], remark.values["light_by"]) == (
        local(15, "11:00"),
        local(15, "08:00"),
    )
    (late,) = [
        r for r in units_to_light(schedule, notice_h | {"B2": 12.0}) if r.values["source"] == "B2"
    ]
    assert late.values["light_by"] == local(15, "06:00")


def test_what_is_out_of_service_is_said_so_and_not_called_full():
    """From hour 2 to 4 nothing of A1 is there, and its main takes nothing."""
    schedule = short()
    schedule["source_max_heat"][0, 2:5] = 0.0
    schedule["source_heat"][0, 2:5] = 0.0
    schedule["link_capacity"][0, 2:5] = 0.0
    schedule["link_sent"][0, 2:5] = 0.0
    remarks = shortage_remarks(schedule)[1:]
    assert [(one.key, one.values["id"], one.values["hours"]) for one in remarks] == [
        ("daily.out_of_service", "A1", 3.0),
        ("daily.out_of_service", "A>north", 3.0),
    ]


@pytest.mark.parametrize("name", ["source_energy", "source_order_tolerance"])
def test_tanks_and_bought_heat_are_not_lit(name):
    schedule = short()
    schedule["source_heat_before"][2] = 0.0
    schedule["source_heat"][2, 5:9] = 20.0
    schedule[name][2] = 0.05
    remarks = units_to_light(schedule, {"A1": 0.0, "B1": 0.0, "B2": 3.0})
    assert "B2" not in {remark.values["source"] for remark in remarks}
