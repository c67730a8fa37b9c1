"""What a drill means for people, in sentences: what happens, what to do by when, whom to call."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dispatch.case import Case
from dispatch.case_kinds import Manager, Use
from dispatch.messages import say, words
from scenarios.drills.binder import Binder, day_words, loss_words
from scenarios.drills.capacity import MinimumSupply
from scenarios.drills.cooling import StationClass
from scenarios.drills.day import Day
from scenarios.drills.drill import Drill, MakesUp
from scenarios.drills.loss import Loss, LossKind
from scenarios.whatif.actions import Deed
from scenarios.whatif.figure import number

# Of weeks, or for heat there is not; what is to be lit is told with the sources that make up.
NOT_NOW = (Deed.ORDER_COAL, Deed.PREHEAT, Deed.LIGHT)
LEAST_MWH = 1.0
HALF_MW = 0.5  # a source of less is cold
TELL_TENTHS_H = 10.0  # hours below that are told to a tenth
NAMED = 6  # hospitals and cold stations named one by one
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Block:
    """All drills of one loss, the costliest first."""

    place: int  # from 1
    drills: tuple[Drill, ...]

    @property
    def worst(self) -> Drill:
        """The drill that the block tells in full."""
        return self.drills[0]

    @property
    def is_harmless(self) -> bool:
        """Whether nobody gets cold and nobody goes short, whatever the day."""
        return all(harmless(drill) for drill in self.drills)


@dataclass(frozen=True)
class Step:
    """One thing to do, so many hours after the loss."""

    after_h: float
    text: str


def harmless(drill: Drill) -> bool:
    """Whether nobody gets cold, or less than asked for, who is not so without the loss."""
    cost, usual = drill.cost, drill.base_cost
    if cost is None or usual is None:
        return False
    return (
        cost.homes <= usual.homes
        and cost.other_homes <= usual.other_homes
        and cost.floor_homes <= usual.floor_homes
        and cost.unserved_mwh <= usual.unserved_mwh + LEAST_MWH
    )


def usual_text(drill: Drill) -> str:
    """Return who is cold on such a day without the loss; empty where nobody is."""
    usual = drill.base_cost
    if usual is None or not usual.homes + usual.other_homes:
        return ""
    homes, others = number(usual.homes, 0), number(usual.other_homes, 0)
    return say("drill.usual", homes=homes, others=others)


def blocks_of(binder: Binder) -> tuple[Block, ...]:
    """Return the drills by loss, in the order of their costliest."""
    found: dict[str, list[Drill]] = {}
    for drill in binder.drills:
        found.setdefault(drill.loss.name, []).append(drill)
    return tuple(Block(place, tuple(found[name])) for place, name in enumerate(found, 1))


def drill_title(drill: Drill) -> str:
    """Return what a drill is about."""
    return say(
        "drill.title", loss=loss_words(drill.loss), hours=drill.hours, day=day_words(drill.day)
    )


def outcome_text(drill: Drill, legal_c: float) -> str:
    """Return what happens to people with the best response."""
    cost = drill.cost
    if cost is None or drill.start is None:
        return say("drill.no_plan", why=" ".join(drill.why_not))
    values = {
        "law": f"{legal_c:g}",
        "coldest": f"{drill.coldest_flat_c:.1f}",
        "missing": number(cost.missing_mw, 0),
    }
    if not harmless(drill) and (cost.homes or cost.other_homes):
        first = drill.cold[0]
        return say(
            "drill.cold",
            homes=number(cost.homes, 0),
            others=number(cost.other_homes, 0),
            after=moment_text(after_h(drill, first.since)),
            **values,
        )
    if cost.floor_homes:
        return say("drill.below_floor", homes=number(cost.floor_homes, 0), **values)
    if not harmless(drill):
        return say("drill.unserved", **values)
    return say("drill.nobody", **values)


def until_text(drill: Drill) -> str:
    """Return until when it lasts."""
    if drill.start is None:
        return ""
    if not drill.cold:
        return say("drill.until_back", hours=drill.hours)
    if any(one.until is None for one in drill.cold):
        return say("drill.until_beyond", hours=drill.hours)
    last = max(one.until for one in drill.cold if one.until is not None)
    return say("drill.until_warm", hours=drill.hours, after=moment_text(after_h(drill, last)))


def steps_of(drill: Drill, case: Case) -> tuple[Step, ...]:
    """Return what to do, in order of time."""
    if drill.start is None:
        return (Step(0.0, say("drill.do_reduce_all")),)
    lost = loss_words(drill.loss)
    is_main = drill.loss.kind is LossKind.MAIN
    found = [Step(0.0, say("drill.do_shut" if is_main else "drill.do_report", lost=lost))]
    found += [Step(0.0, _raise_text(drill, one)) for one in drill.makes_up]
    if not harmless(drill):
        found.append(Step(0.0, say("drill.do_reduce")))
    found += [
        Step(after_h(drill, action.at), action.remark.text)
        for action in drill.actions
        if action.deed not in NOT_NOW
    ]
    step_k = case.settings.network.secondary_step_k
    found.append(Step(float(drill.hours), say("drill.do_back", lost=lost, step=f"{step_k:g}")))
    return tuple(sorted(found, key=lambda one: one.after_h))


def _raise_text(drill: Drill, one: MakesUp) -> str:
    values = {
        "source": one.source_id,
        "plant": one.plant_id,
        "peak": number(one.peak_mw, 0),
        "by": moment_text(after_h(drill, one.by)),
    }
    if one.usual_mw < HALF_MW:
        return say("drill.do_light", **values)
    return say("drill.do_raise", usual=number(one.usual_mw, 0), **values)


def calls_of(drill: Drill, case: Case) -> tuple[str, ...]:
    """Return whom to call, the most urgent first."""
    return tuple(_calls(drill, case))


def _calls(drill: Drill, case: Case) -> Iterator[str]:
    plants = {source.source_id: source.plant_id for source in case.sources}
    lost = sorted({plants[source] for source in drill.loss.sources})
    if drill.loss.kind is LossKind.MAIN:
        yield say("drill.call_repair", lost=drill.loss.lost_id)
    for plant in lost:
        yield say("drill.call_lost_plant", plant=plant)
    for plant in dict.fromkeys(one.plant_id for one in drill.makes_up):
        if plant not in lost:
            yield say("drill.call_plant", plant=plant)
    if harmless(drill):
        return
    cold_zones = {one.zone_id for one in drill.cold} or set(case.zone_ids)
    hospitals = [
        station
        for station in case.stations
        if station.use is Use.HOSPITAL and station.zone_id in cold_zones
    ]
    if hospitals:
        names = dict.fromkeys(f"{one.station_id} {one.name}" for one in hospitals)
        yield say("drill.call_hospitals", names=listed(list(names)))
    others = {
        station.station_id for station in case.stations if station.managed_by is Manager.THIRD_PARTY
    }
    if others and drill.cost is not None and (drill.cost.other_homes or drill.cost.unserved_mwh):
        yield say("drill.call_managers", stations=len(others))
    if drill.cost is None or drill.cost.homes or drill.cost.other_homes:
        yield say("drill.call_city")


def listed(names: Sequence[str]) -> str:
    """Return the first names, and how many more there are."""
    shown = words(*names[:NAMED])
    return say("drill.and_more", names=shown, more=len(names) - NAMED) if names[NAMED:] else shown


def after_h(drill: Drill, at: datetime) -> float:
    """Return hours since the loss."""
    return (at - drill.start) / HOUR if drill.start is not None else 0.0


def hours_text(hours: float) -> str:
    """Return hours as they are told: halves under ten, whole ones beyond; a dash for never."""
    if hours == float("inf"):
        return "–"
    return f"{hours:.1f}" if hours < TELL_TENTHS_H else f"{hours:.0f}"


def moment_text(hours: float) -> str:
    """Return hours after the loss as they are told in a sentence."""
    return f"{round(hours, 1):g}"


def class_text(kind: StationClass) -> str:
    """Return a class of stations in words."""
    return say(
        "drill.class",
        use=use_text(kind.use),
        era=say(f"drill.era_{kind.era.value}"),
        emitter=say(f"drill.emitter_{kind.emitter.value}"),
    )


def short_loss(loss: Loss) -> str:
    """Return what is lost in a word or two, for tables."""
    return say(f"drill.table_{loss.kind.value}", lost=loss.lost_id)


def use_text(use: Use | None) -> str:
    """Return what buildings are for; None: those that others run."""
    return say("drill.use_others") if use is None else say(f"drill.use_{use.value}")


def day_text(day: Day) -> str:
    """Return a day in one word."""
    return say(f"drill.short_{day.value}")


def supply_texts(binder: Binder) -> tuple[str, ...]:
    """Return the rule, and how the worst loss of a source and of a unit stand against it."""
    told = [binder.worst]
    if binder.worst_unit.loss != binder.worst.loss:
        told.append(binder.worst_unit)
    rule = say("drill.rule", rule=f"{100 * binder.worst.rule:.0f}")
    return (rule, *(_supply_text(one) for one in told))


def _supply_text(supply: MinimumSupply) -> str:
    zone = min(supply.reach.zones, key=lambda one: supply.reach.zones[one])
    values = {
        "lost": loss_words(supply.loss),
        "left": number(supply.capacity_left_mw, 0),
        "share": f"{100 * supply.reach.share:.0f}",
        "zone": zone,
        "zone_share": f"{100 * max(0.0, supply.reach.zones[zone]):.0f}",
    }
    if supply.holds:
        return say("drill.rule_holds", **values)
    return say("drill.rule_fails", missing=number(supply.missing_mw, 0), **values)
