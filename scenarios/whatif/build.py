"""From a scenario and the situation of now to the variants that are planned."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from dispatch.case_errors import refusal
from dispatch.case_faults import Fault
from dispatch.case_recheck import recheck
from dispatch.messages import say
from dispatch.situation import Situation
from scenarios.whatif.assignment import Assignment, Sweep
from scenarios.whatif.change import Change, ChangeFault
from scenarios.whatif.outcome import BASE, Variant
from scenarios.whatif.scenario import Scenario
from scenarios.whatif.scenario_file import RawScenario, ScenarioFaults, scenario_of


@dataclass(frozen=True)
class Question:
    """A scenario as it is asked: what is set on the command line, and what is swept."""

    raw: RawScenario
    assignments: tuple[Assignment, ...] = ()
    sweep: Sweep | None = None

    def scenario(self) -> Scenario:
        """Return the scenario without the sweep. Raises ScenarioFaults."""
        return scenario_of(self.raw, self.assignments)

    def swept(self) -> Iterator[tuple[Assignment, Scenario]]:
        """Yield the scenario at each value of the sweep. Raises ScenarioFaults."""
        for one in self.sweep.assignments() if self.sweep is not None else ():
            yield one, scenario_of(self.raw, (*self.assignments, one))


def base_of(scenario: Scenario, situation: Situation) -> Variant:
    """Return what variants are compared with: the scene alone.

    Raises ScenarioFaults where a change does not fit the case, NotApplicable where the case lacks
    what a change is about; so do the others.
    """
    return Variant(BASE, say("scenario.base_title"), after(scenario, "scene", situation))


def variant_of(scenario: Scenario, situation: Situation) -> Variant:
    """Return the scenario as a variant."""
    changed = after(scenario, "change", after(scenario, "scene", situation))
    return Variant(scenario.name, scenario.title, changed)


def variants_of(question: Question, situation: Situation) -> tuple[Variant, ...]:
    """Return the variants of a question: one, or one a value of its sweep."""
    if question.sweep is None:
        return (variant_of(question.scenario(), situation),)
    found = []
    for one, scenario in question.swept():
        made = variant_of(scenario, situation)
        values = {question.sweep.name: one.value}
        found.append(Variant(one.typed, one.typed, made.situation, values))
    return tuple(found)


def after(scenario: Scenario, section: str, situation: Situation) -> Situation:
    """Return a situation after the changes of a section, in order; the case still fits together."""
    changes = scenario.scene if section == "scene" else scenario.changes
    places = [f"{section}[{number}]" for number in range(1, len(changes) + 1)]
    found = situation
    for place, change in zip(places, changes, strict=True):
        found = _applied(scenario, place, change, found)
    if recheck(found.case):
        raise ScenarioFaults(_misfits(scenario, places, changes, situation))
    return found


def _applied(scenario: Scenario, place: str, change: Change, situation: Situation) -> Situation:
    try:
        return change.applied(situation)
    except ChangeFault as wrong:
        text = wrong.remark.text
        key = wrong.remark.key
        fault = Fault(scenario.file, None, f"{place}.{wrong.column}", text, key)
        raise ScenarioFaults([fault]) from None
    except ValidationError as error:  # a row that cannot be so: a stock above its yard's room
        faults = []
        for one in error.errors(include_url=False):
            told = refusal(one, type(situation.case))
            text = say("scenario.row_refused", column=told.column, text=told.text)
            faults.append(Fault(scenario.file, None, place, text, told.key))
        raise ScenarioFaults(faults) from None


def _misfits(
    scenario: Scenario, places: Sequence[str], changes: Sequence[Change], situation: Situation
) -> list[Fault]:
    """Name the first change after which the tables of the case contradict each other."""
    found = situation
    for place, change in zip(places, changes, strict=True):
        found = _applied(scenario, place, change, found)
        wrong = recheck(found.case)
        if wrong:
            return [
                Fault(
                    scenario.file,
                    None,
                    place,
                    say("scenario.misfit", kind=change.kind, fault=fault),
                    "misfit",
                )
                for fault in wrong
            ]
    return []
