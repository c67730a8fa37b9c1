"""Rooms follow the heat: the exact 1R1C building, worked out here a second time on purpose."""

from dataclasses import dataclass

import numpy as np

from dispatch.audit_rules.published import BALANCE_ALLOWED, FloatArray, PublishedPlan, finding
from dispatch.audit_rules.rule import Rule
from dispatch.plan import AuditFinding

FACTOR_BOUNDS = (0.85, 1.15)  # design §5: what measured load may correct


@dataclass(frozen=True)
class Rooms:
    """What acts on the rooms of each station in each step; arrays on (station, time)."""

    loss: FloatArray  # K, W/(m² K), with wind
    inflow: FloatArray  # heat and gains, W/m²
    rest_temp_c: FloatArray  # temperature at which nothing changes
    kept: FloatArray  # part of the distance to it left after a step
    theta_before_c: FloatArray  # published, at the start of each step
    theta_c: FloatArray  # published, at the end of each step


def rooms(plan: PublishedPlan) -> Rooms:
    """Heat flows and the step response of H F6 from the plan's own weather and parameters.

    C·dθ/dτ = q + g − x − K(θ − t_w), K = specific_loss + wind_loss·max(0, u − u₀),
    g = gain + aperture·radiation: θ⁺ = t∞ + (θ − t∞)·e^(−KΔ/C), t∞ = t_w + (q + g − x)/K; with
    measured load x = (demand_factor − 1)·max(0, K(target − t_w) − g), else nothing.
    """

    def column(name: str) -> FloatArray:
        return plan.values(name)[:, np.newaxis]

    reference = plan.attribute("wind_reference_m_per_s")
    wind = np.maximum(0.0, plan.values("wind_speed") - reference)
    loss = column("station_specific_loss") + column("station_wind_loss") * wind
    gain = column("station_gain") + column("station_solar_aperture") * plan.values(
        "global_radiation"
    )
    heat = (plan.values("station_heat") * 1000 / column("station_area"))[:, plan.block_of_step]
    steady = loss * (plan.values("station_target") - plan.values("air_temperature")) - gain
    gain = gain - (plan.demand_factor - 1.0) * np.maximum(steady, 0.0)
    theta = plan.values("station_indoor")
    before = np.concatenate([column("station_indoor_before"), theta[:, :-1]], axis=1)
    seconds = plan.step_h * 3600
    return Rooms(
        loss=loss,
        inflow=heat + gain,
        rest_temp_c=plan.values("air_temperature") + (heat + gain) / loss,
        kept=np.exp(-loss * seconds / column("station_heat_capacity")),
        theta_before_c=before,
        theta_c=theta,
    )


def rolled_c(plan: PublishedPlan, room: Rooms) -> FloatArray:
    """(station, time) the exact solution rolled from station_indoor_before, °C at step ends."""
    rolled = np.empty_like(room.theta_c)
    theta = plan.values("station_indoor_before")
    for step in range(rolled.shape[1]):
        target = room.rest_temp_c[:, step]
        theta = target + (theta - target) * room.kept[:, step]
        rolled[:, step] = theta
    return rolled


def check_indoor(plan: PublishedPlan, room: Rooms) -> AuditFinding:
    """station_indoor is the exact solution rolled from station_indoor_before, K."""
    breach = np.abs(room.theta_c - rolled_c(plan, room))
    return finding(plan, Rule.INDOOR_TEMPERATURE, breach, ("station", "time"), BALANCE_ALLOWED)


def check_demand_factor(plan: PublishedPlan) -> AuditFinding:
    """demand_factor within `FACTOR_BOUNDS`: more would be heat that no building asks for."""
    low, high = FACTOR_BOUNDS
    factor = plan.demand_factor
    breach = np.maximum(low - factor, factor - high)
    return finding(plan, Rule.DEMAND_FACTOR, breach, ("time",), BALANCE_ALLOWED)


def check_buildings(plan: PublishedPlan, room: Rooms) -> AuditFinding:
    """Σ heat + gains − loss = C·A·Δθ of each station over the horizon, of its inflow.

    The loss of a step is at the exact mean temperature of the step between the published ends,
    θ̄ = t∞ + (θ − t∞)(1 − a)/ln(1/a), a = e^(−KΔ/C).
    """
    seconds = plan.step_h * 3600
    capacity = plan.values("station_heat_capacity")
    decay = room.loss * seconds / capacity[:, np.newaxis]  # ln(1/a)
    mean = room.rest_temp_c + (room.theta_before_c - room.rest_temp_c) * (1 - room.kept) / decay
    lost = room.loss * (mean - plan.values("air_temperature"))
    gained = ((room.inflow - lost) * seconds).sum(axis=1)
    stored = capacity * (room.theta_c[:, -1] - plan.values("station_indoor_before"))
    turnover = np.maximum(np.abs(room.inflow).sum(axis=1) * seconds, capacity)
    breach = np.abs(gained - stored) / turnover
    return finding(plan, Rule.BUILDING_BALANCE, breach, ("station",), BALANCE_ALLOWED)
