"""`docs/model.md`: the optimisation model and the physics around it, from their docstrings.

Rules of the model are read from the source of `dispatch/formulation`, so that the page shows the
very expressions the solver is given. English only, as the code is.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
MODEL = (
    *("heat_source", "chp", "thermal_storage", "heat_order", "commitment", "link"),
    *("heat_balance", "substation", "indoor_hours", "third_party", "setpoint_change"),
    *("source_share", "fuel_yard", "pins", "prices", "total_cost"),
)
PHYSICS = (
    *("forecasts/demand/building.py", "dispatch/emitter.py", "dispatch/exchanger.py"),
    *("dispatch/pipe.py", "dispatch/primary_side.py", "dispatch/settle.py"),
    *("dispatch/fuel_curve.py", "dispatch/tonne_value.py", "dispatch/shadow_prices.py"),
    *("dispatch/room_start.py", "dispatch/state_bridge.py", "dispatch/demand_correction.py"),
    "dispatch/decomposition/rounds.py",
)
LEAD = """# The model and its equations

Made from the source by `make docs`; do not edit. Sections H of the handbook and § of the design
are named where an equation comes from them; other sources stand with it. Steps are `t`, setpoint
blocks `k`, stations `i`; MW, MWh, °C, t. A rule below is the expression that the solver is given.
"""


def model_page() -> str:
    """Return the page, Markdown."""
    lines = [LEAD, "## Rules of the linear program", ""]
    for name in MODEL:
        lines += _rules(ROOT / "dispatch" / "formulation" / f"{name}.py", name)
    lines += ["## Physics and figures around it", ""]
    for path in PHYSICS:
        text = ast.get_docstring(_parsed(ROOT / path)) or ""
        lines += [f"### {Path(path).stem}", "", *_prose(text), ""]
    return "\n".join(lines).rstrip() + "\n"


def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _rules(path: Path, name: str) -> Iterator[str]:
    module = _parsed(path)
    yield from (f"### {name}", "", *_prose(ast.get_docstring(module) or ""), "")
    for function in module.body:
        if not isinstance(function, ast.FunctionDef) or function.name.startswith("_"):
            continue
        rules = [one for one in ast.walk(function) if isinstance(one, ast.FunctionDef)]
        rows = [row for one in rules if (row := _row(one)) is not None]
        docstring = ast.get_docstring(function)
        if not docstring or (not rows and "[" not in docstring):
            continue
        yield from (f"**{function.name}**", "", *_prose(docstring), "")
        if rows:
            yield from ("| rule | says | expression |", "| --- | --- | --- |", *rows, "")
    if name == "prices":
        yield from _constants(module, path)


def _row(function: ast.FunctionDef) -> str | None:
    """A constraint or expression of a block as a row of a table; None for any other function."""
    for decorator in function.decorator_list:
        if not isinstance(decorator, ast.Call) or not isinstance(decorator.func, ast.Attribute):
            continue
        if decorator.func.attr not in ("Constraint", "Expression"):
            continue
        says = next((ast.unparse(one.value) for one in decorator.keywords if one.arg == "doc"), "")
        told = [one.value for one in ast.walk(function) if isinstance(one, ast.Return)]
        shown = "; ".join(ast.unparse(one) for one in told if one is not None)
        cells = (function.name, ast.literal_eval(says) if says else "", f"`{shown}`")
        return f"| {' | '.join(cell.replace('|', '∣') for cell in cells)} |"
    return None


def _constants(module: ast.Module, path: Path) -> Iterator[str]:
    """Prices with the comment that stands before or behind each."""
    source = path.read_text(encoding="utf-8").splitlines()
    told = "\n".join(source[module.body[0].end_lineno or 0 :]).strip()
    yield from ("```python", told, "```", "")


def _prose(docstring: str) -> Iterator[str]:
    """A docstring as Markdown: indented equations as code."""
    code = False
    for line in docstring.splitlines():
        indented = line.startswith("    ")
        if indented != code and (indented or line.strip()):
            yield "```" if code else "```text"
            code = indented
        yield line[4:] if indented else line
    if code:
        yield "```"
