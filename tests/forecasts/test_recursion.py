"""What fades step by step."""

import numpy as np
import pytest

from forecasts.recursion import fading_sums


def test_a_sum_keeps_its_part_of_what_was_before():
    """Half is left a step later: 1, 0.5 + 2, 1.25 + 4; after 8 it starts from 4."""
    added = np.array([[1.0, 2.0, 4.0], [1.0, 2.0, 4.0]])
    assert fading_sums(added, 0.5, np.array([0.0, 8.0])) == pytest.approx(
        np.array([[1.0, 2.5, 5.25], [5.0, 4.5, 6.25]])
    )
    assert fading_sums(added[0], 0.5) == pytest.approx([1.0, 2.5, 5.25])
    assert added[1].tolist() == [1.0, 2.0, 4.0]  # the caller's numbers are not touched
    assert fading_sums(np.empty((3, 0)), 0.5).shape == (3, 0)
