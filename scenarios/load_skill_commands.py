"""What `heat-dispatch skill` does: a dataset tried from end to end, on screen and in files."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
import pandas as pd

from dispatch.messages import say, words
from forecasts.demand.backtest import LookAhead, Model, Stage, tried
from forecasts.demand.holidays import UnknownCountry, off_days
from forecasts.demand.load.dataset import Dataset, read_dataset
from forecasts.demand.load.dataset_cells import DatasetFaults
from forecasts.demand.load.span import NothingToTry, Span, span_of, steps_of, training_end
from forecasts.demand.load_model import LoadModel, default_candidates
from forecasts.demand.skill import skill_of
from scenarios.command import BAD_INPUT, OUR_FAULT, stop, with_progress, write_out
from scenarios.drawing import drawing_style, png_bytes, svg_text
from scenarios.load_skill_chart import load_skill_figure
from scenarios.load_skill_files import skill_files
from scenarios.load_skill_result import SkillResult
from scenarios.load_skill_screen import skill_screen
from scenarios.screen import show
from scenarios.weather_page import page


@dataclass(frozen=True)
class SkillRequest:
    """What was asked for; moments as typed, since only the dataset knows its zone."""

    folder: Path
    train_until: str | None
    test_until: str | None
    horizons_h: tuple[float, ...]
    issue_every_h: float
    refit_h: float
    timezone: str | None = None
    country: str | None = None


def show_load_skill(
    request: SkillRequest, out: Path | None, chart: Path | None, *, as_json: bool
) -> None:
    """Try the load forecast on a dataset and show its skill; faults end the command."""
    result = with_progress(lambda progress: load_skill(request, progress))
    files = skill_files(result)
    if out is not None:
        _write_files(out, files)
    if chart is not None:
        _write_chart(chart, result)
    if as_json:
        click.echo(files["summary.json"], nl=False)
    else:
        show(skill_screen(result))


def load_skill(
    request: SkillRequest, progress: Callable[[str], None], model: Model | None = None
) -> SkillResult:
    """Return the skill on a dataset; faults end the command in their own words."""
    progress(say("skill.reading", folder=request.folder))
    dataset = _dataset(request)
    span, train_until = _span(request, dataset)
    asked = model or LoadModel(default_candidates(), refit_h=request.refit_h)
    told = {
        Stage.BASELINES: say("skill.stage_baselines", issues=span.issues.size),
        Stage.MODEL: say("skill.stage_model", issues=span.issues.size),
        Stage.CHECK: say("skill.stage_check"),
    }
    try:
        found = tried(
            asked, dataset.record, dataset.weather, span, lambda stage: progress(told[stage])
        )
    except LookAhead as leak:
        stop(say("skill.look_ahead", detail=str(leak)), OUR_FAULT)
    return SkillResult(
        dataset,
        train_until,
        request.train_until is not None,
        request.issue_every_h,
        request.refit_h,
        found,
        skill_of(found),
    )


def _dataset(request: SkillRequest) -> Dataset:
    country = request.country.upper() if request.country else None
    try:
        dataset = read_dataset(request.folder, request.timezone, country)
        first, last = dataset.record.times[[0, -1]].astype("datetime64[D]").tolist()
        off_days(country, first, last)
    except DatasetFaults as faults:
        stop(str(faults), BAD_INPUT)
    except UnknownCountry:
        stop(say("skill.country_unknown", country=request.country), BAD_INPUT)
    return dataset


def _span(request: SkillRequest, dataset: Dataset) -> tuple[Span, np.datetime64]:
    record = dataset.record
    try:
        for hours in (request.issue_every_h, request.refit_h, *request.horizons_h):
            steps_of(hours, record.step_h)
        train = (
            training_end(record)
            if request.train_until is None
            else _moment(request.train_until, record.timezone, "--train-until")
        )
        test = (
            record.times[-1]
            if request.test_until is None
            else _moment(request.test_until, record.timezone, "--test-until")
        )
        horizons_h = np.array(request.horizons_h)
        return span_of(record, train, test, request.issue_every_h, horizons_h), train
    except NothingToTry as nothing:
        stop(say("skill.nothing_to_try", folder=request.folder, detail=str(nothing)), BAD_INPUT)


def _moment(text: str, timezone: str, option: str) -> np.datetime64:
    """Return a moment in UTC; without an offset it is by the clock of the dataset."""
    try:
        found = pd.Timestamp(text)
        aware = found if found.tzinfo is not None else found.tz_localize(timezone)
    except ValueError:
        raise click.BadParameter(say("cli.now_unreadable", text=text), param_hint=option) from None
    return np.datetime64(aware.tz_convert("UTC").tz_localize(None), "ns")


# ---- files -------------------------------------------------------------------------------------


def _write_files(out: Path, files: dict[str, str]) -> None:
    """Write each file whole; a disk that does not take them ends the command."""
    from dispatch.atomic import write_file

    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            write_file(out / name, content.encode())
    except OSError as error:
        stop(say("weather_cli.not_written", path=out, why=error.strerror), OUR_FAULT)
    click.echo(say("weather_cli.files_written", folder=out, names=words(*files)), err=True)


def _write_chart(chart: Path, result: SkillResult) -> None:
    with drawing_style():
        drawn = load_skill_figure(result.dataset.name, result.tried, result.skill)
        if chart.suffix.lower() == ".png":
            content = png_bytes(drawn)
        else:
            content = page(skill_screen(result), [svg_text(drawn)]).encode()
    write_out(chart, content)
