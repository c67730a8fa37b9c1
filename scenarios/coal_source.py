"""Where the coal command has its figures from."""

from collections.abc import Callable

from dispatch.fuel.outlook import FuelOutlook
from dispatch.fuel.outlook_request import OutlookRequest
from dispatch.fuel.season_need import SeasonNeed


def outlook_now(request: OutlookRequest, progress: Callable[[str], None]) -> FuelOutlook:
    """Make the outlook from the request's moment to the season's end."""
    raise NotImplementedError


def season_need_of(
    request: OutlookRequest, first_year: int, progress: Callable[[str], None]
) -> SeasonNeed:
    """Make the need of the season that begins in `first_year`."""
    raise NotImplementedError
