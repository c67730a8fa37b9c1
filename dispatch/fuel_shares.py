"""Fuel for heat, three ways: by accounting, at the margin, and what is really burnt (handbook §8).

The physical fuel is what a unit burns, heat and power. Accounting gives heat a fixed share,
`coal_kgce_per_gj` = 34.12/(η_b η_p). The margin is what one more MW of heat takes, less the coal
that its power saves elsewhere. All in MW on lower heating value.
"""

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Case, Source, Yard
from dispatch.case_kinds import FuelForHeat, StockCovers
from dispatch.fuel_curve import marginal_by_step
from dispatch.source_inputs import MW_PER_KGCE_PER_GJ, TCE_PER_MWH, SourceInputs

Array = NDArray[np.float64]

KGCE_PER_KWH_AS_MW = 1.0 / TCE_PER_MWH  # MW of fuel a MW of power at 1 kgce/kWh stands for


def covers_heat_only(yard: Yard) -> bool:
    """Whether the yard's stock pays only for the heat's share of the fuel."""
    return yard.stock_covers is StockCovers.HEAT_SHARE


def accounting_rate(source: Source) -> float | None:
    """Fuel that accounting gives a MW of heat, MW/MW; None where the case does not say."""
    rate = source.coal_kgce_per_gj
    return None if rate is None else rate * MW_PER_KGCE_PER_GJ


def drawn_per_heat(source: Source, yard: Yard) -> float | None:
    """Fuel a MW of heat draws from a yard that covers heat only, MW/MW; None: all that is burnt.

    The one rule for model, schedule and reserve: of a CHP the accounting share, which is what
    the power plant charges the heat company, whatever `fuel_for_heat` reports. What a boiler
    burns is all for heat.
    """
    is_shared = covers_heat_only(yard) and source.kind.is_chp
    return accounting_rate(source) if is_shared else None


def accounting_fuel_mw(source: Source, heat: Array, fuel: Array) -> Array:
    """Fuel for heat by accounting; what is burnt where the case gives no rate."""
    rate = accounting_rate(source)
    return fuel if rate is None else rate * heat


def marginal_fuel_of_heat_mw(
    case: Case, unit: SourceInputs, heat: Array, power: Array, units: Array
) -> Array:
    """Fuel for heat as if every MW took what the next one does, `fuel_curve.marginal_fuel_mw`.

    At fixed power 15.5 kgce/GJ for the 330 MW extraction unit of handbook §8, with the credit
    for its power 20.0 for the back-pressure unit, 41.6 for a coal boiler.
    """
    credit = case.settings.fuel.power_credit_kgce_per_kwh * KGCE_PER_KWH_AS_MW
    fixed = unit.power_mw is not None
    rows = (heat, power, units)
    rate = marginal_by_step(unit.vertices, unit.planes, rows, credit, power_fixed=fixed)
    return rate * heat


def fuel_for_heat_mw(
    case: Case, unit: SourceInputs, accounting: Array, marginal: Array, fuel: Array
) -> Array:
    """Fuel reckoned to heat as the case asks (`fuel_for_heat`); all of it for a boiler."""
    if unit.vertices is None:
        return fuel
    by_accounting = case.settings.fuel.fuel_for_heat is FuelForHeat.ACCOUNTING
    return accounting if by_accounting else marginal
