"""`overrides.csv`: what the dispatcher holds by hand, from when to when, who says so and why."""

from enum import StrEnum
from typing import Self

from pydantic import AwareDatetime, Field, model_validator

from dispatch.case_kinds import Row, fault

BY_LENGTH = 60
REASON_LENGTH = 200


class PinWhat(StrEnum):
    """What is pinned: of most the column that outputs tell it in, its unit at the end."""

    HEAT_MW = "heat_mw"  # of a source; 0 pins it off
    MIN_HEAT_MW = "min_heat_mw"  # of a source
    MAX_HEAT_MW = "max_heat_mw"  # of a source, or of a main: heat sent into it
    UNITS_ON = "units_on"  # whole units of a source
    SHARE = "share"  # of a plant in its share group
    SUPPLY_TEMP_C = "supply_temp_c"  # of a plant
    SECONDARY_SUPPLY_C = "secondary_supply_c"  # of a station or one of its loops
    HEAT_KW = "heat_kw"  # of a loop
    INDOOR_TARGET_C = "indoor_target_c"  # of a station, one of its loops, or a zone

    @property
    def unit(self) -> str:
        """Unit of the value, as people write it."""
        if self is PinWhat.UNITS_ON or self is PinWhat.SHARE:
            return ""
        return {"mw": "MW", "kw": "kW", "c": "°C"}[self.value.rpartition("_")[2]]

    @property
    def is_of_stations(self) -> bool:
        """Whether stations and their loops are what it is about."""
        ours = (PinWhat.SECONDARY_SUPPLY_C, PinWhat.HEAT_KW, PinWhat.INDOOR_TARGET_C)
        return self in ours

    @property
    def is_of_plants(self) -> bool:
        """Whether plants are what it is about."""
        return self in (PinWhat.SHARE, PinWhat.SUPPLY_TEMP_C)


class Override(Row):
    """A row of `overrides.csv`: `what` of the thing `id` is `value` in the window."""

    id: str
    what: PinWhat
    from_time: AwareDatetime = Field(alias="from")
    to_time: AwareDatetime = Field(alias="to")
    value: float
    by: str
    reason: str

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.to_time <= self.from_time:
            raise fault("window_order", column="to", start=self.from_time, end=self.to_time)
        for column, text, most in (
            ("by", self.by, BY_LENGTH),
            ("reason", self.reason, REASON_LENGTH),
        ):
            if not text.strip() or len(text) > most or not text.isprintable():
                raise fault("pin_text", column=column, letters=len(text), most=most)
        return self

    @property
    def is_main(self) -> bool:
        """Whether the thing is a main, `from>to`: no other name holds that sign."""
        return ">" in self.id
