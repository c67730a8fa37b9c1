"""Loops with known truth: buildings, people, emitters and sensors simulated, as telemetry has them.

Nothing here is taken from the identification: rooms by small explicit steps, water by F8 solved
for heat, sensors with bias, noise and resolution. All loops of a set are simulated at once.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from forecasts.demand.identified import ExchangerPrior, LoopPrior, LoopRecord, Prior

Floats = NDArray[np.float64]
Rng = np.random.Generator

STEP_H = 0.25  # of the simulation
START = np.datetime64("2025-12-01T00:00:00", "ns")
DESIGN_OUTDOOR_C = -8.0
WIND_REFERENCE = 3.0
EXPONENT = 1.3
DESIGN_SUPPLY_C, DESIGN_RETURN_C = 75.0, 50.0
PRIMARY_SUPPLY_C, PRIMARY_RETURN_C = 105.0, 50.0
UA_CLEAN_PER_DESIGN_HEAT = 1 / 16.0  # W/K per W: 55-65 kW/K per MW (handbook §6)
WATER_W_PER_K_PER_TPH = 4187.0 / 3.6
TYPICAL = {  # value and spread of an era about it
    "loss": (1.6, 0.25),
    "capacity": (310.0, 35.0),
    "gain": (3.5, 0.7),
    "aperture": (0.03, 0.008),
    "wind": (0.03, 0.01),
    "flow": (2.2, 0.5),
    "oversize": (1.25, 0.18),
    "room": (20.0, 1.0),
}


@dataclass(frozen=True)
class Truth:
    """What the loops really are, each (loop,); units as in `stations.csv`."""

    loss: Floats
    capacity: Floats
    gain: Floats
    aperture: Floats
    wind: Floats
    flow: Floats
    oversize: Floats
    room: Floats  # what the station is run for

    @property
    def time_constant_h(self) -> Floats:
        """τ = C/K."""
        return self.capacity / self.loss / 3.6


@dataclass(frozen=True)
class Faults:
    """What is wrong with every loop of a set; nothing where left out."""

    valve_shut_from_day: float = np.inf
    heat_factor: float = 1.0  # a throttled loop is given a share of what its curve asks
    heat_cap: float = np.inf  # or never more than this share of design heat
    swapped: bool = False
    fouled: float = 1.0  # UA over clean UA
    meter_factor: float = 1.0


@dataclass(frozen=True)
class Setting:
    """How a set is measured and lived in."""

    days: int = 30
    step_min: int = 60
    two_nodes: bool = False  # walls and air apart: 2R2C instead of 1R1C
    temperature_noise_k: float = 0.3
    temperature_bias_k: float = 0.2
    flow_error: float = 0.012  # sd; ±2 % as a rectangle
    rooms: int = 12
    room_bias_k: float = 0.3  # that all rooms of a loop share
    spread_k: float = 12.0  # of outdoor day means, at least
    faults: Faults = Faults()


@dataclass(frozen=True)
class Made:
    """Records of a set, what is believed of them beforehand, and the truth."""

    records: tuple[LoopRecord, ...]
    priors: tuple[LoopPrior, ...]
    truth: Truth
    room_c: Floats  # (loop, step): the mean of the buildings themselves


def draw_truth(rng: Rng, loops: int) -> Truth:
    """Truths spread about what is typical of the era."""
    drawn = {}
    for name, (value, sd) in TYPICAL.items():
        factor = np.exp(rng.normal(0.0, sd / value, loops))
        drawn[name] = value * factor if name != "room" else rng.normal(value, sd, loops)
    return Truth(**drawn)


def typical_prior(design_heat: float) -> LoopPrior:
    """What is believed of every loop before it is measured."""
    priors = {name: Prior(*pair) for name, pair in TYPICAL.items()}
    return LoopPrior(
        specific_loss_w_per_m2k=priors["loss"],
        heat_capacity_kj_per_m2k=priors["capacity"],
        gain_w_per_m2=priors["gain"],
        solar_aperture=priors["aperture"],
        wind_loss_w_per_m2k_per_m_s=priors["wind"],
        relative_flow=priors["flow"],
        emitter_oversize=priors["oversize"],
        room_c=priors["room"],
        wind_reference_m_per_s=WIND_REFERENCE,
        design_heat_w_per_m2=design_heat,
        design_supply_c=DESIGN_SUPPLY_C,
        design_return_c=DESIGN_RETURN_C,
        emitter_exponent=EXPONENT,
        exchanger=ExchangerPrior(
            design_heat * UA_CLEAN_PER_DESIGN_HEAT, PRIMARY_SUPPLY_C, PRIMARY_RETURN_C
        ),
    )


def _slow(rng: Rng, loops: int, steps: int, hours: float) -> Floats:
    """Unit-variance series that forget over `hours`, (loop, step)."""
    keep = np.exp(-STEP_H / hours)
    shocks = rng.normal(0.0, np.sqrt(1.0 - keep * keep), (steps, loops))
    start = rng.normal(0.0, 1.0, loops)
    out: Floats = lfilter([1.0], [1.0, -keep], shocks, axis=0, zi=keep * start[None, :])[0]
    return out.T


@dataclass(frozen=True)
class _Weather:
    outdoor_c: Floats
    wind: Floats
    radiation: Floats
    hour: Floats  # local, UTC+8


def _weather(rng: Rng, days: int, spread_k: float) -> _Weather:
    steps = round(days * 24 / STEP_H)
    time_h = np.arange(steps) * STEP_H
    local = (time_h + 8.0) % 24.0
    day_of = (time_h // 24).astype(int)
    while True:
        slow = _slow(rng, 1, steps, 60.0)[0]
        means = np.bincount(day_of, slow) / np.bincount(day_of)
        if np.ptp(means) > 1.5:
            break
    clear = np.clip(0.55 + 0.3 * _slow(rng, 1, steps, 18.0)[0], 0.1, 1.0)
    level = slow * max(4.0, spread_k / np.ptp(means) * 1.05)
    level = level - level.mean() + rng.uniform(-3.0, 2.0)
    outdoor = level - 4.0 * clear * np.cos(2 * np.pi * (local - 3.0) / 24.0)
    wind = np.maximum(0.0, 3.0 + 1.8 * _slow(rng, 1, steps, 10.0)[0])
    high = np.maximum(0.0, np.sin(np.pi * (local - 7.0) / 10.0)) * (local > 7) * (local < 17)
    return _Weather(outdoor, wind, 550.0 * high * clear, local)


def _filtered(values: Floats, hours: float) -> Floats:
    keep, out = np.exp(-STEP_H / hours), np.empty_like(values)
    now = values[0]
    for step, value in enumerate(values):
        now = keep * now + (1.0 - keep) * value
        out[step] = now
    return out


def _emitter(truth: Truth, design_heat: Floats) -> tuple[Floats, Floats]:
    """F8: mean over the room and spread of the water at design heat, K."""
    mean = (DESIGN_SUPPLY_C + DESIGN_RETURN_C) / 2 - 18.0
    spread = DESIGN_SUPPLY_C - DESIGN_RETURN_C
    return mean * truth.oversize ** (-1 / EXPONENT), spread / truth.flow


def _heat_of_supply(mean_k: Floats, half_k: Floats, lift_k: Floats) -> Floats:
    """Relative heat at a supply `lift_k` above the room: mean·Q^(1/n) + half·Q = lift."""
    lift = np.maximum(lift_k, 1e-6)
    root = lift / (mean_k + half_k)  # of Q^(1/n); falls onto the root from the convex side
    root = np.minimum(lift / mean_k, np.maximum(root, 1e-6))
    for _ in range(5):
        value = mean_k * root + half_k * root**EXPONENT - lift
        root = np.maximum(
            root - value / (mean_k + EXPONENT * half_k * root ** (EXPONENT - 1)), 1e-9
        )
    return np.where(lift_k > 0, root**EXPONENT, 0.0)


def _people(rng: Rng, truth: Truth, weather: _Weather) -> tuple[Floats, Floats]:
    """Gains of people by hour and day, and the loss of opened windows, (loop, step)."""
    loops, steps = truth.loss.size, weather.hour.size
    evening = np.exp(-((((weather.hour - 19.5 + 12) % 24) - 12) ** 2) / 8.0)
    morning = np.exp(-((((weather.hour - 7.5 + 12) % 24) - 12) ** 2) / 3.0)
    daily = evening + 0.6 * morning
    daily = daily / daily.mean()
    weekend = ((np.arange(steps) * STEP_H // 24) % 7 >= 5).astype(float)
    shape = rng.uniform(0.1, 0.5, (loops, 1)) * (daily - 1.0)[None, :]
    slow = 0.15 * _slow(rng, loops, steps, 36.0) + 0.2 * _slow(rng, loops, steps, 2.0)
    gains = truth.gain[:, None] * (1.0 + shape + slow + 0.08 * (weekend - 2 / 7)[None, :])
    open_now = _slow(rng, loops, steps, 1.5) > 2.2  # about 1 % of the time
    return gains, open_now * rng.uniform(0.1, 0.5, (loops, 1)) * truth.loss[:, None]


def _supply_curve(rng: Rng, truth: Truth, weather: _Weather, design: Floats) -> Floats:
    """Supply temperatures an operator sets: nearly right, on filtered outdoor air, (loop, step)."""
    mean_k, spread_k = _emitter(truth, design)
    heard = _filtered(weather.outdoor_c, 6.0)[None, :]
    slope = 1.0 + rng.normal(0.0, 0.03, truth.loss.size)
    middle = float(heard.mean())
    need = truth.loss[:, None] * (truth.room[:, None] - middle + slope[:, None] * (middle - heard))
    sun = 0.7 * truth.aperture * weather.radiation.mean()
    load = np.maximum(0.03, (need - truth.gain[:, None] - sun[:, None]) / design[:, None])
    lift = mean_k[:, None] * load ** (1 / EXPONENT) + 0.5 * spread_k[:, None] * load
    held = lift[:, (np.arange(lift.shape[1]) // round(4 / STEP_H)) * round(4 / STEP_H)]
    drift = 0.7 * _slow(rng, truth.loss.size, lift.shape[1], 30.0)
    return truth.room[:, None] + held + drift


def _simulate(rng: Rng, truth: Truth, weather: _Weather, setting: Setting) -> dict[str, Floats]:
    """Rooms, heat and water as they are, each (loop, step)."""
    loops, steps = truth.loss.size, weather.hour.size
    design = np.full(loops, TYPICAL["loss"][0] * (18.0 - DESIGN_OUTDOOR_C))
    mean_k, spread_k = _emitter(truth, design)
    wanted = _supply_curve(rng, truth, weather, design)
    gains, windows = _people(rng, truth, weather)
    faults = setting.faults
    shut = np.arange(steps) * STEP_H >= faults.valve_shut_from_day * 24.0
    share = 0.06 if setting.two_nodes else 0.0  # of the capacity in air and furniture
    between = 25.0  # W/(m²K) between air and walls
    air, walls = truth.room.copy(), truth.room - 0.8 * setting.two_nodes
    kept = {name: np.empty((loops, steps)) for name in ("room", "heat", "supply", "return")}
    seconds = STEP_H * 3600.0
    inner = 6 if setting.two_nodes else 1  # the air node is quick
    for step in range(steps):
        supply = wanted[:, step]
        load = _heat_of_supply(mean_k, spread_k / 2, supply - air)
        load = np.minimum(load * faults.heat_factor, faults.heat_cap)
        load = np.zeros(loops) if shut[step] else load
        heat = load * design
        supply = air + mean_k * load ** (1 / EXPONENT) + 0.5 * spread_k * load
        gust = max(0.0, weather.wind[step] - WIND_REFERENCE)
        loss = truth.loss + truth.wind * gust + windows[:, step]
        sun = truth.aperture * weather.radiation[step]
        out = weather.outdoor_c[step]
        before = air.copy()
        if setting.two_nodes:
            for _ in range(inner):
                flow = between * (air - walls)
                vent = 0.35 * loss
                air = air + (
                    0.6 * heat + gains[:, step] + 0.3 * sun - flow - vent * (air - out)
                ) * (seconds / inner / (share * truth.capacity * 1000))
                walls = walls + (0.4 * heat + 0.7 * sun + flow - (loss - vent) * (walls - out)) * (
                    seconds / inner / ((1 - share) * truth.capacity * 1000)
                )
        else:
            rest = out + (heat + gains[:, step] + sun) / loss
            air = rest + (air - rest) * np.exp(-seconds * loss / (truth.capacity * 1000))
        kept["room"][:, step] = 0.5 * (before + air)
        kept["heat"][:, step], kept["supply"][:, step] = heat, supply
        kept["return"][:, step] = supply - spread_k * load
    return kept


def _measured_rooms(rng: Rng, room: Floats, setting: Setting) -> Floats:
    """Median of rooms: each with its own level, slow ways and noise, all with a shared bias."""
    loops, steps = room.shape
    rooms = np.empty((setting.rooms, loops, steps), dtype=np.float32)
    for k in range(setting.rooms):
        own = rng.normal(0.0, 0.8, (loops, 1)) + 0.3 * _slow(rng, loops, steps, 12.0)
        noise = rng.normal(0.0, setting.temperature_noise_k, (loops, steps))
        rooms[k] = np.round((room + own + noise) * 10) / 10
    bias = rng.normal(0.0, setting.room_bias_k, (loops, 1))
    return np.median(rooms, axis=0).astype(np.float64) + bias


def _steps_of(values: Floats, step_min: int) -> Floats:
    """Means of measured steps, last axis."""
    per = round(step_min / 60 / STEP_H)
    whole = values.shape[-1] // per * per
    return values[..., :whole].reshape(*values.shape[:-1], -1, per).mean(axis=-1)


def _noisy(rng: Rng, values: Floats, setting: Setting) -> Floats:
    bias = rng.normal(0.0, setting.temperature_bias_k, (values.shape[0], 1))
    noise = rng.normal(0.0, setting.temperature_noise_k, values.shape)
    return np.round((values + bias + noise) * 10) / 10


def _primary(rng: Rng, kept: dict[str, Floats], truth: Truth, setting: Setting) -> list[Floats]:
    """Primary supply, return °C and flow t/h of exchangers of clean UA × fouled, 30 000 m²."""
    design = TYPICAL["loss"][0] * (18.0 - DESIGN_OUTDOOR_C)
    c2 = truth.flow[:, None] * design / (DESIGN_SUPPLY_C - DESIGN_RETURN_C)
    supply = np.full_like(kept["heat"], 85.0) + 3.0 * _slow(rng, *kept["heat"].shape, 30.0)
    film2 = truth.flow[:, None] ** -0.7
    clean = design * UA_CLEAN_PER_DESIGN_HEAT * setting.faults.fouled
    c1_design = design / (PRIMARY_SUPPLY_C - PRIMARY_RETURN_C)
    low = np.full_like(supply, 1e-4)
    high = np.full_like(supply, 20.0)
    for _ in range(40):  # the flow whose effectiveness passes the heat
        c1 = np.sqrt(low * high)
        ua = clean / (0.5 * ((c1_design / c1) ** 0.7 + film2))
        least, most = np.minimum(c1, c2), np.maximum(c1, c2)
        ratio = np.minimum(least / most, 1 - 1e-9)
        grown = np.exp(-ua / least * (1 - ratio))
        passed = (1 - grown) / (1 - ratio * grown) * least * (supply - kept["return"])
        low, high = (
            np.where(passed < kept["heat"], c1, low),
            np.where(passed < kept["heat"], high, c1),
        )
    flow = np.where(kept["heat"] > 0, np.sqrt(low * high), 0.0)
    back = np.where(flow > 1e-3, supply - kept["heat"] / np.maximum(flow, 1e-3), kept["return"])
    return [supply, back, flow * 30_000.0 / WATER_W_PER_K_PER_TPH]


def make_loops(
    seed: int, loops: int, setting: Setting = Setting(), truth: Truth | None = None
) -> Made:
    """Simulate loops under one weather and measure them. Same seed, same records."""
    rng = np.random.default_rng(seed)
    drawn = truth or draw_truth(rng, loops)
    weather = _weather(rng, setting.days, setting.spread_k)
    kept = _simulate(rng, drawn, weather, setting)
    primary = _primary(rng, kept, drawn, setting)
    rooms = _steps_of(_measured_rooms(rng, kept["room"], setting), setting.step_min)
    true_rooms = _steps_of(kept["room"], setting.step_min)
    water = {
        name: _noisy(rng, _steps_of(kept[name], setting.step_min), setting)
        for name in ("supply", "return")
    }
    first = [_noisy(rng, _steps_of(one, setting.step_min), setting) for one in primary[:2]]
    flow = _steps_of(primary[2], setting.step_min)
    heat = _steps_of(kept["heat"], setting.step_min)
    scale = 1.0 + rng.normal(0.0, setting.flow_error, (loops, 1))
    heat = heat * scale * (1.0 + rng.normal(0.0, 0.01, heat.shape)) * setting.faults.meter_factor
    heat = np.round(heat * 3.0) / 3.0  # a meter of 10 kW on 30 000 m²
    outdoor = _noisy(
        rng, np.repeat(_steps_of(weather.outdoor_c, setting.step_min)[None], loops, 0), setting
    )
    wind, sun = (_steps_of(one, setting.step_min) for one in (weather.wind, weather.radiation))
    if setting.faults.swapped:
        water = {"supply": water["return"], "return": water["supply"]}
    step = np.timedelta64(setting.step_min, "m")
    times = START + np.arange(heat.shape[1]) * step
    records = tuple(
        LoopRecord(
            loop_id=f"S{k:03d}.low", times=times, step_h=setting.step_min / 60, area_m2=30_000.0,
            heat_w_per_m2=heat[k], outdoor_c=outdoor[k], wind_m_per_s=wind,
            radiation_w_per_m2=sun, room_c=rooms[k],
            room_sensors=np.full(heat.shape[1], float(setting.rooms)),
            supply_c=water["supply"][k], return_c=water["return"][k],
            primary_supply_c=first[0][k], primary_return_c=first[1][k], primary_flow_tph=flow[k],
        )
        for k in range(loops)
    )  # fmt: skip
    prior = typical_prior(TYPICAL["loss"][0] * (18.0 - DESIGN_OUTDOOR_C))
    return Made(records, (prior,) * loops, drawn, true_rooms)


def without_rooms(record: LoopRecord) -> LoopRecord:
    """The same loop where no room is measured."""
    nothing = np.full(record.room_c.shape, np.nan)
    return replace(record, room_c=nothing, room_sensors=np.zeros(record.room_c.shape))
