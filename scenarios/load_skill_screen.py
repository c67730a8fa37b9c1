"""The screen of `heat-dispatch skill`: what was tried, scores by horizon, baselines beside."""

from collections.abc import Sequence
from math import isfinite

import numpy as np

from dispatch.messages import say, words
from forecasts.demand.load.baselines import Baseline
from forecasts.demand.skill import MODEL, Score, Skill, skill_against_best
from scenarios.load_skill_files import local_index, weather_known
from scenarios.load_skill_result import SkillResult
from scenarios.screen import Fact, Figures, Screen


def method_name(method: str) -> str:
    """Return a method's name for people; `method` is `model` or the value of a baseline."""
    if method == MODEL:
        return say("skill.method_model")
    return {
        Baseline.PERSISTENCE: say("skill.method_persistence"),
        Baseline.SAME_TIME: say("skill.method_same_time"),
        Baseline.WEEKLY: say("skill.method_weekly"),
        Baseline.HEATING_CURVE: say("skill.method_heating_curve"),
        Baseline.DAILY_RECIPE: say("skill.method_daily_recipe"),
    }[Baseline(method)]


def skill_screen(result: SkillResult) -> Screen:
    """Return facts, the model's scores, and its RMSE beside the baselines."""
    skill = result.skill
    pools = [score for score in skill.pooled if score.first_h < score.last_h]
    scores = (*skill.by_horizon, *pools)
    parts = (
        *_facts(result),
        _model_table(scores),
        *_beside(scores, "rmse_mw", say("skill.rmse_beside")),
        *_beside(scores, "mae_mw", say("skill.mae_beside")),
        *_judgement(skill),
        Fact(say("skill.how_to_read"), (say("skill.how"),)),
    )
    return Screen(say("skill.title", name=result.dataset.name), parts)


def weather_line(result: SkillResult) -> str:
    """Say how weather ahead was known."""
    names = words(*result.dataset.weather.names)
    runs = result.dataset.weather.runs
    return {
        "none": say("skill.weather_none"),
        "perfect": say("skill.weather_perfect", names=names),
        "forecast": say(
            "skill.weather_forecast", names=names, runs=0 if runs is None else runs.issued.size
        ),
    }[weather_known(result)]


def _facts(result: SkillResult) -> tuple[Fact, ...]:
    record, left_out, tried = result.dataset.record, result.dataset.left_out, result.tried
    shown = local_index(record.times[[0, -1]], record.timezone)
    measured = say(
        "skill.record_value",
        first=f"{shown[0]:%Y-%m-%d}",
        last=f"{shown[1]:%Y-%m-%d}",
        step_min=round(record.step_h * 60),
        loads=left_out.loads,
        gaps=left_out.steps - left_out.loads,
        zone=record.timezone,
    )
    trained = local_index(tried.issued[[0, -1]], record.timezone)
    until = local_index(np.array([result.train_until]), record.timezone)[0]
    how = say("skill.train_named") if result.train_named else say("skill.train_usual")
    span = say(
        "skill.tried_value",
        train=f"{until:%Y-%m-%d %H:%M}",
        how=how,
        issues=tried.issued.size,
        first=f"{trained[0]:%Y-%m-%d %H:%M}",
        last=f"{trained[1]:%Y-%m-%d %H:%M}",
        every_h=result.issue_every_h,
        refit_h=result.refit_h,
    )
    checked = local_index(tried.checked, record.timezone)
    moments = words(*(f"{moment:%Y-%m-%d %H:%M}" for moment in checked))
    return (
        Fact(say("skill.record"), (measured, *_left_out_lines(result))),
        Fact(say("skill.weather"), (weather_line(result),)),
        Fact(say("skill.tried"), (span, *_pair_lines(result))),
        Fact(say("skill.honesty"), (say("skill.honesty_value", moments=moments),)),
    )


def _left_out_lines(result: SkillResult) -> tuple[str, ...]:
    left_out = result.dataset.left_out
    lines = []
    if left_out.implausible:
        told = words(*(f"{name} {count}" for name, count in left_out.implausible.items()))
        lines.append(say("skill.implausible", told=told))
    if left_out.repeated_rows or left_out.unordered_rows:
        rows = {"repeated": left_out.repeated_rows, "unordered": left_out.unordered_rows}
        lines.append(say("skill.rows_put_right", **rows))
    if left_out.ignored_columns:
        lines.append(say("skill.ignored", names=words(*left_out.ignored_columns)))
    return tuple(lines)


def _pair_lines(result: SkillResult) -> tuple[str, ...]:
    skill, span = result.skill, result.tried.span
    lines = []
    if span.unmeasured:
        lines.append(say("skill.unmeasured", issues=span.unmeasured))
    if skill.unanswered or skill.left_out:
        lines.append(
            say("skill.pairs_left_out", unanswered=skill.unanswered, baselines=skill.left_out)
        )
    return tuple(lines)


# ---- tables ------------------------------------------------------------------------------------


def _model_table(scores: Sequence[Score]) -> Figures:
    columns = (
        say("skill.column_horizon"),
        say("skill.column_pairs"),
        say("skill.column_rmse"),
        say("skill.column_mae"),
        say("skill.column_mape"),
        say("skill.column_nrmse"),
        say("skill.column_bias"),
        say("skill.column_pinball"),
        say("skill.column_coverage"),
        say("skill.column_width"),
        say("skill.column_skill"),
        say("skill.column_best"),
    )
    rows = tuple(_model_row(scores, score) for score in scores if score.method == MODEL)
    return Figures(columns, rows, words=(0, len(columns) - 1))


def _model_row(scores: Sequence[Score], score: Score) -> tuple[str, ...]:
    gain, best = skill_against_best(scores, score)
    return (
        _horizon(score),
        str(score.pairs),
        _figure(score.rmse_mw, ".4g"),
        _figure(score.mae_mw, ".4g"),
        _figure(100 * score.mape, ".1f"),
        _figure(100 * score.nrmse, ".1f"),
        _figure(score.bias_mw, "+.2g"),
        _figure(score.pinball_mw, ".4g"),
        _figure(100 * score.coverage, ".1f"),
        _figure(score.width_mw, ".4g"),
        _figure(100 * gain, "+.1f"),
        method_name(best) if best else say("skill.no_value"),
    )


def _beside(scores: Sequence[Score], measure: str, title: str) -> tuple[Fact | Figures, ...]:
    """One measure of every method, a row per horizons."""
    methods = tuple(dict.fromkeys(score.method for score in scores))
    found = {(s.first_h, s.last_h, s.method): getattr(s, measure) for s in scores}
    rows = tuple(
        (_horizon(s), *(_figure(found[s.first_h, s.last_h, m], ".4g") for m in methods))
        for s in scores
        if s.method == MODEL
    )
    head = (say("skill.column_horizon"), *(method_name(method) for method in methods))
    return (Fact(title, ("",)), Figures(head, rows))


def _judgement(skill: Skill) -> tuple[Fact, ...]:
    """Which baselines were not beaten from 3 h on, by horizon."""
    if not skill.beaten:
        return (Fact(say("skill.judgement"), (say("skill.all_beaten"),)),)
    hours: dict[tuple[str, str], list[str]] = {}
    for one in skill.beaten:
        hours.setdefault((one.baseline, one.measure), []).append(f"{one.horizon_h:g}")
    lines = tuple(
        say(
            "skill.not_beaten",
            baseline=method_name(baseline),
            measure=measure.upper(),
            hours=words(*found),
        )
        for (baseline, measure), found in hours.items()
    )
    return (Fact(say("skill.judgement"), lines),)


def _horizon(score: Score) -> str:
    if score.first_h == score.last_h:
        return say("skill.one_horizon", hours=score.first_h)
    return say("skill.horizons", first=score.first_h, last=score.last_h)


def _figure(value: float, form: str) -> str:
    return format(value, form) if isfinite(value) else say("skill.no_value")
