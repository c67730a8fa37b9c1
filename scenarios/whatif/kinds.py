"""All kinds of change that a scenario file may name."""

from collections.abc import Mapping

from scenarios.whatif.change import Change
from scenarios.whatif.changes import (
    coal,
    comfort,
    growth,
    money,
    network,
    plant,
    season,
    shares,
    sources,
    third_party,
    weather,
    yards,
)

FAMILIES: tuple[tuple[type[Change], ...], ...] = (  # as `scenario kinds` lists
    weather.CHANGES,
    sources.CHANGES,
    network.CHANGES,
    comfort.CHANGES,
    third_party.CHANGES,
    coal.CHANGES,
    yards.CHANGES,
    money.CHANGES,
    shares.CHANGES,
    growth.CHANGES,
    plant.CHANGES,
    season.CHANGES,
)
KINDS: Mapping[str, type[Change]] = {
    change.model_fields["kind"].default: change for family in FAMILIES for change in family
}
