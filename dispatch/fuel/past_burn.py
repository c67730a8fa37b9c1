"""What scales and published plans say of each yard's burn until now, as the outlook takes it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from dispatch.case import Case
from dispatch.fuel.consumption import SeasonConsumption, burn_before_t, season_consumption
from dispatch.published_burn import published_burn

LOOK_BACK = timedelta(days=8)  # seven whole days, wherever in today it is asked


@dataclass(frozen=True)
class PastBurn:
    """One yard's burn until now."""

    mean_t_per_day: float | None = None  # of the last seven days
    factor: float = 1.0  # actual over planned burn


def past_burn(
    case: Case, now: datetime, runs_folder: Path, season: SeasonConsumption | None = None
) -> dict[str, PastBurn]:
    """The past of all yards by id.

    `season` is the consumption where it is known already; else runs of the whole season are read,
    and only where scales are.
    """
    published = published_burn(case, runs_folder, now - LOOK_BACK, now)
    factors: dict[str, float] = {}
    if case.coal_daily:
        season = season or season_consumption(case, now, runs_folder)
        factors = {one.yard_id: one.burn.burn_factor or 1.0 for one in season.yards}
    return {
        yard.yard_id: PastBurn(
            burn_before_t(case, yard, now, published), factors.get(yard.yard_id, 1.0)
        )
        for yard in case.yards
    }
