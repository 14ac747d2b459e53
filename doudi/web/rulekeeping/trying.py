"""A rule tried on one household: every fact, each part of the condition, what comes of it; and with other values."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from doudi.rulebook import MissingParameter, Rule, Rulebook
from doudi.rulebook.value_types import ColumnType, ValueType
from doudi.rulebook.wording import Words
from doudi.screening.inputs import RegistryTables
from doudi.screening.results.explain import RuleOutcome, explain
from doudi.screening.results.judging import PartJudged, judge, judge_parts, types_of
from doudi.screening.results.one_household import screen_household
from doudi.screening.thresholds import MissingParameters
from doudi.standards.regions import RegionCode
from doudi.web.accounts.scope import Officer
from doudi.web.discovery.rulebook import fact_department
from doudi.web.intake.snapshots import snapshots_dir, standing_snapshots
from doudi.web.layout.templatetags.layout import tongue
from doudi.web.refusal import ActionRefused
from doudi.web.registry.models import Household
from doudi.web.registry.queries import household_visible
from doudi.web.registry.screening_tables import household_tables
from doudi.web.rulekeeping.reading import fact_text, language, outcome_word, threshold, value_text
from doudi.web.rulekeeping.reading import places_named as places_of_book

if TYPE_CHECKING:
    from doudi.feeds.snapshot import Snapshot


@dataclass(frozen=True)
class FactTried:
    """A fact of the rule with its value for a person or the household. `gap`: a part of it is missing."""

    id: str
    title: str
    text: str
    value: Any
    known: bool
    gap: bool
    source: str


@dataclass(frozen=True)
class Part:
    """One clause with how far in it stands, and whether it holds (None: cannot be told)."""

    depth: int
    text: str
    joint: str
    truth: bool | None


@dataclass(frozen=True)
class Tried:
    """What a rule comes to for the household, or for one member."""

    person_name: str
    outcome: str
    outcome_text: str
    level: str
    sentence: str
    sentence_en: str
    facts: list[FactTried]
    parts: list[Part]
    escalation: list[Part]


def snapshots_named(names: Iterable[str]) -> "list[Snapshot]":
    """The deliveries with these folder names, whether or not they still stand."""
    from doudi.feeds.snapshot import list_snapshots

    wanted = set(names)
    return [one for one in list_snapshots(snapshots_dir(), superseded=True) if one.folder.name in wanted]


def household_outcomes(
    household: Household,
    book: Rulebook,
    *,
    as_of: date,
    rules: Iterable[str],
    snapshots: "Iterable[Snapshot] | None" = None,
) -> list[RuleOutcome]:
    """The rules judged for one household over the registry as it is now. Four SQL statements."""
    tables = household_tables(household)
    result = screen_household(
        rulebook=book,
        registry=RegistryTables(**tables),
        snapshots=standing_snapshots() if snapshots is None else snapshots,
        as_of=as_of,
        rules=rules,
    )
    try:
        return explain(result, household.household_key)
    finally:
        result.close()


def try_rule(rule: Rule, book: Rulebook, *, household_no: str, actor: Officer, as_of: date) -> list[Tried]:
    """The rule on one household of the actor's own, a line for each member where it judges persons.

    Raises NotFound, ActionRefused (`no_value`, `regional`).
    """
    if rule.subject not in ("person", "household"):
        raise ActionRefused("regional", _("这条规则判断的是村或乡镇，不能在一户上试。"))
    household = household_visible(actor=actor, household_no=household_no)
    if not all(_may_know(actor, household, name) for name in book.facts_of(rule.facts)):
        raise ActionRefused("other_department", _("这条规则用到其他部门的数据，您不能在具体农户上试。"))
    names = dict(household.members.values_list("person_key", "name"))
    trial = as_if_in_force(book, rule, as_of)
    try:
        outcomes = household_outcomes(household, trial, as_of=as_of, rules=[rule.id])
    except MissingParameters as missing:
        raise ActionRefused("no_value", str(missing)) from missing
    thresholds = threshold_values(rule, book, region=RegionCode(household.region_code), on=as_of)
    found = []
    for outcome in outcomes:
        values = {one.id: one.value for one in outcome.facts}
        gaps = {one.id for one in outcome.facts if not one.known and one.value is not None}
        tried = judged(rule, book, values, thresholds, gaps=gaps, person_name=names.get(outcome.person_key or 0, ""))
        found.append(tried)
    return found


def _may_know(actor: Officer, household: Household, fact_id: str) -> bool:
    from doudi.web.accounts.roles import Action

    return actor.may_in(Action.HOUSEHOLD_SEE, household.region_code, department=fact_department(fact_id))


def as_if_in_force(book: Rulebook, rule: Rule, on: date) -> Rulebook:
    """The same rulebook with the rule in force that day, so that a draft or a coming rule can be tried too."""
    from dataclasses import replace

    if rule.in_force(on):
        return book
    begun = min(rule.in_force_from, on)
    trial = replace(rule, state="in_force", in_force_from=begun, in_force_until=None)
    return replace(book, rules={**book.rules, rule.id: trial})


def threshold_values(rule: Rule, book: Rulebook, *, region: RegionCode, on: date) -> dict[str, Any]:
    """The rule's parameters in a region on a day. Raises ActionRefused (`no_value`) naming the one without a value."""
    try:
        return {name: book.parameters[name].value(region=region, on=on).value for name in rule.parameters}
    except MissingParameter as missing:
        raise ActionRefused("no_value", missing.message) from missing


def judged(
    rule: Rule,
    book: Rulebook,
    values: Mapping[str, Any],
    thresholds: Mapping[str, Any],
    *,
    gaps: Iterable[str] = (),
    person_name: str = "",
) -> Tried:
    """The rule on given values, part by part."""
    missing = set(gaps)
    verdict = judge(rule, book, values, thresholds, gaps=missing)
    shown = {name: value_text(value, book.parameters[name].unit) for name, value in thresholds.items()}
    words = Words(book.facts, book.parameters, language(), shown)
    types, row = types_of(rule, book), {**values, **thresholds}
    when = judge_parts(words.clause(rule.when.text), types, row, gaps=missing)
    urgent = judge_parts(words.clause(rule.escalate.when.text), types, row) if rule.escalate else None
    return Tried(
        person_name=person_name,
        outcome=verdict.outcome,
        outcome_text=outcome_word(verdict.outcome, verdict.level),
        level=verdict.level,
        sentence=verdict.sentence,
        sentence_en=verdict.sentence_en,
        facts=[_fact(book, name, values.get(name), gap=name in missing) for name in rule.facts],
        parts=_parts(when),
        escalation=_parts(urgent) if urgent else [],
    )


def _parts(judged_part: PartJudged) -> list[Part]:
    return [Part(depth, one.clause.text, one.clause.joint, one.truth) for depth, one in judged_part.lines()]


def _fact(book: Rulebook, name: str, value: Any, *, gap: bool) -> FactTried:
    fact = book.facts[name]
    source = tongue(fact.source)
    return FactTried(
        name, tongue(fact), fact_text(book, name, value), value, value is not None and not gap, gap, source
    )


# ---- with one's own values


@dataclass(frozen=True)
class Asked:
    """A fact or parameter of a rule as the form asks for it. `kind` of the field: number, yesno, code, codes, date."""

    name: str
    title: str
    kind: str
    unit: str
    choices: list[tuple[str, str]]
    is_parameter: bool


def questions(rule: Rule, book: Rulebook) -> list[Asked]:
    """What has to be known to judge a rule by hand."""
    from doudi.standards.codes import CODE_LISTS
    from doudi.web.layout.templatetags.layout import code

    asked = []
    for name in (*rule.facts, *rule.parameters):
        thing: Any = book.facts.get(name) or book.parameters[name]
        choices: list[tuple[str, str]] = []
        list_name = getattr(thing, "codes", None)
        if list_name:
            choices = [(str(one.value), code(str(one.value), list_name)) for one in CODE_LISTS[list_name]]
        asked.append(Asked(name, tongue(thing), _field_kind(thing.type), thing.unit, choices, name not in book.facts))
    return asked


def _field_kind(column: ColumnType) -> str:
    kinds = {
        ValueType.NUMBER: "number",
        ValueType.BOOLEAN: "yesno",
        ValueType.DATE: "date",
        ValueType.MONTH: "month",
        ValueType.TEXTS: "codes",
    }
    return kinds.get(column.kind, "code" if column.codes else "text")


def shown_threshold(rule: Rule, book: Rulebook, *, region: RegionCode, on: date) -> list[Any]:
    """The thresholds of the rule as pages show them. One SQL statement."""
    from doudi.screening.results.judging import parameters_of

    places = places_of_book(book)
    return [
        threshold(one, region=region, on=on, places=places, history=False) for one in parameters_of(rule, book).values()
    ]
