"""Gate: whether an answer is for the place that was asked."""

from forecasts.weather.provider import Cause, Place
from forecasts.weather.solar import distance_km
from forecasts.weather.verdict import Gate, GateVerdict, passed, refused

MAX_DISTANCE_KM = 30.0  # global models answer for the nearest cell, at most some 20 km away


def judge_place(place: Place, latitude: float, longitude: float) -> GateVerdict:
    """Refuse an answer for a place more than 30 km from the one asked."""
    away = distance_km(place.latitude, place.longitude, latitude, longitude)
    if away <= MAX_DISTANCE_KM:
        return passed(Gate.PLACE, f"{away:.0f} km away")
    turned = distance_km(place.latitude, place.longitude, longitude, latitude)
    swapped = turned <= MAX_DISTANCE_KM
    detail = (
        f"asked {place.latitude:.2f}, {place.longitude:.2f}, "
        f"answered {latitude:.2f}, {longitude:.2f}: {away:.0f} km away"
        + (", latitude and longitude are exchanged" if swapped else "")
    )
    return refused(Gate.PLACE, Cause.WRONG_PLACE, detail)
