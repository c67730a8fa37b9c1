"""The stock of a yard to the season's end with its band, in letters for a terminal."""

import numpy as np

from dispatch.fuel.outlook import FuelOutlook, YardOutlook
from dispatch.messages import say
from scenarios.stacked_chart import Chart, Layer

TICK_DAYS = 14


def stock_chart(outlook: FuelOutlook, yard: YardOutlook) -> Chart:
    """Return what nine, five and one in ten winters leave at least, stacked."""
    rows = outlook.table[outlook.table["yard_id"] == yard.yard.yard_id]
    low, middle, high = (rows[f"stock_t_{band}"].to_numpy(float) for band in ("p10", "p50", "p90"))
    layers = (
        Layer(say("terminal.stock_sure"), tuple(low.tolist())),
        Layer(say("terminal.stock_half"), tuple(np.maximum(middle - low, 0.0).tolist())),
        Layer(say("terminal.stock_chance"), tuple(np.maximum(high - middle, 0.0).tolist())),
    )
    dates = outlook.ahead.dates
    ticks = tuple(
        (step, f"{dates[step]:%m-%d}") for step in range(0, min(len(dates), len(rows)), TICK_DAYS)
    )
    return Chart(say("terminal.stock_title", yard=yard.yard.yard_id), layers, ticks)
