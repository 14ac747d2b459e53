"""Which value of every parameter holds somewhere on a day, where it comes from, and which are missing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from doudi.rulebook import MissingParameter, Parameter, ParameterValue, Rulebook
from doudi.rulebook.loading import MEMBER_FACT
from doudi.rulebook.parameters import Value
from doudi.screening.books.workbook import book_at
from doudi.screening.sql.writing import written
from doudi.standards.periods import IncomeYear
from doudi.standards.regions import RegionCode, RegionLevel

LEVELS: Final = {
    RegionLevel.COUNTRY: ("全国", "country"),
    RegionLevel.PROVINCE: ("省", "province"),
    RegionLevel.CITY: ("市", "city"),
    RegionLevel.COUNTY: ("县", "county"),
    RegionLevel.TOWNSHIP: ("乡镇", "township"),
    RegionLevel.VILLAGE: ("村", "village"),
}


@dataclass(frozen=True, slots=True)
class Held:
    """A parameter somewhere on a day. `value` None: there is none, and `problem` says which file to edit."""

    parameter: Parameter
    value: ParameterValue | None
    problem: str
    used_by: tuple[str, ...]
    """Rules and policies in force on the day that need it, by themselves or through their facts."""

    def text(self, language: str = "zh") -> str:
        if self.value is None or self.value.value is None:
            return ""
        return value_text(self.parameter, self.value.value, language)


@dataclass(frozen=True, slots=True)
class Entry:
    """One value in a parameter's file. `value` None ends what held before."""

    parameter: Parameter
    region: RegionCode
    since: date
    until: date | None
    """The last day it holds: as written, or the day before the next entry of the region; None: still open."""
    income_year: int | None
    value: Value | None
    document: str
    note: str
    verified: bool
    line: int

    def text(self, language: str = "zh") -> str:
        if self.value is None:
            return "（到此为止）" if language == "zh" else "(ends here)"
        return value_text(self.parameter, self.value, language)


def value_text(parameter: Parameter, value: Value, language: str) -> str:
    """A value with its unit, as people read it."""
    plain = list(value) if isinstance(value, tuple) else value
    return written(plain, parameter.unit if parameter.kind == "number" else "label", language)


def level_text(region: RegionCode, language: str) -> str:
    """How far down the region lies, in a word."""
    return LEVELS[region.level][0 if language == "zh" else 1]


def held_on(rulebook: Rulebook, *, region: str, on: date) -> list[Held]:
    """Every parameter with the value that holds for a region on a day, in order of id. ValueError: no such region."""
    place = RegionCode(region)
    users = _users(rulebook, place, on)
    found: list[Held] = []
    for name, parameter in sorted(rulebook.parameters.items()):
        try:
            value, problem = parameter.value(region=place, on=on), ""
        except MissingParameter as error:
            value, problem = None, error.message
        found.append(Held(parameter, value, problem, users.get(name, ())))
    return found


def _users(rulebook: Rulebook, place: RegionCode, on: date) -> dict[str, tuple[str, ...]]:
    users: dict[str, list[str]] = {}
    rules = [(rule.id, rule.facts, set(rule.parameters)) for rule in rulebook.rules_on(on)]
    there = [
        one for one in rulebook.policies_on(on) if any(area.covers(place) or place.covers(area) for area in one.regions)
    ]
    policies = [(one.id, one.facts, set(one.all_parameters)) for one in there]
    for user, facts, names in rules + policies:
        made_of = rulebook.facts_of((*facts, MEMBER_FACT)).values()
        for name in sorted(names.union(*(fact.parameters for fact in made_of))):
            users.setdefault(name, []).append(user)
    return {name: tuple(sorted(ids)) for name, ids in users.items()}


def history(parameter: Parameter) -> list[Entry]:
    """Everything its file holds, region by region, oldest first."""
    found: list[Entry] = []
    for region, held in sorted(parameter.entries.items()):
        for number, one in enumerate(held):
            ends = one.until
            following = held[number + 1].starts if number + 1 < len(held) else None
            if parameter.by == "day" and ends is None and following is not None:
                ends = date.fromordinal(following.toordinal() - 1)
            told = f"{one.source.document} {one.source.article}".strip() if one.source else ""
            note = one.source.note if one.source else ""
            line = (one.income_year, one.value, told, note, one.verified, one.line)
            found.append(Entry(parameter, region, one.starts, ends, *line))
    return found


def since_text(value: ParameterValue, language: str) -> str:
    """From when it holds: a day, or the income year that it is for."""
    if value.income_year is not None:
        return f"{value.income_year} 收入年度" if language == "zh" else f"income year {value.income_year}"
    return value.in_force_from.isoformat()


def write_held(held: Sequence[Held], path: Path, *, region: str, on: date) -> None:
    """The values as a workbook, missing ones on a sheet of their own with the file to edit."""
    columns = [
        ("参数", 28), ("名称", 30), ("数值", 18), ("适用级别", 10), ("地区", 16), ("起始", 16), ("截止", 12),
        ("出处", 40), ("说明", 30), ("核实", 10), ("文件", 40), ("行", 6), ("用到它的规则和政策", 50),
    ]  # fmt: skip
    year = IncomeYear.last_completed(on)
    lead = (f"参数取值（{RegionCode(region)}，{on}）", f"按收入年度的参数取 {year} 收入年度")
    with book_at(path) as book:
        book.sheet("取值", columns, map(_cells, (one for one in held if one.value is not None)), lead=lead)
        missing = [one for one in held if one.value is None]
        book.sheet("缺值", [("参数", 28), ("名称", 30), ("怎么办", 80), ("用到它的规则和政策", 50)], _missing(missing))


def _cells(one: Held) -> list[str | int]:
    value = one.value
    assert value is not None  # noqa: S101 - asked by the caller
    source = value.source
    return [
        one.parameter.id, one.parameter.title, one.text(), level_text(value.region, "zh"), str(value.region),
        since_text(value, "zh"), value.until.isoformat() if value.until else "",
        f"{source.document} {source.article}".strip() if source else "", source.note if source else "",
        "已核实" if value.verified else "待核实", value.file, value.line, "、".join(one.used_by),
    ]  # fmt: skip


def _missing(held: Iterable[Held]) -> Iterable[list[str]]:
    for one in held:
        yield [one.parameter.id, one.parameter.title, one.problem, "、".join(one.used_by)]
