"""Ensemble forecasts as calibration sees them: centre, spread and other forecasts beside them.

Of the members only mean and variance are learned from, so a past of years stays small. *Guides*
are other forecasts of the same quantity (a high-resolution run, the control, another service), the
most trusted first; *signals* are any further hints in K, known when the run is issued. All
temperatures °C; lead in hours from the issue time to the start of the step; nan where missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from forecasts.weather.run import utc64
from forecasts.weather.solar import Floats, Times

LEAST_MEMBERS = 3  # for a variance


@dataclass(frozen=True)
class EnsemblePast:
    """Past runs and what came, shapes (run, lead); see `ensemble_past` to make one of members."""

    issue_times: Times  # (run,), UTC
    lead_h: Floats  # (lead,)
    centre_c: Floats  # mean of the members; of the guides where no member is
    spread_k2: Floats  # variance of the members
    observed_c: Floats
    guides_k: Mapping[str, Floats] = field(default_factory=dict)  # guide less centre
    signals_k: Mapping[str, Floats] = field(default_factory=dict)
    step_h: float = 1.0  # an observation is known so long after its time; 0 for momentary values

    def __post_init__(self) -> None:
        """Raise ValueError for an array of another shape than (run, lead)."""
        shape = (self.issue_times.size, self.lead_h.size)
        arrays = {"centre_c": self.centre_c, "spread_k2": self.spread_k2}
        arrays |= {"observed_c": self.observed_c, **self.guides_k, **self.signals_k}
        for name, array in arrays.items():
            if array.shape != shape:
                raise ValueError(f"{name} has shape {array.shape}, expected (run, lead) {shape}.")


@dataclass(frozen=True)
class EnsembleForecast:
    """One run to be calibrated."""

    issue_time: datetime
    lead_h: Floats  # (lead,)
    members_c: Floats  # (member, lead)
    guides_c: Mapping[str, Floats] = field(default_factory=dict)  # (lead,)
    signals_k: Mapping[str, Floats] = field(default_factory=dict)  # (lead,)

    def __post_init__(self) -> None:
        """Raise ValueError if members, guides or signals are not on the leads given."""
        leads = self.lead_h.shape
        arrays = {"members_c": self.members_c, **self.guides_c, **self.signals_k}
        for name, array in arrays.items():
            if array.shape[-1:] != leads or array.ndim != (2 if array is self.members_c else 1):
                raise ValueError(f"{name} has shape {array.shape}, not on the leads {leads}.")

    def as_past(self) -> EnsemblePast:
        """Return the run in the form of a past of one run that nobody has observed."""
        issued = np.array([utc64(self.issue_time)])
        return ensemble_past(
            issued,
            self.lead_h,
            self.members_c[None],
            np.full((1, self.lead_h.size), np.nan),
            guides_c={name: values[None] for name, values in self.guides_c.items()},
            signals_k={name: values[None] for name, values in self.signals_k.items()},
        )


def ensemble_past(
    issue_times: Times,
    lead_h: Floats,
    members_c: Floats,
    observed_c: Floats,
    *,
    guides_c: Mapping[str, Floats] | None = None,
    signals_k: Mapping[str, Floats] | None = None,
    step_h: float = 1.0,
) -> EnsemblePast:
    """Return the past of members (run, member, lead), and the rest (run, lead).

    Raises ValueError for arrays that do not fit each other.
    """
    leads = np.asarray(lead_h, dtype=np.float64)
    if members_c.ndim != 3 or members_c.shape[::2] != (issue_times.size, leads.size):
        told = f"expected (run, member, lead) ({issue_times.size}, …, {leads.size})"
        raise ValueError(f"members_c has shape {members_c.shape}, {told}.")
    guides = dict(guides_c or {})
    centre, spread = _mean_and_variance(members_c, 1)
    if guides:
        among_guides, _ = _mean_and_variance(np.stack(list(guides.values()), axis=1), 1)
        centre = np.where(np.isfinite(centre), centre, among_guides)
    return EnsemblePast(
        issue_times.astype("datetime64[ns]"),
        leads,
        centre,
        spread,
        np.asarray(observed_c, dtype=np.float64),
        {name: np.asarray(values - centre) for name, values in guides.items()},
        dict(signals_k or {}),
        step_h,
    )


def _mean_and_variance(values: Floats, axis: int) -> tuple[Floats, Floats]:
    """Return mean and variance without the missing; nan for none, and for a variance of two."""
    there = np.isfinite(values)
    count = there.sum(axis=axis)
    some = np.where(count > 0, count, np.nan)
    mean = np.where(there, values, 0.0).sum(axis=axis) / some
    away = np.where(there, values - np.expand_dims(mean, axis), 0.0)
    enough = np.where(count >= LEAST_MEMBERS, count, np.nan)
    return np.asarray(mean), np.asarray((away**2).sum(axis=axis) / (enough - 1))
