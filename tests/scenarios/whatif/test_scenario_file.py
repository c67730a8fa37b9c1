"""Scenario files: what they may say, and one message for every fault with file, key and cure."""

from datetime import datetime

import pytest

from dispatch.case_files import read_settings
from scenarios.cases import generate_zaozhuang
from scenarios.whatif.assignment import Unreadable, read_assignment, read_sweep
from scenarios.whatif.library import UnknownScenario, find, library, own
from scenarios.whatif.scenario import moment_of
from scenarios.whatif.scenario_file import ScenarioFaults, read_scenario

SOUND = """\
title_en = "Three kelvin colder"
title_zh = "气温低三度"

[[change]]
kind = "temperature_shift"
shift_k = -3
"""


def written(tmp_path, text, name="colder.toml"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def faults_of(tmp_path, text, *settings):
    with pytest.raises(ScenarioFaults) as caught:
        read_scenario(written(tmp_path, text), [read_assignment(one) for one in settings])
    return str(caught.value).splitlines()


def test_a_sound_file(tmp_path):
    scenario = read_scenario(written(tmp_path, SOUND))
    assert scenario.name == "colder"
    assert scenario.header.case == "zaozhuang"
    assert [change.label for change in scenario.changes] == ["temperature_shift"]
    assert scenario.changes[0].shift_k == -3


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (SOUND.replace("temperature_shift", "temperatur_shift"), "change[1].kind: "),
        (SOUND.replace("temperature_shift", "temperatur_shift"), "temperature_shift"),
        (SOUND.replace("shift_k = -3", "shift_k = -99"), "colder.toml, change[1].shift_k: is -99"),
        (SOUND.replace("shift_k", "shif_k"), "change[1].shif_k: "),
        (SOUND.replace("shift_k", "shif_k"), "shift_k"),
        (SOUND.replace("-3", '"cold"'), "change[1].shift_k: "),
        (SOUND + "from_h = 9\nto_h = 3\n", "change[1].to_h: is 3"),
        (SOUND.replace("title_zh", "title_cn"), "title_zh"),
        (SOUND.split("[[change]]", maxsplit=1)[0], "change: "),
        (SOUND + '\n[[change]]\nkind = "temperature_shift"\n', '"temperature_shift"'),
        ('start = "02-30T05:30"\n' + SOUND, "start: is"),
        ('start = "tomorrow"\n' + SOUND, "01-15T05:30"),
        ("title_en = ", "colder.toml"),
        ("change = [3]\n" + SOUND.split("[[change]]", maxsplit=1)[0], "change[1]: "),
    ],
)
def test_a_fault_is_told_with_file_key_and_cure(tmp_path, text, told):
    assert told in "\n".join(faults_of(tmp_path, text))


def test_all_faults_are_told_at_once(tmp_path):
    text = SOUND.replace("-3", "-99").replace("title_zh", "title_cn") + "bogus = 1\n"
    lines = faults_of(tmp_path, text)
    assert len(lines) == 4  # title_cn unknown, title_zh missing, shift_k, bogus


def test_a_single_section_is_taken_for_a_list(tmp_path):
    """[change] instead of [[change]] is what everybody writes first."""
    scenario = read_scenario(written(tmp_path, SOUND.replace("[[change]]", "[change]")))
    assert len(scenario.changes) == 1


# ---- the command line ----


def test_set_overrides_the_file(tmp_path):
    path = written(tmp_path, SOUND)
    for text in ("temperature_shift.shift_k=-5", "shift_k=-5"):
        assert read_scenario(path, [read_assignment(text)]).changes[0].shift_k == -5


def test_set_is_held_to_the_same_limits_and_named_as_typed(tmp_path):
    (line,) = faults_of(tmp_path, SOUND, "shift_k=-99")
    assert line.startswith("shift_k=-99: ")
    assert "change[1]" not in line


def test_set_of_a_key_that_is_none_offers_those_there_are(tmp_path):
    (line,) = faults_of(tmp_path, SOUND, "depth_k=4")
    assert "temperature_shift.shift_k" in line


def test_set_that_fits_two_changes_asks_which(tmp_path):
    text = SOUND + '\n[[change]]\nkind = "temperature_shift"\nname = "later"\nfrom_h = 24\n'
    (line,) = faults_of(tmp_path, text, "shift_k=-5")
    assert "temperature_shift.shift_k" in line
    assert "later.shift_k" in line
    path = written(tmp_path, text)
    scenario = read_scenario(path, [read_assignment("later.shift_k=-5")])
    assert [change.shift_k for change in scenario.changes] == [-3, -5]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("target_c=18:22:0.5", (18, 18.5, 19, 19.5, 20, 20.5, 21, 21.5, 22)),
        ("a.b=3:1:-1", (3, 2, 1)),
        ("ratio=5:5,6:4,7:3", ("5:5", "6:4", "7:3")),
        ("depth_k=5,10,15", (5, 10, 15)),
        ("step=0:0.3:0.1", (0, 0.1, 0.2, 0.3)),
    ],
)
def test_sweeps(text, values):
    assert read_sweep(text).values == pytest.approx(values) or read_sweep(text).values == values


@pytest.mark.parametrize(
    "text",
    ["target_c", "target_c=", "=3", "target_c=18", "a=1:2:0", "a=2:1:1", "a=1,1", "a=0:99:1"],
)
def test_what_is_no_sweep_is_told(text):
    with pytest.raises(Unreadable, match=r"target_c=18:22:0\.5|larger step"):
        read_sweep(text)


# ---- when it begins ----


@pytest.mark.parametrize(
    ("start", "now", "expected"),
    [
        ("01-15T05:30", "2026-11-22T08:00+08:00", "2027-01-15T05:30+08:00"),
        ("01-15T05:30", "2027-02-01T08:00+08:00", "2027-01-15T05:30+08:00"),
        ("11-15T05:30", "2027-02-01T08:00+08:00", "2026-11-15T05:30+08:00"),
        ("10-25T05:30", "2026-06-01T08:00+08:00", "2026-10-25T05:30+08:00"),
        ("2024-12-01T00:00", "2026-06-01T08:00+08:00", "2024-12-01T00:00+08:00"),
    ],
)
def test_a_start_without_a_year_is_of_the_season_at_hand_or_next(start, now, expected):
    settings, _ = read_settings(generate_zaozhuang.FOLDER)
    assert settings is not None
    assert moment_of(start, settings, datetime.fromisoformat(now)) == datetime.fromisoformat(
        expected
    )


# ---- the library ----


def test_own_scenarios_come_before_bundled_ones(tmp_path):
    path = written(tmp_path, SOUND)
    assert find("colder", tmp_path) == path
    assert find(str(path), tmp_path / "elsewhere") == path
    assert own(tmp_path / "nothing") == {}


def test_an_unknown_name_offers_the_nearest(tmp_path):
    written(tmp_path, SOUND)
    with pytest.raises(UnknownScenario, match="colder"):
        find("coldr", tmp_path)


@pytest.mark.parametrize("name", library())
def test_bundled_scenarios_are_sound(name):
    """Every one can be read, has both titles, and says what to look at."""
    scenario = read_scenario(library()[name])
    assert scenario.header.group.value != "own"
    assert scenario.header.about_en
    assert any("\u4e00" <= letter <= "\u9fff" for letter in scenario.header.title_zh)
