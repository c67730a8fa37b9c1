"""Skill of the load forecast on recorded loads, whole and with hours missing.

Written to `bench/RESULTS.md` (`python -m bench.load_study [NAME …]`). The records lie in
`shared/data/heat_load` beside the project; those that are missing are passed over, and it is said.
Weather is what came (perfect): none of the records has forecasts as they were issued.
"""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bench.report import text_table, write_section
from forecasts.demand.backtest import Model, Tried, tried
from forecasts.demand.load.baselines import Baseline
from forecasts.demand.load.dataset import Dataset, read_dataset
from forecasts.demand.load.span import Span, span_of, training_end
from forecasts.demand.load_model import LoadModel, default_candidates
from forecasts.demand.skill import MODEL, Score, Skill, skill_against_best, skill_of
from tests.heat_load_data import (
    SETS,
    HeatLoadSet,
    observations,
    with_hours_removed,
    write_observations,
)

TITLE = "Skill of the load forecast on recorded loads"
HORIZONS_H = np.arange(1.0, 37.0)
ISSUE_EVERY_H = 3.0  # 36 horizons each: eight issues a day tell as much as twenty-four
REFIT_H = 336.0  # half as often as `skill` does: a study of seven records takes half an hour
CHECKED = (0.3,)  # where among the issues all is asked again with the future hidden
REMOVED_SHARE, SEED = 0.05, 1
SHORT = {
    Baseline.PERSISTENCE: "persistence",
    Baseline.SAME_TIME: "t − 24 h",
    Baseline.WEEKLY: "week before",
    Baseline.HEATING_CURVE: "heating curve",
    Baseline.DAILY_RECIPE: "daily recipe",
}


@dataclass(frozen=True)
class Studied:
    """One record: how it went whole, and with hours removed, scored on the same measured loads."""

    name: str
    dataset: Dataset
    tried: Tried
    skill: Skill
    with_gaps: Skill
    seconds: float  # of baselines, model and proof


def studied(chosen: HeatLoadSet, model: Model, every_h: float = ISSUE_EVERY_H) -> Studied:
    """Try a record whole, and again with loads and weather removed at random."""
    rows = observations(chosen)
    with TemporaryDirectory() as name:
        whole, gappy = Path(name) / "whole", Path(name) / "gappy"
        write_observations(rows, whole)
        write_observations(with_hours_removed(rows, REMOVED_SHARE, SEED), gappy)
        dataset = read_dataset(whole, chosen.timezone, chosen.country)
        holed = read_dataset(gappy, chosen.timezone, chosen.country)
    record = dataset.record
    span = span_of(record, training_end(record, share=0.0), record.times[-1], every_h, HORIZONS_H)
    start = time.perf_counter()
    found = tried(model, record, dataset.weather, span, checked_shares=CHECKED)
    took = time.perf_counter() - start
    shift = int((record.times[0] - holed.record.times[0]) / (record.times[1] - record.times[0]))
    moved = Span(span.issues + shift, span.horizons_h, span.leads, span.unmeasured)
    again = tried(model, holed.record, holed.weather, moved, checked_shares=())
    same_loads = replace(again, observed_mw=found.observed_mw)
    return Studied(chosen.name, dataset, found, skill_of(found), skill_of(same_loads), took)


def pooled_table(study: Studied) -> str:
    """Scores of the model by pool, with the best baseline beside."""
    scores = study.skill.pooled
    head = (
        *("horizon", "pairs", "RMSE MW", "MAE MW", "MAPE %", "nRMSE %", "bias MW", "pinball MW"),
        *("in 80 % interval", "best baseline", "its RMSE MW", "gain on it"),
    )
    rows = []
    for score in (s for s in scores if s.method == MODEL):
        gain, best = skill_against_best(scores, score)
        rival = next(s.rmse_mw for s in scores if s.method == best and _hours(s) == _hours(score))
        rows.append(
            (
                *(_hours(score), str(score.pairs), f"{score.rmse_mw:.4g}", f"{score.mae_mw:.4g}"),
                *(f"{100 * score.mape:.1f}", f"{100 * score.nrmse:.1f}", f"{score.bias_mw:+.2g}"),
                *(f"{score.pinball_mw:.3g}", f"{100 * score.coverage:.1f} %"),
                *(SHORT[Baseline(best)], f"{rival:.4g}", f"{100 * gain:+.1f} %"),
            )
        )
    return text_table(head, rows)


def summary_table(studies: Sequence[Studied]) -> str:
    """A row per record: from 3 h on, against each baseline, with gaps, exceptions."""
    head = (
        *("record", "loads", "issues", "RMSE MW from 3 h on", "nRMSE %"),
        *(SHORT[name] for name in Baseline),
        *("in 80 % interval", "RMSE with 5 % removed", "horizons not beaten (RMSE)", "s"),
    )
    return text_table(head, [_summary_row(study) for study in studies])


def _summary_row(study: Studied) -> tuple[str, ...]:
    late = {s.method: s for s in study.skill.pooled if (s.first_h, s.last_h) == (3.0, 36.0)}
    model = late[MODEL]
    holed = next(
        s
        for s in study.with_gaps.pooled
        if s.method == MODEL and (s.first_h, s.last_h) == (3.0, 36.0)
    )
    rivals = (f"{late[name.value].rmse_mw:.4g}" if name.value in late else "–" for name in Baseline)
    lost = [
        f"{one.horizon_h:g} h ({SHORT[Baseline(one.baseline)]})"
        for one in study.skill.beaten
        if one.measure == "rmse"
    ]
    return (
        study.name,
        str(study.dataset.left_out.loads),
        str(study.tried.issued.size),
        f"{model.rmse_mw:.4g}",
        f"{100 * model.nrmse:.1f}",
        *rivals,
        f"{100 * model.coverage:.1f} %",
        f"{100 * (holed.rmse_mw / model.rmse_mw - 1):+.1f} %",
        ", ".join(lost) or "none",
        f"{study.seconds:.0f}",
    )


def _hours(score: Score) -> str:
    if score.first_h == score.last_h:
        return f"{score.first_h:g} h"
    return f"{score.first_h:g}–{score.last_h:g} h"


def main(names: Sequence[str]) -> None:
    """Study the named records, or all."""
    unknown = [name for name in names if name not in SETS]
    if unknown:
        raise SystemExit(f"{', '.join(unknown)}: choose from {', '.join(SETS)}.")
    chosen = [SETS[name] for name in names or SETS]
    missing = [one.name for one in chosen if not one.there]
    studies = []
    for one in chosen:
        if one.there:
            studies.append(studied(one, LoadModel(default_candidates(), refit_h=REFIT_H)))
            print(pooled_table(studies[-1]), flush=True)
    body = [
        f"Trained on four weeks of loads at first, fitted anew every fortnight, issued every "
        f"{ISSUE_EVERY_H:g} h, horizons 1–36 h, perfect weather where any was measured. Baselines "
        f"by their RMSE in MW from 3 h on, on the same pairs. Removed: {100 * REMOVED_SHARE:g} % "
        f"of the loads and, apart from them, of the weather, scored on all measured loads.",
        summary_table(studies),
        *(f"{study.name}\n\n{pooled_table(study)}" for study in studies),
    ]
    if missing:
        body.append(f"Not on this machine: {', '.join(missing)}.")
    write_section(TITLE, "\n\n".join(body))


if __name__ == "__main__":
    main(sys.argv[1:])
