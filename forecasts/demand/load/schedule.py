"""Which candidate is fitted when, over many issues; each fit sees the rows before it alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forecasts.demand.load.candidate import Candidate, Fitted
from forecasts.demand.load.record import Floats, Ints, KnownWeather, LoadRecord

SELDOM_TIMES = 4  # refits of the others for one of a `Seldom` candidate
GROWN = 1.25  # or when its history grew so much


@dataclass(frozen=True)
class Seldom:
    """A candidate that takes long to fit and forgets slowly: fitted every fourth time.

    Oftener while its history is short: whenever that has grown by a quarter.
    """

    candidate: Candidate

    @property
    def name(self) -> str:
        """Short name for tables."""
        return self.candidate.name

    def fit(
        self, record: LoadRecord, weather: KnownWeather, until: int, leads: int
    ) -> Fitted | None:
        """Learn from the rows before `until` alone; None where they are too few."""
        return self.candidate.fit(record, weather, until, leads)


def scheduled(
    candidates: Sequence[Candidate],
    record: LoadRecord,
    weather: KnownWeather,
    stretches: tuple[Ints, ...],
    refits_h: tuple[float, ...],
    leads: int,
) -> Floats:
    """Each candidate at the issues of all stretches, (candidate, issue, lead), MW.

    In each stretch it is fitted at the first issue and then every so many hours.
    """
    blocks = [
        (block, refit_h)
        for issues, refit_h in zip(stretches, refits_h, strict=True)
        for block in _blocks(issues, refit_h / record.step_h)
    ]
    told = np.full((len(candidates), sum(each.size for each in stretches), leads), np.nan)
    known = np.concatenate([[0], np.cumsum(np.isfinite(record.load_mw))])
    for number, one in enumerate(candidates):
        fitted: Fitted | None = None
        learned, fitted_at, at = -1, 0, 0
        for block, refit_h in blocks:
            until = int(block[0])
            waited_h = (until - fitted_at) * record.step_h
            if learned < 0 or _due(one, waited_h, refit_h, int(known[until]), learned):
                fitted = one.fit(record, weather, until, leads)
                learned, fitted_at = int(known[until]), until
            if fitted is not None:
                told[number, at : at + block.size] = fitted.predict(record, weather, block, leads)
            at += block.size
    return told


def _due(one: Candidate, waited_h: float, refit_h: float, known: int, learned: int) -> bool:
    """Whether a candidate is fitted again; `known` and `learned` count loads now and at its fit."""
    if known == learned:  # nothing new to learn, as over a summer
        return False
    if not isinstance(one, Seldom):
        return True
    return waited_h >= SELDOM_TIMES * refit_h or known > GROWN * learned


def _blocks(issues: Ints, length: float) -> list[Ints]:
    """Issues between two fits; fits are `length` steps apart, counted from the first issue."""
    if issues.size == 0:
        return []
    number = ((issues - issues[0]) / length).astype(np.int64)
    return np.split(issues, np.flatnonzero(np.diff(number)) + 1)
