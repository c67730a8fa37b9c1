"""What is on its way in the mains where one plan ends and the next one starts.

The state file says, for every step at which a new plan may start: what the main then holds, when
what leaves at that moment arrives, and what arrives in the steps after it. So heat that is on its
way arrives when and as much as the plan said that sent it, even where the new forecast changes
the flow, and nothing is gained or lost at the seam.
"""

import numpy as np

from dispatch.initial_state import LastPlan, last_steps
from dispatch.pipe import CLOCK_H, OnTheWay, as_sent


def planned_on_the_way(last: LastPlan, link_id: str) -> tuple[OnTheWay, float] | None:
    """What the last plan left in a main, and when what leaves at the new start arrives, h.

    None where its state file is of an older form or does not know the main.
    """
    tables = last.link_arrival_mwh, last.link_content_mwh, last.link_delay_h
    if any(table is None or link_id not in table.ids for table in tables):
        return None
    arrival, content, delay = (table for table in tables if table is not None)
    now = int(np.argmin(np.abs(content.hours)))
    content_mwh = float(content.rows([link_id])[0, now])
    delay_h = float(delay.rows([link_id])[0, now])
    ahead = (arrival.hours > -1e-9) & (arrival.hours < delay_h - 0.5 * CLOCK_H)
    energy = arrival.rows([link_id])[0, ahead]
    if not (np.isfinite(content_mwh + delay_h) and np.isfinite(energy).all()):
        return None
    # The last of these steps brings new heat too: of it only what the main still holds by then.
    part_mwh = [max(0.0, content_mwh - energy[:-1].sum())] if energy.size else []
    edges_h = np.append(np.maximum(arrival.hours[ahead], 0.0), delay_h)
    return OnTheWay(edges_h, np.append(energy[:-1], part_mwh)), delay_h


def sent_on_the_way(last: LastPlan, link_id: str, delay_h: float) -> OnTheWay | None:
    """The same from what was sent alone, as older state files have it; None for a new main."""
    count = max(1, int(np.ceil(delay_h / last.step_h)))
    sent = last_steps(last.link_sent_mw, link_id, last.step_h, count)
    return None if sent is None else as_sent(sent, last.step_h, delay_h)
