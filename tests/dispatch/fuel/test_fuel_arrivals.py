"""When coal reaches the gate: on its day, or later by a drawn delay that stays whatever else."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from coal_yard_maker import FIRST_DAY, SEED, burn_of, coal_yard, days_from, piled
from plan_inputs_maker import tiny_case

from dispatch.case import Delivery, Outage
from dispatch.case_kinds import OutageKind
from dispatch.fuel.arrivals import Consignment, arrivals, delay_days, deliveries_ahead
from dispatch.outages import mean_available

NOW = datetime(2026, 1, 15, 2, tzinfo=UTC)  # 10 o'clock in Zaozhuang
PATHS = 4_000


def delivery(hours: float, **changes: object) -> Delivery:
    """A train `hours` after now."""
    values: dict[str, object] = {
        "yard_id": "pile",
        "arrival_time": NOW + timedelta(hours=hours),
        "tonnes": 3_000,
        "net_calorific_kcal_per_kg": 5_000,
    }
    return Delivery.model_validate(values | changes)


def cut(from_h: float, to_h: float, fraction: float = 0.0) -> Outage:
    """The road to the yard, closed for some hours from now."""
    window = {"from": NOW + timedelta(hours=from_h), "to": NOW + timedelta(hours=to_h)}
    return Outage.model_validate(
        {"kind": OutageKind.YARD, "id": "pile", "available_fraction": fraction, **window}
    )


def train(day: int, confidence: float = 1.0, tonnes: float = 3_000) -> Consignment:
    """A train that is to come on the n-th day."""
    return Consignment(FIRST_DAY + timedelta(days=day), tonnes, 5.0, confidence, f"train {day}")


def test_only_what_is_still_to_come_is_ahead():
    """Of today only the train after ten o'clock; local days; nothing of another yard, and nothing
    that nobody has promised.
    """
    rows = (
        *(delivery(-1), delivery(2), delivery(14, tonnes=500)),  # the last at local midnight
        *(delivery(3, yard_id="other"), delivery(4, confidence=0)),
    )
    ahead = deliveries_ahead(tiny_case(deliveries=rows), "pile", NOW)
    assert [(one.arrives, one.tonnes) for one in ahead] == [
        (FIRST_DAY, 3_000),
        (FIRST_DAY + timedelta(days=1), 500),
    ]
    assert ahead[0].mwh_per_t == pytest.approx(5.815)


def test_a_train_before_a_closed_gate_is_still_ahead():
    """Came yesterday, the road is shut until tomorrow: it stands there today, for sure."""
    rows = (delivery(-20, confidence=0.5), delivery(-60))
    ahead = deliveries_ahead(tiny_case(deliveries=rows, outages=(cut(-30, 20),)), "pile", NOW)
    assert [(one.arrives, one.confidence) for one in ahead] == [(FIRST_DAY, 1.0)]
    opened = tiny_case(deliveries=rows, outages=(cut(-30, -1),))
    assert deliveries_ahead(opened, "pile", NOW) == ()


def test_sure_trains_come_on_their_day_with_their_energy():
    """3 000 t and 500 t of 5 MWh/t on the third day; the one after the last day is not seen."""
    coming = arrivals(
        coal_yard(), [train(2), train(2, tonnes=500), train(9)], days_from(5), 3, SEED
    )
    assert coming.tonnes.tolist() == [[0, 0, 3_500, 0, 0]] * 3
    assert coming.energy_mwh[:, 2].tolist() == [17_500] * 3


def test_a_train_three_days_late():
    """Of 300 t at 100 t a day nothing is left after three days: a train on the fourth morning
    keeps rooms warm, three days later 300 t are missing.
    """
    burn = burn_of(100, days=10)
    missing_t = []
    for day in (3, 6):
        coming = arrivals(coal_yard(), [train(day)], days_from(10), 1, SEED)
        missing_t.append(piled(coal_yard(), burn, coming, stock_t=300).short_t.sum())
    assert missing_t == pytest.approx([0, 300])


def test_delays_are_as_frequent_and_as_long_as_written():
    """At 80 % one in five is late, by 3 days in the mean and by one at least: geometric, so one in
    three late trains comes the next day.
    """
    days = delay_days(coal_yard(late_days=3), train(0, 0.8), PATHS, SEED)
    late = days[days > 0]
    assert np.mean(days > 0) == pytest.approx(0.2, abs=0.02)
    assert late.mean() == pytest.approx(3.0, abs=0.3)
    assert np.mean(late == 1) == pytest.approx(1 / 3, abs=0.05)
    assert np.median(late) == 2


@pytest.mark.parametrize(("late_days", "longest"), [(0, 0), (0.5, 1), (1, 1)])
def test_short_delays_are_of_one_day_and_none_of_none(late_days, longest):
    assert delay_days(coal_yard(late_days=late_days), train(0, 0.5), 500, SEED).max() == longest


def test_snow_holds_all_trains_of_a_week():
    """Two trains of a week are late together on 9 % of paths (bivariate normal, correlation ½),
    of two weeks on 4 %: independent trains would average bad luck away.
    """
    yard = coal_yard()
    monday, friday, later = (delay_days(yard, train(d, 0.8), PATHS, SEED) > 0 for d in (4, 8, 15))
    assert np.mean(monday & friday) == pytest.approx(0.09, abs=0.015)
    assert np.mean(monday & later) == pytest.approx(0.04, abs=0.012)


def test_draws_stay_whatever_else_changes():
    """Another train, another size, more paths: the first train's delays are the same."""
    yard, dates = coal_yard(), days_from(40)
    alone = arrivals(yard, [train(3, 0.5)], dates, 200, SEED).tonnes
    added = arrivals(yard, [train(4, 0.5), train(3, 0.5)], dates, 200, SEED).tonnes
    other = arrivals(yard, [train(4, 0.5)], dates, 200, SEED).tonnes
    assert (added - other == alone).all()
    bigger = arrivals(yard, [train(3, 0.5, tonnes=6_000)], dates, 300, SEED).tonnes
    assert (bigger[:200] == 2 * alone).all()
    surer = delay_days(yard, train(3, 0.7), 200, SEED)
    assert (surer <= delay_days(yard, train(3, 0.5), 200, SEED)).all()
    assert (arrivals(yard, [train(3, 0.5)], dates, 200, SEED + 1).tonnes != alone).any()


def test_two_trains_of_one_moment_have_draws_of_their_own():
    rows = (delivery(48, confidence=0.5), delivery(48, confidence=0.5))
    first, second = deliveries_ahead(tiny_case(deliveries=rows), "pile", NOW)
    delays = [delay_days(coal_yard(), one, 200, SEED) for one in (first, second)]
    assert (delays[0] != delays[1]).any()


def test_unloading_is_lost_for_as_long_as_the_road_is_closed():
    """Days of 14 h and then 24 h: closed from hour 7 to 20 half the first day and a quarter of the
    second are lost; where two windows meet, the least counts, and half open is half.
    """
    edges_h = np.array([0.0, 14.0, 38.0, 62.0, 86.0])
    case = tiny_case(outages=(cut(7, 20), cut(10, 20, 0.5), cut(50, 74, 0.5)))
    part = mean_available(case, OutageKind.YARD, "pile", NOW, edges_h)
    assert part.tolist() == pytest.approx([0.5, 0.75, 0.75, 0.75])
