"""QWeather against a loopback service: what is read, what each code means, where the key is not."""

import json
import logging
import pickle
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from loopback import Reply, loopback
from qweather_service import KEY, TOKEN, Service, daily, hourly, newer_error

from forecasts.series import check_weather
from forecasts.weather.best_forecast import best_forecast
from forecasts.weather.provenance import NoteCode, notes_of
from forecasts.weather.provider import Cause, Place, WeatherUnavailable
from forecasts.weather.qweather import QWeather
from forecasts.weather.qweather_answer import parse_days, parse_hours
from forecasts.weather.run_store import StoredRuns
from forecasts.weather.solar import clear_sky_w_per_m2
from forecasts.weather.verdict import Gate, Outcome, gates_of
from forecasts.weather.web import WebClient

ZAOZHUANG = Place(34.86123, 117.55678, "Asia/Shanghai")
NOW = datetime(2026, 1, 15, 5, 12, tzinfo=UTC)  # 13:12 in China
START = datetime(2026, 1, 13, 16, tzinfo=UTC)
HOURS = 120
SAMPLES = Path(__file__).resolve().parents[3] / "../shared/data/api_samples/qweather"


@pytest.fixture
def service():
    return Service(NOW)


@pytest.fixture
def server(service):
    with loopback(service) as running:
        yield running


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    monkeypatch.setenv("QWEATHER_API_KEY", KEY)
    monkeypatch.delenv("QWEATHER_JWT", raising=False)
    monkeypatch.delenv("QWEATHER_API_HOST", raising=False)


def provider(server, **client) -> QWeather:
    quick = {"retries": 0, "backoff_s": 0.0, "read_timeout_s": 5.0} | client
    return QWeather(base_url=server.base_url, web=WebClient(**quick))


def run_of(server, hours=HOURS, known_by=NOW):
    return provider(server).latest_run(ZAOZHUANG, known_by, START, hours)


def refusal(server, known_by=NOW):
    with pytest.raises(WeatherUnavailable) as raised:
        run_of(server, known_by=known_by)
    assert raised.value.provider == "qweather"
    assert raised.value.detail
    return raised.value


def verdict(run, gate):
    return next(one for one in gates_of(run) if one.gate is gate)


def codes(run):
    return [note.code for note in notes_of(run)]


# ---- what is read ----------------------------------------------------------------------


def test_run_holds_the_contract_and_says_what_is_not_known(server):
    run = check_weather(run_of(server))
    assert run.attrs["issue_time"] == "2026-01-15T04:12:00+00:00"  # updateTime, 12:12 in China
    assert verdict(run, Gate.PLACE).outcome is Outcome.NOT_JUDGED
    assert verdict(run, Gate.COVER).outcome is Outcome.DOUBTFUL
    assert codes(run) == [NoteCode.RADIATION_FROM_CLOUD]


def test_hours_then_days(server):
    """From 13:00 in China: one shaped hour, 167 steps of 168 instants, then days to their end.

    120 h from 14 January 00:00 and two days for the store end on the 21st: 7 days are enough, and
    end before the hours do. A plan of 360 h takes the longest, 15 days to 29 January 24:00.
    """
    run = run_of(server)
    assert run.time.values[0] == np.datetime64("2026-01-15T05:00")
    assert run.sizes["time"] == 168
    longest = run_of(server, hours=360)
    assert longest.time.values[-1] == np.datetime64("2026-01-29T15:00")  # 29 January, 23:00
    assert longest.sizes["time"] == 11 + 14 * 24
    step = verdict(longest, Gate.STEP)
    assert step.outcome is Outcome.MENDED
    assert step.detail == "167 h as given, 180 h shaped from daily lows and highs"


def test_shaped_days_reach_their_lows_and_highs(server):
    """Day 10 from today: -17 to -7 °C, reached by an hour each; a broken join would shift them."""
    run = run_of(server, hours=360)
    day = run.air_temperature.sel(
        time=slice(np.datetime64("2026-01-24T16:00"), np.datetime64("2026-01-25T15:00"))
    )
    assert float(day.min()) == pytest.approx(-17, abs=0.02)
    assert float(day.max()) == pytest.approx(-7, abs=0.02)
    assert day.time.values[int(day.values.argmax())] == np.datetime64("2026-01-25T07:00")  # 15:00


def test_the_seam_between_hours_and_days_is_no_jump(server):
    """The hours end at 0 °C, the days there stand at about -10 °C: it must fade, not fall."""
    run = run_of(server, hours=360)
    assert float(np.abs(run.air_temperature.diff("time")).max()) < 3.0


def test_the_hours_shaped_before_meet_the_first_one_given(server, service):
    """The hours are 20 K warmer than the day says: 14:00 to 15:00 must not leap by 20 K.

    At a distance of one and two hours e^(-1/6) and e^(-2/6) of the 20 K are left, so the step to
    the first given hour is 3.1 K plus what the day's own course does.
    """
    for item in service.hours["hourly"]:
        item["temp"] = str(int(item["temp"]) + 20)
    del service.hours["hourly"][0]
    run = run_of(server)
    assert float(np.abs(run.air_temperature.diff("time")[:3]).max()) < 4.5


def test_km_per_h_become_m_per_s(server, service):
    """18 km/h are 5 m/s; 36 km/h by day and 9 by night, until 08:00 of the next morning."""
    service.days["daily"][10]["windSpeedNight"] = "9"  # of 25 January; all other nights are calm
    for k, item in enumerate(service.days["daily"]):
        if k != 10:
            item["windSpeedNight"] = "0"
    run = run_of(server, hours=360)
    wind = {
        str(time)[:13]: float(v) for time, v in zip(run.time.values, run.wind_speed, strict=True)
    }
    assert wind["2026-01-16T00"] == pytest.approx(5.0)
    assert wind["2026-01-25T00"] == pytest.approx(10.0)  # 08:00 in China
    assert wind["2026-01-25T11"] == pytest.approx(10.0)  # 19:00
    assert wind["2026-01-25T12"] == pytest.approx(2.5)  # 20:00
    assert wind["2026-01-25T23"] == pytest.approx(2.5)  # 07:00


def test_radiation_follows_from_the_clouds_of_hours_and_days(server):
    """Half-clouded hours leave 0.92896 of a clear sky, overcast days 0.25."""
    run = run_of(server, hours=360)
    clear = clear_sky_w_per_m2(run.time.values, 34.86123, 117.55678)
    np.testing.assert_allclose(run.global_radiation[1:168], 0.92896 * clear[1:168], rtol=1e-4)
    np.testing.assert_allclose(run.global_radiation[168:], 0.25 * clear[168:], rtol=1e-6)


@pytest.mark.parametrize(
    ("icon", "share"),
    [("100", 0.99997), ("104", 0.25), ("154", 0.25), ("305", 0.37), ("499", 0.37)],
)
def test_without_clouds_the_weather_icon_tells(server, service, icon, share):
    for k, item in enumerate(service.hours["hourly"]):
        item["icon"] = icon
        if k % 2:
            item["cloud"] = ""
        else:
            del item["cloud"]
    run = run_of(server)
    clear = clear_sky_w_per_m2(run.time.values, 34.86123, 117.55678)
    np.testing.assert_allclose(run.global_radiation[1:], share * clear[1:], rtol=0.01)
    assert NoteCode.CLOUD_ASSUMED not in codes(run)


def test_without_clouds_and_icons_an_average_sky_is_taken_and_said(server, service):
    for item in service.hours["hourly"]:
        item |= {"cloud": None, "icon": "999"}
    run = run_of(server)
    note = next(note for note in notes_of(run) if note.code is NoteCode.CLOUD_ASSUMED)
    assert note.detail == "167"


def test_what_lies_between_now_and_the_first_hour_is_shaped(server, service):
    """The service's clock is past 14:00, ours is not yet: its first hour is 15:00."""
    del service.hours["hourly"][0]
    run = run_of(server)
    assert run.time.values[0] == np.datetime64("2026-01-15T05:00")
    assert verdict(run, Gate.STEP).detail.endswith("2 h shaped from daily lows and highs")


def test_hours_that_begin_much_later_are_refused(server, service):
    del service.hours["hourly"][:5]
    assert refusal(server).cause is Cause.WRONG_TIMES


def test_days_that_cannot_be_had_cost_a_note(server, service):
    service.days_reply = Reply(200, b'{"code":"204"}')
    run = run_of(server)
    assert run.sizes["time"] == 167
    assert verdict(run, Gate.STEP).outcome is Outcome.PASSED
    note = next(note for note in notes_of(run) if note.code is NoteCode.DAYS_MISSING)
    assert "204" in note.detail


def test_days_of_another_month_are_left_aside(server, service):
    service.days = daily(NOW + timedelta(days=60), 15, updated_at=NOW)
    assert run_of(server).sizes["time"] == 167


def test_an_hour_left_out_is_bridged_and_said(server, service):
    """One instant missing leaves two steps without a value."""
    del service.hours["hourly"][20]
    run = run_of(server)
    gaps = verdict(run, Gate.GAPS)
    assert gaps.outcome is Outcome.MENDED
    assert run.attrs["interpolated_hours"] == 2


def test_empty_fields_at_the_end_shorten_the_hours(server, service):
    for item in service.hours["hourly"][-24:]:
        item["temp"] = ""
    run = run_of(server, hours=360)
    assert verdict(run, Gate.STEP).detail.startswith("143 h as given")


def test_a_plan_gets_every_hour_at_its_place(server):
    weather = best_forecast([provider(server)], ZAOZHUANG, NOW, START, HOURS)
    run = run_of(server)
    both = slice(np.datetime64("2026-01-15T05:00"), np.datetime64("2026-01-18T15:00"))
    np.testing.assert_array_equal(
        weather.air_temperature.sel(time=both), run.air_temperature.sel(time=both)
    )


def test_official_examples_are_read():
    if not SAMPLES.exists():
        pytest.skip("recorded answers are not beside this checkout")
    hours = parse_hours("qweather", (SAMPLES / "getWeatherHourlyV7-zh.json").read_bytes())
    assert hours.times[0] == np.datetime64("2021-02-16T07:00")  # 15:00 in Beijing
    assert hours.values["air_temperature"][0] == 2
    assert hours.values["wind_speed"][0] == pytest.approx(20 / 3.6)
    days = parse_days("qweather", (SAMPLES / "getWeatherDailyV7-zh.json").read_bytes())
    assert (days.min_c[0], days.max_c[0]) == (-1, 12)


# ---- what is asked ---------------------------------------------------------------------


def test_longitude_comes_first_with_two_decimals_and_the_key_in_a_header(server):
    run_of(server)
    first, second = server.requests
    assert (first.path, second.path) == ("/v7/weather/168h", "/v7/weather/7d")
    for request in server.requests:
        assert request.query == {"location": "117.56,34.86", "unit": "m"}
        assert request.headers["X-QW-Api-Key"] == KEY


def test_a_token_goes_before_a_key(server, monkeypatch):
    monkeypatch.setenv("QWEATHER_JWT", TOKEN)
    run_of(server)
    assert all(r.headers["Authorization"] == f"Bearer {TOKEN}" for r in server.requests)
    assert all("X-QW-Api-Key" not in r.headers for r in server.requests)


def test_the_host_may_come_from_the_environment(server, monkeypatch):
    monkeypatch.setenv("QWEATHER_API_HOST", server.base_url + "/")
    QWeather(web=WebClient(retries=0)).latest_run(ZAOZHUANG, NOW, START, HOURS)
    assert len(server.requests) == 2


def test_an_account_that_may_fetch_less_gets_less(server, service):
    service.closed = {"168h", "7d", "10d", "15d"}
    run = run_of(server)
    paths = [request.path.rpartition("/")[2] for request in server.requests]
    assert paths == ["168h", "72h", "7d", "3d"]
    assert run.sizes["time"] == 1 + 71  # 72 instants; three days from today end before them


@pytest.mark.parametrize(
    ("names", "base_url", "said"),
    [
        ({"QWEATHER_API_KEY": None}, "here", "QWEATHER_API_KEY"),
        ({"QWEATHER_API_KEY": "  "}, "here", "QWEATHER_API_KEY"),
        ({"QWEATHER_API_KEY": f"{KEY}\r\nX-Evil: 1"}, "here", "characters"),
        ({"QWEATHER_API_KEY": f"{KEY}钥"}, "here", "characters"),
        ({}, "", "QWEATHER_API_HOST"),
        ({}, "http://abc.qweatherapi.com", "https only"),
        ({}, "http://[", "web address"),
    ],
)
def test_what_is_lacking_is_said_and_nothing_is_asked(server, monkeypatch, names, base_url, said):
    for name, value in names.items():
        if value is None:
            monkeypatch.delenv(name)
        else:
            monkeypatch.setenv(name, value)
    one = QWeather(base_url=server.base_url if base_url == "here" else base_url)
    with pytest.raises(WeatherUnavailable) as raised:
        one.latest_run(ZAOZHUANG, NOW, START, HOURS)
    assert raised.value.cause is Cause.NOT_CONFIGURED
    assert said in raised.value.detail
    assert server.requests == []
    assert KEY not in texts_of(raised.value)


# ---- what is refused -------------------------------------------------------------------


def coded(code):
    return Reply(200, json.dumps({"code": code}).encode(), zipped=True)


REPLIES = [
    (coded("204"), Cause.REFUSED),
    (coded("400"), Cause.REFUSED),
    (coded("401"), Cause.KEY_REFUSED),
    (coded("402"), Cause.RATE_LIMITED),
    (coded("403"), Cause.KEY_REFUSED),
    (coded("404"), Cause.REFUSED),
    (coded("429"), Cause.RATE_LIMITED),
    (coded("500"), Cause.SERVER_ERROR),
    (coded("no more"), Cause.REFUSED),
    (coded(KEY), Cause.REFUSED),
    (Reply(200, b"{}"), Cause.MISSING_FIELD),
    (Reply(200, b"<html>log in</html>"), Cause.NOT_JSON),
    (Reply(200, b'{"code":"200"'), Cause.NOT_JSON),
    (Reply(400, newer_error(400, "invalid-parameter")), Cause.REFUSED),
    (Reply(401, newer_error(401, "unauthorized")), Cause.KEY_REFUSED),
    (Reply(403, newer_error(403, "invalid-host")), Cause.KEY_REFUSED),
    (Reply(404, f"no {KEY} here".encode()), Cause.REFUSED),
    (Reply(405, (" " * 190 + KEY).encode()), Cause.REFUSED),
    (Reply(429, newer_error(429, "too-many-requests")), Cause.RATE_LIMITED),
    (Reply(500, KEY.encode()), Cause.SERVER_ERROR),
    (Reply(200, b"[" * 3000, cut=True), Cause.NETWORK),
    (Reply(200, b"no gzip", {"Content-Encoding": "gzip"}), Cause.NETWORK),
]


@pytest.mark.parametrize(("reply", "cause"), REPLIES)
def test_every_failure_has_its_cause_and_no_key_in_it(server, service, caplog, reply, cause):
    service.reply = reply
    with caplog.at_level(logging.DEBUG):
        why = refusal(server)
    assert why.cause is cause
    leaks = [part for part in (KEY, KEY[:8]) if part in texts_of(why) + caplog.text]
    assert leaks == []


def put(part, k, **fields):
    def spoil(service):
        items = service.hours["hourly"] if part == "hourly" else service.days["daily"]
        items[k].update(fields)

    return spoil


FAULTS = [
    (lambda s: s.hours.pop("hourly"), Cause.MISSING_FIELD),
    (lambda s: s.hours.update(hourly={"temp": "1"}), Cause.MISSING_FIELD),
    (lambda s: s.hours.pop("updateTime"), Cause.MISSING_FIELD),
    (lambda s: s.hours.update(updateTime="2026-01-15T14:00+08:00"), Cause.WRONG_TIMES),
    (lambda s: s.hours.update(updateTime="2026-01-15T12:00"), Cause.WRONG_TIMES),
    (put("hourly", 3, fxTime="2026-01-15T16:00+08:00"), Cause.WRONG_TIMES),  # twice
    (put("hourly", 3, fxTime="2026-01-15T17:00"), Cause.WRONG_TIMES),  # no zone
    (put("hourly", 3, fxTime="2026-01-15T17:30+08:00"), Cause.WRONG_TIMES),
    (put("hourly", 167, fxTime="2036-01-22T13:00+08:00"), Cause.WRONG_TIMES),
    (put("hourly", 3, temp="two"), Cause.NOT_PLAUSIBLE),
    (put("hourly", 3, temp="NaN"), Cause.NOT_PLAUSIBLE),
    (put("hourly", 3, temp="Infinity"), Cause.NOT_PLAUSIBLE),
    (put("hourly", 3, temp=True), Cause.NOT_PLAUSIBLE),
    (put("hourly", 3, temp="999"), Cause.NOT_PLAUSIBLE),
    (put("hourly", 3, windSpeed="9999"), Cause.NOT_PLAUSIBLE),
]


@pytest.mark.parametrize(("spoil", "cause"), FAULTS)
def test_every_fault_has_its_cause(server, service, spoil, cause):
    spoil(service)
    assert refusal(server).cause is cause


@pytest.mark.parametrize(
    "spoil",
    [
        put("daily", 3, tempMin="9", tempMax="-9"),
        put("daily", 3, tempMin=""),
        put("daily", 3, fxDate="2026-01-17"),
        put("daily", 3, fxDate="the day after"),
        lambda service: service.days.update(updateTime="2026-01-15T14:00+08:00"),
        lambda service: service.days.update(updateTime="2026-01-13T14:00+08:00"),  # 47 h old
    ],
)
def test_faulty_days_are_left_out_and_said(server, service, spoil):
    spoil(service)
    run = run_of(server)
    assert run.sizes["time"] == 167
    assert NoteCode.DAYS_MISSING in codes(run)


def test_an_answer_cached_last_week_is_as_old_as_it_is(server, service):
    """Its hours reach to now and today's days follow: only its age tells, to the age gate."""
    service.hours = hourly(NOW - timedelta(days=7), 168)
    weather = best_forecast([provider(server)], ZAOZHUANG, NOW, START, HOURS)
    assert weather.attrs["provider"] != "qweather"
    assert '"stale"' in weather.attrs["attempts"]


def test_numbers_without_quotes_are_read_too(server, service):
    usual = run_of(server)
    for item in service.hours["hourly"]:
        item |= {"temp": float(item["temp"]), "windSpeed": 18, "cloud": 50}
    assert run_of(server).identical(usual)


# ---- where the key is not --------------------------------------------------------------


def texts_of(error: BaseException) -> str:
    """All that a log or a report could show of an error and what it came from."""
    said, seen = [], set()
    queue: list[BaseException | None] = [error]
    while queue:
        one = queue.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        said += [str(one), repr(one), repr(one.args), repr(vars(one))]
        queue += [one.__cause__, one.__context__]
    return "\n".join(said)


def test_the_key_is_in_no_run_no_file_no_log_and_no_name(server, tmp_path, caplog, monkeypatch):
    monkeypatch.setenv("QWEATHER_JWT", "")
    with caplog.at_level(logging.DEBUG):
        one = provider(server)
        run = one.latest_run(ZAOZHUANG, NOW, START, HOURS)
        StoredRuns(tmp_path).save(run)
        weather = best_forecast([one], ZAOZHUANG, NOW, START, HOURS, store=StoredRuns(tmp_path))
    assert KEY not in repr(one)
    assert KEY not in repr(vars(one))
    assert KEY not in repr(run.attrs) + repr(weather.attrs)
    assert KEY.encode() not in pickle.dumps(run)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert all(KEY.encode() not in path.read_bytes() for path in files)
    assert "api" in caplog.text.lower() or "GET" in caplog.text  # something was logged at all
    assert KEY not in caplog.text


def test_a_token_is_kept_as_close(server, service, monkeypatch, caplog):
    monkeypatch.setenv("QWEATHER_JWT", TOKEN)
    service.reply = Reply(405, (" " * 150 + TOKEN).encode())
    with caplog.at_level(logging.DEBUG):
        why = refusal(server)
    assert TOKEN[:30] not in texts_of(why) + caplog.text


def test_nobody_listening_tells_no_key():
    one = QWeather(base_url="http://127.0.0.1:9", web=WebClient(retries=0))
    with pytest.raises(WeatherUnavailable) as raised:
        one.latest_run(ZAOZHUANG, NOW, START, HOURS)
    assert raised.value.cause is Cause.NETWORK
    assert KEY not in texts_of(raised.value)


def test_the_key_does_not_follow_a_redirect(server, service):
    with loopback(lambda _: Reply(200, b"{}")) as elsewhere:
        service.reply = Reply(302, b"", {"Location": f"{elsewhere.base_url}/v7/weather/168h"})
        assert refusal(server).cause is Cause.REFUSED
        assert elsewhere.requests == []
