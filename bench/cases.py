"""Plans to measure: the bundled cases on the embedded climate, so that no network is needed."""

from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from dispatch.case import Case
from dispatch.case_files import read_case
from dispatch.case_kinds import WeatherKind
from dispatch.daily_request import DailyRequest
from dispatch.inputs import PlanInputs, plan_inputs
from dispatch.settings import Settings, WeatherSource
from dispatch.situation import forecast_for
from dispatch.time_grid import plan_start, time_grid

CASES = Path(__file__).parent.parent / "scenarios" / "cases"
NOW = datetime.fromisoformat("2026-01-15T05:30:00+08:00")


def bundled(name: str) -> Case:
    """A bundled case."""
    return read_case(CASES / name).case


def with_settings(case: Case, section: str, **update: object) -> Case:
    """The case with some values of one section of its settings changed."""
    part = getattr(case.settings, section).model_copy(update=update)
    return _with(case, case.settings.model_copy(update={section: part}))


def _with(case: Case, settings: Settings) -> Case:
    return case.model_copy(update={"settings": settings})


def inputs_of(case: Case, now: datetime = NOW) -> PlanInputs:
    """Inputs of a first plan on the embedded climate."""
    weather = (WeatherSource(kind=WeatherKind.CLIMATE),)
    offline = _with(case, case.settings.model_copy(update={"weather": weather}))
    time = case.settings.time
    grid = time_grid(plan_start(now, time.step_min), time, case.settings.timezone)
    with TemporaryDirectory() as name:
        folder = Path(name)
        request = DailyRequest(folder, now, folder / "runs", folder / "store")
        return plan_inputs(offline, grid, forecast_for(offline, request, now, grid), None)
