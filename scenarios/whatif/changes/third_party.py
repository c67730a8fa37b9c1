"""Changes of stations that others run: what they take of the heat that is due, or who runs them."""

from typing import Literal

from pydantic import Field

from dispatch.case_kinds import Manager
from dispatch.situation import Situation
from scenarios.whatif.change import Change
from scenarios.whatif.edit import edited
from scenarios.whatif.selection import StationGroup
from scenarios.whatif.station_rows import loops_of, run_by, with_loops


class ThirdPartyCompliance(Change):
    """Stations run by others take another part of the heat that is due.

    Below 1 their firms save on heat and rooms grow cold (S3, 克扣热量); above 1 they take more than
    their buildings need, and it is missing elsewhere.
    """

    kind: Literal["third_party_compliance"] = "third_party_compliance"
    compliance: float = Field(default=0.8, ge=0, le=1.5)
    stations: StationGroup = StationGroup()

    def applied(self, situation: Situation) -> Situation:
        """Return the situation with the heat they take."""
        case = situation.case
        loops = loops_of(case, run_by(case, Manager.THIRD_PARTY, self.stations))
        return with_loops(situation, loops, lambda row: edited(row, compliance=self.compliance))


class ThirdPartyShut(Change):
    """Valves of stations run by others still shut (S3: 新东方·名苑), for as long as the plan goes.

    Shut for some hours are `stations_shut`.
    """

    kind: Literal["third_party_shut"] = "third_party_shut"
    share: float = Field(default=0.2, gt=0, le=1)  # of their area
    stations: StationGroup = StationGroup()

    def applied(self, situation: Situation) -> Situation:
        """Return the situation with the valves shut."""
        case = situation.case
        loops = loops_of(case, run_by(case, Manager.THIRD_PARTY, self.stations), self.share)
        return with_loops(situation, loops, lambda row: edited(row, valve_open=False))


class Takeover(Change):
    """Stations run by others become the utility's own (直管, S1: 85 to 100 % of the homes).

    From then on they take setpoints: no valve stays shut, and their rooms are the utility's to
    answer for.
    """

    kind: Literal["takeover"] = "takeover"
    share: float = Field(default=1, gt=0, le=1)  # of the area that others run
    stations: StationGroup = StationGroup()

    def applied(self, situation: Situation) -> Situation:
        """Return the situation with the stations taken over."""
        case = situation.case
        loops = loops_of(case, run_by(case, Manager.THIRD_PARTY, self.stations), self.share)
        own = {"managed_by": Manager.UTILITY, "compliance": 1.0, "valve_open": True}
        return with_loops(situation, loops, lambda row: edited(row, **own))


CHANGES = (ThirdPartyCompliance, ThirdPartyShut, Takeover)
