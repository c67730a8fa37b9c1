"""From optimum to schedule: what the primary side cannot carry is capped, and settled anew."""

from types import SimpleNamespace

import numpy as np
import pytest
from plan_inputs_maker import constant, faults_of, inputs_for, station, tiny_case

from dispatch import day_plan
from dispatch.day_plan import DELIVERY_ROUNDS, plan_day

BLOCKS = 3


class Stages:
    """The stages of a day's plan, played from a script: what falls short in each round, kW.

    Stations take 1000 kW in every block, cut to the cap; the primary side carries all but what
    the script says. `caps` are those each settling was given.
    """

    def __init__(self, monkeypatch, controllable, *short_kw):
        self.inputs = SimpleNamespace(stations=SimpleNamespace(controllable=np.array(controllable)))
        self.shape = (len(controllable), BLOCKS)
        self.script = [np.broadcast_to(np.asarray(kw, dtype=float), self.shape) for kw in short_kw]
        self.caps, self.wanted, self.built, self.optima = [], [], 0, 0
        for name in ("optimum", "settle", "build_schedule"):
            monkeypatch.setattr(day_plan, name, getattr(self, name))

    def optimum(self, inputs):
        assert inputs is self.inputs
        self.optima += 1
        return SimpleNamespace(number=self.optima, hurried=False)

    def settle(self, inputs, wanted, cap_kw=None):
        assert inputs is self.inputs
        self.wanted.append(wanted)
        self.caps.append(None if cap_kw is None else cap_kw.copy())
        heat_kw = np.full(self.shape, 1000.0)
        return SimpleNamespace(heat_kw=heat_kw if cap_kw is None else np.minimum(heat_kw, cap_kw))

    def build_schedule(self, _inputs, settled, _last, _plan_id):
        short_kw = self.script[min(self.built, len(self.script) - 1)]
        self.built += 1
        drawn = SimpleNamespace(shortfall_kw=short_kw, heat_kw=settled.heat_kw - short_kw)
        return f"schedule {self.built}", SimpleNamespace(station=drawn)

    def play(self):
        return plan_day(self.inputs, None, "test")


def only(row, block, kw, stations=1):
    values = np.zeros((stations, BLOCKS))
    values[row, block] = kw
    return values


def test_a_plan_that_can_be_carried_is_settled_once(monkeypatch):
    stages = Stages(monkeypatch, [True, False], 0.0)
    found = stages.play()
    assert stages.caps == [None]
    assert found.schedule == "schedule 1"


def test_a_commanded_station_is_capped_at_what_it_can_draw(monkeypatch):
    """100 of 1000 kW stay out of reach in the second block: 900 there, and no cap elsewhere."""
    stages = Stages(monkeypatch, [True], only(0, 1, 100.0), 0.0)
    found = stages.play()
    assert len(stages.caps) == 2
    assert stages.caps[1].tolist() == [[np.inf, 900.0, np.inf]]
    assert found.schedule == "schedule 2"
    assert found.settled.heat_kw.tolist() == [[1000, 900, 1000]]
    assert not found.primary.station.shortfall_kw.any()


def test_the_optimum_is_solved_for_once(monkeypatch):
    """Each round starts from the same optimum; solving it again would triple the time."""
    stages = Stages(monkeypatch, [True], only(0, 1, 100.0), 0.0)
    stages.play()
    assert [wanted.number for wanted in stages.wanted] == [1, 1]


def test_stations_of_others_are_not_capped(monkeypatch):
    """They take what they get: the shortfall is said, and asks for no other plan."""
    stages = Stages(monkeypatch, [True, False], only(1, 1, 300.0, stations=2))
    found = stages.play()
    assert stages.caps == [None]
    assert found.primary.station.shortfall_kw.max() == 300


@pytest.mark.parametrize(("short_kw", "rounds"), [(0.4, 1), (0.6, 2)])
def test_a_shortfall_below_half_a_thousandth_is_let_pass(monkeypatch, short_kw, rounds):
    """Of 1000 kW 0.5 kW: half of what the audit lets pass."""
    stages = Stages(monkeypatch, [True], only(0, 0, short_kw), 0.0)
    stages.play()
    assert len(stages.caps) == rounds


def test_caps_of_earlier_rounds_stay(monkeypatch):
    """First the second block falls short, then, with heat moved, the third: both stay capped."""
    stages = Stages(monkeypatch, [True], only(0, 1, 100.0), only(0, 2, 50.0), 0.0)
    stages.play()
    assert stages.caps[2].tolist() == [[np.inf, 900.0, 950.0]]


def test_a_cap_only_tightens(monkeypatch):
    """The same block twice: 900, then 50 less."""
    stages = Stages(monkeypatch, [True], only(0, 1, 100.0), only(0, 1, 50.0), 0.0)
    stages.play()
    assert stages.caps[2].tolist() == [[np.inf, 850.0, np.inf]]


def test_in_the_last_rounds_the_wish_does_not_move_on(monkeypatch):
    """Each round another block falls short by 100: from the third on, all blocks are held to what
    the station draws now, so the fourth round has nowhere to move it.
    """
    stages = Stages(
        monkeypatch, [True, True], *(only(0, block, 100.0, stations=2) for block in (0, 1, 2)), 0.0
    )
    stages.play()
    assert stages.caps[2].tolist() == [[900, 900, np.inf], [np.inf] * 3]
    assert stages.caps[3].tolist() == [[900, 900, 900], [np.inf] * 3]
    stages = Stages(monkeypatch, [True], *[only(0, 0, 100.0)] * 3, 0.0)
    stages.play()
    assert stages.caps[2].tolist() == [[800, np.inf, np.inf]]
    assert stages.caps[3].tolist() == [[700, 1000, 1000]]


def test_rounds_come_to_an_end(monkeypatch):
    """What still falls short after the last round is published, and judged."""
    stages = Stages(monkeypatch, [True], only(0, 1, 100.0))
    found = stages.play()
    assert len(stages.caps) == 1 + DELIVERY_ROUNDS
    assert found.schedule == f"schedule {1 + DELIVERY_ROUNDS}"


def test_what_is_published_can_be_drawn():
    """80 t/h cannot carry 8 MW: at 115 °C in and at least 40 °C out they carry 7 MW at most.
    Without the cap the plan would promise warm rooms and 8 MW; with it rooms cool, and the plan
    says so. The audit finds no fault in it.
    """
    case = tiny_case(stations=(station(primary_flow_max_tph=80),))
    found = plan_day(inputs_for(case, constant(4.0)), None, "test")
    heat_kw = found.schedule["station_heat"].values
    assert heat_kw.max() < 80 / 3.6 * 4.187 * (115 - 40)
    assert found.primary.station.shortfall_kw.max() <= 1e-3 * heat_kw.max()
    assert found.schedule["station_primary_flow"].values.max() <= 80 * 1.001
    assert float(found.schedule["station_indoor"][0, -1]) < 19.9
    assert faults_of(found.schedule) == []


def test_a_station_that_can_draw_its_heat_gets_it():
    """The same station with a wide valve takes its 8 MW, and 4 MWh that lift its rooms by the
    0.08 K that rounding may cost: 8.2 MW on average, but for setpoints in steps of 0.5 K.
    """
    found = plan_day(inputs_for(tiny_case(), constant(4.0)), None, "test")
    assert found.settled.heat_kw.mean() == pytest.approx(8_200, rel=0.02)
    assert float(found.schedule["station_indoor"][0, -1]) >= 19.9
    assert faults_of(found.schedule) == []
