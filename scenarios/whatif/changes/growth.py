"""Changes of what is heated: new buildings, flats that are let or left, old ones insulated."""

from collections.abc import Iterator, Sequence
from math import ceil
from typing import Literal, Self

from pydantic import Field, model_validator

from dispatch.case import Case, Station
from dispatch.case_kinds import Emitter, Era, Manager, Use, fault
from dispatch.case_stations import HEAT_INDEX_W_PER_M2, heat_need_kw
from dispatch.plan import Remark
from dispatch.situation import Situation
from scenarios.cases.station_mix import SHANDONG_INDEX_W_PER_M2
from scenarios.whatif.change import Change, ChangeFault
from scenarios.whatif.edit import edited
from scenarios.whatif.keys import not_one_of
from scenarios.whatif.selection import StationGroup
from scenarios.whatif.station_rows import loops_of, with_loops, with_loss, with_rows

M2_PER_MM2 = 1e6
NEW_STATION_M2 = 100_000.0  # at most; handbook §6: 20 000 to 150 000
STAGGER_GROUPS = 4
VACANT = 0.30  # share of flats unheated for which handbook §3 states what neighbours lose
LEAST_HEATED, MOST_HEATED = 0.1, 1.0
# Means over the buildings behind a new station, and what grows with their area.
PER_M2 = ("exchanger_ua_kw_per_k", "max_heat_kw", "primary_flow_max_tph", "homes")
LOSSES = ("specific_loss_w_per_m2k", "wind_loss_w_per_m2k_per_m_s")
MEANS = (
    "heat_capacity_kj_per_m2k",
    "gain_w_per_m2",
    "solar_aperture",
    "design_supply_c",
    "design_return_c",
    "relative_flow",
    "emitter_oversize",
    "primary_design_supply_c",
    "primary_design_return_c",
    "secondary_supply_min_c",
    "secondary_supply_max_c",
    "indoor_target_c",
    "cold_flat_margin_k",
    "priority",
)


class AreaGrowth(Change):
    """New estates connected (S1: +3 Mm² in a year, +12 Mm²): stations of the utility's own.

    They are spread over the zones of the group by their area, and are like its buildings of that
    era and use; where the case has none of the era, like its others with the era's heat index.
    Sources and mains stay: `new_source` builds some.
    """

    kind: Literal["area_growth"] = "area_growth"
    added_mm2: float | None = Field(default=None, gt=0, le=60)  # 10⁶ m² heated
    share: float | None = Field(default=None, gt=0, le=1)  # of the group's heated area
    era: Era = Era.SINCE_2019
    use: Use = Use.HOUSING
    stations: StationGroup = StationGroup()  # where it grows

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        wrong = not_one_of(added_mm2=self.added_mm2, share=self.share)
        if wrong is not None:
            raise wrong
        return self

    def applied(self, situation: Situation) -> Situation:
        """Return the situation with the new stations after those there are."""
        case = situation.case
        loops = loops_of(case, self.stations)
        zone_m2: dict[str, float] = {}
        for row in case.stations:
            if row.loop_id in loops:
                zone_m2[row.zone_id] = zone_m2.get(row.zone_id, 0.0) + row.heated_area_m2
        total_m2 = sum(zone_m2.values())
        added_m2 = M2_PER_MM2 * (self.added_mm2 or 0.0) + total_m2 * (self.share or 0.0)
        new: list[Station] = []
        for zone, area_m2 in zone_m2.items():
            new += self._of_zone(case, zone, added_m2 * area_m2 / total_m2, len(new))
        return with_rows(situation, (*case.stations, *new))

    def _of_zone(self, case: Case, zone: str, area_m2: float, before: int) -> Iterator[Station]:
        pattern = like(case, zone, self.era, self.use)
        count = ceil(area_m2 / NEW_STATION_M2)
        taken = {row.station_id for row in case.stations}
        for number in range(before + 1, before + count + 1):
            station_id = f"NEW-{number:03d}"
            if station_id in taken:  # of an earlier change
                station_id = f"NEW-{len(taken)}-{number:03d}"
            yield new_station(
                pattern, station_id, zone, (self.era, self.use), area_m2 / count, number
            )


class HeatedShare(Change):
    """More or fewer flats heated (Zaozhuang: 12.56 of 18.17 Mm², 69 %), by points of the share.

    An empty flat draws heat through the walls of its neighbours: they need +5…15 % at 30 %
    vacancy (handbook §3), `leak` of that, in proportion to the vacancy. So heat falls less than
    the area heated. Stations keep their equipment.
    """

    kind: Literal["heated_share"] = "heated_share"
    points: float = Field(default=-0.05, ge=-0.5, le=0.5)  # -0.05: five points fewer
    heated_now: float = Field(default=0.7, gt=LEAST_HEATED, le=MOST_HEATED)
    leak: float = Field(default=0.10, ge=0, le=0.3)  # more heat of a heated flat at 30 % vacancy
    stations: StationGroup = StationGroup()

    @model_validator(mode="after")
    def _is_a_share(self) -> Self:
        if not LEAST_HEATED <= self.heated_now + self.points <= MOST_HEATED + 1e-9:
            heated = self.heated_now + self.points
            raise fault("whatif_heated", column="points", heated=heated)
        return self

    def applied(self, situation: Situation) -> Situation:
        """Return the situation with the flats."""
        heated = min(self.heated_now + self.points, MOST_HEATED)
        area = heated / self.heated_now
        loss = self._lost(heated) / self._lost(self.heated_now)
        loops = loops_of(situation.case, self.stations)

        def other(row: Station) -> Station:
            homes = round(row.homes * area)
            return edited(
                with_loss(row, loss), heated_area_m2=row.heated_area_m2 * area, homes=homes
            )

        return with_loops(situation, loops, other)

    def _lost(self, heated: float) -> float:
        """Loss of a heated flat, its neighbours' walls included, over that with none empty."""
        return 1 + self.leak * (1 - heated) / VACANT


class Retrofit(Change):
    """Old buildings insulated: they lose less, their radiators stay (and are then oversized)."""

    kind: Literal["retrofit"] = "retrofit"
    share: float = Field(default=0.3, gt=0, le=1)  # of the group's area
    loss_factor: float = Field(default=0.7, ge=0.3, lt=1)  # what is left of K
    stations: StationGroup = StationGroup(era=(Era.BEFORE_1986, Era.Y1986_1995))

    def applied(self, situation: Situation) -> Situation:
        """Return the situation with whole stations' buildings insulated."""
        settings = situation.case.settings
        loops = loops_of(situation.case, self.stations, self.share)

        def insulated(row: Station) -> Station:
            less = edited(with_loss(row, self.loss_factor), era=Era.RETROFITTED)
            index = heat_need_kw(less, settings) * 1000 / less.heated_area_m2
            if index < HEAT_INDEX_W_PER_M2.low:
                values = {"loop": row.loop_id, "index": index, "least": HEAT_INDEX_W_PER_M2.low}
                raise ChangeFault("loss_factor", Remark("change_fault.too_tight", values))
            return less

        return with_loops(situation, loops, insulated)


def like(case: Case, zone: str, era: Era, use: Use) -> tuple[Sequence[Station], float]:
    """Return buildings that new ones of an era and use are like, and their K over that of these.

    Of the zone, else of the case; else of other eras or uses, at the era's heat index.
    """
    ours = [row for row in case.stations if row.managed_by is Manager.UTILITY]
    rows = ours or list(case.stations)
    for fits in (
        [row for row in rows if (row.zone_id, row.era, row.use) == (zone, era, use)],
        [row for row in rows if (row.era, row.use) == (era, use)],
        [row for row in rows if row.era is era],
    ):
        if fits:
            return fits, 1.0
    found = [row for row in rows if row.use is use] or rows
    now = sum(_index(row.era) * row.heated_area_m2 for row in found)
    return found, _index(era) / (now / sum(row.heated_area_m2 for row in found))


def new_station(
    pattern: tuple[Sequence[Station], float],
    station_id: str,
    zone: str,
    buildings: tuple[Era, Use],
    area_m2: float,
    number: int,
) -> Station:
    """Return a station of the utility's own, the mean of what `like` found for it."""
    (rows, loss_factor), (era, use) = pattern, buildings
    floor_m2 = sum(row.heated_area_m2 for row in rows if row.emitter is Emitter.FLOOR)
    is_floor = floor_m2 > 0.5 * sum(row.heated_area_m2 for row in rows)
    emitter = Emitter.FLOOR if is_floor else Emitter.RADIATOR
    same = [row for row in rows if row.emitter is emitter]  # one water temperature fits all
    whole_m2 = sum(row.heated_area_m2 for row in same)

    def mean(name: str) -> float:
        return float(sum(getattr(row, name) * row.heated_area_m2 for row in same) / whole_m2)

    sizes = {
        name: sum(getattr(row, name) for row in same) / whole_m2 * area_m2 * loss_factor
        for name in PER_M2
    }
    sizes["homes"] = round(sizes["homes"] / loss_factor)
    return Station.model_validate(
        {name: mean(name) for name in MEANS}
        | sizes
        | {
            "station_id": station_id,
            "loop": "main",
            "zone_id": zone,
            "name": station_id,
            "managed_by": Manager.UTILITY,
            "era": era,
            "use": use,
            "heated_area_m2": area_m2,
            **{name: mean(name) * loss_factor for name in LOSSES},
            "emitter": emitter,
            "stagger_group": number % STAGGER_GROUPS,
            "timetable_id": same[0].timetable_id if same[0].use is use else None,
        }
    )


def _index(era: Era) -> float:
    """Heat index of an era, W/m², middle of its range (handbook §3)."""
    low, high = SHANDONG_INDEX_W_PER_M2[era]
    return (low + high) / 2


CHANGES = (AreaGrowth, HeatedShare, Retrofit)
