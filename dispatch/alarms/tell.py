"""What the webhook is told of a run: of a plan that is out, or of a command that failed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dispatch.alarm_settings import AlarmSettings, WebhookKind
from dispatch.alarms.alarm import Alarm
from dispatch.alarms.webhook import post
from dispatch.messages import say
from dispatch.plan import Quality
from dispatch.quality_words import quality_word
from dispatch.run_archive import plain_data

MOST_LINES = 8  # of a chat message: it is read on a telephone
MOST_LETTERS = 300  # of one line


@dataclass(frozen=True)
class Told:
    """A run in a few words; `run` and `quality` are None where there is no plan."""

    case: str
    run: str | None
    quality: str | None
    reasons: tuple[str, ...]
    alarms: tuple[Alarm, ...]
    exit_code: int
    when: datetime  # aware


def tell(settings: AlarmSettings, told: Told) -> str:
    """Post what is told; return "" or one line that says why it could not be. Never raises."""
    return post(settings, body(settings.webhook_kind, told))


def body(kind: WebhookKind, told: Told) -> dict[str, object]:
    """Return the JSON that a service of this kind reads."""
    if kind is WebhookKind.TEXT:
        return {"msgtype": "text", "text": {"content": words(told)}}
    if kind is WebhookKind.FEISHU:
        return {"msg_type": "text", "content": {"text": words(told)}}
    content = plain_data(told)
    named: dict[str, object] = {"schema": "heat-dispatch/told", "version": 1}
    return named | (content if isinstance(content, dict) else {})


def words(told: Told) -> str:
    """Return what is told as lines of text."""
    known = {"case": told.case, "when": f"{told.when:%Y-%m-%d %H:%M}"}
    if told.quality is None:
        head = say("alarms.told_failed", **known, exit_code=told.exit_code)
    else:
        label = quality_word(Quality(told.quality))
        head = say("alarms.told_plan", **known, run=told.run, label=label)
    alarms = [
        say(
            "alarms.told_alarm",
            severity=say(f"alarms.severity_{one.severity.value}"),
            text=one.text,
        )
        for one in told.alarms
    ]
    return "\n".join((head, *_first([*alarms, *told.reasons])))


def _first(lines: Sequence[str]) -> list[str]:
    shown = [line if len(line) <= MOST_LETTERS else f"{line[:MOST_LETTERS]}…" for line in lines]
    if len(shown) <= MOST_LINES:
        return shown
    return [*shown[:MOST_LINES], say("alarms.told_more", count=len(shown) - MOST_LINES)]
