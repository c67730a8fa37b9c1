"""Changes of the network: mains, water, stations, and the opening of a season."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from cut_case import base, base_plan, planned_with
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from dispatch.case_kinds import Manager, OutageKind
from dispatch.case_mains import flow_max_tph
from dispatch.case_recheck import recheck
from dispatch.inputs import plan_inputs
from dispatch.measured import NOTHING, Measured
from dispatch.messages import say
from dispatch.outages import available_fraction
from forecasts.weather.steps import resample
from scenarios.whatif.change import ChangeFault, NotApplicable
from scenarios.whatif.changes.network import (
    CHANGES,
    FlowLimit,
    Leak,
    LinkDerating,
    LinkOutage,
    LossFactor,
    MassOpening,
    StationPowerCut,
    StationsShut,
    StationsThrottled,
    SupplyTempLimit,
    circulation_tph,
)
from scenarios.whatif.edit import edited, with_links, with_stations
from scenarios.whatif.selection import StationGroup
from scenarios.whatif.station_windows import stations_out

NORTH = "A>north"
GJ_PER_MWH = 3.6


def inputs_of(situation):
    weather = resample(situation.weather, 1.0)
    measured = situation.measured or NOTHING
    return plan_inputs(situation.case, situation.grid, weather, None, measured)


def main_of(situation, name=NORTH):
    return next(item for item in inputs_of(situation).links if item.link.link_id == name)


def heat_mwh(schedule):
    return float(schedule["source_heat"].sum())


# ---- mains ---------------------------------------------------------------------------------


def test_a_main_that_is_out_takes_nothing_in_its_window():
    capacity = main_of(LinkOutage(link=NORTH, from_h=5, to_h=7).applied(base())).capacity_mw
    assert (capacity[:9] > 0).tolist() == [True] * 5 + [False] * 2 + [True] * 2


def test_a_main_held_back_keeps_its_part():
    link = next(row for row in base().case.links if row.link_id == NORTH)
    capacity = main_of(
        LinkDerating(link=NORTH, capacity_fraction=0.3, from_h=5, to_h=7).applied(base())
    )
    assert capacity.capacity_mw[4:8] == pytest.approx(link.capacity_mw * np.array([1, 0.3, 0.3, 1]))


def test_a_leak_in_use_loses_its_water_and_then_the_main_is_shut():
    """20 t/h of 0.16 GJ a tonne are 0.89 MW: 5.3 MWh in 6 h. Then 8 h shut, in which the main
    does not lose its usual heat either: 6.8 MW of B>north alone feed the north, which takes some
    12, so it cools; other zones keep their floor.
    """
    leak = Leak(link=NORTH, leak_tph=20, from_h=2, isolate_after_h=6, repair_h=8)
    after, before = planned_with(leak).schedule, base_plan().schedule
    colder_k = (after["station_indoor"] - before["station_indoor"]).values
    north = after["station_zone"].values == "north"
    assert colder_k[north].min() < -0.5
    floor = after["station_floor"]
    assert ((after["station_indoor"] - floor).values[~north] > -0.05).all()
    more = (after["link_loss"] - before["link_loss"]).sel(link=NORTH).values
    assert more[2:8] == pytest.approx(20 * 0.16 / GJ_PER_MWH, rel=1e-3)
    assert more[:2] == pytest.approx(0, abs=1e-6)
    assert more[8:16] == pytest.approx(-before["link_loss"].sel(link=NORTH).values[8:16])
    assert more[16:] == pytest.approx(0, abs=1e-6)
    assert after["link_sent"].sel(link=NORTH).values[8:16] == pytest.approx(0, abs=1e-6)


def test_a_leak_above_the_make_up_plant_is_isolated_at_once():
    """The cut has 37.8 MW at design and 55 K: some 590 t/h go round, of which 4 % are 24."""
    assert circulation_tph(base().case) == pytest.approx(591, rel=0.02)
    small, large = (Leak(link=NORTH, leak_tph=tph, from_h=1).applied(base()) for tph in (20, 30))
    assert main_of(small).is_open[:8].tolist() == [True] * 7 + [False]
    assert main_of(large).is_open[:3].tolist() == [True, False, False]
    told = Leak(link=NORTH, leak_tph=30, makeup_limit_tph=40, from_h=1).applied(base())
    assert main_of(told).is_open[1]
    part = Leak(link=NORTH, leak_tph=30, isolated_fraction=0.4, repair_h=3).applied(base())
    capacity = main_of(part).capacity_mw
    assert capacity[:4] == pytest.approx(capacity[4] * np.array([0.6, 0.6, 0.6, 1.0]))


def test_a_leak_that_no_main_in_use_can_have_is_a_fault():
    with pytest.raises(ChangeFault, match="117 t/h at most") as caught:
        Leak(link=NORTH, leak_tph=200, makeup_limit_tph=500).applied(base())
    assert caught.value.column == "leak_tph"


def test_less_flow_carries_as_much_less_heat_where_it_binds():
    """100 t/h at the spread of the day carry half of what 200 t/h carry."""
    narrow = with_links(base(), lambda row: edited(row, flow_max_tph=200.0))
    half = FlowLimit(link=NORTH, flow_fraction=0.5).applied(narrow)
    assert main_of(half).capacity_mw == pytest.approx(0.5 * main_of(narrow).capacity_mw)
    assert (
        main_of(half, "A>west").capacity_mw.tolist()
        == main_of(narrow, "A>west").capacity_mw.tolist()
    )
    source = FlowLimit(source="A1", flow_fraction=0.5).applied(base()).case.sources
    assert source[0].flow_max_tph == pytest.approx(0.5 * base().case.sources[0].flow_max_tph)
    largest = FlowLimit(flow_fraction=0.5).applied(base()).case.links[0]
    assert flow_max_tph(largest) == pytest.approx(0.5 * flow_max_tph(base().case.links[0]))
    with pytest.raises(ValidationError, match="beside link"):
        FlowLimit(link=NORTH, source="A1")


def test_cooler_supply_passes_less_heat():
    """At most 75 °C instead of 115: stations whose exchangers are then too small take less."""
    after = planned_with(SupplyTempLimit(supply_max_c=75)).schedule
    assert after["plant_supply_temp"].max() <= 75 + 1e-6
    assert base_plan().schedule["plant_supply_temp"].max() > 80
    assert heat_mwh(after) < heat_mwh(base_plan().schedule) - 10
    one = SupplyTempLimit(source="A1", supply_max_c=100).applied(base()).case
    assert [row.supply_temp_max_c for row in one.sources] == [100, 120, 120]


def test_twice_the_loss_is_sent_besides():
    """What mains lose doubles; sources send it, but for what is in the mains at the start."""
    plan = planned_with(LossFactor(factor=2))
    lost, usual = (one.schedule["link_loss"].sum().item() for one in (plan, base_plan()))
    assert lost == pytest.approx(2 * usual, rel=1e-3)
    more = heat_mwh(plan.schedule) - heat_mwh(base_plan().schedule)
    assert 0.85 * usual < more < 1.02 * usual
    one = LossFactor(link="largest", factor=3).applied(base()).case.links
    assert [row.loss_mw_design for row in one[1:]] == [
        r.loss_mw_design for r in base().case.links[1:]
    ]


def test_a_factor_and_its_inverse_leave_a_main_as_it_was():
    back = LossFactor(factor=0.5).applied(LossFactor(factor=2).applied(base()))
    assert back.case.links == base().case.links


# ---- stations ------------------------------------------------------------------------------


def test_without_power_rooms_run_down_as_their_time_constant_says():
    """4 h without heat, hour by hour by F6: θ falls to what outdoor air, gains and sun would hold
    with 1 − e^(−1/τ) of the way each hour.
    """
    west = StationGroup(zone="west")
    after = planned_with(StationPowerCut(stations=west, from_h=2, to_h=6)).schedule
    rows = after["station_zone"].values == "west"
    assert after["station_heat"].values[rows, 1] == pytest.approx(0, abs=1e-6)
    loss, capacity, gain, aperture = (
        np.array([getattr(row, name) for row in base().case.stations])[rows]
        for name in (
            "specific_loss_w_per_m2k",
            "heat_capacity_kj_per_m2k",
            "gain_w_per_m2",
            "solar_aperture",
        )
    )
    keep = np.exp(-3.6 * loss / capacity)
    room = after["station_indoor"].values[rows, 1]
    for hour in range(2, 6):
        free_w = gain + aperture * after["global_radiation"].values[hour]
        held_c = after["air_temperature"].values[hour] + free_w / loss
        room = keep * room + (1 - keep) * held_c
    assert after["station_indoor"].values[rows, 5] == pytest.approx(room, abs=0.05)


def test_a_cut_of_two_hours_is_half_of_a_block_of_four():
    """From 4 to 8 h: half of the block from 2 to 6 h and half of the next, none of the third; by
    the rule for repairs both would be lost whole.
    """
    cut = StationPowerCut(stations=StationGroup(zone="west"), from_h=4, to_h=8).applied(base())
    stations, usual = inputs_of(cut).stations, inputs_of(base()).stations
    west = np.array([row.zone_id == "west" for row in base().case.stations])
    part = stations.heat_max_mw[:, :4] / usual.heat_max_mw[:, :4]
    assert part[west] == pytest.approx(np.broadcast_to([1, 0.5, 0.5, 1], part[west].shape))
    assert (part[~west] == 1).all()


@settings(max_examples=40, deadline=None)
@given(begins=st.floats(0, 60), length=st.floats(0.1, 60), left=st.floats(0, 1))
def test_of_each_block_so_much_is_there_as_lies_outside_the_window(begins, length, left):
    grid = base().grid
    window = tuple(grid.start + timedelta(hours=hours) for hours in (begins, begins + length))
    rows = stations_out(["S"], grid, window, left, "why")
    edges = grid.block_edges_h
    covered = np.clip(
        np.minimum(edges[1:], begins + length) - np.maximum(edges[:-1], begins), 0, None
    )
    expected = 1 - (1 - left) * covered / np.diff(edges)
    case = base().case.model_copy(update={"outages": rows})
    part = available_fraction(case, OutageKind.STATION, "S", grid, edges)
    assert part == pytest.approx(expected, abs=1e-6)


def test_stations_run_by_others_that_are_shut_or_held_back_take_so_much_less():
    usual = inputs_of(base()).stations
    others = ~usual.controllable
    shut = inputs_of(StationsShut(from_h=6, to_h=10).applied(base())).stations
    assert shut.heat_due_mw[others, 2] == pytest.approx(0)
    assert shut.heat_due_mw[others, 3].tolist() == usual.heat_due_mw[others, 3].tolist()
    held = inputs_of(StationsThrottled(heat_fraction=0.7).applied(base())).stations
    assert held.heat_due_mw[others] == pytest.approx(0.7 * usual.heat_due_mw[others])
    assert held.heat_max_mw[~others].tolist() == usual.heat_max_mw[~others].tolist()


def test_a_case_without_such_stations_cannot_be_asked():
    own = with_stations(base(), lambda row: edited(row, managed_by=Manager.UTILITY))
    with pytest.raises(NotApplicable, match="No station"):
        StationsShut().applied(own)
    with pytest.raises(ChangeFault, match="no main of this case"):
        LinkOutage(link="A>moon").applied(base())
    with pytest.raises(NotApplicable, match="from zone to zone"):
        LinkDerating(link="tie").applied(base())


# ---- the season opens ----------------------------------------------------------------------


def test_a_mass_opening_asks_more_at_once_than_groups_do():
    """S3, 14 November 2017: together, the first hours ask for more than sources can follow, and
    rooms at 12 °C get a tenth less than they could take; in four groups, half an hour apart, the
    stations that are open get all they can take.
    """
    together, groups = (planned_with(MassOpening(groups=count)).schedule for count in (1, 4))
    assert together["station_indoor_before"].values == pytest.approx(12)
    others = together["station_controllable"].values == 0

    def taken_share(schedule):
        """Heat of the first block over the most that our stations can take then."""
        took, most = (
            schedule[name].values[~others, 0].sum() for name in ("station_heat", "station_heat_max")
        )
        return float(took / most)

    assert taken_share(together) < 0.95
    assert taken_share(groups) > 0.98
    first, staged = (float(one["station_heat"][:, 0].sum()) for one in (together, groups))
    assert staged < 0.8 * first
    usual = heat_mwh(base_plan().schedule)
    assert heat_mwh(together) > heat_mwh(groups) > 1.2 * usual
    warmer = together["station_indoor"].values[~others, -1] - 12
    assert warmer.min() > 4


def test_groups_open_one_after_the_other_and_the_latest_opening_counts():
    """The first block has 2 h: of it groups have 2, 1.5, 1 and 0.5 h."""
    opened = MassOpening(groups=4).applied(base())
    part = inputs_of(opened).stations.heat_max_mw / inputs_of(base()).stations.heat_max_mw
    ids = [row.station_id for row in base().case.stations]
    group = np.array([list(dict.fromkeys(ids)).index(name) % 4 for name in ids])
    assert part[:, 0] == pytest.approx(1 - 0.25 * group)
    assert (part[:, 1:] == 1).all()
    assert inputs_of(opened).stations.indoor_before_c == pytest.approx(12)
    again = MassOpening(groups=1, rooms_c=14).applied(opened)
    assert again.case.outages == ()
    assert inputs_of(again).stations.indoor_before_c == pytest.approx(14)


def test_what_was_measured_besides_rooms_stays():
    measured = Measured(demand_factor=np.ones(48))
    opened = MassOpening().applied(replace(base(), measured=measured))
    assert opened.measured is not None
    assert opened.measured.demand_factor is measured.demand_factor


def test_every_kind_says_what_it_does_and_leaves_the_weather_alone():
    for change in CHANGES:
        assert say(f"change.{change().kind}").endswith(".")
        after = change().applied(base())
        assert recheck(after.case) == ()
        assert after.weather is base().weather
