"""Are the figures of mains of the size they must be: wrong units show in the speed of water."""

import math
from collections.abc import Iterator

from dispatch.case import Link
from dispatch.case_faults import Fault
from dispatch.case_table import Table

SPEED_MAX_M_PER_S = 3.5  # of water in a main (handbook §7 [K])
WATER_KG_PER_M3 = 958.0  # at 100 °C: the supply pipe, where water is lightest and fastest
SLOWEST_M_PER_S = 0.03  # at full flow; handbook §7: 0.3 at night
LIMIT_M_PER_S = (0.2, 5.0)  # what the speed at the largest flow may be


def flow_tph(diameter_mm: float, speed_m_per_s: float) -> float:
    """Flow through a pipe of inner diameter, t/h."""
    area_m2 = math.pi / 4.0 * (diameter_mm / 1000.0) ** 2
    return area_m2 * speed_m_per_s * WATER_KG_PER_M3 * 3.6


def flow_max_tph(link: Link) -> float:
    """Largest flow of a main: as the case says, else at the highest speed allowed, t/h."""
    if link.flow_max_tph is not None:
        return link.flow_max_tph
    return flow_tph(link.diameter_mm, SPEED_MAX_M_PER_S)


def main_faults(links: Table[Link]) -> Iterator[Fault]:
    """Yield the faults of mains in which water would stand or shoot."""
    for row, link in links.placed():
        hours = link.delay_h_at_100pct_flow
        if hours > 0 and link.length_km / 3.6 / hours < SLOWEST_M_PER_S:
            speed = link.length_km / 3.6 / hours
            values = {"hours": hours, "length": link.length_km, "speed": speed}
            yield links.fault(row, "delay_h_at_100pct_flow", "main_too_slow", **values)
        speed = flow_max_tph(link) / flow_tph(link.diameter_mm, 1.0)
        if not LIMIT_M_PER_S[0] <= speed <= LIMIT_M_PER_S[1]:
            values = {"flow": flow_max_tph(link), "diameter": link.diameter_mm, "speed": speed}
            yield links.fault(row, "flow_max_tph", "main_flow", **values)
