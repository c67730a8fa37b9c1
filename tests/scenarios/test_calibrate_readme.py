"""The worked example of telemetry in the README is understood as it says."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from forecasts.telemetry.folder import read_telemetry

ROOT = Path(__file__).parents[2]
DCS = """\
time,DCS1_QQI,DCS1_TE3,DCS1_TE4,HZ_ZZ-N-002.low_TE3,TW,ZZ-N-003_二网供温(℃)
2026-01-14 08:15,1000.00,46.1,41.0,44.0,-3.1,43.2
2026-01-14 08:30,1000.25,46.3,41.1,44.2,-3.0,43.3
"""
ROOMS = """\
time,id,point,sensor,value
2026-01-14T00:20:00Z,ZZ-N-001.low,room_t,flat 7,20.4
"""


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_the_example_of_the_readme_is_read(readme: str, tmp_path: Path):
    """08:15 local is the end of the quarter that began at 08:00, 00:00 UTC; 0.25 MWh are 0.9 GJ."""
    text = (ROOT / readme).read_text(encoding="utf-8")
    settings = re.search(r"^```toml\n(# telemetry/telemetry.toml\n.*?)^```", text, re.M | re.S)
    tags = re.search(r"^```csv\n(tag,.*?)^```", text, re.M | re.S)
    assert settings is not None
    assert tags is not None
    (tmp_path / "telemetry.toml").write_text(settings.group(1), encoding="utf-8")
    (tmp_path / "tags.csv").write_text(tags.group(1), encoding="utf-8")
    (tmp_path / "2026-01.csv").write_text(DCS, encoding="utf-8")
    (tmp_path / "rooms.csv").write_text(ROOMS, encoding="utf-8")
    known = {"ZZ-N-001.low", "ZZ-N-002.low", "ZZ-N-003"}
    reading = read_telemetry(tmp_path, "Asia/Shanghai", known_ids=known)
    assert reading.notes == ()
    found = {(row.id, row.point): row for row in reading.readings.iloc[::-1].itertuples()}
    assert set(found) == {
        ("ZZ-N-001.low", "heat_total"),
        ("ZZ-N-001.low", "sec_sup_t"),
        ("ZZ-N-001.low", "sec_ret_t"),
        ("ZZ-N-001.low", "room_t"),
        ("ZZ-N-002.low", "sec_sup_t"),
        ("ZZ-N-003", "sec_sup_t"),
        ("network", "out_t"),
    }
    heat = reading.readings[reading.readings["point"] == "heat_total"]["value"].tolist()
    assert heat[1] - heat[0] == pytest.approx(0.9)
    first = found["network", "out_t"].time
    # the quarter from 00:00 UTC on; a mean stands for all of it, at its start or its middle
    start = datetime(2026, 1, 14, tzinfo=UTC)
    assert 0 <= (first.to_pydatetime() - start).total_seconds() < 900
