"""A main that leaks and stays in use: the heat of the lost water goes missing on the way."""

import numpy as np
import pytest
from plan_inputs_maker import START, constant, hours_after, inputs_for, main, tiny_case
from pydantic import ValidationError

from dispatch.case import Outage
from dispatch.case_kinds import OutageKind
from dispatch.outages import added_loss_mw


def leak(from_h, to_h, lost_mw, kind=OutageKind.LINK, name="P>town", fraction=1.0):
    values = {"kind": kind, "id": name, "available_fraction": fraction, "added_loss_mw": lost_mw}
    window = {"from": hours_after(START, from_h), "to": hours_after(START, to_h)}
    return Outage.model_validate(values | window)


def lost(*leaks, edges_h):
    return added_loss_mw(tiny_case(outages=leaks), "P>town", START, np.array(edges_h)).tolist()


def test_a_leak_loses_for_as_long_as_it_runs():
    """2 MW from 1:00 to 2:30: an hour of it, then half of one; a long step has its mean."""
    assert lost(leak(1, 2.5, 2.0), edges_h=[0, 1, 2, 3, 4]) == [0, 2, 1, 0]
    assert lost(leak(1, 2.5, 2.0), edges_h=[0, 4]) == [0.75]


def test_two_leaks_add_up_and_those_of_other_mains_do_not():
    both = leak(0, 2, 2.0), leak(1, 2, 0.5), leak(0, 2, 4.0, name="P>village")
    assert lost(*both, edges_h=[0, 1, 2]) == [2, 2.5]


def test_a_main_that_leaks_loses_more_and_is_all_there():
    """Without its own term the plan would send as much as ever, and rooms would go short of it."""
    mains = [main(capacity_mw=20)]
    sound = inputs_for(tiny_case(mains=mains), constant(4.0)).links[0]
    leaks = inputs_for(tiny_case(mains=mains, outages=(leak(3, 5, 2.0),)), constant(4.0)).links[0]
    assert (leaks.loss_mw - sound.loss_mw)[2:6].tolist() == pytest.approx([0, 2, 2, 0])
    assert leaks.capacity_mw.tolist() == sound.capacity_mw.tolist()


def test_a_main_that_is_shut_leaks_no_more():
    shut = leak(3, 5, 2.0), leak(4, 5, 0.0, fraction=0.0)
    inputs = inputs_for(tiny_case(mains=[main(capacity_mw=20)], outages=shut), constant(4.0))
    assert inputs.links[0].loss_mw[3] >= 2.0
    assert inputs.links[0].loss_mw[4] == 0.0


def test_only_mains_leak():
    with pytest.raises(ValidationError, match="of mains alone"):
        leak(0, 1, 2.0, kind=OutageKind.SOURCE, name="boiler")
