"""Where a tank must not be taken for a source: capacity, prices, coal, the start, a shortage."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from plan_inputs_maker import (
    boiler,
    constant,
    faults_of,
    inputs_for,
    main,
    published,
    tank,
    tiny_case,
    tiny_settings,
    wave,
)

from dispatch.case_kinds import Minimise
from dispatch.fuel.reduced_dispatch import burn_ahead
from dispatch.settings import FuelSettings, ShareGroup
from dispatch.shortage import shortage_remarks

SHARE = {"town": ShareGroup(shares={"A": 0.6, "B": 0.4}, band=0.1)}


@pytest.mark.parametrize("share", [{}, SHARE], ids=["merit order", "shares"])
@pytest.mark.parametrize("minimise", list(Minimise))
def test_heat_is_worth_what_sources_make_it_for(share, minimise):
    """The tank burns nothing: taken for a source it would make heat free, and be emptied."""
    settings = tiny_settings(share=share, fuel=FuelSettings(minimise=minimise))
    units = (boiler("a", "A"), boiler("b", "B"))
    mains = (main("A"), main("B"))

    def worth(*more):
        case = tiny_case(*units, *more, mains=mains, settings=settings)
        return inputs_for(case, constant(4.0)).heat_value_yuan_per_mwh

    assert worth(tank(plant_id="A")) == pytest.approx(worth())
    assert worth() > 100


def test_a_settled_tank_rests():
    """First in the file, it would else be taken to give its 8 MW before the start for ever."""
    inputs = inputs_for(tiny_case(tank(), boiler()), constant(4.0))
    assert [unit.heat_before_mw for unit in inputs.sources] == pytest.approx([0.0, 8.0])


def test_mains_are_split_by_what_makes_heat():
    """A and B have 20 MW each: 4 of 8 MW come from each, though A has a tank of 8 MW besides."""
    case = tiny_case(
        boiler("a", "A"), boiler("b", "B"), tank(plant_id="A"), mains=(main("A"), main("B"))
    )
    inputs = inputs_for(case, constant(4.0))
    assert [unit.heat_before_mw for unit in inputs.sources] == pytest.approx([4.0, 4.0, 0.0])


def test_a_tank_burns_no_coal_and_spares_none():
    """8 MW of heat a day are 8 · 1.25 · 24 MWh of coal. Were the tank's 8 MW a source's, the boiler
    would seem to be spared by it day after day.
    """
    days, need = (date(2026, 1, 15), date(2026, 1, 16)), np.full((1, 2), 8.0)
    burn = burn_ahead(tiny_case(boiler(), tank()), days, np.full(2, 24.0), need, need[0])
    assert burn.yards[0].fuel_mwh == pytest.approx(np.full((1, 2), 8.0 * 1.25 * 24.0))
    assert not burn.unserved_mwh.any()


def test_a_shortage_names_the_empty_tank():
    """6 MW for a town that needs 12: the tank's 20 MWh are gone by the afternoon, and it says when.
    Its greatest discharge alone would never show a limit.
    """
    case = tiny_case(boiler(max_output_mw=6), tank())
    schedule = published(inputs_for(case, constant(-6.0)))
    assert faults_of(schedule) == []
    said = {remark.key: remark for remark in shortage_remarks(schedule)}
    assert "daily.tank_empty" in said
    assert said["daily.tank_empty"].values["source"] == "tank"


def test_a_plant_out_is_still_fed_from_its_tank():
    """Both sources of the only plant stand by but one: the tank keeps water moving for hours."""
    case = tiny_case(boiler(max_output_mw=12), tank(energy_mwh=80))
    inputs = inputs_for(case, wave(0.0, 4.0))
    boiler_out = replace(
        inputs.sources[0],
        max_heat_mw=np.where(np.arange(24) < 6, 0.0, inputs.sources[0].max_heat_mw),
        units_available=np.where(np.arange(24) < 6, 0.0, inputs.sources[0].units_available),
    )
    schedule = published(replace(inputs, sources=(boiler_out, inputs.sources[1])))
    assert faults_of(schedule) == []
    assert schedule["source_heat"].values[1, :4].min() > 1.0
    assert schedule["source_heat"].values[0, :6].max() == pytest.approx(0.0, abs=1e-6)
