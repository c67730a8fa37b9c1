"""What a terminal shows of a plan beyond its plain screen: sources, heat by hour, cold stations."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from dispatch.case_kinds import SourceKind
from dispatch.messages import day, say
from dispatch.plan import Plan
from dispatch.run_tables import GJ_PER_MWH, labels, utc_datetime
from scenarios.stacked_chart import MARKS, Chart, Layer

Array = NDArray[np.float64]
COLDEST = 5
TICK_H = 12


def source_columns() -> tuple[str, ...]:
    """Return the heads of the table of sources."""
    return (
        say("terminal.source"),
        say("terminal.heat_mw"),
        say("terminal.heat_gj"),
        say("terminal.share"),
        say("terminal.supply"),
        say("terminal.return"),
        say("terminal.flow"),
    )


def source_rows(plan: Plan) -> tuple[tuple[str, ...], ...]:
    """Return a row a source: means of the horizon; water is that of its plant."""
    schedule = plan.schedule
    mean_mw = schedule["source_heat"].values.mean(axis=1)
    total_mw = max(float(mean_mw.sum()), 1e-9)
    plants = labels(schedule, "plant")
    water = [
        schedule[name].values.mean(axis=1)
        for name in ("plant_supply_temp", "plant_return_temp", "plant_flow")
    ]
    rows = []
    for row, source in enumerate(labels(schedule, "source")):
        plant = plants.index(labels(schedule, "source_plant")[row])
        rows.append(
            (
                source,
                f"{mean_mw[row]:.1f}",
                f"{mean_mw[row] * GJ_PER_MWH:.0f}",
                f"{100 * mean_mw[row] / total_mw:.1f}",
                *(
                    _known(one[plant], decimals)
                    for one, decimals in zip(water, (1, 1, 0), strict=True)
                ),
            )
        )
    return tuple(rows)


def heat_chart(plan: Plan) -> Chart:
    """Return the heat of the sources by step, the largest first, with the outdoor temperature."""
    schedule = plan.schedule
    kinds = {source.source_id: source.kind for source in plan.case.sources}
    # A tank that is filled takes heat: it has no place in a stack.
    heats = [
        (name, np.maximum(schedule["source_heat"].values[row], 0.0))
        for row, name in enumerate(labels(schedule, "source"))
        if kinds[name] is not SourceKind.THERMAL_STORAGE
    ]
    heats.sort(key=lambda one: -float(one[1].sum()))
    alone, others = heats[: len(MARKS) - 1], heats[len(MARKS) - 1 :]
    if others:
        alone.append((say("terminal.others"), np.sum([heat for _, heat in others], axis=0)))
    outdoor_c = schedule["air_temperature"].values
    below = say("terminal.outdoor", low_c=float(outdoor_c.min()), high_c=float(outdoor_c.max()))
    return Chart(
        say("terminal.heat_title"),
        tuple(Layer(name, tuple(heat.tolist())) for name, heat in alone),
        _ticks(plan),
        Layer(below, tuple(outdoor_c.tolist())),
    )


def coldest_columns() -> tuple[str, ...]:
    """Return the heads of the table of cold stations."""
    return (
        say("terminal.station"),
        say("terminal.zone"),
        say("terminal.coldest"),
        say("terminal.at"),
        say("terminal.homes"),
    )


def coldest_rows(plan: Plan) -> tuple[tuple[str, ...], ...]:
    """Return the loops with the coldest rooms while somebody is due to be warm, coldest first."""
    schedule, settings = plan.schedule, plan.case.settings
    due = schedule["station_floor"].values >= settings.comfort.legal_min_c
    indoor_c = np.where(due, schedule["station_indoor"].values, np.inf)
    least_c, steps = indoor_c.min(axis=1), indoor_c.argmin(axis=1)
    order = [int(row) for row in np.argsort(least_c, kind="stable") if np.isfinite(least_c[row])]
    zones, names = labels(schedule, "station_zone"), labels(schedule, "station")
    step = timedelta(hours=float(schedule.attrs["step_h"]))
    zone = ZoneInfo(settings.timezone)
    ends = [(utc_datetime(one) + step).astimezone(zone) for one in schedule["time"].values]
    return tuple(
        (
            names[row],
            zones[row],
            f"{least_c[row]:.1f}",
            f"{ends[steps[row]]:%m-%d %H:%M}",
            f"{schedule['station_homes'].values[row]:.0f}",
        )
        for row in order[:COLDEST]
    )


def _ticks(plan: Plan) -> tuple[tuple[int, str], ...]:
    """Midnights by the day, noons by the hour, local time."""
    zone = ZoneInfo(plan.case.settings.timezone)
    times = [utc_datetime(one).astimezone(zone) for one in plan.schedule["time"].values]
    return tuple(
        (step, f"{at:%H:%M}" if at.hour else day(at))
        for step, at in enumerate(times)
        if at.hour % TICK_H == 0 and at.minute == 0
    )


def _known(value: float, decimals: int) -> str:
    return f"{value:.{decimals}f}" if np.isfinite(value) else say("cli.no_value")
