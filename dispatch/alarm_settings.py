"""`[alarms]` of `case.toml`: limits of alarms, and whom runs and alarms are told."""

from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from dispatch.case_kinds import Row, swapped


class WebhookKind(StrEnum):
    """What the service behind the webhook reads."""

    JSON = "json"  # all of it, for a program of one's own
    TEXT = "text"  # DingTalk and WeCom: a message of plain text
    FEISHU = "feishu"  # the same, as Feishu and Lark name its parts


class AlarmSettings(Row):
    """`[alarms]`: limits, and the webhook that hears of runs, alarms and faults."""

    plan_max_age_h: float = Field(default=26, ge=1, le=168)  # a plan a day, and two hours
    # Limits of handbook §10; those of the secondary side stand in `stations.csv`.
    supply_off_k: float = Field(default=3, gt=0, le=30)  # primary, from its setpoint
    off_after_min: float = Field(default=30, ge=0, le=720)
    source_off_pct: float = Field(default=10, gt=0, le=90)  # of the planned heat
    primary_return_max_c: float = Field(default=60, ge=30, le=100)
    pressure_drop_mpa: float = Field(default=0.05, gt=0, le=1)  # of return pressure
    make_up_max_pct: float = Field(default=2, gt=0, le=50)  # of the flow
    lost_after_min: float = Field(default=10, ge=1, le=1440)  # and three usual readings
    cold_rooms_pct: float = Field(default=3, ge=0, le=100)  # of room sensors, under the law
    coal_warning_days: float = Field(default=7, ge=0, le=90)  # of cover: order (H§9, H§10)
    coal_critical_days: float = Field(default=3, ge=0, le=90)
    # Name of the environment variable that holds the address: it is a secret. The same name with
    # _FILE behind it may hold the path of a file with the address in it.
    webhook_url_env: str = Field(
        default="HEAT_DISPATCH_WEBHOOK_URL", pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,99}$"
    )
    webhook_kind: WebhookKind = WebhookKind.JSON

    @model_validator(mode="after")
    def _warning_before_critical(self) -> Self:
        if self.coal_critical_days > self.coal_warning_days:
            raise swapped(
                "coal_critical_days",
                self.coal_critical_days,
                "coal_warning_days",
                self.coal_warning_days,
            )
        return self
