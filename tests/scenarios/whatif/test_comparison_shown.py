"""A comparison as people and programs get it: screen, files, page, sweep."""

import io
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from cut_case import base
from outcome_maker import base_outcome, changed, unchanged
from rich.console import Console

from scenarios.scenario_files import comparison_files
from scenarios.scenario_screen import comparison_screen
from scenarios.screen import plain_lines, print_rich
from scenarios.sweep_chart import sweep_files, sweep_screen, sweep_terminal_chart
from scenarios.whatif.comparison import compare
from scenarios.whatif.figure import Figure
from scenarios.whatif.outcome import Unplanned
from scenarios.whatif.sweep import sweep_of, turns

NO_PLAN = Unplanned("far", "What if <far>", ("The case cannot be so.",))


SITUATIONS = dict.fromkeys(("base", "cold", "same"), base())


def colder(by_k: float):
    def cool(schedule):
        schedule["station_indoor"].values[:, 4:] -= by_k
        schedule["source_heat"].values[0, 4:] -= 1.0

    return cool


def one_of_each():
    return compare(
        base_outcome(), [changed(colder(3.0), "cold"), changed(unchanged, "same"), NO_PLAN]
    )


def test_the_screen_answers_first_and_fits_eighty_columns():
    stream = io.StringIO()
    comparison = compare(base_outcome(), [changed(colder(3.0), "cold")])
    print_rich(Console(file=stream, width=80), comparison_screen(comparison, ["out/report.html"]))
    lines = stream.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    text = "\n".join(plain_lines(comparison_screen(comparison)))
    order = [text.index(word) for word in ("Our stations", "What to do", "Key figures")]
    assert order == sorted(order)


def test_a_variant_without_a_plan_is_told_with_its_reason():
    text = "\n".join(plain_lines(comparison_screen(one_of_each())))
    assert "The case cannot be so." in text
    assert "Nothing changes." in text


def test_files_hold_the_figures_and_are_the_same_each_time():
    comparison = one_of_each()
    files = comparison_files(comparison, SITUATIONS)
    assert files == comparison_files(comparison, SITUATIONS)
    table = pd.read_csv(io.BytesIO(files["comparison.csv"])).set_index(["variant", "figure"])
    before, after = base_outcome(), changed(colder(3.0), "cold")
    row = table.loc[("cold", "below_law_homes")]
    assert row["difference"] == row["value"] - row["base"] > 0
    cold = pd.read_csv(io.BytesIO(files["stations.csv"]))
    assert set(cold["variant"]) == {"cold"}
    document = json.loads(files["comparison.json"])
    assert (document["schema"], document["version"]) == ("heat-dispatch/comparison", 1)
    assert [one["planned"] for one in document["variants"]] == [True, True, False]
    with xr.open_dataset(io.BytesIO(files["comparison.nc"])) as schedules:
        assert schedules["variant"].values.tolist() == ["base", "cold", "same"]
        for name, plan in (("base", before), ("cold", after)):
            rooms = schedules["station_indoor"].sel(variant=name).values
            assert rooms == pytest.approx(plan.schedule["station_indoor"].values, abs=1e-4)
    page = files["report.html"].decode()
    assert page.count("<svg") == 1  # the variant that changes nothing has no picture
    assert "What if &lt;far&gt;" in page
    assert "http" not in page.replace("http://www.w3.org", "")  # it needs no network


def sweep(values, cools):
    results = [
        replace(changed(colder(by_k), f"x={value}"), values={"x": value})
        for value, by_k in zip(values, cools, strict=True)
    ]
    return sweep_of([base_outcome(), *results], "x")


def test_a_sweep_is_put_in_order_and_tells_where_homes_turn_cold():
    """Rooms 3 K colder break the law, 0.1 K colder do not: the turn lies between 2 and 4."""
    curve = sweep([4.0, -1.0, 2.0], [3.0, 0.0, 0.1])
    assert curve.at == (-1.0, 2.0, 4.0)
    (turn,) = turns(curve)
    assert (turn.before, turn.after, turn.begins) == (2.0, 4.0, True)
    text = "\n".join(plain_lines(sweep_screen(curve)))
    assert "From x = 2 to 4 homes begin to fall below the law." in text


def test_a_sweep_shows_a_gap_where_there_is_no_plan_and_words_as_they_came():
    failed = replace(NO_PLAN, values={"x": "7:3"})
    curve = sweep_of([replace(base_outcome(), values={"x": "5:5"}), failed], "x")
    assert curve.at == (0.0, 1.0)
    assert np.isnan(curve.series(Figure.HEAT)[1])
    letters = sweep_terminal_chart(curve, 80, coloured=False)
    assert "7:3" in letters
    assert max(map(len, letters.splitlines())) <= 80
    files = sweep_files(curve)
    assert files == sweep_files(curve)
    assert files["sweep.png"].startswith(b"\x89PNG")
    assert json.loads(files["sweep.json"])["points"][1]["why"] == ["The case cannot be so."]


def test_a_sweep_without_any_plan_still_has_its_files():
    curve = sweep_of([replace(NO_PLAN, values={"x": 1.0})], "x")
    assert sweep_terminal_chart(curve, 80, coloured=False) == ""
    assert set(sweep_files(curve)) == {"sweep.csv", "sweep.json", "sweep.png", "sweep.html"}
