"""Gate: the members of an ensemble. Bad ones are dropped, and the rest must still be one."""

from collections.abc import Mapping, Sequence

import numpy as np

from forecasts.weather.provider import Cause
from forecasts.weather.run import Members
from forecasts.weather.solar import Floats
from forecasts.weather.verdict import (
    Gate,
    GateVerdict,
    Outcome,
    doubtful,
    mended,
    merged,
    not_judged,
    passed,
    refused,
    severity,
)

MAX_BAD_SHARE = 0.5  # what spoils more than half of the members has hardly spared the others
FEW = 5  # members, below which spread means little


def common_span(spans: Sequence[tuple[int, int]], asked_end: int) -> tuple[int, int, list[int]]:
    """Return begin, end and the members that have all of it; positions in the course.

    Models of a mix reach differently far: half of the members decide how far, at least as far as is
    asked if half of them do.
    """
    ends = sorted(end for _, end in spans)
    reach = min(asked_end, ends[len(ends) // 2])
    kept = [k for k, (begin, end) in enumerate(spans) if end >= reach and end > begin]
    if not kept:
        return 0, 0, []
    begin = sorted(spans[k][0] for k in kept)[len(kept) // 2]
    kept = [k for k in kept if spans[k][0] <= begin]
    return begin, min(spans[k][1] for k in kept), kept


def good_members(verdicts: Sequence[Sequence[GateVerdict]], candidates: Sequence[int]) -> list[int]:
    """Return the candidates of which no gate refuses anything."""
    return [k for k in candidates if not any(v.outcome is Outcome.REFUSED for v in verdicts[k])]


def judge_members(
    members: Members | None, kept: Sequence[int], values: Mapping[str, Floats]
) -> GateVerdict:
    """Judge an ensemble by how many members are left, and by whether they differ.

    `values` have shape (members, hours) and hold the kept ones only.
    """
    if members is None:
        return not_judged(Gate.MEMBERS, "a single run")
    total = len(members.numbers)
    dropped = [_name(members, k) for k in range(total) if k not in set(kept)]
    told = f"{len(kept)} of {total} used"
    if dropped:
        told += f", dropped {', '.join(dropped[:5])}" + (" and more" if len(dropped) > 5 else "")
    if len(dropped) > MAX_BAD_SHARE * total:
        return refused(Gate.MEMBERS, Cause.NOT_PLAUSIBLE, told)
    temperature = values["air_temperature"]
    different = np.unique(temperature, axis=0).shape[0]
    if total > 1 and different <= max(1, len(kept) // 2):
        return doubtful(Gate.MEMBERS, f"{told}, only {different} of them differ")
    if len(kept) < FEW:
        return doubtful(Gate.MEMBERS, f"{told}, too few for a spread")
    return mended(Gate.MEMBERS, told) if dropped else passed(Gate.MEMBERS, told)


def told_of_all(
    verdicts: Sequence[Sequence[GateVerdict]], kept: Sequence[int], members: Members
) -> tuple[GateVerdict, ...]:
    """Return one verdict for each gate and all members.

    A gate that refuses some members is mended if the others are used, and refuses if none are.
    Otherwise the worst of the kept counts, with how many share it.
    """
    told = []
    for gate in Gate:
        each = {
            k: verdict for k, judged in enumerate(verdicts) for verdict in judged
            if verdict.gate is gate
        }  # fmt: skip
        if not each:
            continue
        against = [k for k, verdict in each.items() if verdict.outcome is Outcome.REFUSED]
        if against:
            first = each[against[0]]
            detail = f"{_name(members, against[0])}: {first.detail}"
            if len(against) > 1:
                detail = f"{len(against)} of {len(verdicts)} members, {detail}"
            cause = first.cause or Cause.NOT_PLAUSIBLE
            told.append(mended(gate, detail) if kept else refused(gate, cause, detail))
            continue
        used = [each[k] for k in kept if k in each] or list(each.values())
        worst = max(used, key=severity)
        alike = sum(verdict.outcome is worst.outcome for verdict in used)
        detail = worst.detail
        if worst.outcome in (Outcome.MENDED, Outcome.DOUBTFUL) and detail:
            detail = f"{alike} of {len(used)} members, the first: {detail}"
        told.append(GateVerdict(gate, worst.outcome, detail))
    return merged(told)


def picked(members: Members | None, kept: Sequence[int]) -> Members | None:
    """Return who the kept members are."""
    if members is None:
        return None
    return Members(tuple(members.models[k] for k in kept), tuple(members.numbers[k] for k in kept))


def _name(members: Members, k: int) -> str:
    return f"member {members.numbers[k]} of {members.models[k]}"
