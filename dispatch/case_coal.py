"""What was measured of coal, as the case folder says it: surveys of piles, and the day's scales."""

from typing import Self

from pydantic import AwareDatetime, Field, model_validator

from dispatch.case_kinds import Row, fault

TO_SD = 1.96  # half-widths of a normal's 95 % interval in standard deviations


class Survey(Row):
    """A row of `surveys.csv`: a pile measured by volume and density (盘煤, handbook §9).

    `error_pct` is the half-width of the 95 % interval, in per cent of `stock_t`: nineteen of
    twenty surveys are that near the truth. Good ones reach 2 to 3 %.
    """

    yard_id: str
    time: AwareDatetime
    stock_t: float = Field(ge=0)  # physical tonnes, the unusable layer included
    # At least a tenth of a per cent: no survey is exact, and 0.025 is the slip for 2.5.
    error_pct: float = Field(default=2.5, ge=0.1, le=30)

    @property
    def sd_t(self) -> float:
        """Standard deviation of the survey, t."""
        return self.error_pct / 100.0 * self.stock_t / TO_SD


class CoalDay(Row):
    """A row of `coal_daily.csv`: what a yard really burnt and got on one local day.

    Physical tonnes by belt scale and weighbridge; the calorific value, on lower heating value, is
    that of the coal burnt (入炉煤). What was not measured stays empty; nothing received is 0.
    """

    date: str = Field(pattern=r"^\d{4}-\d\d-\d\d$")
    yard_id: str
    burnt_t: float | None = Field(default=None, ge=0)
    received_t: float | None = Field(default=None, ge=0)
    net_calorific_kcal_per_kg: float | None = Field(default=None, ge=1_500, le=8_500)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if {self.burnt_t, self.received_t, self.net_calorific_kcal_per_kg} == {None}:
            raise fault("coal_day_empty", column="burnt_t")
        return self
