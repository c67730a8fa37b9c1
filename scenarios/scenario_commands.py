"""What `heat-dispatch scenario` does; returns its exit code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import click

from dispatch.atomic import write_files
from dispatch.case import Case
from dispatch.case_files import CaseFaults
from dispatch.daily_request import DailyRequest, Stopwatch
from dispatch.messages import say, words
from dispatch.situation import Situation, look, with_measured
from dispatch.time_grid import plan_start
from scenarios.command import (
    BAD_INPUT,
    OUR_FAULT,
    aware_now,
    case_folder,
    read_case,
    stop,
    with_progress,
)
from scenarios.scenario_files import comparison_files
from scenarios.scenario_screen import comparison_screen
from scenarios.screen import show
from scenarios.sweep_chart import sweep_files, sweep_screen, sweep_terminal_chart
from scenarios.whatif.assignment import Sweep, Unreadable, read_assignment, read_sweep
from scenarios.whatif.build import Question, base_of, variant_of, variants_of
from scenarios.whatif.change import NotApplicable
from scenarios.whatif.changes.season import moves_season
from scenarios.whatif.comparison import compare
from scenarios.whatif.library import UnknownScenario, find
from scenarios.whatif.outcome import Outcome, Result, Unplanned, Variant
from scenarios.whatif.planning_progress import planning_progress
from scenarios.whatif.result_cache import ResultCache
from scenarios.whatif.scenario import Scenario, moment_of
from scenarios.whatif.scenario_file import ScenarioFaults, read_raw, read_scenario
from scenarios.whatif.side_by_side import PlanningStopped, planned_all
from scenarios.whatif.sweep import sweep_of

PATHS = 200  # of weather to the season's end: a what-if shows days of cover, not one in fifty
TERMINAL_COLUMNS = 80
CACHE = "cache"
NOWHERE = "no-runs"  # a folder without runs: scenarios of a day of their own have no past


@dataclass(frozen=True)
class Ask:
    """What is asked on the command line."""

    names: tuple[str, ...]
    case: str | None
    settings: tuple[str, ...]
    sweep: str | None
    cures: bool
    now_text: str | None
    own: Path
    runs: Path
    store: Path
    out: Path
    workers: int | None
    fresh: bool
    as_json: bool

    @classmethod
    def of(cls, names: tuple[str, ...], case: str | None, options: Mapping[str, object]) -> "Ask":
        """Return the question of a command's options."""
        return cls(names, case, **cast("dict[str, Any]", {**UNSAID, **options}))


UNSAID: Mapping[str, object] = {"settings": (), "sweep": None}  # by `compare`


@dataclass(frozen=True)
class Asked:
    """A question made whole: what is planned, and from what."""

    questions: tuple[Question, ...]
    scenarios: tuple[Scenario, ...]  # without what is swept
    request: DailyRequest
    situation: Situation
    variants: tuple[Variant, ...]  # the base first
    sweep: Sweep | None


def run_scenario(ask: Ask) -> int:
    """Plan what is asked beside the plan as it is, show and write what came of it."""
    asked = asked_whole(ask)
    cache = None if ask.fresh else ResultCache(ask.out / CACHE)
    try:
        with planning_progress(len(asked.variants)) as progress:
            results = planned_all(
                asked.variants,
                asked.request,
                workers=ask.workers,
                cache=cache,
                progress=progress,
                with_cures=ask.cures,
            )
    except PlanningStopped as stopped:
        stop(str(stopped), OUR_FAULT)
    base, *others = results
    if isinstance(base, Unplanned):
        stop("\n".join(base.why), BAD_INPUT)
    _told(ask, asked, base, others)
    return 0


def _told(ask: Ask, asked: Asked, base: Outcome, others: Sequence[Result]) -> None:
    """Write the files, then show the answer: the files first, so that the screen can name them."""
    comparison = compare(base, others)
    situations = {variant.name: variant.situation for variant in asked.variants}
    files = comparison_files(comparison, situations, is_sweep=asked.sweep is not None)
    curve = None
    if asked.sweep is not None:
        curve = sweep_of(others, asked.sweep.name)
        files |= sweep_files(curve)
    names = "+".join(question.raw.name for question in asked.questions)
    folder = ask.out / base.case.settings.id / names
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_files(folder, files)
    except OSError as error:
        stop(say("weather_cli.not_written", path=folder, why=error.strerror), OUR_FAULT)
    if ask.as_json:
        click.echo(files["comparison.json"].decode(), nl=False)
        return
    for scenario in asked.scenarios:
        if scenario.about:
            click.echo(scenario.about)
    if curve is not None:
        show(sweep_screen(curve))
        click.echo(sweep_terminal_chart(curve, TERMINAL_COLUMNS, coloured=False))
        click.echo(say("scenario_cli.written", folder=folder))
        return
    show(comparison_screen(comparison, [str(folder / name) for name in files]))


def pattern_of(name: str, own: Path) -> Scenario:
    """Return a scenario to begin from; ends the command if there is none such."""
    try:
        return read_scenario(find(name, own))
    except UnknownScenario as unknown:
        raise click.BadParameter(str(unknown), param_hint="--like") from None
    except ScenarioFaults as faults:
        stop(str(faults), BAD_INPUT)


def asked_whole(ask: Ask) -> Asked:
    """Make the question whole; ends the command where it cannot be asked."""
    sweep = _read_sweep(ask.sweep)
    questions = tuple(_question(name, ask, sweep) for name in ask.names)
    try:
        scenarios = tuple(question.scenario() for question in questions)
        for question in questions:
            list(question.swept())  # all faults before anything is planned
    except ScenarioFaults as faults:
        stop(str(faults), BAD_INPUT)
    folder = case_folder(ask.case or scenarios[0].header.case)
    case = read_case(folder)
    request = _request(ask, scenarios, folder, case)
    try:
        situation = with_progress(lambda progress: _looked(request, Stopwatch(progress)))
        variants = _variants(questions, scenarios, situation)
    except (CaseFaults, ScenarioFaults) as faults:
        stop(str(faults), BAD_INPUT)
    return Asked(questions, scenarios, request, situation, variants, sweep)


def _looked(request: DailyRequest, watch: Stopwatch) -> Situation:
    """What is known of the moment, with what was measured before any change of the case."""
    return with_measured(look(request, watch), request, watch)


def _read_sweep(text: str | None) -> Sweep | None:
    try:
        return None if text is None else read_sweep(text)
    except Unreadable as told:
        raise click.BadParameter(str(told), param_hint="--sweep") from None


def _question(name: str, ask: Ask, sweep: Sweep | None) -> Question:
    try:
        assignments = tuple(read_assignment(text) for text in ask.settings)
    except Unreadable as told:
        raise click.BadParameter(str(told), param_hint="--set") from None
    try:
        return Question(read_raw(find(name, ask.own)), assignments, sweep)
    except UnknownScenario as unknown:
        raise click.BadParameter(str(unknown), param_hint="NAME") from None
    except ScenarioFaults as faults:
        stop(str(faults), BAD_INPUT)


def _request(ask: Ask, scenarios: Sequence[Scenario], folder: Path, case: Case) -> DailyRequest:
    """The moment to plan from, and with what weather: see the help of `scenario run`."""
    settings = case.settings
    starts = dict.fromkeys(scenario.header.start for scenario in scenarios)
    if ask.now_text is None and len(starts) > 1:
        told = words(*(start or say("scenario.now") for start in starts))
        stop(say("scenario_cli.starts_differ", starts=told), BAD_INPUT)
    start = next(iter(starts)) if ask.now_text is None else None
    # The same question within a step is the same question: its answer is at hand.
    now = plan_start(aware_now(ask.now_text, settings.timezone), settings.time.step_min)
    is_own_day = start is not None
    return DailyRequest(
        case_folder=folder,
        now=now if start is None else moment_of(start, settings, now),
        runs_folder=ask.out / NOWHERE if is_own_day else ask.runs,
        store_folder=ask.store,
        paths=PATHS,
        offline=is_own_day,
        in_season=any(moves_season((*one.scene, *one.changes)) for one in scenarios),
    )


def _variants(
    questions: Sequence[Question], scenarios: Sequence[Scenario], situation: Situation
) -> tuple[Variant, ...]:
    """The base and all that stands beside it; ends the command for what the case lacks."""
    try:
        if len(questions) == 1:
            return (base_of(scenarios[0], situation), *variants_of(questions[0], situation))
        plain = Variant("base", say("scenario.base_title"), situation)
        return (plain, *(variant_of(scenario, situation) for scenario in scenarios))
    except NotApplicable as lacking:
        names = words(*(question.raw.name for question in questions))
        case_id = situation.case.settings.id
        told = say("scenario_cli.not_applicable", name=names, case=case_id, why=lacking)
        stop(told, BAD_INPUT)
