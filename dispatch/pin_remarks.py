"""What a plan says of the dispatcher's pins: reasons where one is not kept, notes for the rest."""

from collections.abc import Sequence

from dispatch.case_overrides import Override, PinWhat
from dispatch.messages import say
from dispatch.pinned import Kept, PinOutcome, PinState
from dispatch.plan import Remark
from dispatch.run_tables import local_text, local_time, utc_datetime


def pin_reasons(outcomes: Sequence[PinOutcome], timezone: str) -> list[Remark]:
    """Active pins that the plan does not keep, or not all the time, with what forbids it."""
    return [
        Remark(_key(one), _values(one, timezone))
        for one in outcomes
        if one.state is PinState.ACTIVE and one.kept is not Kept.FULL
    ]


def pin_notes(outcomes: Sequence[PinOutcome], timezone: str) -> list[Remark]:
    """Active pins that are kept, one by one; how many are still to come, and how many ended."""
    kept = [Remark("pin.kept", _values(one, timezone)) for one in outcomes if one.kept is Kept.FULL]
    pending = [one.pin for one in outcomes if one.state is PinState.PENDING]
    pending.sort(key=lambda pin: pin.from_time)
    ended = sum(one.state is PinState.EXPIRED for one in outcomes)
    notes = []
    if pending:
        first = pending[0]
        start = local_time(first.from_time, timezone)
        values = {**_thing(first), "count": len(pending), "start": start}
        notes.append(Remark("pin.pending", values))
    if ended:
        notes.append(Remark("pin.expired", {"count": ended}))
    return [*kept, *notes]


def pin_told(one: PinOutcome, timezone: str) -> dict[str, object]:
    """A pin for machines; figures None unless it is active and there is something to hold."""
    pin = one.pin
    return {
        "thing": pin.id,
        "what": pin.what,
        "from": local_text(pin.from_time, timezone),
        "to": local_text(pin.to_time, timezone),
        "value": pin.value,
        "unit": pin.what.unit,
        "by": pin.by,
        "reason": pin.reason,
        "state": one.state,
        "kept": one.kept,
        "limit": one.limit,
        "limit_word": limit_words(one),
        "hours": one.hours,
        "hours_kept": one.hours_kept,
        "planned_value": None if one.planned is None else round(one.planned, 3),
        "worst_value": None if one.worst is None else round(one.worst, 3),
    }


def limit_words(one: PinOutcome) -> str | None:
    """What forbids a pin, in words; None where nothing does."""
    return None if one.limit is None else say(f"pin.limit_{one.limit.value}")


def figure(pin: Override, value: float) -> str:
    """A value of a pin with its unit: `8 MW`, shares in three decimals."""
    digits = 3 if pin.what is PinWhat.SHARE else 1
    text = f"{value:.{digits}f}".rstrip("0").rstrip(".")
    return f"{text} {pin.what.unit}".rstrip()


def _key(one: PinOutcome) -> str:
    if one.worst is None:
        return "pin.nothing"
    return "pin.part" if one.kept is Kept.PART else "pin.none"


def _thing(pin: Override) -> dict[str, object]:
    return {"thing": pin.id, "what": pin.what.value, "value": figure(pin, pin.value)}


def _values(one: PinOutcome, timezone: str) -> dict[str, object]:
    pin = one.pin
    values = {
        **_thing(pin),
        "by": pin.by,
        "reason": pin.reason,
        "until": local_time(pin.to_time, timezone),
    }
    if one.kept is not Kept.FULL:
        values["limit"] = limit_words(one)
    if one.kept is not Kept.FULL and one.worst is not None and one.worst_at is not None:
        values |= {
            "worst": figure(pin, one.worst),
            "at": local_time(utc_datetime(one.worst_at), timezone),
        }
    if one.kept is Kept.PART:
        values |= {"hours": one.hours, "hours_kept": one.hours_kept}
    return values
