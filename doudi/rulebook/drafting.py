"""Trying out another rulebook: changes to the files of one, each told in a sentence, without touching the files."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any

from doudi.rulebook.amending import with_condition, with_formula, with_value
from doudi.rulebook.document import Problem, RulebookError
from doudi.rulebook.loading import FOLDERS, Rulebook, build_rulebook
from doudi.rulebook.parameters import MissingParameter, Parameter
from doudi.standards.periods import IncomeYear
from doudi.standards.regions import RegionCode

_NAME = re.compile(r"[a-z][a-z0-9_]*")
SOURCE = "推演取值（不是正式标准）"
"""What a tried value says of where it comes from."""


class ChangeRefused(ValueError):  # noqa: N818 - named for what happened
    """A change that cannot be made; `message` says why and what to do, `code` what kind."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass
class Draft:
    """A rulebook and what is to be different. `region`: where values apply unless said otherwise; `on`: since when."""

    rulebook: Rulebook
    region: RegionCode
    on: date
    names: Mapping[str, str] = field(default_factory=dict)
    """Region code → name, for the sentences; a region without a name is told by its code."""
    _changed: dict[str, str | None] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    """A Chinese sentence for each change."""

    @property
    def changes(self) -> Mapping[str, str | None]:
        """Path under `rules/` → new text; None: the file is left out."""
        return MappingProxyType(self._changed)

    def build(self) -> Rulebook:
        """The rulebook with the changes. Raises RulebookError that names file and line."""
        return changed_rulebook(self.rulebook, self._changed)

    def set_value(
        self, parameter_id: str, value: Any, *, region: RegionCode | None = None, starts: date | None = None
    ) -> None:
        """Another value of a parameter, from a day on; one kept by income year: for the year that counts on that day.

        `value` may be text as people type it. Raises ChangeRefused.
        """
        parameter = self.rulebook.parameters.get(parameter_id)
        if parameter is None:
            raise ChangeRefused("unknown", f"没有参数 {parameter_id}，请检查编号")
        place, day = region or self.region, starts or self.on
        new = typed_value(parameter, value)
        path = f"parameters/{parameter_id}.yaml"
        by_year = parameter.by == "income_year"
        self._changed[path] = with_value(
            self._text(path),
            region=place,
            value=new,
            source=SOURCE,
            starts=None if by_year else day,
            income_year=IncomeYear.last_completed(day).year if by_year else None,
        )
        try:
            before = shown_value(parameter.value(region=place, on=day).value)
        except MissingParameter:
            before = "（没有值）"
        where = "全国" if place.level == "country" else self.names.get(place, str(place))
        self.told.append(f"{parameter.title}：{before} → {shown_value(new)}（{where}）")

    def set_condition(self, rule_id: str, when: str) -> None:
        """Another condition of a rule. Raises ChangeRefused."""
        path, title = self._rule(rule_id)
        book = self.rulebook
        text = with_condition(self._text(path), when.strip(), facts=book.facts, parameters=book.parameters)
        self._changed[path] = text
        self.told.append(f"规则“{title}”的条件改为：{when.strip()}")

    def switch_off(self, rule_id: str) -> None:
        """A rule that no longer takes part. Raises ChangeRefused."""
        path, title = self._rule(rule_id)
        self._changed[path] = None
        self.told.append(f"停用规则“{title}”")

    def set_benefit(self, policy_id: str, benefit: str | float) -> None:
        """Another benefit of a policy in yuan a year: an amount or a formula. Raises ChangeRefused."""
        policy = self.rulebook.policies.get(policy_id)
        if policy is None:
            raise ChangeRefused("unknown", f"没有政策 {policy_id}，请检查编号")
        if policy.benefit is None:
            raise ChangeRefused("in_kind", f"“{policy.title}”是实物或服务，没有金额可改")
        path, book = f"policies/{policy_id}.yaml", self.rulebook
        text = with_formula(self._text(path), "benefit", benefit, facts=book.facts, parameters=book.parameters)
        self._changed[path] = text
        self.told.append(
            f"政策“{policy.title}”的待遇：{self.in_words(policy.benefit.text)} → {self.in_words(benefit)}（元/年）"
        )

    def in_words(self, formula: str | float) -> str:
        """A formula with the titles of what it names, parameters with the value that holds; an amount as it is."""

        def word(found: re.Match[str]) -> str:
            name = found.group(0)
            parameter = self.rulebook.parameters.get(name)
            if parameter is None:
                return self.rulebook.facts[name].title if name in self.rulebook.facts else name
            try:
                value = shown_value(parameter.value(region=self.region, on=self.on).value)
            except MissingParameter:
                value = "没有值"
            return f"{parameter.title}（{value}）"

        return _NAME.sub(word, formula) if isinstance(formula, str) else shown_value(formula)

    def put(self, path: str, text: str) -> None:
        """The whole text of a file, new or instead of the one there. Raises ChangeRefused."""
        if path.partition("/")[0] not in FOLDERS or not path.endswith(".yaml"):
            raise ChangeRefused("path", f"规则文件夹里没有 {path} 这样的位置")
        self._changed[path] = text
        self.told.append(f"{'改写' if path in self.rulebook.texts else '新增'}文件 {path}")

    def _rule(self, rule_id: str) -> tuple[str, str]:
        rule = self.rulebook.rules.get(rule_id)
        if rule is None:
            raise ChangeRefused("unknown", f"没有规则 {rule_id}，请检查编号")
        return f"screening/{rule_id}.yaml", rule.title

    def _text(self, path: str) -> str:
        return self._changed.get(path) or self.rulebook.texts[path]


def changed_rulebook(rulebook: Rulebook, changes: Mapping[str, str | None]) -> Rulebook:
    """A rulebook with some files different or left out (None). Raises RulebookError."""
    texts = {path: text for path, text in (dict(rulebook.texts) | dict(changes)).items() if text is not None}
    if not any(path.startswith("screening/") for path in texts):
        raise RulebookError([Problem("rules/screening", 1, "empty", "没有一条规则留下", "至少留一条规则")])
    return build_rulebook(texts)


def typed_value(parameter: Parameter, value: Any) -> Any:
    """What somebody typed, as the parameter's type. Raises ChangeRefused."""
    if not isinstance(value, str):
        return value
    text = value.strip().replace("，", ",")
    match parameter.kind:
        case "number":
            try:
                number = float(text.replace(",", "").removesuffix("%"))
            except ValueError:
                raise ChangeRefused("type", f"“{parameter.title}”应为数字，写的是 {value}") from None
            if not abs(number) < 1e15:
                raise ChangeRefused("type", f"“{parameter.title}”的数值过大：{value}")
            return number / 100 if text.endswith("%") and parameter.unit == "share" else number
        case "boolean":
            known = {"true": True, "是": True, "false": False, "否": False}
            if text.lower() not in known:
                raise ChangeRefused("type", f"“{parameter.title}”应为“是”或“否”，写的是 {value}")
            return known[text.lower()]
        case "texts":
            return [one.strip() for one in text.replace("、", ",").split(",") if one.strip()]
    return text


def shown_value(value: Any) -> str:
    """A value as sentences about changes write it."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, (int, float)):
        return f"{value:,.4f}".rstrip("0").rstrip(".")
    if isinstance(value, (tuple, list)):
        return "、".join(map(str, value))
    return str(value)
