"""All reference cases: tables as drawn, provenance, figures of handbook §14, physics."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from click.testing import CliRunner
from reference_case import (
    MODELS,
    REFERENCES,
    WATER_KJ_PER_KG_K,
    Reference,
    buildings_of,
    column,
    dotted_keys,
    heat_mw,
    load_duration_c,
    most_heat_kw,
    secondary_c,
    sent_by_a_mw,
    share_of_area,
)

from dispatch.case import Case
from dispatch.case_files import read_case
from dispatch.case_kinds import Emitter, Manager, Transport, Use


@pytest.fixture(scope="module", params=REFERENCES, ids=lambda reference: reference.name)
def reference(request) -> Reference:
    return request.param


@pytest.fixture(scope="module")
def case(reference) -> Case:
    return reference.case()


# ---- the files -----------------------------------------------------------------------------


def test_tables_are_rebuilt_byte_for_byte(reference, tmp_path):
    result = CliRunner().invoke(reference.command, ["--out", str(tmp_path)])
    assert result.exit_code == 0, result.output
    drawn = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert set(drawn) == reference.drawn
    assert drawn == {name: (reference.folder / name).read_bytes() for name in reference.drawn}
    assert all(b"\r" not in content for content in drawn.values())


def test_check_names_the_table_that_was_edited(reference, tmp_path):
    run = CliRunner().invoke
    assert run(reference.command, ["--out", str(tmp_path)]).exit_code == 0
    assert run(reference.command, ["--check", "--out", str(tmp_path)]).exit_code == 0
    (tmp_path / "links.csv").write_text("from_id\n", encoding="utf-8")
    result = run(reference.command, ["--check", "--out", str(tmp_path)])
    assert result.exit_code == 1
    assert "links.csv" in result.output
    assert (tmp_path / "links.csv").read_text(encoding="utf-8") == "from_id\n"


def test_reader_finds_no_faults(reference):
    """No notes either: what a case of ours leaves to chance, a first user would stumble over."""
    folder = read_case(reference.folder)
    assert len(folder.case.stations) == reference.loops
    assert folder.notes == ()


def test_every_id_that_is_named_exists(case):
    yards = {yard.yard_id for yard in case.yards}
    fuels = {fuel.fuel_id for fuel in case.fuels}
    sources = {source.source_id for source in case.sources}
    burning = [source for source in case.sources if source.fuel_id is not None]
    assert {source.yard_id for source in burning} - {None} == yards  # gas comes by pipe
    assert {delivery.yard_id for delivery in case.deliveries} <= yards
    assert {source.fuel_id for source in burning} | {y.fuel_id for y in case.yards} <= fuels
    assert {point.source_id for point in case.curves} <= sources
    mains = [link for link in case.links if not case.is_tie(link)]
    assert {link.from_id for link in mains} == set(case.plant_ids)
    assert {link.to_id for link in case.links} == set(case.zone_ids)
    assert len({station.loop_id for station in case.stations}) == len(case.stations)


@dataclass(frozen=True)
class Carriage:
    """What handbook §9 knows of a way of carrying coal, as ranges."""

    unit_t: tuple[float, float]  # a train, truck or ship; the last assumed
    days: tuple[float, float]  # on the way, waiting for a berth included
    unloading_t_per_day: tuple[float, float]  # a ship a day, or the trucks that a gate weighs


CARRIAGES = {
    Transport.RAIL: Carriage((3_000, 4_000), (3, 7), (6_000, 20_000)),
    Transport.ROAD: Carriage((30, 36), (1, 3), (1_000, 6_000)),
    Transport.SEA: Carriage((18_000, 22_000), (4, 11), (20_000, 30_000)),
}


def test_coal_comes_as_the_field_knows_it(case):
    """Whole trains, trucks or ships of usual size, in usual time, and each day's are unloaded."""
    yards = {yard.yard_id: yard for yard in case.yards}
    for delivery in case.deliveries:
        yard = yards[delivery.yard_id]
        low, high = CARRIAGES[yard.transport].unit_t
        units = round(delivery.tonnes / yard.unit_t)
        assert low <= delivery.tonnes / units <= high
        assert delivery.tonnes < yard.unloading_t_per_day
    times = [delivery.arrival_time for delivery in case.deliveries]
    assert times == sorted(times)
    for yard in yards.values():
        usual = CARRIAGES[yard.transport]
        assert usual.days[0] <= yard.lead_time_days <= usual.days[1]
        assert usual.unloading_t_per_day[0] <= yard.unloading_t_per_day
        assert yard.unloading_t_per_day <= usual.unloading_t_per_day[1]


def test_less_coal_comes_around_the_spring_festival(case):
    """17 February 2026: in the four weeks around it half of what came in the four before them."""
    festival = datetime(2026, 2, 17, 12, tzinfo=UTC)
    for yard in case.yards:
        mine = [d for d in case.deliveries if d.yard_id == yard.yard_id]
        around = [d for d in mine if abs(d.arrival_time - festival) <= timedelta(days=14)]
        four_weeks = timedelta(days=28)
        before = [d for d in mine if abs(d.arrival_time - festival + four_weeks) <= four_weeks / 2]
        if not before:  # a yard that was filled in autumn
            continue
        ratio = sum(d.tonnes for d in around) / sum(d.tonnes for d in before)
        assert 0.3 < ratio < 0.7, yard.yard_id
        assert max(d.confidence for d in around) < max(d.confidence for d in before)


def test_provenance_covers_every_column_of_every_file(reference):
    columns = {("case.toml", key) for key in dotted_keys(reference.toml())}
    for file in reference.drawn:
        columns |= {(file, name) for name in reference.rows_of(file)[0]}
    columns -= {  # of the other kind of curve, empty here
        ("source_curves.csv", name)
        for name in reference.rows_of("source_curves.csv")[0]
        if not any(row[name] for row in reference.rows_of("source_curves.csv"))
    }
    provenance = reference.rows_of("provenance.csv")
    assert {(row["file"], row["column"]) for row in provenance} == columns
    assert {row["status"] for row in provenance} == {"published", "derived", "assumed"}
    assert all(row["rule"] and row["source"] for row in provenance)


def test_provenance_covers_every_row_that_has_a_value(reference):
    provenance = reference.rows_of("provenance.csv")
    for file in set(MODELS) & reference.drawn:
        for name in reference.rows_of(file)[0]:
            told = [r["row"] for r in provenance if (r["file"], r["column"]) == (file, name)]
            assert len(told) == len(set(told)), (file, name)
            if told != ["*"]:
                filled = {row["source_id"] for row in reference.rows_of(file) if row[name]}
                assert set(told) == filled, (file, name)


# ---- stations --------------------------------------------------------------------------------


def test_totals(reference, case):
    """Area, stations, who runs them, and homes behind the utility's own."""
    assert column(case, "heated_area_m2").sum() == reference.area_m2
    managers = {station.station_id: station.managed_by for station in case.stations}
    others = reference.stations - reference.direct
    counts = {Manager.UTILITY: reference.direct, Manager.THIRD_PARTY: others}
    assert Counter(managers.values()) == Counter(counts)
    own = [station for station in case.stations if station.managed_by is Manager.UTILITY]
    assert sum(station.homes for station in own) == reference.direct_homes
    assert case.plant_ids == reference.plants


def test_a_station_has_one_place_and_one_manager(reference, case):
    keep = ("zone_id", "name", "managed_by", "use", "latitude", "longitude", "stagger_group")
    seen = {(s.station_id, *(getattr(s, name) for name in keep)) for s in case.stations}
    assert len(seen) == reference.stations
    assert len({station.name for station in case.stations}) == reference.stations
    two_loops = [n for n in Counter(s.station_id for s in case.stations).values() if n == 2]
    assert 0.15 <= len(two_loops) / reference.stations <= 0.20


def test_stations_lie_around_the_centre(reference, case):
    north = (column(case, "latitude") - case.settings.latitude) * 111.2
    scale = 111.2 * np.cos(np.radians(case.settings.latitude))
    east = (column(case, "longitude") - case.settings.longitude) * scale
    assert np.hypot(north, east).max() < reference.zone_km


def test_design_load(reference, case):
    """q_f on the area; by K over the design lift, and as rooms at 20 °C with gains 2K."""
    wanted = reference.design_users_mw
    assert reference.area_m2 * reference.index_w_per_m2 / 1e6 == pytest.approx(wanted)
    by_index = buildings_of(case).design_heat_kw(reference.design_c).sum() / 1000
    assert by_index == pytest.approx(wanted, rel=2e-4)
    assert heat_mw(case, reference.design_c)[0] == pytest.approx(wanted, rel=1e-3)


@pytest.mark.parametrize("sun_w_per_m2", [0.0, 120.0])
def test_seasonal_heat(reference, case, sun_w_per_m2):
    """Shandong meters 0.26–0.34 GJ/m², Liaoning 0.36–0.48; without sun the load line's own."""
    outdoor_c = load_duration_c(reference.season, reference.design_c)
    assert outdoor_c.mean() == pytest.approx(reference.season[1], abs=0.05)
    season_gj = heat_mw(case, outdoor_c, sun_w_per_m2).sum() * 86.4
    low, high = reference.season_gj_per_m2
    assert low <= season_gj / reference.area_m2 <= high
    if sun_w_per_m2 == 0:
        assert season_gj == pytest.approx(reference.season_pj * 1e6, rel=0.01)


def test_mean_buildings(reference, case):
    """Capacity, time constant and gains twice K, as means over the area."""
    area = column(case, "heated_area_m2")
    loss, gain = column(case, "specific_loss_w_per_m2k"), column(case, "gain_w_per_m2")
    capacity = column(case, "heat_capacity_kj_per_m2k")
    mean = (capacity * area).sum() / area.sum()
    tau_h = (capacity * area).sum() / (loss * area).sum() / 3.6
    assert mean == pytest.approx(reference.heat_capacity_kj_per_m2k, rel=2e-3)
    assert tau_h == pytest.approx(reference.time_constant_h, rel=5e-3)
    assert (gain * area).sum() == pytest.approx(2 * (loss * area).sum(), rel=5e-4)
    assert np.abs(gain / loss / 2 - 1).max() < 0.1


def test_single_buildings_are_believable(case):
    """Limits of handbook §4, with hospitals up to 1.5 times housing of their age."""
    loss = column(case, "specific_loss_w_per_m2k")
    capacity = column(case, "heat_capacity_kj_per_m2k")
    housing = np.array([station.use is Use.HOUSING for station in case.stations])
    assert loss[housing].min() > 0.6
    assert loss[housing].max() < 2.8
    assert loss.max() < 4
    tau_h = capacity / 3.6 / loss
    assert tau_h[housing].min() > 25
    assert tau_h.max() < 160
    assert tau_h.min() > 15
    wind = column(case, "wind_loss_w_per_m2k_per_m_s") / loss
    assert wind.min() > 0.0099
    assert wind.max() < 0.0201


def test_emitters_and_uses(reference, case):
    """Floor heating, housing and mean oversize as given."""
    area = column(case, "heated_area_m2")
    floor = share_of_area(case, "emitter", Emitter.FLOOR)
    assert floor == pytest.approx(reference.floor_share, abs=0.005)
    housing = share_of_area(case, "use", Use.HOUSING)
    assert housing == pytest.approx(reference.housing_share, abs=0.01)
    oversize = column(case, "emitter_oversize")
    assert (oversize * area).sum() / area.sum() == pytest.approx(reference.oversize, abs=0.002)
    assert oversize.min() >= 1.0


def test_third_parties_take_less(case):
    outside = np.array([s.managed_by is Manager.THIRD_PARTY for s in case.stations])
    taken = column(case, "compliance")
    assert np.all(taken[~outside] == 1)
    assert all(station.valve_open for station in case.stations)
    if not outside.any():
        return
    assert 0.95 < taken[outside].mean() < 0.99
    assert taken.min() >= 0.85


def test_stations_are_staggered_in_quarters(reference, case):
    """At most 20–25 % of stations move within 30 minutes (handbook §10)."""
    group = {station.station_id: station.stagger_group for station in case.stations}
    assert max(Counter(group.values()).values()) / reference.stations < 0.265


# ---- mains and boilers -----------------------------------------------------------------------


def test_losses_are_their_share_of_what_is_sent(reference, case):
    lost = sum(link.loss_mw_design for link in case.links)
    share = reference.loss_share
    assert lost == pytest.approx(share * reference.sent_mw, abs=0.0051)  # written to 0.01
    assert reference.sent_mw == pytest.approx(reference.design_users_mw / (1 - share), abs=0.001)


def test_farthest_delay(reference, case):
    """At design; slower water takes longer in proportion."""
    assert max(link.delay_h_at_100pct_flow for link in case.links) == reference.farthest_h
    for link in case.links:
        full_h = link.delay_h_at_100pct_flow
        assert link.delay_h_at_70pct_flow == pytest.approx(full_h / 0.7, abs=0.02)
        assert link.delay_h_at_40pct_flow == pytest.approx(full_h / 0.4, abs=0.02)
        assert full_h == pytest.approx(link.length_km / (1.5 * 3.6), abs=0.006)


def test_zones_reach_design_and_no_plant_is_idle(reference, case):
    assert sent_by_a_mw(case, reference.sent_mw) is not None
    for plant in reference.plants:
        assert sent_by_a_mw(case, reference.sent_mw, without=plant) is None, plant


def test_boiler_fuel_is_convex(reference, case):
    """Else a cost minimiser mixes loads that the boiler does not offer."""
    if reference.boiler is None:
        pytest.skip("no boilers")
    curve = case.curve_of(reference.boiler)
    load, fuel = np.array([(p.load_fraction, p.load_fraction / p.efficiency) for p in curve]).T
    marginal = np.diff(fuel) / np.diff(load)
    assert np.all(np.diff(marginal) > 0)
    assert fuel == pytest.approx([0.556, 0.658, 0.759, 0.976, 1.220], abs=0.0015)


def test_source_flow_carries_full_output(reference, case):
    """At the design difference with 15–25 % in reserve, per unit."""
    supply_c, return_c = reference.primary_c
    for source in case.sources:
        kw_per_tph = WATER_KJ_PER_KG_K / 3.6 * (supply_c - return_c)
        assert 1.15 <= source.flow_max_tph * kw_per_tph / 1000 / source.max_output_mw <= 1.25


# ---- every station can take what it needs (handbook §5 F8, §6 F10) -----------------------------


@pytest.mark.parametrize(("drop_k", "fouling"), [(0, 1.0), (2, 1.0), (0, 0.8)])
def test_every_station_reaches_its_design_need(reference, case, drop_k, fouling):
    """On a design day: at the plant's door, at the network's far end, and with UA down by 20 %."""
    heat, supply, back = secondary_c(case, reference.design_c)
    primary_c = reference.primary_c[0] - drop_k
    assert np.all(most_heat_kw(case, primary_c, heat, supply, back, fouling) > 1.02 * heat)
    assert np.all(heat < 0.95 * column(case, "max_heat_kw"))


def test_supply_limits_leave_room_at_design(reference, case):
    """A kelvin below the upper limit even in hospitals at 22 °C; secondary ΔT 3–12 K."""
    _, supply, back = secondary_c(case, reference.design_c)
    assert (column(case, "secondary_supply_max_c") - supply).min() > 1.0
    assert (supply - back).min() >= 3
    assert (supply - back).max() <= 12


def test_lower_supply_limit_does_not_bind_in_mild_weather(reference, case):
    """Milder still a few floor loops would be held up by it; that is the limit's purpose."""
    _, supply, _ = secondary_c(case, reference.mild_c)
    assert np.all(supply > column(case, "secondary_supply_min_c"))
