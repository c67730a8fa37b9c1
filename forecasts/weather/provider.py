"""What every weather source promises."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import xarray as xr


@dataclass(frozen=True)
class Place:
    """A point on earth, in degrees, with the IANA zone in which its people live."""

    latitude: float
    longitude: float
    timezone: str


class Cause(StrEnum):
    """Why a source gave no usable weather; its text is `weather.<cause>` in the catalogue."""

    NETWORK = "network"  # no connection, DNS, TLS, proxy
    TIMEOUT = "timeout"
    REFUSED = "refused"  # HTTP 4xx other than 429
    RATE_LIMITED = "rate_limited"  # HTTP 429
    SERVER_ERROR = "server_error"  # HTTP 5xx
    NOT_JSON = "not_json"  # truncated or not JSON at all
    MISSING_FIELD = "missing_field"
    WRONG_LENGTH = "wrong_length"  # series of unequal or impossible length
    TOO_LARGE = "too_large"  # an answer or a file far larger than weather can be
    GAPS = "gaps"  # nulls too long to bridge
    WRONG_UNITS = "wrong_units"
    WRONG_PLACE = "wrong_place"
    WRONG_TIMES = "wrong_times"  # irregular, wrong zone, not covering what was asked
    STALE = "stale"
    NOT_PLAUSIBLE = "not_plausible"
    DOUBTED = "doubted"  # usable, but another forecast is not in doubt
    FILE_MISSING = "file_missing"
    FILE_FAULT = "file_fault"
    NOTHING_STORED = "nothing_stored"
    NOT_CONFIGURED = "not_configured"  # a key or a setting is missing; nothing was asked
    KEY_REFUSED = "key_refused"  # the service does not accept the key, or not for this


class Nature(StrEnum):
    """What a series is: only a forecast knows anything about the days it is for."""

    FORECAST = "forecast"
    TYPICAL_YEAR = "typical_year"
    CLIMATE = "climate"
    OBSERVED = "observed"  # what happened: forecasts are scored by it, none is ever made of it


class WeatherUnavailable(Exception):
    """A source has no usable weather: `cause` for people and logic, `detail` with the figures."""

    def __init__(self, provider: str, cause: Cause, detail: str) -> None:
        super().__init__(f"{provider}: {cause}: {detail}")
        self.provider = provider
        self.cause = cause
        self.detail = detail


@dataclass(frozen=True)
class Asked:
    """What weather is wanted, and at what moment; `start` is aware and on a whole UTC hour."""

    place: Place
    known_by: datetime
    start: datetime
    hours: int

    def of(self, provider: "WeatherProvider") -> xr.Dataset:
        """Return the run of a provider; raises WeatherUnavailable as it does."""
        return provider.latest_run(self.place, self.known_by, self.start, self.hours)


class WeatherProvider(Protocol):
    """A source of weather runs."""

    @property
    def name(self) -> str:
        """How the case and its reports call this source."""
        ...

    def latest_run(
        self, place: Place, known_by: datetime, start: datetime, hours: int
    ) -> xr.Dataset:
        """Newest run issued at or before `known_by`, hourly from `start` on, without gaps.

        `start` (aware) may lie up to two days before `known_by`, since a plan needs the recent
        past too. A service that has no past begins at the full hour after `known_by` at the latest.
        A run may end before `start + hours` but must reach 24 h past `known_by`.
        Holds the contract of `forecasts.series`. Raises WeatherUnavailable naming the cause.
        """
        ...
