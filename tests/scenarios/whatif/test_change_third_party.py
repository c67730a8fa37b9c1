"""Changes of stations that others run."""

from dataclasses import replace

import numpy as np
import pytest
from cut_case import base, base_plan, planned_with
from pydantic import ValidationError
from whatif_inputs import base_inputs, inputs_of

from dispatch.case_kinds import Manager
from scenarios.whatif.change import ChangeFault, NotApplicable
from scenarios.whatif.changes.third_party import Takeover, ThirdPartyCompliance, ThirdPartyShut
from scenarios.whatif.selection import StationGroup


def taken(case) -> np.ndarray:
    return np.array([row.compliance if row.valve_open else 0.0 for row in case.stations])


@pytest.mark.parametrize("compliance", [0.8, 1.2])
def test_they_take_that_part_of_what_is_due(compliance):
    """Their curve × compliance: of those at 0.96 before, 0.8 takes 0.8/0.96."""
    changed = ThirdPartyCompliance(compliance=compliance).applied(base())
    before, after = base_inputs().stations, inputs_of(changed).stations
    ours = before.controllable
    ratio = compliance / taken(base().case)[~ours]
    assert after.heat_due_mw[~ours] == pytest.approx(before.heat_due_mw[~ours] * ratio[:, None])
    assert after.heat_max_mw[ours] == pytest.approx(before.heat_max_mw[ours])
    with pytest.raises(ValidationError):
        ThirdPartyCompliance(compliance=1.6)


def test_shut_valves_take_nothing():
    """Half their area: whole stations, within half a station of it."""
    changed = ThirdPartyShut(share=0.5).applied(base())
    rows = changed.case.stations
    shut = np.array([not row.valve_open for row in rows])
    theirs = np.array([row.managed_by is Manager.THIRD_PARTY for row in rows])
    area = np.array([row.heated_area_m2 for row in rows])
    assert not (shut & ~theirs).any()
    assert area[shut].sum() == pytest.approx(0.5 * area[theirs].sum(), abs=0.5 * area[theirs].max())
    due_mw = inputs_of(changed).stations.heat_due_mw
    assert (due_mw[shut] == 0).all()
    assert due_mw[~shut] == pytest.approx(base_inputs().stations.heat_due_mw[~shut])


def test_what_is_taken_over_takes_setpoints():
    """Without it no station of theirs would have a floor to hold, nor heat to decide on."""
    before, after = base_plan().schedule, planned_with(Takeover()).schedule
    assert before["station_controllable"].values.sum() == 24
    assert after["station_controllable"].values.all()
    low_k = (after["station_indoor"] - after["station_floor"]).values
    theirs = ~before["station_controllable"].values.astype(bool)
    timed = np.array([row.timetable_id is not None for row in base().case.stations])
    assert low_k[theirs & ~timed].min() > -0.1  # now the utility's to hold at their floor
    taken_over = Takeover().applied(ThirdPartyShut().applied(base()))
    assert (taken(taken_over.case) == 1).all()  # no shut valve, no thrift of others is left
    assert (inputs_of(taken_over).stations.heat_due_mw == 0).all()


def test_the_rest_stays_and_what_does_not_fit_is_told():
    for change in (ThirdPartyCompliance(), ThirdPartyShut(), Takeover(share=0.5)):
        changed = change.applied(base()).case
        for old, new in zip(base().case.stations, changed.stations, strict=True):
            assert old == new or old.managed_by is Manager.THIRD_PARTY
        with pytest.raises(ChangeFault, match="Leave it out"):
            own = StationGroup(managed_by=Manager.UTILITY)
            type(change)(stations=own).applied(base())
        with pytest.raises(NotApplicable):
            change.applied(Takeover().applied(base()))
    with pytest.raises(ChangeFault, match="own share"):
        Takeover(stations=StationGroup(share=0.5)).applied(replace(base()))
