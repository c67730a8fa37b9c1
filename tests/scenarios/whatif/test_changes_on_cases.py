"""Every change of stations, coal, prices and growth on whole bundled cases: sound, or told why."""

from dataclasses import replace
from functools import cache
from importlib import resources
from pathlib import Path

import pytest
from cut_case import base

from dispatch.case_files import read_case
from dispatch.case_recheck import recheck
from dispatch.situation import Situation
from scenarios.whatif.change import Change, NotApplicable
from scenarios.whatif.changes import (
    coal,
    comfort,
    growth,
    money,
    plant,
    season,
    shares,
    third_party,
    yards,
)
from scenarios.whatif.kinds import KINDS

FAMILIES = (coal, comfort, growth, money, plant, season, shares, third_party, yards)
NEEDED = {  # keys without a usual value, of which one must be given
    "comfort_limits": {"legal_min_c": 17},
    "secondary_limit": {"change_k": -3},
    "yard_stock": {"factor": 0.4},
    "fuel_price": {"factor": 1.2},
    "power_price": {"factor": 0.9},
    "heat_price": {"factor": 1.1},
    "share": {"ratio": "6:4", "band": 0.1},
    "area_growth": {"added_mm2": 3},
}
LACKING = {
    "zaozhuang": {"heat_price"},
    "shenyang": {"power_price", "share_free"},
}
ALL_KINDS = [
    change.model_fields["kind"].default for family in FAMILIES for change in family.CHANGES
]


@cache
def situation(name: str) -> Situation:
    folder = Path(str(resources.files("scenarios") / "cases" / name))
    return replace(base(), case=read_case(folder).case)


@pytest.mark.parametrize("name", LACKING)
@pytest.mark.parametrize("kind", ALL_KINDS)
def test_a_change_leaves_a_whole_case_sound_or_says_what_it_lacks(kind, name):
    change = KINDS[kind].model_validate({"kind": kind} | NEEDED.get(kind, {}))
    assert isinstance(change, Change)
    if kind in LACKING[name]:
        with pytest.raises(NotApplicable):
            change.applied(situation(name))
        return
    changed = change.applied(situation(name))
    assert recheck(changed.case) == ()
    assert changed.case != situation(name).case or kind == "share"
    assert changed.weather is situation(name).weather
    assert changed.further is situation(name).further
