"""MET Norway against a loopback service that keeps its terms: what is read, asked, and kept."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from loopback import loopback
from met_norway_service import Service, course_c, details_of, feature

from forecasts.series import check_weather
from forecasts.weather.best_forecast import best_forecast
from forecasts.weather.met_norway import MetNorway, Product
from forecasts.weather.met_norway_answer import parse_answer
from forecasts.weather.provenance import NoteCode, notes_of
from forecasts.weather.provider import Cause, Place, WeatherUnavailable
from forecasts.weather.run_store import StoredRuns
from forecasts.weather.solar import HOUR as HOUR64
from forecasts.weather.solar import clear_sky_w_per_m2
from forecasts.weather.spread_hint import spread_of
from forecasts.weather.verdict import Gate, Outcome, gates_of
from forecasts.weather.web import WebClient

ZAOZHUANG = Place(34.86, 117.55, "Asia/Shanghai")
NOW = datetime(2026, 1, 15, 5, 12, tzinfo=UTC)
START = datetime(2026, 1, 13, 16, tzinfo=UTC)
HOURS = 120
MINUTE = timedelta(minutes=1)
CONTACT = "dispatch@heat.example.cn"
SAMPLES = Path(__file__).resolve().parents[3] / "../shared/data/api_samples/met_norway"


@pytest.fixture
def service():
    return Service(NOW)


@pytest.fixture
def server(service):
    with loopback(service) as running:
        yield running


def provider(server, folder=None, **changes) -> MetNorway:
    web = WebClient(retries=0, backoff_s=0.0, read_timeout_s=5.0)
    return MetNorway(
        **{"contact": CONTACT, "base_url": server.base_url, "cache_folder": folder, "web": web}
        | changes
    )


def run_at(known_by, one):
    return one.latest_run(ZAOZHUANG, known_by, START, HOURS)


def verdict(run, gate):
    return next(one for one in gates_of(run) if one.gate is gate)


def refusal(one, known_by=NOW):
    with pytest.raises(WeatherUnavailable) as raised:
        run_at(known_by, one)
    assert raised.value.provider == "met_norway"
    assert raised.value.detail
    return raised.value


# ---- what is read ----------------------------------------------------------------------


def test_run_begins_now_and_holds_the_contract(server):
    run = check_weather(run_at(NOW, provider(server)))
    assert run.time.values[0] == np.datetime64("2026-01-15T05:00")
    assert run.time.values[-1] == np.datetime64("2026-01-23T23:00")  # instants to 00:00
    assert run.attrs["issue_time"] == "2026-01-15T02:12:00+00:00"  # updated_at
    assert run.attrs["issue_time_estimated"] == 0
    assert float(run.wind_speed.mean()) == pytest.approx(3.2)
    late = verdict(run, Gate.COVER)
    assert late.outcome is Outcome.DOUBTFUL
    assert "37 h after" in late.detail


def test_six_hourly_instants_are_made_hourly_and_it_is_said(server):
    """Every hour is there; the 7 K of each day come back after the end of the hourly part too.

    Instants from 12:00 on 17 January to 24 January: six and a half days, 156 h.
    """
    run = run_at(NOW, provider(server))
    step = verdict(run, Gate.STEP)
    assert step.outcome is Outcome.MENDED
    assert step.detail.startswith("156 of 211 h lie between instants up to 6 h apart, from 2026-01")
    ends = [
        (course_c(NOW.replace(minute=0) + k * MINUTE * 60)) for k in range(run.sizes["time"] + 1)
    ]
    means = (np.array(ends[:-1]) + np.array(ends[1:])) / 2
    hourly_part = slice(0, 54)
    np.testing.assert_allclose(run.air_temperature[hourly_part], means[hourly_part], atol=0.06)
    late = run.air_temperature.values[60:204]
    assert np.ptp(late) == pytest.approx(7.0, rel=0.06)  # 3.5 K up and down


def test_radiation_follows_from_the_clouds(server):
    run = run_at(NOW, provider(server))
    clear = clear_sky_w_per_m2(run.time.values, 34.86, 117.55)
    np.testing.assert_allclose(run.global_radiation, 0.92896 * clear, rtol=1e-4)
    assert [note.code for note in notes_of(run)] == [NoteCode.RADIATION_FROM_CLOUD]


def test_percentiles_are_kept_as_a_spread(server, service):
    """-4.0 to 1.1262 °C between the 10 and 90 % points of a normal distribution is 2 K."""
    details_of(service.content, 0)["air_temperature_percentile_10"] = -4.0
    details_of(service.content, 0)["air_temperature_percentile_90"] = 1.1262
    details_of(service.content, 1)["air_temperature_percentile_10"] = 3.0  # crossed: left out
    details_of(service.content, 1)["air_temperature_percentile_90"] = 1.0
    times, sigma_k = spread_of(run_at(NOW, provider(server)))
    assert times.tolist() == [np.datetime64("2026-01-15T05:00", "ns").item()]
    assert sigma_k.tolist() == [2.0]


def test_without_percentiles_there_is_no_spread(server):
    assert spread_of(run_at(NOW, provider(server))) is None


def test_missing_clouds_are_bridged_or_assumed(server, service):
    del details_of(service.content, 3)["cloud_area_fraction"]
    bridged = run_at(NOW, provider(server))
    assert NoteCode.CLOUD_ASSUMED not in [note.code for note in notes_of(bridged)]
    for k in range(len(service.content["properties"]["timeseries"])):
        details_of(service.content, k).pop("cloud_area_fraction", None)
    assumed = run_at(NOW, provider(server))
    assert [note.code for note in notes_of(assumed)] == [NoteCode.CLOUD_ASSUMED]
    assert float(assumed.global_radiation.sum()) < float(bridged.global_radiation.sum())


def test_a_plan_gets_every_hour_at_its_place(server):
    """The run begins 37 h after the plan's first hour: its values must not slip to the front."""
    weather = best_forecast([provider(server)], ZAOZHUANG, NOW, START, HOURS)
    run = run_at(NOW, provider(server))
    assert weather.sizes["time"] == HOURS
    assert weather.time.values[0] == np.datetime64("2026-01-13T16:00")
    both = slice(np.datetime64("2026-01-15T05:00"), np.datetime64("2026-01-18T15:00"))
    np.testing.assert_array_equal(
        weather.air_temperature.sel(time=both), run.air_temperature.sel(time=both)
    )
    assert weather.attrs["provider"] == "met_norway"


@pytest.mark.parametrize("name", ["compact", "complete"])
def test_recorded_answers_are_read(name):
    found = sorted(SAMPLES.glob(f"*_{name}.json"))
    if not found:
        pytest.skip("recorded answers are not beside this checkout")
    answer = parse_answer("met_norway", found[0].read_bytes())
    assert answer.times.size == 82
    assert answer.updated_at == datetime(2020, 7, 20, 1, 30, 57, tzinfo=UTC)
    assert answer.latitude == (39.9 if name == "compact" else 51.5)
    assert 0 <= answer.values["cloud"].min() <= answer.values["cloud"].max() <= 1


# ---- what is asked ---------------------------------------------------------------------


def test_who_asks_says_who_he_is_and_where_to_four_decimals(server):
    one = provider(server)
    one.latest_run(Place(34.8612345, 117.5567891, "Asia/Shanghai"), NOW, START, HOURS)
    (request,) = server.requests
    assert request.path == "/weatherapi/locationforecast/2.0/complete"
    assert request.query == {"lat": "34.8612", "lon": "117.5568"}
    assert request.headers["User-Agent"].startswith("heat-dispatch/")
    assert request.headers["User-Agent"].endswith(CONTACT)
    run_at(NOW, provider(server, product=Product.COMPACT))
    assert server.requests[1].path.endswith("/compact")


@pytest.mark.parametrize("contact", ["", "  ", "热力公司", "ops@example.org\r\nX-Evil: 1"])
def test_without_a_contact_nothing_is_asked(server, contact):
    why = refusal(provider(server, contact=contact))
    assert why.cause is Cause.NOT_CONFIGURED
    assert "contact in case.toml" in why.detail
    assert server.requests == []


def test_a_blocked_client_is_told_how_it_asked(server):
    why = refusal(provider(server, contact="nobody"))
    assert why.cause is Cause.REFUSED
    assert "HTTP 403" in why.detail
    assert "nobody" in why.detail


# ---- what is kept ----------------------------------------------------------------------


def test_nothing_is_asked_before_it_expires(server, service, tmp_path):
    """Two plans within the half hour rest on one request, and on the same run to the byte."""
    store = StoredRuns(tmp_path / "store")
    first = store.save(run_at(NOW, provider(server, tmp_path / "cache")))
    again = store.save(run_at(NOW + 30 * MINUTE, provider(server, tmp_path / "cache")))
    assert len(server.requests) == 1
    assert first == again  # the name holds issue, fetch and checksum


def test_after_that_it_is_asked_whether_there_is_news(server, service, tmp_path):
    one = provider(server, tmp_path)
    usual = run_at(NOW, one)
    service.now += 40 * MINUTE
    confirmed = run_at(NOW + 40 * MINUTE, one)
    assert len(server.requests) == 2
    assert "If-Modified-Since" not in server.requests[0].headers
    assert server.requests[1].headers["If-Modified-Since"] == "Thu, 15 Jan 2026 05:12:00 GMT"
    assert confirmed.identical(usual)
    run_at(NOW + 70 * MINUTE, one)  # the confirmation granted another 31 minutes
    assert len(server.requests) == 2


def test_news_takes_the_place_of_what_was_kept(server, service, tmp_path):
    one = provider(server, tmp_path)
    run_at(NOW, one)
    service.now = service.modified = NOW + 60 * MINUTE
    service.content = feature(NOW + 60 * MINUTE, updated_at=NOW + 50 * MINUTE)
    later = run_at(NOW + 60 * MINUTE, one)
    assert later.attrs["issue_time"] == "2026-01-15T06:02:00+00:00"
    assert later.time.values[0] == np.datetime64("2026-01-15T06:00")
    run_at(NOW + 80 * MINUTE, one)
    assert len(server.requests) == 2
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("off", [timedelta(days=-3), timedelta(days=3)])
def test_the_grace_is_measured_on_the_services_own_clock(server, service, tmp_path, off):
    """With our clock three days off, Expires alone would never, or for days, let us ask."""
    service.now += off
    one = provider(server, tmp_path)
    run_at(NOW, one)
    run_at(NOW + 30 * MINUTE, one)
    assert len(server.requests) == 1
    run_at(NOW + 32 * MINUTE, one)
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("headers", "after", "asked"),
    [
        ({"Expires": "0"}, 1, 2),
        ({"Expires": "Thu, 15 Jan 2099 05:12:00 GMT"}, 179, 1),
        ({"Expires": "Thu, 15 Jan 2099 05:12:00 GMT"}, 181, 2),  # not believed beyond 3 h
        ({"Expires": "Thu, 01 Jan 1970 00:00:00 GMT"}, 1, 2),
        ({"Date": "yesterday"}, 1, 2),
    ],
)
def test_headers_of_no_sense_grant_nothing_or_three_hours(
    server, service, tmp_path, headers, after, asked
):
    service.headers = headers
    one = provider(server, tmp_path)
    run_at(NOW, one)
    run_at(NOW + after * MINUTE, one)
    assert len(server.requests) == asked


def test_a_replay_does_not_see_what_was_fetched_later(server, service, tmp_path):
    """What was fetched at 06:12 was not known at 05:12, and stays kept for the plans of today."""
    one = provider(server, tmp_path)
    service.now = service.modified = NOW + 60 * MINUTE
    service.content = feature(NOW + 60 * MINUTE)
    run_at(NOW + 60 * MINUTE, one)
    service.content = feature(NOW)
    run_at(NOW, one)
    assert len(server.requests) == 2
    assert "If-Modified-Since" not in server.requests[1].headers
    run_at(NOW + 80 * MINUTE, one)
    assert len(server.requests) == 2


def test_without_a_folder_every_run_asks(server):
    one = provider(server)
    run_at(NOW, one)
    run_at(NOW, one)
    assert len(server.requests) == 2


def flipped(path: Path) -> None:
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 1
    path.write_bytes(bytes(body))


@pytest.mark.parametrize(
    "damage",
    [
        flipped,
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes()[:-100]),
        lambda path: path.write_bytes(b"\xff\xfe\n\xff\n\xff"),
        lambda path: (path.unlink(), path.mkdir()),
    ],
)
def test_a_damaged_answer_is_as_good_as_none(server, tmp_path, damage):
    one = provider(server, tmp_path)
    usual = run_at(NOW, one)
    (kept,) = tmp_path.iterdir()
    damage(kept)
    again = run_at(NOW, one)
    assert len(server.requests) == 2
    assert "If-Modified-Since" not in server.requests[1].headers
    np.testing.assert_array_equal(again.air_temperature, usual.air_temperature)


def test_a_disk_that_takes_nothing_costs_a_note(server, tmp_path):
    (tmp_path / "cache").write_text("in the way")
    run = run_at(NOW, provider(server, tmp_path / "cache"))
    assert NoteCode.NOT_STORED in [note.code for note in notes_of(run)]


def test_a_login_page_is_not_kept(server, service, tmp_path):
    one = provider(server, tmp_path)
    usual, service.content = service.content, b"<html>Please log in</html>"
    assert refusal(one).cause is Cause.NOT_JSON
    service.content = usual
    run_at(NOW, one)
    assert len(server.requests) == 2


# ---- what is refused -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (400, Cause.REFUSED),
        (404, Cause.REFUSED),
        (429, Cause.RATE_LIMITED),
        (500, Cause.SERVER_ERROR),
        (304, Cause.SERVER_ERROR),
    ],
)
def test_every_status_has_its_cause(server, service, status, cause):
    service.status = status
    assert refusal(provider(server)).cause is cause


def test_a_version_to_be_closed_is_said(server, service):
    service.status = 203
    run = run_at(NOW, provider(server))
    assert NoteCode.SERVICE_ENDS in [note.code for note in notes_of(run)]


def steps(answer):
    return answer["properties"]["timeseries"]


def put(k, **details):
    return lambda answer: details_of(answer, k).update(details)


def for_two_hours(**details):
    def spoil(answer):
        for k in (20, 21):
            details_of(answer, k).update(details)

    return spoil


def without(label):
    def spoil(answer):
        for k in range(len(steps(answer))):
            del details_of(answer, k)[label]

    return spoil


def units(**changes):
    return lambda answer: answer["properties"]["meta"]["units"].update(changes)


def retimed(k, text):
    return lambda answer: steps(answer)[k].update(time=text)


def cut(first, last):
    def spoil(answer):
        del steps(answer)[first:last]

    return spoil


FAULTS = [
    (lambda a: a["geometry"].update(coordinates=[34.86, 117.55]), Cause.WRONG_PLACE),
    (lambda a: a["geometry"].update(coordinates=[117.55]), Cause.MISSING_FIELD),
    (lambda a: a["geometry"].update(coordinates=["117.55", "34.86"]), Cause.NOT_PLAUSIBLE),
    (lambda a: a.pop("properties"), Cause.MISSING_FIELD),
    (lambda a: a["properties"]["meta"].pop("updated_at"), Cause.MISSING_FIELD),
    (lambda a: a["properties"]["meta"].update(updated_at="today"), Cause.WRONG_TIMES),
    (
        lambda a: a["properties"]["meta"].update(updated_at="2026-01-15T09:00:00Z"),
        Cause.WRONG_TIMES,
    ),
    (lambda a: a["properties"].update(timeseries=[]), Cause.WRONG_LENGTH),
    (lambda a: a["properties"].update(timeseries=[None]), Cause.MISSING_FIELD),
    (lambda a: steps(a)[5]["data"].pop("instant"), Cause.MISSING_FIELD),
    (without("air_temperature"), Cause.MISSING_FIELD),
    (without("wind_speed"), Cause.MISSING_FIELD),
    (units(air_temperature="kelvin"), Cause.WRONG_UNITS),
    (units(wind_speed="knots"), Cause.WRONG_UNITS),
    (units(cloud_area_fraction=None), Cause.MISSING_FIELD),
    (put(4, air_temperature="-3.1"), Cause.NOT_PLAUSIBLE),
    (put(4, air_temperature=True), Cause.NOT_PLAUSIBLE),
    (put(4, air_temperature=1e12), Cause.NOT_PLAUSIBLE),
    (for_two_hours(air_temperature=66.0), Cause.NOT_PLAUSIBLE),
    (for_two_hours(wind_speed=-9.0), Cause.NOT_PLAUSIBLE),
    (retimed(6, "2026-01-15T10:00:00Z"), Cause.WRONG_TIMES),  # twice
    (retimed(6, "2026-01-15T11:30:00Z"), Cause.WRONG_TIMES),
    (retimed(6, "2026-01-15T11:00:00"), Cause.WRONG_TIMES),  # no zone
    (cut(0, 4), Cause.WRONG_TIMES),  # begins three hours after now
    (cut(10, 20), Cause.WRONG_TIMES),  # a break of 11 h on the first day: too short a run
]


@pytest.mark.parametrize(("spoil", "cause"), FAULTS)
def test_every_fault_has_its_cause(server, service, spoil, cause):
    spoil(service.content)
    assert refusal(provider(server)).cause is cause


def test_a_break_on_a_later_day_ends_the_run_there(server, service):
    """Instants 24 h apart say nothing of the day between: the climate does that better."""
    cut(60, 63)(service.content)
    run = run_at(NOW, provider(server))
    last = np.datetime64(steps(service.content)[59]["time"].removesuffix("Z"), "ns")
    assert run.time.values[-1] == last - HOUR64


def test_single_instants_without_temperature_are_bridged(server, service):
    """One null of the hourly part: an hour between instants two hours apart."""
    put(4, air_temperature=None)(service.content)
    run = run_at(NOW, provider(server))
    assert run.sizes["time"] == 211
    assert verdict(run, Gate.STEP).detail.startswith("158 of 211 h")


def test_a_cut_answer_is_no_json(server, service):
    body = json.dumps(service.content).encode()
    service.content = body[: len(body) // 2]
    assert refusal(provider(server)).cause is Cause.NOT_JSON
