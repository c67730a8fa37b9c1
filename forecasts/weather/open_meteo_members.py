"""Members of an Open-Meteo ensemble answer, put side by side.

The service writes one column per variable and member: nothing added for the control, `_memberNN`
for the others, and after that the model's name where several models were asked. Models reach
differently far, members may be null, and not every model has every variable. What is missing from
single members is left to the gates; here it is counted who answered at all. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from forecasts.series import REQUIRED
from forecasts.weather.climate.normals import normal_values
from forecasts.weather.open_meteo_answer import Columns, column, suffixes
from forecasts.weather.open_meteo_models import member_count
from forecasts.weather.provider import Cause, Place, WeatherUnavailable
from forecasts.weather.run import Members
from forecasts.weather.solar import HOUR, Floats, Times
from forecasts.weather.verdict import Gate, GateVerdict, Outcome

# The spread of n members is uncertain by 1 / sqrt(2 (n - 1)): 35 % for 5, 10 % for 51.
MIN_MEMBERS = 5
_ENDING = r"(?:_member(?P<number>\d+))?(?:_(?P<model>\w+))?"
_BRIDGED_H = 3  # shorter gaps in radiation are left to the gates, which bridge them


@dataclass(frozen=True)
class Member:
    """One member as given: values by our names at `Columns.times`, nan for null."""

    model: str
    number: int  # 0 is the control
    values: dict[str, Floats]

    def first(self, count: int) -> "Member":
        """Return the member with the first of its values."""
        return replace(self, values={name: array[:count] for name, array in self.values.items()})

    @property
    def empty(self) -> bool:
        """Whether there is no hour with both temperature and wind."""
        return bool(np.isnan(self.values["air_temperature"] + self.values["wind_speed"]).all())


@dataclass(frozen=True)
class Ensemble:
    """Values of shape (members, times) in the units of `forecasts.series`, labelled as sent."""

    values: dict[str, Floats]
    members: Members
    verdict: GateVerdict


def parse_members(provider: str, columns: Columns, models: Sequence[str]) -> tuple[Member, ...]:
    """Return all members in the order of the models asked, then by number.

    Raises MISSING_FIELD if there is no temperature, or if it is not said whose it is, and
    WRONG_LENGTH if a member is there twice.
    """
    found: dict[tuple[str, int], Member] = {}
    for ending in suffixes(columns, "air_temperature", _ENDING):
        model = ending["model"] or (models[0] if len(models) == 1 else None)
        if model is None:
            raise WeatherUnavailable(provider, Cause.MISSING_FIELD, "the model of each column")
        number = int(ending["number"] or 0)
        if (model, number) in found:
            detail = f"member {number} of {model} is there twice"
            raise WeatherUnavailable(provider, Cause.WRONG_LENGTH, detail)
        values = {}
        for name in REQUIRED:
            given = column(provider, columns, name, ending.group())
            values[name] = np.full(columns.times.size, np.nan) if given is None else given
        found[model, number] = Member(model, number, values)
    if not found:
        raise WeatherUnavailable(provider, Cause.MISSING_FIELD, "hourly.temperature_2m")
    # The service calls some models by another name than we asked for: they come last.
    order = {model: k for k, model in enumerate(models)}
    return tuple(
        sorted(
            found.values(),
            key=lambda one: (order.get(one.model, len(order)), one.model, one.number),
        )
    )


def side_by_side(
    times: Times, given: Sequence[Member], models: Sequence[str], place: Place
) -> Ensemble:
    """Return the members that hold anything, with radiation for all, and who is missing.

    The verdict of the gate `members` is DOUBTFUL if some are missing and REFUSED for fewer than 5.
    """
    kept = [member for member in given if not member.empty]
    shape = (len(kept), times.size)
    values = {
        name: np.array([m.values[name] for m in kept], dtype=np.float64).reshape(shape)
        for name in REQUIRED
    }
    # Nothing beyond the last temperature: else a model would seem to reach as far as the sun.
    ended = _after_end(values["air_temperature"])
    filled, made_up = _with_radiation(values["global_radiation"], ended, times, place)
    values["global_radiation"] = filled
    who = Members(tuple(m.model for m in kept), tuple(m.number for m in kept))
    return Ensemble(values, who, _verdict(given, kept, models, made_up))


@dataclass(frozen=True)
class _MadeUp:
    """How much radiation was not given: members, and hours in which nobody had any."""

    members: int
    hours: int


def _with_radiation(
    radiation: Floats, ended: np.ndarray[tuple[int, ...], np.dtype[np.bool_]], times: Times,
    place: Place,
) -> tuple[Floats, _MadeUp]:  # fmt: skip
    """Return radiation without long gaps up to each member's end.

    A member without radiation takes the mean of those that have it: the sun carries a small part
    of what heat demand follows, so a fair guess serves better than a member less. Hours in which no
    member has it take the usual of the place and hour.
    """
    missing = np.isnan(radiation) & ~ended
    missing[:, 0] = False  # the mean of the hour before the first one: often null, never used
    holed = np.array([_longest(row) > _BRIDGED_H for row in missing], dtype=bool)
    if not holed.any():
        return radiation, _MadeUp(0, 0)
    counted = (~np.isnan(radiation)).sum(axis=0)
    total = np.nansum(radiation, axis=0)
    # The value labelled t is the mean of the hour that ends at t.
    usual = normal_values(place, times - HOUR)["global_radiation"]
    mean = np.where(counted > 0, total / np.maximum(counted, 1), usual)
    put = missing & holed[:, np.newaxis]
    from_usual = put.any(axis=0) & (counted == 0)
    return np.where(put, mean, radiation), _MadeUp(int(holed.sum()), int(from_usual.sum()))


def _verdict(
    given: Sequence[Member], kept: Sequence[Member], models: Sequence[str], made_up: _MadeUp
) -> GateVerdict:
    given_of = {m.model: 0 for m in given}
    for member in given:
        given_of[member.model] += 1
    # As many silent models as there are unknown names may only be called otherwise.
    otherwise = sum(model not in models for model in given_of)
    silent = [model for model in models if model not in given_of][otherwise:]
    expected = sum(max(member_count(name) or 0, count) for name, count in given_of.items())
    expected += sum(member_count(name) or 1 for name in silent)
    details = [f"{len(kept)} of {expected} members answered"]
    details += [f"{name} did not" for name in silent]
    if made_up.members:
        details.append(f"{made_up.members} without sun take the mean of the others")
    if made_up.hours:
        details.append(f"{made_up.hours} h have the usual sun of the season")
    detail = "; ".join(details)
    if len(kept) < MIN_MEMBERS:
        return GateVerdict(Gate.MEMBERS, Outcome.REFUSED, detail, Cause.MISSING_FIELD)
    if len(kept) < expected or made_up.hours:
        return GateVerdict(Gate.MEMBERS, Outcome.DOUBTFUL, detail)
    outcome = Outcome.MENDED if made_up.members else Outcome.PASSED
    return GateVerdict(Gate.MEMBERS, outcome, detail)


def _after_end(values: Floats) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Tell the hours after the last value of each row."""
    later = np.flip(np.logical_or.accumulate(np.flip(~np.isnan(values), axis=1), axis=1), axis=1)
    return np.logical_not(later)


def _longest(flags: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> int:
    """Return the length of the longest run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.astype(np.int8), [0]))))
    return int((edges[1::2] - edges[::2]).max()) if edges.size else 0
