"""The outlook's bands replayed: what 30 days of real winters burned, against what drawn ones said.

On the 1st and the 15th of each month of the winters observed in Shenyang the burn of the next 30
days is foretold by winters drawn from the city's packaged climate, moved along the warming trend to
that year, which begin at what the day before was. Four of five real burns should lie between the
10 % and the 90 % quantile. The level of the climate (1991-2020, other years too) is not that of the
record; its spread and memory were fitted to five of these winters, so a bad shape would show in
other figures (`climate_study`), a bad level or joint here.

Written to `bench/RESULTS.md` (`python -m bench.coal_replay`; half a minute). The record lies in
`shared/data/weather` beside the project.
"""

import csv
import gzip
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from bench.cases import bundled
from bench.climate_study import DATA, OBSERVED
from bench.report import text_table, write_section
from dispatch.case import Case
from dispatch.fuel.coal_ahead import burn_of
from dispatch.fuel.heat_need import heat_need
from forecasts.weather.climate.climate import Climate, centred_on
from forecasts.weather.climate.packaged import packaged_climate
from forecasts.weather.joined_paths import climate_ahead
from forecasts.weather.provider import Place
from forecasts.weather.weather_ahead import WeatherAhead

Floats = NDArray[np.float64]
# Burn of each day, (path, day) in any unit, of weather with one path or many.
BurnOf = Callable[[WeatherAhead], Floats]
ClimateOf = Callable[[int], Climate]  # of the year in which a span begins

TITLE = "Coal burned in 30 days, bands against real winters"
SHENYANG = Place(41.80, 123.43, "Asia/Shanghai")
SPAN_D = 30
BEFORE_D = 2  # of observed weather handed on, as a daily run has
COLD_MONTHS = (11, 12, 1, 2, 3)
FIRST_DAYS = (1, 15)
MOST_MISSING = 0.1  # of the hours of a span
LOW, HIGH = 0.1, 0.9
PATHS, SEED = 500, 6
BASE_C, FILTER_D = 18.0, 1.0


@dataclass(frozen=True)
class Span:
    """30 days: what they burned, and the quantiles foretold, all in the unit of the burn."""

    first: date
    burned: float
    low: float
    middle: float
    high: float
    rank: float  # share of paths that burned less

    @property
    def inside(self) -> bool:
        """Whether it lies between the 10 % and the 90 % quantile."""
        return self.low <= self.burned <= self.high


@dataclass(frozen=True)
class DailyRecord:
    """Daily means, °C (day,), from `first` on, and the share of each day's hours missing."""

    first: date
    mean_c: Floats
    missing: Floats


def observed_days(folder: Path = DATA) -> DailyRecord:
    """Return the observed days of Shenyang; a missing hour is taken from that of other days."""
    with gzip.open(folder / OBSERVED, "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    times = np.array([row["time_local"] for row in rows], dtype="datetime64[h]")
    hours = int((times[-1] - times[0]) / np.timedelta64(1, "h")) + 1
    values = np.full(-(-hours // 24) * 24, np.nan)
    at = ((times - times[0]) / np.timedelta64(1, "h")).astype(int)
    values[at] = [float(row["ta_c"] or "nan") for row in rows]
    by_hour = values.reshape(-1, 24)
    missing = np.isnan(by_hour)
    days = np.arange(by_hour.shape[0])
    for hour in range(24):
        known = ~missing[:, hour]
        by_hour[:, hour] = np.interp(days, days[known], by_hour[known, hour])
    first = datetime.fromisoformat(rows[0]["time_local"]).date()
    return DailyRecord(first, by_hour.mean(axis=1), missing.mean(axis=1))


def plain_burn(weather: WeatherAhead) -> Floats:
    """Return degree-days under 18 °C of temperature filtered over a day: heat of plain buildings.

    Stands in for a case's own burn where none is at hand.
    """
    kept = float(np.exp(-1 / FILTER_D))
    before_c = np.broadcast_to(weather.before_c, (weather.paths, weather.before_c.size))
    course_c = np.concatenate([before_c, weather.path_c], axis=1)
    filtered_c, _ = lfilter([1 - kept], [1.0, -kept], course_c, zi=kept * course_c[:, :1])
    lift_k = np.maximum(0.0, BASE_C - filtered_c[:, before_c.shape[1] :])
    return np.asarray(lift_k * weather.hours / 24)


def boilers_burn(case: Case) -> BurnOf:
    """Return the burn of a case's yards, MWh, by heat need and reduced dispatch as the outlook.

    The boilers of Shenyang burn what is needed above 420 MW of bought heat: a degree counts double.
    """

    def burn_of_yards(weather: WeatherAhead) -> Floats:
        burn = burn_of(case, weather, heat_need(case, weather))
        return np.sum([yard.fuel_mwh for yard in burn.yards], axis=0)

    return burn_of_yards


def of_its_year(year: int) -> Climate:
    """Return the packaged climate of Shenyang moved to a year."""
    return centred_on(packaged_climate("shenyang"), year)


def replayed(
    record: DailyRecord,
    burn_of: BurnOf = plain_burn,
    climate_of: ClimateOf = of_its_year,
    paths: int = PATHS,
    *,
    day_before_known: bool = True,
) -> list[Span]:
    """Return every span of the cold months that the record holds, oldest first."""
    spans = []
    for offset in range(BEFORE_D, record.mean_c.size - SPAN_D + 1):
        first = record.first + timedelta(days=offset)
        last = first + timedelta(days=SPAN_D - 1)
        cold = first.month in COLD_MONTHS and last.month in COLD_MONTHS
        there = slice(offset, offset + SPAN_D)
        if not cold or first.day not in FIRST_DAYS:
            continue
        if record.missing[there].mean() > MOST_MISSING:
            continue
        before_c = record.mean_c[offset - BEFORE_D : offset]
        zone = SHENYANG.timezone
        drawn = climate_ahead(
            climate_of(first.year),
            SHENYANG,
            zone,
            datetime(first.year, first.month, first.day, tzinfo=ZoneInfo(zone)),
            last,
            paths,
            SEED + offset,  # other draws each time: one unlucky draw must not tell all spans
            before_c if day_before_known else None,
        )
        drawn = replace(drawn, before_c=before_c)
        real = replace(drawn, path_c=record.mean_c[None, there])
        spans.append(_span(first, float(burn_of(real).sum()), burn_of(drawn).sum(axis=1)))
    return spans


def _span(first: date, burned: float, foretold: Floats) -> Span:
    low, middle, high = np.quantile(foretold, [LOW, 0.5, HIGH])
    rank = float((foretold < burned).mean())
    return Span(first, burned, float(low), float(middle), float(high), rank)


def coverage(spans: Sequence[Span]) -> float:
    """Return the share of spans inside their band."""
    return float(np.mean([span.inside for span in spans]))


def bias(spans: Sequence[Span]) -> float:
    """Return by how much the middle of the bands lies above what was burned, as a share."""
    return float(np.mean([span.middle / span.burned - 1 for span in spans]))


def _row(name: str, spans: Sequence[Span]) -> list[str]:
    below = np.mean([span.burned < span.low for span in spans])
    above = np.mean([span.burned > span.high for span in spans])
    width = np.mean([(span.high - span.low) / span.middle for span in spans])
    cells = (coverage(spans), below, above, width)
    return [name, str(len(spans)), *(f"{cell:.0%}" for cell in cells), f"{bias(spans):+.1%}"]


def months_table(spans: Sequence[Span]) -> str:
    """Coverage by the month in which a span begins, and of all, as a Markdown table."""
    rows = [
        _row(f"{date(2001, month, 1):%B}", [span for span in spans if span.first.month == month])
        for month in COLD_MONTHS
    ]
    head = ["spans that begin in", "number", "inside", "below", "above", "width", "p50 too high by"]
    return text_table(head, [*rows, _row("all", spans)])


def ways_table(record: DailyRecord, burn: BurnOf) -> str:
    """Coverage with other climates, and without the day before, as a Markdown table."""
    packaged = packaged_climate("shenyang")
    ways = {
        "climate moved to the year, day before known": replayed(record, burn),
        "the same, day before not known": replayed(record, burn, day_before_known=False),
        "climate as packaged (1991-2020)": replayed(record, burn, lambda _: packaged),
    }
    head = ["way", "number", "inside", "below", "above", "width", "p50 too high by"]
    return text_table(head, [_row(name, spans) for name, spans in ways.items()])


def main() -> None:
    """Run the replay and write it down."""
    if not (DATA / OBSERVED).exists():
        write_section(TITLE, f"No record here ({DATA / OBSERVED} is missing): nothing replayed.")
        return
    record = observed_days()
    boilers = boilers_burn(bundled("shenyang"))
    body = [
        "Shenyang, observed 2010 to 2015: burn of the 30 days from the 1st and the 15th of each "
        f"month, November to March, against {PATHS} drawn winters of the packaged climate; the "
        "80 % band. Width: of the band over its middle. The climate's spread and memory were "
        "fitted to five of these winters, its level was not.",
        "Burn of the yard of the case `shenyang`, boilers above 420 MW of bought heat:",
        months_table(replayed(record, boilers)),
        ways_table(record, boilers),
        "Heat of plain buildings, degree-days under 18 °C of filtered temperature:",
        months_table(replayed(record)),
    ]
    write_section(TITLE, "\n\n".join(body))


if __name__ == "__main__":
    main()
