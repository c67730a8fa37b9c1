"""What lies in a yard now, as the paths of the outlook take it (handbook §9).

The figure is the plan's own: `dispatch.surveyed_stock.start_stocks` works it out once, with its
error, for plan and outlook alike.
"""

from dispatch.case import Case, Yard
from dispatch.fuel.pile_paths import StockNow
from dispatch.start_stock import StartStocks


def stock_now(case: Case, yard: Yard, stocks: StartStocks) -> StockNow:
    """One yard at the start: tonnes, how sure they are, and the heat value of `fuels.csv`.

    A yard that `stocks` do not know is taken as its file says. `book_t` and `survey_t` are both
    carried to the start; None where the yard has no scales or surveys.
    """
    mwh_per_t = case.fuel_of(yard.fuel_id).mwh_per_unit
    found = stocks.by_yard.get(yard.yard_id)
    if found is None:
        return StockNow(yard.stock_t, 0.0, mwh_per_t)
    known = found.book_t, found.survey_t, found.surveyed_at
    return StockNow(found.stock_t, found.sd_t, mwh_per_t, *known)
