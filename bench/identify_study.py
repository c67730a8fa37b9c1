"""How well building and emitter come out of telemetry, on loops of known truth, and what is named.

Written to `bench/RESULTS.md` (`python -m bench.identify_study`, some minutes). Loops, people and
sensors are those of `tests/synthetic_loops.py`; each weather is shared by a few loops.
"""

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.report import at_most, rows_table, text_table, write_section
from forecasts.demand.identified import Doubt, Estimate, Identified, LoopPrior, LoopRecord
from forecasts.demand.identify import identify, room_now

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from synthetic_loops import Faults, Made, Setting, make_loops, without_rooms

TITLE = "Buildings and emitters out of telemetry"
LOOPS_A_WEATHER = 5
WEATHERS, FEW_WEATHERS = 40, 16  # the usual cases, and the others
PLANTED_WEATHERS = 8
Z90, CHI90 = 1.645, 4.605  # of one number, of two together
SPEED_LOOPS, SPEED_DAYS, SPEED_LIMIT_S = 20, 60, 60.0
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Judged:
    """Errors of one parameter over all loops, relative or in K, and in standard errors."""

    error: list[float]
    in_se: list[float]

    def cells(self, scale: float) -> list[str]:
        """Bias, RMS, 90 % quantile of the size, coverage of 90 % intervals."""
        error = np.array(self.error) * scale
        inside = float((np.abs(self.in_se) < Z90).mean())
        figures = (error.mean(), np.sqrt((error**2).mean()), np.quantile(np.abs(error), 0.9))
        return [*(f"{one:.2f}" for one in figures), f"{inside:.0%}"]


def _relative(found: Estimate, true: float) -> tuple[float, float]:
    return found.value / true - 1.0, float(np.log(found.value / true)) * found.value / found.se


def _absolute(found: Estimate, true: float) -> tuple[float, float]:
    return found.value - true, (found.value - true) / found.se


def _judge(
    made: Made, k: int, found: Identified, record: LoopRecord
) -> dict[str, tuple[float, float]]:
    """Error and error in standard errors of everything that is found of loop `k`."""
    truth = made.truth
    balance = float(made.room_c[k].mean() - truth.gain[k] / truth.loss[k])
    at = record.times[-1] + (record.times[1] - record.times[0])
    now = room_now(record, made.priors[k], found, at)
    room = Estimate(now.room_c, now.sd_k, 1.0)
    return {
        "K": _relative(found.specific_loss_w_per_m2k, truth.loss[k]),
        "τ": _relative(found.time_constant_h, truth.time_constant_h[k]),
        "φ": _relative(found.emitter_oversize, truth.oversize[k]),
        "Ḡ": _relative(found.relative_flow, truth.flow[k]),
        "t_b": _absolute(found.balance_temp_c, balance),
        "A_s": _relative(found.solar_aperture, truth.aperture[k]),
        "k_w": _relative(found.wind_loss_w_per_m2k_per_m_s, truth.wind[k]),
        "room now": _absolute(room, float(made.room_c[k, -6:].mean())),
    }


UNITS = {"t_b": ("K", 1.0), "room now": ("K", 1.0)}


def _loops(
    seed: int, weathers: int, setting: Setting, rooms: bool
) -> Iterator[tuple[Made, int, LoopRecord, Identified]]:
    for weather in range(weathers):
        made = make_loops(seed + weather, LOOPS_A_WEATHER, setting)
        for k, measured in enumerate(made.records):
            record = measured if rooms else without_rooms(measured)
            yield made, k, record, identify(record, made.priors[k])


def _accuracy(
    label: str, seed: int, setting: Setting, rooms: bool, weathers: int
) -> tuple[str, int, int]:
    """A table of one setting, how many loops it is of, and how many of them were doubted."""
    judged: dict[str, Judged] = {}
    doubted: Counter[Doubt] = Counter()
    together, r2, within = [], [], []
    count = named = 0
    for made, k, record, found in _loops(seed, weathers, setting, rooms):
        count += 1
        named += bool(found.doubts)
        doubted.update(found.doubts)
        errors = _judge(made, k, found, record)
        for name, (error, in_se) in errors.items():
            kept = judged.setdefault(name, Judged([], []))
            kept.error.append(error)
            kept.in_se.append(in_se)
        both = np.array([errors["φ"][1], errors["Ḡ"][1]])
        rho = found.flow_oversize_correlation
        together.append(float(both @ np.linalg.solve(np.array([[1, rho], [rho, 1]]), both)))
        r2.append(found.r2_daily)
        within.append((abs(errors["K"][0]) < 0.10, abs(errors["τ"][0]) < 0.25))
    rows = []
    for name, one in judged.items():
        unit, scale = UNITS.get(name, ("%", 100.0))
        rows.append([f"{name}, {unit}", *one.cells(scale)])
    table = text_table(["", "bias", "RMS", "90 % within", "90 % interval holds"], rows)
    loss_share, time_share = np.mean(within, axis=0)
    joint = float((np.array(together) < CHI90).mean())
    told = ", ".join(f"{doubt.value} {n}" for doubt, n in doubted.items()) or "none"
    body = (
        f"**{label}** ({count} loops)\n\n{table}\n\n"
        f"K within 10 % on {loss_share:.0%}, τ within 25 % on {time_share:.0%} of the loops; "
        f"φ and Ḡ together inside their 90 % ellipse on {joint:.0%}; "
        f"median daily R² {np.median(r2):.2f}; "
        f"doubts named on {named} of {count} healthy loops ({told})."
    )
    return body, count, named


@dataclass(frozen=True)
class Planted:
    """A fault, and what names it."""

    label: str
    faults: Faults
    doubt: Doubt


PLANTED = (
    Planted("valve shut from day 24 on", Faults(valve_shut_from_day=24.0), Doubt.VALVE_SHUT),
    Planted("heat capped at half of design", Faults(heat_cap=0.5), Doubt.THROTTLED),
    Planted("heat 60 % of the curve's", Faults(heat_factor=0.6), Doubt.THROTTLED),
    Planted("supply and return swapped", Faults(swapped=True), Doubt.SENSORS_SWAPPED),
    Planted("exchanger at 55 % of its UA", Faults(fouled=0.55), Doubt.EXCHANGER_FOULED),
    Planted("heat in kWh taken for MJ", Faults(meter_factor=1 / 3.6), Doubt.IMPLAUSIBLE),
)


def _named(seed: int) -> str:
    """A table of planted faults: how often they are named, with rooms and without."""
    rows = []
    for planted in PLANTED:
        shares = []
        for rooms in (True, False):
            setting = replace(Setting(), faults=planted.faults)
            found = [one for *_, one in _loops(seed, PLANTED_WEATHERS, setting, rooms)]
            shares.append(f"{np.mean([planted.doubt in one.doubts for one in found]):.0%}")
        rows.append([planted.label, planted.doubt.value, *shares])
    count = PLANTED_WEATHERS * LOOPS_A_WEATHER
    return f"Named, of {count} loops each:\n\n" + text_table(
        ["planted", "named as", "rooms measured", "no rooms"], rows
    )


def _timed(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def _speed(pairs: list[tuple[LoopRecord, LoopPrior]]) -> float:
    """Processor seconds for 400 such loops."""
    return _timed(lambda: [identify(*pair) for pair in pairs]) * 400 / len(pairs)


def main() -> None:
    """Measure and write."""
    coarse = Setting(rooms=3, temperature_noise_k=0.5, temperature_bias_k=0.4, room_bias_k=0.5)
    settings = (
        ("With rooms measured, 30 days hourly", Setting(), True),
        ("Without rooms", Setting(), False),
        ("Three rooms, sensors of 0.5 K", coarse, True),
        ("Walls and air apart (2R2C), with rooms", Setting(two_nodes=True), True),
        ("Walls and air apart (2R2C), without rooms", Setting(two_nodes=True), False),
    )
    parts, healthy, alarms = [], 0, 0
    for index, (label, setting, rooms) in enumerate(settings):
        weathers = WEATHERS if index < 2 else FEW_WEATHERS
        body, count, named = _accuracy(label, 1000 * (index + 1), setting, rooms, weathers)
        parts.append(body)
        healthy, alarms = healthy + count, alarms + named
        print(body, flush=True)
    parts.append(_named(9000))
    long = make_loops(1, SPEED_LOOPS, Setting(days=SPEED_DAYS))
    seconds = _speed(list(zip(long.records, long.priors, strict=True)))
    figures = [
        at_most("healthy loops that are doubted", 100.0 * alarms / healthy, 2.0, "%"),
        at_most("400 loops of 60 days hourly, one core", seconds, SPEED_LIMIT_S, "s"),
    ]
    write_section(TITLE, "\n\n".join([rows_table(figures), *parts]))


if __name__ == "__main__":
    main()
