"""Ensembles of Open-Meteo against a loopback service: who the members are, and who is missing."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from open_meteo_service import open_meteo_service, truth

from forecasts.weather.climate.normals import normal_values
from forecasts.weather.open_meteo_answer import parse_columns
from forecasts.weather.open_meteo_ensemble import OpenMeteoEnsemble
from forecasts.weather.open_meteo_members import parse_members, side_by_side
from forecasts.weather.provenance import NoteCode, notes_of
from forecasts.weather.provider import Cause, Place, WeatherUnavailable
from forecasts.weather.verdict import Gate, Outcome, gates_of
from forecasts.weather.web import WebClient

ZAOZHUANG = Place(34.86, 117.55, "Asia/Shanghai")
NOW = datetime(2026, 1, 15, 5, 12, tzinfo=UTC)
START = datetime(2026, 1, 13, 16, tzinfo=UTC)
HOURS = 120
HOUR = timedelta(hours=1)
ECMWF, ICON = "ecmwf_ifs025_ensemble", "icon_seamless_eps"
SAMPLES = Path(__file__).resolve().parents[3] / "../shared/data/api_samples/open_meteo"


@pytest.fixture
def service():
    with open_meteo_service(now=NOW) as running:
        yield running


def fetched(service, *models):
    web = WebClient(retries=0)
    provider = OpenMeteoEnsemble(service.base_url, models or (ECMWF,), web=web)
    return provider.latest_run(ZAOZHUANG, NOW, START, HOURS)


def members_verdict(run):
    return next(verdict for verdict in gates_of(run) if verdict.gate is Gate.MEMBERS)


def nulled(*endings, names=("temperature_2m",)):
    """Return a fault: all values of the columns with these endings are null."""

    def spoil(answer):
        for name in names:
            for ending in endings:
                column = answer["hourly"][name + ending]
                column[:] = [None] * len(column)

    return spoil


def test_members_are_numbered_with_the_control_first(service):
    """Member 7 is 0.7 K above the control; a mix-up of columns would show here."""
    run = fetched(service)
    assert run.air_temperature.dims == ("member", "time")
    assert run.number.values.tolist() == list(range(51))
    assert set(run.model.values) == {ECMWF}
    assert run.time.values[0] == np.datetime64("2026-01-13T16:00")
    control = (truth(START) + truth(START + HOUR)) / 2
    assert float(run.air_temperature[0, 0]) == pytest.approx(control, abs=0.011)
    apart = run.air_temperature[7] - run.air_temperature[0]
    np.testing.assert_allclose(apart.values, 0.7, atol=0.011)
    assert members_verdict(run).outcome is Outcome.PASSED


def test_what_is_asked(service):
    fetched(service, ECMWF, ICON)
    (query,) = service.queries("/v1/ensemble")
    assert query["models"] == f"{ECMWF},{ICON}"
    assert query["hourly"] == "temperature_2m,wind_speed_10m,shortwave_radiation"
    assert query["wind_speed_unit"] == "ms"
    assert service.requests[1:] == [
        "/data/ecmwf_ifs025_ensemble/static/meta.json",
        "/data/dwd_icon_eps/static/meta.json",
    ]


def test_several_models_stand_side_by_side_and_the_oldest_dates_them(service):
    service.older = {"dwd_icon_eps": NOW - 13 * HOUR}
    run = fetched(service, ECMWF, ICON)
    assert run.sizes["member"] == 91
    assert run.model.values.tolist() == [ECMWF] * 51 + [ICON] * 40
    assert run.number.values[51:].tolist() == list(range(40))
    assert run.attrs["issue_time"] == "2026-01-14T16:12:00+00:00"
    assert run.attrs["issue_time_estimated"] == 0


def test_two_fetches_are_identical(service):
    assert fetched(service, ECMWF, ICON).identical(fetched(service, ECMWF, ICON))


def test_the_order_of_the_columns_does_not_matter(service):
    usual = fetched(service, ECMWF, ICON)

    def turned(answer):
        answer["hourly"] = dict(reversed(answer["hourly"].items()))

    service.spoil = turned
    assert fetched(service, ECMWF, ICON).identical(usual)


def test_units_without_suffix_and_the_old_spelling_are_read(service):
    usual = fetched(service)

    def old(answer):
        answer["hourly_units"] = {
            "temperature_2m": "°F",
            "windspeed_10m": "km/h",
            "shortwave_radiation": "W/m²",
        }
        for label in list(answer["hourly"]):
            column = answer["hourly"][label]
            if label.startswith("temperature"):
                column[:] = [c * 9 / 5 + 32 for c in column]
            elif label.startswith("wind_speed_10m"):
                renamed = label.replace("wind_speed_10m", "windspeed_10m")
                answer["hourly"][renamed] = [v * 3.6 for v in answer["hourly"].pop(label)]

    service.spoil = old
    for name in ("air_temperature", "wind_speed"):
        np.testing.assert_allclose(fetched(service)[name].values, usual[name].values, atol=1e-9)


def test_members_without_values_are_left_out_and_counted(service):
    service.spoil = nulled("_member03", "_member17")
    run = fetched(service)
    assert run.sizes["member"] == 49
    assert not {3, 17} & set(run.number.values.tolist())
    verdict = members_verdict(run)
    assert verdict.outcome is Outcome.DOUBTFUL
    assert "49 of 51 members" in verdict.detail


def test_members_that_were_never_sent_are_missed_too(service):
    """The service knows 51; an answer with 30 holds no null that would tell."""
    service.counts[ECMWF] = 30
    verdict = members_verdict(fetched(service))
    assert verdict.outcome is Outcome.DOUBTFUL
    assert "30 of 51 members" in verdict.detail


@pytest.mark.parametrize("count", [1, 4])
def test_of_a_handful_of_members_there_is_no_ensemble(service, count):
    service.counts[ECMWF] = count
    with pytest.raises(WeatherUnavailable) as raised:
        fetched(service)
    assert raised.value.cause is Cause.MISSING_FIELD
    assert f"{count} of 51 members" in raised.value.detail


def test_a_model_that_does_not_answer_is_named(service):
    service.counts[ICON] = 0
    run = fetched(service, ECMWF, ICON)
    verdict = members_verdict(run)
    assert run.sizes["member"] == 51
    assert verdict.outcome is Outcome.DOUBTFUL
    assert f"51 of 91 members answered; {ICON} did not" in verdict.detail


def ended(model, hours):
    """Return a fault: all columns of a model are null from so many hours after the first on."""

    def spoil(answer):
        for label, values in answer["hourly"].items():
            if label.endswith(model):
                values[hours:] = [None] * (len(values) - hours)

    return spoil


def test_a_model_that_ends_before_the_hours_asked_is_left_out_and_told(service):
    """Asked to the 18th, 16:00; ICON ends on the 17th. Cut at its end, a day would be lost."""
    whole = fetched(service, ECMWF, ICON)
    service.spoil = ended(ICON, 96)  # of hours from the 13th, 00:00
    run = fetched(service, ECMWF, ICON)
    assert set(run.model.values) == {ECMWF}
    assert run.sizes["time"] >= HOURS
    assert run.air_temperature.identical(whole.air_temperature[:51, : run.sizes["time"]])
    verdict = members_verdict(run)
    assert verdict.outcome is not Outcome.PASSED
    assert ICON in verdict.detail


def test_a_model_that_ends_after_the_hours_asked_cuts_the_run(service):
    service.spoil = ended(ICON, 144)
    run = fetched(service, ECMWF, ICON)
    assert run.sizes["member"] == 91
    assert run.time.values[-1] == np.datetime64("2026-01-18T22:00")


def test_a_member_with_a_hole_does_not_cost_the_others(service):
    def holed(answer):
        answer["hourly"]["temperature_2m_member05"][60:90] = [None] * 30

    service.spoil = holed
    run = fetched(service)
    assert run.sizes["member"] == 50
    assert 5 not in run.number.values
    assert members_verdict(run).outcome is Outcome.MENDED
    assert "member 5" in members_verdict(run).detail


def test_a_model_answered_under_another_name_is_not_missed(service):
    """The service answers `icon_seamless` as `icon_seamless_eps`: those are the members asked."""

    def renamed(answer):
        for part in ("hourly", "hourly_units"):
            answer[part] = {k.replace("gem_global", ICON): v for k, v in answer[part].items()}

    service.counts["gem_global"] = 40
    service.spoil = renamed
    run = fetched(service, ECMWF, "gem_global")
    assert set(run.model.values) == {ECMWF, ICON}
    assert members_verdict(run).outcome is Outcome.PASSED


def test_without_sun_a_member_takes_the_mean_of_the_others(service):
    """Were it taken as 0, a sunny noon would lose all its sun: some 5 % of a day's heat."""
    usual = fetched(service, ECMWF, ICON)

    def no_sun(answer):
        for label in [k for k in answer["hourly"] if k.startswith("shortwave") and ICON in k]:
            del answer["hourly"][label]

    service.spoil = no_sun
    run = fetched(service, ECMWF, ICON)
    np.testing.assert_allclose(run.global_radiation.values, usual.global_radiation.values)
    verdict = members_verdict(run)
    assert verdict.outcome is Outcome.MENDED
    assert "40 without sun take the mean of the others" in verdict.detail


def test_without_any_sun_the_usual_sun_of_the_season_is_taken_and_said(service):
    service.spoil = lambda answer: [
        answer["hourly"].pop(k) for k in list(answer["hourly"]) if k.startswith("shortwave")
    ]
    run = fetched(service)
    usual = normal_values(ZAOZHUANG, run.time.values)["global_radiation"]
    np.testing.assert_allclose(run.global_radiation.values[20], usual)
    verdict = members_verdict(run)
    assert verdict.outcome is Outcome.DOUBTFUL
    assert "usual sun of the season" in verdict.detail


def test_columns_of_two_models_must_say_whose_they_are(service):
    def nameless(answer):
        for part in ("hourly", "hourly_units"):
            answer[part] = {k.replace(f"_{ECMWF}", ""): v for k, v in answer[part].items()}

    service.spoil = nameless
    with pytest.raises(WeatherUnavailable) as raised:
        fetched(service, ECMWF, ICON)
    assert raised.value.cause is Cause.MISSING_FIELD


def test_a_run_that_could_not_be_had_yet_is_refused(service):
    """Begun 7 h before, but to be had 1 h later: a replay must not see it."""
    service.available_after = 8 * HOUR
    with pytest.raises(WeatherUnavailable) as raised:
        fetched(service)
    assert raised.value.cause is Cause.WRONG_TIMES


def test_without_a_run_time_of_one_model_the_issue_time_is_marked(service):
    run = fetched(service, ECMWF, "gem_global")
    assert run.attrs["issue_time_estimated"] == 0
    service.older = {"cmc_gem_geps": datetime(1980, 1, 1, tzinfo=UTC)}  # a time it cannot be
    run = fetched(service, ECMWF, "gem_global")
    assert run.attrs["issue_time_estimated"] == 1
    assert run.attrs["issue_time"] == "2026-01-14T22:12:00+00:00"
    assert [note.code for note in notes_of(run)] == [NoteCode.ISSUE_TIME_ESTIMATED]


def test_no_models_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="Name at least one"):
        OpenMeteoEnsemble(models=()).latest_run(ZAOZHUANG, NOW, START, HOURS)


@pytest.mark.parametrize(
    ("file", "models", "counts"),
    [
        ("ensemble.json", (ICON,), {ICON: 21}),
        ("ensemble_two_models.json", (ICON, ECMWF), {ICON: 40, ECMWF: 51}),
    ],
)
def test_recorded_answers_are_read(file, models, counts):
    recorded = SAMPLES / file
    if not recorded.exists():
        pytest.skip("recorded answers are not beside this checkout")
    found = json.loads(recorded.read_text())
    hourly = found["hourly"]
    if len(hourly["time"]) == 1:  # cut down to one hour; two are the least we take
        hourly["time"].append("2026-10-03T19:00")
        for label in hourly:
            hourly[label] = (hourly[label] * 2)[:2] if label != "time" else hourly[label]
    for label in [k for k in hourly if k.startswith("temperature_2m")]:  # recorded without wind
        hourly[label.replace("temperature_2m", "wind_speed_10m")] = [3.0, 3.0]
    found["hourly_units"]["wind_speed_10m"] = "m/s"
    columns = parse_columns("open_meteo_ensemble", json.dumps(found).encode())
    members = parse_members("open_meteo_ensemble", columns, models)
    assert {m: sum(one.model == m for one in members) for m in models} == counts
    ensemble = side_by_side(columns.times, members, models, ZAOZHUANG)
    assert ensemble.values["air_temperature"].shape == (len(members), 2)
