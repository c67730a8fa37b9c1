"""Whole units in the schedule: what the plan decides, what it rests on, and their past."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from dispatch.schedule import put
from dispatch.source_inputs import TCE_PER_MWH, SourceInputs
from dispatch.unit_inputs import UnitInputs

Array = NDArray[np.float64]

SOLVER_WHOLE = 1e-5  # so near to a whole number is that number


def units_on(sources: Sequence[SourceInputs], on: Array) -> Array:
    """Units on (source, step), without the solver's tolerance where they are whole."""
    whole = np.round(on)
    decided = np.array([source.units is not None for source in sources])[:, None]
    return np.where(decided & (np.abs(on - whole) < SOLVER_WHOLE), whole, on)


def put_units(data: dict[str, xr.DataArray], sources: Sequence[SourceInputs], on: Array) -> None:
    """Put units of all sources; starts and stops follow from the units on, (source, step)."""
    decided = np.array([float(source.units is not None) for source in sources])
    rows = [source.source for source in sources]
    before = np.array([_before(source, float(on[i, 0])) for i, source in enumerate(sources)])
    change = np.diff(on, axis=1, prepend=before[:, None]) * decided[:, None]
    put(data, "source_commitment", decided)
    put(data, "source_unit_count", [float(row.unit_count) for row in rows])
    put(data, "source_unit_least", [_least_mw(source) for source in sources])
    put(data, "source_unit_most", [row.max_output_mw for row in rows])
    put(data, "source_units_before", before)
    _put_outages(data, sources, on.shape[1])
    put(data, "source_started", np.maximum(change, 0.0))
    put(data, "source_stopped", np.maximum(-change, 0.0))
    put(data, "source_min_up", [row.min_up_h for row in rows])
    put(data, "source_min_down", [row.min_down_h for row in rows])
    most = [np.nan if row.max_starts is None else row.max_starts * row.unit_count for row in rows]
    put(data, "source_max_starts", np.array(most, dtype=float))
    put(data, "source_start_fuel", [row.start_fuel_tce / TCE_PER_MWH for row in rows])
    _put_events(data, sources)


def _before(source: SourceInputs, first: float) -> float:
    """Units before the plan; where nobody counts them, those of the first step."""
    return first if source.units is None else float(source.units.before)


def _least_mw(source: SourceInputs) -> float:
    return source.source.min_output_mw if source.units is None else source.units.least_mw


def _put_outages(
    data: dict[str, xr.DataArray], sources: Sequence[SourceInputs], steps: int
) -> None:
    """What can run, goes out, or may be stopped at once; nothing is stopped where none decides."""
    present, gone, lost = (np.zeros((len(sources), steps)) for _ in range(3))
    for i, source in enumerate(sources):
        if source.units is None:
            present[i] = source.units_available[:steps]
        else:
            present[i] = source.units.present[:steps]
            gone[i], lost[i] = source.units.gone[:steps], source.units.lost[:steps]
    put(data, "source_units_present", present)
    put(data, "source_units_gone", gone)
    put(data, "source_units_lost", lost)


def _put_events(data: dict[str, xr.DataArray], sources: Sequence[SourceInputs]) -> None:
    """Starts and stops before the plan, so that the next plan finds them in this one's state."""
    tables = [_events(source.units) for source in sources]
    longest = max([1, *(len(table) for table in tables)])
    padded = np.zeros((len(tables), longest, 3))
    for i, table in enumerate(tables):
        padded[i, : len(table)] = table
    for column, name in enumerate(("hours", "started", "stopped")):
        put(data, f"source_event_{name}", padded[:, :, column])


def _events(units: UnitInputs | None) -> Array:
    """(event, 3): hours before the plan, units started, units stopped; oldest first."""
    if units is None:
        return np.empty((0, 3))
    rows = [(hours, moved, 0.0) for hours, moved in units.starts_before.tolist()]
    rows += [(hours, 0.0, moved) for hours, moved in units.stops_before.tolist()]
    return np.array(sorted(rows, reverse=True)).reshape(-1, 3)
