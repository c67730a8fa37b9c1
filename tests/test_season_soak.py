"""Two of the sixty mornings: a first one, and one on which everything is wrong at once."""

from pathlib import Path

from weather_server import weather_server

from bench.season_soak import mornings
from bench.season_town import Town
from bench.season_truth import FIRST

WORST = 56  # no service, telemetry of garbage, a locked database, two seconds


def test_the_worst_morning_has_a_plan_that_says_what_is_wrong(tmp_path: Path):
    with weather_server(FIRST) as server:
        town = Town(tmp_path, server.base_url)
        first, worst = mornings(town, server, (0, WORST))
    assert first.faults == []
    assert first.label == "green"
    assert worst.faults == []
    assert worst.label == "red"
    assert worst.rung in ("rolled", "curves")
    keys = {reason["key"] for reason in worst.reasons}
    assert keys & {"weather.note_climate_used", "weather.note_last_resort"}
