"""Changes of the rule by which plants split the heat (S0: 6:4): another split, or none."""

from typing import Literal, Self

from pydantic import Field, model_validator

from dispatch.case import Case
from dispatch.case_kinds import fault
from dispatch.plan import Remark
from dispatch.settings import ShareGroup
from dispatch.situation import Situation
from scenarios.whatif.change import Change, ChangeFault, NotApplicable
from scenarios.whatif.edit import with_settings
from scenarios.whatif.keys import not_one_of

MARK = ":"
NEW_GROUP = "main"


class Share(Change):
    """Another split of the heat over plants, by a ratio or by plant.

    A ratio counts in the order of the rule there is; of a case without one, from the largest plant
    down. `shares = { A = 0.6, B = 0.4 }` names the plants, and takes the place of the rule.
    """

    kind: Literal["share"] = "share"
    ratio: str | None = Field(default=None, max_length=60)  # 5:5, 6:4, 40:35:25
    shares: dict[str, float] | None = None
    band: float | None = Field(default=None, ge=0, le=0.5)  # None: as it is, 0.05 for a new rule
    group: str | None = None  # [share.<group>]; needed only where a case has several

    @model_validator(mode="after")
    def _one_split(self) -> Self:
        wrong = not_one_of(ratio=self.ratio, shares=self.shares)
        if wrong is not None:
            raise wrong
        if self.ratio is not None and len(_parts(self.ratio)) < 2:
            raise fault("whatif_ratio", column="ratio", value=self.ratio)
        return self

    def applied(self, situation: Situation) -> Situation:
        """Return the situation with the split."""
        case = situation.case
        makers = plants_by_size(case)
        if len(makers) < 2:
            raise NotApplicable(Remark("change_fault.one_plant"))
        name, rule = rule_of(case, self.group)
        values = {} if rule is None else rule.model_dump()
        values["shares"] = self._split(makers, rule)
        if self.band is not None:
            values["band"] = self.band
        unknown = sorted(set(values["shares"]) - set(case.plant_ids))
        if unknown:
            told = {"value": unknown[0], "options": ", ".join(case.plant_ids)}
            raise ChangeFault("shares", Remark("change_fault.unknown_plant", told))
        total = sum(values["shares"].values())
        if len(values["shares"]) < 2 or abs(total - 1) > 1e-6 or min(values["shares"].values()) < 0:
            raise ChangeFault("shares", Remark("change_fault.share_sum", {"total": total}))
        rules = case.settings.share | {name: ShareGroup.model_validate(values)}
        return with_settings(situation, "", share=rules)

    def _split(self, makers: tuple[str, ...], rule: ShareGroup | None) -> dict[str, float]:
        if self.ratio is None:
            return dict(self.shares or {})
        parts = _parts(self.ratio)
        plants = makers[: len(parts)] if rule is None else tuple(rule.shares)
        if len(parts) != len(plants):
            values = {"count": len(parts), "plants": ", ".join(plants)}
            raise ChangeFault("ratio", Remark("change_fault.ratio_parts", values))
        return {plant: part / sum(parts) for plant, part in zip(plants, parts, strict=True)}


class ShareFree(Change):
    """No rule: the plan splits the heat as is best."""

    kind: Literal["share_free"] = "share_free"
    group: str | None = None  # only this rule; None: all of them

    def applied(self, situation: Situation) -> Situation:
        """Return the situation without the rule."""
        rules = situation.case.settings.share
        if not rules:
            raise NotApplicable(Remark("change_fault.no_rule"))
        if self.group is None:
            return with_settings(situation, "", share={})
        name, _ = rule_of(situation.case, self.group)
        return with_settings(
            situation, "", share={key: rule for key, rule in rules.items() if key != name}
        )


def rule_of(case: Case, group: str | None) -> tuple[str, ShareGroup | None]:
    """Return the rule that is meant and its name; a new name and None where the case has none.

    Raises ChangeFault for a group that is none, or where several are there and none is named.
    """
    rules = case.settings.share
    if group is None and len(rules) < 2:
        return next(iter(rules.items()), (NEW_GROUP, None))
    if group is None or (rules and group not in rules):
        values = {"value": group or "", "options": ", ".join(rules)}
        key = "change_fault.which_rule" if group is None else "change_fault.unknown_rule"
        raise ChangeFault("group", Remark(key, values))
    return group, rules.get(group)


def plants_by_size(case: Case) -> tuple[str, ...]:
    """Return the plants that make heat, the largest first."""
    size_mw: dict[str, float] = {}
    for source in case.sources:
        if source.kind.makes_heat:
            size_mw[source.plant_id] = size_mw.get(source.plant_id, 0.0) + source.installed_mw
    return tuple(sorted(size_mw, key=lambda plant: -size_mw[plant]))


def _parts(ratio: str) -> list[float]:
    """Return the numbers of `6:4`; none where it is no ratio."""
    try:
        parts = [float(part) for part in ratio.replace("：", MARK).split(MARK)]
    except ValueError:
        return []
    sound = all(0 <= part < float("inf") for part in parts)  # NaN is neither
    return parts if sound and sum(parts) > 0 else []


CHANGES = (Share, ShareFree)
