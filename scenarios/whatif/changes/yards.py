"""Changes of coal yards: the road to them, what lies in them, what else is ordered for them."""

from dataclasses import replace
from datetime import timedelta
from typing import Literal, Self

from pydantic import Field, model_validator

from dispatch.case import Case, Delivery, Outage, Yard
from dispatch.case_kinds import OutageKind
from dispatch.network_inputs import book_stock_t
from dispatch.plan import Remark
from dispatch.situation import Situation
from scenarios.whatif.change import Change, ChangeFault, NotApplicable
from scenarios.whatif.edit import edited, with_case
from scenarios.whatif.keys import not_one_of
from scenarios.whatif.window import TimedChange

ALL = "all"
LEAST_KCAL, MOST_KCAL = 1_500.0, 8_500.0  # of a row of deliveries.csv


def yards_of(case: Case, named: str, column: str = "yard") -> tuple[Yard, ...]:
    """Return the yard of an id, the `largest`, or `all`.

    Raises NotApplicable where the case has none, ChangeFault for an id that is none.
    """
    if not case.yards:
        raise NotApplicable(Remark("change_fault.no_yard"))
    if named == ALL:
        return case.yards
    if named == "largest":
        return (max(case.yards, key=lambda yard: yard.capacity_t),)
    found = tuple(yard for yard in case.yards if yard.yard_id == named)
    if not found:
        options = ", ".join([*(yard.yard_id for yard in case.yards), "largest", ALL])
        values = {"value": named, "options": options}
        raise ChangeFault(column, Remark("change_fault.unknown_yard", values))
    return found


class YardClosed(TimedChange):
    """Road or rail to a yard cut by snow or by order: what arrives waits until it opens."""

    kind: Literal["yard_closed"] = "yard_closed"
    yard: str = ALL
    to_h: float | None = Field(default=72, gt=0, le=8_760)
    open_share: float = Field(default=0, ge=0, lt=1)  # of the unloading that still gets through

    def applied(self, situation: Situation) -> Situation:
        """Return the situation with the road cut."""
        begins, ends = self.window(situation)
        cut = tuple(
            Outage.model_validate(
                {
                    "kind": OutageKind.YARD,
                    "id": yard.yard_id,
                    "from": begins,
                    "to": ends,
                    "available_fraction": self.open_share,
                }
            )
            for yard in yards_of(situation.case, self.yard)
        )
        return with_case(situation, outages=(*situation.case.outages, *cut))


class YardStock(Change):
    """Another stock in a yard at the plan's start: so many tonnes, or a share of what is there.

    Surveys and scales of the yard no longer count, since they know the old stock.
    """

    kind: Literal["yard_stock"] = "yard_stock"
    yard: str = ALL
    stock_t: float | None = Field(default=None, ge=0, le=10_000_000)
    factor: float | None = Field(default=None, ge=0, le=10)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        wrong = not_one_of(stock_t=self.stock_t, factor=self.factor)
        if wrong is not None:
            raise wrong
        return self

    def applied(self, situation: Situation) -> Situation:
        """Return the situation with the stock."""
        case, state = situation.case, situation.state
        stock = {yard.yard_id: self._stock_t(yard, situation) for yard in yards_of(case, self.yard)}
        last = state.last
        if last is not None:  # or a figure like that of the file would count as no new one
            told = {yard: t for yard, t in last.stock_in_file_t.items() if yard not in stock}
            last = replace(last, stock_in_file_t=told)
        anchors = {yard: at for yard, at in state.anchors.items() if yard not in stock}
        changed = with_case(
            situation,
            yards=tuple(
                edited(yard, stock_t=stock[yard.yard_id]) if yard.yard_id in stock else yard
                for yard in case.yards
            ),
            surveys=tuple(row for row in case.surveys if row.yard_id not in stock),
            coal_daily=tuple(row for row in case.coal_daily if row.yard_id not in stock),
        )
        return replace(changed, state=replace(state, last=last, anchors=anchors))

    def _stock_t(self, yard: Yard, situation: Situation) -> float:
        stock_t = self.stock_t
        if stock_t is None:
            stock_t = (self.factor or 0.0) * book_stock_t(yard, situation.state.last)
        if stock_t > yard.capacity_t:
            values = {"yard": yard.yard_id, "stock": stock_t, "capacity": yard.capacity_t}
            column = "factor" if self.stock_t is None else "stock_t"
            raise ChangeFault(column, Remark("change_fault.stock_above_capacity", values))
        return stock_t


class ExtraOrder(Change):
    """Coal ordered now, above what is on its way: so many trains, trucks or ships for a yard."""

    kind: Literal["extra_order"] = "extra_order"
    yard: str = "largest"
    units: int = Field(default=1, ge=1, le=500)
    unit_t: float | None = Field(default=None, gt=0, le=200_000)  # None: that of the yard
    after_days: float | None = Field(default=None, ge=0, le=90)  # None: the yard's lead time
    confidence: float = Field(default=1, gt=0, le=1)
    kcal_per_kg: float | None = Field(default=None, ge=LEAST_KCAL, le=MOST_KCAL)  # None: the pile's

    def applied(self, situation: Situation) -> Situation:
        """Return the situation with the order on its way."""
        case = situation.case
        more = tuple(self._delivery(yard, situation) for yard in yards_of(case, self.yard))
        return with_case(situation, deliveries=(*case.deliveries, *more))

    def _delivery(self, yard: Yard, situation: Situation) -> Delivery:
        days = yard.lead_time_days if self.after_days is None else self.after_days
        tonnes = self.units * (self.unit_t or yard.unit_t)
        if tonnes > yard.capacity_t:
            values = {"yard": yard.yard_id, "tonnes": tonnes, "capacity": yard.capacity_t}
            raise ChangeFault("units", Remark("change_fault.order_above_capacity", values))
        return Delivery(
            yard_id=yard.yard_id,
            arrival_time=situation.grid.start + timedelta(days=days),
            tonnes=tonnes,
            net_calorific_kcal_per_kg=self.kcal_per_kg
            or situation.case.fuel_of(yard.fuel_id).net_calorific_value,
            confidence=self.confidence,
        )


CHANGES = (YardClosed, YardStock, ExtraOrder)
