"""Changes of prices and of what the plan makes least.

Prices move a plan only where it makes cost least: under `minimise = "fuel"` every tce counts the
same (design §5), and only the bill changes. A scenario about prices has `[[scene]]` with
`kind = "minimise"`, so that the plan it is compared with makes cost least too.
"""

from typing import Literal, Self

from pydantic import Field, model_validator

from dispatch.case import Case, Fuel, ScheduleRow
from dispatch.case_kinds import Minimise, SourceKind
from dispatch.plan import Remark
from dispatch.situation import Situation
from scenarios.whatif.change import Change, ChangeFault, NotApplicable
from scenarios.whatif.edit import edited, with_case, with_settings, with_sources
from scenarios.whatif.keys import none_of, not_one_of
from scenarios.whatif.selection import source_of

ALL = "all"
USUAL_FUELS = ("coal", "gas")  # what many cases have: one that lacks it has no question to ask


class FuelPrice(Change):
    """Coal or gas dearer or cheaper: another price, or a factor on it.

    Deliveries that are on their way come at their own price.
    """

    kind: Literal["fuel_price"] = "fuel_price"
    fuel: str = "coal"  # kind or fuel_id of fuels.csv, or `all`
    factor: float | None = Field(default=None, ge=0, le=10)
    price: float | None = Field(default=None, ge=0, le=20_000)  # yuan per t or Nm³

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        wrong = not_one_of(factor=self.factor, price=self.price)
        if wrong is not None:
            raise wrong
        return self

    def applied(self, situation: Situation) -> Situation:
        """Return the situation with the price."""
        named = self._fuel_ids(situation.case)

        def priced(row: Fuel) -> Fuel:
            if row.fuel_id not in named:
                return row
            price = self.price if self.price is not None else row.price * (self.factor or 0.0)
            return edited(row, price=price)

        return with_case(situation, fuels=tuple(priced(row) for row in situation.case.fuels))

    def _fuel_ids(self, case: Case) -> frozenset[str]:
        found = frozenset(
            row.fuel_id for row in case.fuels if self.fuel in (ALL, row.fuel_id, row.kind)
        )
        if not found and (self.fuel in (ALL, *USUAL_FUELS) or not case.fuels):
            raise NotApplicable(Remark("change_fault.no_fuel", {"fuel": self.fuel}))
        if not found:
            known = dict.fromkeys(name for row in case.fuels for name in (row.kind, row.fuel_id))
            values = {"value": self.fuel, "options": ", ".join([*known, ALL])}
            raise ChangeFault("fuel", Remark("change_fault.unknown_fuel", values))
        return found


class CarbonPrice(Change):
    """Another price of CO₂ allowances (handbook §9: 50, 80 or 110 yuan/t)."""

    kind: Literal["carbon_price"] = "carbon_price"
    yuan_per_t: float = Field(default=80, ge=0, le=2_000)

    def applied(self, situation: Situation) -> Situation:
        """Return the situation with the price."""
        return with_settings(situation, "fuel", carbon_price_yuan_per_t=self.yuan_per_t)


class PowerPrice(Change):
    """Other prices of power that CHPs sell, and of power that is missing from a contract.

    A factor acts on both and on the schedule's own prices; a selling price takes their place.
    """

    kind: Literal["power_price"] = "power_price"
    factor: float | None = Field(default=None, ge=0, le=10)
    sell_yuan_per_kwh: float | None = Field(default=None, ge=0, le=5)
    buy_yuan_per_kwh: float | None = Field(default=None, ge=0, le=5)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        sell, buy = self.sell_yuan_per_kwh, self.buy_yuan_per_kwh
        wrong = none_of(factor=self.factor, sell_yuan_per_kwh=sell, buy_yuan_per_kwh=buy)
        if wrong is None and self.factor is not None:
            wrong = not_one_of(factor=self.factor, sell_yuan_per_kwh=sell, buy_yuan_per_kwh=buy)
        if wrong is not None:
            raise wrong
        return self

    def applied(self, situation: Situation) -> Situation:
        """Return the situation with the prices."""
        case = situation.case
        if not any(source.kind.is_chp for source in case.sources):
            raise NotApplicable(Remark("change_fault.no_power"))
        fuel, factor = case.settings.fuel, 1.0 if self.factor is None else self.factor
        sell, buy = self.sell_yuan_per_kwh, self.buy_yuan_per_kwh
        prices = {
            "power_sell_yuan_per_kwh": fuel.power_sell_yuan_per_kwh if sell is None else sell,
            "power_buy_yuan_per_kwh": fuel.power_buy_yuan_per_kwh if buy is None else buy,
        }
        scaled = {name: price * factor for name, price in prices.items()}

        def priced(row: ScheduleRow) -> ScheduleRow:
            if row.price is None:
                return row
            return edited(row, price=row.price * factor if sell is None else sell * 1e3)

        own = with_case(situation, schedules=tuple(priced(row) for row in case.schedules))
        return with_settings(own, "fuel", **scaled)


class HeatPrice(Change):
    """Bought heat dearer or cheaper: another price, or a factor on it (30-50 yuan/GJ, H§8)."""

    kind: Literal["heat_price"] = "heat_price"
    source: str = "purchase"  # source_id, or the role
    factor: float | None = Field(default=None, ge=0, le=10)
    yuan_per_gj: float | None = Field(default=None, ge=0, le=500)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        wrong = not_one_of(factor=self.factor, yuan_per_gj=self.yuan_per_gj)
        if wrong is not None:
            raise wrong
        return self

    def applied(self, situation: Situation) -> Situation:
        """Return the situation with the price."""
        bought = source_of(situation.case, self.source)
        if bought.kind is not SourceKind.PURCHASED_HEAT:
            values = {"source": bought.source_id, "kind": bought.kind.value}
            raise ChangeFault("source", Remark("change_fault.not_bought", values))
        price, now = self.yuan_per_gj, bought.price_yuan_per_gj
        if price is None:
            if now is None:
                values = {"source": bought.source_id}
                raise ChangeFault("factor", Remark("change_fault.no_price_yet", values))
            price = now * (self.factor or 0.0)
        dearer = edited(bought, price_yuan_per_gj=price)
        return with_sources(situation, lambda row: dearer if row is bought else row)


class Purpose(Change):
    """What the plan makes least: fuel, every tce alike, or cost at the case's prices."""

    kind: Literal["minimise"] = "minimise"
    purpose: Minimise = Minimise.COST

    def applied(self, situation: Situation) -> Situation:
        """Return the situation with the purpose."""
        return with_settings(situation, "fuel", minimise=self.purpose)


CHANGES = (FuelPrice, CarbonPrice, PowerPrice, HeatPrice, Purpose)
