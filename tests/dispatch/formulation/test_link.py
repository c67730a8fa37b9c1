"""Mains by hand: capacity, loss, and heat that arrives one delay after it was sent."""

import numpy as np
import pytest
from plan_inputs_maker import (
    START,
    boiler,
    constant,
    hours_after,
    inputs_for,
    main,
    serving,
    tiny_case,
    values,
)

from dispatch.case import Outage
from dispatch.case_kinds import OutageKind


def town_at_4(*mains, sources=(), outages=()):
    """8 MW before the start."""
    return inputs_for(tiny_case(*sources, mains=mains, outages=outages), constant(4.0))


def test_capacity_binds():
    """6 of 8 MW pass; without the capacity all would."""
    model = serving(town_at_4(main(capacity_mw=6)), 8.0)
    assert values(model.link[0].sent) == pytest.approx(np.full(24, 6.0))
    assert values(model.balance.unsent) == pytest.approx(np.full(24, 2.0))


def test_a_second_main_takes_the_rest():
    """The better boiler's main passes 5 MW, so the poorer one brings 3."""
    sources = boiler("good", "P", efficiency=0.9), boiler("poor", "R", efficiency=0.7)
    mains = main("P", capacity_mw=5), main("R")
    model = serving(town_at_4(*mains, sources=sources), 8.0)
    assert values(model.link[0].sent) == pytest.approx(np.full(24, 5.0))
    assert values(model.link[1].sent) == pytest.approx(np.full(24, 3.0))


def test_outage_of_a_main_leaves_part_of_its_capacity():
    out = Outage.model_validate(
        {
            "kind": OutageKind.LINK,
            "id": "P>town",
            "from": hours_after(START, 3),
            "to": hours_after(START, 5),
            "available_fraction": 0.25,
        }
    )
    sent = values(serving(town_at_4(main(capacity_mw=20), outages=(out,)), 8.0).link[0].sent)
    assert sent[1:7] == pytest.approx([8, 8, 5, 5, 8, 8])


def test_loss_is_sent_on_top():
    """1 MW of loss at design. At (18 − 4)/28 = 0.5 load the water is at
    18 + 59.5·0.5^(1/1.3) = 52.9 °C: (52.9 − 8)/(77.5 − 8) = 0.646 MW, so 8.646 MW are sent.
    """
    model = serving(town_at_4(main(loss_mw=1)), 8.0)
    assert values(model.link[0].sent) == pytest.approx(np.full(24, 8.646), abs=2e-3)
    assert values(model.link[0].delivered) == pytest.approx(np.full(24, 8.0))


PULSE = [4.0] * 8 + [10.0] + [4.0] * 15


@pytest.mark.parametrize(
    ("delay_h", "sent_before_8h"),
    [
        (0.0, {8: 10.0}),
        (2.0, {6: 10.0}),
        (1.5, {6: 7.0, 7: 7.0}),  # the hour's heat is sent from 6:30 to 7:30
        (0.25, {7: 5.5, 8: 8.5}),  # from 7:45 to 8:45
        (2.75, {5: 8.5, 6: 5.5}),
    ],
)
def test_a_pulse_is_sent_one_delay_ahead(delay_h, sent_before_8h):
    """4 MW and, in hour 8, 10 MW are wanted. Sent too late, hour 8 would lack 6 MWh."""
    inputs = inputs_for(tiny_case(mains=[main(delay_h=delay_h)]), constant(12.0))
    model = serving(inputs, PULSE)
    expected = np.full(24, 4.0)
    for hour, mw in sent_before_8h.items():
        expected[hour] = mw
    assert values(model.link[0].sent) == pytest.approx(expected)
    assert values(model.balance.unsent).max() == pytest.approx(0.0, abs=1e-9)
    assert values(model.balance.surplus).max() == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("delay_h", [1.0, 1.5, 2.75])
def test_heat_in_the_pipe_at_the_start_arrives_whatever_is_done(delay_h):
    """8 MW are on their way and nobody wants them: 8·delay MWh of surplus, then nothing."""
    model = serving(town_at_4(main(delay_h=delay_h)), 0.0)
    assert values(model.balance.surplus).sum() == pytest.approx(8 * delay_h)
    assert values(model.link[0].arrival)[0] == pytest.approx(8.0)
    assert values(model.link[0].sent) == pytest.approx(np.zeros(24), abs=1e-9)


def test_nothing_but_the_pipe_content_arrives_before_the_delay():
    """8 MW on their way, 12 wanted, 2.5 h of main: 4 MW lack for two hours, 2 in the third (the
    second half of it can be had). Without the delay nothing would lack.
    """
    model = serving(town_at_4(main(delay_h=2.5)), 12.0)
    assert values(model.balance.unsent)[:4] == pytest.approx([4, 4, 0, 0])
    assert values(model.link[0].arrival)[:4] == pytest.approx([8, 8, 12, 12])
    assert values(model.link[0].sent)[0] == pytest.approx(14.0)  # 8 MWh·½ h short, made up


def test_the_pipe_is_left_full():
    """At the end the last arrival goes on: what was sent in the last 2 h is for after it."""
    model = serving(town_at_4(main(delay_h=2.0)), 8.0)
    assert values(model.link[0].sent)[-3:] == pytest.approx([8, 8, 8])


def test_new_heat_of_the_first_open_minutes_is_held_to_the_capacity():
    """54 minutes of main, 8 MW on their way, 12 MW of capacity: in the first hour 7.2 MWh of old
    and, in its last 6 minutes, 1.2 of new heat can arrive, though 10 are wanted.
    """
    model = serving(town_at_4(main(delay_h=0.9, capacity_mw=12)), [10.0, 4.0] + [8.0] * 22)
    assert values(model.link[0].arrival)[0] <= 8.4 + 1e-6


@pytest.mark.parametrize(("plant_mw", "lost_mw"), [(20, 0.646), (3, 0.323)])
def test_a_main_that_carries_heat_loses_it(plant_mw, lost_mw):
    """8 MW wanted of a main of 6: it loses all of the 0.646 MW of a warm main. Of the 3 MW of a
    weak plant, half of that. Without the rule heat that is short could be had by calling the
    main cold at 200 yuan/MWh, and nothing were lost.
    """
    town = town_at_4(main(capacity_mw=6, loss_mw=1), sources=[boiler(max_output_mw=plant_mw)])
    model = serving(town, 8.0)
    sent = min(6, plant_mw)
    assert values(model.link[0].sent)[1:] == pytest.approx(np.full(23, sent))
    assert values(model.link[0].delivered)[1:] == pytest.approx(
        np.full(23, sent - lost_mw), abs=2e-3
    )


def test_a_main_without_heat_goes_cold():
    """Its plant is out from hour 3 to 6: nothing arrives, nothing is lost, there is a plan."""
    out = Outage.model_validate(
        {
            "kind": OutageKind.SOURCE,
            "id": "boiler",
            "from": hours_after(START, 3),
            "to": hours_after(START, 6),
        }
    )
    model = serving(town_at_4(main(capacity_mw=12, loss_mw=1), outages=[out]), 8.0)
    assert values(model.link[0].delivered)[1:8] == pytest.approx([8, 8, 0, 0, 0, 8, 8], abs=1e-6)
    assert values(model.link[0].below_loss)[1:8] == pytest.approx(
        [0, 0, 0.646, 0.646, 0.646, 0, 0], abs=2e-3
    )
