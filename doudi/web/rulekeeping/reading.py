"""A rule as officers read it: the condition in sentences, what it compares with, its examples and what they give."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _

from doudi.rulebook import MissingParameter, Parameter, ParameterValue, Rule, Rulebook
from doudi.rulebook.rules import Case
from doudi.rulebook.wording import Clause, Words
from doudi.screening.cases import run_cases
from doudi.screening.results.judging import parameters_of
from doudi.standards.regions import RegionCode
from doudi.web.layout.templatetags.layout import cited, code, in_english, tongue, with_unit
from doudi.web.regions.queries import PlaceNames


@dataclass(frozen=True)
class DatedValue:
    """One value of a parameter: where, since when or for which income year, from which document."""

    place: RegionCode
    region: str
    since: date | None
    until: date | None
    income_year: int | None
    value: Any
    source: str
    note: str
    verified: bool
    in_force: bool


@dataclass(frozen=True)
class Threshold:
    """A parameter with the value that holds in the reader's region on a day, and all its values."""

    parameter: Parameter
    now: ParameterValue | None
    region: str
    """Where the value that holds comes from."""
    values: list[DatedValue] = field(default_factory=list)

    @property
    def source(self) -> str:
        return cited(self.now.source) if self.now and self.now.source else ""

    @property
    def state(self) -> str:
        """missing, unverified or verified."""
        return "missing" if self.now is None else "verified" if self.now.verified else "unverified"


@dataclass(frozen=True)
class Line:
    """One clause of a condition with how far in it stands."""

    depth: int
    clause: Clause


@dataclass(frozen=True)
class RuleRead:
    """A rule in words, with what it rests on."""

    rule: Rule
    sentence: str
    escalation: str
    lines: list[Line]
    escalation_lines: list[Line]
    sources: list[str]
    thresholds: list[Threshold]

    @property
    def all_verified(self) -> bool:
        return all(threshold.state == "verified" for threshold in self.thresholds)

    @property
    def missing(self) -> list[Threshold]:
        return [threshold for threshold in self.thresholds if threshold.now is None]


def language() -> str:
    return "en" if in_english() else "zh"


def value_text(value: Any, unit: str) -> str:
    """A value of a parameter with its unit; several codes in a row."""
    return with_unit(value, unit)


def threshold(
    parameter: Parameter, *, region: RegionCode, on: date, places: PlaceNames, history: bool = True
) -> Threshold:
    try:
        now: ParameterValue | None = parameter.value(region=region, on=on)
    except MissingParameter:
        now = None
    values = [
        DatedValue(
            place=place,
            region=place_named(place, region=region, places=places),
            since=None if held.income_year else held.starts,
            until=held.until,
            income_year=held.income_year,
            value=held.value,
            source=cited(held.source) if held.source else "",
            note=held.source.note if held.source else "",
            verified=held.verified,
            in_force=now is not None and now.region == place and now.in_force_from == held.starts,
        )
        for place, entries in sorted(parameter.entries.items())
        for held in entries
        if history
    ]
    where = place_named(now.region, region=region, places=places) if now is not None else ""
    return Threshold(parameter, now, where, values)


def place_named(place: RegionCode, *, region: RegionCode, places: PlaceNames) -> str:
    """A region's name; one that isn't registered by its code and whether it has to do with the reader's."""
    if place.level == "country":
        return _("全国")
    name = places.name(place)
    if name != place:
        return name
    return _("%s（上级地区）") % place if place.covers(region) else _("%s（非本县）") % place


def places_named(book: Rulebook) -> PlaceNames:
    """The regions that have values of their own. One SQL statement."""
    return PlaceNames(region for parameter in book.parameters.values() for region in parameter.regions)


def words_for(book: Rulebook, thresholds: Iterable[Threshold] = ()) -> Words:
    """The wording of a rulebook in the reader's language, with the values that hold beside their names."""
    values = {
        one.parameter.id: value_text(_told(one.now.value), one.parameter.unit)
        for one in thresholds
        if one.now is not None and one.parameter.kind in {"number", "yearly_day"}
    }
    return Words(book.facts, book.parameters, language(), values)


def _told(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def read(rule: Rule, book: Rulebook, *, region: RegionCode, on: date, places: PlaceNames) -> RuleRead:
    """One rule in words. No SQL statement."""
    used = book.facts_of(rule.facts).values()
    thresholds = [
        threshold(one, region=region, on=on, places=places, history=False) for one in parameters_of(rule, book).values()
    ]
    words = words_for(book, thresholds)
    sources = {(fact.source.title_en if in_english() else "") or fact.source.title for fact in used}
    escalate = rule.escalate.when.text if rule.escalate else ""
    return RuleRead(
        rule=rule,
        sentence=words.sentence(rule.when.text),
        escalation=words.sentence(escalate) if escalate else "",
        lines=_lines(words.clause(rule.when.text)),
        escalation_lines=_lines(words.clause(escalate)) if escalate else [],
        sources=sorted(sources),
        thresholds=thresholds,
    )


def _lines(clause: Clause) -> list[Line]:
    return [Line(depth, one) for depth, one in clause.lines()]


@dataclass(frozen=True)
class CaseRead:
    """One example of a rule: what is given, what must come of it, and what the engine says."""

    case: Case
    given: list[tuple[str, str]]
    expected: str
    outcome: str
    passed: bool
    problem: str


def outcome_word(outcome: str, level: str | None = None) -> str:
    word = {
        "raised": _("预警"),
        "not_raised": _("不预警"),
        "cannot_tell": _("无法判断"),
        "error": _("不能计算"),
    }.get(outcome, outcome)
    level_words = {"red": _("红色"), "yellow": _("黄色"), "exclusion": _("待核实")}
    return f"{word} · {level_words[level]}" if outcome == "raised" and level in level_words else word


@lru_cache(maxsize=512)
def _cases_now(book: "_ByDigest", rule_id: str) -> tuple[Any, ...]:
    return tuple(run_cases(book.book, rules=[rule_id]))


@dataclass(frozen=True)
class _ByDigest:
    digest: str
    book: Rulebook = field(compare=False, repr=False)


def cases_read(rule: Rule, book: Rulebook) -> list[CaseRead]:
    """The examples of a rule, run now; once for each rulebook."""
    found = []
    for result in _cases_now(_ByDigest(book.digest, book), rule.id):
        case = result.case
        found.append(
            CaseRead(
                case,
                given=[(tongue(book.facts[name]), fact_text(book, name, value)) for name, value in case.given.items()],
                expected=outcome_word(case.then, case.level),
                outcome=outcome_word(result.outcome, result.level if case.level else None),
                passed=result.passed,
                problem=result.problem,
            )
        )
    return found


def fact_text(book: Rulebook, name: str, value: Any) -> str:
    """The value of a fact as people read it; 没有数据 for none."""
    if value is None:
        return _("没有数据")
    fact = book.facts.get(name)
    if fact is not None and fact.codes:
        return code(value, fact.codes)
    return with_unit(value, fact.unit if fact is not None else "")


def facts_text(book: Rulebook, values: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(tongue(book.facts[name]), fact_text(book, name, value)) for name, value in values.items()]
