"""Checks of the registry's data: a condition that no sound row meets, the cells concerned, a repair where it is sure.

A check is written like a rule and compiled like one, but never becomes an alert: screenings don't know of it.
Source of the families: domain-facts section J (数据清洗).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from typing import Any, Literal

from pydantic import Field, field_validator

from doudi.rulebook.clauses import InForce, Reader, Sentence, State, dated, fits, in_code_list, takes_part
from doudi.rulebook.document import Document, Path_, RulebookError, parsed
from doudi.rulebook.facts import Fact
from doudi.rulebook.nulls import may_be_null
from doudi.rulebook.parameters import Identifier, Parameter, Part, RuleIdentifier, Source
from doudi.rulebook.predicate import Predicate
from doudi.rulebook.rules import OUTCOMES, Case
from doudi.rulebook.value_types import ColumnType, ValueType

PLACES = ("village", "township")
"""Who answers for an issue where it isn't a department."""


class _Repair(Part):
    column: str
    to: float | bool | date | str | None
    when: str | None = None
    because: str = Field(min_length=1)


class _CheckCase(Part):
    name: str = Field(min_length=1)
    on: date
    region: str
    given: dict[str, Any]
    then: Literal["raised", "not_raised", "cannot_tell"]
    repaired: float | bool | date | str | None = None


class _CheckFile(Part):
    id: RuleIdentifier
    version: int = Field(default=1, ge=1)
    state: State = "in_force"
    title: str = Field(min_length=1)
    title_en: str = Field(min_length=1)
    severity: Literal["error", "doubt"]
    subject: Literal["person", "household"]
    among: Literal["members", "registered"] = "members"
    number: str = ""
    responsible: str
    source: tuple[Source, ...] = Field(min_length=1)
    in_force: InForce
    facts: tuple[Identifier, ...] = Field(min_length=1)
    parameters: tuple[Identifier, ...] = ()
    when: str
    because: str = Field(min_length=1)
    because_en: str = Field(min_length=1)
    columns: tuple[str, ...] = Field(min_length=1)
    repair: _Repair | None = None
    verify: tuple[str, ...] = Field(min_length=1)
    cases: tuple[_CheckCase, ...] = ()

    @field_validator("responsible")
    @classmethod
    def _known(cls, value: str) -> str:
        return value if value in PLACES else in_code_list(value, "department", "responsible")

    @field_validator("id")
    @classmethod
    def _of_topic(cls, value: str) -> str:
        in_code_list(value.partition(".")[0], "check_topic", "id 的类别")
        return value


@dataclass(frozen=True, slots=True)
class Repair:
    """What a cell should hold instead, where `when` (or nothing) makes that sure."""

    column: str
    """As in the check's `columns`: person.work_months."""
    fact: str | None
    """The fact that holds the value; None: `constant`, of which None means an empty cell."""
    constant: float | bool | date | str | None
    when: Predicate | None
    because: Sentence


@dataclass(frozen=True, slots=True)
class CheckCase(Case):
    """One example: what the check comes to, and (if `tells_repair`) what it proposes."""

    repaired: float | bool | date | str | None = None
    tells_repair: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """A checked check. `severity` error: the cell is wrong; doubt: it may be right, ask.

    `among`: whether persons who died or left are looked at too. `responsible`: village, township or a department.
    """

    id: str
    version: int
    title: str
    title_en: str
    severity: str
    subject: str
    among: str
    number: str
    """The line of the field's list that it comes from (C32), empty if none."""
    responsible: str
    legal_basis: tuple[Source, ...]
    in_force_from: date
    in_force_until: date | None
    facts: tuple[str, ...]
    parameters: tuple[str, ...]
    when: Predicate
    because: Sentence
    because_en: Sentence
    columns: tuple[str, ...]
    """The cells concerned: the only ones that may be corrected from its issues."""
    repair: Repair | None
    verify: tuple[str, ...]
    cases: tuple[CheckCase, ...]
    document: Document = field(repr=False, compare=False)
    state: State = "in_force"

    @property
    def file(self) -> str:
        return self.document.file

    @property
    def topic(self) -> str:
        """A code of the list check_topic."""
        return self.id.partition(".")[0]

    @property
    def escalate(self) -> None:
        """Checks have one severity."""
        return None

    @property
    def of_members(self) -> bool:
        """Whether only persons who count as members are judged."""
        return self.subject == "person" and self.among == "members"

    def in_force(self, on: date) -> bool:
        """Whether the data of that day is held against it."""
        return takes_part(self.state, self.in_force_from, self.in_force_until, on)

    def dated(self, on: date) -> bool:
        """Whether the day lies within its dates, approved or not."""
        return dated(self.in_force_from, self.in_force_until, on)


def read_check(
    document: Document,
    *,
    facts: Mapping[str, Fact],
    parameters: Mapping[str, Parameter],
    cells: Mapping[str, ColumnType],
) -> Check:
    """Check one file of `rules/checks`; `cells` are those of the registry. Raises RulebookError with every problem."""
    content = parsed(document, _CheckFile)
    reader = Reader(document, content, facts, parameters)
    _check_names(reader, content, cells)
    if reader.problems:
        raise RulebookError(reader.problems)
    when = reader.condition(content.when, "when")
    because = reader.sentence(content.because, "because")
    because_en = reader.sentence(content.because_en, "because_en")
    repair = _repair(reader, content, cells[content.repair.column]) if content.repair else None
    reader.dates(content.in_force)
    cases = tuple(_cases(reader, content))
    if when is not None:
        told: set[str] = {case.then for case in content.cases}
        unknown = may_be_null(when.tree, lambda _column: False)
        reader.outcomes(OUTCOMES if unknown else OUTCOMES[:2], told)
        reader.unused()
    if reader.problems or when is None:
        raise RulebookError(reader.problems)
    return Check(
        id=content.id,
        version=content.version,
        title=content.title,
        title_en=content.title_en,
        severity=content.severity,
        subject=content.subject,
        among=content.among,
        number=content.number,
        responsible=content.responsible,
        legal_basis=content.source,
        in_force_from=content.in_force.from_,
        in_force_until=content.in_force.until,
        facts=content.facts,
        parameters=content.parameters,
        when=when,
        because=because,
        because_en=because_en,
        columns=content.columns,
        repair=repair,
        verify=content.verify,
        cases=cases,
        document=document,
        state=content.state,
    )


def _check_names(reader: Reader, content: _CheckFile, cells: Mapping[str, ColumnType]) -> None:
    for at, name in reader.unknown_names():
        subject = reader.facts[name].subject
        if subject == "region":
            reader.say("subject", f"{name} 是村、乡的事实，核查不能用", "改用人或户的事实", at=at)
        elif content.subject == "household" and subject == "person":
            message = f"{name} 是人的事实，户的核查不能直接用"
            reader.say("subject", message, "先建 from: members 或 registered 的户事实汇总", at=at)
    if content.among == "registered" and content.subject != "person":
        reader.say("subject", "among 只用于人的核查", "删去 among", at=("among",))
    for number, column in enumerate(content.columns):
        if column not in cells:
            reader.say("unknown_column", *_no_cell(column, cells), at=("columns", number))
        elif content.columns.index(column) < number:
            reader.say("unused", f"columns 里 {column} 写了两次", "删去一个", at=("columns", number))
    if content.repair is None:
        return
    column = content.repair.column
    at_column: Path_ = ("repair", "column")
    if column not in cells:
        reader.say("unknown_column", *_no_cell(column, cells), at=at_column)
    elif column not in content.columns:
        reader.say("repair", f"repair 的 {column} 不在 columns 里", "把它写进 columns，或改正 repair", at=at_column)
    elif content.subject == "household" and column.startswith("person."):
        message = f"户的核查不知道是谁的 {column}，不能提出修改建议"
        reader.say("repair", message, "改成人的核查，或删去 repair", at=at_column)


def _no_cell(column: str, cells: Mapping[str, ColumnType]) -> tuple[str, str]:
    near = get_close_matches(column, cells, n=1)
    hint = (
        f"是不是 {near[0]}？"
        if near
        else "写成 person.字段、household.字段 或 income.字段，字段见 rules/feeds/registry_*"
    )
    return f"登记簿里没有可以更正的 {column}", hint


def _repair(reader: Reader, content: _CheckFile, column: ColumnType) -> Repair | None:
    assert content.repair is not None  # noqa: S101 - asked by the caller
    repair, at = content.repair, ("repair", "to")
    fact: str | None = None
    if (
        isinstance(repair.to, str) and repair.to in reader.facts and column.codes is None
    ) or repair.to in content.facts:
        fact = str(repair.to)
        if fact not in content.facts:
            reader.say("unknown_name", f"repair 用的事实 {fact} 不在 facts 里", f"把 {fact} 写进 facts", at=at)
            return None
        reader.used.add(fact)
        kind = reader.facts[fact].type.kind
        if kind is not column.kind or kind is ValueType.TEXTS:
            message = f"repair 的 {fact} 是{kind.label}，{repair.column} 是{column.kind.label}"
            reader.say("type", message, "改用同类的事实", at=at)
    elif column.kind is ValueType.TEXTS and isinstance(repair.to, str):
        codes = repair.to.split(",")
        if not fits(codes, column):
            reader.say("type", f"{repair.to} 不是 {repair.column} 的代码", _codes_hint(column), at=at)
    elif not fits(repair.to, column):
        message = f"{repair.to} 不是 {repair.column} 能填的值（{column.kind.label}）"
        reader.say("type", message, _codes_hint(column), at=at)
    when = reader.condition(repair.when, "repair", "when") if repair.when else None
    because = reader.sentence(repair.because, "repair", "because")
    return Repair(repair.column, fact, None if fact else repair.to, when, because)


def _codes_hint(column: ColumnType) -> str:
    return "可用的有：" + "、".join(sorted(column.codes)[:20]) if column.codes else "改正数值"


def _cases(reader: Reader, content: _CheckFile) -> Iterator[CheckCase]:
    told = False
    for number, case in enumerate(content.cases):
        region = reader.case(case, number, besides={})
        tells = "repaired" in case.model_fields_set
        if tells and (content.repair is None or case.then != "raised"):
            remedy = "只在有 repair 的核查、结果为 raised 的例子里写"
            reader.say("case", "这个例子不会有修改建议", remedy, at=("cases", number, "repaired"))
        told = told or tells
        if region is not None:
            at = reader.document.line("cases", number)
            yield CheckCase(
                case.name, case.on, region, dict(case.given), case.then, None, reader.document.file, at,
                case.repaired, tells,
            )  # fmt: skip
    if content.repair is not None and not told:
        reader.say("case", "没有例子写明修改成什么", "在结果为 raised 的例子里写 repaired", at=("cases",))
