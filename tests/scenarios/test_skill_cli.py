"""`heat-dispatch skill`: a dataset folder in, tables and files out that anyone can check."""

import io
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from forecasts.demand.load.record import TEMPERATURE, LoadRecord, WeatherRuns
from forecasts.demand.skill import MODEL
from scenarios.cli import main
from scenarios.drawing import drawing_style, png_bytes
from scenarios.load_skill_chart import load_skill_figure
from scenarios.load_skill_commands import SkillRequest, load_skill
from scenarios.load_skill_files import skill_files
from scenarios.load_skill_result import SkillResult
from scenarios.load_skill_screen import skill_screen
from scenarios.screen import plain_lines
from tests.load_record_maker import runs_with_errors, winter
from tests.simple_load_model import SimpleModel

OFFSET = timedelta(hours=8)


def write(
    folder: Path, record: LoadRecord, runs: WeatherRuns | None = None, *, weather: bool = True
) -> Path:
    """Write a record, and runs, as a dataset in local time of China."""
    folder.mkdir(parents=True, exist_ok=True)
    step = pd.Timedelta(hours=record.step_h)
    columns = {"time": stamps(record.times + step), "heat_mw": record.load_mw}
    if weather:
        columns["outdoor_temp_c"] = record.weather[TEMPERATURE]
    pd.DataFrame(columns).to_csv(folder / "observations.csv", index=False)
    if runs is not None:
        values = runs.values[TEMPERATURE]
        leads = values.shape[1]
        ends = runs.first[:, None] + (np.arange(leads) + 1) * step.to_numpy()
        said = {
            "issue_time": np.repeat(stamps(runs.issued), leads),
            "time": stamps(ends.ravel()),
            "outdoor_temp_c": values.ravel(),
        }
        pd.DataFrame(said).to_csv(folder / "forecasts.csv", index=False)
    return folder


def stamps(moments: np.ndarray) -> list[str]:
    local = pd.DatetimeIndex(moments).tz_localize("UTC").tz_convert("UTC+08:00")
    return [moment.isoformat() for moment in local]


def skilled(folder: Path, **named: object) -> SkillResult:
    request = SkillRequest(
        folder=folder,
        train_until=None,
        test_until=None,
        horizons_h=(1.0, 2.0, 3.0, 6.0, 24.0),
        issue_every_h=3.0,
        refit_h=168.0,
    )
    return load_skill(replace(request, **named), lambda _: None, SimpleModel())


@pytest.fixture(scope="module")
def record() -> LoadRecord:
    """Forty days, with some hours missing."""
    made = winter(40)
    load = made.load_mw.copy()
    load[np.random.default_rng(2).random(load.size) < 0.03] = np.nan
    return replace(made, load_mw=load)


@pytest.fixture(scope="module")
def folder(record: LoadRecord, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("skill") / "town", record)


@pytest.fixture(scope="module")
def result(folder: Path) -> SkillResult:
    return skilled(folder)


@pytest.fixture(scope="module")
def files(result: SkillResult) -> dict[str, str]:
    return skill_files(result)


def table(files: dict[str, str], name: str) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(files[name]))


def test_anyone_can_score_the_predictions_again(folder, files):
    """Joined by time with the observations, every figure of `skill.csv` comes out again."""
    observed = pd.read_csv(folder / "observations.csv")
    seen = observed.set_index(pd.to_datetime(observed["time"], utc=True))["heat_mw"]
    told = table(files, "predictions.csv")
    ends = pd.to_datetime(told["time"], utc=True)
    issued = pd.to_datetime(told["issue_time"], utc=True)
    assert (ends - issued == pd.to_timedelta(told["horizon_h"], unit="h")).all()
    told["seen"] = seen.reindex(ends).to_numpy()
    scores = table(files, "skill.csv")
    model = scores[scores["method"] == MODEL]
    assert len(model) == 5 + 3  # horizons; 3 to 6, all, from 3 on
    for row in model.itertuples():
        inside = told["horizon_h"].between(row.first_h, row.last_h) & told["seen"].notna()
        pairs = told[inside]
        y, f = pairs["seen"].to_numpy(), pairs["heat_mw"].to_numpy()
        assert row.pairs == len(pairs)
        assert row.rmse_mw == pytest.approx(np.sqrt(((f - y) ** 2).mean()), rel=1e-5)
        assert row.mae_mw == pytest.approx(np.abs(f - y).mean(), rel=1e-5)
        assert row.bias_mw == pytest.approx((f - y).mean(), abs=1e-4)
        assert row.nrmse == pytest.approx(row.rmse_mw / y.mean(), rel=1e-5)
        high = y > 0.05 * y.mean()
        assert row.mape == pytest.approx((np.abs(f - y) / y)[high].mean(), rel=1e-5)
        inside = (y >= pairs["p10"]) & (y <= pairs["p90"])
        assert row.coverage == pytest.approx(inside.mean(), abs=2e-3)
        assert row.width_mw == pytest.approx((pairs["p90"] - pairs["p10"]).mean(), rel=1e-5)
        losses = [
            np.maximum(level * (y - q), (level - 1) * (y - q)).mean()
            for level, q in ((0.1, pairs["p10"]), (0.5, f), (0.9, pairs["p90"]))
        ]
        assert row.pinball_mw == pytest.approx(np.mean(losses), rel=1e-4)


def test_every_method_is_scored_on_the_same_pairs(files):
    scores = table(files, "skill.csv")
    assert set(scores["method"]) == {
        *(MODEL, "persistence", "t_minus_24h", "weekly", "heating_curve", "daily_recipe")
    }
    assert (scores.groupby(["first_h", "last_h"])["pairs"].nunique() == 1).all()


def test_the_default_trains_four_weeks_of_loads_and_says_so(result, record):
    """Forty days less 3 %: four weeks of known loads end after 28 days and some hours."""
    known = np.flatnonzero(np.isfinite(record.load_mw))[28 * 24 - 1]
    assert result.train_until == record.times[known] + np.timedelta64(1, "h")
    assert "a third of the loads, four weeks at least" in "\n".join(
        plain_lines(skill_screen(result))
    )


def test_predictions_keep_the_clock_of_the_dataset(files, result):
    first = table(files, "predictions.csv").iloc[0]
    issue = pd.Timestamp(result.train_until).tz_localize("UTC") + pd.Timedelta(hours=3)
    assert pd.Timestamp(first["issue_time"]) == issue
    assert first["issue_time"].endswith("+08:00")


def test_the_summary_holds_what_machines_ask(files):
    summary = json.loads(files["summary.json"])
    assert (summary["schema"], summary["version"]) == ("heat-dispatch/skill", 1)
    assert summary["weather"] == "perfect"
    assert summary["timezone"] == "UTC+08:00"
    assert len(summary["future_hidden_at"]) == 3
    assert {one["method"] for one in summary["pooled"]} >= {MODEL, "persistence"}


def test_the_same_dataset_gives_the_same_bytes(folder, files):
    assert skill_files(skilled(folder)) == files


def test_the_screen_says_how_weather_was_known(result, record, tmp_path):
    assert "perfect weather" in "\n".join(plain_lines(skill_screen(result)))
    bare = skilled(write(tmp_path / "bare", record, weather=False))
    text = "\n".join(plain_lines(skill_screen(bare)))
    assert "no weather" in text
    assert "heating curve" not in text  # nothing to go by
    run = skilled(write(tmp_path / "runs", record, runs_with_errors(record)))
    assert "as forecast, 160 runs" in "\n".join(plain_lines(skill_screen(run)))


def rmse(result: SkillResult) -> float:
    return next(
        s.rmse_mw
        for s in result.skill.pooled
        if s.method == MODEL and (s.first_h, s.last_h) == (1, 24)
    )


def test_wrong_forecasts_give_less_skill_than_perfect_weather(result, record, tmp_path):
    """Off by 4 K a run, at 5 MW per K: were forecasts.csv not used, nothing would change."""
    wrong = runs_with_errors(record, error_k=4.0)
    right = runs_with_errors(record, error_k=0.0)
    assert rmse(skilled(write(tmp_path / "wrong", record, wrong))) > 1.2 * rmse(result)
    assert rmse(skilled(write(tmp_path / "right", record, right))) == pytest.approx(rmse(result))


def test_a_run_issued_after_the_last_issue_changes_nothing(record, tmp_path):
    runs = runs_with_errors(record)
    until = pd.Timestamp(record.times[35 * 24]).tz_localize("UTC")
    late = runs.issued > record.times[35 * 24]
    changed = {TEMPERATURE: runs.values[TEMPERATURE] + 9.0 * late[:, None]}
    told = [
        skill_files(
            skilled(write(tmp_path / name / "town", record, one), test_until=until.isoformat())
        )
        for name, one in (("a", runs), ("b", replace(runs, values=changed)))
    ]
    assert told[0] == told[1]


def test_quarter_hours_are_scored_at_the_same_horizons(tmp_path):
    folder = write(tmp_path / "quarter", winter(32, step_h=0.25))
    told = table(skill_files(skilled(folder, horizons_h=(0.25, 1.0, 24.0))), "predictions.csv")
    assert sorted(set(told["horizon_h"])) == [0.25, 1, 24]
    ends, issued = (pd.to_datetime(told[name]) for name in ("time", "issue_time"))
    assert ((ends - issued).dt.total_seconds() == 3600 * told["horizon_h"]).all()


def test_a_picture_is_drawn(result):
    with drawing_style():
        drawn = load_skill_figure("town", result.tried, result.skill)
        assert png_bytes(drawn).startswith(b"\x89PNG")


# ---- the command -------------------------------------------------------------------------------


def run(*words: object):
    return CliRunner().invoke(main, ["skill", *map(str, words)])


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--train-until", "soon"], "soon is not a moment"),
        (["--train-until", "2027-01-01"], "no load is measured after the training"),
        (["--horizons", "1-200"], "Write hours up to 168"),
        (["--horizons", "0.3"], "0.3 h is no whole number of steps of 60 minutes"),
        (["--issue-every", "soon"], "no length of time"),
        (["--issue-every", "30min"], "0.5 h is no whole number of steps"),
        (["--timezone", "Asia/Shenyang"], "timezone Asia/Shenyang is unknown"),
        (["--country", "XX"], "No public holidays are known of country XX"),
        (["--chart", "a.bmp"], "neither in .png nor in .html"),
    ],
)
def test_a_wrong_option_is_bad_input_in_one_message(folder, words, told):
    ended = run(folder, *words)
    assert ended.exit_code == 2
    assert told in ended.output
    assert "Traceback" not in ended.output


def test_a_faulty_dataset_is_bad_input_with_all_faults(tmp_path):
    (tmp_path / "observations.csv").write_text("time,heat_mw\n2026-01-01T00:00,1\nnoon,x\n")
    ended = run(tmp_path)
    assert ended.exit_code == 2
    for told in ("row 2, time", "row 3, time", "row 3, heat_mw"):
        assert told in ended.output


def test_too_short_a_record_says_how_long_it_must_be(tmp_path):
    ended = run(write(tmp_path / "short", winter(20)))
    assert ended.exit_code == 2
    assert "20.0 days of load, 29 are needed" in ended.output


def test_a_missing_folder_is_bad_input(tmp_path):
    ended = run(tmp_path / "nowhere")
    assert ended.exit_code == 2
    assert "no such folder" in ended.output


def test_the_command_tries_the_load_model_and_writes_its_files(tmp_path):
    """From a folder to a table: the model itself, two issues, with the files and the picture."""
    folder = write(tmp_path / "town", winter(18))
    out, chart = tmp_path / "out", tmp_path / "skill.html"
    words = ["--horizons", "1,2", "--issue-every", "12h", "--out", out, "--chart", chart]
    span = ["--train-until", "2026-01-21T08:00", "--test-until", "2026-01-22T08:00"]
    ended = run(folder, *words, *span)
    assert ended.exit_code == 0, ended.output
    assert "perfect weather" in ended.output
    assert sorted(path.name for path in out.iterdir()) == [
        *("predictions.csv", "skill.csv", "summary.json")
    ]
    assert json.loads((out / "summary.json").read_text())["issues"] == 2
    assert "<svg" in chart.read_text()
    told = pd.read_csv(out / "predictions.csv")
    assert (told["p10"] <= told["heat_mw"]).all()
    assert (told["heat_mw"] <= told["p90"]).all()
