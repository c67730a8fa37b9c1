"""The label of a plan in words, the same on screen, sheet and page."""

from dispatch.messages import say
from dispatch.plan import Quality, RungName


def quality_word(quality: Quality) -> str:
    """Return a label in one word, for a table or within a sentence."""
    return say(f"cli.label_{quality.value}")


def quality_words(quality: Quality, rung: RungName) -> str:
    """Return what a label means, with the rung the plan stands on where that says more."""
    if rung in (RungName.ROLLED, RungName.CURVES) or (
        rung is RungName.INCUMBENT and quality is Quality.AMBER
    ):
        return say(f"ladder.quality_{rung.value}")
    return {
        Quality.GREEN: say("cli.quality_green"),
        Quality.AMBER: say("cli.quality_amber"),
        Quality.RED: say("cli.quality_red"),
    }[quality]
