"""Dated values by region: monitoring lines, thresholds, ages. The only place where policy numbers come from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from doudi.rulebook.document import Document, Problem, RulebookError, parsed
from doudi.rulebook.value_types import BOOLEAN, DATE, NUMBER, TEXT, TEXTS, ColumnType
from doudi.standards.periods import IncomeYear
from doudi.standards.regions import RegionCode, parse_region_code

Value = float | str | bool | tuple[str, ...] | date
Identifier = Annotated[str, Field(pattern=r"^[a-z](?:_?[a-z0-9])*$", max_length=60)]
"""Without double underscores: columns that a screening makes have them, and no name may be taken for one of those."""
RuleIdentifier = Annotated[str, Field(pattern=r"^[a-z](?:_?[a-z0-9])*\.[a-z](?:_?[a-z0-9])*$", max_length=96)]
LARGEST = 1e9
"""No value of a parameter is larger; products of two stay exact in every engine."""
UNITS: Mapping[str, tuple[str, str]] = {
    "yuan": ("元", "yuan"),
    "persons": ("人", "persons"),
    "households": ("户", "households"),
    "years": ("岁", "years"),
    "months": ("个月", "months"),
    "days": ("天", "days"),
    "times": ("次", "times"),
    "minutes": ("分钟", "minutes"),
    "percent": ("%", "%"),
    "share": ("", ""),
    "ratio": ("", ""),
    "grade": ("", ""),
    "none": ("", ""),
}
"""Unit → how it is written after a number in Chinese and English. `share`: a fraction of 1, shown as percent."""
Unit = Literal[
    "yuan", "persons", "households", "years", "months", "days", "times", "minutes", "percent", "share", "ratio",
    "grade", "none",
]  # fmt: skip


class Part(BaseModel):
    """A piece of a rulebook file; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, allow_inf_nan=False)


class Source(Part):
    """Where a value or a rule comes from: a document and, if known, the place in it."""

    document: str = Field(min_length=1)
    article: str = ""
    note: str = ""


class _Entry(Part):
    region: str
    from_: date | None = Field(default=None, alias="from")
    until: date | None = None
    income_year: int | None = Field(default=None, ge=2014, le=2100)
    value: float | bool | str | list[str] | None
    source: Source | None = None
    verified: bool = False


class _ParameterFile(Part):
    id: Identifier
    title: str = Field(min_length=1)
    title_en: str = Field(min_length=1)
    description: str = ""
    unit: Unit = "none"
    type: Literal["number", "text", "boolean", "texts", "yearly_day"] = "number"
    by: Literal["day", "income_year"] = "day"
    values: tuple[_Entry, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _keys_fit(self) -> Self:
        for number, entry in enumerate(self.values, start=1):
            if self.by == "income_year" and (entry.income_year is None or entry.from_ or entry.until):
                raise ValueError(f"values 第{number}项应写 income_year；按收入年度的参数不写 from 和 until")
            if self.by == "day" and (entry.from_ is None or entry.income_year is not None):
                raise ValueError(f"values 第{number}项应写 from（从哪天起）；按日期的参数不写 income_year")
            if self.by == "day" and entry.until and entry.from_ and entry.until < entry.from_:
                raise ValueError(f"values 第{number}项的 until 早于 from；请改正日期")
        return self


_COLUMN_TYPES: Mapping[str, ColumnType] = {
    "number": NUMBER,
    "text": TEXT,
    "boolean": BOOLEAN,
    "texts": TEXTS,
    "yearly_day": DATE,
}


@dataclass(frozen=True, slots=True)
class ParameterValue:
    """A value that holds somewhere on some day, and where it comes from.

    `value` is None only in a screening, for an amount of a policy that the region has not filed.
    """

    value: Value | None
    region: RegionCode
    in_force_from: date
    until: date | None
    income_year: int | None
    source: Source | None
    verified: bool
    file: str
    line: int


class MissingParameter(LookupError):  # noqa: N818 - named for what is wrong
    """No value for a region and day; the message names the file to edit."""

    def __init__(self, parameter: "Parameter", region: RegionCode, on: date) -> None:
        when = f"{IncomeYear.last_completed(on)} 收入年度" if parameter.by == "income_year" else f"{on} 当天"
        self.parameter_id = parameter.id
        self.region = region
        self.on = on
        self.message = (
            f"参数“{parameter.title}”没有 {when}、适用于 {region} 的值，"
            f"请在 {parameter.file} 的 values 里补一项（地区、起始时间、数值、出处）"
        )
        super().__init__(self.message)


@dataclass(frozen=True, slots=True)
class _Held:
    region: RegionCode
    starts: date
    until: date | None
    income_year: int | None
    value: Value | None
    source: Source | None
    verified: bool
    line: int


@dataclass(frozen=True, slots=True)
class Parameter:
    """A dated, regional value. `by`: keyed by a day, or by the last income year completed before it."""

    id: str
    title: str
    title_en: str
    description: str
    unit: str
    kind: str
    by: str
    file: str
    entries: Mapping[RegionCode, tuple[_Held, ...]]

    @property
    def type(self) -> ColumnType:
        return _COLUMN_TYPES[self.kind]

    @property
    def regions(self) -> frozenset[RegionCode]:
        """The regions for which values are written."""
        return frozenset(self.entries)

    def value(self, *, region: RegionCode | str, on: date) -> ParameterValue:
        """The value in force: of the nearest region at or above `region` that has one. Raises MissingParameter."""
        place = RegionCode(region)
        for area in (place, *place.ancestors):
            held = self._held(area, on)
            if held is not None and held.value is not None:
                value = _last_such_day(held.value, on) if self.kind == "yearly_day" else held.value
                return ParameterValue(
                    value, area, held.starts, held.until, held.income_year, held.source, held.verified,
                    self.file, held.line,
                )  # fmt: skip
        raise MissingParameter(self, place, on)

    def _held(self, area: RegionCode, on: date) -> _Held | None:
        entries = self.entries.get(area, ())
        if self.by == "income_year":
            year = IncomeYear.last_completed(on).year
            return next((entry for entry in entries if entry.income_year == year), None)
        begun = [entry for entry in entries if entry.starts <= on]
        if not begun:
            return None
        latest = max(begun, key=lambda entry: entry.starts)
        return None if latest.until is not None and latest.until < on else latest


def _last_such_day(text: Value, on: date) -> date:
    month, day = (int(part) for part in str(text).split("-"))
    this_year = date(on.year, month, day)
    return this_year if this_year <= on else date(on.year - 1, month, day)


def read_parameter(document: Document) -> Parameter:
    """Check one file of `rules/parameters`. Raises RulebookError."""
    content = parsed(document, _ParameterFile)
    problems: list[Problem] = []
    entries: dict[RegionCode, list[_Held]] = {}
    for number, entry in enumerate(content.values):
        at = ("values", number)
        try:
            region = parse_region_code(entry.region)
        except ValueError as error:
            problems.append(document.problem("region", str(error), "写 12 位代码并加引号", at=(*at, "region")))
            continue
        if entry.value is not None and entry.source is None:
            problems.append(document.problem("source", "缺少 source", "写明出自哪份文件", at=at))
        value, wrong = _value_of(content.type, entry.value)
        if wrong:
            problems.append(document.problem("type", wrong, "改正数值或 type", at=(*at, "value")))
            continue
        starts = entry.from_ or IncomeYear(entry.income_year or 2014).starts
        held = _Held(
            region, starts, entry.until, entry.income_year, value, entry.source, entry.verified, document.line(*at)
        )
        for other in entries.setdefault(region, []):
            if _overlap(held, other):
                message = f"{region} 的两项时间重叠（另一项在第{other.line}行）"
                problems.append(document.problem("overlap", message, "改日期，或删去一项", at=at))
        entries[region].append(held)
    if problems:
        raise RulebookError(problems)
    return Parameter(
        id=content.id,
        title=content.title,
        title_en=content.title_en,
        description=content.description,
        unit=content.unit,
        kind=content.type,
        by=content.by,
        file=document.file,
        entries={region: tuple(sorted(held, key=lambda one: one.starts)) for region, held in entries.items()},
    )


def _overlap(one: _Held, other: _Held) -> bool:
    if one.income_year is not None:
        return one.income_year == other.income_year
    if one.starts == other.starts:
        return True
    first, second = sorted((one, other), key=lambda held: held.starts)
    return first.until is not None and first.until >= second.starts


def _value_of(kind: str, value: Any) -> tuple[Value | None, str]:
    """The value in the parameter's type, or what is wrong with it. None ends the value before."""
    if value is None:
        return None, ""
    if kind == "number" and isinstance(value, (int, float)) and not isinstance(value, bool):
        if abs(value) > LARGEST or round(value, 6) != value:
            return None, f"数值太大或小数太多：{value}（不超过十亿，最多 6 位小数）"
        return float(value), ""
    if kind == "boolean" and isinstance(value, bool):
        return value, ""
    if kind == "text" and isinstance(value, str):
        return value, ""
    if kind == "texts" and isinstance(value, list):
        return tuple(value), ""
    if kind == "yearly_day" and isinstance(value, str):
        try:
            date.fromisoformat(f"2001-{value}")
        except ValueError:
            return None, f'不是月和日：{value}（应写作 "08-31"）'
        return value, ""
    return None, f"value 的类型应为 {kind}，写的是 {value!r}"
