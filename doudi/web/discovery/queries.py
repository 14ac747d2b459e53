"""What the pages of clues and screenings read. Everything starts from what the actor may see."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.paginator import Page
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from doudi.standards.regions import RegionCode
from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Area, Officer, region_condition
from doudi.web.discovery.models import Alert, Clue, ClueState, ScreeningRun
from doudi.web.discovery.rulebook import rule_title, rules_for_choice
from doudi.web.jobs.queries import JobStatus, status_of
from doudi.web.paging import page_of
from doudi.web.refusal import NotFound
from doudi.web.regions.queries import PlaceNames, RegionChoice, region_choices
from doudi.web.registry.finding import households_matching
from doudi.web.registry.models import ENROLLED, Household

LEVEL_ORDER = {"red": 0, "yellow": 1, "exclusion": 2}
RAISING = ("red", "yellow")
"""Levels that make a clue."""
CLUE_SORTS: dict[str, tuple[str, ...]] = {
    "level": ("level_order", "region_code", "id"),
    "head": ("household__head_name", "id"),
    "region": ("region_code", "id"),
    "raised": ("opened_on", "-id"),
}
ALL_STATES = "all"


@dataclass(frozen=True)
class ClueFilter:
    """What a person narrows the list by; empty means any. `monitored` is yes, no or empty."""

    q: str = ""
    level: str = ""
    rule: str = ""
    region: str = ""
    state: str = ClueState.OPEN.value
    household_type: str = ""
    department: str = ""
    risk: str = ""
    monitored: str = ""


@dataclass(frozen=True)
class ClueRow:
    """A line of the list: the household and its gravest reason; `more` counts the further ones."""

    clue_id: int
    household_no: str
    head_name: str
    region_code: str
    village: str
    township: str
    level: str
    state: str
    sentence: str
    sentence_en: str
    person_name: str
    rule_ids: list[str]
    more: int
    risk: str
    department: str
    household_type: str | None
    monitor_type: str | None
    raised_on: date
    last_seen_on: date
    reasons: tuple[Alert, ...] = ()


def clues_matching(*, actor: Officer, chosen: ClueFilter, action: Action = Action.CLUE_SEE) -> QuerySet[Clue]:
    """The clues a filter leaves, unordered; no rows are read yet. At most two SQL statements: names of places for a
    search word, the last screening for a reason."""
    clues = Clue.objects.visible_to(actor, action)
    if chosen.state != ALL_STATES:
        clues = clues.filter(state=chosen.state or ClueState.OPEN)
    if chosen.region:
        try:
            region = RegionCode(chosen.region)
        except ValueError:
            return clues.none()
        clues = clues.filter(region_condition([Area(region)]))
    if chosen.household_type:
        clues = clues.filter(household__household_type=chosen.household_type)
    if chosen.monitored:
        enrolled = Q(household_id__in=Household.objects.filter(ENROLLED).values("pk"))
        clues = clues.filter(enrolled if chosen.monitored == "yes" else ~enrolled)
    reasons = {"rule_id": chosen.rule, "department": chosen.department, "risk": chosen.risk}
    wanted: dict[str, Any] = {column: value for column, value in reasons.items() if value}
    open_only = chosen.state in {"", ClueState.OPEN}
    own = own_departments(actor, action)
    if chosen.level and (chosen.rule or own):
        # The level of the rule, or of the department's own reasons: what the counts by rule and the figures count.
        whose = {**({"rule_id": chosen.rule} if chosen.rule else {}), **({"department__in": own} if own else {})}
        clues = clues.filter(_with_reason({**whose, "level": chosen.level}, open_only=open_only))
        if chosen.level != "red":
            clues = clues.exclude(_with_reason({**whose, "level": "red"}, open_only=open_only))
    elif chosen.level:
        clues = clues.filter(level=chosen.level)
    if wanted:
        if own:
            wanted["department__in"] = own
        clues = clues.filter(_with_reason(wanted, open_only=open_only))
    if chosen.q.strip():
        clues = clues.filter(households_matching(chosen.q, actor=actor, action=action))
    return clues


def own_departments(actor: Officer, action: Action) -> list[str]:
    """The departments of an officer who sees nothing beyond them; empty for everyone else."""
    departments = sorted({area.department for area in actor.reach(action)})
    return departments if all(departments) else []


def _with_reason(wanted: dict[str, Any], *, open_only: bool) -> Q:
    """Clues with such a reason. The reasons of open ones are those of the last screening, which an index finds."""
    run = latest_run() if open_only else None
    if run is not None:
        return Q(pk__in=Alert.objects.filter(run=run, clue__isnull=False, **wanted).values("clue_id"))
    return Q(Exists(Alert.objects.filter(clue_id=OuterRef("pk"), run_id=OuterRef("last_run_id"), **wanted)))


def sorted_clues(clues: QuerySet[Clue], sort: str) -> QuerySet[Clue]:
    """In the order of one column, `-` before it for descending; an unknown one counts as `level`."""
    descending = sort.startswith("-")
    columns = CLUE_SORTS.get(sort.removeprefix("-"), CLUE_SORTS["level"])
    return clues.order_by(*(_turned(column) for column in columns) if descending else columns)


def _turned(column: str) -> str:
    return column.removeprefix("-") if column.startswith("-") else f"-{column}"


def clue_rows(clues: Sequence[Clue], *, actor: Officer) -> list[ClueRow]:
    """Clues with their reasons and places. Two SQL statements."""
    alerts = (
        Alert.objects.filter(clue_id__in=[clue.pk for clue in clues], run_id__in={clue.last_run_id for clue in clues})
        .select_related("person")
        .only(
            "clue_id",
            "run_id",
            "region_code",
            "rule_id",
            "level",
            "risk",
            "department",
            "sentence",
            "sentence_en",
            "person__name",
        )
        .order_by("pk")
    )
    reasons: dict[int, list[Alert]] = {clue.pk: [] for clue in clues}
    last_run = {clue.pk: clue.last_run_id for clue in clues}
    for alert in alerts:
        if alert.clue_id is not None and alert.run_id == last_run[alert.clue_id] and may_see(alert, actor):
            reasons[alert.clue_id].append(alert)
    for found in reasons.values():
        found.sort(key=lambda alert: (LEVEL_ORDER.get(alert.level, 9), alert.rule_id))
    places = PlaceNames(clue.region_code for clue in clues)
    own = bool(own_departments(actor, Action.CLUE_SEE))
    return [_clue_row(clue, reasons[clue.pk], places, own_level=own) for clue in clues]


def may_see(alert: Alert, actor: Officer) -> bool:
    """Whether one alert is the actor's to see: the rule of `AlertQuerySet.visible_to` for a row at hand."""
    return actor.may_in(Action.CLUE_SEE, alert.region_code, department=alert.department)


def _clue_row(clue: Clue, reasons: list[Alert], places: PlaceNames, *, own_level: bool) -> ClueRow:
    """`own_level`: the level is that of the reasons shown, since a department doesn't see the graver ones of others."""
    first = reasons[0] if reasons else None
    return ClueRow(
        clue_id=clue.pk,
        household_no=clue.household.household_no,
        head_name=clue.household.head_name,
        region_code=clue.region_code,
        village=places.name(clue.region_code),
        township=places.above(clue.region_code),
        level=first.level if own_level and first else clue.level,
        state=clue.state,
        sentence=first.sentence if first else _("原因已消失"),
        sentence_en=first.sentence_en if first else "",
        person_name=first.person.name if first and first.person else "",
        rule_ids=[alert.rule_id for alert in reasons],
        more=max(0, sum(alert.level in RAISING for alert in reasons) - 1),
        risk=first.risk if first else "",
        department=first.department if first else "",
        household_type=clue.household.household_type,
        monitor_type=clue.household.monitor_type,
        raised_on=clue.opened_on,
        last_seen_on=clue.last_seen_on,
        reasons=tuple(reasons),
    )


def with_household(clues: QuerySet[Clue]) -> QuerySet[Clue]:
    """With the few columns of the household that a list shows, none of them encrypted."""
    return clues.select_related("household").only(
        *(field.attname for field in Clue._meta.concrete_fields),
        "household__household_no",
        "household__head_name",
        "household__household_type",
        "household__monitor_type",
    )


def clue_page(
    *,
    actor: Officer,
    filter: ClueFilter,  # noqa: A002 - the page's word
    sort: str = "level",
    page: int | str = 1,
    size: int = 50,
) -> Page[ClueRow]:
    """One page of the list. Four SQL statements (count, clues, reasons, places); one more for a search word that may
    name a place, and for a filter by rule, department or risk."""
    clues = sorted_clues(with_household(clues_matching(actor=actor, chosen=filter)), sort)
    return page_of(clues, page=page, size=size, make=lambda rows: clue_rows(rows, actor=actor))


@dataclass(frozen=True)
class RuleChoice:
    id: str
    title: str
    title_en: str
    level: str


@dataclass(frozen=True)
class ClueChoices:
    """What the filter offers."""

    regions: list[RegionChoice]
    rules: list[RuleChoice]
    departments: list[str]
    risks: list[str]


def clue_choices(*, actor: Officer) -> ClueChoices:
    """One SQL statement (regions); the rest comes from the rulebook."""
    about_households = [rule for rule in rules_for_choice() if not rule.regional]
    rules = sorted(about_households, key=lambda rule: (LEVEL_ORDER.get(str(rule.level), 9), rule.id))
    return ClueChoices(
        regions=region_choices(actor=actor),
        rules=[RuleChoice(rule.id, rule.title, rule.title_en or "", str(rule.level)) for rule in rules],
        departments=sorted({str(rule.department) for rule in rules if rule.department}),
        risks=sorted({str(rule.risk) for rule in rules if rule.risk}),
    )


@dataclass(frozen=True)
class RuleCount:
    """What one rule found in one screening, within the actor's regions. `level` is the gravest one raised.

    A household with a red and a yellow alert of the rule is one of the `red`.
    """

    rule_id: str
    title: str
    title_en: str
    level: str
    alerts: int
    households: int
    cannot_tell: int
    red: int = 0
    yellow: int = 0


@dataclass(frozen=True)
class RegionCount:
    """What a screening found in one region: households with a red alert, with only yellow ones, with any."""

    code: str
    name: str
    red: int
    yellow: int
    households: int


@dataclass(frozen=True)
class ScreeningDetail:
    run: ScreeningRun
    job: JobStatus | None
    by_rule: list[RuleCount]
    by_region: list[RegionCount]
    snapshots: list[dict[str, Any]]


def latest_run() -> ScreeningRun | None:
    """The last screening that finished. One SQL statement."""
    return ScreeningRun.objects.all().latest_done()


def screening_list(*, actor: Officer, page: int | str = 1, size: int = 20) -> Page[ScreeningRun]:
    """Screenings, newest first. Two SQL statements."""
    return page_of(ScreeningRun.objects.visible_to(actor).order_by("-pk"), page=page, size=size)


def screening_detail(*, actor: Officer, run_id: int) -> ScreeningDetail:
    """One screening with its counts in the actor's regions. Three SQL statements. Raises `NotFound`."""
    run = ScreeningRun.objects.visible_to(actor).select_related("job").filter(pk=run_id).first()
    if run is None:
        raise NotFound("no_such_screening", _("没有这次筛查。"))
    by_rule, by_region = run_counts(run, actor=actor, action=Action.SCREENING_SEE)
    return ScreeningDetail(
        run=run,
        job=status_of(run.job) if run.job else None,
        by_rule=by_rule,
        by_region=by_region,
        snapshots=run.snapshots,
    )


def run_counts(
    run: ScreeningRun, *, actor: Officer, action: Action = Action.CLUE_SEE
) -> tuple[list[RuleCount], list[RegionCount]]:
    """Counts by rule and by the regions one level below the actor's own. Two SQL statements."""
    areas = actor.reach(action)
    whole = [area for area in areas if not area.department]
    if whole:
        mine = region_condition(whole) & (Q(rule_id__gt="") | Q(department=""))
    else:
        mine = region_condition(areas, department=lambda department: Q(department=department))
    rows = run.tallies.filter(mine).values_list(
        "region_code", "rule_id", "level", "alerts", "households", "cannot_tell"
    )
    rules: dict[str, list[Any]] = {}
    places: dict[RegionCode, list[int]] = {}
    below = child_of(areas)
    for code, rule_id, level, alerts, households, cannot_tell in rows:
        if rule_id:
            found = rules.setdefault(rule_id, [{}, 0, 0])
            if level:
                found[0][level] = found[0].get(level, 0) + households
            found[1] += alerts
            found[2] += cannot_tell
        else:
            place = places.setdefault(below(code), [0, 0, 0])
            place[0 if level == "red" else 1] += households
            place[2] += households
    names = PlaceNames(places)
    by_rule = [
        RuleCount(
            rule_id,
            title.title,
            title.title_en,
            level=min(levels, key=lambda level: LEVEL_ORDER.get(level, 9), default=""),
            alerts=alerts,
            households=sum(levels.values()),
            cannot_tell=cannot_tell,
            red=levels.get("red", 0),
            yellow=levels.get("yellow", 0),
        )
        for rule_id, (levels, alerts, cannot_tell) in rules.items()
        for title in (rule_title(rule_id),)
    ]
    by_rule.sort(key=lambda count: (-count.alerts, -count.cannot_tell, count.rule_id))
    by_region = [
        RegionCount(code, names.name(code), red, yellow, households)
        for code, (red, yellow, households) in sorted(places.items())
    ]
    return by_rule, by_region


def child_of(areas: Iterable[Area]) -> Any:
    """A function from a village's code to the region under which it is counted: one level below the actor's own."""
    tops = [area.region for area in areas]

    def below(code: str) -> RegionCode:
        village = RegionCode(code)
        chain = [village, *village.ancestors]
        for index, region in enumerate(chain):
            if region in tops:
                return chain[index - 1] if index else region
        return next((region for region in chain if region.level == "township"), village)

    return below
