"""Tables of the plants of a reference case: flow limits, chain-grate curves, mains, coal.

`H` is the domain handbook (§ numbers, F equations).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from scenarios.cases.generator import Array, between, round_to_total, rows_text
from scenarios.cases.station_drawing import WATER_KJ_PER_KG_K

COAL_KCAL_PER_KG = 5000  # H §14
COAL_MWH_PER_T = COAL_KCAL_PER_KG * 4.1868e-3 / 3.6
COAL_YUAN_PER_T_AT_5500 = 850  # H §9
COAL_CO2_T_PER_TCE = 2.76
COAL_FUEL_ID = "coal_5000"

# H §9 and §14: 3.2 yuan/Nm³; 36.7 kgce/GJ is an efficiency of 93 %, and 32 Nm³/GJ then (H §8: 31
# to 33) is a gas of 8 000 kcal/Nm³; 15.3 tC/TJ, 99 % oxidised.
GAS_FUEL_ID = "natural_gas"
GAS_EFFICIENCY = 0.93
GAS_KCAL_PER_NM3 = 8000
GAS_YUAN_PER_NM3 = 3.2
GAS_CO2_T_PER_TCE = 1.63

# H §8, chain grate; 0.761 instead of 0.76 at half load keeps fuel convex in heat.
CHAIN_GRATE_EFFICIENCY = ((0.4, 0.72), (0.5, 0.761), (0.6, 0.79), (0.8, 0.82), (1.0, 0.82))
FLOW_RESERVE = 1.2  # of the flow that full output takes at the design difference

SPRING_FESTIVALS = (date(2026, 2, 17), date(2027, 2, 6))
# H §9: mines and railways around the festival. After it a planner lets the piles run down.
FESTIVAL_DAYS, LEAN_SHARE, FESTIVAL_CONFIDENCE = 14, 0.5, 0.8
TRAIN_T, TRAIN_SPREAD = 3_500, 0.05  # H §9: 3 000 to 4 000 t a train
QUALITY_RANGE = (0.97, 1.03)  # heating value of a train over the mean
AUTUMN_DAYS = 35  # of trains before the season, after the October holiday
HEAT_VALUE_LOSS_PER_MONTH = 0.0075  # H §9: 0.5 to 1 %

# Water runs at 1.5 m/s at 100 % flow and at most at 2.2 m/s; flow by nominal diameter, H §7, and
# above 1000 mm with the square of it.
FLOW_AT_1_5_M_PER_S_TPH = {
    **{300: 390, 400: 613, 500: 958, 600: 1382},
    **{800: 2454, 1000: 3833, 1200: 5520, 1400: 7513},
}
FULL_FLOW_M_PER_S, LARGEST_M_PER_S = 1.5, 2.2

CURVE_HEADER = "source_id,load_fraction,efficiency,heat_mw,power_mw,fuel_mw"
YARD_HEADER = (
    "yard_id,fuel_id,stock_t,capacity_t,unusable_t,unloading_t_per_day,stock_covers,"
    "reserve_days_min,storage_target_t,storage_target_meaning,yard_loss_per_month,"
    "lead_time_days,transport,order_unit_t,late_days,heat_value_loss_per_month"
)


def flow_max_tph(heat_mw: float, difference_k: float) -> str:
    """Primary flow limit of a unit, rounded to 10 t/h; `difference_k` is that of design."""
    design_tph = heat_mw * 1000 * 3.6 / (WATER_KJ_PER_KG_K * difference_k)
    return f"{round(design_tph * FLOW_RESERVE, -1):.0f}"


def chain_grate_rows(source_id: str, condition: float = 1.0) -> list[list[object]]:
    """Part-load points of a chain-grate boiler, rows under `CURVE_HEADER`.

    `condition` is its efficiency over that of the handbook, at any load.
    """
    return [
        [source_id, load, f"{share * condition:.4f}".rstrip("0"), "", "", ""]
        for load, share in CHAIN_GRATE_EFFICIENCY
    ]


@dataclass(frozen=True)
class Main:
    """The average path of the water from a plant to the stations of a zone, or a tie to it."""

    plant_id: str  # or the zone where a tie begins
    zone_id: str
    length_km: float
    diameter_mm: int  # nominal
    two_way: bool = False  # a tie whose water may turn: a second row, the same pipe


def _rows_of(mains: Sequence[Main]) -> list[tuple[Main, bool]]:
    """Mains row by row, and whether the row is the way back through a pipe told before."""
    rows = [(main, False) for main in mains]
    back = [main for main in mains if main.two_way]
    return rows + [
        (replace(main, plant_id=main.zone_id, zone_id=main.plant_id), True) for main in back
    ]


def links_text(mains: Sequence[Main], loss_mw: float, difference_k: float) -> str:
    """`links.csv`: capacity and delay from diameter, length and speed; loss by length × diameter.

    `loss_mw` is that of the whole network at design, `difference_k` supply less return there. A
    pipe loses its heat once, whichever way its water runs.
    """
    told = _rows_of(mains)
    weight = np.array([main.length_km * main.diameter_mm * (not back) for main, back in told])
    loss = round_to_total(weight, round(loss_mw, 2), places=2)
    rows: list[list[object]] = []
    for (main, _), main_loss_mw in zip(told, loss, strict=True):
        full_tph = FLOW_AT_1_5_M_PER_S_TPH[main.diameter_mm]
        flow_tph = full_tph * LARGEST_M_PER_S / FULL_FLOW_M_PER_S
        capacity = flow_tph / 3.6 * WATER_KJ_PER_KG_K * difference_k / 1000
        full_h = main.length_km / (3.6 * FULL_FLOW_M_PER_S)
        delays = [f"{full_h / flow:.2f}" for flow in (0.4, 0.7, 1.0)]
        place = [main.plant_id, main.zone_id, f"{capacity:.0f}", main.length_km, main.diameter_mm]
        rows.append([*place, *delays, f"{main_loss_mw:.2f}"])
    return rows_text(
        "from_id,to_id,capacity_mw,length_km,diameter_mm,delay_h_at_40pct_flow,"
        "delay_h_at_70pct_flow,delay_h_at_100pct_flow,loss_mw_design",
        rows,
    )


@dataclass(frozen=True)
class YardSupply:
    """How coal comes to a yard: the rhythm of its trains, how sure, how much a season.

    A train stands for a ship, or for a day's trucks, where coal comes by sea or road.
    """

    yard_id: str
    every_days: float  # between arrivals until the festival, fewer trains from then on
    trains: int  # of an arrival until the festival
    confidence: float
    season_t: float  # 0: nothing on file
    autumn_trains: int  # before the second season
    train_t: float = TRAIN_T
    lean_to_the_end: bool = True  # else as before once the festival's days are over
    kcal_per_kg: float = COAL_KCAL_PER_KG  # on average


def deliveries_text(
    supplies: Sequence[YardSupply], season: tuple[int, int, int], rng: np.random.Generator
) -> str:
    """`deliveries.csv` of two seasons, and of the autumn between them.

    `season` is month and day of its start and its length in days. A season's tonnes add up to
    `season_t` of each yard; from two weeks before the Spring Festival comes half, to the end or
    for four weeks.
    """
    month, first_day, length = season
    rows: list[list[object]] = []
    for festival in SPRING_FESTIVALS:
        start = date(festival.year - 1, month, first_day)
        for supply in (one for one in supplies if one.season_t):
            days, trains = _season_trains(supply, start, length, festival)
            weight = trains * between(rng, 1 - TRAIN_SPREAD, 1 + TRAIN_SPREAD, len(days))
            tonnes = 10 * round_to_total(weight, round(supply.season_t / 10))
            near = [abs((day - festival).days) <= FESTIVAL_DAYS for day in days]
            sure = np.where(near, FESTIVAL_CONFIDENCE, supply.confidence)
            rows += _delivery_rows(supply, days, tonnes, sure, rng)
    autumn_ends = date(SPRING_FESTIVALS[0].year, month, first_day)
    for supply in supplies:
        days = _autumn_days(supply.autumn_trains, autumn_ends)
        weight = between(rng, 1 - TRAIN_SPREAD, 1 + TRAIN_SPREAD, len(days))
        tonnes = 10 * np.round(weight * supply.train_t / 10)
        sure = np.full(len(days), supply.confidence)
        rows += _delivery_rows(supply, days, tonnes, sure, rng)
    rows.sort(key=lambda row: (str(row[1]), str(row[0])))
    return rows_text(
        "yard_id,arrival_time,tonnes,net_calorific_kcal_per_kg,confidence,price_yuan_per_t", rows
    )


def _season_trains(
    supply: YardSupply, start: date, length: int, festival: date
) -> tuple[list[date], Array]:
    """Days of a season on which trains arrive, and how many on each."""
    lean_from = festival - timedelta(days=FESTIVAL_DAYS)
    lean_until = date.max if supply.lean_to_the_end else festival + timedelta(days=FESTIVAL_DAYS)
    days: list[date] = []
    trains: list[float] = []
    due = 0.0
    for at in range(int(length / supply.every_days)):
        day = start + timedelta(days=int((at + 0.5) * supply.every_days))
        due += supply.trains * (LEAN_SHARE if lean_from <= day <= lean_until else 1.0)
        if due >= 1:
            days.append(day)
            trains.append(float(int(due)))
            due -= int(due)
    return days, np.array(trains)


def _autumn_days(trains: int, season_start: date) -> list[date]:
    """Days of single trains in the weeks before a season, evenly."""
    apart = AUTUMN_DAYS / trains
    first = season_start - timedelta(days=AUTUMN_DAYS)
    return [first + timedelta(days=int(at * apart)) for at in range(trains)]


def _delivery_rows(
    supply: YardSupply, days: Sequence[date], tonnes: Array, sure: Array, rng: np.random.Generator
) -> list[list[object]]:
    """Rows of `deliveries.csv`: hour and heating value are drawn, the price follows the latter."""
    low, high = (supply.kcal_per_kg * share / 10 for share in QUALITY_RANGE)
    quality = 10 * np.round(between(rng, low, high, len(days)))
    hours = (6 + 12 * rng.random(len(days))).astype(int)
    rows: list[list[object]] = []
    for at, day in enumerate(days):
        price = f"{COAL_YUAN_PER_T_AT_5500 * quality[at] / 5500:.0f}"
        time = f"{day.isoformat()}T{hours[at]:02d}:00:00+08:00"
        coal = [f"{tonnes[at]:.0f}", f"{quality[at]:.0f}", f"{sure[at]:g}", price]
        rows.append([supply.yard_id, time, *coal])
    return rows


def fuels_text(*, gas: bool = False) -> str:
    """`fuels.csv`: the one coal of a reference case, priced by its calorific value; and gas."""
    price = COAL_YUAN_PER_T_AT_5500 * COAL_KCAL_PER_KG / 5500
    coal = [COAL_FUEL_ID, "coal", "t", COAL_KCAL_PER_KG, f"{price:.2f}", COAL_CO2_T_PER_TCE]
    rows: list[list[object]] = [list(coal)]
    if gas:
        burnt = [GAS_KCAL_PER_NM3, GAS_YUAN_PER_NM3, GAS_CO2_T_PER_TCE]
        rows.append([GAS_FUEL_ID, "gas", "nm3", *burnt])
    return rows_text("fuel_id,kind,unit,net_calorific_value,price,co2_t_per_tce", rows)
