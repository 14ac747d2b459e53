"""Early-warning rules: a condition over facts and parameters, why it matters, what to say, and its own test cases."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from typing import Any, Literal

from pydantic import Field, field_validator

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


class _RuleFile(Part):
    id: RuleIdentifier
    version: int = Field(default=1, ge=1)
    state: State = "in_force"
    title: str = Field(min_length=1)
    title_en: str = Field(min_length=1)
    level: Literal["red", "yellow", "exclusion"]
    escalate: _Escalation | None = None
    risk: str
    subject: Literal["person", "household"]
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
    """A checked rule. `level` exclusion: a signal that asks for verification and never drops a household."""

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

    @property
    def file(self) -> str:
        return self.document.file

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
        subject=content.subject,
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
    )


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
