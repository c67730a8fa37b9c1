"""A plan of zaozhuang against HiGHS on the bare matrices of the same plan."""

import time

from bench.cases import inputs_of
from bench.report import Row, at_most, seconds
from dispatch.audit import audit
from dispatch.case import Case
from dispatch.collector import paused_collector
from dispatch.day_plan import plan_day
from dispatch.formulation.build import build_model
from dispatch.inputs import PlanInputs
from dispatch.solve import compile_model, load_values, run_highs


def plan_rows(case: Case) -> list[Row]:
    """Model building, the whole plan, and its growth, against one bare solve."""
    inputs = inputs_of(case)
    with paused_collector():
        build_s, model = seconds(lambda: build_model(inputs))
        compile_s, matrices = seconds(lambda: compile_model(model).relaxed)
        bare_s, answer = seconds(lambda: run_highs(matrices))
        read_s, _ = seconds(lambda: load_values(model, matrices, answer))
    plan_s, _ = seconds(lambda: _whole_plan(inputs), repeats=2)
    size = f"{matrices.row_lower.size} rows, {matrices.cost.size} columns"
    overhead = f"{build_s:.2f} + {compile_s:.2f} + {read_s:.2f} s"
    return [
        Row("bare HiGHS solve of the plan's matrices", f"{bare_s:.1f} s ({size})"),
        at_most(
            "build + hand-over + read-back over the bare solve",
            (build_s + compile_s + read_s) / bare_s,
            0.5,
            "×",
            overhead,
        ),
        at_most(
            "inputs to audited setpoints, re-solve included",
            plan_s / bare_s,
            3,
            "×",
            f"{plan_s:.1f} s",
        ),
        _growth_row(case, plan_s),
    ]


def _whole_plan(inputs: PlanInputs) -> None:
    if not audit(plan_day(inputs, None, "bench").schedule).passed:
        raise SystemExit("the audit fails: nothing measured")


def _growth_row(case: Case, plan_s: float) -> Row:
    """Whole plan for four times the stations against the case's own."""
    big = inputs_of(multiplied(case, 4))
    start = time.perf_counter()
    plan_day(big, None, "bench")
    big_s = time.perf_counter() - start
    what = f"growth from {len(case.stations)} to {len(big.stations.ids)} station loops"
    return at_most(what, big_s / plan_s, 5, "×", f"{plan_s:.1f} to {big_s:.1f} s")


def multiplied(case: Case, times: int) -> Case:
    """The same network with every station cut into `times` equal ones: as much heat, more rows."""
    stations = [
        station.model_copy(
            update={
                "station_id": f"{station.station_id}-{copy}",
                "heated_area_m2": station.heated_area_m2 / times,
                "homes": station.homes // times,
                "exchanger_ua_kw_per_k": station.exchanger_ua_kw_per_k / times,
                "max_heat_kw": station.max_heat_kw / times,
                "primary_flow_max_tph": station.primary_flow_max_tph / times,
            }
        )
        for station in case.stations
        for copy in range(times)
    ]
    return case.model_copy(update={"stations": tuple(stations)})
