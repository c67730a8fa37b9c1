"""A difference between two plans in words: causes, then what follows from them."""

from collections.abc import Sequence
from datetime import datetime

from dispatch.history.run_difference import (
    Moved,
    Outdoors,
    PinMoved,
    Reach,
    RunDifference,
    Setting,
)
from dispatch.messages import say, words
from dispatch.quality_words import quality_word

WORTH_K = 0.1  # of the mean forecast
WORTH_ROOM_K = 0.05
WORTH_SHARE = 0.001  # of demand and fuel
NO_HEAT_MW = 0.05  # a source that reaches no more is out
MOST_FILES = 8
KNOWN_SETTINGS = {
    "source_fuel_price": "diff.fuel_price",
    "plant_share_min": "diff.share_min",
    "plant_share_max": "diff.share_max",
}


def short(moment: str) -> str:
    """Return a moment as people write it on a sheet."""
    return f"{datetime.fromisoformat(moment):%Y-%m-%d %H:%M}"


def why_lines(found: RunDifference) -> tuple[str, ...]:
    """Return the causes of the change, the weather first."""
    lines: list[str] = []
    if found.outdoors is not None:
        lines += _outdoors(found.outdoors)
    lines += [*_demand(found.demand), *_rooms(found)]
    lines += [_reach(one) for one in found.reach]
    lines += [_pin(one) for one in found.pins]
    lines += [_power(one) for one in found.power]
    lines += [_setting(one) for one in found.settings]
    for key, names in (
        ("diff.files_changed", found.files.changed),
        ("diff.files_added", found.files.added),
        ("diff.files_removed", found.files.removed),
    ):
        lines += [say(key, files=_listed(names))] if names else []
    return tuple(lines) or (say("diff.nothing"),)


def _listed(names: Sequence[str]) -> str:
    some = words(*names[:MOST_FILES])
    more = len(names) - MOST_FILES
    return say("history.and_more", names=some, more=more) if more > 0 else some


def _outdoors(outdoors: Outdoors) -> list[str]:
    most = {"at": short(outdoors.most_at), "most": f"{outdoors.most_k:+.1f}"}
    lines = []
    if abs(outdoors.mean_k) >= WORTH_K or abs(outdoors.most_k) >= 1.0:
        days = words(
            *(say("diff.day_k", day=day, k=f"{k:+.1f}") for day, k in outdoors.days.items())
        )
        k = f"{abs(outdoors.mean_k):.1f}"
        if abs(outdoors.mean_k) < WORTH_K:
            lines.append(say("diff.same_weather", k=f"{WORTH_K:g}", **most))
        elif outdoors.mean_k < 0.0:
            lines.append(say("diff.colder", k=k, days=days, **most))
        else:
            lines.append(say("diff.warmer", k=k, days=days, **most))
    if outdoors.before != outdoors.after:
        lines.append(say("diff.provider", before=outdoors.before, after=outdoors.after))
    return lines


def _demand(demand: Moved | None) -> list[str]:
    if demand is None or abs(demand.change) < WORTH_SHARE * max(demand.before, 1e-9):
        return []
    values = {
        "mw": f"{abs(demand.change):.1f}",
        "share": f"{100.0 * demand.change / demand.before:+.1f}",
        "after": f"{demand.after:.1f}",
    }
    return [say("diff.demand_up" if demand.change > 0.0 else "diff.demand_down", **values)]


def _rooms(found: RunDifference) -> list[str]:
    rooms = found.rooms
    if rooms is None or abs(rooms.change) < WORTH_ROOM_K:
        return []
    values = {"before": f"{rooms.before:.2f}", "after": f"{rooms.after:.2f}"}
    return [say("diff.rooms", at=short(found.start), **values)]


def _reach(one: Reach) -> str:
    end = say("diff.compared_end") if one.open_end else short(one.end)
    values = {"before": f"{one.before_mw:.1f}", "after": f"{one.after_mw:.1f}"}
    return say(_reach_key(one), name=one.name, start=short(one.start), end=end, **values)


def _reach_key(one: Reach) -> str:
    less = one.after_mw < one.before_mw
    if one.kind == "link":
        return "diff.link_less" if less else "diff.link_more"
    if one.after_mw <= NO_HEAT_MW:
        return "diff.source_out"
    if one.before_mw <= NO_HEAT_MW:
        return "diff.source_back"
    return "diff.source_less" if less else "diff.source_more"


def _power(one: Moved) -> str:
    values = {"before": f"{one.before:.1f}", "after": f"{one.after:.1f}"}
    return say("diff.power", name=one.name, **values)


def _setting(one: Setting) -> str:
    values = {"before": one.before, "after": one.after}
    if one.name in KNOWN_SETTINGS:
        return say(KNOWN_SETTINGS[one.name], thing=one.thing, **values)
    return say("diff.setting", name=one.name, **values)


def _pin(moved: PinMoved) -> str:
    pin = moved.pin
    values = {name: str(pin.get(name) or "") for name in ("thing", "what", "value", "unit")}
    if moved.change == "gone":
        return say("diff.pin_gone", **values)
    told = values | {name: str(pin.get(name) or "") for name in ("by", "reason")}
    return say("diff.pin_new" if moved.change == "new" else "diff.pin_changed", **told)


def effect_lines(found: RunDifference) -> tuple[str, ...]:
    """Return what came of it: label, fuel, cost, setpoints, rooms."""
    lines = []
    if found.quality[0] != found.quality[1]:
        before, after = (quality_word(quality) for quality in found.quality)
        lines.append(say("diff.quality", before=before, after=after))
    if found.fuel is not None:
        lines.append(_fuel(found.fuel))
    change = f"{found.cost.change:+,.0f}".replace(",", " ")
    after = f"{found.cost.after:,.0f}".replace(",", " ")
    lines.append(say("diff.cost", change=change, after=after))
    if found.stations is not None and found.stations.moved_share > 0.0:
        share = f"{100.0 * found.stations.moved_share:.0f}"
        lines.append(
            say("diff.stations", share=share, mean=f"{round(found.stations.mean_k, 1) + 0.0:+.1f}")
        )
    elif found.stations is not None:
        lines.append(say("diff.stations_same"))
    coldest = found.coldest
    if coldest is not None and abs(coldest.change) >= WORTH_ROOM_K:
        values = {"before": f"{coldest.before:.1f}", "after": f"{coldest.after:.1f}"}
        lines.append(say("diff.coldest", **values))
    return tuple(lines)


def _fuel(fuel: Moved) -> str:
    after = f"{fuel.after:.1f}"
    if abs(fuel.change) < WORTH_SHARE * max(fuel.before, 1e-9):
        return say("diff.fuel_same", after=after)
    share = f"{100.0 * fuel.change / fuel.before:+.1f}" if fuel.before else ""
    values = {"tce": f"{abs(fuel.change):.1f}", "share": share, "after": after}
    return say("diff.fuel_more" if fuel.change > 0.0 else "diff.fuel_less", **values)
