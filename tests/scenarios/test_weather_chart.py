"""Pictures of weather: they hold what the forecast holds, and no more; the same bytes each time."""

import numpy as np
import pytest

from scenarios.drawing import drawing_style, png_bytes, svg_text
from scenarios.weather_chart import View, day_name, forecast_figure
from scenarios.weather_terminal import terminal_chart
from tests.forecast_maker import EXTRAS, NOW, ZAOZHUANG, whole_forecast

VIEW = View("Zaozhuang", "open_meteo", ZAOZHUANG, NOW, design_c=-4.5)


def svg(weather, view: View = VIEW) -> str:
    with drawing_style():
        return svg_text(forecast_figure(weather, view))


def test_all_that_there_is_is_named():
    drawn = svg(whole_forecast())
    for text in (
        "5–95 %",
        "10–90 %",
        "25–75 %",
        "forecast",
        "not corrected",
        "freezing",
        "normal, 4 days in 5",
        "now",
        "climate",
        "Thu 01-15",
        "Wind m/s",
        "Sun W/m²",
    ):
        assert f">{text}<" in drawn, text
    assert "−4.5 °C" in drawn


@pytest.mark.parametrize("missing", [*((name,) for name in EXTRAS), EXTRAS])
def test_whatever_is_missing_is_left_out(missing: tuple[str, ...]):
    """Today's services leave much out; a chart is drawn all the same."""
    drawn = svg(whole_forecast(without=missing))
    assert ">forecast<" in drawn
    assert (">not corrected<" in drawn) == ("air_temperature_uncorrected" not in missing)
    assert (">5–95 %<" in drawn) == (missing != EXTRAS)


def test_a_far_design_temperature_does_not_flatten_the_chart():
    mild = whole_forecast(warm_c=20.0, fall_k=0.0)
    assert "design" not in svg(mild)
    assert ">freezing<" not in svg(mild)


def test_a_chinese_name_stays_text():
    """The fonts of the machine that draws have no Chinese; the reader's have."""
    assert ">枣庄市中区热力<" in svg(whole_forecast(), View("枣庄市中区热力", "", ZAOZHUANG, NOW))


def test_the_same_forecast_is_the_same_bytes_whatever_was_drawn_before():
    with drawing_style():
        first = png_bytes(forecast_figure(whole_forecast(), VIEW))
    text = svg(whole_forecast())
    svg(whole_forecast(hours=400, members=3))
    assert svg(whole_forecast()) == text
    with drawing_style():
        assert png_bytes(forecast_figure(whole_forecast(), VIEW)) == first


def test_letters_show_the_fan_and_where_now_is():
    lines = terminal_chart(whole_forecast(), VIEW, 100, coloured=False).splitlines()
    assert all(len(line) <= 100 for line in lines)
    assert "\x1b" not in "".join(lines)
    drawn = "\n".join(lines[:-1])
    assert {"█", "▒", "░"} <= set(drawn)
    names = [line for line in lines if "Thu 01-15" in line and "Wed 01-21" in line]
    assert len(names) == 1


def test_letters_without_spread_are_a_line():
    told = terminal_chart(whole_forecast(without=EXTRAS), VIEW, 80, coloured=False)
    assert "░" not in told
    assert "its spread is not known" in told


@pytest.mark.parametrize("hours", [26, 17 * 24, 31 * 24])
@pytest.mark.parametrize("width", [20, 60, 300])
def test_any_length_fits_any_terminal(hours: int, width: int):
    lines = terminal_chart(
        whole_forecast(hours, run_hours=24), VIEW, width, coloured=False
    ).splitlines()
    assert max(map(len, lines)) <= 140
    assert sum("01-" in line or "02-" in line for line in lines) == 1


def test_a_level_line_keeps_its_degrees():
    """0 °C stands beside the row in which a forecast of 0 °C is drawn."""
    flat = whole_forecast(without=EXTRAS)
    flat["air_temperature"] = flat["air_temperature"] * 0 + np.linspace(-5, 5, 192)
    lines = terminal_chart(flat, VIEW, 100, coloured=False).splitlines()
    zero = next(line for line in lines if line.strip().startswith("0┤"))
    column = zero.index("█")
    assert column == pytest.approx(50, abs=5)


def test_days_are_named_by_weekday_and_date():
    assert day_name(NOW.date()) == "Wed 01-14"
