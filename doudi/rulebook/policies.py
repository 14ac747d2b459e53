"""Assistance policies: who is entitled to what, what tells that it is received, how to apply, and test cases."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from doudi.rulebook.clauses import InForce, Reader, Sentence, Slot, State, dated, in_code_list, takes_part
from doudi.rulebook.document import Document, Problem, RulebookError, parsed
from doudi.rulebook.facts import Fact
from doudi.rulebook.parameters import Identifier, Parameter, Part, RuleIdentifier
from doudi.rulebook.parameters import Source as Basis
from doudi.rulebook.predicate import Expression, Predicate
from doudi.rulebook.receipts import GRACE, LEFT_ON, RECEIVED, RECEIVED_TIMES, Receipt, ReceiptFile, build_receipt
from doudi.rulebook.sources import Source
from doudi.rulebook.value_types import BOOLEAN, NUMBER, ColumnType, ValueType
from doudi.standards.regions import RegionCode, parse_region_code

COUNTRY: Final = "000000000000"
PERIODS: Final[Mapping[str, tuple[str, str]]] = {
    "month": ("每月", "monthly"),
    "quarter": ("每季度", "quarterly"),
    "school_year": ("每学年", "each school year"),
    "year": ("每年", "yearly"),
    "once": ("一次性", "once"),
}
"""How often a benefit is paid; the benefit itself is always in yuan a year."""
NEVER: Final = "never"
"""In place of `over_when`: that somebody has it without meeting the condition says nothing."""
OUTCOMES: Final = ("gap", "received", "over", "none", "cannot_tell")
Outcome = Literal["gap", "received", "over", "none", "cannot_tell"]
Period = Literal["month", "quarter", "school_year", "year", "once"]


class _Apply(Part):
    where: str = Field(min_length=1)
    how: str = Field(min_length=1)
    days: int | None = Field(default=None, ge=0)


class _Case(Part):
    name: str = Field(min_length=1)
    on: date
    region: str
    given: dict[str, Any]
    then: Outcome
    amount: float | None = None


class _PolicyFile(Part):
    id: RuleIdentifier
    version: int = Field(default=1, ge=1)
    state: State = "in_force"
    title: str = Field(min_length=1)
    title_en: str = Field(min_length=1)
    area: str
    subject: Literal["person", "household"]
    department: str
    who: str = Field(min_length=1)
    who_en: str = Field(min_length=1)
    what: str = Field(min_length=1)
    what_en: str = Field(min_length=1)
    legal_basis: tuple[Basis, ...] = Field(min_length=1)
    in_force: InForce
    region: str | tuple[str, ...] = COUNTRY
    replaces: RuleIdentifier | None = None
    facts: tuple[Identifier, ...] = Field(min_length=1)
    parameters: tuple[Identifier, ...] = ()
    eligible: str
    presumed: bool = False
    received: ReceiptFile | None = None
    receives: str | None = None
    over_when: str | None = None
    benefit: str | float | None = None
    period: Period | None = None
    in_kind: bool = False
    received_amount: str | None = None
    excludes: tuple[RuleIdentifier, ...] = ()
    evidence: tuple[str, ...] = Field(min_length=1)
    apply: _Apply
    because: str = Field(min_length=1)
    because_en: str = Field(min_length=1)
    over: str | None = None
    over_en: str | None = None
    cases: tuple[_Case, ...] = ()

    @field_validator("area", "department")
    @classmethod
    def _in_list(cls, value: str, info: ValidationInfo) -> str:
        name = "policy_area" if info.field_name == "area" else "department"
        return in_code_list(value, name, str(info.field_name))

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        if self.id.partition(".")[0] != self.area:
            raise ValueError(f"id 的前一半应是政策领域 {self.area}；文件名也一并改")
        if (self.benefit is None) == (not self.in_kind):
            raise ValueError("benefit（每年多少元的算式）和 in_kind: true 要写一项，也只写一项")
        if (self.benefit is None) != (self.period is None):
            raise ValueError("写了 benefit 就要写 period（month、quarter、school_year、year、once），实物和服务不写")
        if self.received is not None and self.receives is not None:
            raise ValueError("received（发放数据）和 receives（事实的条件）只写一项")
        if self.received_amount is not None and self.receives is None:
            raise ValueError("received_amount 和 receives 一起写；用 received 时在其中写 amount")
        if (self.over is None) != (self.over_en is None):
            raise ValueError("over 和 over_en 要一起写")
        return self

    @property
    def regions(self) -> tuple[str, ...]:
        return (self.region,) if isinstance(self.region, str) else self.region


@dataclass(frozen=True, slots=True)
class Application:
    """Where and how to apply; `days` until it is decided, None where no rule says."""

    where: str
    how: str
    days: int | None


@dataclass(frozen=True, slots=True)
class PolicyCase:
    """One example in a policy's file; `amount` in yuan a year is only looked at when `tells_amount`."""

    name: str
    on: date
    region: RegionCode
    given: Mapping[str, Any]
    then: str
    amount: float | None
    tells_amount: bool
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Policy:
    """A checked policy. Unknown is not false: who can't be judged is listed, never passed over.

    Known by `received` (rows of a feed) or `receives` (a condition over facts); neither: nothing tells, and who is
    entitled is listed for checking, never as a gap. `presumed`: the condition is only a presumption, so that a gap is
    listed for checking too. `excludes`: policies that nobody has beside this one, which goes before them.
    """

    id: str
    version: int
    title: str
    title_en: str
    area: str
    subject: str
    department: str
    who: str
    who_en: str
    what: Sentence
    what_en: Sentence
    legal_basis: tuple[Basis, ...]
    in_force_from: date
    in_force_until: date | None
    regions: tuple[RegionCode, ...]
    replaces: str | None
    """The more general policy that does not hold where this one does."""
    facts: tuple[str, ...]
    parameters: tuple[str, ...]
    eligible: Predicate
    presumed: bool
    received: Receipt | None
    receives: Predicate | None
    over_when: Predicate | None
    """When having it is wrong; None: whenever the condition does not hold, or never (`never_over`)."""
    never_over: bool
    benefit: Expression | None
    """Yuan a year; None: in kind."""
    period: str | None
    received_amount: Expression | None
    excludes: tuple[str, ...]
    evidence: tuple[str, ...]
    apply: Application
    because: Sentence
    because_en: Sentence
    over: Sentence
    over_en: Sentence
    cases: tuple[PolicyCase, ...]
    document: Document = field(repr=False, compare=False)
    state: State = "in_force"

    @property
    def file(self) -> str:
        return self.document.file

    @property
    def told(self) -> bool:
        """Whether anything tells that somebody receives it."""
        return self.received is not None or self.receives is not None

    @property
    def needed_parameters(self) -> frozenset[str]:
        """Parameters without which nobody can be judged; the others only decide about amounts and words."""
        conditions = (self.eligible, self.receives, self.over_when)
        names = {name for one in conditions if one is not None for name in one.columns if name in self.parameters}
        return frozenset(names | (self.received.parameters if self.received else frozenset()))

    @property
    def all_parameters(self) -> frozenset[str]:
        return frozenset(self.parameters) | (self.received.parameters if self.received else frozenset())

    def in_force(self, on: date) -> bool:
        """Whether a screening of that day uses it: approved, and the day within its dates."""
        return takes_part(self.state, self.in_force_from, self.in_force_until, on)

    def dated(self, on: date) -> bool:
        """Whether the day lies within its dates, approved or not."""
        return dated(self.in_force_from, self.in_force_until, on)


def read_policy(
    document: Document,
    *,
    facts: Mapping[str, Fact],
    parameters: Mapping[str, Parameter],
    sources: Mapping[str, Source],
) -> Policy:
    """Check one file of `rules/policies`. Raises RulebookError with every problem."""
    content = parsed(document, _PolicyFile)
    reader = Reader(document, content, facts, parameters)
    for at, name in reader.unknown_names():
        if facts[name].subject == "region":
            reader.say("subject", f"{name} 是村、乡的事实，政策不能用", "改用人或户的事实", at=at)
        elif content.subject == "household" and facts[name].subject == "person":
            message = f"{name} 是人的事实，户的政策不能直接用"
            reader.say("subject", message, "先建 from: members 的户事实汇总", at=at)
    if reader.problems:
        raise RulebookError(reader.problems)
    conditions = {
        key: reader.condition(text, key)
        for key in ("eligible", "receives", "over_when")
        if (text := getattr(content, key)) is not None and not (key == "over_when" and text == NEVER)
    }
    formulas = {
        key: reader.formula(str(text), key)
        for key in ("benefit", "received_amount")
        if (text := getattr(content, key)) is not None
    }
    words = {key: reader.sentence(getattr(content, key) or "", key) for key in _SENTENCES}
    _check_slots(reader, words)
    reader.dates(content.in_force)
    regions = tuple(_regions(reader, content))
    receipt = _receipt(reader, content, sources)
    cases = tuple(_cases(reader, content, receipt))
    eligible = conditions["eligible"]
    if None not in (*conditions.values(), *formulas.values()):
        reader.unused()
    if reader.problems or eligible is None:
        raise RulebookError(reader.problems)
    return Policy(
        id=content.id,
        version=content.version,
        title=content.title,
        title_en=content.title_en,
        area=content.area,
        subject=content.subject,
        department=content.department,
        who=content.who,
        who_en=content.who_en,
        what=words["what"],
        what_en=words["what_en"],
        legal_basis=content.legal_basis,
        in_force_from=content.in_force.from_,
        in_force_until=content.in_force.until,
        regions=regions,
        replaces=content.replaces,
        facts=content.facts,
        parameters=content.parameters,
        eligible=eligible,
        presumed=content.presumed,
        received=receipt,
        receives=conditions.get("receives"),
        over_when=conditions.get("over_when"),
        never_over=content.over_when == NEVER,
        benefit=formulas.get("benefit"),
        period=content.period,
        received_amount=formulas.get("received_amount"),
        excludes=content.excludes,
        evidence=content.evidence,
        apply=Application(content.apply.where, content.apply.how, content.apply.days),
        because=words["because"],
        because_en=words["because_en"],
        over=words["over"],
        over_en=words["over_en"],
        cases=cases,
        document=document,
        state=content.state,
    )


_SENTENCES: Final = ("what", "what_en", "because", "because_en", "over", "over_en")


def _check_slots(reader: Reader, words: Mapping[str, Sentence]) -> None:
    """What a policy gives is the same for everybody in a place."""
    for key in ("what", "what_en"):
        for part in words[key]:
            if isinstance(part, Slot) and part.name in reader.facts:
                message = f"{key} 里只能填参数，{part.name} 是事实"
                reader.say("format", message, "因人而异的写在 because 里", at=(key,))


def _regions(reader: Reader, content: _PolicyFile) -> Iterator[RegionCode]:
    for text in content.regions:
        try:
            yield parse_region_code(text)
        except ValueError as error:
            reader.say("region", str(error), "写 12 位代码并加引号", at=("region",))


def _receipt(reader: Reader, content: _PolicyFile, sources: Mapping[str, Source]) -> Receipt | None:
    if content.received is None:
        return None
    try:
        receipt = build_receipt(reader.document, content.received, sources=sources, parameters=reader.parameters)
    except RulebookError as error:
        reader.problems += error.problems
        return None
    reader.used |= receipt.parameters
    return receipt


def _cases(reader: Reader, content: _PolicyFile, receipt: Receipt | None) -> Iterator[PolicyCase]:
    besides: dict[str, ColumnType] = {}
    if receipt is not None:
        besides = {RECEIVED: BOOLEAN} | ({RECEIVED_TIMES: NUMBER} if receipt.most_times else {})
    for number, case in enumerate(content.cases):
        region = reader.case(case, number, besides=besides)
        if region is not None:
            tells_amount = "amount" in case.model_fields_set
            line = reader.document.line("cases", number)
            yield PolicyCase(
                case.name, case.on, region, dict(case.given), case.then, case.amount, tells_amount,
                reader.document.file, line,
            )  # fmt: skip
    told = content.received is not None or content.receives is not None
    wanted = ("gap", "received", "none", "cannot_tell") if told and not content.presumed else ("none", "cannot_tell")
    reader.outcomes(wanted, {case.then for case in content.cases})


def check_policies(policies: Mapping[str, Policy]) -> Iterator[Problem]:
    """What only shows when all policies are seen together: those they exclude or replace must be there."""
    for policy in policies.values():
        for number, name in enumerate(policy.excludes):
            if name not in policies or name == policy.id:
                message = f"excludes 里没有名为 {name} 的其他政策"
                yield policy.document.problem("unknown_name", message, "检查政策编号", at=("excludes", number))
        if policy.replaces is not None and (policy.replaces not in policies or policy.replaces == policy.id):
            message = f"replaces 里没有名为 {policy.replaces} 的其他政策"
            yield policy.document.problem("unknown_name", message, "检查政策编号", at=("replaces",))
        elif policy.replaces is not None and policies[policy.replaces].subject != policy.subject:
            message = f"{policy.replaces} 的对象（人或户）与本政策不同，不能替代"
            yield policy.document.problem("subject", message, "两项政策用同一 subject", at=("replaces",))
    yield from _circles(policies)


def _circles(policies: Mapping[str, Policy]) -> Iterator[Problem]:
    """Policies that go before themselves by way of others: nobody could say which one counts."""
    for policy in policies.values():
        reached: set[str] = set()
        waiting = list(policy.excludes)
        while waiting:
            name = waiting.pop()
            if name in policies and name not in reached:
                reached.add(name)
                waiting += policies[name].excludes
        if policy.id in reached:
            message = f"excludes 里的政策与 {policy.id} 互相排在前面，分不出先后"
            yield policy.document.problem("cycle", message, "只在优先的那一项里写 excludes", at=("excludes",))


def check_departed(
    policies: Mapping[str, Policy], facts: Mapping[str, Fact], parameters: Mapping[str, Parameter]
) -> Iterator[Problem]:
    """Payments to the dead and to those who left are found by a fact and a parameter that the rulebook must have."""
    paid = next((policy for policy in policies.values() if policy.received is not None), None)
    if paid is None:
        return
    left = facts.get(LEFT_ON)
    if left is None or left.subject != "person" or left.type.kind is not ValueType.DATE:
        message = f"缺少事实 {LEFT_ON}（人，日期）：哪天死亡、迁出或服刑"
        yield paid.document.problem("departed", message, f"建 rules/facts/{LEFT_ON}.yaml", at=("received",))
    if GRACE not in parameters or parameters[GRACE].kind != "number":
        message = f"缺少参数 {GRACE}（月数）：离开当月之后还可以发几个月"
        yield paid.document.problem("departed", message, f"建 rules/parameters/{GRACE}.yaml", at=("received",))
