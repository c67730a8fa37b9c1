"""The screens of `heat-dispatch climate`: months, typical winters, and what a fit rests on."""

from collections.abc import Sequence
from math import isfinite

from dispatch.messages import say, words
from forecasts.weather.climate.climate import Climate
from forecasts.weather.climate.fit_report import Assumption, FitReport
from forecasts.weather.climate.schema import SOURCE_ENDING
from forecasts.weather.climate.spells import HeatingDays
from forecasts.weather.climate.winter_figures import WINTERS, Range, WinterFigures
from scenarios.screen import Fact, Figures, Screen


def climate_screen(
    climate: Climate, winter: WinterFigures, said: Sequence[Fact], name: str
) -> Screen:
    """Return a climate by month and by what its winters are like; `said` stands before them."""
    title = say(
        "weather_cli.climate_title", name=name, first=climate.first_year, last=climate.last_year
    )
    return Screen(title, (*said, _months(climate), _winters(winter), *_sources(climate)))


def fit_facts(report: FitReport) -> tuple[Fact, ...]:
    """Return what a fitted climate rests on."""
    hours = say(
        "weather_cli.fit_hours_value",
        hours=report.hours_used,
        years=report.years,
        missing=report.hours_missing,
    )
    lines = tuple(f"- {_assumption(one, report)}" for one in report.assumed)
    ignored = words(*report.ignored_columns)
    return (
        Fact(say("weather_cli.fit_files"), report.files),
        Fact(say("weather_cli.fit_hours"), (hours,)),
        *([Fact(say("weather_cli.fit_assumed"), lines)] if lines else []),
        *([Fact(say("weather_cli.fit_ignored"), (ignored,))] if ignored else []),
    )


def _months(climate: Climate) -> Figures:
    columns = (
        say("weather_cli.month_column"),
        say("weather_cli.mean_column"),
        say("weather_cli.sd_column"),
        say("weather_cli.range_column"),
        say("weather_cli.wind_column"),
        say("weather_cli.radiation_column"),
        say("weather_cli.humidity_column"),
    )
    names = say("weather_cli.months").split()
    rows = tuple(
        (
            names[k],
            f"{climate.mean_c[k]:.1f}",
            f"{climate.day_to_day_sd_k[k]:.1f}",
            f"{climate.diurnal_range_k[k]:.1f}",
            f"{climate.wind_m_per_s[k]:.1f}",
            f"{climate.radiation_w_per_m2[k]:.0f}",
            f"{climate.humidity_pct[k]:.0f}",
        )
        for k in range(12)
    )
    return Figures(columns, rows)


def _winters(winter: WinterFigures) -> Figures:
    columns = (
        say("weather_cli.winter_column", days=winter.days),
        say("weather_cli.median_column"),
        say("weather_cli.low_column"),
        say("weather_cli.high_column"),
    )
    nothing = say("weather_cli.no_value")
    rows = (
        _range_row(say("weather_cli.winter_mean"), winter.mean_c, ".1f"),
        _range_row(say("weather_cli.winter_coldest_day"), winter.coldest_day_c, ".1f"),
        _range_row(say("weather_cli.winter_coldest_hour"), winter.coldest_hour_c, ".1f"),
        _range_row(say("weather_cli.winter_cold_waves"), winter.cold_waves, ".0f"),
        _range_row(say("weather_cli.winter_degree_hours"), winter.degree_hours, ".0f"),
        (say("weather_cli.winter_n5"), _heating_days(winter.up_to_5), nothing, nothing),
        (say("weather_cli.winter_n8"), _heating_days(winter.up_to_8), nothing, nothing),
    )
    return Figures(columns, rows)


def winters_note() -> Fact:
    """Return how the figures of winters come about."""
    return Fact(say("weather_cli.how_to_read"), (say("weather_cli.winters_how", winters=WINTERS),))


def _range_row(name: str, figures: Range, form: str) -> tuple[str, ...]:
    return (name, *(format(x, form) for x in (figures.median, figures.low, figures.high)))


def _heating_days(found: HeatingDays) -> str:
    if not isfinite(found.mean_c):
        return say("weather_cli.no_value")
    return say("weather_cli.heating_days_value", days=found.days, mean_c=found.mean_c)


def _sources(climate: Climate) -> tuple[Fact, ...]:
    lines = tuple(f"- {what.removesuffix(SOURCE_ENDING)}: {said}" for what, said in climate.sources)
    return (Fact(say("weather_cli.climate_sources"), lines),) if lines else ()


def _assumption(one: Assumption, report: FitReport) -> str:
    """Return what was taken from the nearest packaged city, and why."""
    return say(
        f"weather_cli.fit_{one.reason.value}",
        part=say(f"weather_cli.part_{one.part.name.lower()}"),
        city=report.base_city,
        km=report.base_km,
        detail=one.detail,
    )
