"""CHP units of reference cases: vertices of heat and power, and the fuel they take (handbook §8).

Fuel is that of one unit, MW on lower heating value.
"""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class ExtractionUnit:
    """An extraction-condensing unit: corners of its polygon and the fuel (P + c_v Q)/eta_c."""

    vertices_mw: tuple[tuple[float, float], ...]  # heat, power
    condensing_efficiency: float
    power_lost_per_heat: float = 0.17  # c_v

    def scaled(
        self, factor: float, condensing_efficiency: float, most_heat_mw: float | None = None
    ) -> "ExtractionUnit":
        """Return the like unit of another size, its corners rounded to 0.1 MW.

        `most_heat_mw` is given where the heat does not grow like the power.
        """
        largest_mw = max(heat for heat, _ in self.vertices_mw)
        heat_factor = factor if most_heat_mw is None else most_heat_mw / largest_mw
        corners = tuple(
            (round(heat * heat_factor, 1), round(power * factor, 1))
            for heat, power in self.vertices_mw
        )
        return replace(self, vertices_mw=corners, condensing_efficiency=condensing_efficiency)

    def fuel_mw(self, heat_mw: float, power_mw: float) -> float:
        """Return the fuel at a point of the polygon."""
        return (power_mw + self.power_lost_per_heat * heat_mw) / self.condensing_efficiency

    def rows(self, source_id: str) -> list[list[object]]:
        """Return its rows of `source_curves.csv`, under `CURVE_HEADER` of the plant tables."""
        return [
            [source_id, "", "", heat, power, f"{self.fuel_mw(heat, power):.2f}"]
            for heat, power in self.vertices_mw
        ]


@dataclass(frozen=True)
class BackpressureUnit:
    """A back-pressure unit: heat limits, power in a fixed ratio, fuel (P + Q)/total efficiency."""

    heat_mw: tuple[float, float]  # least and most
    power_per_heat: float = 0.45
    total_efficiency: float = 0.86

    def fuel_mw(self, heat_mw: float) -> float:
        """Return the fuel at a heat."""
        return (1 + self.power_per_heat) * heat_mw / self.total_efficiency

    def rows(self, source_id: str) -> list[list[object]]:
        """Return its rows of `source_curves.csv`, under `CURVE_HEADER` of the plant tables."""
        return [
            [
                source_id,
                "",
                "",
                heat,
                f"{self.power_per_heat * heat:.1f}",
                f"{self.fuel_mw(heat):.2f}",
            ]
            for heat in self.heat_mw
        ]


EXTRACTION_330 = ExtractionUnit(
    ((0, 330), (400, 262), (400, 230), (194, 117), (0, 150)), condensing_efficiency=0.375
)
BACKPRESSURE_50 = BackpressureUnit((44, 110))
