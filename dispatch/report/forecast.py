"""The forecast the plan rests on: temperature with its spread, and the one of the day before."""

from datetime import datetime

import numpy as np

from dispatch.history.past_run import PastRun
from dispatch.messages import say
from dispatch.report.charts import Chart, Series, hours_axis
from dispatch.report.markup import bullets, chart, paragraph, section
from dispatch.report.run_facts import Array, RunFacts
from dispatch.run_tables import local_time
from forecasts.weather.provider import Nature

SAME_K = 0.05  # is told as no difference


def forecast_section(facts: RunFacts) -> str:
    """Return who forecast what and when, and the picture."""
    return section(
        "forecast",
        say("report.title_forecast"),
        bullets(forecast_lines(facts)),
        chart("forecast"),
        paragraph(say("report.note_fan"), class_="quiet"),
    )


def forecast_lines(facts: RunFacts) -> list[str]:
    """Return provider, issue time, spread, outdoor temperatures, other opinions."""
    told, outdoor = facts.summary["forecast"], facts.summary["outdoor"]
    nature = Nature(told["nature"])
    words = {
        Nature.FORECAST: say("cli.nature_forecast"),
        Nature.TYPICAL_YEAR: say("cli.nature_typical_year"),
        Nature.CLIMATE: say("cli.nature_climate"),
    }
    if nature is Nature.FORECAST:
        issued = local_time(datetime.fromisoformat(told["issue_time"]), facts.timezone)
        lines = [
            say(
                "report.forecast_issued",
                provider=told["provider"],
                issued=issued,
                age_h=f"{told['age_h']:.1f}",
            )
        ]
    else:
        provider = {"provider": told["provider"], "nature": words[nature]}
        lines = [say("cli.forecast_ageless", **provider)]
    values = {name: f"{outdoor[f'{name}_c']:.1f}" for name in ("mean", "min", "max")}
    lines.append(say("report.outdoors", **values))
    trust = told.get("trust")
    if trust is not None:
        one, three = trust["sigma_24h_k"], trust["sigma_72h_k"]
        lines.append(say("report.spread", one_k=f"{one:.1f}", three_k=f"{three:.1f}"))
    if facts.day_before is not None:
        lines.append(_against(facts, facts.day_before))
    return lines


def _against(facts: RunFacts, earlier: PastRun) -> str:
    beside = _beside(facts, earlier)
    apart = (facts.values("air_temperature") - beside)[np.isfinite(beside)]
    if not apart.size:
        return say("report.earlier_elsewhen", issued=earlier.issued_at)
    if abs(float(apart.mean())) < SAME_K:
        return say("report.earlier_same", issued=earlier.issued_at)
    key = "report.earlier_colder" if apart.mean() < 0.0 else "report.earlier_warmer"
    return say(key, issued=earlier.issued_at, k=f"{abs(float(apart.mean())):.1f}")


def _beside(facts: RunFacts, earlier: PastRun) -> Array:
    """The earlier forecast at the steps of this plan, NaN where it does not reach."""
    known = dict(
        zip(
            earlier.schedule["time"].values.tolist(), earlier.values("air_temperature"), strict=True
        )
    )
    steps = facts.run.schedule["time"].values.tolist()
    return np.array([known.get(step, np.nan) for step in steps], dtype=float)


def forecast_chart(facts: RunFacts) -> Chart:
    """Return outdoor temperature by the hour, its fan, and what the day before expected."""
    labels, ticks = hours_axis(facts.step_starts)
    air_c = facts.values("air_temperature")
    series = []
    if facts.has("air_temperature_p10"):
        for share, low, high in ((80, "p10", "p90"), (50, "p25", "p75")):
            low_c, high_c = (facts.values(f"air_temperature_{name}") for name in (low, high))
            name = say("report.series_band", pct=share)
            series.append(Series(name, high_c, "band", low=low_c, colour=0))
    series.append(Series(say("report.series_forecast"), air_c, colour=0))
    if facts.day_before is not None:
        beside = _beside(facts, facts.day_before)
        if np.isfinite(beside).any():
            name = say("report.series_earlier", issued=facts.day_before.issued_at)
            series.append(Series(name, beside, dashed=True, colour=1))
    return Chart("forecast", say("report.chart_forecast"), "°C", labels, ticks, series)
