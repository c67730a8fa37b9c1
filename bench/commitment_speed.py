"""Nine 70 MW boilers with commitment: how soon there is a plan, and how good it is proven to be."""

from bench.cases import inputs_of, with_settings
from bench.report import Row, at_most, seconds
from dispatch.case import Case
from dispatch.full_plan import optimum
from dispatch.plan import SolveOutcome

FIRST_PLAN_S, PROVEN_S, GAP = 10.0, 60.0, 0.005


def commitment_rows(case: Case) -> list[Row]:
    """A search cut off early, which must have a plan, and one to the gap of the settings."""
    first_s, first = _search(case, FIRST_PLAN_S)
    proven_s, proven = (first_s, first) if first.gap <= GAP else _search(case, 3 * PROVEN_S)
    size = f"{proven.rows} rows, {proven.columns} columns"
    early = f"{first.status}, gap {100 * first.gap:.2f} % after {first_s:.1f} s ({size})"
    whole = "units on and off proven to 0.5 %, model and prices included"
    return [
        Row("search for units stopped at 10 s", early),
        at_most(whole, proven_s, PROVEN_S, "s", str(proven.status)),
        at_most("gap reached", 100 * proven.gap, 100 * GAP, "%"),
    ]


def _search(case: Case, limit_s: float) -> tuple[float, SolveOutcome]:
    """Seconds and outcome of the full plan when the search for units may take `limit_s`."""
    inputs = inputs_of(with_settings(case, "solve", gap=GAP, time_limit_s=limit_s))
    return seconds(lambda: optimum(inputs).outcome, repeats=1)
