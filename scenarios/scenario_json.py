"""A comparison for machines: `comparison.json`."""

from dispatch.plan import Remark
from dispatch.run_archive import plain_data, to_json
from dispatch.run_tables import local_text
from scenarios.whatif.comparison import Compared, Comparison
from scenarios.whatif.comparison_words import answer, to_do
from scenarios.whatif.figure import FORMS
from scenarios.whatif.outcome import Outcome, Unplanned
from scenarios.whatif.plan_figures import PlanFigures

SCHEMA, VERSION = "heat-dispatch/comparison", 1
DECIMALS = 4


def comparison_json(comparison: Comparison) -> bytes:
    """Return `comparison.json`: all figures, words and actions; times are local ISO 8601."""
    content = {
        "schema": SCHEMA,
        "version": VERSION,
        "case_id": comparison.base.case.settings.id,
        "units": {figure: form.unit for figure, form in FORMS.items()},
        "base": _plan(comparison.base, comparison.base_plan),
        "variants": [_variant(comparison, variant) for variant in comparison.variants],
    }
    return to_json(rounded(plain_data(content)))


def _variant(comparison: Comparison, variant: Compared | Unplanned) -> dict[str, object]:
    told = {topic.label: topic.sentences for topic in answer(comparison, variant)}
    if isinstance(variant, Unplanned):
        return {
            "name": variant.name,
            "title": variant.title,
            "values": variant.values,
            "planned": False,
            "why": variant.why,
        }
    return _plan(variant.outcome, variant.plan) | {
        "planned": True,
        "answer": told,
        "to_do": to_do(variant),
        "nothing_changes": variant.nothing_changes,
        "same_hours": variant.same_hours,
        "differences": variant.differences,
        "source_changes": variant.sources,
        "yard_changes": variant.yards,
        "new_reasons": [_said(remark) for remark in variant.new_reasons],
        "gone_reasons": [_said(remark) for remark in variant.gone_reasons],
        "actions": [
            {
                "at": local_text(action.at, variant.outcome.case.settings.timezone),
                "deed": action.deed,
                "text": action.remark.text,
                "values": action.remark.values,
                "in_base": action.in_base,
                "base_at": action.base_at,
            }
            for action in variant.actions
        ],
        "remarks": [_said(remark) for remark in variant.remarks],
    }


def _plan(outcome: Outcome, plan: PlanFigures) -> dict[str, object]:
    return {
        "name": outcome.name,
        "title": outcome.title,
        "values": outcome.values,
        "quality": outcome.quality,
        "start": plan.start,
        "end": plan.end,
        "step_h": plan.step_h,
        "minimise": plan.minimise,
        "figures": plan.figures,
        "sources": list(plan.sources.values()),
        "yards": list(plan.yards.values()),
        "links_at_limit": list(plan.links.values()),
        "cold": plan.cold,
        "coldest_ours": plan.coldest_ours,
        "coldest_third_party": plan.coldest_third_party,
        "reasons": [_said(remark) for remark in outcome.reasons],
    }


def _said(remark: Remark) -> dict[str, object]:
    return {"key": remark.key, "values": remark.values, "text": remark.text}


def rounded(value: object) -> object:
    """Return plain data with numbers rounded as far as anybody could use them."""
    if isinstance(value, float):
        return round(value, DECIMALS) + 0.0
    if isinstance(value, dict):
        return {name: rounded(item) for name, item in value.items()}
    return [rounded(item) for item in value] if isinstance(value, list) else value
