"""What goes wrong in an answer's content, one function a fault: a right answer in, a wrong one out.

An answer is the parsed JSON of Open-Meteo's `/v1/forecast`; what comes out is sent as JSON, or as
it is where it is bytes. The answer may be changed in place: it was parsed for this fault alone.
"""

import json
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.fault_server import Speak, Talk

HourlyAnswer = dict[str, Any]
Spoil = Callable[[HourlyAnswer], object]
Change = Callable[[list[Any]], list[Any]]  # of one series
SERIES = ("temperature_2m", "wind_speed_10m", "shortwave_radiation", "relative_humidity_2m")
MIDDLE = 70  # an hour inside what a plan asks for


def spoiled(spoil: Spoil) -> Speak:
    """Answer with a spoiled forecast, and rightly where the age of the run is asked for."""

    def speak(talk: Talk) -> None:
        wrong: object = json.loads(talk.good)
        if not talk.is_meta:
            wrong = spoil(json.loads(talk.good))
        talk.reply(body=wrong if isinstance(wrong, bytes) else as_json(wrong))

    return speak


def meta_says(content: object) -> Speak:
    """Give a right forecast, and this where the age of the run is asked for."""

    def speak(talk: Talk) -> None:
        body = content if isinstance(content, bytes) else as_json(content)
        talk.reply(body=body if talk.is_meta else talk.good)

    return speak


def issued(moment: datetime) -> Speak:
    """Give a right forecast of a run that began at `moment`."""
    return meta_says({"last_run_initialisation_time": int(moment.timestamp())})


def as_json(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode()


def text(answer: HourlyAnswer) -> bytes:
    return as_json(answer)


# ---- building blocks -------------------------------------------------------------------------


def series(name: str, change: Change) -> Spoil:
    """Replace one series by what `change` makes of it."""

    def spoil(answer: HourlyAnswer) -> HourlyAnswer:
        answer["hourly"][name] = change(answer["hourly"][name])
        return answer

    return spoil


def set_from(name: str, values: list[Any], at: int = MIDDLE) -> Spoil:
    """Overwrite one series from hour `at` on."""
    return series(name, lambda old: old[:at] + values + old[at + len(values) :])


def field(name: str, content: object) -> Spoil:
    def spoil(answer: HourlyAnswer) -> HourlyAnswer:
        return answer | {name: content}

    return spoil


def without(*path: str) -> Spoil:
    """Leave out a field, given by its path."""

    def spoil(answer: HourlyAnswer) -> HourlyAnswer:
        inner = answer
        for key in path[:-1]:
            inner = inner[key]
        del inner[path[-1]]
        return answer

    return spoil


def unit(name: str, said: object) -> Spoil:
    def spoil(answer: HourlyAnswer) -> HourlyAnswer:
        answer["hourly_units"][name] = said
        return answer

    return spoil


def all_of(*spoils: Spoil) -> Spoil:
    def spoil(answer: HourlyAnswer) -> object:
        changed: Any = answer
        for one in spoils:
            changed = one(changed)
        return changed

    return spoil


def labels(change: Callable[[list[datetime]], list[datetime]]) -> Spoil:
    """Replace the times (UTC, without a zone) by what `change` makes of them."""

    def spoil(answer: HourlyAnswer) -> HourlyAnswer:
        moments = [datetime.fromisoformat(label) for label in answer["hourly"]["time"]]
        answer["hourly"]["time"] = [m.strftime("%Y-%m-%dT%H:%M") for m in change(moments)]
        return answer

    return spoil


def later_by(hours: float) -> Spoil:
    """Move the labels, as a service does whose zone is not the one it states."""
    return labels(lambda moments: [m + timedelta(hours=hours) for m in moments])


# ---- whole faults ----------------------------------------------------------------------------


def wall_clock(zone: str) -> Spoil:
    """Label by the clock on the wall, which skips an hour in spring and repeats one in autumn."""
    local, utc = ZoneInfo(zone), ZoneInfo("UTC")
    return labels(lambda moments: [m.replace(tzinfo=utc).astimezone(local) for m in moments])


def hours_taken(chosen: Callable[[list[int]], list[int]]) -> Spoil:
    """Answer with these hours only, in this order: all series and the times alike."""

    def spoil(answer: HourlyAnswer) -> HourlyAnswer:
        hourly = answer["hourly"]
        order = chosen(list(range(len(hourly["time"]))))
        return answer | {"hourly": {k: [v[i] for i in order] for k, v in hourly.items()}}

    return spoil


def every_series(change: Change) -> Spoil:
    return all_of(*(series(name, change) for name in SERIES))


def fahrenheit(values: list[float]) -> list[float]:
    return [v * 9 / 5 + 32 for v in values]


def moved_by(amount: float) -> Change:
    return lambda values: [v + amount for v in values]


def scaled(factor: float) -> Change:
    return lambda values: [factor * v for v in values]


def step_up(amount_k: float, at: int = MIDDLE) -> Spoil:
    """A jump from one hour to the next that stays."""
    return series("temperature_2m", lambda v: v[:at] + [x + amount_k for x in v[at:]])


def swapped_place(answer: HourlyAnswer) -> HourlyAnswer:
    latitude, longitude = answer["latitude"], answer["longitude"]
    return answer | {"latitude": longitude, "longitude": latitude}


def duplicate_key(answer: HourlyAnswer) -> bytes:
    """The temperatures twice, once 3 K warmer: most readers take the last silently."""
    warmer = [t + 3.0 for t in answer["hourly"]["temperature_2m"]]
    hourly = as_json(answer["hourly"])[:-1] + b', "temperature_2m": ' + as_json(warmer) + b"}"
    return as_json(answer | {"hourly": "@"}).replace(b'"@"', hourly)


# ---- ensembles -------------------------------------------------------------------------------

MODEL, MEMBERS = "gem_global", 21  # with the control; a small ensemble tells as much as a large
MEMBER_APART_K = 0.1


def ending(member: int) -> str:
    """Return what the service adds to a column's name for a member; nothing for the control."""
    return f"_member{member:02d}" if member else ""


def as_ensemble(answer: HourlyAnswer) -> HourlyAnswer:
    """Make an ensemble of a single run, evenly about it: its middle member is the run itself."""
    hourly, units = answer["hourly"], answer["hourly_units"]
    for name in SERIES:
        values, said = hourly.pop(name), units.pop(name)
        for k in range(MEMBERS):
            apart = (k - MEMBERS // 2) * MEMBER_APART_K if name == "temperature_2m" else 0.0
            hourly[name + ending(k)] = [round(v + apart, 3) for v in values]
            units[name + ending(k)] = said
    return answer


def of_members(name: str, members: Iterable[int], change: Change) -> Spoil:
    """Change one variable of some members."""
    return all_of(*(series(name + ending(k), change) for k in members))


def null(values: list[Any]) -> list[Any]:
    return [None] * len(values)
