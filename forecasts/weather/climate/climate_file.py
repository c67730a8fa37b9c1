"""A utility's own climate: `climate.toml`, one city in the words of the packaged file."""

import json
import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from forecasts.file_limits import CLIMATE_BYTES
from forecasts.plain_file import TooLarge, read_plain
from forecasts.weather.climate.climate import Climate
from forecasts.weather.climate.schema import ClimateFault, climates_in

_HEAD = """# Climate of one place for heat-dispatch; written by `heat-dispatch climate fit`.
# January to December; units are in the names. Edit freely: every figure is checked when read.
"""


def read_climate(path: Path) -> Climate:
    """Return the climate of a file with one city; raises ClimateFault with all faults at once."""
    try:
        body = read_plain(path, CLIMATE_BYTES)
    except TooLarge as error:
        cure = "Is it another file?"
        raise ClimateFault((f"{path.name}: more than {CLIMATE_BYTES} bytes. {cure}",)) from error
    except OSError as error:
        said = error.strerror or type(error).__name__
        raise ClimateFault((f"{path.name}: cannot be read: {said}. Check the path.",)) from error
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ClimateFault((f"{path.name}: is not UTF-8. Save it as UTF-8.",)) from error
    found = climates_in(text, path.name)
    if len(found) > 1:
        cities = ", ".join(climate.city for climate in found)
        cure = "Leave the one of this place."
        raise ClimateFault((f"{path.name}: has {len(found)} cities ({cities}). {cure}",))
    return found[0]


def write_climate(path: Path, climate: Climate) -> None:
    """Write `climate` whole or not at all; raises OSError. Same climate, same bytes."""
    body = climate_toml(climate).encode()
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def climate_toml(climate: Climate) -> str:
    """Return the text of a climate file; read back, it gives an equal climate."""
    lines = [_HEAD, f"[city.{climate.city}]", f"province = {_text(climate.province)}"]
    for name in ("latitude", "longitude", "first_year", "last_year"):
        lines.append(f"{name} = {getattr(climate, name)!r}")  # noqa: PERF401 - reads in order
    months = {
        "mean_c": climate.mean_c,
        "day_to_day_sd_k": climate.day_to_day_sd_k,
        "skewness": climate.skewness,
        "kurtosis": climate.kurtosis,
        "diurnal_range_k": climate.diurnal_range_k,
        "wind_m_per_s": climate.wind_m_per_s,
        "radiation_w_per_m2": climate.radiation_w_per_m2,
        "humidity_pct": climate.humidity_pct,
    }
    lines += [f"{name} = [{_numbers(values)}]" for name, values in months.items()]
    lines.append(f"course_share = {float(climate.course_share)!r}")
    lines += [f"{name} = {float(value)!r}" for name, value in asdict(climate.persistence).items()]
    if climate.record_low_c is not None:
        lines.append(f"record_low_c = {float(climate.record_low_c)!r}")
    lines += [f"{what} = {_text(said)}" for what, said in climate.sources]
    return "\n".join(lines) + "\n"


def _numbers(values: Iterable[float]) -> str:
    return ", ".join(repr(float(value)) for value in values)


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)  # a JSON string is a TOML basic string
