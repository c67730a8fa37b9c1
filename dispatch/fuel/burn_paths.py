"""The contract for burn ahead: fuel drawn from each yard by path of weather and local day."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class YardBurn:
    """Fuel wanted from one yard, MWh of lower heating value; arrays (path, day).

    Energy, not tonnes: how many tonnes it takes depends on what lies in the pile by then. The
    yard gives the physical fuel of its units, heat and power (or heat's share, where its stock
    covers only that); `heat_mwh` is heat's part as the case reckons it (`fuel_for_heat`).
    """

    yard_id: str
    heat_mwh: Array
    power_mwh: Array
    expected_heat_mwh: Array  # (day,) at the expected temperature of each day
    expected_power_mwh: Array  # (day,)

    @property
    def fuel_mwh(self) -> Array:
        """All fuel drawn, (path, day)."""
        return self.heat_mwh + self.power_mwh

    @property
    def expected_mwh(self) -> Array:
        """All fuel drawn at the expected temperature, (day,)."""
        return self.expected_heat_mwh + self.expected_power_mwh

    def times(self, factor: Array | float) -> "YardBurn":
        """The burn times a factor, one or one a day."""
        return replace(
            self,
            heat_mwh=self.heat_mwh * factor,
            power_mwh=self.power_mwh * factor,
            expected_heat_mwh=self.expected_heat_mwh * factor,
            expected_power_mwh=self.expected_power_mwh * factor,
        )


@dataclass(frozen=True)
class DispatchCheck:
    """How the reduced dispatch did on the plan's own days, before it was fitted to them."""

    days: int  # whole days of the plan compared
    level: float  # heat of the plan over heat of the reduced dispatch: what it was fitted by
    fuel_error: dict[str, float]  # by yard: reduced fuel over the plan's at the plan's heat, less 1


@dataclass(frozen=True)
class BurnAhead:
    """What all yards are asked for, and the heat made meanwhile."""

    yards: tuple[YardBurn, ...]
    heat_mwh: Array  # (path, day) sent by all sources, losses included
    unserved_mwh: Array  # (path, day) heat no source could make
    power_mw: dict[str, Array]  # by yard: mean power of its units at expected weather, (day,)
    check: DispatchCheck | None  # None where no plan was there to compare with
    expected_heat_mwh: Array | None = None  # (day,) sent at the expected temperature
