"""How many examples a property is tried on: few each time, many under `soak` (`conftest.py`)."""

from hypothesis import settings

USUAL = 100  # examples of the profile of Hypothesis that is loaded unless another is asked for


def examples(count: int) -> int:
    """Return `count` under the usual profile, and as much more as another one draws more."""
    return max(1, count * settings.default.max_examples // USUAL)
