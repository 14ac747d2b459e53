"""What files of rules and policies have in common: the names they may use, conditions, sentences, dates, examples."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any, Literal, Protocol

from pydantic import Field

from doudi.rulebook.document import Document, Path_, Problem
from doudi.rulebook.facts import Fact
from doudi.rulebook.parameters import UNITS, Parameter, Part
from doudi.rulebook.predicate import Expression, Predicate, PredicateError, parse_expression, parse_predicate
from doudi.rulebook.value_types import ColumnType, ValueType
from doudi.standards.codes import CODE_LISTS
from doudi.standards.regions import RegionCode, parse_region_code

FORMATS = (*UNITS, "number", "date", "label")
"""How a value may be written in a sentence: with its unit, as a bare number, as a day, by its label."""
State = Literal["draft", "reviewed", "in_force", "retired"]
"""Where a text stands. Only one in force, or retired from a later day on, takes part in a screening."""
_SLOT = re.compile(r"\{([^{}:]*)(?::([^{}]*))?\}")
_MONTH = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])")
_WORDS = {"facts": "事实", "parameters": "参数"}
_FOLDERS = {"facts": "rules/facts", "parameters": "rules/parameters"}


class InForce(Part):
    """From when until when, both days included, a text holds."""

    from_: date = Field(alias="from")
    until: date | None = None


def dated(starts: date, until: date | None, on: date) -> bool:
    """Whether a day lies within dates, both included."""
    return starts <= on and (until is None or on <= until)


def takes_part(state: State, starts: date, until: date | None, on: date) -> bool:
    """Whether a screening of that day uses a text: approved, and the day within its dates."""
    if state in ("draft", "reviewed") or (state == "retired" and until is None):
        return False
    return dated(starts, until, on)


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in a sentence that a fact's or parameter's value fills, written as `format` says."""

    name: str
    format: str


Sentence = tuple[str | Slot, ...]


class Names(Protocol):
    """A file that lists the facts and parameters it uses."""

    @property
    def facts(self) -> tuple[str, ...]: ...

    @property
    def parameters(self) -> tuple[str, ...]: ...


class GivenCase(Protocol):
    """An example of a file: facts given, in a region."""

    @property
    def given(self) -> Mapping[str, Any]: ...

    @property
    def region(self) -> str: ...


def in_code_list(value: str, list_name: str, field_name: str) -> str:
    """The value, when a code list has it. Raises ValueError with what to do."""
    known = [str(member.value) for member in CODE_LISTS[list_name]]
    if value not in known:
        near = get_close_matches(value, known, n=1)
        hint = f"是不是 {near[0]}？" if near else "可用的有：" + "、".join(known)
        raise ValueError(f"{field_name} 没有代码 {value}；{hint}")
    return value


@dataclass
class Reader:
    """Reads the parts of one file that speak of facts and parameters, and gathers what is wrong with them."""

    document: Document
    names: Names
    facts: Mapping[str, Fact]
    parameters: Mapping[str, Parameter]
    problems: list[Problem] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    """Names that some condition, formula or sentence read so far uses."""

    @property
    def scope(self) -> dict[str, ColumnType]:
        """The facts and parameters that the file lists, with their types."""
        found = {name: self.facts[name].type for name in self.names.facts}
        return found | {name: self.parameters[name].type for name in self.names.parameters}

    def say(self, code: str, message: str, remedy: str = "", *, at: Path_ = ()) -> None:
        self.problems.append(self.document.problem(code, message, remedy, at=at))

    def unknown_names(self) -> Iterator[tuple[Path_, str]]:
        """Note names that the rulebook lacks; gives the facts that it has, with where they stand."""
        known: tuple[tuple[str, tuple[str, ...], Mapping[str, Any]], ...] = (
            ("facts", self.names.facts, self.facts),
            ("parameters", self.names.parameters, self.parameters),
        )
        for key, names, there in known:
            for number, name in enumerate(names):
                if name not in there:
                    near = get_close_matches(name, there, n=1)
                    hint = f"是不是 {near[0]}？" if near else f"在 {_FOLDERS[key]} 下建 {name}.yaml"
                    self.say("unknown_name", f"没有名为 {name} 的{_WORDS[key]}", hint, at=(key, number))
                elif key == "facts":
                    yield (key, number), name

    def condition(self, text: str, *at: str) -> Predicate | None:
        """A checked condition; None when it is wrong."""
        return self._read(text, parse_predicate, at)

    def formula(self, text: str, *at: str) -> Expression | None:
        """A checked formula that yields a number; None when it is wrong."""
        found = self._read(text, parse_expression, at)
        if found is not None and found.type.kind is not ValueType.NUMBER:
            self.say("type", f"应得到数字，得到的是{found.type.kind.label}", "写成金额的算式", at=at)
            return None
        return found

    def _read(self, text: str, parse: Any, at: Path_) -> Any:
        try:
            found = parse(text, self.scope)
        except PredicateError as error:
            remedy = error.remedy
            if error.code == "unknown_column":
                name = error.message.split(" ")[1]
                if name in self.facts or name in self.parameters:
                    remedy = f"把 {name} 写进 {'facts' if name in self.facts else 'parameters'}"
            self.say(error.code, error.message, remedy, at=at)
            return None
        self.used |= found.columns
        return found

    def sentence(self, text: str, *at: str) -> Sentence:
        """A sentence with its slots checked."""
        parts: list[str | Slot] = []
        end = 0
        scope = self.scope
        for found in _SLOT.finditer(text):
            name, wanted = found[1], found[2]
            parts.append(text[end : found.start()])
            end = found.end()
            if name not in scope:
                self.say("unknown_name", f"{{{name}}} 不在 facts 或 parameters 里", "改正名字", at=at)
                continue
            if wanted is not None and wanted not in FORMATS:
                self.say("format", f"不认识的写法 {{{name}:{wanted}}}", "可用：" + "、".join(FORMATS), at=at)
                continue
            unit = self.facts[name].unit if name in self.facts else self.parameters[name].unit
            if wanted == "percent" and unit == "share":
                wanted = "share"
            if wanted in UNITS and (scope[name].kind is not ValueType.NUMBER or unit not in (wanted, "none")):
                own = own_format(scope[name], unit)
                self.say("unit", f"{name} 的单位不是 {wanted}", f"写成 {{{name}:{own}}}", at=at)
                continue
            parts.append(Slot(name, wanted or own_format(scope[name], unit)))
            self.used.add(name)
        rest = text[end:]
        if any("{" in part or "}" in part for part in (*parts, rest) if isinstance(part, str)):
            self.say("format", "花括号没有配对", "写成 {事实:yuan}", at=at)
        return tuple(part for part in (*parts, rest) if part != "")

    def dates(self, in_force: InForce) -> None:
        if in_force.until and in_force.until < in_force.from_:
            self.say("dates", "until 早于 from", "改正日期", at=("in_force",))

    def unused(self) -> None:
        """Note names that are listed and not used; asked last."""
        for name in self.scope:
            if name not in self.used:
                where = "facts" if name in self.names.facts else "parameters"
                self.say("unused", f"{name} 列在 {where} 里但没有用到", "从列表里删去，或在条件中使用", at=(where,))

    def case(self, case: GivenCase, number: int, *, besides: Mapping[str, ColumnType]) -> RegionCode | None:
        """The region of an example whose given facts are right; `besides` are other things that it must give."""
        at: Path_ = ("cases", number)
        wanted = {name: self.facts[name].type for name in self.names.facts} | dict(besides)
        missing = [name for name in wanted if name not in case.given]
        extra = [name for name in case.given if name not in wanted]
        if missing or extra:
            message = "given 与 facts 不一致：" + "、".join([f"缺 {n}" for n in missing] + [f"多 {n}" for n in extra])
            self.say("case", message, "每个事实给一个值，未知写 null", at=(*at, "given"))
            return None
        for name, value in case.given.items():
            if not fits(value, wanted[name]):
                message = f"{name} 应为{wanted[name].kind.label}，写的是 {value!r}"
                self.say("case", message, "改正数值", at=(*at, "given", name))
        try:
            return parse_region_code(case.region)
        except ValueError as error:
            self.say("region", str(error), "写 12 位代码并加引号", at=(*at, "region"))
            return None

    def outcomes(self, wanted: tuple[str, ...], told: set[str]) -> None:
        """Note outcomes of which there is no example."""
        for outcome in wanted:
            if outcome not in told:
                self.say("case", f"没有结果为 {outcome} 的例子", "补一个例子（边界和缺失都要有）", at=("cases",))


def own_format(column: ColumnType, unit: str) -> str:
    if column.kind is ValueType.NUMBER:
        return unit
    return {ValueType.DATE: "date", ValueType.TEXT: "label", ValueType.MONTH: "date"}.get(column.kind, "label")


def fits(value: Any, column: ColumnType) -> bool:
    """Whether a value written in a file is of the type; null fits all."""
    if value is None:
        return True
    match column.kind:
        case ValueType.NUMBER:
            return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e15
        case ValueType.BOOLEAN:
            return isinstance(value, bool)
        case ValueType.DATE:
            return isinstance(value, date) and not isinstance(value, datetime)
        case ValueType.TEXTS:
            return isinstance(value, list) and all(
                isinstance(one, str) and (column.codes is None or one in column.codes) for one in value
            )
        case ValueType.MONTH:
            return isinstance(value, str) and _MONTH.fullmatch(value) is not None
        case _:
            return isinstance(value, str) and (column.codes is None or value in column.codes)
