"""A tank in `sources.csv`: which cells it needs, which it may not have, and what follows."""

from pathlib import Path

import pytest

from dispatch.case import Source
from dispatch.case_files import CaseFaults, read_case
from dispatch.case_kinds import SourceKind
from scenarios.case_screen import case_screen
from tests.small_case import Edit, new_column, new_row, text, write_small_case

TANK_COLUMNS = ("energy_mwh", "charge_mw", "discharge_mw", "loss_per_h")
TANK = {
    "source_id": "tank_1",
    "plant_id": "B",
    "kind": "thermal_storage",
    "energy_mwh": "46",  # 1 000 m³ at 40 K, handbook §8
    "charge_mw": "6",
    "discharge_mw": "8",
}
ROW = 4  # of the tank in sources.csv


def with_tank(**cells: str) -> list[Edit]:
    """The small case with a tank at plant B; `cells` over its row."""
    return [
        *(new_column("sources.csv", name, "") for name in TANK_COLUMNS),
        new_row("sources.csv", TANK | cells),
    ]


def faults(folder: Path, *edits: Edit) -> list[tuple[str, int | None, str | None, str]]:
    with pytest.raises(CaseFaults) as caught:
        read_case(write_small_case(folder / "case", *edits))
    return [(it.file, it.row, it.column, it.text) for it in caught.value.faults]


def test_a_tank_may_leave_the_other_cells_empty(tmp_path: Path) -> None:
    """Output is the discharge; no least, a loss of 0.008 %/h; its pumps carry 8 MW at 40 K:
    8 000/(1.163·40) = 172 t/h; and 14 MW of swing within a quarter of an hour.
    """
    case = read_case(write_small_case(tmp_path / "case", *with_tank())).case
    tank = case.sources[2]
    assert (tank.kind, tank.max_output_mw, tank.min_output_mw) == (
        SourceKind.THERMAL_STORAGE,
        8.0,
        0.0,
    )
    assert tank.loss_per_h == 0.00008
    assert tank.flow_max_tph == pytest.approx(172, abs=0.1)
    assert tank.ramp_mw_per_h == pytest.approx(56)
    assert Source.model_validate(tank.model_dump()) == tank


def test_a_tank_may_say_how_fast_it_turns(tmp_path: Path) -> None:
    edits = with_tank(ramp_mw_per_h="3", flow_max_tph="200", loss_per_h="0.001", max_output_mw="8")
    tank = read_case(write_small_case(tmp_path / "case", *edits)).case.sources[2]
    assert (tank.ramp_mw_per_h, tank.flow_max_tph, tank.loss_per_h) == (3, 200, 0.001)


def test_a_tank_is_no_capacity(tmp_path: Path) -> None:
    """54 MW of sources against 41 MW at design: the tank's 8 MW are not made, only moved."""
    folder = read_case(write_small_case(tmp_path / "case", *with_tank()))
    shown = str(case_screen(folder.case, folder.notes))
    assert "54 MW against 41 MW" in shown


@pytest.mark.parametrize(
    ("cells", "column", "part"),
    [
        ({"charge_mw": ""}, "charge_mw", "must say what it holds"),
        ({"fuel_id": "coal"}, "fuel_id", "neither burns, starts nor buys"),
        ({"commitment": "1"}, "commitment", "Empty this cell"),
        ({"min_output_mw": "2"}, "min_output_mw", "is 2.0, but a tank"),
        ({"max_output_mw": "9"}, "max_output_mw", "is 9 MW, but discharge_mw is 8 MW"),
        ({"loss_per_h": "0.2"}, "loss_per_h", "above the largest possible value 0.02"),
        ({"loss_per_h": "0.008 %"}, "loss_per_h", "Write 8e-05"),
        ({"charge_mw": "-6"}, "charge_mw", "must be above 0"),
        ({"discharge_mw": "8 MW"}, "discharge_mw", "Write 8"),
        ({"energy_mwh": "46000"}, "charge_mw", "7.67e+03 h"),
        ({"charge_mw": "0.04"}, "charge_mw", "1.15e+03 h"),
        ({"kind": "gas_boiler", "fuel_id": "coal"}, "energy_mwh", "this source is gas_boiler"),
    ],
)
def test_a_wrong_cell_is_told(
    tmp_path: Path, cells: dict[str, str], column: str, part: str
) -> None:
    """One fault at the cell. Without it the tank would be planned with what was never meant."""
    found = faults(tmp_path, *with_tank(**cells))
    assert [(file, row, name) for file, row, name, _ in found] == [("sources.csv", ROW, column)]
    assert part in found[0][3]


def test_a_tank_needs_a_plant_that_fills_it(tmp_path: Path) -> None:
    alone = with_tank(plant_id="C")
    main = new_row("links.csv", {"from_id": "C"}, copy_of=2)
    ((file, row, column, said),) = faults(tmp_path, *alone, main)
    assert (file, row, column) == ("sources.csv", ROW, "plant_id")
    assert "plant C has tanks only" in said


def test_a_tank_has_no_curve_and_no_schedule(tmp_path: Path) -> None:
    point = {"source_id": "tank_1", "load_fraction": "1", "efficiency": "0.9"}
    when = {"time": "2026-01-15T06:00:00+08:00", "source_id": "tank_1", "max_output_mw": "4"}
    found = faults(
        tmp_path, *with_tank(), new_row("source_curves.csv", point), new_row("schedules.csv", when)
    )
    assert [(file, column) for file, _, column, _ in found] == [
        ("source_curves.csv", "load_fraction"),
        ("schedules.csv", "source_id"),
    ]


def test_an_unreadable_kind_is_one_fault(tmp_path: Path) -> None:
    """The tank's columns are not told off where the kind itself cannot be read."""
    found = faults(tmp_path, *with_tank(kind="thermal storage"))
    assert [(column, "thermal_storage" in said) for _, _, column, said in found] == [("kind", True)]


def test_a_share_is_not_reached_by_a_tank(tmp_path: Path) -> None:
    """B at 28 MW cannot send 80 % of 41 MW, whatever its tank holds for some hours."""
    wrong = text("case.toml", "{ A = 0.6, B = 0.4 }", "{ A = 0.2, B = 0.8 }")
    big = with_tank(discharge_mw="30", charge_mw="30", energy_mwh="300")
    found = faults(tmp_path, *big, wrong)
    assert [(file, column) for file, _, column, _ in found] == [("case.toml", "share.town")]
