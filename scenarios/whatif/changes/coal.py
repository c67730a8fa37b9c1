"""Changes of coal: what is on its way, and its heating value on the way and in the yards.

The plan burns what its units ask for; a change here is seen in tonnes, in stock and days of cover,
and in the plan itself where a yard runs short.
"""

from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum
from typing import Literal, Self

from pydantic import Field, model_validator

from dispatch.case import Delivery, Fuel, Source
from dispatch.case_kinds import fault
from dispatch.plan import Remark
from dispatch.situation import Situation
from scenarios.whatif.change import ChangeFault, NotApplicable
from scenarios.whatif.changes.yards import ALL, LEAST_KCAL, MOST_KCAL, yards_of
from scenarios.whatif.edit import edited, with_case, with_sources
from scenarios.whatif.window import TimedChange

KJ_PER_KCAL = 4.1868
EVAPORATION_KJ_PER_KG_PCT = 23.0  # heat of a hundredth of water in coal, GB/T 213


class OnItsWay(TimedChange):
    """A change of deliveries: those that are due from `from_h` to `to_h`, all that are to come."""

    yard: str = ALL  # yard_id, `largest` or `all`
    first: int | None = Field(default=None, ge=1, le=1_000)  # only the next so many of a yard

    def with_deliveries(
        self, situation: Situation, change: Callable[[Delivery], Delivery | None]
    ) -> Situation:
        """Return a situation with these deliveries put through `change`; None: it never comes.

        Raises NotApplicable where none is on its way.
        """
        begins, ends = self.window(situation)
        taken: set[int] = set()
        deliveries = situation.case.deliveries
        for yard in yards_of(situation.case, self.yard):
            due = [
                at
                for at, row in enumerate(deliveries)
                if row.yard_id == yard.yard_id and begins <= row.arrival_time < ends
            ]
            due.sort(key=lambda at: deliveries[at].arrival_time)
            taken |= set(due[: self.first])
        if not taken:
            raise NotApplicable(Remark("change_fault.no_delivery"))
        rows = [change(row) if at in taken else row for at, row in enumerate(deliveries)]
        return with_case(situation, deliveries=tuple(row for row in rows if row is not None))


class CoalLate(OnItsWay):
    """Coal comes so many days later than written (handbook §13: 3 and 7 days).

    On top of the delays that the fuel outlook draws for each train.
    """

    kind: Literal["coal_late"] = "coal_late"
    days: float = Field(default=3, gt=0, le=90)

    def applied(self, situation: Situation) -> Situation:
        """Return the situation with the deliveries later."""
        late = timedelta(days=self.days)
        return self.with_deliveries(
            situation, lambda row: edited(row, arrival_time=row.arrival_time + late)
        )


class CoalShort(OnItsWay):
    """A share of each delivery is missing; of 1 they never come."""

    kind: Literal["coal_short"] = "coal_short"
    share: float = Field(default=0.3, gt=0, le=1)

    def applied(self, situation: Situation) -> Situation:
        """Return the situation with less on its way."""

        def less(row: Delivery) -> Delivery | None:
            return edited(row, tonnes=row.tonnes * (1 - self.share)) if self.share < 1 else None

        return self.with_deliveries(situation, less)


class WhichCoal(StrEnum):
    """Which coal is of another quality."""

    BOTH = "both"
    DELIVERIES = "deliveries"
    PILE = "pile"


class OtherCoal(OnItsWay):
    """Coal of another heating value: what is to come, what lies in the yard, or both.

    Tonnes and prices a tonne stay: a delivery is paid by weight. A pile's heating value stands in
    `fuels.csv`; deliveries count as tonnes of it. Boilers are taken to burn it as well as before.
    """

    which: WhichCoal = WhichCoal.BOTH

    @model_validator(mode="after")
    def _deliveries_are_meant(self) -> Self:
        if self.which is WhichCoal.PILE and (self.first, self.from_h, self.to_h) != (None, 0, None):
            raise fault("whatif_of_pile", column="which")
        return self

    def with_value(
        self, situation: Situation, column: str, change: Callable[[float], float]
    ) -> Situation:
        """Return a situation whose coal has a heating value put through `change`, kcal/kg.

        `column` is the key that says so.
        """
        changed = situation
        if self.which is not WhichCoal.PILE:

            def other(row: Delivery) -> Delivery:
                kcal = _believable(column, change(row.net_calorific_kcal_per_kg))
                return edited(row, net_calorific_kcal_per_kg=kcal)

            changed = self._with_deliveries_if_any(changed, other)
        if self.which is not WhichCoal.DELIVERIES:
            for yard in yards_of(situation.case, self.yard):
                changed = _with_pile(changed, yard.yard_id, column, change)
        return changed

    def _with_deliveries_if_any(
        self, situation: Situation, change: Callable[[Delivery], Delivery | None]
    ) -> Situation:
        """With both asked for, a yard that awaits nothing still has its pile."""
        try:
            return self.with_deliveries(situation, change)
        except NotApplicable:
            if self.which is WhichCoal.BOTH and situation.case.yards:
                return situation
            raise


class CoalPoor(OtherCoal):
    """Coal poorer (or better) by so many kcal/kg: 500 less of 5 500 take 10 % more tonnes."""

    kind: Literal["coal_poor"] = "coal_poor"
    change_kcal_per_kg: float = Field(default=-500, ge=-3_000, le=2_000)

    def applied(self, situation: Situation) -> Situation:
        """Return the situation with the coal of other quality."""
        column = "change_kcal_per_kg"
        return self.with_value(situation, column, lambda kcal: kcal + self.change_kcal_per_kg)


class CoalWet(OtherCoal):
    """Coal wetter than usual: less dry coal in a tonne, and its water to be evaporated.

    (Q + 23·M)·(100 − M')/(100 − M) − 23·M' kJ/kg, M and M' per cent of water before and after
    (conversion between moisture bases of GB/T 213).
    """

    kind: Literal["coal_wet"] = "coal_wet"
    moisture: float = Field(default=0.10, ge=0, le=0.4)  # of the coal as it is
    added_moisture: float = Field(default=0.08, gt=0, le=0.3)  # on top of it
    which: WhichCoal = WhichCoal.DELIVERIES

    def applied(self, situation: Situation) -> Situation:
        """Return the situation with the wet coal."""
        before, after = 100 * self.moisture, 100 * (self.moisture + self.added_moisture)

        def wet(kcal: float) -> float:
            dry_kj = kcal * KJ_PER_KCAL + EVAPORATION_KJ_PER_KG_PCT * before
            left_kj = dry_kj * (100 - after) / (100 - before)
            return (left_kj - EVAPORATION_KJ_PER_KG_PCT * after) / KJ_PER_KCAL

        return self.with_value(situation, "added_moisture", wet)


def _believable(column: str, kcal: float) -> float:
    if not LEAST_KCAL <= kcal <= MOST_KCAL:
        values = {"kcal": kcal, "least": LEAST_KCAL, "most": MOST_KCAL}
        raise ChangeFault(column, Remark("change_fault.no_coal", values))
    return kcal


def _with_pile(
    situation: Situation, yard_id: str, column: str, change: Callable[[float], float]
) -> Situation:
    """Give the coal of one yard a heating value of its own, and its sources that coal."""
    case = situation.case
    yard = next(yard for yard in case.yards if yard.yard_id == yard_id)
    fuel = case.fuel_of(yard.fuel_id)
    kcal = _believable(column, change(fuel.net_calorific_value))
    burners = {source.yard_id for source in case.sources if source.fuel_id == fuel.fuel_id}
    holders = {one.yard_id for one in case.yards if one.fuel_id == fuel.fuel_id}
    if burners | holders == {yard_id}:
        own = edited(fuel, net_calorific_value=kcal)
        fuels: tuple[Fuel, ...] = tuple(own if row is fuel else row for row in case.fuels)
    else:
        own = edited(fuel, fuel_id=f"{fuel.fuel_id}_{yard_id}", net_calorific_value=kcal)
        fuels = (*case.fuels, own)
    yards = tuple(
        edited(row, fuel_id=own.fuel_id) if row.yard_id == yard_id else row for row in case.yards
    )

    def burns_it(row: Source) -> Source:
        return edited(row, fuel_id=own.fuel_id) if row.yard_id == yard_id else row

    return with_sources(with_case(situation, yards=yards, fuels=fuels), burns_it)


CHANGES = (CoalLate, CoalShort, CoalPoor, CoalWet)
