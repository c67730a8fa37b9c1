"""All drills of a case: planned, ranked, and what stands beside them in the emergency binder."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from dispatch.case import Case
from dispatch.daily_request import DailyRequest
from dispatch.messages import say
from dispatch.situation import Situation
from scenarios.drills.capacity import MinimumSupply, minimum_supply, reach, relative_load
from scenarios.drills.cooling import ClassFigures, cooling_classes
from scenarios.drills.day import Day, on_day
from scenarios.drills.drill import Drill, drill_of
from scenarios.drills.even_reduction import MISSING, Reduction, reduction
from scenarios.drills.loss import Loss, LossKind, losses_of
from scenarios.whatif.comparison import compare
from scenarios.whatif.outcome import Result, Unplanned, Variant
from scenarios.whatif.result_cache import ResultCache
from scenarios.whatif.side_by_side import SILENT, Progress, planned_all

OUTDOOR_C = (-5.0, -10.0)  # and the design temperature
APART_K = 1.0  # a temperature so near that of design is not told beside it
WITHOUT = "without"


@dataclass(frozen=True)
class Asked:
    """Which drills: days, hours out, losses."""

    days: tuple[Day, ...]
    hours: tuple[int, ...]
    losses: tuple[Loss, ...]


@dataclass(frozen=True)
class Binder:
    """What the emergency binder holds of one case."""

    case: Case
    start: datetime  # of the plans; aware, local
    drills: tuple[Drill, ...]  # the costliest first
    supply: tuple[MinimumSupply, ...]  # of every loss, the worst first
    worst: MinimumSupply  # the loss of a source, with all its units, that leaves least
    worst_unit: MinimumSupply  # of a single unit
    classes: tuple[ClassFigures, ...]
    reductions: tuple[Reduction, ...]  # as the plan does it, at design
    spared: tuple[Reduction, ...]  # those of others like ours, nobody to frost
    setpoints: tuple[Reduction, ...]  # by outdoor temperature and heat missing
    base_why: tuple[str, ...] = ()  # days that cannot be planned even without a loss


def variants_of(situation: Situation, asked: Asked) -> tuple[Variant, ...]:
    """Return what is planned: each day without a loss, then with each."""
    found = []
    for day in asked.days:
        scene = on_day(situation, day)
        found.append(Variant(f"{day.value} {WITHOUT}", day_words(day), scene))
        for loss in asked.losses:
            for hours in asked.hours:
                name = f"{day.value} {loss.name} {hours}h"
                title = say("drill.title", loss=loss_words(loss), hours=hours, day=day_words(day))
                found.append(Variant(name, title, loss.applied(scene, hours)))
    return tuple(found)


def planned_drills(
    situation: Situation,
    asked: Asked,
    request: DailyRequest,
    *,
    workers: int | None = None,
    cache: ResultCache | None = None,
    progress: Progress = SILENT,
) -> tuple[tuple[Drill, ...], tuple[str, ...]]:
    """Plan the drills; returns them ranked, and why a day has none. Raises PlanningStopped."""
    variants = variants_of(situation, asked)
    results = planned_all(variants, request, workers=workers, cache=cache, progress=progress)
    return ranked(asked, results)


def ranked(asked: Asked, results: Sequence[Result]) -> tuple[tuple[Drill, ...], tuple[str, ...]]:
    """Return drills from the results of `variants_of`, costliest first."""
    drills: list[Drill] = []
    why: list[str] = []
    left = iter(results)
    for day in asked.days:
        base = next(left)
        for loss in asked.losses:
            for hours in asked.hours:
                result = next(left)
                if not isinstance(base, Unplanned):
                    drills.append(drill_of(day, loss, hours, compare(base, [result])))
        if isinstance(base, Unplanned):
            why += [f"{day_words(day)}: {text}" for text in base.why]
    drills.sort(key=lambda one: (one.rank, one.loss.name, one.day.value, one.hours))
    return tuple(drills), tuple(why)


def binder_of(
    case: Case, start: datetime, drills: tuple[Drill, ...], base_why: tuple[str, ...] = ()
) -> Binder:
    """Return everything else that the binder holds; `start` of the plans is aware."""
    supply = sorted(
        (minimum_supply(case, loss) for loss in losses_of(case)),
        key=lambda one: (-round(one.missing_mw, 3), one.reach.share, one.loss.name),
    )
    design_c = case.settings.design_outdoor_temp_c
    sources = [one for one in supply if one.loss.sources]
    worst = min(sources, key=lambda one: one.reach.share)
    single = {one.source_id for one in case.sources if one.unit_count == 1}
    worst_unit = min(
        (
            one
            for one in sources
            if one.loss.kind is LossKind.UNIT
            or (one.loss.kind is LossKind.SOURCE and one.loss.lost_id in single)
        ),
        key=lambda one: one.reach.share,
    )
    outdoor = [*(air for air in OUTDOOR_C if abs(air - design_c) >= APART_K), design_c]
    cuts = [(air, kept) for air in outdoor for kept in (0.0, kept_share(case, worst.loss, air))]
    return Binder(
        case=case,
        start=start.astimezone(ZoneInfo(case.settings.timezone)),
        drills=drills,
        supply=tuple(supply),
        worst=worst,
        worst_unit=worst_unit,
        classes=cooling_classes(case, cuts),
        reductions=tuple(reduction(case, design_c, missing) for missing in MISSING),
        spared=tuple(reduction(case, design_c, one, spared=True) for one in MISSING),
        setpoints=tuple(
            reduction(case, air, missing, spared=True)
            for air in sorted({0.0, *outdoor}, reverse=True)
            for missing in (0.0, *MISSING)
        ),
        base_why=base_why,
    )


def kept_share(case: Case, loss: Loss, outdoor_c: float) -> float:
    """Return the share of what users need at an outdoor temperature that a loss leaves."""
    load = relative_load(case, outdoor_c)
    return reach(case, loss.plant_mw_left(case), loss.links_out(), load).share


def loss_words(loss: Loss) -> str:
    """Return what is lost, as a person says it."""
    return say(f"drill.loss_{loss.kind.value}", lost=loss.lost_id)


def day_words(day: Day) -> str:
    """Return the weather of a day in a few words."""
    return say(f"drill.day_{day.value}")
