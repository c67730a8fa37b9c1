"""The outlook as files, by name: tables, a page, a picture of each yard."""

from collections.abc import Iterable, Mapping

import pandas as pd

from dispatch.fuel.outlook import FuelOutlook
from dispatch.fuel.season_need import SeasonNeed
from dispatch.run_tables import frame_file
from dispatch.settings import Settings
from scenarios.coal_chart import yard_figure
from scenarios.coal_page import coal_page
from scenarios.drawing import drawing_style, png_bytes, svg_text

OUTLOOK_FILE, ORDERS_FILE, PAGE_FILE = "fuel_outlook.csv", "coal_orders.csv", "outlook.html"
SEASON_FILE = "season_need.csv"
ORDER_COLUMNS = ("yard_id", "policy", "order_by", "arrives", "tonnes", "units", "is_late")
SEASON_COLUMNS = (
    *("yard_id", "season_first", "season_last", "counted_from"),
    *(
        "needed_t_p50",
        "needed_t_p90",
        "lost_t",
        "on_hand_t",
        "deliveries_t",
        "shortfall_t_p50",
        "shortfall_t_p90",
    ),
    *("storage_rate_asked", "storage_target_t", "storage_asked_t", "storage_at_start_t"),
    *("storage_met_on", "storage_met_on_p90", "storage_missing_t", "storage_order_by"),
)
_UNSAFE = frozenset('/\\:*?"<>|') | {chr(code) for code in range(32)}


def outlook_files(settings: Settings, outlook: FuelOutlook) -> dict[str, bytes]:
    """Return every file of an outlook by name."""
    names = picture_names(yard.yard.yard_id for yard in outlook.yards)
    pictures, svg = {}, {}
    for yard in outlook.yards:
        yard_id = yard.yard.yard_id
        with drawing_style():
            drawn = yard_figure(outlook, yard, settings.timezone)
            svg[yard_id] = svg_text(drawn)
            if not yard_id.isascii():  # the font of a PNG may lack its letters
                drawn = yard_figure(outlook, yard, settings.timezone, named=False)
            pictures[names[yard_id]] = png_bytes(drawn)
    return {
        OUTLOOK_FILE: frame_file(outlook.table, settings.timezone),
        ORDERS_FILE: frame_file(orders_table(outlook), settings.timezone),
        PAGE_FILE: coal_page(settings, outlook, svg).encode(),
        **pictures,
    }


def orders_table(outlook: FuelOutlook) -> pd.DataFrame:
    """Return a row an order of each way of ordering, in order of their dates."""
    rows = [
        (
            yard.yard.yard_id,
            result.policy.value,
            order.order_by.isoformat(),
            order.arrives.isoformat(),
            float(order.tonnes),
            order.units,
            order.is_late,
        )
        for yard in outlook.yards
        for result in yard.policies
        for order in sorted(result.orders, key=lambda one: one.order_by)
    ]
    return pd.DataFrame(rows, columns=list(ORDER_COLUMNS))


def season_file(need: SeasonNeed, timezone: str) -> bytes:
    """Return `season_need.csv`: a row a yard, empty cells where there is no storage rule."""
    rows = []
    for yard in need.yards:
        rule = yard.storage
        asked = (
            [None] * 8
            if rule is None
            else [
                rule.rate,
                rule.target_t,
                rule.asked_t,
                rule.at_start_t,
                rule.met_on,
                rule.met_on_p90,
                rule.missing_t,
                rule.order_by,
            ]
        )
        rows.append(
            (
                yard.yard.yard_id,
                need.season.first,
                need.season.last,
                yard.counted_from,
                yard.needed_t_p50,
                yard.needed_t_p90,
                yard.lost_t,
                yard.on_hand_t,
                yard.deliveries_t,
                yard.shortfall_t_p50,
                yard.shortfall_t_p90,
                *asked,
            )
        )
    frame = pd.DataFrame(rows, columns=list(SEASON_COLUMNS), dtype=object)
    return frame_file(frame, timezone)


def picture_names(yard_ids: Iterable[str]) -> Mapping[str, str]:
    """Return a file name for each yard: its id, without what no file name can hold.

    Ids that would share a name, also where upper and lower case are one, are told apart by a
    number.
    """
    names: dict[str, str] = {}
    for yard_id in yard_ids:
        safe = "".join("_" if letter in _UNSAFE else letter for letter in yard_id).lstrip(".")
        name, k = safe or "yard", 1
        while f"{name}.png".lower() in {taken.lower() for taken in names.values()}:
            k += 1
            name = f"{safe or 'yard'}-{k}"
        names[yard_id] = f"{name}.png"
    return names
