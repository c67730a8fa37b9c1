"""Mains as the plan needs them: capacity, loss, delay, and what is on its way at the start."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Case, Link
from dispatch.case_kinds import OutageKind
from dispatch.initial_state import LastPlan, last_steps
from dispatch.main_capacity import capacity_mw
from dispatch.main_past import planned_on_the_way, sent_on_the_way
from dispatch.network_inputs import loss_mw, soil_c
from dispatch.outages import added_loss_mw, available_fraction
from dispatch.pipe import OnTheWay, Pipe, arrival_clock, nothing_known, pipe
from dispatch.source_inputs import SourceInputs
from dispatch.time_grid import TimeGrid

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

FLOW_LEVELS = (0.4, 0.7, 1.0)  # of design flow, at which `links.csv` gives the delay


@dataclass(frozen=True)
class LinkInputs:
    """One main; arrays (step,). Loss and delays are known before the solve (design §5)."""

    link: Link
    is_tie: bool  # from a zone to another
    is_open: Mask  # the main is there, and a source of its plant
    value_yuan_per_mwh: float  # of heat left in it at the end
    capacity_mw: Array
    loss_mw: Array
    sent_before_mw: float  # just before the start
    pipe: Pipe


def delay_h(link: Link, relative_load: Array) -> Array:
    """Transport delay at the flow a relative load asks for, between the three given, h."""
    delays = (link.delay_h_at_40pct_flow, link.delay_h_at_70pct_flow, link.delay_h_at_100pct_flow)
    return np.asarray(np.interp(relative_load, FLOW_LEVELS, delays))


def _plant_is_there(case: Case, plant: str, grid: TimeGrid) -> Mask:
    """Whether any source of a plant can run in each step, by `outages.csv`."""
    there = np.zeros(grid.steps, dtype=bool)
    for source in case.sources:
        if source.plant_id == plant:
            name = source.source_id
            there |= available_fraction(case, OutageKind.SOURCE, name, grid, grid.edges_h) > 0.0
    return there


def _past(
    link: Link, last: LastPlan | None, natural_delay_h: float, settled_mw: float
) -> tuple[OnTheWay, float | None]:
    """What is in a main at the start, and when what leaves then arrives if a plan said so, h."""
    if last is not None:
        planned = planned_on_the_way(last, link.link_id)
        if planned is not None and planned[1] > 0.0:
            return planned
        sent = sent_on_the_way(last, link.link_id, natural_delay_h)
        if sent is not None:
            return sent, None
    return nothing_known(settled_mw, natural_delay_h), None


def _sent_before_mw(link: Link, last: LastPlan | None, settled_mw: float) -> float:
    """What was sent into a main just before the start, MW; settled where no plan says it."""
    if last is None:
        return settled_mw
    sent = last_steps(last.link_sent_mw, link.link_id, last.step_h, 1)
    known = sent is not None and bool(np.isfinite(sent[-1]))
    return float(sent[-1]) if sent is not None and known else settled_mw


def _pipe(
    link: Link,
    grid: TimeGrid,
    relative_load: Array,
    last: LastPlan | None,
    settled_mw: float,
    is_open: Mask,
) -> Pipe:
    """The main's clock under the expected load, and what it holds at the start."""
    delays_h = delay_h(link, relative_load)
    arrives_h = arrival_clock(grid.edges_h, delays_h)
    on_the_way, first_h = _past(link, last, float(arrives_h[0] - grid.edges_h[0]), settled_mw)
    if first_h is not None:
        arrives_h = arrival_clock(grid.edges_h, delays_h, first_h)
    return pipe(grid.edges_h, arrives_h, on_the_way, is_open)


def link_inputs(
    case: Case,
    link: Link,
    grid: TimeGrid,
    relative_load: Array,
    last: LastPlan | None,
    settled_mw: float,
    value_yuan_per_mwh: float,
) -> LinkInputs:
    """Work out one main; `settled_mw` was sent before the start if no plan says what was."""
    present = available_fraction(case, OutageKind.LINK, link.link_id, grid, grid.edges_h)
    leaks_mw = added_loss_mw(case, link.link_id, grid.start, grid.edges_h)
    is_tie = case.is_tie(link)
    is_open = present > 0.0
    if not is_tie:  # whether a zone has heat to pass on is for the plan to say
        is_open &= _plant_is_there(case, link.from_id, grid)
    return LinkInputs(
        link=link,
        is_tie=is_tie,
        is_open=is_open,
        value_yuan_per_mwh=value_yuan_per_mwh,
        capacity_mw=capacity_mw(case, link, relative_load) * present,
        # A main that is out is shut and loses nothing that anyone pays for.
        loss_mw=(loss_mw(case, link, relative_load, soil_c(case, grid)) + leaks_mw)
        * (present > 0.0),
        sent_before_mw=_sent_before_mw(link, last, settled_mw),
        pipe=_pipe(link, grid, relative_load, last, settled_mw, is_open),
    )


def with_outlets(
    sources: Sequence[SourceInputs], links: Sequence[LinkInputs]
) -> tuple[SourceInputs, ...]:
    """Sources that know what the mains of their plant take, and took before the start.

    Before the start that is what the plant sent, or where a main is shut since then, as much more
    than now as went into it: the others may be large enough, but their zones need not want it.
    """

    def of(unit: SourceInputs) -> SourceInputs:
        plant = unit.source.plant_id
        mains = [item for item in links if item.link.from_id == plant]
        before = [other.heat_before_mw for other in sources if other.source.plant_id == plant]
        outlet = np.zeros_like(unit.outlet_mw) + sum(item.capacity_mw for item in mains)
        shut = sum(max(0.0, item.sent_before_mw - float(item.capacity_mw[0])) for item in mains)
        outlet_before = max(sum(before), float(outlet[0]) + shut)
        return replace(unit, outlet_mw=outlet, outlet_before_mw=outlet_before)

    return tuple(of(unit) for unit in sources)
