"""Rows of `fuel_outlook.csv` by hand."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from coal_yard_maker import FIRST_DAY, burn_of, coal_yard, coming_on, days_from, piled

from dispatch.fuel.levels import levels_t
from dispatch.fuel.outlook import Order
from dispatch.fuel.outlook_table import COLUMNS, OutlookDays, Range, outlook_days, yard_rows
from dispatch.run_tables import frame_file
from forecasts.weather.weather_ahead import WeatherAhead

HOURS = np.full(10, 24.0)
DAYS = OutlookDays(days_from(10), HOURS, (Range.PLAN,) * 3 + (Range.CLIMATE,) * 7)


def rows(burn, coming=None, order=None, before_t=None, **yard):
    piles = piled(coal_yard(**yard), burn, coming)
    levels = levels_t(burn, piles, HOURS)
    return yard_rows(DAYS, burn, piles, levels, before_t, order)


def test_one_sure_path():
    """1 000 t at 100 t a day, 80 of them for heat; 300 t come on the second day."""
    order = Order(FIRST_DAY + timedelta(days=1), FIRST_DAY + timedelta(days=8), 3_500, 1, False)
    coming = coming_on(1, 10, {1: 300})
    table = rows(
        burn_of(100, days=10), coming, order, np.full(7, 100.0), storage_target_t=4_000
    ).iloc[1]
    expected = {
        **{"yard_id": "pile", "date": "2026-01-16", "hours": 24, "range": "plan"},
        **{f"burn_heat_t_{q}": 80 for q in ("p10", "p50", "p90")},
        **{f"burn_power_t_{q}": 20 for q in ("p10", "p50", "p90")},
        **{f"burn_t_{q}": 100 for q in ("p10", "p50", "p90")},
        **{f"delivery_t_{q}": 300 for q in ("p10", "p50", "p90")},
        **{"waiting_t_p50": 0, "lost_t": 0, "net_calorific_kcal_per_kg": 5.0 * 3.6 / 4.1868e-3},
        **{f"stock_t_{q}": 1_100 for q in ("p10", "p50", "p90")},
        "usable_t_p50": 1_100,
        **{f"days_of_cover_{q}": 8 for q in ("p10", "p50", "p90")},  # it outlasts the season
        **{"days_of_cover_backward": 11, "season_days_left": 8},
        **{f"storage_rate_{q}": 0.275 for q in ("p10", "p50", "p90")},
        **{"reserve_t": 500, "probability_below_reserve": 0, "probability_below_7_days": 0},
        **{"probability_below_15_days": 0, "probability_below_30_days": 0, "probability_empty": 0},
        "last_safe_order_date": "2026-01-16",
    }
    assert list(expected) == list(COLUMNS)
    words = {name for name, value in expected.items() if isinstance(value, str)}
    assert {name: table[name] for name in words} == {name: expected[name] for name in words}
    for name in set(expected) - words:
        assert table[name] == pytest.approx(expected[name]), name


def test_bands_and_risks_are_over_paths():
    """Eleven paths of 100 to 200 t a day: p10 is 110, p50 150, p90 190. After four days 600 to
    200 t are left, and the eight paths above 125 t a day are below five expected days of 100 t;
    on the sixth day the four above 166 t miss coal, on the fifth none does.
    """
    burn = burn_of(*range(100, 201, 10), days=10)
    table = rows(burn)
    day = table.iloc[3]
    assert [day[f"burn_t_{q}"] for q in ("p10", "p50", "p90")] == pytest.approx([110, 150, 190])
    assert [day[f"stock_t_{q}"] for q in ("p10", "p50", "p90")] == pytest.approx([240, 400, 560])
    assert day["probability_below_reserve"] == pytest.approx(8 / 11)
    assert table["probability_empty"].iloc[[4, 5]].tolist() == pytest.approx([0, 4 / 11])
    assert (table["days_of_cover_p10"] <= table["days_of_cover_p90"]).all()


def test_a_burn_that_finds_no_coal_is_still_wanted():
    """The tenth day is out of coal at 200 t a day: the planner sees the 200 t that are wanted."""
    last = rows(burn_of(200, days=10)).iloc[-1]
    assert (last["burn_t_p50"], last["stock_t_p50"], last["probability_empty"]) == (200, 0, 1)


def test_what_is_unknown_is_an_empty_cell():
    """No target, no record of burn, no order: nothing in their cells, and no warning."""
    text = frame_file(rows(burn_of(100, days=10)), "Asia/Shanghai").decode().splitlines()
    first = dict(zip(text[0].split(","), text[1].split(","), strict=True))
    unknown = [name for name, cell in first.items() if cell == ""]
    assert unknown == [
        "days_of_cover_backward",
        *(f"storage_rate_{q}" for q in ("p10", "p50", "p90")),
        "last_safe_order_date",
    ]
    assert first["days_of_cover_p50"] == "9"


def test_the_range_of_a_day():
    """A plan until the third local midnight: its own three days, then forecast, climate."""
    days = 6
    none = np.zeros(days)
    known = np.array([True] * 4 + [False] * 2)
    ahead = WeatherAhead(
        days_from(days), HOURS[:days], np.zeros((1, days)), none, none, none, none, known
    )
    until = datetime(2026, 1, 17, 16, tzinfo=UTC)  # midnight to 18 January there
    for moment, planned in ((until, 3), (until - timedelta(hours=1), 2), (None, 0)):
        found = [one.value for one in outlook_days(ahead, moment, "Asia/Shanghai").ranges]
        assert found == ["plan"] * planned + ["forecast"] * (4 - planned) + ["climate"] * 2
