"""What can be asked: the scenarios there are, and the kinds of change they are made of."""

from collections.abc import Iterator, Sequence

from dispatch.messages import say
from scenarios.screen import Fact, Figures, Screen
from scenarios.whatif.kinds import FAMILIES
from scenarios.whatif.scenario import Group, Scenario
from scenarios.whatif.scenario_file import ScenarioFaults
from scenarios.whatif.template import key_lines

Found = Sequence[tuple[str, Scenario | ScenarioFaults]]


def list_screen(bundled: Found, own: Found) -> Screen:
    """Return one line a scenario, under headings."""
    parts: list[Fact | Figures] = []
    for group in Group:
        rows = tuple(
            (name, one.title)
            for name, one in (*bundled, *own)
            if isinstance(one, Scenario) and one.header.group is group
        )
        if rows:
            title = say(f"scenario.group_{group.value}")
            parts.append(Figures(("", ""), rows, words=(0, 1), title=title))
    for name, faults in (*bundled, *own):
        if isinstance(faults, ScenarioFaults):
            parts.append(Fact(name, tuple(str(faults).splitlines()), "red"))
    parts.append(Fact(say("scenario.how_label"), tuple(say("scenario.how").splitlines())))
    return Screen(say("scenario.list_title"), tuple(parts))


def kinds_text() -> Iterator[str]:
    """Yield every kind of change, what it does, and its keys with usual values and limits."""
    for family in FAMILIES:
        for kind in family:
            name = str(kind.model_fields["kind"].default)
            yield f"{name}: {say(f'change.{name}')}"
            for key, usual, limits in key_lines(kind):
                yield f"    {key} = {usual}" + (f"  ({limits})" if limits else "")
