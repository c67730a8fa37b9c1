"""Which runs stay: worked by hand, and what may never go."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.run_retention import outlived, prune_runs, run_name
from dispatch.settings import KeepSettings

HERE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 3, 1, 6, 0, tzinfo=HERE)
KEEP = KeepSettings(all_days=30, daily_days=90)


def name_of(moment: datetime, version: int = 1) -> str:
    text = moment.strftime("%Y-%m-%dT%H%M%z")
    return text if version == 1 else f"{text}-v{version}"


def runs(*names: str):
    found = [run_name(name) for name in names]
    assert None not in found
    return found


def gone(*names: str) -> list[str]:
    return [run.name for run in outlived(runs(*names), NOW, KEEP)]


def test_within_a_month_all_stay_then_one_a_day_then_none():
    """31 days before: of three runs of a day the second version of the last issue time stays."""
    recent = ["2026-02-15T0530+0800", "2026-02-15T1000+0800"]
    older = ["2026-01-20T0530+0800", "2026-01-20T1600+0800", "2026-01-20T1600+0800-v2"]
    oldest = ["2025-11-15T0530+0800"]
    assert gone(*oldest, *older, *recent) == [*oldest, *older[:2]]


def test_the_newest_run_stays_however_old():
    assert gone("2024-11-15T0530+0800", "2024-11-16T0530+0800") == ["2024-11-15T0530+0800"]


def test_the_tenth_version_is_newer_than_the_ninth():
    first, last = "2026-01-20T0530+0800-v9", "2026-01-20T0530+0800-v10"
    assert gone(last, first, "2026-02-28T0530+0800") == [first]


@given(
    hours=st.lists(st.integers(-200, 24 * 200), min_size=1, max_size=40, unique=True),
    keep_d=st.integers(1, 60),
)
def test_what_stays_is_what_a_later_run_may_read(hours, keep_d):
    """The newest, everything young, all of a wrong clock's future, and a run of each young day."""
    keep = KeepSettings(all_days=keep_d, daily_days=100)
    names = {name_of(NOW - timedelta(hours=hour)): hour for hour in hours}
    lost = {run.name for run in outlived(runs(*names), NOW, keep)}
    stay = {name: hour for name, hour in names.items() if name not in lost}
    assert min(names.values()) in stay.values()
    assert all(hour > 24 * keep_d for hour in (names[name] for name in lost))
    for name, hour in names.items():
        if hour <= 24 * 100:
            assert any(run_name(one).day == run_name(name).day for one in stay)


@pytest.mark.parametrize(
    "name", ["latest", "mine", "2026-13-01T0530+0800", "2026-01-20T0530+0800x"]
)
def test_what_is_not_named_like_a_run_is_none(name):
    assert run_name(name) is None


def test_old_runs_go_from_the_disk_and_nothing_else(tmp_path):
    """Not what `latest` leads to, not a folder of one's own, not through a link."""
    for name in ("2025-01-01T0530+0800", "2025-01-02T0530+0800", "2026-02-28T0530+0800", "mine"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "summary.json").write_text("{}", encoding="utf-8")
    (tmp_path / "latest").symlink_to("2025-01-02T0530+0800")
    (tmp_path / "2025-01-03T0530+0800").symlink_to("mine")
    assert prune_runs(tmp_path, NOW, KEEP) == ["2025-01-01T0530+0800"]
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {
        "2025-01-02T0530+0800",
        "2025-01-03T0530+0800",
        "2026-02-28T0530+0800",
        "latest",
        "mine",
    }
