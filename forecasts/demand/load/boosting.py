"""Gradient-boosted trees as a load forecast: what interacts, and what is switched on and off.

One model tells all leads, with the lead as a feature. Trees cannot go beyond what they saw, so
loads are learned as a share of the level of the last week, past loads among the features too: a
network that grew, or a colder month, then looks like what was seen. G. Ke et al., "LightGBM: a
highly efficient gradient boosting decision tree", NeurIPS 2017, on which scikit-learn's histogram
trees are modelled.
"""

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from forecasts.demand.load.features import Features, features
from forecasts.demand.load.reach import learned_from, reached_by
from forecasts.demand.load.record import Floats, Ints, KnownWeather, LoadRecord

if TYPE_CHECKING:
    from sklearn.ensemble import HistGradientBoostingRegressor

WINDOW_DAYS = 800.0  # operating days learned from
LEAST_LEVEL = 0.15  # of the mean load: a week nearly without heat is no measure of anything
# Left out: the season, of which a year shows each day once, so trees would learn dates by heart.
LEFT_OUT = frozenset({"year_sin", "year_cos", "day_kind"})
CHANGES = (
    ("temperature", "temperature_same_1"),
    ("temperature_24h", "temperature_24h_same_1"),
    ("temperature_24h", "temperature_96h"),
    ("load_last_1", "load_same_mean"),
    ("load_same_1", "load_same_mean"),
    ("load_last_1", "load_last_2"),
)


class Loss(Enum):
    """What is learned: the mean or the median."""

    SQUARED = "squared_error"
    ABSOLUTE = "absolute_error"


@dataclass(frozen=True)
class Boosting:
    """Boosted trees, fitted on (issue, lead) pairs drawn from the past, the recent ones oftener.

    Recency is in the draw, not in weights: weighted trees of scikit-learn spend most of their
    time on the weighted quantiles of their bins.
    """

    name: str = "boosting"
    loss: Loss = Loss.SQUARED
    relative: bool = True  # learn shares of the last week's level, else MW
    half_life_d: float = 300.0
    issues: int = 2000
    pairs: int = 20_000
    trees: int = 120
    leaves: int = 15
    rate: float = 0.08
    bins: int = 255  # of each feature; trees take their time by bins and nodes, not by rows
    seed: int = 5

    def fit(
        self, record: LoadRecord, weather: KnownWeather, until: int, leads: int
    ) -> "FittedBoosting | None":
        """Learn from the rows before `until`; None where they are too few."""
        reach = learned_from(record, weather, until, WINDOW_DAYS, leads)
        if reach is None:
            return None
        load, until = reach.load_mw, reach.load_mw.size
        known = np.flatnonzero(np.isfinite(load))
        draw = np.random.default_rng(self.seed)
        issues = self._issues(record, known, until, draw)
        asked = features(reach.past, reach.weather, issues, leads)
        targets = issues[:, None] + np.arange(leads, dtype=np.int64)[None, :]
        inside = targets < until
        wanted = np.where(inside, load[np.minimum(targets, until - 1)], np.nan).ravel()
        rows = np.flatnonzero(np.isfinite(wanted))
        if rows.size > self.pairs:
            rows = np.sort(draw.choice(rows, self.pairs, replace=False))
        names = tuple(name for name in asked.columns if name not in LEFT_OUT)
        mean = float(np.mean(load[known]))
        table, level = _table(asked, names, mean, self.relative)
        table, level, wanted = table[rows], level[rows], wanted[rows]
        used = np.any(np.isfinite(table), axis=0)  # a column of gaps alone cannot be binned
        trees = self._trees(table[:, used], wanted / level)
        return FittedBoosting(trees, names, used, mean, self.relative)

    def _issues(
        self, record: LoadRecord, known: Ints, until: int, draw: np.random.Generator
    ) -> Ints:
        """Past issues to learn from: rows after a known load, the newer the likelier."""
        day = round(24.0 / record.step_h)
        past = known[(known >= known[0] + day) & (known < until - 1)] + 1
        age_d = (until - past) * record.step_h / 24.0
        odds = 0.5 ** (age_d / self.half_life_d)
        count = min(self.issues, past.size)
        # Gumbel's trick draws without replacement and needs no loop.
        key = np.log(odds) + draw.gumbel(size=past.size)
        return np.sort(past[np.argsort(-key, kind="stable")[:count]])

    def _trees(self, table: Floats, wanted: Floats) -> "HistGradientBoostingRegressor":
        from sklearn.ensemble import HistGradientBoostingRegressor
        from threadpoolctl import threadpool_limits

        trees = HistGradientBoostingRegressor(
            loss=self.loss.value,
            max_iter=self.trees,
            max_leaf_nodes=self.leaves,
            learning_rate=self.rate,
            max_bins=self.bins,
            min_samples_leaf=20,
            l2_regularization=1.0,
            early_stopping=False,
            random_state=self.seed,
        )
        # Threads that wait for each other on a busy machine took a hundred times as long.
        with threadpool_limits(1, "openmp"):
            trees.fit(table, wanted)
        return trees


@dataclass(frozen=True)
class FittedBoosting:
    """Trees that have learned."""

    trees: "HistGradientBoostingRegressor"
    names: tuple[str, ...]
    used: np.ndarray
    mean_mw: float
    relative: bool

    def predict(
        self, record: LoadRecord, weather: KnownWeather, issues: Ints, leads: int
    ) -> Floats:
        """Load of leads 1 … `leads` of each issue, MW, (issue, lead)."""
        from threadpoolctl import threadpool_limits

        reach = reached_by(record, weather, issues, leads)
        asked = features(reach.past, reach.weather, issues - reach.start, leads)
        table, level = _table(asked, self.names, self.mean_mw, self.relative)
        with threadpool_limits(1, "openmp"):
            told = self.trees.predict(table[:, self.used]) * level
        return np.maximum(0.0, np.asarray(told, dtype=np.float64)).reshape(issues.size, leads)


def _table(
    asked: Features, names: tuple[str, ...], mean_mw: float, relative: bool
) -> tuple[Floats, Floats]:
    """Features as rows, and the level that loads are shares of (MW; ones where not relative)."""
    table = asked.table(names)
    if not relative:
        table = np.concatenate([table, _changes(asked, names)], axis=1)
        return table, np.ones(table.shape[0])
    week, day = asked.columns["load_168h"].ravel(), asked.columns["load_24h"].ravel()
    level = np.where(np.isfinite(week), week, np.where(np.isfinite(day), day, mean_mw))
    level = np.maximum(level, LEAST_LEVEL * mean_mw)
    loads = [place for place, name in enumerate(names) if _is_load(name)]
    table[:, loads] /= level[:, None]
    return np.concatenate([table, _changes(asked, names, level)], axis=1), level


def _is_load(name: str) -> bool:
    return name.startswith("load_") and name != "load_same_1_age_d"


def _changes(asked: Features, names: tuple[str, ...], level: Floats | None = None) -> Floats:
    """Differences to what the load is compared to: trees cannot subtract."""
    there = [(a, b) for a, b in CHANGES if a in names and b in names]
    changes = []
    for first, second in there:
        change = (asked.columns[first] - asked.columns[second]).ravel()
        changes.append(change / level if level is not None and _is_load(first) else change)
    size = asked.columns[names[0]].size
    return np.stack(changes, axis=1) if changes else np.zeros((size, 0))
