"""The outlook for machines: what `heat-dispatch coal --json` prints."""

from dataclasses import asdict
from datetime import datetime

from dispatch.fuel.coal_words import yard_paragraph
from dispatch.fuel.outlook import FuelOutlook, YardOutlook
from dispatch.fuel.outlook_request import OutlookRequest
from dispatch.fuel.season_need import SeasonNeed, YardSeason
from dispatch.fuel.season_words import season_sentences
from dispatch.run_archive import plain_data, to_json
from dispatch.run_tables import local_text
from scenarios.coal_standing import heat_short, outlook_attention, season_attention

SCHEMA, SEASON_SCHEMA, VERSION = "heat-dispatch/coal", "heat-dispatch/coal-season", 1
DECIMALS = 4


def outlook_json(asked: OutlookRequest, outlook: FuelOutlook) -> str:
    """Return the outlook as one JSON document."""
    settings, ahead = asked.case.settings, outlook.ahead
    forecast = [day for day, own in zip(ahead.dates, ahead.from_forecast, strict=True) if own]

    def local(moment: datetime | None) -> str | None:
        return None if moment is None else local_text(moment, settings.timezone)

    return _document(
        {
            "schema": SCHEMA,
            "version": VERSION,
            "case_id": settings.id,
            "issued_at": local(outlook.issued_at),
            "risk": outlook.risk,
            "paths": ahead.paths,
            "attention": outlook_attention(outlook),
            "remarks": [asdict(one) | {"text": one.text} for one in outlook.remarks],
            "plan_until": local(outlook.plan_until),
            "forecast_until": forecast[-1] if forecast else None,
            "season_end": ahead.dates[-1],
            "dispatch_check": outlook.burn.check,
            "consumption": outlook.consumption,
            "heat_short": heat_short(outlook),
            "yards": [_yard(outlook, yard) for yard in outlook.yards],
        }
    )


def _yard(outlook: FuelOutlook, yard: YardOutlook) -> dict[str, object]:
    row, now = yard.yard, yard.now
    mine = outlook.table[outlook.table["yard_id"] == row.yard_id]
    return {
        "yard_id": row.yard_id,
        "text": yard_paragraph(outlook, yard),
        "stock": asdict(now) | {"usable_t": max(0.0, now.stock_t - row.unusable_t)},
        "power_mw": yard.power_mw,
        "storage": {
            "rate": yard.storage_rate,
            "target_t": row.storage_target_t,
            "meaning": row.storage_target_meaning,
        },
        "cover_days": yard.cover,
        "crossings": yard.crossings,
        "order": yard.order,
        "policies": yard.policies,
        "days": mine.drop(columns="yard_id").to_dict("records"),
    }


def _document(content: dict[str, object]) -> str:
    """Return JSON with numbers rounded as far as anybody could use them."""
    return to_json(_rounded(plain_data(content))).decode()


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return round(value, DECIMALS)
    if isinstance(value, dict):
        return {name: _rounded(item) for name, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list) else value


def season_json(asked: OutlookRequest, need: SeasonNeed) -> str:
    """Return the need of a season as one JSON document."""
    return _document(
        {
            "schema": SEASON_SCHEMA,
            "version": VERSION,
            "case_id": asked.case.settings.id,
            "attention": season_attention(need),
            "season": need.season,
            "yards": [_yard_season(need, yard) for yard in need.yards],
        }
    )


def _yard_season(need: SeasonNeed, yard: YardSeason) -> dict[str, object]:
    figures = {name: value for name, value in vars(yard).items() if name != "yard"}
    text = " ".join(season_sentences(need.season, yard))
    return {"yard_id": yard.yard.yard_id, "text": text} | figures
