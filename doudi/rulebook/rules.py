"""Early-warning rules: a condition over facts and parameters, why it matters, what to say, and its own test cases."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Literal, Self

from pydantic import Field, field_validator, model_validator

from doudi.rulebook.clauses import (
    FORMATS,
    InForce,
    Reader,
    Sentence,
    Slot,
    State,
    dated,
    in_code_list,
    takes_part,
)
from doudi.rulebook.document import Document, Path_, Problem, RulebookError, parsed
from doudi.rulebook.facts import Fact
from doudi.rulebook.parameters import Identifier, Parameter, Part, RuleIdentifier, Source
from doudi.rulebook.predicate import Predicate
from doudi.rulebook.value_types import ValueType
from doudi.standards.codes import CODE_LISTS
from doudi.standards.regions import RegionCode

__all__ = ["FORMATS", "OUTCOMES", "REGIONAL", "Case", "Concerns", "Escalation", "Rule", "Sentence", "Slot", "State",
           "read_rule"]  # fmt: skip
OUTCOMES = ("raised", "not_raised", "cannot_tell")
REGIONAL: Final = ("village", "township")
"""Subjects of rules across households."""


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
    in_force: InForce
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
        return in_code_list(value, "risk_type" if info.field_name == "risk" else "department", info.field_name)


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

    @property
    def of_members(self) -> bool:
        """Whether it judges persons: only those who count as members."""
        return self.subject == "person"

    def in_force(self, on: date) -> bool:
        """Whether a screening of that day uses it: approved, and the day within its dates."""
        return takes_part(self.state, self.in_force_from, self.in_force_until, on)

    def dated(self, on: date) -> bool:
        """Whether the day lies within its dates, approved or not."""
        return dated(self.in_force_from, self.in_force_until, on)


def read_rule(document: Document, *, facts: Mapping[str, Fact], parameters: Mapping[str, Parameter]) -> Rule:
    """Check one file of `rules/screening`. Raises RulebookError with every problem."""
    content = parsed(document, _RuleFile)
    reader = Reader(document, content, facts, parameters)
    _check_names(reader, content)
    if reader.problems:
        raise RulebookError(reader.problems)
    when = reader.condition(content.when, "when")
    urgent = reader.condition(content.escalate.when, "escalate", "when") if content.escalate else None
    because, because_en = (reader.sentence(getattr(content, key), key) for key in _SENTENCES)
    reader.dates(content.in_force)
    cases = tuple(_cases(reader, content))
    if when is not None:
        reader.unused()
    if reader.problems or when is None:
        raise RulebookError(reader.problems)
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
        because=because,
        because_en=because_en,
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


def _check_names(reader: Reader, content: _RuleFile) -> None:
    for at, name in reader.unknown_names():
        subject = reader.facts[name].subject
        if content.subject == "household" and subject == "person":
            message = f"{name} 是人的事实，户的规则不能直接用"
            reader.say("subject", message, "先建 from: members 的户事实汇总", at=at)
        elif content.levels and subject != "region":
            message = f"{name} 不是村、乡的事实，村、乡的规则不能直接用"
            reader.say("subject", message, "先建 from: households 的事实汇总", at=at)
        elif not content.levels and subject == "region":
            message = f"{name} 是村、乡的事实，人和户的规则不能用"
            reader.say("subject", message, "改用户的事实，或写 subject: village", at=at)
    if content.concerns is not None:
        reader.problems += _unknown_concerns(reader.document, content.concerns, content.facts, reader.facts)


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


def _cases(reader: Reader, content: _RuleFile) -> Iterator[Case]:
    for number, case in enumerate(content.cases):
        region = reader.case(case, number, besides={})
        if region is not None:
            at = reader.document.line("cases", number)
            yield Case(case.name, case.on, region, dict(case.given), case.then, case.level, reader.document.file, at)
    reader.outcomes(OUTCOMES, {case.then for case in content.cases})
