"""Files of `heat-dispatch skill`: scores, every single forecast, and a summary for machines."""

import io
import json
from dataclasses import asdict, fields
from math import isfinite

import numpy as np
import pandas as pd

from forecasts.demand.load.record import Times
from forecasts.demand.skill import (
    HIGH,
    LOW,
    MODEL,
    Score,
    Skill,
    skill_against_best,
)
from scenarios.load_skill_result import SkillResult

SCHEMA, VERSION = "heat-dispatch/skill", 1
DIGITS = 8  # of a load in a file: who scores it again gets the same figures


def skill_files(result: SkillResult) -> dict[str, str]:
    """Return `skill.csv`, `predictions.csv` and `summary.json` by name."""
    return {
        "skill.csv": skill_csv(result.skill),
        "predictions.csv": predictions_csv(result),
        "summary.json": summary_json(result),
    }


def skill_csv(skill: Skill) -> str:
    """All scores, a row per horizons and method; pools of several horizons stand at the end."""
    names = [field.name for field in fields(Score)]
    pools = [score for score in skill.pooled if score.first_h < score.last_h]
    rows = [
        {name: _cell(getattr(score, name)) for name in names}
        for score in (*skill.by_horizon, *pools)
    ]
    return pd.DataFrame(rows, columns=names).to_csv(index=False, lineterminator="\n")


def predictions_csv(result: SkillResult) -> str:
    """Every forecast of the model: issue, end of the step, horizon, load and 80 % interval."""
    tried, record = result.tried, result.dataset.record
    low, high = (tried.quantiles_mw[..., tried.levels.index(level)] for level in (LOW, HIGH))
    hours = tried.span.horizons_h
    ahead = np.round(hours * 3600).astype("timedelta64[s]")
    ends = tried.issued[:, None] + ahead[None, :]
    issued = _iso(tried.issued, record.timezone)
    moments, place = np.unique(ends, return_inverse=True)
    count = hours.size
    table = pd.DataFrame(
        {
            "issue_time": np.repeat(issued, count),
            "time": _iso(moments, record.timezone)[place.ravel()],
            "horizon_h": np.tile([f"{h:g}" for h in hours], issued.size),
            "heat_mw": tried.load_mw.ravel(),
            "p10": low.ravel(),
            "p90": high.ravel(),
        }
    )
    told = table[np.isfinite(table["heat_mw"].to_numpy())]
    stream = io.StringIO()
    told.to_csv(stream, index=False, float_format=f"%.{DIGITS}g", lineterminator="\n")
    return stream.getvalue()


def summary_json(result: SkillResult) -> str:
    """What was tried and how it went, for machines."""
    tried, skill, data = result.tried, result.skill, result.dataset
    zone = data.record.timezone
    models = [score for score in skill.pooled if score.method == MODEL]
    plain = {
        "schema": SCHEMA,
        "version": VERSION,
        "dataset": data.name,
        "timezone": zone,
        "country": data.record.country,
        "step_min": round(data.record.step_h * 60),
        "weather": weather_known(result),
        "weather_variables": list(data.weather.names),
        "train_until": _one(result.train_until, zone),
        "first_issue": _one(tried.issued[0], zone),
        "last_issue": _one(tried.issued[-1], zone),
        "issues": int(tried.issued.size),
        "issues_unmeasured": tried.span.unmeasured,
        "issue_every_h": result.issue_every_h,
        "refit_h": result.refit_h,
        "future_hidden_at": [_one(moment, zone) for moment in tried.checked],
        "record": asdict(data.left_out),
        "unanswered_pairs": skill.unanswered,
        "pairs_without_a_baseline": skill.left_out,
        "pooled": [_plain(score) for score in skill.pooled],
        "skill_against_best": [
            {
                "first_h": score.first_h,
                "last_h": score.last_h,
                "skill": _finite(skill_against_best(skill.pooled, score)[0]),
                "best_baseline": skill_against_best(skill.pooled, score)[1],
            }
            for score in models
        ],
        "not_beaten_from_3_h_on": [asdict(one) for one in skill.beaten],
        "reliability": [{"level": level, "share": share} for level, share in skill.reliability],
    }
    return json.dumps(plain, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def weather_known(result: SkillResult) -> str:
    """How weather ahead was known: `none`, `perfect` (what came) or `forecast`."""
    weather = result.dataset.weather
    if not weather.names:
        return "none"
    return "perfect" if weather.perfect else "forecast"


def local_index(moments: Times, timezone: str) -> pd.DatetimeIndex:
    """UTC moments by the clock of a zone."""
    return pd.DatetimeIndex(moments).tz_localize("UTC").tz_convert(timezone)


def _iso(moments: Times, timezone: str) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    texts = [moment.isoformat() for moment in local_index(moments, timezone)]
    return np.array(texts, dtype=object)


def _one(moment: np.datetime64, timezone: str) -> str:
    return str(_iso(np.array([moment]), timezone)[0])


def _plain(score: Score) -> dict[str, object]:
    return {name: _finite(value) for name, value in asdict(score).items()}


def _finite(value: object) -> object:
    return None if isinstance(value, float) and not isfinite(value) else value


def _cell(value: float | str) -> str:
    if isinstance(value, float):
        return f"{value:.7g}" if isfinite(value) else ""
    return str(value)
