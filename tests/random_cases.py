"""Random small utilities in random weather, for property tests; every draw is a valid case.

Two to five stations in one or two zones, one to three sources of any kind in one or two plants,
mains with delays and losses, shares, whole units, a tank, a contract, offices by timetable, last
and not least outages. Capacity is set against the heat the stations need, above it or below it.
"""

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st
from plan_inputs_maker import (
    EXTRACTION_UNIT,
    START,
    ByHour,
    boiler,
    chp,
    daylight,
    hours_after,
    main,
    purchase,
    station,
    tank,
    tiny_case,
    tiny_settings,
    vertices,
    wave,
)

from dispatch.case import Case, CurvePoint, Link, Outage, ScheduleRow, Source, Station
from dispatch.case_kinds import ComfortPolicy, Emitter, Manager, Minimise, OutageKind, PowerMode
from dispatch.settings import (
    Comfort,
    FuelSettings,
    NetworkSettings,
    ShareGroup,
    SolveSettings,
    Time,
    Uncertainty,
)
from dispatch.timetable import TimetableRow

LEGAL_C = 18.0
HORIZON_H = 24
NETWORK = NetworkSettings(
    soil_temp_c=(8.0,) * 12, primary_design_supply_c=105, primary_design_return_c=50
)
OFFICE = TimetableRow.model_validate(
    {
        "timetable_id": "office",
        "days": "mon-fri",
        "occupied_from": "08:00",
        "occupied_to": "18:00",
        "setback_c": 15,
    }
)
WATER_KWH_PER_TK = 1.163


@dataclass(frozen=True)
class Drawn:
    """A case and the weather it meets."""

    case: Case
    temperature: ByHour
    wind: ByHour
    sun: ByHour


# ---- stations --------------------------------------------------------------------------------


@st.composite
def stations(
    draw: st.DrawFn, zones: tuple[str, ...], coldest_c: float, *, offices: bool
) -> tuple[Station, ...]:
    """Stations whose equipment carries their heat at `coldest_c`; the first is the utility's."""
    kinds = ["own", "own", "own", "third", *(["office"] if offices else [])]
    count = draw(st.integers(2, 5))
    found = []
    for i in range(count):
        kind = draw(st.sampled_from(kinds)) if i else "own"
        found.append(draw(_station(f"S{i}", zones[i % len(zones)], coldest_c, kind)))
    return tuple(found)


@st.composite
def _station(draw: st.DrawFn, name: str, zone: str, coldest_c: float, kind: str) -> Station:
    area = draw(st.integers(5, 40)) * 1e4
    loss = draw(st.floats(0.9, 2.2))
    is_floor = draw(st.booleans())
    need_kw = loss * area * (21.0 - coldest_c) / 1000.0
    design_c = (45.0, 35.0) if is_floor else (75.0, 50.0)
    changes = {
        "heated_area_m2": area,
        "specific_loss_w_per_m2k": loss,
        "heat_capacity_kj_per_m2k": draw(st.floats(200, 420)),
        "gain_w_per_m2": draw(st.floats(0, 4)),
        "solar_aperture": draw(st.sampled_from([0.0, 0.03])),
        "wind_loss_w_per_m2k_per_m_s": draw(st.sampled_from([0.0, 0.02])),
        "emitter": Emitter.FLOOR if is_floor else Emitter.RADIATOR,
        "design_supply_c": design_c[0],
        "design_return_c": design_c[1],
        "emitter_oversize": draw(st.floats(1.2, 1.5)),
        "secondary_supply_min_c": 26 if is_floor else 28,
        "secondary_supply_max_c": 60 if is_floor else 90,
        "max_heat_kw": 2.0 * need_kw,
        "exchanger_ua_kw_per_k": 0.07 * need_kw,
        "primary_flow_max_tph": 2.5 * need_kw / (WATER_KWH_PER_TK * 55.0),
        "indoor_target_c": draw(st.sampled_from([20.0, 21.0])),
        "cold_flat_margin_k": draw(st.sampled_from([1.0, 1.5, 2.0])),
        "priority": draw(st.sampled_from([1.0, 1.0, 3.0])),
        "managed_by": Manager.THIRD_PARTY if kind == "third" else Manager.UTILITY,
        "timetable_id": "office" if kind == "office" else None,
    }
    return station(name, zone_id=zone, **changes)


# ---- sources ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Plants:
    """Sources with what goes with them."""

    sources: tuple[Source, ...]
    curves: tuple[CurvePoint, ...]
    schedules: tuple[ScheduleRow, ...]

    def __add__(self, other: "Plants") -> "Plants":
        return Plants(
            self.sources + other.sources,
            self.curves + other.curves,
            self.schedules + other.schedules,
        )


@st.composite
def makers(draw: st.DrawFn, name: str, plant: str, size_mw: float) -> Plants:
    """One source of `size_mw` that makes heat or buys it."""
    kind = draw(st.sampled_from(["boiler", "units", "chp", "bought"]))
    ramp = draw(st.floats(0.15, 1.0)) * size_mw
    flow = 2.5 * size_mw * 1000.0 / (WATER_KWH_PER_TK * 55.0)
    common = {"ramp_mw_per_h": ramp, "flow_max_tph": flow, "max_output_mw": size_mw}
    if kind == "bought":
        order = {"min_output_mw": draw(st.sampled_from([0.0, 0.1])) * size_mw}
        return Plants((purchase(name, plant, price_yuan_per_gj=40, **common | order),), (), ())
    if kind == "chp":
        return draw(_chp(name, plant, size_mw, common))
    changes = {"efficiency": draw(st.floats(0.7, 0.9))}
    if kind == "units":
        count = draw(st.integers(1, 3))
        changes |= {
            "unit_count": count,
            "max_output_mw": size_mw / count,
            "ramp_mw_per_h": ramp / count,
            "flow_max_tph": flow,
            "min_output_mw": draw(st.floats(0.0, 0.4)) * size_mw / count,
            "no_load_fuel_mw": draw(st.sampled_from([0.0, 0.04])) * size_mw / count,
            "commitment": draw(st.booleans()),
            "min_up_h": draw(st.sampled_from([0, 4, 12])),
            "min_down_h": draw(st.sampled_from([0, 4, 8])),
            "start_cost_yuan": draw(st.sampled_from([0, 2000])),
            "start_fuel_tce": draw(st.sampled_from([0.0, 1.0])),
        }
    return Plants((boiler(name, plant, **common | changes),), (), ())


@st.composite
def _chp(draw: st.DrawFn, name: str, plant: str, size_mw: float, common: dict) -> Plants:
    """An extraction unit of the handbook's shape, on a schedule, in a band, or by price."""
    mode = draw(st.sampled_from(list(PowerMode)))
    scale = size_mw / 400.0
    corners = [(h * scale, p * scale, f * scale) for h, p, f in (*EXTRACTION_UNIT, (0, 150, 400))]
    unit = chp(power_mode=mode, **common)
    unit = unit.model_copy(update={"source_id": name, "plant_id": plant})
    power = {
        PowerMode.SCHEDULED: {"power_mw": 240 * scale},
        PowerMode.BAND: {"power_mw": 300 * scale, "power_min_mw": 160 * scale},
        PowerMode.PRICE: {"power_mw": 200 * scale},
    }[mode]
    row = ScheduleRow(time=hours_after(START, -200), source_id=name, **power)
    return Plants((unit,), vertices(corners, name), (row,))


@st.composite
def plants(draw: st.DrawFn, capacity_mw: float) -> Plants:
    """One or two plants, up to three sources, `capacity_mw` together (a tank besides)."""
    names = ("P", "Q")[: draw(st.integers(1, 2))]
    extra = draw(st.sampled_from(["none", "tank", "second"]))
    parts = [(f"{name.lower()}1", name) for name in names]
    if extra == "second":
        parts.append(("p2", "P"))
    found = Plants((), (), ())
    for source_id, plant in parts:
        found += draw(makers(source_id, plant, capacity_mw / len(parts)))
    if extra == "tank":
        power = 0.15 * capacity_mw
        store = tank("store", "P", energy_mwh=3 * power, charge_mw=power, discharge_mw=power)
        store = store.model_copy(update={"loss_per_h": draw(st.sampled_from([0.0, 0.002]))})
        found += Plants((store,), (), ())
    return found


@st.composite
def mains(
    draw: st.DrawFn, sources: tuple[Source, ...], zones: tuple[str, ...], load_mw: float
) -> tuple[Link, ...]:
    """A wide main from every plant to every zone, late by up to 1.5 h."""
    ids = dict.fromkeys(source.plant_id for source in sources)
    late = st.sampled_from([0.0, 0.4, 1.0, 1.5])
    return tuple(
        main(
            plant,
            zone,
            delay_h=draw(late),
            capacity_mw=2.5 * load_mw,
            loss_mw=draw(st.sampled_from([0.0, 0.01])) * load_mw,
        )
        for plant in ids
        for zone in zones
    )


# ---- cases -----------------------------------------------------------------------------------


@st.composite
def settings_of(draw: st.DrawFn, plant_ids: tuple[str, ...], ahead_h: tuple[int, ...]) -> object:
    """Times, policy and purpose; a share where there are two plants."""
    share = {}
    if len(plant_ids) == 2 and draw(st.booleans()):
        parts = dict(zip(plant_ids, draw(st.sampled_from([(0.5, 0.5), (0.6, 0.4)])), strict=True))
        share = {"two": ShareGroup(shares=parts, band=draw(st.sampled_from([0.02, 0.1])))}
    time = Time(
        horizon_h=HORIZON_H,
        setpoint_hold_h=draw(st.sampled_from([2, 4])),
        look_ahead_h=draw(st.sampled_from(ahead_h)),
        step_min=draw(st.sampled_from([60, 60, 60, 30])),
    )
    return tiny_settings(
        time=time,
        share=share,
        network=NETWORK,
        comfort=Comfort(policy=draw(st.sampled_from(list(ComfortPolicy)))),
        fuel=FuelSettings(minimise=draw(st.sampled_from(list(Minimise)))),
        uncertainty=Uncertainty(sigma_24h_k=draw(st.sampled_from([0.0, 1.75]))),
        # one town in fifty searches its units to the last second it is given
        solve=SolveSettings(time_limit_s=8),
    )


@st.composite
def feasible(draw: st.DrawFn) -> Drawn:
    """Capacity of 1.8 to 3 times the load of the coldest hour, in steady winter weather.

    Without offices: near closing time the plan may rather let them cool than pay for heat. With
    some look-ahead: a plan that sees nothing after its end may let rooms sag in its last hours.
    """
    mean, amplitude = draw(st.floats(-8, 6)), draw(st.floats(0, 5))
    coldest_c = mean - amplitude
    zones = ("west", "east")[: draw(st.integers(1, 2))]
    loops = draw(stations(zones, coldest_c, offices=False))
    load_mw = load_at(loops, coldest_c)
    made = draw(plants(draw(st.floats(1.8, 3.0)) * load_mw))
    ids = tuple(dict.fromkeys(source.plant_id for source in made.sources))
    case = tiny_case(
        *made.sources,
        mains=draw(mains(made.sources, zones, load_mw)),
        stations=loops,
        settings=draw(settings_of(ids, (12, 24))),
        curves=made.curves,
        schedules=made.schedules,
        timetables=(OFFICE,),
    )
    return Drawn(case, wave(mean, amplitude), wave(2.0, 2.0), daylight(300.0))


@st.composite
def overloaded(draw: st.DrawFn) -> Drawn:
    """Capacity of 30 to 80 % of what no plan can do without, in a cold front, with outages."""
    before, front = draw(st.floats(-4, 6)), draw(st.floats(4, 18))
    at_h, over_h = draw(st.integers(0, 8)), draw(st.integers(1, 10))

    def temperature(hours: np.ndarray) -> np.ndarray:
        return np.interp(hours, [at_h, at_h + over_h], [before, before - front])

    zones = ("west", "east")[: draw(st.integers(1, 2))]
    loops = draw(stations(zones, before - front, offices=True))
    most_mw = draw(st.floats(0.3, 0.8)) * least_mw(loops, temperature)
    made = draw(plants(most_mw))
    ids = tuple(dict.fromkeys(source.plant_id for source in made.sources))
    links = draw(mains(made.sources, zones, load_at(loops, before - front)))
    case = tiny_case(
        *made.sources,
        mains=links,
        stations=loops,
        settings=draw(settings_of(ids, (0, 12, 24))),
        curves=made.curves,
        schedules=made.schedules,
        timetables=(OFFICE,),
        outages=draw(outages(made.sources, links, loops)),
    )
    return Drawn(case, temperature, wave(2.0, 2.0), daylight(0.0))


@st.composite
def outages(
    draw: st.DrawFn,
    sources: tuple[Source, ...],
    links: tuple[Link, ...],
    loops: tuple[Station, ...],
) -> tuple[Outage, ...]:
    """None to three outages, of all of a thing or a part of it; stations keep at least half."""
    found = []
    for _ in range(draw(st.integers(0, 3))):
        kind = draw(st.sampled_from(list(OutageKind)))
        name = {
            OutageKind.SOURCE: draw(st.sampled_from([s.source_id for s in sources])),
            OutageKind.LINK: draw(st.sampled_from([link.link_id for link in links])),
            OutageKind.STATION: draw(st.sampled_from([s.station_id for s in loops])),
            OutageKind.YARD: "pile",  # the one that `tiny_case` has
        }[kind]
        first, hours = draw(st.integers(-3, 20)), draw(st.integers(1, 12))
        left = draw(st.sampled_from([0.0, 0.0, 0.4, 0.75]))
        window = {"from": hours_after(START, first), "to": hours_after(START, first + hours)}
        rest = {"kind": kind, "id": name, "available_fraction": left}
        found.append(Outage.model_validate(window | rest))
    return tuple(found)


# ---- what is needed --------------------------------------------------------------------------


def load_at(loops: tuple[Station, ...], outdoor_c: float) -> float:
    """Steady heat of all stations at 20.5 °C, wind and sun aside, MW."""
    return (
        sum(
            s.specific_loss_w_per_m2k * s.heated_area_m2 * max(4.0, 20.5 - outdoor_c) for s in loops
        )
        / 1e6
    )


def least_mw(loops: tuple[Station, ...], temperature: ByHour) -> float:
    """Mean heat over the horizon below which rooms must fall below the law.

    The least there can be: every commanded home coasts until its coldest flats are at 18 °C, and
    is held there. Third parties and offices, whose law is a frost guard at night, are left out.
    """
    hours = np.arange(HORIZON_H)
    total_mwh = 0.0
    for s in loops:
        if s.managed_by is Manager.THIRD_PARTY or s.timetable_id is not None:
            continue
        law_c, now_c = (
            LEGAL_C + s.cold_flat_margin_k,
            max(s.indoor_target_c, 19.2 + s.cold_flat_margin_k),
        )
        loss, size = s.specific_loss_w_per_m2k, s.heated_area_m2 / 1e6
        keep = np.exp(-3.6 * loss / s.heat_capacity_kj_per_m2k)
        for outdoor_c in temperature(hours):
            free_c = outdoor_c + s.gain_w_per_m2 / loss
            coasted_c = keep * now_c + (1.0 - keep) * free_c
            now_c = max(law_c, coasted_c)
            total_mwh += loss * size * (now_c - coasted_c) / (1.0 - keep)
    return total_mwh / HORIZON_H
