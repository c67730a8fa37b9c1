"""Plan against actual, season to date, by hand; and what is not known is not filled in.

One boiler of the tiny town, 500 000 m², coal of 5 000 kcal/kg. Published plans are tables as a
run writes them, with round numbers.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from plan_inputs_maker import START, boiler, chp, tiny_case, vertices

from dispatch.case import Case, MeasuredDay
from dispatch.case_coal import CoalDay
from dispatch.case_kinds import StockCovers
from dispatch.fuel.consumption import HeatBy, burn_before_t, season_consumption, season_so_far
from dispatch.published_burn import published_burn

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
HEADER = "valid_from,valid_to,source_id,heat_mw,fuel_t,fuel_accounting_t\n"


def block(
    start: datetime,
    hours: float,
    tonnes: float,
    *,
    source: str = "boiler",
    heat_mw: float = 10,
    heat_t: float = 0,
) -> str:
    end = start + hours * HOUR
    times = f"{start.isoformat()},{end.isoformat()}"
    return f"{times},{source},{heat_mw:.2f},{tonnes:.2f},{heat_t:.2f}\n"


def publish(runs: Path, issued: datetime, rows: Sequence[str], version: str = "") -> Path:
    """Write what of a run is read; `issued` is UTC."""
    folder = runs / "tiny" / f"{issued:%Y-%m-%dT%H%M%z}{version}"
    folder.mkdir(parents=True)
    (folder / "setpoints_sources.csv").write_text(HEADER + "".join(rows), encoding="utf-8")
    return folder


def every_day(runs: Path, days: int, tonnes: float, **block_of: object) -> None:
    """A plan of one day's burn a day, up to START."""
    for back in range(1, days + 1):
        start = START - back * DAY
        rows = [block(start, 24, tonnes, **block_of)]  # type: ignore[arg-type]
        publish(runs, start - HOUR, rows)


def scales(days: int, burnt_t: float, kcal: float | None = None) -> tuple[CoalDay, ...]:
    rows = []
    for back in range(1, days + 1):
        day = date(2026, 1, 15) - back * DAY
        values = {"date": f"{day:%Y-%m-%d}", "yard_id": "pile", "burnt_t": burnt_t}
        rows.append(CoalDay.model_validate(values | {"net_calorific_kcal_per_kg": kcal}))
    return tuple(rows)


def meters(days: int, heat_gj: float, source: str = "boiler") -> tuple[MeasuredDay, ...]:
    first = date(2026, 1, 15)
    return tuple(
        MeasuredDay(date=f"{first - back * DAY:%Y-%m-%d}", id=source, heat_gj=heat_gj)
        for back in range(1, days + 1)
    )


# ---- published plans -----------------------------------------------------------------------


def planned_t(case: Case, runs: Path, start: datetime, end: datetime) -> tuple[float, float]:
    """Tonnes and hours covered."""
    burn = published_burn(case, runs, START - 3 * DAY, START + DAY)
    found = burn.planned(case, case.yards[0], start, end)
    return found.burnt_t, found.hours


def test_each_hour_counts_by_the_newest_plan_made_before_it(tmp_path: Path):
    """4 t/h by the plan of the day before, 6 t/h from noon by that of noon: 4·12 + 6·12."""
    case = tiny_case()
    publish(tmp_path, START - HOUR, [block(START, 24, 96), block(START + DAY, 24, 96)])
    publish(tmp_path, START + 12 * HOUR, [block(START + 12 * HOUR, 24, 144)])
    assert planned_t(case, tmp_path, START, START + DAY) == pytest.approx((120, 24))
    assert planned_t(case, tmp_path, START + 7.9 * HOUR, START + 8.3 * HOUR)[0] == pytest.approx(
        1.6
    )
    assert planned_t(case, tmp_path, START - DAY, START)[1] == 0.0


def test_a_second_version_replaces_the_first_and_rubbish_is_named(tmp_path: Path):
    case = tiny_case()
    publish(tmp_path, START - HOUR, [block(START, 24, 96)])
    publish(tmp_path, START - HOUR, [block(START, 24, 48)], version="-v2")
    broken = publish(tmp_path, START - HOUR, ["now,then,boiler,a,b,c\n"], version="-v10")
    (tmp_path / "tiny" / "latest").mkdir()
    assert planned_t(case, tmp_path, START, START + DAY) == pytest.approx((48, 24))
    burn = published_burn(case, tmp_path, START, START + DAY)
    assert burn.unreadable == (broken.name,)


def test_a_plan_made_later_is_not_known(tmp_path: Path):
    case = tiny_case()
    publish(tmp_path, START + 2 * HOUR, [block(START, 24, 96)])
    burn = published_burn(case, tmp_path, START - DAY, START + HOUR)
    assert not burn.covered.any()


def test_a_yard_that_covers_heat_only_draws_the_accounting_share(tmp_path: Path):
    """Of 96 t burnt, 40 are heat's: drawn where the yard pays for heat only, else all."""
    unit = chp()
    case = tiny_case(unit, curves=vertices(), yard={"stock_covers": StockCovers.HEAT_SHARE})
    publish(tmp_path, START - HOUR, [block(START, 24, 96, source="chp", heat_t=40)])
    assert planned_t(case, tmp_path, START, START + DAY)[0] == pytest.approx(40)
    whole = tiny_case(unit, curves=vertices())
    assert planned_t(whole, tmp_path, START, START + DAY)[0] == pytest.approx(96)


# ---- season to date ------------------------------------------------------------------------


def test_season_to_date_by_hand(tmp_path: Path):
    """20 days of plans of 100 t, 10 days of scales of 105 t, 4 days of meters.

    105 t at 5 000 kcal are 75 tce; 10 MW for a day are 864 GJ by plan, meters read 1 080 GJ:
    750 000 kgce over 4·1 080 + 6·864 = 9 504 GJ; over 500 000 m² 1.5 kgce/m².
    """
    every_day(tmp_path, 20, 100)
    case = tiny_case(coal_daily=scales(10, 105), measured_daily=meters(4, 1080))
    found = season_consumption(case, START, tmp_path)
    yard = found.yards[0]
    assert (found.first_day.isoformat(), found.last_day.isoformat()) == ("2025-11-15", "2026-01-14")
    assert found.days == 61
    assert (yard.burn.planned_days, yard.burn.actual_days, yard.burn.both_days) == (20, 10, 10)
    assert yard.burn.planned_t == pytest.approx(2000)
    assert yard.burn.ratio == pytest.approx(1.05)
    assert (yard.burn.burn_factor, yard.burn.burn_factor_days) == (pytest.approx(1.05), 10)
    specific = yard.specific
    assert (specific.days, specific.metered_days) == (10, 4)
    assert specific.heat_by is HeatBy.MIXED
    assert specific.heat_gj == pytest.approx(9504)
    assert specific.heat_kgce_per_gj == pytest.approx(750_000 / 9504)
    assert specific.kgce_per_m2 == pytest.approx(1.5)
    assert yard.typical_kgce_per_gj is not None
    assert yard.typical_kgce_per_gj.low == 41.0
    # Ten mid-January days are about a ninth of a season's degree days of 121 days.
    assert 10 / 121 < specific.season_part < 0.13
    assert found.season_kgce_per_m2 == pytest.approx(1.5 / specific.season_part)
    assert found.typical_kgce_per_m2.high == 14.0


def test_measured_heat_value_counts_and_is_said(tmp_path: Path):
    """105 t of 4 500 kcal are 67.5 tce."""
    case = tiny_case(coal_daily=scales(2, 105, 4500), measured_daily=meters(2, 1500))
    yard = season_consumption(case, START, tmp_path).yards[0]
    assert (yard.kcal_per_kg, yard.kcal_days) == (4500, 2)
    assert yard.specific.heat_kgce_per_gj == pytest.approx(45.0)
    assert yard.specific.heat_by is HeatBy.MEASURED


def test_heats_part_of_a_chp_is_what_accounting_gives_it(tmp_path: Path):
    """Half of the fuel is heat's: 40 kgce/GJ, where all fuel makes 80."""
    every_day(tmp_path, 3, 100, source="chp", heat_t=50)
    gj = 100 * 5000 / 7000 * 1000 / 80
    case = tiny_case(
        chp(), curves=vertices(), coal_daily=scales(3, 100), measured_daily=meters(3, gj, "chp")
    )
    specific = season_consumption(case, START, tmp_path).yards[0].specific
    assert specific.heat_part == pytest.approx(0.5)
    assert specific.fuel_kgce_per_gj == pytest.approx(80)
    assert specific.heat_kgce_per_gj == pytest.approx(40)


def test_a_unit_without_a_meter_leaves_the_day_to_the_plan(tmp_path: Path):
    """Two boilers, one meter: half of the heat is no denominator for all of the coal."""
    units = (boiler("one"), boiler("two"))
    case = tiny_case(*units, coal_daily=scales(2, 105), measured_daily=meters(2, 500, "one"))
    specific = season_consumption(case, START, tmp_path).yards[0].specific
    assert (specific.days, specific.heat_by, specific.heat_kgce_per_gj) == (0, HeatBy.NONE, None)


@pytest.mark.parametrize(
    ("days", "actual_t", "factor"), [(6, 105, None), (7, 105, 1.05), (14, 140, 1.1), (14, 50, 0.9)]
)
def test_the_burn_factor_wants_a_week_and_stays_bounded(
    tmp_path: Path, days: int, actual_t: float, factor: float | None
):
    every_day(tmp_path, 14, 100)
    case = tiny_case(coal_daily=scales(days, actual_t))
    found = season_consumption(case, START, tmp_path).yards[0].burn.burn_factor
    assert found == (None if factor is None else pytest.approx(factor))


def test_the_burn_factor_forgets_what_is_a_fortnight_old(tmp_path: Path):
    """20 % over plan until two weeks ago, on plan since."""
    every_day(tmp_path, 30, 100)
    old = tuple(row.model_copy(update={"burnt_t": 120.0}) for row in scales(30, 0)[14:])
    case = tiny_case(coal_daily=(*scales(14, 100), *old))
    burn = season_consumption(case, START, tmp_path).yards[0].burn
    assert burn.burn_factor == pytest.approx(1.0)
    assert burn.ratio == pytest.approx((14 * 100 + 16 * 120) / 3000)


def test_nothing_known_is_told_as_nothing(tmp_path: Path):
    yard = season_consumption(tiny_case(), START, tmp_path).yards[0]
    assert (yard.burn.planned_days, yard.burn.actual_days, yard.burn.ratio) == (0, 0, None)
    assert yard.specific.kgce_per_m2 is None


@pytest.mark.parametrize(
    ("now", "first", "last"),
    [
        (datetime(2025, 11, 15, 12, tzinfo=UTC), "2024-11-15", "2025-03-15"),  # nothing yet
        (datetime(2025, 11, 16, 12, tzinfo=UTC), "2025-11-15", "2025-11-15"),
        (datetime(2026, 2, 1, 17, tzinfo=UTC), "2025-11-15", "2026-02-01"),  # the 2nd there
        (datetime(2026, 7, 1, tzinfo=UTC), "2025-11-15", "2026-03-15"),
    ],
)
def test_the_season_so_far(now: datetime, first: str, last: str):
    found = season_so_far(tiny_case(), now)
    assert [day.isoformat() for day in found] == [first, last]


def test_mean_burn_of_the_last_week_takes_scales_before_plans(tmp_path: Path):
    """Three days of scales at 130 t, two more of plans at 100 t: 118 t a day; of three, none."""
    every_day(tmp_path, 5, 100)
    case = tiny_case(coal_daily=scales(3, 130))
    burn = published_burn(case, tmp_path, START - 8 * DAY, START)
    assert burn_before_t(case, case.yards[0], START, burn) == pytest.approx((3 * 130 + 200) / 5)
    nothing = replace(burn, covered=np.zeros_like(burn.covered))
    assert burn_before_t(case, case.yards[0], START, nothing) is None
