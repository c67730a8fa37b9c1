"""Draw the stations of a reference case from its mix.

Areas, design load and gains add up to the given totals as written; shares by use, era and
emitter come within one station's area. `H` is the domain handbook.
"""

import numpy as np

from dispatch.case_kinds import Emitter, Era, Manager, Use
from scenarios.cases.generator import (
    Array,
    Column,
    between,
    clipped_to_total,
    deal_by_area,
    decimals,
    round_to_total,
    scattered,
    shuffled,
)
from scenarios.cases.station_mix import (
    BASE_TEMP_C,
    ERAS_OF_LOOP,
    FLOOR_ERAS,
    MIXED,
    NAME_WORDS,
    ONE_LOOP,
    RADIATOR_ERAS,
    TOWER,
    TWO_LOOP_MIN_M2,
    USES,
    Buildings,
    Loop,
    Loops,
    Sites,
    StationMix,
    cold_margin_k,
)

WATER_KJ_PER_KG_K = 4.187
KM_PER_DEGREE = 111.2
FORECAST_MARGIN_K = 0.75  # the most that the forecast's spread adds to the comfort floor
NETWORK_DROP_K = 2.0  # primary supply lost between plant and the farthest station


def draw_stations(mix: StationMix, rng: np.random.Generator) -> dict[str, Column]:
    """Draw `stations.csv`: its columns in order, numbers written with fixed decimals."""
    sites = _draw_sites(mix, rng)
    loops = _draw_loops(mix, sites, rng)
    buildings = _draw_buildings(mix, loops, rng)
    homes = _draw_homes(mix, sites, loops, rng)
    return {
        **_identity_columns(mix, sites, loops),
        "homes": decimals(homes, 0),
        "heated_area_m2": decimals(loops.area_m2, 0),
        "specific_loss_w_per_m2k": decimals(buildings.loss_w_per_m2k, 3),
        "heat_capacity_kj_per_m2k": decimals(buildings.heat_capacity_kj_per_m2k, 0),
        "gain_w_per_m2": decimals(buildings.gain_w_per_m2, 2),
        "solar_aperture": decimals(buildings.solar_aperture, 3),
        "wind_loss_w_per_m2k_per_m_s": decimals(buildings.wind_loss_w_per_m2k_per_m_s, 4),
        **_heating_columns(mix, loops, buildings, rng),
        **_operation_columns(mix, sites, loops, rng),
    }


def _draw_sites(mix: StationMix, rng: np.random.Generator) -> Sites:
    """Draw area, manager, use and kind of every station."""
    zone = np.repeat(np.arange(len(mix.zones)), [z.stations for z in mix.zones])
    number = np.concatenate([np.arange(z.stations) + 1 for z in mix.zones])
    outside = [shuffled(rng, z.stations) < z.third_party for z in mix.zones]
    size = len(zone)
    spread = mix.area_m2 / size * scattered(rng, size, mix.area_spread)
    area = clipped_to_total(spread, *mix.area_range_m2, mix.area_m2)
    uses = deal_by_area(rng, area, mix.use_shares)
    loops: list[tuple[Loop, ...]] = [ONE_LOOP] * size
    fit = [
        s
        for s in shuffled(rng, size).tolist()
        if uses[s] is Use.HOUSING and area[s] >= TWO_LOOP_MIN_M2
    ]
    for at, s in enumerate(fit[: mix.tower_stations + mix.mixed_stations]):
        loops[s] = TOWER if at < mix.tower_stations else MIXED
    return Sites(zone, number, np.concatenate(outside).astype(float), area, uses, loops)


def _draw_loops(mix: StationMix, sites: Sites, rng: np.random.Generator) -> Loops:
    """Split stations into loops; deal eras, then emitters, to blocks: buildings of one age.

    A block is a row, or both rows of a tower station.
    """
    first_share = between(rng, 0.35, 0.65, len(sites.area_m2))
    site: list[int] = []
    area: list[float] = []
    block: list[int] = []
    for s, names in enumerate(sites.loops):
        whole = float(sites.area_m2[s])
        first = whole if names == ONE_LOOP else float(np.round(whole * first_share[s]))
        for name, part in zip(names, (first, whole - first), strict=False):
            site.append(s)
            area.append(part)
            block.append(block[-1] if name is Loop.HIGH else len(set(block)))
    loop = [name for names in sites.loops for name in names]
    loop_of_block = [name for name in loop if name is not Loop.HIGH]
    block_area = np.bincount(block, area).astype(float)
    allowed = [ERAS_OF_LOOP[name] for name in loop_of_block]
    eras = deal_by_area(rng, block_area, mix.era_shares, allowed)
    possible = [_possible_emitters(name, e) for name, e in zip(loop_of_block, eras, strict=True)]
    emitters = _deal_emitters(mix, block_area, possible, rng)
    return Loops(
        site=np.array(site),
        loop=loop,
        area_m2=np.array(area),
        uses=[sites.uses[s] for s in site],
        eras=[eras[b] for b in block],
        emitters=[emitters[b] for b in block],
    )


def _possible_emitters(loop: Loop, era: Era) -> frozenset[Emitter]:
    """Floor heating came with the code of 1996 and is the rule since 2010."""
    if loop is Loop.RADIATOR or era in RADIATOR_ERAS:
        return frozenset({Emitter.RADIATOR})
    if loop is Loop.FLOOR or era in FLOOR_ERAS:
        return frozenset({Emitter.FLOOR})
    return frozenset(Emitter)


def _deal_emitters(
    mix: StationMix,
    area_m2: Array,
    possible: list[frozenset[Emitter]],
    rng: np.random.Generator,
) -> list[Emitter]:
    """Deal emitters to the blocks that are open to both, so that the whole meets the share."""
    is_open = np.array([len(choice) > 1 for choice in possible])
    fixed_floor = np.array([choice == {Emitter.FLOOR} for choice in possible])
    lacking = mix.floor_share * mix.area_m2 - float(area_m2[fixed_floor].sum())
    floor_share = lacking / float(area_m2[is_open].sum())
    shares = {Emitter.RADIATOR: 1 - floor_share, Emitter.FLOOR: floor_share}
    dealt = iter(deal_by_area(rng, area_m2[is_open], shares))
    return [next(dealt) if len(choice) > 1 else min(choice) for choice in possible]


def _draw_buildings(mix: StationMix, loops: Loops, rng: np.random.Generator) -> Buildings:
    """Draw building physics so that written loss, gain and capacity meet the case's means."""
    area, size = loops.area_m2, len(loops.area_m2)
    index_low, index_high = np.array([mix.era_index_w_per_m2[era] for era in loops.eras]).T
    factor_low, factor_high = np.array([USES[use].loss_factor for use in loops.uses]).T
    capacity_low, capacity_high = np.array(
        [USES[use].heat_capacity_kj_per_m2k for use in loops.uses]
    ).T
    index = between(rng, index_low, index_high, size) * between(rng, factor_low, factor_high, size)
    index *= mix.index_w_per_m2 * mix.area_m2 / (index * area).sum()
    loss = np.round(index / mix.design_lift_k, 3)
    gain = loss * between(rng, 1.82, 2.18, size)
    gain = np.round(gain * 2 * (loss * area).sum() / (gain * area).sum(), 2)
    capacity = between(rng, capacity_low, capacity_high, size)
    capacity *= mix.heat_capacity_kj_per_m2k * mix.area_m2 / (capacity * area).sum()
    sunny = np.array([0.008 if use in (Use.OFFICE, Use.SHOP) else 0.0 for use in loops.uses])
    return Buildings(
        loss,
        np.round(capacity),
        gain,
        np.round(between(rng, 0.020, 0.026, size) + sunny, 3),
        np.round(loss * between(rng, 0.010, 0.020, size), 4),
    )


def _draw_homes(mix: StationMix, sites: Sites, loops: Loops, rng: np.random.Generator) -> Array:
    """Deal homes to housing by area; the utility's own rows add up to the direct users."""
    is_housing = np.array([use is Use.HOUSING for use in loops.uses])
    outside = sites.third_party[loops.site] > 0
    weight = loops.area_m2 * is_housing * between(rng, 0.88, 1.12, len(loops.area_m2))
    per_weight = mix.direct_users / weight[~outside].sum()
    homes = np.zeros(len(weight))
    homes[~outside] = round_to_total(weight[~outside], mix.direct_users)
    homes[outside] = np.round(weight[outside] * per_weight)
    return homes


def _identity_columns(mix: StationMix, sites: Sites, loops: Loops) -> dict[str, Column]:
    """Ids, invented names, manager, use and era."""
    counts: dict[str, int] = {}
    names = []
    words = NAME_WORDS.split()
    for s, use in enumerate(sites.uses):
        kinds = USES[use].name_kinds.split()
        stem = words[s % len(words)] + kinds[s // len(words) % len(kinds)]
        counts[stem] = counts.get(stem, 0) + 1
        names.append(f"{stem}{counts[stem]}号换热站")
    zones = [mix.zones[zone] for zone in sites.zone.tolist()]
    outside = sites.third_party > 0
    rows = loops.site.tolist()
    return {
        "station_id": [f"{zones[s].station_prefix}-{sites.number[s]:03d}" for s in rows],
        "loop": [name.value for name in loops.loop],
        "zone_id": [zones[s].zone_id for s in rows],
        "name": [names[s] for s in rows],
        "managed_by": [
            (Manager.THIRD_PARTY if outside[s] else Manager.UTILITY).value for s in rows
        ],
        "use": [use.value for use in loops.uses],
        "era": [era.value for era in loops.eras],
    }


def _heating_columns(
    mix: StationMix, loops: Loops, buildings: Buildings, rng: np.random.Generator
) -> dict[str, Column]:
    """Emitters, exchangers and their limits, from the heat the loop needs at design.

    The exchanger is sized by H F10 (55 kW/K per MW) and more where emitters run hot; the flow
    limit leaves 12 % above what the coldest design hour takes at the far end of the network.
    """
    floor, size = loops.is_floor, len(loops.area_m2)
    supply, back = np.where(floor, 45.0, 75.0), np.where(floor, 35.0, 50.0)
    flow = np.round(between(rng, np.where(floor, 1.0, 2.3), np.where(floor, 1.4, 2.8), size), 2)
    oversize = between(rng, *mix.oversize_range, size)
    oversize *= mix.oversize * mix.area_m2 / (oversize * loops.area_m2).sum()
    oversize = np.round(oversize, 2)
    index_kw_per_k = buildings.loss_w_per_m2k * loops.area_m2 / 1000.0
    design_kw = index_kw_per_k * mix.design_lift_k
    size_up = between(rng, np.where(floor, 1.0, 1.15), 1.3, size)
    ua = np.round(0.055 * design_kw * size_up, 1)

    indoor = np.array(
        [
            max(USES[use].indoor_target_c, 18.0 + cold_margin_k(use, era) + FORECAST_MARGIN_K)
            for use, era in zip(loops.uses, loops.eras, strict=True)
        ]
    )
    lift_kw = index_kw_per_k * (indoor - mix.design_outdoor_c)
    need_kw = lift_kw - buildings.gain_w_per_m2 * loops.area_m2 / 1000.0
    relative = need_kw / design_kw
    emitter_mean = 0.5 * (supply + back) - BASE_TEMP_C
    exponent = np.array([emitter.exponent for emitter in loops.emitters])
    mean_c = indoor + emitter_mean * (relative / oversize) ** (1.0 / exponent)
    secondary_kw_per_k = design_kw * flow / (supply - back)
    return_c = mean_c - 0.5 * need_kw / secondary_kw_per_k
    inlet_c = mix.primary_supply_c - NETWORK_DROP_K
    need_kw_per_k = primary_kw_per_k(need_kw, inlet_c - return_c, secondary_kw_per_k, ua)
    usual_kw_per_k = design_kw / (mix.primary_supply_c - mix.primary_return_c)
    flow_max = np.maximum(usual_kw_per_k * between(rng, 1.3, 1.6, size), 1.12 * need_kw_per_k)
    return {
        "emitter": [emitter.value for emitter in loops.emitters],
        "design_supply_c": decimals(supply, 0),
        "design_return_c": decimals(back, 0),
        "relative_flow": decimals(flow, 2),
        "emitter_oversize": decimals(oversize, 2),
        "exchanger_ua_kw_per_k": decimals(ua, 1),
        "primary_design_supply_c": decimals(np.full(size, mix.primary_supply_c), 0),
        "primary_design_return_c": decimals(np.full(size, mix.primary_return_c), 0),
        "secondary_supply_min_c": decimals(np.where(floor, 26.0, 30.0), 0),
        "secondary_supply_max_c": decimals(np.where(floor, 50.0, mix.radiator_supply_max_c), 0),
        "max_heat_kw": decimals(design_kw * between(rng, 1.25, 1.5, size), 0),
        "primary_flow_max_tph": decimals(flow_max * 3.6 / WATER_KJ_PER_KG_K, 1),
    }


def primary_kw_per_k(
    heat_kw: Array, inlet_difference_k: Array, secondary_kw_per_k: Array, ua_kw_per_k: Array
) -> Array:
    """Heat capacity flow of primary water that passes `heat_kw`, by bisection of H F10, kW/K.

    UA is held at its design value, which understates it when more water flows than at design.
    """
    low, high = heat_kw / inlet_difference_k, 10.0 * heat_kw / inlet_difference_k
    for _ in range(60):
        flow = 0.5 * (low + high)
        least, most = np.minimum(flow, secondary_kw_per_k), np.maximum(flow, secondary_kw_per_k)
        ratio = np.minimum(least / most, 1.0 - 1e-9)
        fade = np.exp(-ua_kw_per_k / least * (1.0 - ratio))
        passed = (1.0 - fade) / (1.0 - ratio * fade) * least * inlet_difference_k
        low, high = np.where(passed < heat_kw, flow, low), np.where(passed < heat_kw, high, flow)
    return high


def _operation_columns(
    mix: StationMix, sites: Sites, loops: Loops, rng: np.random.Generator
) -> dict[str, Column]:
    """Targets, priorities, behaviour of third parties, turn in the round, place."""
    stations = len(sites.area_m2)
    taken = between(rng, 0.95, 1.0, stations)
    stingy = rng.random(stations) < 0.08  # buys less heat than is due (seed page S3)
    compliance = np.where(sites.third_party > 0, np.where(stingy, 0.85, taken), 1.0)
    zones = [mix.zones[zone] for zone in sites.zone.tolist()]
    away_km = np.array([z.reach_km for z in zones]) * np.sqrt(rng.random(stations))
    bearing = 2.0 * np.pi * rng.random(stations)
    middle = np.array([z.latitude for z in zones])
    latitude = middle + away_km * np.cos(bearing) / KM_PER_DEGREE
    east = away_km * np.sin(bearing) / (KM_PER_DEGREE * np.cos(np.radians(middle)))
    longitude = np.array([z.longitude for z in zones]) + east
    uses, site = [USES[use] for use in loops.uses], loops.site
    return {
        "indoor_target_c": [use.indoor_target_c for use in uses],
        "cold_flat_margin_k": [
            cold_margin_k(use, era) for use, era in zip(loops.uses, loops.eras, strict=True)
        ],
        "priority": [use.priority for use in uses],
        "compliance": decimals(compliance[site], 2),
        "valve_open": [1] * len(site),
        "stagger_group": [sites.number[s] % 4 for s in site],
        "latitude": decimals(latitude[site], 4),
        "longitude": decimals(longitude[site], 4),
    }
