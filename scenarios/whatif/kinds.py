"""All kinds of change that a scenario file may name."""

from collections.abc import Mapping

from scenarios.whatif.change import Change
from scenarios.whatif.changes import network, sources, weather

FAMILIES: tuple[tuple[type[Change], ...], ...] = (  # as `scenario kinds` lists
    weather.CHANGES,
    sources.CHANGES,
    network.CHANGES,
)
KINDS: Mapping[str, type[Change]] = {
    change.model_fields["kind"].default: change for family in FAMILIES for change in family
}
