"""A comparison in plain sentences: what an operator asks first, in the order it is asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dispatch.messages import day, moment, say, words
from dispatch.plan import Remark
from scenarios.whatif.actions import Action, Deed
from scenarios.whatif.coal_compared import coal_sentences
from scenarios.whatif.cold_stations import ColdStation, Level
from scenarios.whatif.comparison import Compared, Comparison
from scenarios.whatif.figure import FORMS, Figure, homes, number, stations
from scenarios.whatif.outcome import Unplanned
from scenarios.whatif.source_words import source_sentences

MOST_ACTIONS = 12
LEAST_STORED_MWH = 0.5
TOLD_APART = (  # told in words of their own
    "daily.shortage",
    "daily.cold_for_a_time",
    "daily.below_floor",
    "daily.third_party_unserved",
    "daily.third_party_cold",
)
LEAST_UNSERVED_MWH = 0.1


@dataclass(frozen=True)
class Topic:
    """Sentences under a short label."""

    label: str
    sentences: tuple[str, ...]


def answer(comparison: Comparison, variant: Compared | Unplanned) -> tuple[Topic, ...]:
    """Return what a variant changes, topic by topic; one line where nothing changes."""
    if isinstance(variant, Unplanned):
        return (Topic(say("compare.topic_failed"), variant.why),)
    before = tuple(remark.text for remark in variant.remarks)
    topics = [Topic(say("compare.topic_before"), before)] if before else []
    if variant.nothing_changes:
        return (*topics, Topic(say("compare.topic_ours"), (say("compare.nothing_changes"),)))
    topics += [
        Topic(say("compare.topic_ours"), _ours(comparison, variant)),
        Topic(say("compare.topic_sources"), source_sentences(variant.sources)),
        Topic(say("compare.topic_elsewhere"), _elsewhere(comparison, variant)),
    ]
    if variant.same_hours:
        topics.append(Topic(say("compare.topic_fuel"), _fuel(variant)))
    return (*topics, Topic(say("compare.topic_coal"), coal_sentences(variant.yards)))


def to_do(variant: Compared) -> tuple[str, ...]:
    """Return what to do before the event, one line an action, in order of time."""
    if not variant.actions:
        return (say("compare.do_nothing_at_all"),)
    if all(action.in_base for action in variant.actions):
        return (say("compare.do_nothing"), *_lines(variant.actions))
    return _lines(variant.actions)


def _lines(actions: Sequence[Action]) -> tuple[str, ...]:
    told = tuple(_line(action) for action in actions[:MOST_ACTIONS])
    left = len(actions) - len(told)
    return (*told, say("compare.do_more", count=left)) if left else told


def _line(action: Action) -> str:
    in_days = action.deed is Deed.ORDER_COAL  # nobody orders coal by the hour
    written = day if in_days else moment
    at, text = written(action.at).ljust(len(moment(action.at))), action.remark.text
    if action.in_base:
        return say("compare.do_line_same", at=at, text=text)
    if action.base_at is not None:
        return say("compare.do_line_moved", at=at, text=text, base_at=written(action.base_at))
    return say("compare.do_line", at=at, text=text)


# ---- rooms -----------------------------------------------------------------------------------


def _ours(comparison: Comparison, variant: Compared) -> tuple[str, ...]:
    coldest = variant.plan.coldest_ours
    if coldest is None:
        return (say("compare.none_commanded"),)
    law, floor = (_cold(variant.plan.cold, level) for level in Level)
    base_law, base_floor = (_cold(comparison.base_plan.cold, level) for level in Level)
    if law:
        told = [say("compare.law_broken", **_cold_values(law)), *_course(law, base_law)]
        if floor:
            told.append(say("compare.floor_broken_too", **_few_values(floor)))
        return tuple(told)
    if floor:
        base = [*base_law, *base_floor]
        return (say("compare.floor_broken", **_cold_values(floor)), *_course(floor, base))
    places = {
        "station": coldest.station,
        "indoor_c": number(coldest.indoor_c, 1),
        "at": moment(datetime.fromisoformat(coldest.at)),
    }
    was = [*base_law, *base_floor]
    told = [say("compare.all_hold", **places)]
    if was:
        count = {"stations": stations(len(was)), "homes": _homes(was)}
        told.append(say("compare.all_hold_again", **count))
    return tuple(told)


def _cold(cold: Sequence[ColdStation], level: Level) -> list[ColdStation]:
    return [one for one in cold if one.ours and one.level is level]


def _homes(cold: Sequence[ColdStation]) -> str:
    return homes(sum(one.homes for one in cold))


def _few_values(cold: Sequence[ColdStation]) -> dict[str, object]:
    below_k = max(one.below_k for one in cold)
    return {"stations": stations(len(cold)), "homes": _homes(cold), "below_k": number(below_k, 1)}


def _cold_values(cold: Sequence[ColdStation]) -> dict[str, object]:
    worst = max(cold, key=lambda one: one.below_k)
    return {
        **_few_values(cold),
        "since": moment(min(one.since for one in cold)),
        "worst": worst.station,
        "coldest_c": number(worst.coldest_c, 1),
        "coldest_at": moment(worst.coldest_at),
    }


def _course(cold: Sequence[ColdStation], base: Sequence[ColdStation]) -> list[str]:
    """Where the homes are, until when it lasts, and whether the base has it too."""
    per_zone: dict[str, int] = {}
    for one in cold:
        per_zone[one.zone_id] = per_zone.get(one.zone_id, 0) + one.homes
    by_homes = sorted(per_zone.items(), key=lambda item: (-item[1], item[0]))
    zones = words(*(f"{zone} {number(count, 0)}" for zone, count in by_homes))
    lasting = [one for one in cold if one.until is None]
    if lasting:
        ends = say("compare.ends_not", stations=stations(len(lasting)))
    else:
        ends = say("compare.ends_by", until=moment(max(one.until for one in cold if one.until)))
    told = [say("compare.zones_hit", zones=zones), ends]
    if base:
        return [*told, say("compare.base_also", stations=stations(len(base)), homes=_homes(base))]
    return [*told, say("compare.base_none")]


# ---- elsewhere -------------------------------------------------------------------------------


def _elsewhere(comparison: Comparison, variant: Compared) -> tuple[str, ...]:
    told = [
        *_third_parties(comparison, variant),
        *_links(comparison, variant),
        *(one.text for one in variant.new_reasons if one.key not in TOLD_APART),
    ]
    bad = told or [say("compare.nothing_breaks")]
    good = [one for one in variant.gone_reasons if one.key not in TOLD_APART]
    still = {(one.key, *_about(one)) for one in variant.new_reasons}
    gone = [one for one in good if (one.key, *_about(one)) not in still]
    return (*bad, *(say("compare.no_longer", text=one.text) for one in gone))


def _about(remark: Remark) -> tuple[object, ...]:
    """What a remark is about, so that the same with other figures is known again."""
    names = ("plant", "source", "yard", "link", "id", "provider")
    return tuple(remark.values.get(name) for name in names)


def _third_parties(comparison: Comparison, variant: Compared) -> list[str]:
    cold = [one for one in variant.plan.cold if not one.ours]
    base = [one for one in comparison.base_plan.cold if not one.ours]
    told = []
    if cold and [one.station for one in cold] != [one.station for one in base]:
        since = moment(min(one.since for one in cold))
        told.append(say("compare.third_party_cold", **_few_values(cold), since=since))
        count = {"stations": stations(len(base)), "homes": _homes(base)}
        told.append(say("compare.base_also", **count) if base else say("compare.base_none"))
    elif base and not cold:
        count = {"stations": stations(len(base)), "homes": _homes(base)}
        told.append(say("compare.third_party_no_longer", **count))
    mwh = variant.plan.figures[Figure.UNSERVED]
    before_mwh = comparison.base_plan.figures[Figure.UNSERVED]
    if mwh > before_mwh + LEAST_UNSERVED_MWH:
        places = {"mwh": number(mwh, 1), "base_mwh": number(before_mwh, 1)}
        told.append(say("compare.unserved", **places))
    return told


def _links(comparison: Comparison, variant: Compared) -> list[str]:
    told = []
    for link, limit in variant.plan.links.items():
        known = comparison.base_plan.links.get(link)
        full_before, out_before = (known.full_hours, known.out_hours) if known else (0.0, 0.0)
        if limit.out_hours > out_before:
            told.append(say("compare.link_out", link=link, hours=hours(limit.out_hours)))
        if limit.full_hours > full_before:
            places = {"hours": hours(limit.full_hours), "base_hours": hours(full_before)}
            told.append(say("compare.link_full", link=link, **places))
    return told


def hours(value_h: float) -> str:
    """Hours without needless decimals."""
    return f"{value_h:g}"


# ---- fuel and cost ---------------------------------------------------------------------------


def _fuel(variant: Compared) -> tuple[str, ...]:
    told = [_sentence_of_fuel(variant), *_of_energy(variant)]
    if _differs(variant, Figure.BILL):
        places = _places(variant, Figure.BILL)
        told.append(
            say(
                "compare.cost",
                yuan=places["value"],
                base_yuan=places["base"],
                difference=places["difference"],
                part=places["part"],
            )
        )
    if _differs(variant, Figure.CO2):
        places = _places(variant, Figure.CO2)
        told.append(
            say(
                "compare.co2",
                tonnes=places["value"],
                base_tonnes=places["base"],
                difference=places["difference"],
                part=places["part"],
                heat_difference=_places(variant, Figure.CO2_FOR_HEAT)["difference"],
            )
        )
    return (*told, *_stored(variant))


def _sentence_of_fuel(variant: Compared) -> str:
    fuel, heat = _places(variant, Figure.FUEL), _places(variant, Figure.FUEL_FOR_HEAT)
    if not (_differs(variant, Figure.FUEL) or _differs(variant, Figure.FUEL_FOR_HEAT)):
        return say("compare.fuel_same", tce=fuel["value"])
    return say(
        "compare.fuel",
        tce=fuel["value"],
        base_tce=fuel["base"],
        difference=fuel["difference"],
        part=fuel["part"],
        heat_tce=heat["value"],
        base_heat_tce=heat["base"],
    )


def _of_energy(variant: Compared) -> list[str]:
    told = []
    for figure, key, unit in (
        (Figure.COAL, "compare.coal", "tonnes"),
        (Figure.GAS, "compare.gas", "nm3"),
        (Figure.POWER, "compare.power", "mwh"),
    ):
        if _differs(variant, figure):
            places = _places(variant, figure)
            values = {unit: places["value"], f"base_{unit}": places["base"]}
            told.append(say(key, **values, difference=places["difference"]))
    return told


def _stored(variant: Compared) -> list[str]:
    """Rooms that end colder make a plan look cheaper than it is."""
    stored = variant.differences[Figure.STORED].difference
    if abs(stored) < LEAST_STORED_MWH:
        return []
    levelled = variant.differences[Figure.FUEL_LEVELLED].difference
    put_off = levelled - variant.differences[Figure.FUEL_FOR_HEAT].difference
    key = "compare.stored_less" if stored < 0 else "compare.stored_more"
    rooms_k = variant.differences[Figure.ROOMS_END].difference
    return [
        say(
            key,
            mwh=number(abs(stored), 1),
            rooms_k=number(rooms_k, 2, signed=True),
            tce=number(abs(put_off), 1),
            levelled=number(levelled, 1, signed=True),
        )
    ]


def _differs(variant: Compared, figure: Figure) -> bool:
    """Whether a figure differs as it is told."""
    one = variant.differences[figure]
    decimals = FORMS[figure].decimals
    return number(one.base, decimals) != number(one.variant, decimals)


def _places(variant: Compared, figure: Figure) -> dict[str, str]:
    one, decimals = variant.differences[figure], FORMS[figure].decimals
    return {
        "value": number(one.variant, decimals),
        "base": number(one.base, decimals),
        "difference": number(one.difference, decimals, signed=True),
        "part": part_text(one.part),
    }


def part_text(part: float) -> str:
    """A part in percent with its sign: `+2.8 %`; a dash where it says nothing."""
    told = number(100.0 * part, 1, signed=True)
    return say("compare.percent", percent=told) if told else say("compare.no_value")
