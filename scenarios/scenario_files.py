"""A comparison as files, by name: tables, schedules side by side, a page."""

from scenarios.whatif.comparison import Comparison


def comparison_files(comparison: Comparison) -> dict[str, bytes]:
    """Return every file of a comparison by name, to be written by `atomic.write_files`."""
    raise NotImplementedError
