"""Inputs of a plan cut down to some of its stations."""

from dataclasses import fields, is_dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from dispatch.inputs import PlanInputs
from dispatch.station_inputs import StationInputs
from forecasts.demand.building import BlockResponse

Index = NDArray[np.intp]
T = TypeVar("T")

SCALAR = float | int | bool | np.generic


def stations_only(inputs: PlanInputs, members: Index) -> PlanInputs:
    """The inputs of a model of these stations alone, small enough to hand to another process."""
    rows = inputs.case.stations
    case = inputs.case.model_copy(update={"stations": tuple(rows[int(s)] for s in members)})
    stations = subset(inputs.stations, members)
    return replace(inputs, case=case, stations=stations, sources=(), links=(), yards=())


def subset(stations: StationInputs, members: Index) -> StationInputs:
    """The same figures of some stations, in the order of `members`."""
    response = stations.response
    part = replace(
        response,
        decay=response.decay[members],
        lift_k_per_kw=response.lift_k_per_kw[members],
        drift_k=response.drift_k[members],
    )
    ids = tuple(stations.ids[int(s)] for s in members)
    return replace(_rows(stations, members), ids=ids, response=part)


def _rows(table: T, members: Index) -> T:
    """A dataclass whose arrays are all (station, …), cut down; so are those inside it.

    Raises TypeError for a field of a type that may or may not go by stations.
    """
    changed: dict[str, object] = {}
    for field in fields(table):  # type: ignore[arg-type]
        value = getattr(table, field.name)
        if isinstance(value, np.ndarray):
            changed[field.name] = value[members]
        elif is_dataclass(value) and not isinstance(value, BlockResponse):
            changed[field.name] = _rows(value, members)
        elif field.name != "ids" and not isinstance(value, SCALAR | BlockResponse):
            raise TypeError(f"how to take some stations' part of {field.name} is not known")
    return replace(table, **changed)  # type: ignore[type-var]
