"""Reports to look at: a plan whose names would break out of a page that trusts them."""

import json
import re
from dataclasses import replace
from typing import Any

import numpy as np
from example_plan import example_plan

from dispatch.plan import Plan

HOSTILE = '</script><img src=x onerror="document.title=1">&"\u2028'


def hostile_plan() -> Plan:
    """The example with such a name, a Chinese one, and places."""
    plan = example_plan()
    schedule = plan.schedule.assign(
        station_name=("station", np.array([HOSTILE, "龙泉家园", "third"], dtype=object)),
        station_latitude=("station", [34.8, 34.9, np.nan]),
        station_longitude=("station", [117.5, 117.6, np.nan]),
    )
    return replace(plan, schedule=schedule.assign_attrs(case_name_zh="示例", case_name_en=HOSTILE))


def data_of(content: str) -> dict[str, Any]:
    """What the page's script draws and lists."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', content, re.S)
    assert found is not None
    told: dict[str, Any] = json.loads(found[1])
    return told
