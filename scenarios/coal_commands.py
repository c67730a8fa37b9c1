"""What `heat-dispatch coal` does; returns its exit code."""

from pathlib import Path

from dispatch.fuel.outlook_request import OutlookRequest


def show_outlook(asked: OutlookRequest, out: Path | None, *, as_json: bool) -> int:
    """Make the outlook, show it, and write its files with `out`."""
    raise NotImplementedError


def show_season(asked: OutlookRequest, first_year: int, out: Path | None, *, as_json: bool) -> int:
    """Show what a season to come needs, and write it with `out`."""
    raise NotImplementedError
