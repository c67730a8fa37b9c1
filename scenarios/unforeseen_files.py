"""What an unforeseen turn of the weather costs, as files by name: tables, JSON and a picture."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from dispatch.case import Case
from dispatch.messages import say
from dispatch.run_tables import frame_file, utc_datetime
from scenarios.whatif.lived import Lived, Policy
from scenarios.whatif.lived_figures import LivedFigures, cold_since
from scenarios.whatif.lived_hours import Outdoors, PolicyHours, policy_hours

FOLDER = "unforeseen"  # beside what `scenario run` leaves of the scenario
TABLE_FILE, JSON_FILE, HOURS_FILE = "unforeseen.csv", "unforeseen.json", "hours.csv"
PICTURE_FILE = "unforeseen.png"
TABLE_COLUMNS = (
    *("policy", "plans", "heat_mwh", "fuel_tce", "more_fuel_tce", "stored_mwh"),
    *("corrected_tce", "cold_kh_per_home", "cold_homes", "cold_since", "coldest_flat_c"),
)


@dataclass(frozen=True)
class Unforeseen:
    """The whole answer: each policy as it was lived through and what it came to, in one order."""

    name: str  # of the scenario
    title: str
    case: Case
    outdoors: Outdoors
    lived: tuple[Lived, ...]
    figures: tuple[LivedFigures, ...]


def unforeseen_folder(out: Path, case_id: str, scenario: str) -> Path:
    """Return where the files of a question belong."""
    return out / case_id / scenario / FOLDER


def unforeseen_files(answer: Unforeseen) -> dict[str, bytes]:
    """Return every file by name, to be written by `atomic.write_files`."""
    # matplotlib is slow to import, and other commands need none of it.
    from scenarios.drawing import drawing_style, png_bytes
    from scenarios.unforeseen_chart import View, unforeseen_figure

    settings = answer.case.settings
    timezone, hours = settings.timezone, policy_hours(answer.lived, answer.case)
    titles = tuple(say("unforeseen.title", title=one) for one in (answer.title, answer.name))
    view = View(titles, timezone, settings.comfort.legal_min_c)
    with drawing_style():
        picture = png_bytes(unforeseen_figure(answer.outdoors, hours, view))
    return {
        TABLE_FILE: frame_file(_table(answer), timezone),
        JSON_FILE: unforeseen_json(answer.figures),
        HOURS_FILE: frame_file(_hours(answer.outdoors, hours), timezone),
        PICTURE_FILE: picture,
    }


def unforeseen_json(figures: Sequence[LivedFigures]) -> bytes:
    """Return the figures for machines: what `--json` prints."""
    plain = [asdict(one) for one in figures]
    return (json.dumps(plain, indent=2, ensure_ascii=False) + "\n").encode()


def policy_id(policy: Policy) -> str:
    """Return the name of a policy in tables: `knew`, `held`, `every_12_h`."""
    if policy.foresight:
        return "knew"
    return "held" if policy.replan_h is None else f"every_{policy.replan_h}_h"


def _table(answer: Unforeseen) -> pd.DataFrame:
    """A row a policy; `cold_since` is empty where no flat falls under the law."""
    rows = [
        (
            policy_id(one.policy),
            one.plans,
            one.heat_mwh,
            one.fuel_tce,
            one.more_fuel_tce,
            one.stored_mwh,
            one.corrected_tce,
            one.cold.flats_kh,
            one.cold.homes,
            cold_since(lived, answer.case),
            one.cold.coldest_flat_c,
        )
        for lived, one in zip(answer.lived, answer.figures, strict=True)
    ]
    return pd.DataFrame(rows, columns=list(TABLE_COLUMNS), dtype=object)


def _hours(outdoors: Outdoors, policies: Sequence[PolicyHours]) -> pd.DataFrame:
    """A row a step, by its start: heat is the mean of the step, rooms are those at its end."""
    columns: dict[str, object] = {
        "time": [utc_datetime(start) for start in outdoors.start],
        "outdoor_first_forecast_c": outdoors.hoped_c,
        "outdoor_came_c": outdoors.came_c,
    }
    for one in policies:
        name = policy_id(one.policy)
        columns |= {
            f"{name}_heat_mw": one.heat_mw,
            f"{name}_mean_room_c": one.mean_room_c,
            f"{name}_coldest_flat_c": one.coldest_flat_c,
        }
    return pd.DataFrame(columns)
