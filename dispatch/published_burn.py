"""What published plans meant to burn: each hour by the newest plan made before it.

Read from `setpoints_sources.csv` of the runs, the smallest file that holds a plan's own burn:
tonnes by source and block, starts included, as the plants were told. Rounded to 0.01 t a block.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Case, Yard
from dispatch.fuel_shares import drawn_per_heat
from dispatch.text_cells import as_written

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

SLOT = timedelta(minutes=15)  # the finest step of a plan; every block begins on one
SLOT_H = 0.25
GJ_PER_MWH = 3.6
TABLE = "setpoints_sources.csv"
RUN_NAME = "%Y-%m-%dT%H%M%z"  # of a run's folder, before any `-v2`
HORIZON = timedelta(hours=168)  # no plan reaches further


@dataclass(frozen=True)
class Planned:
    """What plans meant for one yard between two moments; hours that none covers are left out."""

    hours: float  # covered
    burnt_t: float  # drawn from the yard
    fuel_t: float  # burnt by its units, power's too where the yard covers only heat
    heat_fuel_t: float  # of that, heat's part: by accounting for a CHP, all for a boiler
    heat_gj: float  # made by its units


@dataclass(frozen=True)
class PublishedBurn:
    """Plans of a case laid end to end; arrays (quantity, source, slot), covered (slot,)."""

    start: datetime  # of the first slot, UTC
    source_ids: tuple[str, ...]
    values: Array  # per slot, in the order of `Planned`: drawn, fuel and heat's fuel in t, heat GJ
    covered: Mask
    unreadable: tuple[str, ...] = ()  # runs that were left out

    def planned(self, case: Case, yard: Yard, start: datetime, end: datetime) -> Planned:
        """What plans meant for a yard from `start` to `end`."""
        members = {s.source_id for s in case.sources if s.yard_id == yard.yard_id}
        ours = np.array([name in members for name in self.source_ids], dtype=bool)
        first, last = ((moment.astimezone(UTC) - self.start) / SLOT for moment in (start, end))
        low = int(np.clip(np.floor(first), 0, self.covered.size))
        high = int(np.clip(np.ceil(last), low, self.covered.size))
        inside = np.clip(np.arange(low, high + 1), first, max(first, last))
        weight = np.diff(inside) * self.covered[low:high]
        sums = self.values[:, ours, low:high].sum(axis=1) @ weight
        return Planned(float(weight.sum()) * SLOT_H, *(float(one) for one in sums))


def no_plans(start: datetime) -> PublishedBurn:
    """What is published where nobody looks for it."""
    return PublishedBurn(start.astimezone(UTC), (), np.zeros((4, 0, 0)), np.zeros(0, dtype=bool))


def published_burn(
    case: Case, runs_folder: Path, since: datetime, until: datetime
) -> PublishedBurn:
    """Lay the runs issued until `until` end to end, from `since` on; a run that cannot be read is
    named and left out.
    """
    slot_s = SLOT.total_seconds()
    start = datetime.fromtimestamp(since.timestamp() // slot_s * slot_s, tz=UTC)
    slots = max(0, int(np.ceil((until.astimezone(UTC) - start) / SLOT)))
    ids = tuple(source.source_id for source in case.sources)
    values, covered = np.zeros((4, len(ids), slots)), np.zeros(slots, dtype=bool)
    unreadable = []
    for folder in _runs(runs_folder / case.settings.id, since - HORIZON, until):
        try:
            rows = list(_rows(case, folder / TABLE))
        except (OSError, ValueError, KeyError, TypeError, csv.Error):
            unreadable.append(folder.name)
            continue
        blocks = [
            (index, _slot(first, start, slots), _slot(last, start, slots), rate)
            for index, first, last, rate in rows
        ]
        for _, a, b, _ in blocks:
            values[:, :, a:b], covered[a:b] = 0.0, True  # an older plan's units that are gone
        for index, a, b, rate in blocks:
            values[:, index, a:b] = rate[:, None]
    return PublishedBurn(start, ids, values, covered, tuple(unreadable))


def _slot(moment: datetime, start: datetime, slots: int) -> int:
    """Place of a moment, within the slots there are."""
    return min(max(round((moment.astimezone(UTC) - start) / SLOT), 0), slots)


def _runs(case_folder: Path, since: datetime, until: datetime) -> list[Path]:
    """Folders of the runs issued in a span, oldest first, versions of one moment in order."""
    found = []
    for folder in case_folder.iterdir() if case_folder.is_dir() else ():
        name, _, version = folder.name.partition("-v")
        try:
            issued = datetime.strptime(name, RUN_NAME)  # noqa: DTZ007 (%z makes it aware)
            number = int(version or 1)
        except ValueError:
            continue  # `latest`, or something of somebody else
        if since <= issued <= until:
            found.append((issued, number, folder))
    return [folder for _, _, folder in sorted(found)]


def _rows(case: Case, path: Path) -> Iterator[tuple[int, datetime, datetime, Array]]:
    """Yield of each block: the source's place, begin, end, and the four amounts of a slot."""
    place = {source.source_id: i for i, source in enumerate(case.sources)}
    with path.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            index = place.get(as_written(row["source_id"]))
            if index is None:
                continue  # of a source that is gone
            first, last = (datetime.fromisoformat(row[at]) for at in ("valid_from", "valid_to"))
            hours = (last - first).total_seconds() / 3600.0
            heat_gj = float(row["heat_mw"]) * hours * GJ_PER_MWH
            if hours <= 0.0:
                raise ValueError("a block without length")
            amounts = np.array([*_fuel_t(case, index, row), heat_gj])
            yield index, first, last, amounts * SLOT_H / hours


def _fuel_t(case: Case, index: int, row: dict[str, str]) -> tuple[float, float, float]:
    """Tonnes drawn, burnt, and burnt for heat; nothing for a source without a yard."""
    source = case.sources[index]
    yard = next((yard for yard in case.yards if yard.yard_id == source.yard_id), None)
    if yard is None or not row["fuel_t"]:
        return 0.0, 0.0, 0.0
    fuel_t, accounting_t = float(row["fuel_t"]), float(row["fuel_accounting_t"])
    heat_t = accounting_t if source.kind.is_chp else fuel_t
    is_shared = drawn_per_heat(source, yard) is not None
    return (accounting_t if is_shared else fuel_t), fuel_t, heat_t
