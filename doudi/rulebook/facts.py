"""Facts: one value for a person, household or region on a day, worked out of one source and shared by all rules."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from doudi.rulebook.document import Document, Problem, RulebookError, parsed
from doudi.rulebook.parameters import Identifier, Parameter, Part, Unit
from doudi.rulebook.predicate import (
    Expression,
    Predicate,
    PredicateError,
    parse_aggregate,
    parse_expression,
    parse_predicate,
)
from doudi.rulebook.sources import (
    ALERTS,
    ALERTS_RAISED,
    FACTS,
    HOUSEHOLD,
    HOUSEHOLDS,
    INCOME,
    MEMBERS,
    PERSON,
    PERSONS_OF_HOUSEHOLD,
    REGISTERED,
    Source,
)
from doudi.rulebook.value_types import DATE, ColumnType, ValueType
from doudi.standards.codes import CODE_LISTS

AS_OF = "as_of"
"""The day of the screening, usable in every fact."""


class _Window(Part):
    column: Identifier
    months: Annotated[int, Field(ge=1, le=1200)] | Identifier


class FactFile(Part):
    """A file of `rules/facts` as written."""

    id: Identifier
    title: str = Field(min_length=1)
    title_en: str = Field(min_length=1)
    description: str = ""
    subject: Literal["person", "household", "region"]
    unit: Unit = "none"
    codes: str | None = None
    from_: str = Field(alias="from")
    year: Literal["last", "previous"] | None = None
    expression: str
    where: str | None = None
    window: _Window | None = None
    no_rows: float | bool | None = None
    by: Identifier | None = None
    pick: Literal["value", "group"] = "value"

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        if (self.from_ == INCOME) != (self.year is not None):
            raise ValueError("from: registry.income 要写 year: last 或 previous，其他来源不写")
        if self.codes is not None and self.codes not in CODE_LISTS:
            raise ValueError(f"没有名为 {self.codes} 的代码表；可用的有：{'、'.join(sorted(CODE_LISTS))}")
        if self.from_ in (HOUSEHOLD, *PERSONS_OF_HOUSEHOLD, INCOME) and self.subject != "household":
            raise ValueError(f"来源 {self.from_} 只能用于 subject: household；改 subject 或 from")
        if self.from_ == PERSON and self.subject != "person":
            raise ValueError("来源 registry.person 只能用于 subject: person；户的汇总用 from: members 或 registered")
        if self.from_ in (HOUSEHOLDS, ALERTS) and self.subject != "region":
            raise ValueError(f"来源 {self.from_} 只能用于 subject: region；改 subject 或 from")
        if self.subject == "region" and self.from_ in (HOUSEHOLD, PERSON, INCOME, *PERSONS_OF_HOUSEHOLD):
            raise ValueError(f"村、乡的事实不能直接用来源 {self.from_}；先建户的事实，再用 from: households 汇总")
        if self.by is not None and (self.subject != "region" or self.from_ == FACTS):
            raise ValueError("by 只用于村、乡的汇总事实（subject: region，from 不是 facts）")
        if self.pick == "group" and self.by is None:
            raise ValueError("pick: group 要和 by 一起写")
        return self


@dataclass(frozen=True, slots=True)
class Window:
    """Rows count when their day lies in the months up to the screening's day, its first and its last day included.

    Twelve months on 1 August 2023 reach from 1 August 2022 to 1 August 2023.
    """

    column: str
    months: int | str
    """A number, or the parameter that holds it."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A checked fact. `no_rows`: what it is when the source is there and has no row; an absent source is unknown."""

    id: str
    title: str
    title_en: str
    description: str
    subject: str
    unit: str
    codes: str | None
    source: Source
    year: str | None
    expression: Expression
    where: Predicate | None
    window: Window | None
    no_rows: float | bool | None
    parameters: frozenset[str]
    uses: frozenset[str]
    """The facts it is made of."""
    columns: frozenset[str]
    """The columns of its source that it reads."""
    by: str | None
    """Rows are grouped by this column too, and the group with the largest value counts."""
    group_type: ColumnType | None
    """Set when the fact is the name of that group (`pick: group`) rather than its value: the type of the name."""
    document: Document = field(repr=False, compare=False)

    @property
    def type(self) -> ColumnType:
        return self.group_type or self.expression.type

    @property
    def file(self) -> str:
        return self.document.file

    @property
    def grouped(self) -> bool:
        """Whether it sums up several rows."""
        return self.source.is_feed or self.source.id in (*PERSONS_OF_HOUSEHOLD, HOUSEHOLDS, ALERTS)


def read_fact_file(document: Document) -> FactFile:
    """The file's form alone; what it refers to is checked by `build_fact`. Raises RulebookError."""
    return parsed(document, FactFile)


def build_fact(
    document: Document,
    content: FactFile,
    *,
    sources: Mapping[str, Source],
    parameters: Mapping[str, Parameter],
    known: Mapping[str, Fact],
) -> Fact:
    """Resolve and check one fact; `known` are the facts it may be made of. Raises RulebookError."""
    source = _source(document, content, sources, known)
    problems: list[Problem] = []
    constants: dict[str, ColumnType] = {name: parameter.type for name, parameter in parameters.items()}
    scope = {**constants, AS_OF: DATE, **source.columns}

    def checked(text: str, key: str, parse: Any, **options: Any) -> Any:
        try:
            return parse(text, scope, **options)
        except PredicateError as error:
            problems.append(document.problem(error.code, error.message, error.remedy, at=(key,)))
            return None

    grouped = source.is_feed or source.id in (*PERSONS_OF_HOUSEHOLD, HOUSEHOLDS, ALERTS)
    if grouped:
        fixed = frozenset({AS_OF, *constants} - set(source.columns))
        expression = checked(content.expression, "expression", parse_aggregate, constants=fixed)
    else:
        expression = checked(content.expression, "expression", parse_expression)
    where = checked(content.where, "where", parse_predicate) if content.where else None
    window = _window(document, content, source, parameters, problems)
    if not grouped and (content.where or content.window):
        problems.append(document.problem("where", "where 和 window 只用于汇总的事实", "写进 expression", at=("where",)))
    if content.by is not None and content.by not in source.columns:
        message = f"by 的 {content.by} 不是 {source.id} 的字段"
        problems.append(document.problem("by", message, "改为该来源的字段", at=("by",)))
    if problems or expression is None:
        raise RulebookError(problems)
    group_type = source.columns[content.by] if content.by and content.pick == "group" else None
    _check_no_rows(document, content, group_type or expression.type)
    read = expression.columns | (where.columns if where else frozenset()) | ({content.by} if content.by else set())
    used_parameters = {name for name in read if name in parameters and name not in source.columns}
    if window is not None and isinstance(window.months, str):
        used_parameters.add(window.months)
    columns = {name for name in read if name in source.columns}
    if doubtful := sorted(columns & (set(parameters) | {AS_OF})):
        message = f"{'、'.join(doubtful)} 既是 {source.id} 的字段又是参数"
        raise RulebookError([document.problem("name", message, "给参数换一个 id", at=("expression",))])
    derived = source.id in (FACTS, *PERSONS_OF_HOUSEHOLD, HOUSEHOLDS)
    if window is not None:
        columns.add(window.column)
    return Fact(
        id=content.id,
        title=content.title,
        title_en=content.title_en,
        description=content.description,
        subject=content.subject,
        unit=content.unit,
        codes=content.codes,
        source=source,
        year=content.year,
        expression=expression,
        where=where,
        window=window,
        no_rows=content.no_rows,
        parameters=frozenset(used_parameters),
        uses=frozenset(columns) if derived else frozenset(),
        columns=frozenset() if derived else frozenset(columns),
        by=content.by,
        group_type=group_type,
        document=document,
    )


_DERIVED: Mapping[str, tuple[str, str, str]] = {
    FACTS: ("其他事实", "Other facts", ""),
    MEMBERS: ("在册成员", "Present members", "person"),
    REGISTERED: ("登记簿所列的人", "Persons the registry lists", "person"),
    HOUSEHOLDS: ("辖区内各户", "Households of the region", "household"),
}
"""Source made of other facts → titles and whose facts they are; empty: of the same subject."""


def _source(document: Document, content: FactFile, sources: Mapping[str, Source], known: Mapping[str, Fact]) -> Source:
    if content.from_ in _DERIVED:
        title, title_en, subject = _DERIVED[content.from_]
        columns = {fact.id: fact.type for fact in known.values() if fact.subject == (subject or content.subject)}
        return Source(content.from_, title, title_en, "rural_revitalisation", "derived", columns)
    if content.from_ == ALERTS:
        return ALERTS_RAISED
    if content.from_ not in sources:
        remedy = "可用的有：" + "、".join([*sources, *_DERIVED, ALERTS])
        raise RulebookError([document.problem("source", f"没有名为 {content.from_} 的来源", remedy, at=("from",))])
    source = sources[content.from_]
    if source.is_shared and source.subject != content.subject:
        wanted = f"写 subject: {source.subject}"
        message = f"{content.from_} 说的是{'人' if source.subject == 'person' else '户'}"
        raise RulebookError([document.problem("subject", message, wanted, at=("subject",))])
    if (source.subject == "region") != (content.subject == "region"):
        what = "村、乡" if source.subject == "region" else "人或户"
        remedy = "写 subject: region" if source.subject == "region" else "先建户的事实，再用 from: households 汇总"
        message = f"{content.from_} 是{what}的数据，不能用于 subject: {content.subject}"
        raise RulebookError([document.problem("subject", message, remedy, at=("subject",))])
    return source


def _window(
    document: Document,
    content: FactFile,
    source: Source,
    parameters: Mapping[str, Parameter],
    problems: list[Problem],
) -> Window | None:
    if content.window is None:
        return None
    column, months = content.window.column, content.window.months
    if source.columns.get(column, ColumnType(ValueType.TEXT)).kind is not ValueType.DATE:
        message = f"window 的 column {column} 不是 {source.id} 的日期字段"
        problems.append(document.problem("window", message, "改为日期字段", at=("window", "column")))
    if isinstance(months, str) and (months not in parameters or parameters[months].kind != "number"):
        message = f"没有名为 {months} 的数字参数"
        problems.append(document.problem("window", message, "写月数，或在 rules/parameters 建参数", at=("window",)))
    return Window(column, months)


def _check_no_rows(document: Document, content: FactFile, result: ColumnType) -> None:
    value = content.no_rows
    fits = {
        ValueType.NUMBER: isinstance(value, (int, float)) and not isinstance(value, bool),
        ValueType.BOOLEAN: isinstance(value, bool),
    }
    if value is not None and not fits.get(result.kind, False):
        message = f"no_rows 应与结果同类（{result.kind.label}），写的是 {value!r}"
        raise RulebookError([document.problem("no_rows", message, "改为 0、false 或 null", at=("no_rows",))])
