"""Half of a source out, whatever its kind: it gives half. Heat for more is never there."""

import numpy as np
import pytest
from plan_inputs_maker import (
    EXTRACTION_UNIT,
    START,
    boiler,
    chp,
    constant,
    hours_after,
    inputs_for,
    purchase,
    serving,
    tank,
    tiny_case,
    values,
    vertices,
)

from dispatch.case import Outage, ScheduleRow
from dispatch.case_kinds import OutageKind, SourceKind

BACK_PRESSURE = vertices([(44, 19.8, 74.186), (110, 49.5, 185.465)])
SCHEDULE = (ScheduleRow(time=hours_after(START, -1), source_id="chp", power_mw=230),)
BAND = {"power_mode": "band", "min_output_mw": 44, "max_output_mw": 110}
KINDS = {
    "coal boiler": (boiler(), {}, 20.0),
    "gas boiler": (boiler(kind=SourceKind.GAS_BOILER, yard_id=None), {}, 20.0),
    "four boilers": (boiler(unit_count=4, max_output_mw=5), {}, 20.0),
    # At 230 MW of power the unit of handbook §8 gives up to 400 MW of heat.
    "extraction": (chp(), {"curves": vertices(EXTRACTION_UNIT), "schedules": SCHEDULE}, 400.0),
    "back-pressure": (chp(SourceKind.CHP_BACKPRESSURE, **BAND), {"curves": BACK_PRESSURE}, 110.0),
    "bought": (purchase(), {}, 20.0),
    "tank": (tank(energy_mwh=4000), {}, 8.0),
}


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("available", [0.5, 0.0])
def test_what_is_out_gives_no_heat(name, available):
    """Out from hour 4 to 8, and more is wanted than there is: full, a part, full again. Of the CHP
    the grid's schedule falls with it, in power too.
    """
    source, tables, most_mw = KINDS[name]
    window = {"from": hours_after(START, 4), "to": hours_after(START, 8)}
    row = {"kind": OutageKind.SOURCE, "id": source.source_id, "available_fraction": available}
    units = (source,) if source.kind.makes_heat else (boiler(max_output_mw=1), source)
    case = tiny_case(*units, outages=(Outage.model_validate(row | window),), **tables)
    inputs = inputs_for(case, constant(-30.0))
    model = serving(inputs, 900.0)
    sent = values(model.source[len(units) - 1].heat_to_network)
    expected = np.full(24, most_mw)
    expected[4:8] *= available
    assert sent[4:12] == pytest.approx(expected[4:12], abs=1e-6)
    assert (sent <= expected + 1e-6).all()
    if name == "extraction":
        power = values(model.source[0].power)
        assert power[3:9] == pytest.approx([230.0, *[230.0 * available] * 4, 230.0], abs=1e-6)
