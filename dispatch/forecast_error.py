"""How far the forecast of the day can be trusted, as the plan reckons with it (design §5)."""

import numpy as np
import xarray as xr

from dispatch.case import Case
from dispatch.settings import Uncertainty
from forecasts.weather.provider import Nature

MOST_K = 10.0  # beyond this no margin means anything


def with_forecast_error(case: Case, weather: xr.Dataset) -> Case:
    """Return the case with the spread of this very forecast in place of the usual one.

    `weather` of `best_forecast` carries `daily_mean_sd` [K] on `lead_day` (1 = a day ahead): from
    the errors of past runs, an ensemble, or the case's own `[uncertainty]` where neither is there.
    Weather without it leaves the case as it is; so does weather that is no forecast at all. Its
    spread, that of the season, would ask light buildings for more than they can follow, for a plan
    that nobody should follow before a forecast has been typed in.
    """
    forecast = weather.attrs.get("nature") == Nature.FORECAST.value
    if not forecast or "daily_mean_sd" not in weather:
        return case
    days = weather["lead_day"].values.astype(float)
    at_1, at_3 = np.interp([1.0, 3.0], days, weather["daily_mean_sd"].values)
    spread = Uncertainty(
        sigma_24h_k=round(min(MOST_K, float(at_1)), 3),
        sigma_72h_k=round(min(MOST_K, float(at_3)), 3),
    )
    settings = case.settings.model_copy(update={"uncertainty": spread})
    return case.model_copy(update={"settings": settings})
