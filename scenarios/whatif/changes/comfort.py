"""Changes of what rooms are promised, and of how evenly a station's heat reaches its flats.

A station's floor is legal minimum + margin of its coldest flats + forecast margin (design §5); its
target is never below that. So a lower target saves nothing under a high floor: better balance does.
"""

from typing import Literal, Self

from pydantic import Field, model_validator

from dispatch.case import Station
from dispatch.case_kinds import ComfortPolicy, Emitter, Era, Manager, fault, swapped
from dispatch.plan import Remark
from dispatch.situation import Situation
from scenarios.whatif.change import Change, ChangeFault
from scenarios.whatif.edit import edited, with_settings
from scenarios.whatif.keys import none_of, not_one_of
from scenarios.whatif.selection import StationGroup
from scenarios.whatif.station_rows import loops_of, run_by, with_loops, with_loss

LEAST_MARGIN_K = 0.3  # flats of a station never are all alike, however well it is balanced
MOST_MARGIN_K = 5.0  # of a row of stations.csv
FLOOR_SUPPLY_MAX_C = 60.0  # GB 50736, handbook §5
SUPPLY_ABOVE_ROOM_K = 3.0  # a secondary limit below that heats nothing


class ComfortTarget(Change):
    """Another indoor target at stations that the utility runs itself, which take setpoints.

    With `hold` rooms are held at it (`hold_target`, for all stations): under `least_fuel` they
    stand at their floor, and a target changes nothing. Without a last plan rooms start at it too:
    the question is then what it costs to hold, not to get there.
    """

    kind: Literal["comfort_target"] = "comfort_target"
    target_c: float = Field(default=20, ge=14, le=25)
    hold: bool = True
    stations: StationGroup = StationGroup()

    def applied(self, situation: Situation) -> Situation:
        """Return the situation with the target."""
        case = situation.case
        upper_c = case.settings.comfort.upper_c
        if self.target_c > upper_c:
            values = {"target": self.target_c, "upper": upper_c}
            raise ChangeFault("target_c", Remark("change_fault.target_above_upper", values))
        loops = loops_of(case, run_by(case, Manager.UTILITY, self.stations))
        aimed = with_loops(situation, loops, lambda row: edited(row, indoor_target_c=self.target_c))
        if not self.hold:
            return aimed
        return with_settings(aimed, "comfort", policy=ComfortPolicy.HOLD_TARGET)


class ComfortRule(Change):
    """What is made of rooms between floor and target: nothing, or held at a price."""

    kind: Literal["comfort_policy"] = "comfort_policy"
    policy: ComfortPolicy = ComfortPolicy.HOLD_TARGET
    below_target_price: float | None = Field(default=None, ge=0, le=100)  # per K·h and 10⁴ m²

    @model_validator(mode="after")
    def _price_counts(self) -> Self:
        if self.policy is ComfortPolicy.LEAST_FUEL and self.below_target_price is not None:
            raise fault("whatif_price_unused", column="below_target_price")
        return self

    def applied(self, situation: Situation) -> Situation:
        """Return the situation with the policy, and its price if one is given."""
        values: dict[str, object] = {"policy": self.policy}
        if self.below_target_price is not None:
            values["below_target_price"] = self.below_target_price
        return with_settings(situation, "comfort", **values)


class ComfortLimits(Change):
    """Another legal minimum, or another temperature above which rooms are too warm."""

    kind: Literal["comfort_limits"] = "comfort_limits"
    legal_min_c: float | None = Field(default=None, ge=12, le=22)
    upper_c: float | None = Field(default=None, ge=18, le=30)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        nothing = none_of(legal_min_c=self.legal_min_c, upper_c=self.upper_c)
        if nothing is not None:
            raise nothing
        low, high = self.legal_min_c, self.upper_c
        if low is not None and high is not None and low >= high:
            raise swapped("legal_min_c", low, "upper_c", high)
        return self

    def applied(self, situation: Situation) -> Situation:
        """Return the situation with the limits."""
        given = {"legal_min_c": self.legal_min_c, "upper_c": self.upper_c}
        told = {key: value for key, value in given.items() if value is not None}
        return with_settings(situation, "comfort", **told)


class ColdFlatMargin(Change):
    """Coldest flats further below, or nearer to, the mean of their station."""

    kind: Literal["cold_flat_margin"] = "cold_flat_margin"
    added_k: float = Field(default=0.5, ge=-3, le=3)
    stations: StationGroup = StationGroup()

    def applied(self, situation: Situation) -> Situation:
        """Return the situation with the margin, which never falls below none."""

        def moved(row: Station) -> Station:
            margin_k = min(max(row.cold_flat_margin_k + self.added_k, 0.0), MOST_MARGIN_K)
            return edited(row, cold_flat_margin_k=margin_k)

        return with_loops(situation, loops_of(situation.case, self.stations), moved)


class HydraulicBalance(Change):
    """Secondary networks balanced (水力平衡): the coldest flats come nearer to the mean.

    By `coldest_k` at the same mean, so that the mean may fall by as much and all flats stay legal:
    a saving of one part in the lift for each kelvin (handbook §7: 8-20 % in untuned networks).
    """

    kind: Literal["hydraulic_balance"] = "hydraulic_balance"
    coldest_k: float = Field(default=1, gt=0, le=3)
    share: float = Field(default=1, gt=0, le=1)  # of the group's area
    stations: StationGroup = StationGroup()

    def applied(self, situation: Situation) -> Situation:
        """Return the situation with the utility's own stations balanced."""
        case = situation.case
        loops = loops_of(case, run_by(case, Manager.UTILITY, self.stations), self.share)
        return with_loops(situation, loops, lambda row: _balanced(row, self.coldest_k))


class PipeRenewal(Change):
    """Risers and estate pipes renewed (Fushun, S4: top and gable flats 2 to 3 K warmer).

    New pipes also lose less: K of `stations.csv` holds the secondary loss, 3-8 % of the heat
    (handbook §7).
    """

    kind: Literal["pipe_renewal"] = "pipe_renewal"
    coldest_k: float = Field(default=2.5, gt=0, le=5)
    loss_saved: float = Field(default=0.02, ge=0, le=0.1)  # of the buildings' heat
    share: float = Field(default=1, gt=0, le=1)  # of the group's area
    stations: StationGroup = StationGroup(era=(Era.BEFORE_1986, Era.Y1986_1995))

    def applied(self, situation: Situation) -> Situation:
        """Return the situation with the pipes renewed."""
        loops = loops_of(situation.case, self.stations, self.share)

        def renewed(row: Station) -> Station:
            return with_loss(_balanced(row, self.coldest_k), 1 - self.loss_saved)

        return with_loops(situation, loops, renewed)


class SecondaryLimit(Change):
    """Another highest secondary supply temperature: a cap, or so many kelvin more or less.

    Floor heating is never raised above 60 °C (GB 50736).
    """

    kind: Literal["secondary_limit"] = "secondary_limit"
    most_c: float | None = Field(default=None, ge=30, le=95)
    change_k: float | None = Field(default=None, ge=-30, le=20)
    stations: StationGroup = StationGroup()

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        wrong = not_one_of(most_c=self.most_c, change_k=self.change_k)
        if wrong is not None:
            raise wrong
        return self

    def applied(self, situation: Situation) -> Situation:
        """Return the situation with the limit."""
        loops = loops_of(situation.case, self.stations)
        for row in situation.case.stations:
            least_c = max(row.secondary_supply_min_c, row.indoor_target_c + SUPPLY_ABOVE_ROOM_K)
            if row.loop_id in loops and self._limit_c(row) <= least_c:
                values = {"loop": row.loop_id, "limit": self._limit_c(row), "least": least_c}
                column = "change_k" if self.most_c is None else "most_c"
                raise ChangeFault(column, Remark("change_fault.secondary_limit", values))
        return with_loops(
            situation, loops, lambda row: edited(row, secondary_supply_max_c=self._limit_c(row))
        )

    def _limit_c(self, row: Station) -> float:
        now_c = row.secondary_supply_max_c
        if self.most_c is not None:
            return min(now_c, self.most_c)
        highest_c = 95.0 if row.emitter is Emitter.RADIATOR else max(now_c, FLOOR_SUPPLY_MAX_C)
        return min(now_c + (self.change_k or 0.0), highest_c)


def _balanced(row: Station, coldest_k: float) -> Station:
    margin_k = row.cold_flat_margin_k
    nearer_k = min(margin_k, max(LEAST_MARGIN_K, margin_k - coldest_k))
    return edited(row, cold_flat_margin_k=nearer_k)


CHANGES = (
    ComfortTarget,
    ComfortRule,
    ComfortLimits,
    ColdFlatMargin,
    HydraulicBalance,
    PipeRenewal,
    SecondaryLimit,
)
