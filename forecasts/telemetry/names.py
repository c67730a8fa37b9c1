"""What columns and points are called by utilities (H§12): names that need no row in `tags.csv`.

Names are compared by `name_key`: without case, spaces and marks, full-width letters as plain ones.
"""

import re
import unicodedata
from itertools import product

from forecasts.telemetry.points import Point

_MARKS = re.compile(r"[\s_\-./:|·、]+")


def name_key(name: str) -> str:
    """Return a name as it is compared: `Pri_Sup_T`, `pri sup t` and `PRISUPT` are one."""
    return _MARKS.sub("", unicodedata.normalize("NFKC", name).casefold())


def _keys(*names: str) -> frozenset[str]:
    return frozenset(name_key(name) for name in names)


TIME_NAMES = _keys(
    *("time", "datetime", "timestamp", "date time", "ts", "read time", "collect time"),
    *("时间", "日期时间", "采集时间", "记录时间", "采样时间", "数据时间", "读数时间", "抄表时间"),
    *("测量时间", "上报时间", "时间戳", "cjsj", "jlsj"),
)
DATE_NAMES = _keys("date", "day", "日期", "记录日期", "采集日期")
ID_NAMES = _keys(
    *("id", "station_id", "station", "station name", "loop_id", "source_id", "device", "device_id"),
    *(
        "换热站",
        "热力站",
        "换热站名称",
        "热力站名称",
        "站点",
        "站点名称",
        "站名",
        "站号",
        "站点编号",
    ),
    *(
        "换热站编号",
        "机组",
        "机组名称",
        "机组编号",
        "设备",
        "设备名称",
        "设备编号",
        "热源",
        "热源名称",
    ),
    *("zd", "zm", "hrz", "hrzmc", "zdmc"),
)
LOOP_NAMES = _keys("loop", "环路", "回路", "分区", "高低区", "系统")
POINT_NAMES = _keys(
    *("point", "tag", "tag name", "tag_id", "name", "item", "parameter", "variable", "point_id"),
    *(
        "点名",
        "点位",
        "点号",
        "测点",
        "测点名称",
        "位号",
        "标签",
        "参数",
        "参数名称",
        "指标",
        "变量",
    ),
)
VALUE_NAMES = _keys(
    "value", "val", "pv", "data", "值", "数值", "测量值", "实时值", "读数", "采集值"
)
QUALITY_NAMES = _keys(
    *("quality", "quality code", "qual", "status", "state", "good"),
    *("质量", "质量码", "质量戳", "数据质量", "品质", "状态", "数据状态"),
)
SENSOR_NAMES = _keys(
    *("sensor", "sensor_id", "room", "room_id", "flat"),
    *("传感器", "传感器编号", "测温点", "房间", "房号", "房间号", "户号", "用户编号"),
)
UNIT_NAMES = _keys("unit", "units", "单位", "计量单位")

_PRIMARY = (
    "一网",
    "一次",
    "一次网",
    "一次侧",
    "一级网",
    "一级",
    "primary ",
    "pri ",
    "yw",
    "yc",
    "ycw",
)
_SECONDARY = ("二网", "二次", "二次网", "二次侧", "二级网", "二级", "secondary ", "sec ")
_SECONDARY_PINYIN = ("ew", "ec", "ecw")
_SUPPLY_TEMP = ("供温", "供水温度", "供水温", "供水温度值", "supply temp", "supply temperature")
_RETURN_TEMP = ("回温", "回水温度", "回水温", "回水温度值", "return temp", "return temperature")
_SUPPLY_PRESSURE = ("供压", "供水压力", "供水压", "supply pressure")
_RETURN_PRESSURE = ("回压", "回水压力", "回水压", "return pressure")
_FLOW = ("瞬时流量", "流量", "供水流量", "供水瞬时流量", "flow", "flow rate")
_SETPOINT = ("设定", "设定值", "给定", "给定值", "目标", "setpoint", " sp", "sd", "sdz")


def _each(*parts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple("".join(words) for words in product(*parts))


_SECONDARIES = (*_SECONDARY, *_SECONDARY_PINYIN)
_SUPPLY_TEMPS = (*_SUPPLY_TEMP, "gw", "gswd")
_USUAL: dict[Point, tuple[str, ...]] = {
    Point.PRIMARY_SUPPLY_TEMP: ("TE1", *_each(_PRIMARY, _SUPPLY_TEMPS)),
    Point.PRIMARY_RETURN_TEMP: ("TE2", *_each(_PRIMARY, (*_RETURN_TEMP, "hw", "hswd"))),
    Point.PRIMARY_SUPPLY_PRESSURE: ("PT1", *_each(_PRIMARY, (*_SUPPLY_PRESSURE, "gy", "gsyl"))),
    Point.PRIMARY_RETURN_PRESSURE: ("PT2", *_each(_PRIMARY, (*_RETURN_PRESSURE, "hy", "hsyl"))),
    Point.PRIMARY_FLOW: ("FT1", "一供流量", *_each(_PRIMARY, (*_FLOW, "ssll", "ll"))),
    Point.HEAT_RATE: (
        *("QI", "瞬时热量", "瞬时热", "热功率", "瞬时热负荷", "热负荷", "ssrl", "rgl", "heat rate"),
        *_each(_PRIMARY, ("瞬时热量", "热量瞬时", "ssrl", "heat rate")),
    ),
    Point.HEAT_TOTAL: (
        *("QQI", "累积热量", "累计热量", "热量累计", "热量累积", "热量表读数", "热表读数", "ljrl"),
        *("heat total", "heat meter", *_each(_PRIMARY, ("累积热量", "累计热量", "ljrl"))),
    ),
    Point.SECONDARY_SUPPLY_TEMP: ("TE3", *_each(_SECONDARIES, _SUPPLY_TEMPS)),
    Point.SECONDARY_RETURN_TEMP: ("TE4", *_each(_SECONDARIES, (*_RETURN_TEMP, "hw", "hswd"))),
    Point.SECONDARY_SUPPLY_PRESSURE: (
        *("PT3", *_each(_SECONDARIES, (*_SUPPLY_PRESSURE, "gy", "gsyl"))),
    ),
    Point.SECONDARY_RETURN_PRESSURE: (
        *("PT4", *_each(_SECONDARIES, (*_RETURN_PRESSURE, "hy", "hsyl"))),
    ),
    Point.SECONDARY_FLOW: (
        *("FT2", "二供流量", "循环流量", "xhll", *_each(_SECONDARIES, (*_FLOW, "ssll", "ll"))),
    ),
    Point.MAKE_UP_FLOW: ("FT3", "补水流量", "补水瞬时流量", "补水瞬时", "bsll", "bsssll"),
    Point.VALVE: (
        *("CVI1", "阀开度", "阀门开度", "调节阀开度", "电调阀开度", "一网阀门开度", "阀位"),
        *("阀位反馈", "阀门反馈", "fkd", "fmkd", "tjfkd"),
    ),
    Point.PUMP: (
        *("FC1V1", "频率", "泵频率", "水泵频率", "循环泵频率", "循环泵频率反馈", "变频频率"),
        *("频率反馈", "pl", "xhbpl"),
    ),
    Point.TANK_LEVEL: ("LT1", "液位", "水箱液位", "补水箱液位", "yw", "sxyw"),
    Point.POWER_TOTAL: (
        *("JQI", "电量", "累积电量", "累计电量", "电表读数", "总电量", "dl", "ljdl"),
    ),
    Point.OUTDOOR_TEMP: (
        *("室外温度", "室外气温", "户外温度", "环境温度", "室外温", "气温", "swwd"),
        *("outdoor temp c", "outdoor temperature"),
    ),
    Point.ROOM_TEMP: (
        *("室温", "室内温度", "用户室温", "房间温度", "住户室温", "snwd", "sw"),
        *("indoor temp", "room temp c", "indoor temperature"),
    ),
    Point.SUPPLY_SETPOINT: _each(_SECONDARIES, _SUPPLY_TEMPS, _SETPOINT),
    Point.PUMP_SETPOINT: _each(("频率", "泵频率", "循环泵频率", "pl", "xhbpl"), _SETPOINT),
    Point.HEAT_QUOTA: (
        "热量设定",
        "热量设定值",
        "日热量指标",
        "热量指标",
        "热量定额",
        "heat quota",
    ),
}


def _dictionary() -> dict[str, Point]:
    """Return every usual name, by its key; a name of two points would be read wrong: refused."""
    found: dict[str, Point] = {}
    for point in Point:
        for name in (point.value, point.name, *_USUAL[point]):
            if found.setdefault(name_key(name), point) is not point:
                raise ValueError(f"{name} is a name of {point} and of {found[name_key(name)]}")
    return found


POINT_BY_NAME = _dictionary()
SETPOINT_OF = {
    Point.SECONDARY_SUPPLY_TEMP: Point.SUPPLY_SETPOINT,
    Point.PUMP: Point.PUMP_SETPOINT,
    Point.HEAT_TOTAL: Point.HEAT_QUOTA,
}
SETPOINTS = frozenset(SETPOINT_OF.values())
_SUFFIX = re.compile(r"^(?P<name>.+?)\.(?P<suffix>sp|pv|val|value)$", re.IGNORECASE)


def point_named(name: str) -> Point | None:
    """Return the point that a usual name means, None if there is none.

    `sec_sup_t.SP` is the setpoint of what `sec_sup_t.PV` measures.
    """
    matched = _SUFFIX.match(name.strip())
    if matched is None:
        return POINT_BY_NAME.get(name_key(name))
    point = POINT_BY_NAME.get(name_key(matched["name"]))
    if matched["suffix"].casefold() != "sp" or point is None or point in SETPOINTS:
        return point
    return SETPOINT_OF.get(point)
