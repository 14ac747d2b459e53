"""What the pages of rules, parameters and changes read."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.paginator import Page
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from doudi.rulebook import Policy, Rule, Rulebook
from doudi.screening.results.judging import parameters_of
from doudi.standards.regions import RegionCode
from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Officer, region_condition
from doudi.web.discovery.models import RegionAlert, ScreeningRun
from doudi.web.discovery.queries import child_of, latest_run, run_counts
from doudi.web.discovery.rulebook import current_rulebook
from doudi.web.paging import page_of
from doudi.web.refusal import NotFound
from doudi.web.regions.queries import PlaceNames
from doudi.web.rulekeeping.models import APPROVED, OPEN, ChangeState, RuleChange, RuleCount
from doudi.web.rulekeeping.reading import RuleRead, Threshold, places_named, read, threshold

LAST_DAY = date(9999, 12, 31)
LEVELS = {"red": 0, "yellow": 1, "exclusion": 2}


def head_rulebook() -> Rulebook:
    """The rulebook with every approved change, those whose day has not come yet included: what drafts start from."""
    return current_rulebook(LAST_DAY)


def day_of_thresholds(run: ScreeningRun | None = None) -> date:
    """The day of the last screening, so that rules show what it used; today before the first one."""
    run = run or latest_run()
    return run.as_of if run else timezone.localdate()


@dataclass(frozen=True)
class RuleFilter:
    """What a person narrows the list of rules by; empty means any. `state`: see `state_on`."""

    q: str = ""
    department: str = ""
    level: str = ""
    risk: str = ""
    state: str = ""


@dataclass(frozen=True)
class RuleLine:
    """A rule of the list with what the last screening found by it, within the actor's regions."""

    read: RuleRead
    state: str
    alerts: int
    households: int
    cannot_tell: int
    open_changes: int
    coming: int
    """Approved changes whose day has not come."""
    regions: int = 0
    """Villages and townships with an alert of a rule across households."""

    @property
    def regional(self) -> bool:
        return self.rule.subject not in {"person", "household"}

    @property
    def rule(self) -> Rule:
        return self.read.rule


@dataclass(frozen=True)
class RuleList:
    lines: list[RuleLine]
    all: int
    run: ScreeningRun | None
    departments: list[str]
    risks: list[str]


def state_on(rule: Rule, day: date) -> str:
    """draft, reviewed, coming, in_force or retired."""
    if rule.state in ("draft", "reviewed"):
        return rule.state
    if rule.in_force(day):
        return "in_force"
    return "coming" if day < rule.in_force_from else "retired"


def rule_list(*, actor: Officer, chosen: RuleFilter, on: date, run: ScreeningRun | None) -> RuleList:
    """The rules, gravest first. Five SQL statements: counts (three), names of places, changes under way."""
    book = current_rulebook(on)
    counts = {}
    if run is not None and actor.may(Action.CLUE_SEE):
        counts = {count.rule_id: count for count in run_counts(run, actor=actor)[0]}
    regional = _regional_counts(actor, run)
    places = places_named(book)
    under_way, coming = _changes_by_path(actor, on)
    lines = []
    for rule in sorted(book.rules.values(), key=lambda rule: (LEVELS.get(rule.level, 9), rule.id)):
        state = state_on(rule, on)
        if not _wanted(rule, chosen, state):
            continue
        path = f"screening/{rule.id}.yaml"
        found = counts.get(rule.id)
        lines.append(
            RuleLine(
                read(rule, book, region=actor.home, on=on, places=places),
                state,
                alerts=found.alerts if found else 0,
                households=found.households if found else 0,
                cannot_tell=found.cannot_tell if found else 0,
                open_changes=under_way.get(path, 0),
                coming=coming.get(path, 0),
                regions=regional.get(rule.id, 0),
            )
        )
    if chosen.q.strip():
        words = chosen.q.split()
        lines = [line for line in lines if all(word.lower() in _text_of(line) for word in words)]
    return RuleList(
        lines,
        all=len(book.rules),
        run=run,
        departments=sorted({rule.department for rule in book.rules.values()}),
        risks=sorted({rule.risk for rule in book.rules.values()}),
    )


def _wanted(rule: Rule, chosen: RuleFilter, state: str) -> bool:
    return (
        chosen.department in {"", rule.department}
        and chosen.level in {"", rule.level, rule.escalate.level if rule.escalate else ""}
        and chosen.risk in {"", rule.risk}
        and chosen.state in {"", state}
    )


def _text_of(line: RuleLine) -> str:
    rule = line.rule
    thresholds = " ".join(one.parameter.title for one in line.read.thresholds)
    bases = " ".join(basis.document for basis in rule.legal_basis)
    parts = (rule.id, rule.title, rule.title_en, line.read.sentence, line.read.escalation, thresholds, bases)
    return " ".join(parts).lower()


def _changes_by_path(actor: Officer, on: date) -> tuple[dict[str, int], dict[str, int]]:
    """Changes under way, and approved ones to come, by path. One SQL statement."""
    under_way: dict[str, int] = {}
    coming: dict[str, int] = {}
    wanted = Q(state__in=OPEN) | Q(state__in=APPROVED, effective_from__gt=on)
    for path, state in RuleChange.objects.visible_to(actor).filter(wanted).values_list("path", "state"):
        counted = coming if state in APPROVED else under_way
        counted[path] = counted.get(path, 0) + 1
    return under_way, coming


def rule_of(book: Rulebook, rule_id: str) -> Rule:
    rule = book.rules.get(rule_id)
    if rule is None:
        raise NotFound("no_such_rule", _("没有这条规则，可能已经改名或停用。"))
    return rule


@dataclass(frozen=True)
class PlaceCount:
    """What a rule found in one region: alerts are counted by household."""

    code: str
    name: str
    red: int
    yellow: int
    exclusion: int
    cannot_tell: int

    @property
    def households(self) -> int:
        return self.red + self.yellow + self.exclusion


def rule_places(rule_id: str, *, actor: Officer, run: ScreeningRun | None) -> list[PlaceCount]:
    """Households with an alert of the rule, by the regions below the actor's own. Two SQL statements."""
    if run is None or not actor.may(Action.CLUE_SEE):
        return []
    areas = actor.reach(Action.CLUE_SEE)
    mine = region_condition(areas, department=lambda department: Q(department=department))
    rows = run.tallies.filter(mine, rule_id=rule_id)
    below = child_of(areas)
    found: dict[RegionCode, dict[str, int]] = {}
    for place, level, households, unknown in rows.values_list("region_code", "level", "households", "cannot_tell"):
        counted = found.setdefault(below(place), {"red": 0, "yellow": 0, "exclusion": 0, "unknown": 0})
        if level:
            counted[level] += households
        counted["unknown"] += unknown
    names = PlaceNames(found)
    return [
        PlaceCount(place, names.name(place), one["red"], one["yellow"], one["exclusion"], one["unknown"])
        for place, one in sorted(found.items())
    ]


def _regional_counts(actor: Officer, run: ScreeningRun | None) -> dict[str, int]:
    """Rule across households → the villages and townships of the actor that it raises. One SQL statement."""
    if run is None or not actor.may(Action.CLUE_SEE):
        return {}
    alerts = RegionAlert.objects.visible_to(actor).filter(run=run).order_by()
    return dict(alerts.values("rule_id").annotate(number=Count("pk")).values_list("rule_id", "number"))


@dataclass(frozen=True)
class RegionRaised:
    """A village or township with an alert of a rule across households."""

    name: str
    above: str
    alert: RegionAlert


def rule_regions(rule: Rule, *, actor: Officer, run: ScreeningRun | None) -> list[RegionRaised]:
    """The villages and townships that the rule raises, gravest first; none for rules of households. At most two SQL
    statements."""
    if rule.subject in {"person", "household"} or run is None or not actor.may(Action.CLUE_SEE):
        return []
    alerts = RegionAlert.objects.visible_to(actor).filter(run=run, rule_id=rule.id)
    found = list(alerts.order_by("level_order", "region_code"))
    names = PlaceNames(alert.region_code for alert in found)
    return [RegionRaised(names.name(one.region_code), names.above(one.region_code), one) for one in found]


def changes_of(path: str, *, actor: Officer) -> list[RuleChange]:
    """The changes of a file that the actor sees, newest first. One SQL statement."""
    return list(RuleChange.objects.visible_to(actor).filter(path=path).exclude(state=ChangeState.WITHDRAWN))


@dataclass(frozen=True)
class ChangeFilter:
    state: str = ""
    mine: bool = False


def change_page(*, actor: Officer, chosen: ChangeFilter, page: int | str = 1, size: int = 30) -> Page[RuleChange]:
    """Changes, newest first. Two SQL statements."""
    changes = RuleChange.objects.visible_to(actor)
    if chosen.state == "open":
        changes = changes.filter(state__in=OPEN)
    elif chosen.state:
        changes = changes.filter(state=chosen.state)
    if chosen.mine:
        changes = changes.filter(author_id=actor.user_id)
    return page_of(changes.defer("text", "base_text"), page=page, size=size)


def waiting_for(*, actor: Officer) -> int:
    """How many changes wait for this person's review or approval. One SQL statement."""
    states = []
    if actor.may(Action.RULES_REVIEW):
        states.append(ChangeState.SUBMITTED)
    if actor.may(Action.RULES_APPROVE):
        states.append(ChangeState.REVIEWED)
    if not states:
        return 0
    return RuleChange.objects.filter(state__in=states).exclude(author_id=actor.user_id).count()


def change_seen(*, actor: Officer, change_id: int) -> RuleChange:
    """One change with its steps. Two SQL statements. Raises `NotFound`."""
    found = RuleChange.objects.visible_to(actor).prefetch_related("steps").filter(pk=change_id).first()
    if found is None:
        raise NotFound("no_such_change", _("没有这份变更。"))
    return found


def newest_count(rule_id: str, *, change: RuleChange | None = None) -> RuleCount | None:
    """The last count that was asked for, with its job. One SQL statement."""
    counts = RuleCount.objects.filter(rule_id=rule_id, change=change).select_related("job")
    return counts.order_by("-pk").first()


@dataclass(frozen=True)
class ParameterList:
    lines: list[Threshold]
    missing: int
    unverified: int
    all: int


def parameter_list(*, region: RegionCode, on: date, q: str = "", state: str = "") -> ParameterList:
    """Every parameter with the value that holds in a region on a day. One SQL statement (names of places)."""
    book = current_rulebook(on)
    places = places_named(book)
    lines = [
        threshold(parameter, region=region, on=on, places=places, history=False)
        for parameter in sorted(book.parameters.values(), key=lambda one: one.id)
    ]
    shown: Iterable[Threshold] = lines
    if state:
        shown = [line for line in shown if line.state == state]
    for word in q.lower().split():
        shown = [line for line in shown if word in _parameter_text(line)]
    return ParameterList(
        list(shown),
        missing=sum(line.state == "missing" for line in lines),
        unverified=sum(line.state == "unverified" for line in lines),
        all=len(lines),
    )


def _parameter_text(line: Threshold) -> str:
    parameter: Any = line.parameter
    return f"{parameter.id} {parameter.title} {parameter.title_en} {parameter.description} {line.source}".lower()


def users_of(parameter_id: str, book: Rulebook) -> list[Rule]:
    """The rules that use a parameter, by themselves or through a fact."""
    return [rule for rule in book.rules.values() if parameter_id in parameters_of(rule, book)]


def policies_using(parameter_id: str, book: Rulebook) -> list[Policy]:
    """The policies that use a parameter, in their condition, their amount or through a fact."""
    policies = book.policies.values()
    return [one for one in policies if parameter_id in {*one.all_parameters, *parameters_of(one, book)}]
