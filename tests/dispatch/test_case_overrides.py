"""Reading `overrides.csv`: what a dispatcher may pin, and what is refused with a cure."""

from datetime import datetime
from pathlib import Path

import pytest
from small_case import whole_file, write_small_case

from dispatch.case_files import CaseFaults, read_case
from dispatch.case_overrides import PinWhat

NOW = datetime.fromisoformat("2026-01-15T05:30:00+08:00")
HEADER = "id,what,from,to,value,by,reason\n"
DAY = "2026-01-15T06:00:00+08:00,2026-01-16T06:00:00+08:00"
WHO = "Li Wei,grate repair"


def pins(folder: Path, *rows: str) -> Path:
    return write_small_case(
        folder / "case", whole_file("overrides.csv", (HEADER + "\n".join(rows)).encode())
    )


def faults(folder: Path, *rows: str) -> list[str]:
    with pytest.raises(CaseFaults) as found:
        read_case(pins(folder, *rows), now=NOW)
    return [str(fault) for fault in found.value.faults]


def test_each_kind_of_pin_is_read_with_its_unit(tmp_path: Path) -> None:
    rows = [
        f"boiler_1,heat_mw,{DAY},0,{WHO}",
        f"chp_1,min_heat_mw,{DAY},10,{WHO}",
        f"A>south,max_heat_mw,{DAY},15,{WHO}",
        f"boiler_1,units_on,{DAY},1,{WHO}",
        f"A,share,{DAY},0.55,{WHO}",
        f"A,supply_temp_c,{DAY},90,{WHO}",
        f"N1/low,secondary_supply_c,{DAY},50.5,{WHO}",
        f"N2.floor,heat_kw,{DAY},3000,{WHO}",
        f"south,indoor_target_c,{DAY},20.5,{WHO}",
    ]
    read = read_case(pins(tmp_path, *rows), now=NOW)
    assert read.notes == ()
    assert [pin.what for pin in read.case.overrides] == [
        *(PinWhat.HEAT_MW, PinWhat.MIN_HEAT_MW, PinWhat.MAX_HEAT_MW, PinWhat.UNITS_ON),
        *(PinWhat.SHARE, PinWhat.SUPPLY_TEMP_C),
        *(PinWhat.SECONDARY_SUPPLY_C, PinWhat.HEAT_KW, PinWhat.INDOOR_TARGET_C),
    ]
    assert [pin.what.unit for pin in read.case.overrides] == [
        *("MW", "MW", "MW", "", "", "°C", "°C", "kW", "°C")
    ]
    assert (read.case.overrides[0].by, read.case.overrides[0].reason) == ("Li Wei", "grate repair")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (f"boiler_2,heat_mw,{DAY},5,{WHO}", "boiler_1"),
        (f"boiler_1,heat_mw,{DAY},30,{WHO}", "is 30 MW, but boiler_1 can have 0 to 28 MW"),
        (f"A>south,max_heat_mw,{DAY},40,{WHO}", "A>south can have 0 to 22 MW"),
        (f"boiler_1,units_on,{DAY},3,{WHO}", "can have 0 to 2"),
        (f"boiler_1,units_on,{DAY},1.5,{WHO}", "Write a whole number"),
        (f"A,share,{DAY},1.2,{WHO}", "can have 0 to 1"),
        (f"A,supply_temp_c,{DAY},130,{WHO}", "A can have 65 to 115 °C"),
        (f"N1,secondary_supply_c,{DAY},75,{WHO}", "N1 can have 28 to 70 °C"),
        (f"N1,secondary_supply_c,{DAY},50.3,{WHO}", "multiples of 0.5"),
        (f"S3,secondary_supply_c,{DAY},50,{WHO}", "a station that others run"),
        (f"N1,indoor_target_c,{DAY},22.5,{WHO}", "N1 can have 5 to 22 °C"),
        (f"boiler_1,heat,{DAY},5,{WHO}", "heat_mw"),
        ("boiler_1,heat_mw,2026-01-16T06:00:00+08:00,2026-01-15T06:00:00+08:00,5," + WHO, "Swap"),
        (f"boiler_1,heat_mw,{DAY},5,,grate repair", "overrides.csv, row 2, boiler_1, by: is empty"),
        (f"boiler_1,heat_mw,{DAY},5,Li Wei,", "row 2, boiler_1, reason: is empty"),
        (f"boiler_1,heat_mw,{DAY},5,Li Wei,{'x' * 201}", "has 201 letters"),
        (f"boiler_1,heat_mw,{DAY},5,Li\x07Wei,repair", "invisible character"),
    ],
)
def test_a_pin_that_cannot_be_is_a_fault_with_its_cure(tmp_path: Path, row: str, said: str) -> None:
    (fault,) = faults(tmp_path, row)
    assert said in fault


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (f"boiler_1,heat_mw,{DAY},5,{WHO}", f"boiler_1,heat_mw,{DAY},7,{WHO}"),
        (f"boiler_1,heat_mw,{DAY},5,{WHO}", f"boiler_1,min_heat_mw,{DAY},7,{WHO}"),
        (f"boiler_1,max_heat_mw,{DAY},5,{WHO}", f"boiler_1,min_heat_mw,{DAY},7,{WHO}"),
        (f"N1,secondary_supply_c,{DAY},45,{WHO}", f"N1.low,heat_kw,{DAY},5000,{WHO}"),
        (f"north,indoor_target_c,{DAY},20,{WHO}", f"N1,indoor_target_c,{DAY},21,{WHO}"),
    ],
)
def test_two_pins_at_odds_are_one_fault_that_names_both_rows(
    tmp_path: Path, one: str, two: str
) -> None:
    (fault,) = faults(tmp_path, one, two)
    assert "overrides.csv, row 3" in fault and "row 2 pins" in fault


def test_pins_that_agree_or_follow_each_other_are_no_fault(tmp_path: Path) -> None:
    later = "2026-01-16T06:00:00+08:00,2026-01-17T06:00:00+08:00"
    rows = [
        f"boiler_1,heat_mw,{DAY},5,{WHO}",
        f"boiler_1,heat_mw,{later},7,{WHO}",
        f"boiler_1,max_heat_mw,{DAY},5,{WHO}",
    ]
    assert len(read_case(pins(tmp_path, *rows), now=NOW).case.overrides) == 3


def test_faults_come_all_at_once_and_an_ended_pin_has_none(tmp_path: Path) -> None:
    """The boiler of last week is gone from the case; that stops nobody this week."""
    past = "2026-01-08T06:00:00+08:00,2026-01-15T05:30:00+08:00"
    ended = f"boiler_9,heat_mw,{past},99,{WHO}"
    assert read_case(pins(tmp_path, ended), now=NOW).case.overrides[0].id == "boiler_9"
    bad = [ended, f"boiler_9,heat_mw,{DAY},5,{WHO}", f"A,share,{DAY},2,{WHO}"]
    assert len(faults(tmp_path, *bad)) == 2
