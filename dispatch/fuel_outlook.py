"""The fuel planner's outlook: how long the coal lasts, when to order, what bad luck costs (H§9).

Three ranges in one chain: the hourly plan, the forecast with its spread, drawn winters to the
season's end, all through the same yards. See `dispatch/fuel/` for the parts.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import numpy as np
import pandas as pd
import xarray as xr

from dispatch.case import Yard
from dispatch.fuel.burn_joined import joined_to_plan
from dispatch.fuel.burn_paths import BurnAhead, YardBurn
from dispatch.fuel.coal_ahead import CoalAhead, burn_of
from dispatch.fuel.cover import cover_now
from dispatch.fuel.levels import crossings, levels_t
from dispatch.fuel.need_fit import fitted_to
from dispatch.fuel.order_terms import YardAhead
from dispatch.fuel.orders import next_order
from dispatch.fuel.outlook import FuelOutlook, Level, PolicyResult, YardOutlook
from dispatch.fuel.outlook_table import COLUMNS, OutlookDays, outlook_days, yard_rows
from dispatch.fuel.past_burn import PastBurn
from dispatch.fuel.policies import compare_policies

NEXT_DAYS = 7  # over which the power of a yard's units is told


def fuel_outlook(
    coal: CoalAhead,
    plan: xr.Dataset | None,
    past: dict[str, PastBurn] | None = None,
    *,
    compare: bool = True,
) -> FuelOutlook:
    """Take all yards from now to the season's end.

    `plan` is a plan's schedule (`schedule.py`) from the outlook's start on; without one the
    reduced dispatch goes on from now. `past` is by yard. Ways of ordering are
    compared only where asked, since they take longer than all else.
    """
    burn = coal.burn if plan is None else _with_plan(coal, plan)
    until = None if plan is None else plan_end(plan)
    days = outlook_days(coal.weather, until, coal.case.settings.timezone)
    yards, rows = [], [pd.DataFrame(columns=list(COLUMNS))]
    for yard, wanted in zip(coal.case.yards, burn.yards, strict=True):
        known = (past or {}).get(yard.yard_id, PastBurn())
        one, table = _yard(coal, yard, burn, wanted.times(known.factor), known, days, compare)
        yards.append(one)
        rows.append(table)
    return FuelOutlook(
        issued_at=coal.start,
        risk=coal.risk,
        ahead=coal.weather,
        burn=burn,
        yards=tuple(yards),
        table=pd.concat(rows[1:] or rows, ignore_index=True),
        plan_until=until,
    )


def plan_end(schedule: xr.Dataset) -> datetime:
    """End of a plan's horizon, aware."""
    last = pd.Timestamp(schedule["time"].values[-1], tz=UTC).to_pydatetime()
    return last + timedelta(hours=float(schedule.attrs["step_h"]))


def _with_plan(coal: CoalAhead, plan: xr.Dataset) -> BurnAhead:
    """The burn as the plan has it, and after it fitted to the plan."""
    need, fit = fitted_to(coal.need, plan, coal.case)
    reduced = burn_of(coal.case, coal.weather, need)
    joined = joined_to_plan(reduced, plan, coal.case, coal.weather)
    if joined.check is None:
        return joined
    return replace(joined, check=replace(joined.check, level=fit.level))


def _yard(
    coal: CoalAhead,
    yard: Yard,
    all_burn: BurnAhead,
    burn: YardBurn,
    known: PastBurn,
    days: OutlookDays,
    compare: bool,
) -> tuple[YardOutlook, pd.DataFrame]:
    """One yard, and its rows of the table."""
    name, hours = yard.yard_id, coal.weather.hours
    coming, now = coal.coming[name], coal.stocks[name]
    simulate = partial(coal.piles, yard, burn)
    piles = simulate(coming)
    level_t = levels_t(burn, piles, hours)
    terms = coal.terms[name]
    reserve_t = level_t[Level.RESERVE]
    ahead = YardAhead(piles, coming, burn, reserve_t, terms, simulate)
    order = next_order(ahead)
    policies: tuple[PolicyResult, ...] = ()
    if compare:
        policies = compare_policies(ahead, order)
    mean_t = known.mean_t_per_day
    before_t = None if mean_t is None else np.full(NEXT_DAYS, mean_t)
    target = yard.storage_target_t
    power = all_burn.power_mw[name]
    one = YardOutlook(
        yard=yard,
        now=now,
        burn=burn,
        piles=piles,
        reserve_t=reserve_t,
        level_t=level_t,
        crossings=crossings(piles, level_t, days.dates, coal.risk),
        cover=cover_now(burn, piles, now, hours, before_t),
        order=order,
        policies=policies,
        power_mw=float(np.average(power[:NEXT_DAYS], weights=hours[:NEXT_DAYS])),
        storage_rate=None if target is None else now.stock_t / target,
        open_part=coal.open_part(yard),
    )
    return one, yard_rows(days, burn, piles, level_t, before_t, order)
