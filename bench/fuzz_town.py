"""The tiny town that is spoiled, and for some trials the files that a case may have besides."""

import math
import sys
from datetime import datetime, timedelta
from pathlib import Path

TESTS = Path(__file__).parents[1] / "tests"
NOW = datetime.fromisoformat("2026-01-15T05:30:00+08:00")
CLIMATE = 'kind = "climate"'
OWN_WEATHER = 'kind = "csv"\npath = "weather.csv"\n\n[outdoor_sensor]\npath = "sensor.csv"\n'
MORE_TABLES = {
    "measured_daily.csv": (
        "date,id,heat_gj,indoor_median_c\n"
        "2026-01-14,north,1500,20.3\n2026-01-14,south,1600,20.1\n2026-01-14,chp_1,2000,\n"
    ),
    "timetables.csv": (
        "timetable_id,days,occupied_from,occupied_to,setback_c\noffice,mon-fri,08:00,18:00,15\n"
    ),
    "surveys.csv": "yard_id,time,stock_t,error_pct\nyard_a,2026-01-10T08:00:00+08:00,6300,2.5\n",
    "coal_daily.csv": (
        "date,yard_id,burnt_t,received_t,net_calorific_kcal_per_kg\n"
        "2026-01-13,yard_a,150,0,5000\n2026-01-14,yard_a,148,0,5010\n"
    ),
    "telemetry/telemetry.toml": 'timezone = "Asia/Shanghai"\n\n[units]\nheat_total = "GJ"\n',
    "telemetry/tags.csv": "tag,id,point\nN1_RT,N1.low,room_t\n",
}


def write_town(folder: Path, weather: str = CLIMATE, *, whole: bool = False) -> Path:
    """Write the town, planned over a day; a `whole` one has weather, meters and telemetry."""
    if str(TESTS) not in sys.path:
        sys.path.insert(0, str(TESTS))
    from small_case import text, write_small_case

    shorter = text("case.toml", "horizon_h = 72", "horizon_h = 24\nlook_ahead_h = 0")
    limit = text("case.toml", "[[weather]]", "[solve]\ntime_limit_s = 10\n\n[[weather]]")
    source = text("case.toml", CLIMATE, OWN_WEATHER if whole else weather)
    write_small_case(folder, shorter, limit, source)
    if whole:
        (folder / "telemetry").mkdir()
        tables = MORE_TABLES | {
            "weather.csv": _weather(),
            "sensor.csv": _sensor(),
            "telemetry/loops.csv": _telemetry(),
        }
        for name, content in tables.items():
            (folder / name).write_text(content, encoding="utf-8")
    return folder


def _celsius(moment: datetime) -> float:
    return -2.0 + 4.0 * math.cos(2 * math.pi * (moment.hour - 15) / 24) + 0.01 * moment.day


def _hours(before: int, after: int) -> list[datetime]:
    first = NOW.replace(minute=0) - timedelta(hours=before)
    return [first + timedelta(hours=k) for k in range(before + after)]


def _weather() -> str:
    rows = [
        f"{at.isoformat()},{_celsius(at):.1f},{2 + at.hour % 3},{300 if 9 < at.hour < 16 else 0}"
        for at in _hours(6, 60)
    ]
    return "\n".join(["time,temp_c,wind_m_per_s,radiation_w_per_m2", *rows, ""])


def _sensor() -> str:
    return "\n".join(
        ["time,temp_c", *(f"{at:%Y-%m-%d %H:%M},{_celsius(at):.2f}" for at in _hours(30, 0)), ""]
    )


def _telemetry() -> str:
    """Two loops over three days: a heat meter, temperatures, flow and a room."""
    rows = []
    for k, at in enumerate(_hours(72, 0)):
        for loop, mw in (("N1.low", 5.0), ("S1.low", 6.0)):
            readings = {
                "heat_total": 1_000 + k * mw * 3.6,
                "sec_sup_t": 45 - _celsius(at) / 2,
                "sec_ret_t": 36 - _celsius(at) / 3,
                "sec_flow": 420 + 3 * (k % 5),
                "room_t": 20.2 + 0.1 * (k % 4),
            }
            rows += [f"{at:%Y-%m-%d %H:%M},{loop},{p},{v:.2f}," for p, v in readings.items()]
    return "\n".join(["time,id,point,value,quality", *rows, ""])
