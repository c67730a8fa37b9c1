"""`[alarms]` of `case.toml`: from where on something is told, and whom (handbook §10)."""

from enum import StrEnum

from pydantic import Field

from dispatch.case_kinds import Row


class WebhookKind(StrEnum):
    """What the service behind the webhook reads."""

    JSON = "json"  # all of it, for a program of one's own
    TEXT = "text"  # DingTalk and WeCom: a message of plain text
    FEISHU = "feishu"  # the same, as Feishu and Lark name its parts


class AlarmSettings(Row):
    """`[alarms]`: limits of the handbook, and the webhook that hears of runs and faults."""

    supply_off_k: float = Field(default=3, gt=0, le=30)  # primary supply from its setpoint
    supply_off_min: float = Field(default=30, ge=5, le=720)  # for so long
    primary_return_max_c: float = Field(default=60, ge=30, le=110)
    return_pressure_drop_mpa: float = Field(default=0.05, gt=0, le=1)  # below its usual value
    make_up_share: float = Field(default=0.02, gt=0, le=1)  # of the flow
    silent_min: float = Field(default=10, ge=1, le=1_440)  # without a reading
    cold_share: float = Field(default=0.03, ge=0, le=1)  # of rooms below the law
    room_frost_c: float = Field(default=5, ge=-5, le=15)  # water in radiators is at risk
    heat_short_share: float = Field(default=0.15, gt=0, le=1)  # of a source's planned heat
    plan_max_age_h: float = Field(default=26, ge=1, le=168)  # a plan a day, and two hours
    # Name of the environment variable that holds the address: it is a secret. The same name with
    # _FILE behind it may hold the path of a file with the address in it.
    webhook_url_env: str = Field(
        default="HEAT_DISPATCH_WEBHOOK_URL", pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,99}$"
    )
    webhook_kind: WebhookKind = WebhookKind.JSON
