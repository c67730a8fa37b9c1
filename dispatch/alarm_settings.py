"""`[alarms]` of `case.toml`: from when on a plan is too old, and whom runs are told."""

from enum import StrEnum

from pydantic import Field

from dispatch.case_kinds import Row


class WebhookKind(StrEnum):
    """What the service behind the webhook reads."""

    JSON = "json"  # all of it, for a program of one's own
    TEXT = "text"  # DingTalk and WeCom: a message of plain text
    FEISHU = "feishu"  # the same, as Feishu and Lark name its parts


class AlarmSettings(Row):
    """`[alarms]`: the age of a plan, and the webhook that hears of runs and faults."""

    plan_max_age_h: float = Field(default=26, ge=1, le=168)  # a plan a day, and two hours
    # Name of the environment variable that holds the address: it is a secret. The same name with
    # _FILE behind it may hold the path of a file with the address in it.
    webhook_url_env: str = Field(
        default="HEAT_DISPATCH_WEBHOOK_URL", pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,99}$"
    )
    webhook_kind: WebhookKind = WebhookKind.JSON
