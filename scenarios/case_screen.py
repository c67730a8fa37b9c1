"""The screen of `heat-dispatch validate`: what a valid case holds."""

from collections.abc import Sequence

from dispatch.case import Case
from dispatch.case_kinds import Manager, SourceKind
from dispatch.messages import area, say
from dispatch.plan import Remark
from forecasts.demand.building import BASE_TEMP_C
from scenarios.screen import Fact, Screen, thousands
from scenarios.valid_coal import coal_lines


def case_screen(case: Case, remarks: Sequence[Remark]) -> Screen:
    """Return what a valid case holds, in a few figures, and what is worth knowing of it."""
    settings, stations = case.settings, case.stations
    stations_value = say(
        "cli.valid_stations_value",
        loops=len(stations),
        commanded=sum(station.managed_by is Manager.UTILITY for station in stations),
        homes=thousands(sum(station.homes for station in stations)),
        area=area(sum(station.heated_area_m2 for station in stations)),
    )
    sources_value = say(
        "cli.valid_sources_value",
        sources=len(case.sources),
        units=sum(source.unit_count for source in case.sources),
        plants=len(case.plant_ids),
        links=len(case.links),
        zones=len(case.zone_ids),
    )
    facts: tuple[Fact, ...] = (
        Fact(say("cli.valid_stations"), (stations_value,)),
        Fact(say("cli.valid_sources"), (sources_value,)),
        Fact(say("cli.valid_capacity"), (_capacity(case),)),
    )
    if case.yards:
        facts = (*facts, Fact(say("cli.valid_coal"), coal_lines(case)))
    notes = tuple(f"- {remark.text}" for remark in remarks)
    if notes:
        facts = (*facts, Fact(say("cli.notes"), notes))
    return Screen(say("cli.valid", name=settings.name), facts)


def _capacity(case: Case) -> str:
    """Heat of all sources against the design heat of all loops and the design loss of mains."""
    lift_k = BASE_TEMP_C - case.settings.design_outdoor_temp_c
    loads_w = (s.specific_loss_w_per_m2k * s.heated_area_m2 * lift_k for s in case.stations)
    design_mw = sum(loads_w) / 1e6 + sum(link.loss_mw_design for link in case.links)
    makes_heat = [s for s in case.sources if s.kind is not SourceKind.THERMAL_STORAGE]
    capacity_mw = sum(source.installed_mw for source in makes_heat)
    return say(
        "cli.valid_capacity_value",
        capacity_mw=capacity_mw,
        design_mw=design_mw,
        design_c=case.settings.design_outdoor_temp_c,
        ratio=capacity_mw / design_mw,
    )
