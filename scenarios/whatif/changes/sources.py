"""Changes of the heat sources: out, held back, not to be lit, burning more, on other power."""

from math import ceil
from typing import Literal

from pydantic import Field

from dispatch.case import CurvePoint, Outage, Source
from dispatch.case_curves import ROUNDING
from dispatch.case_kinds import OutageKind, PowerMode, SourceKind
from dispatch.case_polygon import power_band
from dispatch.inputs import plan_inputs
from dispatch.plan import Remark
from dispatch.situation import Situation
from dispatch.source_inputs import SourceInputs
from forecasts.weather.steps import resample
from scenarios.whatif.change import Change, ChangeFault, NotApplicable
from scenarios.whatif.edit import edited, with_case, with_sources
from scenarios.whatif.schedule_edit import with_scheduled
from scenarios.whatif.selection import SourceRole, source_of
from scenarios.whatif.window import TimedChange

PART_OF_UNIT = 1e-6  # less of a unit is none


class SourceOutage(TimedChange):
    """A source or some of its units are out (handbook §10: source loss, boiler trip)."""

    kind: Literal["source_outage"] = "source_outage"
    source: str = SourceRole.LARGEST.value
    units: int | None = Field(default=None, ge=1, le=200)  # of its row; None: by what is left
    available_fraction: float = Field(default=0, ge=0, le=1)  # of the row, where units is left out

    def applied(self, situation: Situation) -> Situation:
        """Return the situation with one more outage."""
        source = source_of(situation.case, self.source)
        left = self.available_fraction
        if self.units is not None:
            left = 1 - _possible_units(source, self.units) / source.unit_count
        return _with_outage(situation, self, source, left)


class SourceDerating(TimedChange):
    """A source gives less heat at most, with all its units: foul exchanger, wet coal, one fan."""

    kind: Literal["source_derating"] = "source_derating"
    source: str = SourceRole.LARGEST.value
    output_fraction: float = Field(default=0.7, ge=0.02, le=1)  # of what is installed

    def applied(self, situation: Situation) -> Situation:
        """Return the situation with a limit in `schedules.csv`; a lower one that stands stays."""
        case = situation.case
        source = source_of(case, self.source)
        if not source.kind.makes_heat:
            raise NotApplicable(_about(source, "scenario.source_is_tank"))
        most_mw = self.output_fraction * source.installed_mw
        schedules = with_scheduled(
            case,
            source.source_id,
            "max_output_mw",
            self.window(situation),
            lambda now_mw: most_mw if now_mw is None else min(now_mw, most_mw),
            otherwise=source.installed_mw,
        )
        return with_case(situation, schedules=schedules)


class StartRefused(TimedChange):
    """Units that do not burn cannot be lit: a boiler refuses its start.

    Units that burn at the plan's start stay at hand. They are counted as the plan counts them: by
    the last plan, or without one by what settled heat needs.
    """

    kind: Literal["start_refused"] = "start_refused"
    source: str = SourceRole.LARGEST_BOILER.value
    units: int | None = Field(default=None, ge=1, le=200)  # that refuse; None: all that are cold

    def applied(self, situation: Situation) -> Situation:
        """Return the situation without the units that refuse.

        Raises NotApplicable where nothing of the source is lit, or all of it burns.
        """
        source = source_of(situation.case, self.source)
        if source.kind in (SourceKind.THERMAL_STORAGE, SourceKind.PURCHASED_HEAT):
            raise NotApplicable(_about(source, "scenario.source_not_lit"))
        count = source.unit_count
        refuse = count if self.units is None else _possible_units(source, self.units)
        left = max(burning_units(situation, source), count - refuse)
        if left == count:
            raise NotApplicable(_about(source, "scenario.source_burns"))
        return _with_outage(situation, self, source, left / count)


class SourceFuelRate(Change):
    """A source burns more fuel for the same heat and power, or less: fouled, or overhauled."""

    kind: Literal["source_fuel_rate"] = "source_fuel_rate"
    source: str = SourceRole.LARGEST.value
    more_fuel: float = Field(default=0.05, ge=-0.3, le=0.5)  # 0.05: 5 % more

    def applied(self, situation: Situation) -> Situation:
        """Return the situation with another fuel curve, and as much more in the accounts."""
        case = situation.case
        chosen = source_of(case, self.source)
        if not chosen.kind.makes_heat:
            raise NotApplicable(_about(chosen, "scenario.source_is_tank"))
        times = 1 + self.more_fuel

        def burns(row: Source) -> Source:
            if row.source_id != chosen.source_id:
                return row
            return edited(
                row,
                efficiency=None if row.efficiency is None else row.efficiency / times,
                coal_kgce_per_gj=None
                if row.coal_kgce_per_gj is None
                else row.coal_kgce_per_gj * times,
                no_load_fuel_mw=row.no_load_fuel_mw * times,
            )

        def point(row: CurvePoint) -> CurvePoint:
            if row.source_id != chosen.source_id:
                return row
            if row.efficiency is not None:
                return edited(row, efficiency=row.efficiency / times)
            return edited(row, fuel_mw=(row.fuel_mw or 0.0) * times)

        curves = tuple(point(row) for row in case.curves)
        return with_case(with_sources(situation, burns), curves=curves)


class SourceRamp(Change):
    """A source changes its heat faster or more slowly."""

    kind: Literal["source_ramp"] = "source_ramp"
    source: str = SourceRole.LARGEST.value
    factor: float = Field(default=0.5, ge=0.02, le=10)

    def applied(self, situation: Situation) -> Situation:
        """Return the situation with another ramp of that source."""
        chosen = source_of(situation.case, self.source)
        ramp = chosen.ramp_mw_per_h * self.factor
        return with_sources(
            situation,
            lambda row: (
                edited(row, ramp_mw_per_h=ramp) if row.source_id == chosen.source_id else row
            ),
        )


class PowerSchedule(TimedChange):
    """The grid asks another power of a CHP on schedule, and so another heat of it (handbook §8)."""

    kind: Literal["power_schedule"] = "power_schedule"
    source: str = SourceRole.LARGEST_CHP.value
    factor: float = Field(default=0.8, ge=0, le=5)  # of the power that is scheduled
    power_mw: float | None = Field(default=None, ge=0, le=50_000)  # of all units, instead

    def applied(self, situation: Situation) -> Situation:
        """Return the situation with another schedule.

        Raises NotApplicable where no schedule says the power of that CHP, ChangeFault where the
        power lies outside what the CHP can do at any heat it may have.
        """
        case = situation.case
        source = source_of(case, self.source)
        if not source.kind.is_chp or source.power_mode is not PowerMode.SCHEDULED:
            raise NotApplicable(_about(source, "scenario.power_not_scheduled"))
        begins, ends = window = self.window(situation)
        schedules = with_scheduled(case, source.source_id, "power_mw", window, self._asked_mw)
        for row in schedules:
            if row.source_id == source.source_id and begins <= row.time < ends:
                self._check(source, case.curve_of(source.source_id), row.power_mw)
        return with_case(situation, schedules=schedules)

    def _asked_mw(self, now_mw: float | None) -> float:
        return self.factor * (now_mw or 0.0) if self.power_mw is None else self.power_mw

    def _check(self, source: Source, curve: tuple[CurvePoint, ...], power_mw: float | None) -> None:
        corners = [
            (point.heat_mw, point.power_mw)
            for point in curve
            if point.heat_mw is not None and point.power_mw is not None
        ]
        band = power_band(corners, source.min_output_mw, source.max_output_mw)
        if band is None or power_mw is None:
            return
        low, high = (source.unit_count * end for end in band)
        if not low - ROUNDING * high <= power_mw <= high * (1 + ROUNDING):
            values: dict[str, object] = {"source": source.source_id, "value": round(power_mw, 1)}
            values |= {"low": round(low, 1), "high": round(high, 1)}
            column = "factor" if self.power_mw is None else "power_mw"
            raise ChangeFault(column, Remark("scenario.power_outside", values))


def burning_units(situation: Situation, source: Source) -> int:
    """Return how many units of a row burn at the plan's start, as the plan itself counts them."""
    grid = situation.grid
    weather = resample(situation.weather, grid.step_h)
    inputs = plan_inputs(situation.case, grid, weather, situation.state.last)
    unit = next(item for item in inputs.sources if item.source.source_id == source.source_id)
    return _lit(unit)


def _lit(unit: SourceInputs) -> int:
    if unit.units is not None:
        return unit.units.before
    needed = ceil(unit.heat_before_mw / unit.source.max_output_mw - PART_OF_UNIT)
    return min(max(needed, 0), unit.source.unit_count)


def _possible_units(source: Source, units: int) -> int:
    """Raises ChangeFault for more units than the row has."""
    if units > source.unit_count:
        values = {"source": source.source_id, "value": units, "count": source.unit_count}
        raise ChangeFault("units", Remark("scenario.too_many_units", values))
    return units


def _with_outage(
    situation: Situation, change: TimedChange, source: Source, left: float
) -> Situation:
    begins, ends = change.window(situation)
    outage = Outage.model_validate(
        {
            "kind": OutageKind.SOURCE,
            "id": source.source_id,
            "from": begins,
            "to": ends,
            "available_fraction": left,
            "reason": change.label,
        }
    )
    return with_case(situation, outages=(*situation.case.outages, outage))


def _about(source: Source, key: str) -> Remark:
    return Remark(key, {"source": source.source_id})


CHANGES = (SourceOutage, SourceDerating, StartRefused, SourceFuelRate, SourceRamp, PowerSchedule)
