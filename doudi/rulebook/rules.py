"""Early-warning rules: a condition over facts and parameters, why it matters, what to say, and its own test cases."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from typing import Any, Final, Literal, Self

from pydantic import Field, field_validator, model_validator

from doudi.rulebook.document import Document, Path_, Problem, RulebookError, parsed
from doudi.rulebook.facts import Fact
from doudi.rulebook.parameters import UNITS, Identifier, Parameter, Part, RuleIdentifier, Source
from doudi.rulebook.predicate import Predicate, PredicateError, parse_predicate
from doudi.rulebook.value_types import ColumnType, ValueType
from doudi.standards.codes import CODE_LISTS
from doudi.standards.regions import RegionCode, parse_region_code

FORMATS = (*UNITS, "number", "date", "label")
"""How a value may be written in a sentence: with its unit, as a bare number, as a day, by its label."""
OUTCOMES = ("raised", "not_raised", "cannot_tell")
REGIONAL: Final = ("village", "township")
"""Subjects of rules across households."""
State = Literal["draft", "reviewed", "in_force", "retired"]
"""Where a rule's text stands. Only one in force, or retired from a later day on, takes part in a screening."""
_SLOT = re.compile(r"\{([^{}:]*)(?::([^{}]*))?\}")


class _InForce(Part):
    from_: date = Field(alias="from")
    until: date | None = None


class _Escalation(Part):
    level: Literal["red", "yellow"]
    when: str


class _Case(Part):
    name: str = Field(min_length=1)
    on: date
    region: str
    given: dict[str, Any]
    then: Literal["raised", "not_raised", "cannot_tell"]
    level: Literal["red", "yellow", "exclusion"] | None = None


class _Clues(Part):
    """How the list of clues is narrowed to the households concerned; `risk` may name a fact that holds one."""

    level: Literal["red", "yellow"] | None = None
    rule: RuleIdentifier | None = None
    risk: str | None = None
    department: str | None = None


class _Concerns(Part):
    households: Identifier
    clues: _Clues | None = None


class _RuleFile(Part):
    id: RuleIdentifier
    version: int = Field(default=1, ge=1)
    state: State = "in_force"
    title: str = Field(min_length=1)
    title_en: str = Field(min_length=1)
    level: Literal["red", "yellow", "exclusion"]
    escalate: _Escalation | None = None
    risk: str
    subject: Literal["person", "household", "village", "township"] | tuple[Literal["village", "township"], ...]
    concerns: _Concerns | None = None
    department: str
    legal_basis: tuple[Source, ...] = Field(min_length=1)
    in_force: _InForce
    facts: tuple[Identifier, ...] = Field(min_length=1)
    parameters: tuple[Identifier, ...] = ()
    when: str
    because: str = Field(min_length=1)
    because_en: str = Field(min_length=1)
    verify: tuple[str, ...] = Field(min_length=1)
    cases: tuple[_Case, ...] = ()

    @property
    def levels(self) -> tuple[str, ...]:
        """Levels of region it speaks of; empty for persons and households."""
        subjects = (self.subject,) if isinstance(self.subject, str) else self.subject
        return tuple(one for one in REGIONAL if one in subjects)

    @model_validator(mode="after")
    def _concerns_fit(self) -> Self:
        if not self.subject:
            raise ValueError("subject 至少写 village、township 中的一个")
        if bool(self.levels) != (self.concerns is not None):
            raise ValueError("村、乡的规则要写 concerns（涉及户数是哪个事实），人和户的规则不写")
        return self

    @field_validator("risk", "department")
    @classmethod
    def _in_list(cls, value: str, info: Any) -> str:
        name = "risk_type" if info.field_name == "risk" else "department"
        known = [str(member.value) for member in CODE_LISTS[name]]
        if value not in known:
            near = get_close_matches(value, known, n=1)
            hint = f"是不是 {near[0]}？" if near else "可用的有：" + "、".join(known)
            raise ValueError(f"{info.field_name} 没有代码 {value}；{hint}")
        return value


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in a sentence that a fact's or parameter's value fills, written as `format` says."""

    name: str
    format: str


Sentence = tuple[str | Slot, ...]


@dataclass(frozen=True, slots=True)
class Escalation:
    """When a rule that holds is more urgent than its ordinary level."""

    level: str
    when: Predicate


@dataclass(frozen=True, slots=True)
class Concerns:
    """Which households an alert of a region is about: the fact that counts them, and how to find them among clues."""

    households: str
    level: str | None = None
    rule: str | None = None
    risk: str | None = None
    """A risk type, or the fact that holds one."""
    department: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One example in a rule's file: given these facts on this day in this region, the outcome must be `then`."""

    name: str
    on: date
    region: RegionCode
    given: Mapping[str, Any]
    then: str
    level: str | None
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Rule:
    """A checked rule. `level` exclusion: a signal that asks for verification and never drops a household.

    `subject` is person, household, village or township; a rule across households that speaks of both levels of region
    (see `levels`) has `village`.
    """

    id: str
    version: int
    title: str
    title_en: str
    level: str
    escalate: Escalation | None
    risk: str
    subject: str
    department: str
    legal_basis: tuple[Source, ...]
    in_force_from: date
    in_force_until: date | None
    facts: tuple[str, ...]
    parameters: tuple[str, ...]
    when: Predicate
    because: Sentence
    because_en: Sentence
    because_text: str
    verify: tuple[str, ...]
    cases: tuple[Case, ...]
    document: Document = field(repr=False, compare=False)
    state: State = "in_force"
    levels: tuple[str, ...] = ()
    """village, township or both, for a rule across households; empty for others."""
    concerns: Concerns | None = None

    @property
    def file(self) -> str:
        return self.document.file

    @property
    def regional(self) -> bool:
        """Whether it is a rule across households, about a village or township."""
        return bool(self.levels)

    def in_force(self, on: date) -> bool:
        """Whether a screening of that day uses it: approved, and the day within its dates."""
        if self.state in ("draft", "reviewed") or (self.state == "retired" and self.in_force_until is None):
            return False
        return self.dated(on)

    def dated(self, on: date) -> bool:
        """Whether the day lies within its dates, approved or not."""
        return self.in_force_from <= on and (self.in_force_until is None or on <= self.in_force_until)


def read_rule(document: Document, *, facts: Mapping[str, Fact], parameters: Mapping[str, Parameter]) -> Rule:
    """Check one file of `rules/screening`. Raises RulebookError with every problem."""
    content = parsed(document, _RuleFile)
    problems = list(_unknown(document, content, facts, parameters))
    if problems:
        raise RulebookError(problems)
    scope: dict[str, ColumnType] = {name: facts[name].type for name in content.facts}
    scope |= {name: parameters[name].type for name in content.parameters}

    def condition(text: str, *at: str) -> Predicate | None:
        try:
            return parse_predicate(text, scope)
        except PredicateError as error:
            remedy = error.remedy
            if error.code == "unknown_column":
                name = error.message.split(" ")[1]
                if name in facts or name in parameters:
                    remedy = f"把 {name} 写进 {'facts' if name in facts else 'parameters'}"
            problems.append(document.problem(error.code, error.message, remedy, at=at))
            return None

    when = condition(content.when, "when")
    urgent = condition(content.escalate.when, "escalate", "when") if content.escalate else None
    sentences = [_sentence(document, content, key, scope, facts, parameters, problems) for key in _SENTENCES]
    if content.in_force.until and content.in_force.until < content.in_force.from_:
        problems.append(document.problem("dates", "until 早于 from", "改正日期", at=("in_force",)))
    cases = tuple(_cases(document, content, facts, problems))
    if when is not None:
        slots = {part.name for sentence in sentences for part in sentence if isinstance(part, Slot)}
        used = when.columns | (urgent.columns if urgent else frozenset()) | slots
        for name in [name for name in scope if name not in used]:
            where = "facts" if name in content.facts else "parameters"
            message = f"{name} 列在 {where} 里但没有用到"
            problems.append(document.problem("unused", message, "从列表里删去，或在条件中使用", at=(where,)))
    if problems or when is None:
        raise RulebookError(problems)
    escalate = Escalation(content.escalate.level, urgent) if content.escalate and urgent else None
    return Rule(
        id=content.id,
        version=content.version,
        title=content.title,
        title_en=content.title_en,
        level=content.level,
        escalate=escalate,
        risk=content.risk,
        subject=content.levels[0] if content.levels else str(content.subject),
        department=content.department,
        legal_basis=content.legal_basis,
        in_force_from=content.in_force.from_,
        in_force_until=content.in_force.until,
        facts=content.facts,
        parameters=content.parameters,
        when=when,
        because=sentences[0],
        because_en=sentences[1],
        because_text=content.because,
        verify=content.verify,
        cases=cases,
        document=document,
        state=content.state,
        levels=content.levels,
        concerns=_concerns(content.concerns),
    )


def _concerns(content: _Concerns | None) -> Concerns | None:
    if content is None:
        return None
    return Concerns(content.households, **(content.clues.model_dump() if content.clues else {}))


_SENTENCES = ("because", "because_en")


def _unknown(
    document: Document, content: _RuleFile, facts: Mapping[str, Fact], parameters: Mapping[str, Parameter]
) -> Iterator[Problem]:
    known: tuple[tuple[str, tuple[str, ...], Mapping[str, Any], str], ...] = (
        ("facts", content.facts, facts, "rules/facts"),
        ("parameters", content.parameters, parameters, "rules/parameters"),
    )
    for key, names, there, folder in known:
        for number, name in enumerate(names):
            if name not in there:
                near = get_close_matches(name, there, n=1)
                hint = f"是不是 {near[0]}？" if near else f"在 {folder} 下建 {name}.yaml"
                yield document.problem("unknown_name", f"没有名为 {name} 的{_WORDS[key]}", hint, at=(key, number))
            elif key == "facts" and content.subject == "household" and facts[name].subject == "person":
                message = f"{name} 是人的事实，户的规则不能直接用"
                yield document.problem("subject", message, "先建 from: members 的户事实汇总", at=(key, number))
            elif key == "facts" and content.levels and facts[name].subject != "region":
                message = f"{name} 不是村、乡的事实，村、乡的规则不能直接用"
                yield document.problem("subject", message, "先建 from: households 的事实汇总", at=(key, number))
            elif key == "facts" and not content.levels and facts[name].subject == "region":
                message = f"{name} 是村、乡的事实，人和户的规则不能用"
                yield document.problem("subject", message, "改用户的事实，或写 subject: village", at=(key, number))
    if content.concerns is not None:
        yield from _unknown_concerns(document, content.concerns, content.facts, facts)


def _unknown_concerns(
    document: Document, concerns: _Concerns, used: tuple[str, ...], facts: Mapping[str, Fact]
) -> Iterator[Problem]:
    at: Path_ = ("concerns", "households")
    if concerns.households not in used:
        message = f"涉及户数 {concerns.households} 不在 facts 里"
        yield document.problem("unknown_name", message, "写 facts 里计算户数的那个事实", at=at)
    elif concerns.households in facts and facts[concerns.households].type.kind is not ValueType.NUMBER:
        yield document.problem("type", f"涉及户数 {concerns.households} 不是数字", "写计算户数的事实", at=at)
    risk = concerns.clues.risk if concerns.clues else None
    if risk is not None and risk not in used and risk not in [str(one.value) for one in CODE_LISTS["risk_type"]]:
        message = f"concerns 的 risk {risk} 既不是风险类型，也不在 facts 里"
        yield document.problem("unknown_name", message, "写风险类型代码或 facts 里的事实", at=("concerns", "clues"))


_WORDS = {"facts": "事实", "parameters": "参数"}


def _sentence(
    document: Document,
    content: _RuleFile,
    key: str,
    scope: Mapping[str, ColumnType],
    facts: Mapping[str, Fact],
    parameters: Mapping[str, Parameter],
    problems: list[Problem],
) -> Sentence:
    text: str = getattr(content, key)
    parts: list[str | Slot] = []
    end = 0
    for found in _SLOT.finditer(text):
        name, wanted = found[1], found[2]
        parts.append(text[end : found.start()])
        end = found.end()
        if name not in scope:
            message = f"{{{name}}} 不在 facts 或 parameters 里"
            problems.append(document.problem("unknown_name", message, "改正名字", at=(key,)))
            continue
        if wanted is not None and wanted not in FORMATS:
            message = f"不认识的写法 {{{name}:{wanted}}}"
            problems.append(document.problem("format", message, "可用：" + "、".join(FORMATS), at=(key,)))
            continue
        unit = facts[name].unit if name in facts else parameters[name].unit
        if wanted == "percent" and unit == "share":
            wanted = "share"
        parts.append(Slot(name, wanted or _own_format(scope[name], unit)))
    rest = text[end:]
    if any("{" in part or "}" in part for part in (*parts, rest) if isinstance(part, str)):
        problems.append(document.problem("format", "花括号没有配对", "写成 {事实:yuan}", at=(key,)))
    return tuple(part for part in (*parts, rest) if part != "")


def _own_format(column: ColumnType, unit: str) -> str:
    if column.kind is ValueType.NUMBER:
        return unit
    return {ValueType.DATE: "date", ValueType.TEXT: "label", ValueType.MONTH: "date"}.get(column.kind, "label")


def _cases(
    document: Document, content: _RuleFile, facts: Mapping[str, Fact], problems: list[Problem]
) -> Iterator[Case]:
    for number, case in enumerate(content.cases):
        at: Path_ = ("cases", number)
        missing = [name for name in content.facts if name not in case.given]
        extra = [name for name in case.given if name not in content.facts]
        if missing or extra:
            message = "given 与 facts 不一致：" + "、".join([f"缺 {n}" for n in missing] + [f"多 {n}" for n in extra])
            problems.append(document.problem("case", message, "每个事实给一个值，未知写 null", at=(*at, "given")))
            continue
        for name, value in case.given.items():
            if not _fits(value, facts[name].type):
                wanted = facts[name].type.kind.label
                message = f"{name} 应为{wanted}，写的是 {value!r}"
                problems.append(document.problem("case", message, "改正数值", at=(*at, "given", name)))
        try:
            region = parse_region_code(case.region)
        except ValueError as error:
            problems.append(document.problem("region", str(error), "写 12 位代码并加引号", at=(*at, "region")))
            continue
        yield Case(
            case.name, case.on, region, dict(case.given), case.then, case.level, document.file, document.line(*at)
        )
    for outcome in OUTCOMES:
        if not any(case.then == outcome for case in content.cases):
            message = f"没有结果为 {outcome} 的例子"
            problems.append(document.problem("case", message, "补一个例子（边界和缺失都要有）", at=("cases",)))


def _fits(value: Any, column: ColumnType) -> bool:
    if value is None:
        return True
    match column.kind:
        case ValueType.NUMBER:
            return isinstance(value, (int, float)) and not isinstance(value, bool)
        case ValueType.BOOLEAN:
            return isinstance(value, bool)
        case ValueType.DATE:
            return isinstance(value, date)
        case ValueType.TEXTS:
            return isinstance(value, list)
        case _:
            return isinstance(value, str) and (column.codes is None or value in column.codes)
