"""A fortnight of zaozhuang's winter planned day by day, against one plan that sees all of it.

Written to `bench/RESULTS.md` (`make study`; half an hour). The weather is the embedded climate's
drawn winter of 2025-26 with a front of 10 K in a day; every plan knows the weather to come,
so that only the seams between plans make a difference.
"""

import sys
import time
from datetime import UTC, datetime, timedelta

import numpy as np
import xarray as xr

from bench.cases import bundled
from bench.executed import Executed, realised_yuan
from bench.report import text_table, write_section
from bench.rolled import at_once, inputs_from, last_plan, published, rolled, unrounded
from bench.seams import seams, setpoint_moves_k, short_runs
from dispatch.case import Case
from dispatch.inputs import HISTORY_H
from forecasts.weather.climate.drawn import ClimateWeather
from forecasts.weather.provider import Place

TITLE = "Fourteen days rolled, zaozhuang"
START = datetime.fromisoformat("2025-11-29T00:00:00+08:00").astimezone(UTC)
DAYS, AHEAD_DAYS = 14, 9
SEED = 2863  # of the winter with that front, on 3 December
REPLANNED_DAYS = (1, 3)  # a mild day, and the day before the front
DAY_BLOCKS_H = 24.0
WARM_K = 0.02


def drawn_winter(case: Case) -> xr.Dataset:
    """Weather of the study, from the history the first plan needs to the last one's look-ahead."""
    settings = case.settings
    place = Place(settings.latitude, settings.longitude, settings.timezone)
    hours = HISTORY_H + 24 * (DAYS + AHEAD_DAYS)
    return ClimateWeather(SEED).latest_run(place, START, START - timedelta(hours=HISTORY_H), hours)


def cost_table(runs: dict[str, Executed], value_yuan_per_mwh: float) -> str:
    """What each run cost, and how far it is from the first; heat left over is worth its price."""
    best = next(iter(runs.values()))
    base = realised_yuan(best)
    rows = []
    for name, done in runs.items():
        yuan = realised_yuan(done)
        left_mwh = done.stored_mwh() - best.stored_mwh()
        corrected = sum(yuan.values()) - value_yuan_per_mwh * left_mwh
        dearer = corrected - sum(base.values())
        parts = ", ".join(f"{part} {value:,.0f}" for part, value in yuan.items() if abs(value) > 1)
        rows.append(
            [
                name,
                parts,
                f"{left_mwh:+.0f}",
                f"{corrected:,.0f}",
                f"{100 * dearer / sum(base.values()):+.2f} %",
                f"{100 * dearer / base['fuel']:+.2f} %",
            ]
        )
    head = ["plan", "yuan", "MWh left over", "corrected yuan", "of the net cost", "of the fuel"]
    return text_table(head, rows)


def seam_table(runs: dict[str, Executed]) -> str:
    """The worst seam of each run."""
    rows = []
    for name, done in runs.items():
        found = seams(done)
        made_mwh = float(done.steps("source_heat").sum()) * done.step_h
        drift = sum(abs(seam.mains_mwh) for seam in found)
        rows.append(
            [
                name,
                f"{max(s.ramp_used for s in found):.2f}",
                f"{max(s.rooms_k for s in found):.1e}",
                f"{max(abs(s.mains_share) for s in found) * 100:.1f} %, "
                f"{100 * drift / made_mwh:.3f} % of all heat",
                f"{max(s.stock_t for s in found):.1e}",
                f"{max(s.units for s in found):.2f}",
                f"{short_runs(done):.2f}",
                f"{max(s.setpoint_k for s in found):.1f}",
            ]
        )
    head = [
        "plan",
        "of the ramp",
        "rooms K",
        "heat in mains",
        "stock t",
        "units",
        "run too short, units",
        "setpoint K",
    ]
    return text_table(head, rows)


def replan_table(case: Case, weather: xr.Dataset, done: Executed) -> str:
    """Setpoints an hour later under the same weather: how many move, and how far."""
    rows = []
    for day in (day for day in REPLANNED_DAYS if day < len(done.spans)):
        first = done.spans[day].schedule
        start = START + timedelta(days=day, hours=1)
        last = last_plan(first, case, start)
        second = published(inputs_from(case, weather, start, last), last)
        moves = np.abs(setpoint_moves_k(first, second, DAY_BLOCKS_H))
        cells = [f"{np.mean(moves <= k):.4f}" for k in (0.01, 0.51, 1.01)]
        rows.append([f"day {day + 1}", str(moves.size), *cells, f"{moves.max():.1f}"])
    return text_table(["plan", "setpoints", "unmoved", "≤ 0.5 K", "≤ 1 K", "largest K"], rows)


def main(days: int) -> None:
    """Run the study and write it down."""
    case = bundled("zaozhuang")
    weather = drawn_winter(case)
    runs: dict[str, Executed] = {}
    for name, make, planner in (
        ("one plan, unrounded", at_once, unrounded),
        ("daily, unrounded", rolled, unrounded),
        ("daily, as published", rolled, published),
    ):
        began = time.perf_counter()
        runs[name] = make(case, weather, START, days, planner)
        print(f"{name}: {time.perf_counter() - began:.0f} s", flush=True)
    inputs = runs["one plan, unrounded"].spans[0].inputs
    value = inputs.heat_value_yuan_per_mwh
    daily = {name: done for name, done in runs.items() if len(done.spans) > 1}
    outdoor_c = runs["daily, unrounded"].steps("air_temperature").reshape(days, -1).mean(axis=1)
    means = ", ".join(f"{value:.1f}" for value in outdoor_c)
    body = [
        f"{days} days from {inputs.grid.local(0.0):%Y-%m-%d}, daily means {means} °C. "
        f"Heat left over counts {value:.0f} yuan/MWh. "
        "Net cost is fuel less power credit, and comfort.",
        cost_table(runs, value),
        "Largest jump at a seam (heat in mains jumps where the delay is reckoned anew):",
        seam_table(daily),
        "Planned again an hour later under the same weather, setpoints of the next 24 h:",
        replan_table(case, weather, daily["daily, as published"]),
    ]
    write_section(TITLE, "\n\n".join(body))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else DAYS)
