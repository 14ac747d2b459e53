"""The rules as officers read them: conditions in words, thresholds with dates, source and confirmation."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from doudi.rulebook import MissingParameter, Parameter, ParameterValue, Rule, Rulebook
from doudi.standards.codes import CODE_LISTS
from doudi.standards.regions import RegionCode
from doudi.web.layout.templatetags.layout import cited, code, in_english, tongue
from doudi.web.refusal import NotFound
from doudi.web.regions.queries import PlaceNames

WORD = re.compile(r"'[^']*'|[A-Za-z_][A-Za-z0-9_]*|>=|<=|<>|!=|\s+")


@dataclass(frozen=True)
class DatedValue:
    """One value of a parameter: where, since when or for which income year, from which document."""

    region: str
    since: date | None
    until: date | None
    income_year: int | None
    value: Any
    source: str
    verified: bool
    in_force: bool


@dataclass(frozen=True)
class Threshold:
    """A parameter of a rule with the value that holds in the reader's region today, and all its values."""

    parameter: Parameter
    now: ParameterValue | None
    values: list[DatedValue]


@dataclass(frozen=True)
class RulePage:
    rule: Rule
    condition: str
    escalation: str
    sources: list[str]
    thresholds: list[Threshold]

    @property
    def all_verified(self) -> bool:
        return all(threshold.now is None or threshold.now.verified for threshold in self.thresholds)


def in_words(condition: str, names: Mapping[str, str]) -> str:
    """A condition with the names of facts, parameters and (in quotes) codes, and with words for its operators."""
    operators = {
        "AND": _(" 并且 "),
        "OR": _(" 或者 "),
        "NOT": _("并非"),
        "IS": _("是"),
        "NULL": _("没有数据"),
        "IN": _("属于"),
        "BETWEEN": _("介于"),
        "TRUE": _("是"),
        "FALSE": _("否"),
        ">=": " ≥ ",
        "<=": " ≤ ",
        "<>": " ≠ ",
        "!=": " ≠ ",
    }

    def word(found: re.Match[str]) -> str:
        text = found.group(0)
        if text.isspace():
            return " "
        if text.startswith("'"):
            return names.get(text, text)
        return operators.get(text.upper()) or names.get(text) or text

    return re.sub(r"\s+", " ", WORD.sub(word, condition)).strip()


def rule_parameters(rule: Rule, book: Rulebook) -> list[Parameter]:
    """The rule's own parameters, then those of the facts it uses."""
    wanted = [*rule.parameters]
    for fact in book.facts_of(rule.facts).values():
        wanted += sorted(fact.parameters)
    return [book.parameters[name] for name in dict.fromkeys(wanted) if name in book.parameters]


def threshold(parameter: Parameter, *, region: RegionCode, on: date, places: PlaceNames) -> Threshold:
    try:
        now: ParameterValue | None = parameter.value(region=region, on=on)
    except MissingParameter:
        now = None
    values = [
        DatedValue(
            region=_("全国") if place.level == "country" else place_named(place, region=region, places=places),
            since=None if held.income_year else held.starts,
            until=held.until,
            income_year=held.income_year,
            value=held.value,
            source=cited(held.source) if held.source else "",
            verified=held.verified,
            in_force=now is not None and now.region == place and now.in_force_from == held.starts,
        )
        for place, entries in sorted(parameter.entries.items())
        for held in entries
    ]
    return Threshold(parameter, now, values)


def place_named(place: RegionCode, *, region: RegionCode, places: PlaceNames) -> str:
    """A region's name; one that isn't registered by its code and whether it has to do with the reader's."""
    name = places.name(place)
    if name != place:
        return name
    return _("%s（上级地区）") % place if place.covers(region) else _("%s（非本县）") % place


def places_named(book: Rulebook) -> PlaceNames:
    """The regions that have values of their own. One SQL statement."""
    return PlaceNames(region for parameter in book.parameters.values() for region in parameter.regions)


def rule_page(rule: Rule, book: Rulebook, *, region: RegionCode, on: date, places: PlaceNames) -> RulePage:
    things: list[Any] = [*book.facts.values(), *book.parameters.values()]
    names = {thing.id: tongue(thing) for thing in things}
    used = book.facts_of(rule.facts).values()
    names |= {
        f"'{value}'": code(value, name) for name in {fact.codes for fact in used} if name for value in codes_of(name)
    }
    sources = {(fact.source.title_en if in_english() else "") or fact.source.title for fact in used}
    return RulePage(
        rule=rule,
        condition=in_words(rule.when.text, names),
        escalation=in_words(rule.escalate.when.text, names) if rule.escalate else "",
        sources=sorted(sources),
        thresholds=[
            threshold(parameter, region=region, on=on, places=places) for parameter in rule_parameters(rule, book)
        ],
    )


def codes_of(list_name: str) -> list[str]:
    return [str(member.value) for member in CODE_LISTS[list_name]]


def rule_pages(book: Rulebook, *, region: RegionCode, on: date) -> list[RulePage]:
    """Every rule, the gravest first. One SQL statement."""
    order = {"red": 0, "yellow": 1}
    rules: Iterable[Rule] = sorted(book.rules.values(), key=lambda rule: (order.get(rule.level, 9), rule.id))
    places = places_named(book)
    return [rule_page(rule, book, region=region, on=on, places=places) for rule in rules]


def one_rule_page(book: Rulebook, rule_id: str, *, region: RegionCode, on: date) -> RulePage:
    rule = book.rules.get(rule_id)
    if rule is None:
        raise NotFound("no_such_rule", _("没有这条规则，可能已经改名或停用。"))
    return rule_page(rule, book, region=region, on=on, places=places_named(book))
