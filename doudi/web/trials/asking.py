"""The changes that a person puts together for a what-if, checked before anything runs, each mistake at its line."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from doudi.rulebook import MissingParameter, Parameter, Problem, Rule, Rulebook, RulebookError
from doudi.rulebook.drafting import ChangeRefused, Draft, shown_value
from doudi.standards.regions import RegionCode
from doudi.web.layout.templatetags.layout import cited, tongue, with_unit
from doudi.web.regions.queries import PlaceNames

VALUE, CONDITION, OFF, BENEFIT = "value", "condition", "off", "benefit"
KINDS = (VALUE, CONDITION, OFF, BENEFIT)
MOST_CHANGES = 20
LONGEST = 4000


@dataclass(frozen=True)
class Asked:
    """One change as typed: of what kind, to which parameter, rule or policy, what, and where."""

    kind: str
    id: str
    value: str = ""
    region: str = ""

    def as_json(self) -> dict[str, str]:
        return asdict(self)


@dataclass
class Line:
    """A change as the form shows it, with what holds `now`; `source` and `verified` are of a value."""

    asked: Asked
    title: str
    now: str = ""
    unit: str = ""
    source: str = ""
    verified: bool = True
    help: str = ""
    formula: str = ""
    """The present condition or benefit as its file says it, to start from."""
    names: list[tuple[str, str]] = field(default_factory=list)
    """Identifier and name of what a condition may use."""
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Checked:
    """The changes with their mistakes; `changes` and `told` when there are none."""

    lines: list[Line]
    problems: list[str]
    changes: dict[str, str | None]
    told: list[str]

    @property
    def holds(self) -> bool:
        return not self.problems and not any(line.problems for line in self.lines)


def line_of(asked: Asked, book: Rulebook, *, region: RegionCode, on: date) -> Line | None:
    """A change with what it changes; None when the rulebook does not know it."""
    if asked.kind == VALUE and asked.id in book.parameters:
        return _value_line(asked, book.parameters[asked.id], region=region, on=on)
    if asked.kind in (CONDITION, OFF) and asked.id in book.rules:
        rule = book.rules[asked.id]
        line = Line(asked, tongue(rule), now=rule.when.text, formula=rule.when.text)
        if asked.kind == CONDITION:
            line.names = names_for(rule, book)
        return line
    policy = book.policies.get(asked.id)
    if asked.kind == BENEFIT and policy is not None:
        formula = policy.benefit.text if policy.benefit else ""
        now = Draft(book, region, on).in_words(formula) if formula else _("实物或服务")
        return Line(asked, tongue(policy), now=now, formula=formula)
    return None


def _value_line(asked: Asked, parameter: Parameter, *, region: RegionCode, on: date) -> Line:
    line = Line(asked, tongue(parameter), unit=parameter.unit, help=parameter.description)
    try:
        place = RegionCode(asked.region) if asked.region else region
        now = parameter.value(region=place, on=on)
    except (MissingParameter, ValueError):
        line.now, line.verified = _("没有值"), False
        return line
    line.now = with_unit(now.value, parameter.unit) if parameter.kind == "number" else shown_value(now.value)
    line.source, line.verified = (cited(now.source) if now.source else ""), now.verified
    return line


def names_for(rule: Rule, book: Rulebook) -> list[tuple[str, str]]:
    """What a condition of this rule may use: its facts and thresholds first, then the others of its subject."""
    things: list[Any] = [book.facts[name] for name in rule.facts] + [book.parameters[name] for name in rule.parameters]
    own = {thing.id for thing in things}
    others = [
        fact
        for fact in book.facts.values()
        if fact.id not in own and (fact.subject == rule.subject or rule.subject == "person")
    ]
    return [(thing.id, tongue(thing)) for thing in (*things, *sorted(others, key=lambda fact: fact.id))]


def check(asked: Iterable[Asked], book: Rulebook, *, region: RegionCode, on: date) -> Checked:
    """Whether the changed rulebook can be used; mistakes are put at the change they come from."""
    wanted = list(asked)
    lines: list[Line] = []
    problems: list[str] = []
    draft = Draft(book, region, on, names=_names(region, wanted))
    places: dict[str, list[Line]] = {}
    for one in wanted[:MOST_CHANGES]:
        line = line_of(one, book, region=region, on=on)
        if line is None:
            problems.append(_("规则库里没有 %s，可能已经改名，请重新选择。") % one.id)
            continue
        lines.append(line)
        places.setdefault(_path(one), []).append(line)
        try:
            _apply(draft, one, region)
        except ChangeRefused as refused:
            line.problems.append(refused.message)
    if not lines and not problems:
        problems.append(_("还没有改动，请先选一个参数、规则或政策。"))
    if problems or any(line.problems for line in lines):
        return Checked(lines, problems, {}, [])
    try:
        changed = draft.build()
    except RulebookError as error:
        for problem in error.problems:
            path = problem.file.removeprefix("rules/")
            here = places.get(path)
            (here[-1].problems if here else problems).append(_told(problem))
        return Checked(lines, problems, {}, [])
    if changed.digest == book.digest:
        problems.append(_("改后与现在完全相同，没有可比的。"))
    return Checked(lines, problems, dict(draft.changes), list(draft.told))


def _names(region: RegionCode, asked: Iterable[Asked]) -> dict[str, str]:
    """Names of the places that values are changed for. One SQL statement."""
    codes = {str(region), *(one.region for one in asked if len(one.region) == 12 and one.region.isdigit())}
    places = PlaceNames(codes)
    return {code: places.name(code) for code in codes}


def _path(asked: Asked) -> str:
    folder = {VALUE: "parameters", BENEFIT: "policies"}.get(asked.kind, "screening")
    return f"{folder}/{asked.id}.yaml"


def _apply(draft: Draft, asked: Asked, region: RegionCode) -> None:
    if asked.kind != OFF and not asked.value.strip():
        raise ChangeRefused("empty", _("请填写改成什么"))
    if len(asked.value) > LONGEST:
        raise ChangeRefused("too_long", _("内容太长"))
    if asked.kind == VALUE:
        try:
            place = RegionCode(asked.region) if asked.region else region
        except ValueError as error:
            raise ChangeRefused("region", str(error)) from error
        if not region.covers(place):
            raise ChangeRefused("region", _("只能改本辖区内的数值"))
        draft.set_value(asked.id, asked.value, region=place)
    elif asked.kind == CONDITION:
        draft.set_condition(asked.id, asked.value)
    elif asked.kind == OFF:
        draft.switch_off(asked.id)
    else:
        draft.set_benefit(asked.id, _number(asked.value))


def _number(text: str) -> float | str:
    try:
        return float(text.replace(",", "").replace("，", ""))
    except ValueError:
        return text


def _told(problem: Problem) -> str:
    return problem.message + (f"；{problem.remedy}" if problem.remedy else "")


@dataclass(frozen=True)
class Found:
    """Something that can be changed, found by a word."""

    kind: str
    id: str
    title: str
    now: str

    @property
    def token(self) -> str:
        return f"{self.kind}:{self.id}"


MOST_FOUND = 10
"""Of each kind; a longer word finds the rest."""


def things_named(text: str, book: Rulebook, *, region: RegionCode, on: date) -> list[Found]:
    """Parameters, policies and rules whose name or identifier contains every word; without words the usual ones."""
    words = text.lower().split()
    if not words:
        usual = [one for name in USUAL if (one := line_of(Asked(VALUE, name), book, region=region, on=on))]
        return [Found(VALUE, line.asked.id, line.title, line.now) for line in usual]
    found: list[Found] = []

    def fits(thing: Any) -> bool:
        told = f"{thing.id} {thing.title} {thing.title_en}".lower()
        return all(word in told for word in words)

    for kind, things in (
        (VALUE, book.parameters.values()),
        (BENEFIT, [policy for policy in book.policies.values() if policy.benefit is not None]),
        (CONDITION, [rule for rule in book.rules.values() if not rule.regional]),
    ):
        of_kind = [thing for thing in things if fits(thing)][:MOST_FOUND]
        lines = (line_of(Asked(kind, thing.id), book, region=region, on=on) for thing in of_kind)
        found += [Found(kind, line.asked.id, line.title, line.now) for line in lines if line is not None]
    return found


USUAL = ("monitoring_line", "low_income_watch_line", "self_paid_yellow", "self_paid_red", "disaster_loss_yellow")
"""Offered before anything is searched for."""
