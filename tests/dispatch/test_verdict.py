"""Green, amber or red: each reason alone, on a plan that is otherwise without fault.

The example's case: plants A and B with shares of 60 and 40 %, loops S1 and S2 ours, S3 run by
others. Its coldest flats are 1.5 K below the mean, so a mean of 19.5 °C is the least that is
legal; the floor is 20 °C.
"""

from dataclasses import fields, replace
from datetime import timedelta

import numpy as np
import pytest
from example_plan import example_case, example_plan, example_schedule

from dispatch.case_kinds import PowerMode, SourceKind
from dispatch.exchanger import PrimaryFlow
from dispatch.plan import AuditFinding, AuditReport, Quality, Remark, SolveOutcome, SolveStatus
from dispatch.primary_side import PrimarySide
from dispatch.settle import SettledPlan
from dispatch.verdict import judge, weather_remarks
from forecasts.weather.provenance import Attempt, Note, NoteCode
from forecasts.weather.provider import Cause, Nature

OURS_1, OURS_2, OTHERS = range(3)
BLOCKS = 11
NO_FORECAST = (NoteCode.TYPICAL_YEAR_USED, NoteCode.CLIMATE_USED, NoteCode.LAST_RESORT)


def faultless():
    """A schedule with warm rooms, shares in their band, 5000 t a yard at 240 t a day."""
    schedule = example_schedule().assign_attrs(legal_min_c=18.0)
    schedule["station_cold_flat_margin"][:] = 1.5
    schedule["station_floor"][:] = 20.0
    schedule["station_indoor"][:] = 20.5
    schedule["station_heat_due"][:] = schedule["station_heat"].values
    schedule["yard_burn"][:] = 10.0
    schedule["yard_stock"][:] = 5_000.0
    return schedule


def forecast(**changes):
    """A live forecast of three hours ago."""
    base = example_plan().weather
    issued = base.known_by - timedelta(hours=3)
    values = {"provider": "meteo", "nature": Nature.FORECAST, "issue_time": issued, "age_h": 3.0}
    return replace(base, **(values | changes))


def primary(station_short_kw=None, plant_over_tph=None):
    """The primary side: nothing short unless said."""
    nothing = np.zeros((3, BLOCKS))
    short = nothing if station_short_kw is None else station_short_kw
    over = np.zeros((2, BLOCKS)) if plant_over_tph is None else plant_over_tph
    values = {field.name: nothing for field in fields(PrimarySide)}
    flow = PrimaryFlow(flow_tph=nothing, return_c=nothing, heat_kw=nothing, shortfall_kw=short)
    return PrimarySide(**(values | {"station": flow, "plant_flow_over_tph": over}))


def outcome(status=SolveStatus.OPTIMAL):
    return SolveOutcome(status, 100.0, {}, 1, 1, "none")


def settled(full=SolveStatus.OPTIMAL, resolve=SolveStatus.OPTIMAL):
    """A solved plan, of which only the outcomes are judged."""
    values = {field.name: None for field in fields(SettledPlan)}
    return SettledPlan(**(values | {"outcome": outcome(full), "resolve": outcome(resolve)}))


def verdict(schedule=None, *, case=None, plan=None, side=None, findings=(), weather=None, **more):
    return judge(
        case or example_case(),
        faultless() if schedule is None else schedule,
        plan or settled(),
        side or primary(),
        AuditReport((AuditFinding("zone_balance", 1e-9, 1e-6, "north"), *findings)),
        weather or forecast(),
        other_reasons=more.get("reasons", ()),
        other_notes=more.get("notes", ()),
    )


def keys(remarks):
    return [remark.key for remark in remarks]


def assert_amber_for(found, key, **figures):
    """Amber, for this reason alone, in these figures."""
    assert found.quality is Quality.AMBER
    assert keys(found.reasons) == [key]
    assert {name: found.reasons[0].values[name] for name in figures} == figures
    assert found.reasons[0].text


# ---- green ---------------------------------------------------------------------------------


def test_a_fresh_forecast_and_a_sound_plan_are_green():
    found = verdict()
    assert found.quality is Quality.GREEN
    assert found.reasons == ()
    assert found.notes == ()


def test_what_a_run_adds_counts_as_told():
    """A reason of the run makes it amber, a note does not; both are handed on."""
    said = Remark("daily.state_none")
    assert_amber_for(verdict(reasons=[said]), "daily.state_none")
    noted = verdict(notes=[said])
    assert (noted.quality, keys(noted.notes)) == (Quality.GREEN, ["daily.state_none"])


# ---- weather -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age_h", "quality"), [(17.9, Quality.GREEN), (18.0, Quality.GREEN), (18.1, Quality.AMBER)]
)
def test_a_forecast_is_fresh_for_eighteen_hours(age_h, quality):
    assert verdict(weather=forecast(age_h=age_h)).quality is quality


def test_an_old_forecast_is_said_with_its_age():
    found = verdict(weather=forecast(age_h=30.04))
    assert_amber_for(found, "daily.forecast_old", provider="meteo", age_h=30.0)


@pytest.mark.parametrize(
    ("nature", "code"),
    [
        (Nature.TYPICAL_YEAR, NoteCode.TYPICAL_YEAR_USED),
        (Nature.CLIMATE, NoteCode.CLIMATE_USED),
        (Nature.CLIMATE, NoteCode.LAST_RESORT),
    ],
)
def test_weather_that_is_no_forecast_is_amber_for_that_alone(nature, code):
    """Its age means nothing: a typical year is not "old"."""
    weather = forecast(nature=nature, age_h=9_000.0, notes=(Note(code, "climate"),))
    assert_amber_for(verdict(weather=weather), f"weather.note_{code.value}")


@pytest.mark.parametrize("code", [code for code in NoteCode if code not in NO_FORECAST])
def test_other_notes_on_the_weather_stay_notes(code):
    """Filled hours, a kept run, a far station: worth knowing, no reason to distrust the plan."""
    found = verdict(weather=forecast(notes=(Note(code, "3"),)))
    assert found.quality is Quality.GREEN
    assert keys(found.notes) == [f"weather.note_{code.value}"]


def test_a_second_live_forecast_is_as_good_as_the_first():
    """The first service did not answer: that is a note, and the plan stays green."""
    tried = Attempt("first", Cause.TIMEOUT, "after 10 s")
    found = verdict(weather=forecast(provider="second", attempts=(tried,)))
    assert found.quality is Quality.GREEN
    (note,) = found.notes
    assert note.key == "weather.timeout"
    assert dict(note.values) == {"provider": "first", "detail": "after 10 s"}


def test_attempts_come_before_other_notes_on_the_weather():
    """In the order in which they happened."""
    tried = tuple(Attempt(name, Cause.NETWORK, "down") for name in ("first", "second"))
    _, notes = weather_remarks(
        forecast(attempts=tried, notes=(Note(NoteCode.FROM_STORE, "third"),))
    )
    assert [note.values["provider"] for note in notes] == ["first", "second", "meteo"]


# ---- the solver ----------------------------------------------------------------------------


@pytest.mark.parametrize("stage", ["full", "resolve"])
def test_a_plan_that_is_not_proven_is_amber(stage):
    """Either of the two solves may have met its time limit."""
    plan = settled(**{stage: SolveStatus.TIME_LIMIT_WITH_PLAN})
    assert_amber_for(verdict(plan=plan), "daily.not_proven")


# ---- shares --------------------------------------------------------------------------------


def test_a_share_outside_its_band_is_amber_with_its_figures():
    """A at 70 % for three hours, where 55 to 65 % are agreed; B stays in its own band."""
    schedule = faultless()
    schedule["plant_share"][0, 4:7] = 0.70
    schedule["plant_share"][1, 4:7] = 0.40
    assert_amber_for(
        verdict(schedule),
        "daily.share_outside",
        plant="A",
        hours=3.0,
        least_pct=60.0,
        most_pct=70.0,
        low_pct=55.0,
        high_pct=65.0,
    )


@pytest.mark.parametrize(
    ("share", "quality"),
    [
        (0.5495, Quality.GREEN),
        (0.5485, Quality.AMBER),
        (0.6505, Quality.GREEN),
        (0.6515, Quality.AMBER),
    ],
)
def test_a_tenth_of_a_percent_is_rounding(share, quality):
    schedule = faultless()
    schedule["plant_share"][0, 5] = share
    assert verdict(schedule).quality is quality


def test_a_plant_outside_all_groups_has_no_band_to_leave():
    """Share and band of B are unknown (NaN): nothing to say of it."""
    schedule = faultless()
    for name in ("plant_share", "plant_share_min", "plant_share_max"):
        schedule[name][1] = np.nan
    assert verdict(schedule).quality is Quality.GREEN


# ---- rooms ---------------------------------------------------------------------------------


def test_a_floor_missed_while_flats_are_legal_is_amber():
    """S1 0.3 K under its floor of 20 °C for four hours, S2 0.2 K for two: six station-hours."""
    schedule = faultless()
    schedule["station_indoor"][OURS_1, 3:7] = 19.7
    schedule["station_indoor"][OURS_2, 3:5] = 19.8
    assert_amber_for(
        verdict(schedule),
        "daily.below_floor",
        stations=2,
        homes=800,
        below_k=0.3,
        station_hours=6,
    )


@pytest.mark.parametrize(
    ("before_c", "rooms_c", "quality"),
    [
        (19.7, [19.75, 19.8, 19.9], Quality.GREEN),  # measured cold, warmed up
        (20.0, [19.75, 19.8, 19.9], Quality.AMBER),  # let cool by the plan
        (19.7, [19.75, 19.6, 19.9], Quality.AMBER),  # falls further
        (19.7, [19.8] * 30, Quality.AMBER),  # for longer than a day
    ],
)
def test_rooms_that_began_under_their_floor_are_a_note_while_they_warm(before_c, rooms_c, quality):
    """A floor of 20 °C. Were the start a reason, a town with room sensors were amber every day."""
    schedule = faultless()
    if schedule.sizes["time"] < len(rooms_c):
        rooms_c = rooms_c[: schedule.sizes["time"]]
    schedule["station_indoor_before"][OURS_1] = before_c
    schedule["station_indoor"][OURS_1, : len(rooms_c)] = rooms_c
    found = verdict(schedule)
    assert found.quality is quality
    told = "daily.began_below_floor" in [note.key for note in found.notes]
    assert told == (quality is Quality.GREEN)


@pytest.mark.parametrize(
    ("indoor_c", "quality"),
    [(19.96, Quality.GREEN), (19.94, Quality.AMBER), (19.46, Quality.AMBER), (19.44, Quality.RED)],
)
def test_from_floor_to_law(indoor_c, quality):
    """20 °C the floor, 19.5 °C the law for the coldest flats; 0.05 K is rounding."""
    schedule = faultless()
    schedule["station_indoor"][OURS_1, 9] = indoor_c
    assert verdict(schedule).quality is quality


def test_cold_flats_at_our_stations_are_red():
    """Said once: that the floor is missed too would be no news. Heat comes as it is needed."""
    schedule = faultless()
    schedule["station_indoor"][OURS_1, 9] = 19.0
    found = verdict(schedule)
    assert found.quality is Quality.RED
    assert keys(found.reasons) == ["daily.cold_for_a_time"]


def test_red_says_its_amber_reasons_too_and_says_red_first():
    schedule = faultless()
    schedule["station_indoor"][OURS_1, 9] = 19.0
    found = verdict(schedule, weather=forecast(age_h=30.0))
    assert found.quality is Quality.RED
    assert keys(found.reasons) == ["daily.cold_for_a_time", "daily.forecast_old"]


# ---- stations run by others ----------------------------------------------------------------


def test_cold_at_stations_of_others_is_a_note_never_red():
    """Their curve leaves rooms at 12 °C, 6 K under the law: their managers are told."""
    schedule = faultless()
    schedule["station_indoor"][OTHERS, 9] = 12.0
    found = verdict(schedule)
    assert found.quality is Quality.GREEN
    (note,) = found.notes
    assert note.key == "daily.third_party_cold"
    assert dict(note.values) == {"stations": 1, "homes": 500, "below_k": 6.0}


@pytest.mark.parametrize(("served", "quality"), [(0.991, Quality.GREEN), (0.985, Quality.AMBER)])
def test_more_than_a_hundredth_unserved_is_amber(served, quality):
    """1200 kW due in each block; in one of them less comes."""
    schedule = faultless()
    schedule["station_heat"][OTHERS, 3] = 1200.0 * served
    found = verdict(schedule)
    assert found.quality is quality
    if quality is Quality.AMBER:
        assert_amber_for(found, "daily.third_party_unserved", worst_pct=1.5)


def test_heat_we_choose_to_give_less_is_not_unserved():
    """At our own stations heat is the plan's to choose; rooms say whether it was enough."""
    schedule = faultless()
    schedule["station_heat"][OURS_1, 3] = 500.0
    assert verdict(schedule).quality is Quality.GREEN


def test_stations_that_ask_for_nothing_lack_nothing():
    """Valves shut in the first block: no heat due, no division by it, which would hide that in a
    later block a tenth of what is due does not come.
    """
    schedule = faultless()
    for name in ("station_heat", "station_heat_due"):
        schedule[name][OTHERS, 0] = 0.0
    assert verdict(schedule).quality is Quality.GREEN
    schedule["station_heat"][OTHERS, 3] = 0.9 * 1200.0
    assert_amber_for(verdict(schedule), "daily.third_party_unserved", worst_pct=10.0)


# ---- the primary side ----------------------------------------------------------------------


def one_short(station, kw):
    short = np.zeros((3, BLOCKS))
    short[station, 2] = kw
    return primary(station_short_kw=short)


def test_a_commanded_station_that_cannot_draw_its_heat_is_amber():
    """50 of 1000 kW out of reach: 5 %. Up to 2 % is let pass."""
    found = verdict(side=one_short(OURS_1, 50.0))
    assert_amber_for(found, "daily.station_flow_short", stations=1, worst_pct=5.0)
    assert verdict(side=one_short(OURS_1, 19.0)).quality is Quality.GREEN


def test_a_station_of_others_that_cannot_draw_its_heat_is_a_note():
    """60 of 1200 kW."""
    found = verdict(side=one_short(OTHERS, 60.0))
    assert found.quality is Quality.GREEN
    (note,) = found.notes
    assert note.key == "daily.third_party_flow_short"
    assert dict(note.values) == {"stations": 1, "worst_pct": 5.0}


def test_a_plant_that_would_have_to_pump_too_much_is_amber():
    """42 t/h above B's limit in one block; 1 t/h is nothing."""
    over = np.zeros((2, BLOCKS))
    over[1, 4] = 42.4
    found = verdict(side=primary(plant_over_tph=over))
    assert_amber_for(found, "daily.plant_flow_over", plant="B", over_tph=42)
    assert verdict(side=primary(plant_over_tph=over / 42.4)).quality is Quality.GREEN


# ---- coal ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("stock_t", "quality"), [(1880.0, Quality.GREEN), (1879.0, Quality.AMBER)])
def test_a_yard_below_its_reserve_is_amber(stock_t, quality):
    """Seven days of 240 t are 1680 t, above 200 t that cannot be burnt; over 42 h 420 t burn, which
    is not a day's burn.
    """
    schedule = faultless()
    schedule["yard_stock"][0, -1] = stock_t
    assert verdict(schedule).quality is quality


def test_a_low_yard_is_said_with_its_days():
    """1400 t, of which 200 are unusable, at 240 t a day: 5 days, of a reserve of 7."""
    schedule = faultless()
    schedule["yard_stock"][1, 20:] = 1400.0
    assert_amber_for(
        verdict(schedule),
        "daily.yard_below_reserve",
        yard="yard_b",
        stock_t=1400,
        days=5.0,
        reserve_days=7.0,
    )


def test_a_yard_that_is_burnt_into_its_bottom_is_amber_once():
    """Below 200 t; that it is below its reserve too goes without saying."""
    schedule = faultless()
    schedule["yard_stock"][0, 30] = 199.0
    assert_amber_for(verdict(schedule), "daily.yard_bottom", yard="yard_a", stock_t=199)


def test_a_yard_that_burns_nothing_needs_no_reserve():
    schedule = faultless()
    schedule["yard_burn"][0] = 0.0
    schedule["yard_stock"][0] = 250.0
    assert verdict(schedule).quality is Quality.GREEN


# ---- boilers and audit ---------------------------------------------------------------------


def test_a_boiler_below_its_least_load_is_noted():
    """B1 at 12 MW for two hours where a unit must give 20; off is off, and not too low."""
    schedule = faultless()
    schedule["source_heat"][1, 5:7] = 12.0
    found = verdict(schedule)
    assert found.quality is Quality.GREEN
    (note,) = found.notes
    assert note.key == "daily.below_min_load"
    assert dict(note.values) == {"source": "B1", "hours": 2.0, "min_mw": 20.0}


def test_whole_units_have_no_parts_to_be_noted():
    """Where units are whole, least load is a hard rule of the audit and not a note."""
    schedule = faultless()
    schedule["source_heat"][1, 5:7] = 12.0
    schedule["source_commitment"][1] = 1.0
    assert verdict(schedule).notes == ()


@pytest.mark.parametrize("heat_mw", [0.0, 0.04, 19.96, 20.0])
def test_off_or_at_least_load_is_as_it_should_be(heat_mw):
    schedule = faultless()
    schedule["source_heat"][1, 5:7] = heat_mw
    assert verdict(schedule).notes == ()


def test_a_chp_at_part_of_a_unit_is_noted():
    """B1 made an extraction CHP in a band: 0.6 of a unit over all 42 hours of the plan."""
    case = example_case()
    changes = {"kind": SourceKind.CHP_EXTRACTION, "power_mode": PowerMode.BAND}
    sources = tuple(
        one.model_copy(update=changes) if one.source_id == "B1" else one for one in case.sources
    )
    found = verdict(case=case.model_copy(update={"sources": sources}))
    assert [(note.key, dict(note.values)) for note in found.notes] == [
        ("daily.part_of_chp", {"source": "B1", "hours": 42.0})
    ]


@pytest.mark.parametrize(("intercept_mw", "noted"), [(0.0, False), (20.0, True)])
def test_part_of_a_back_pressure_unit_matters_only_where_standstill_saves_fuel(intercept_mw, noted):
    """B1 with 0.6 of a unit of 40 to 100 MW gives 40 MW. On a line through standstill one whole
    unit burns the same for it; with 20 MW at no load it burns 8 MW more.
    """
    schedule = faultless()
    schedule = schedule.drop_vars([name for name in schedule if "vertex" in schedule[name].dims])
    shape = (3, 2)
    for name, row in (("heat", [40.0, 100.0]), ("power", [18.0, 45.0])):
        values = np.full(shape, np.nan)
        values[1] = row
        schedule[f"source_vertex_{name}"] = (("source", "vertex"), values)
    values = np.full(shape, np.nan)
    values[1] = intercept_mw + 1.25 * np.array([40.0, 100.0])
    schedule["source_vertex_fuel"] = (("source", "vertex"), values)
    schedule["source_power"][1] = 18.0
    schedule["source_fuel"][1] = 0.6 * intercept_mw + 50.0
    schedule["source_min_heat"][1] = 24.0
    case = example_case()
    changes = {"kind": SourceKind.CHP_BACKPRESSURE, "power_mode": PowerMode.BAND}
    sources = tuple(
        one.model_copy(update=changes) if one.source_id == "B1" else one for one in case.sources
    )
    found = verdict(schedule, case=case.model_copy(update={"sources": sources}))
    assert ("daily.part_of_chp" in [note.key for note in found.notes]) is noted


def test_power_that_the_grid_asks_and_does_not_get_is_amber():
    """A1 makes 50 MW; asked for 54 in three hours, it is 4 MW short in those."""
    schedule = faultless()
    schedule["source_power_min"][0, 4:7] = 54.0
    assert_amber_for(verdict(schedule), "daily.power_off", source="A1", hours=3.0, worst_mw=4.0)


def test_a_failed_rule_of_the_audit_is_red_and_named():
    wrong = AuditFinding("link_balance", 0.1, 1e-6, "A>north")
    also = AuditFinding("source_limits", 2.0, 0.01, "A1")
    found = verdict(findings=(wrong, also))
    assert found.quality is Quality.RED
    assert keys(found.reasons) == ["daily.audit_failed"]
    assert found.reasons[0].values["rules"] == "link_balance, source_limits"


def test_a_wish_that_the_audit_finds_unfulfilled_is_no_fault():
    wish = AuditFinding("comfort", 0.4, 0.1, "S1", soft=True)
    assert verdict(findings=(wish,)).quality is Quality.GREEN
