"""Changes of buildings, plant and season."""

from dataclasses import replace

import numpy as np
import pytest
from cut_case import base, base_plan, planned, planned_with, request
from pydantic import ValidationError
from whatif_inputs import (
    base_inputs,
    coal_of,
    inputs_of,
    lost_and_stored_mwh,
    served_mwh,
    steady_kw,
)

from dispatch.case import MeasuredDay
from dispatch.case_kinds import Era, Manager, SourceKind, Use
from dispatch.case_recheck import recheck
from dispatch.daily_request import Stopwatch
from dispatch.measured import Measured, RoomReadings
from dispatch.situation import look, with_measured
from scenarios.whatif.change import ChangeFault
from scenarios.whatif.changes.growth import AreaGrowth, HeatedShare, Retrofit
from scenarios.whatif.changes.plant import NewSource, NewTank
from scenarios.whatif.changes.season import EarlyStart, LateEnd
from scenarios.whatif.selection import StationGroup


def area_m2(rows) -> float:
    return sum(row.heated_area_m2 for row in rows)


def loss_w_per_k(rows) -> np.ndarray:
    return np.array([row.heated_area_m2 * row.specific_loss_w_per_m2k for row in rows])


# ---- buildings ----


def test_new_estates_take_the_heat_of_their_area():
    """A tenth more area of the newest kind: its own ΣK·A more, in every zone by its share."""
    changed = AreaGrowth(share=0.1).applied(base())
    before, after = base().case.stations, changed.case.stations
    new = after[len(before) :]
    assert after[: len(before)] == before
    assert area_m2(new) == pytest.approx(0.1 * area_m2(before))
    for zone in base().case.zone_ids:
        had = area_m2([row for row in before if row.zone_id == zone])
        assert area_m2([row for row in new if row.zone_id == zone]) == pytest.approx(0.1 * had)
    newest = [row.specific_loss_w_per_m2k for row in before if row.era is Era.SINCE_2019]
    for row in new:
        assert (row.era, row.use, row.managed_by) == (Era.SINCE_2019, Use.HOUSING, Manager.UTILITY)
        assert min(newest) <= row.specific_loss_w_per_m2k <= max(newest)
    plan = planned(changed)
    assert plan.audit.passed
    heat = plan.schedule["station_heat"].mean("block").values
    share = loss_w_per_k(new).sum() / loss_w_per_k(before).sum()
    ours = base_plan().schedule["station_heat"].mean("block").values
    assert heat[len(before) :].sum() / ours.sum() == pytest.approx(share, rel=0.2)


def test_large_growth_comes_in_stations_of_a_usual_size():
    case = AreaGrowth(added_mm2=3, era="2010_2018").applied(base()).case
    new = case.stations[len(base().case.stations) :]
    assert area_m2(new) == pytest.approx(3e6)
    assert max(row.heated_area_m2 for row in new) <= 100_000
    assert len({row.loop_id for row in case.stations}) == len(case.stations)
    assert recheck(case) == ()
    twice = AreaGrowth(share=0.1).applied(AreaGrowth(share=0.1).applied(base())).case
    assert recheck(twice) == ()


def test_an_era_the_case_lacks_has_its_own_heat_index():
    """Retrofit all of 1986-95 away: new ones of it take (40+48)/2 W/m² against the others'."""
    rows = [row for row in base().case.stations if row.era is Era.Y2010_2018]
    only = replace(base(), case=base().case.model_copy(update={"stations": tuple(rows)}))
    new = AreaGrowth(share=0.1, era="1986_1995").applied(only).case.stations[len(rows) :]
    own = [r for r in rows if r.managed_by is Manager.UTILITY and r.use is Use.HOUSING]
    mean = loss_w_per_k(own).sum() / area_m2(own)
    mean_floor = loss_w_per_k([r for r in own if r.emitter == new[0].emitter]).sum() / area_m2(
        [r for r in own if r.emitter == new[0].emitter]
    )
    assert mean_floor == pytest.approx(mean, rel=0.2)
    assert new[0].specific_loss_w_per_m2k == pytest.approx(mean_floor * 44 / 29.5)


def test_growth_leaves_what_was_measured_where_it_was():
    """New stations stand last and have no reading; readings of the old must not move to them."""
    count = len(base().case.stations)
    rooms = RoomReadings(np.arange(count, dtype=float), np.ones(count), np.ones(count, bool))
    measured = replace(base(), measured=Measured(rooms=rooms))
    after = AreaGrowth(share=0.1).applied(measured)
    found = after.measured.rooms
    assert found.room_c.size == len(after.case.stations)
    assert found.room_c[:count].tolist() == list(range(count))
    assert np.isnan(found.room_c[count:]).all()
    assert not found.from_rooms[count:].any()


def test_five_points_fewer_flats_save_less_than_their_area():
    """70 to 65 %: area × 0.929, heat of a flat × (1 + 0.10·35/30)/(1 + 0.10·30/30) = 1.0152."""
    changed = HeatedShare().applied(base())
    for before, after in zip(base().case.stations, changed.case.stations, strict=True):
        assert after.heated_area_m2 == pytest.approx(before.heated_area_m2 * 65 / 70)
        lost = after.specific_loss_w_per_m2k / before.specific_loss_w_per_m2k
        assert lost == pytest.approx((1 + 0.1 * 35 / 30) / 1.1)
        assert after.max_heat_kw == before.max_heat_kw
    ratio = steady_kw(inputs_of(changed)).sum() / steady_kw(base_inputs()).sum()
    assert 65 / 70 < ratio < 65 / 70 * 1.03
    back = HeatedShare(points=0.05, heated_now=0.65).applied(changed).case.stations
    assert loss_w_per_k(back) == pytest.approx(loss_w_per_k(base().case.stations))
    with pytest.raises(ValidationError, match=r"heated share 1\.20"):
        HeatedShare(points=0.5)


def test_retrofit_takes_its_part_of_the_loss_of_whole_stations():
    """All of before 1996 at 0.7: those lose 30 % less, their emitters stay laid out for the old."""
    changed = Retrofit(share=1).applied(base())
    old = np.array([r.era in (Era.BEFORE_1986, Era.Y1986_1995) for r in base().case.stations])
    before, after = base().case.stations, changed.case.stations
    ratio = loss_w_per_k(after) / loss_w_per_k(before)
    assert ratio[old] == pytest.approx(0.7)
    assert [row for row, o in zip(after, old, strict=True) if not o] == [
        row for row, o in zip(before, old, strict=True) if not o
    ]
    plain, spared = base_inputs().stations.loops, inputs_of(changed).stations.loops
    assert spared.design_heat_kw == pytest.approx(plain.design_heat_kw)
    schedule, ours = planned(changed).schedule, base_plan().schedule
    own = old & ours["station_controllable"].values.astype(bool)
    saved_mwh = (served_mwh(ours) - served_mwh(schedule))[own].sum()
    spared_mwh = lost_and_stored_mwh(ours, base().case) - lost_and_stored_mwh(
        schedule, changed.case
    )
    assert saved_mwh == pytest.approx(spared_mwh[own].sum(), rel=0.1)
    lift_k = (base_inputs().stations.target_c[:, 0] - float(ours["air_temperature"].mean()))[own]
    less_kw = 0.3 * (loss_w_per_k(before)[own] * lift_k).sum() / 1e3
    fell_kw = (steady_kw(base_inputs()) - steady_kw(inputs_of(changed)))[own].sum()
    assert fell_kw == pytest.approx(less_kw, rel=0.1)


def test_a_share_of_the_old_is_retrofitted_by_area():
    changed = Retrofit(share=0.5).applied(base()).case.stations
    old = [r for r in base().case.stations if r.era in (Era.BEFORE_1986, Era.Y1986_1995)]
    done = [a for b, a in zip(base().case.stations, changed, strict=True) if a != b]
    largest = max(row.heated_area_m2 for row in old)
    assert area_m2(done) == pytest.approx(0.5 * area_m2(old), abs=0.5 * largest)
    assert all(row.era is Era.RETROFITTED for row in done)


def test_new_houses_cannot_be_retrofitted_to_nothing():
    with pytest.raises(ChangeFault, match="choose older buildings") as told:
        Retrofit(share=1, loss_factor=0.3, stations=StationGroup()).applied(base())
    assert told.value.column == "loss_factor"


# ---- what was measured stays ----


def test_meters_of_yesterday_do_not_take_a_change_back():
    """A zone metered as the model expects it: after a retrofit of half of K the reading would be
    twice what is expected, and the meter would raise K by a tenth, its bound.
    """
    yesterday = (base().now.date().replace(day=14)).isoformat()
    zone = "north"
    plain = with_measured(base(), request(), Stopwatch(lambda _: None))
    assert plain.measured.meters.loss_factor == pytest.approx(1)
    row = MeasuredDay(date=yesterday, id=zone, heat_gj=1_000.0)
    case = base().case.model_copy(update={"measured_daily": (row,)})
    read = with_measured(replace(base(), case=case), request(), Stopwatch(lambda _: None))
    factor = read.measured.meters.loss_factor
    halved = Retrofit(share=1, loss_factor=0.5, stations=StationGroup()).applied(read)
    fresh = replace(halved, measured=None)
    k = [inputs_of(one).stations.buildings.specific_loss_w_per_m2k for one in (read, halved, fresh)]
    assert k[1] == pytest.approx(0.5 * k[0])
    north = np.array([r.zone_id == zone for r in case.stations])
    assert factor[north] == pytest.approx(factor[north][0])
    assert k[2][north].sum() != pytest.approx(k[1][north].sum())


# ---- plant ----


def test_a_tank_shifts_heat_and_makes_none():
    """10 000 m³ are 460 MWh; what sources make is what is served, lost on the way and stored."""
    tank = NewTank().applied(base()).case.sources[-1]
    assert (tank.kind, tank.plant_id) == (SourceKind.THERMAL_STORAGE, "A")
    assert tank.energy_mwh == pytest.approx(460)
    assert tank.discharge_mw == pytest.approx(460 / 6)
    plan = planned_with(NewTank(volume_m3=500, hours=8))
    schedule = plan.schedule
    assert plan.audit.passed
    made = schedule["source_heat"].values[:-1].sum()
    given = schedule["source_heat"].values[-1].sum()
    stored = float(schedule["source_stored"].values[-1, -1])
    began = float(schedule["source_stored_before"].values[-1])
    lost = 0.00008 * 23 * 24  # 0.008 %/h of at most 23 MWh
    assert given == pytest.approx(began - stored, abs=lost)
    assert stored <= 23 + 1e-6
    without = float(base_plan().schedule["source_heat"].sum())
    assert made + given == pytest.approx(without, rel=5e-3)  # users take what they took


@pytest.mark.parametrize(
    ("change", "tables"),
    [
        (NewSource(heat_mw=10), {"sources", "fuels"}),
        (NewSource(source="coal_boiler", heat_mw=10, plant="B"), {"sources", "curves"}),
        (
            NewSource(source="coal_boiler", heat_mw=10, plant="C", zone="west"),
            {"sources", "curves", "links", "yards"},
        ),
        (NewSource(source="purchased_heat", heat_mw=10, zone="largest"), {"sources", "links"}),
        (NewSource(source="chp_extraction", heat_mw=20), {"sources", "curves"}),
        (NewTank(), {"sources"}),
    ],
)
def test_what_is_built_is_sound_and_touches_nothing_else(change, tables):
    changed = change.applied(base()).case
    assert recheck(changed) == ()
    for name in type(changed).model_fields:
        same = getattr(changed, name) == getattr(base().case, name)
        assert same != (name in tables), name
    assert changed.sources[:-1] == base().case.sources


def test_a_new_plant_feeds_its_zone():
    """A boiler of 10 MW behind 3 km: main of 12 MW, 0.56 h at full flow, some 0.2 MW lost."""
    change = NewSource(source="gas_boiler", heat_mw=10, plant="C", zone="north")
    changed = change.applied(base())
    main = changed.case.links[-1]
    assert (main.link_id, main.capacity_mw) == ("C>north", 12)
    assert main.delay_h_at_100pct_flow == pytest.approx(3 / 5.4)
    assert main.loss_mw_design == pytest.approx(0.216)
    plan = planned(changed)
    assert plan.audit.passed
    assert plan.schedule.sizes["plant"] == 3
    second = NewSource(source="coal_boiler", heat_mw=5, plant="C").applied(changed).case
    assert recheck(second) == ()
    assert [source.source_id for source in second.sources[-2:]] == ["new", "new_2"]


@pytest.mark.parametrize(
    ("change", "column"),
    [
        (NewSource(plant="C"), "plant"),
        (NewSource(plant="A", zone="north"), "zone"),
        (NewSource(zone="nowhere"), "zone"),
        (NewSource(price_yuan_per_gj=30), "price_yuan_per_gj"),
        (NewTank(plant="C"), "plant"),
    ],
)
def test_a_site_that_does_not_fit(change, column):
    with pytest.raises(ChangeFault) as told:
        change.applied(base())
    assert told.value.column == column


# ---- season ----


def test_a_longer_season_burns_coal_for_as_many_more_days():
    """15 January to 15 March are 60 days; ten more, to 25 March, are 70."""
    later = LateEnd(days=10).applied(base())
    assert later.case.settings.season_end == "03-25"
    assert [coal_of(one, 2).weather.days for one in (base(), later)] == [60, 70]
    earlier = EarlyStart(days=20).applied(base()).case
    assert earlier.settings.season_start == "10-26"
    assert recheck(earlier) == ()


def test_a_morning_before_the_season_is_planned_where_it_is_asked_for():
    """Without `in_season` the run moves to 15 January."""
    autumn = base().now.replace(year=2025, month=10, day=28)
    asked = replace(request(), now=autumn)
    moved, kept = (
        look(replace(asked, in_season=one), Stopwatch(lambda _: None)) for one in (False, True)
    )
    assert (moved.now.month, kept.now) == (1, autumn)
    assert moved.off_season
    assert not kept.off_season
