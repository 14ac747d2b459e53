"""What the desk's lists read. Everything starts from what the actor may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page
from django.db.models import Count, Q, QuerySet, Sum

from doudi.standards.regions import RegionCode
from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Area, Officer, region_condition
from doudi.web.cleaning.desk.book import check_title
from doudi.web.cleaning.models import STANDING, CleaningRun, Issue, IssueState, IssueTally, RunState, Severity
from doudi.web.discovery.rulebook import Title
from doudi.web.paging import page_of
from doudi.web.regions.queries import PlaceNames
from doudi.web.registry.finding import households_matching
from doudi.web.registry.models import Household

ALL_STATES = "all"
TOWNSHIP_DIGITS = 9
RUNS_SHOWN = 12
SORTS: dict[str, tuple[str, ...]] = {
    "severity": ("severity_order", "region_code", "id"),
    "region": ("region_code", "household_id", "id"),
    "check": ("check_id", "region_code", "id"),
    "found": ("found_on", "id"),
}


@dataclass(frozen=True)
class IssueFilter:
    """What a person narrows the list by; empty means any, of the state: what still has to be worked on.

    `repair`: yes for issues with a proposal. `task`: number of a task.
    """

    q: str = ""
    check: str = ""
    topic: str = ""
    severity: str = ""
    region: str = ""
    state: str = ""
    responsible: str = ""
    repair: str = ""
    task: str = ""


@dataclass(frozen=True)
class IssueLine:
    """A line of the list."""

    issue: Issue
    title: Title
    village: str
    township: str

    @property
    def person_name(self) -> str:
        return self.issue.person.name if self.issue.person is not None else ""


def issues_matching(*, actor: Officer, chosen: IssueFilter, action: Action = Action.CLEANING_SEE) -> QuerySet[Issue]:
    """The issues a filter leaves, unordered; no rows are read yet. At most one SQL statement, for names of places."""
    issues = Issue.objects.visible_to(actor, action)
    if chosen.state == "":
        issues = issues.standing()
    elif chosen.state != ALL_STATES:
        issues = issues.filter(state=chosen.state)
    if chosen.region:
        try:
            issues = issues.filter(region_condition([Area(RegionCode(chosen.region))]))
        except ValueError:
            return issues.none()
    wanted = {
        "check_id": chosen.check, "topic": chosen.topic, "severity": chosen.severity, "responsible": chosen.responsible
    }  # fmt: skip
    issues = issues.filter(**{name: value for name, value in wanted.items() if value})
    if chosen.repair:
        issues = issues.exclude(repair_column="")
    if chosen.task.isdigit():
        issues = issues.filter(task_id=int(chosen.task))
    if chosen.q:
        issues = issues.filter(households_matching(chosen.q, actor=actor, action=action))
    return issues


def issue_lines(issues: Sequence[Issue]) -> list[IssueLine]:
    """Issues with names of checks and places. One SQL statement."""
    places = PlaceNames(issue.region_code for issue in issues)
    return [
        IssueLine(issue, check_title(issue.check_id), places.name(issue.region_code), places.above(issue.region_code))
        for issue in issues
    ]


def issue_page(
    *, actor: Officer, chosen: IssueFilter, sort: str = "", page: int | str = 1, size: int = 30
) -> Page[Any]:
    """One page of the list, the gravest first unless told otherwise. Three SQL statements, four with a search word."""
    order = SORTS.get(sort.removeprefix("-"), SORTS["severity"])
    if sort.startswith("-"):
        order = (f"-{order[0]}", *order[1:])
    issues = issues_matching(actor=actor, chosen=chosen).select_related("household", "person").order_by(*order)
    return page_of(issues, page=page, size=size, make=issue_lines)


# ---- counts and trend


@dataclass(frozen=True)
class CheckCount:
    """How many issues of a check stand, how many households they concern, and how many have a proposal."""

    check_id: str
    title: Title
    topic: str
    severity: str
    responsible: str
    issues: int
    households: int
    repairs: int
    before: int | None
    """At the run before the last one; None without one."""

    @property
    def change(self) -> int | None:
        return None if self.before is None else self.issues - self.before


@dataclass(frozen=True)
class PlaceCount:
    """How many issues stand in a place, and where they are with somebody."""

    code: str
    name: str
    errors: int
    doubts: int
    sent: int
    answered: int
    households: int

    @property
    def issues(self) -> int:
        return self.errors + self.doubts

    @property
    def is_township(self) -> bool:
        return self.code.endswith("000")


@dataclass(frozen=True)
class RunCount:
    """What stood after a run."""

    run: CleaningRun
    errors: int
    doubts: int


def counts_by_check(*, actor: Officer) -> list[CheckCount]:
    """The standing issues by check, most first. Three SQL statements."""
    rows = (
        Issue.objects.visible_to(actor)
        .standing()
        .order_by()
        .values("check_id", "topic", "severity", "responsible")
        .annotate(
            issues=Count("pk"),
            households=Count("household_id", distinct=True),
            repairs=Count("pk", filter=~Q(repair_column="")),
        )
    )
    before = _tallies_before(actor)
    found = [
        CheckCount(
            title=check_title(row["check_id"]), before=None if before is None else before.get(row["check_id"], 0), **row
        )
        for row in rows
    ]
    return sorted(found, key=lambda one: (-one.issues, one.check_id))


def _tallies_before(actor: Officer) -> dict[str, int] | None:
    """Check → issues after the run before the last one."""
    runs = list(CleaningRun.objects.visible_to(actor).filter(state=RunState.DONE).order_by("-pk")[:2])
    if len(runs) < 2:
        return None
    rows = IssueTally.objects.visible_to(actor).filter(run=runs[1]).order_by().values("check_id")
    return {row["check_id"]: row["all"] for row in rows.annotate(all=Sum("count"))}


def counts_by_place(*, actor: Officer, region: str = "") -> list[PlaceCount]:
    """The standing issues by township, or by village within `region`. Two SQL statements."""
    issues = Issue.objects.visible_to(actor).standing()
    by_village = bool(region)
    if region:
        issues = issues.filter(region_condition([Area(RegionCode(region))]))
    rows = (
        issues.order_by()
        .values("region_code")
        .annotate(
            errors=Count("pk", filter=Q(severity=Severity.ERROR)),
            doubts=Count("pk", filter=Q(severity=Severity.DOUBT)),
            sent=Count("pk", filter=Q(state=IssueState.SENT)),
            answered=Count("pk", filter=Q(state=IssueState.ANSWERED)),
            households=Count("household_id", distinct=True),
        )
    )
    summed: dict[str, dict[str, int]] = {}
    names = ("errors", "doubts", "sent", "answered", "households")
    for code, *values in rows.values_list("region_code", *names):
        key = code if by_village else code[:TOWNSHIP_DIGITS].ljust(12, "0")
        counts = summed.setdefault(key, dict.fromkeys(names, 0))
        for name, value in zip(names, values, strict=True):
            counts[name] += value
    if not by_village and len(summed) == 1:
        return counts_by_place(actor=actor, region=next(iter(summed)))
    places = PlaceNames(summed)
    found = [PlaceCount(code=code, name=places.name(code), **counts) for code, counts in summed.items()]
    return sorted(found, key=lambda one: (-one.errors, -one.doubts, one.code))


def trend(*, actor: Officer, check: str = "") -> list[RunCount]:
    """What stood after each of the last runs, the oldest first. Two SQL statements."""
    runs = list(CleaningRun.objects.visible_to(actor).filter(state=RunState.DONE).order_by("-pk")[:RUNS_SHOWN])
    tallies = IssueTally.objects.visible_to(actor).filter(run__in=runs).order_by()
    if check:
        tallies = tallies.filter(check_id=check)
    counted: dict[tuple[int, str], int] = {
        (row["run"], row["severity"]): row["all"]
        for row in tallies.values("run", "severity").annotate(all=Sum("count"))
    }
    return [
        RunCount(run, counted.get((run.pk, Severity.ERROR), 0), counted.get((run.pk, Severity.DOUBT), 0))
        for run in reversed(runs)
    ]


@dataclass(frozen=True)
class DeskTotals:
    """How many issues are where."""

    open: int
    sent: int
    answered: int
    exempted: int
    errors: int
    repairs: int


def desk_totals(*, actor: Officer) -> DeskTotals:
    """One SQL statement."""
    states = (*STANDING, IssueState.EXEMPTED)
    counted = (
        Issue.objects.visible_to(actor)
        .filter(state__in=states)
        .aggregate(
            open=Count("pk", filter=Q(state=IssueState.OPEN)),
            sent=Count("pk", filter=Q(state=IssueState.SENT)),
            answered=Count("pk", filter=Q(state=IssueState.ANSWERED)),
            exempted=Count("pk", filter=Q(state=IssueState.EXEMPTED)),
            errors=Count("pk", filter=Q(state__in=STANDING, severity=Severity.ERROR)),
            repairs=Count("pk", filter=Q(state__in=STANDING) & ~Q(repair_column="")),
        )
    )
    return DeskTotals(**counted)


def household_issues(household: Household, *, actor: Officer) -> list[IssueLine]:
    """The issues of one household that stand. Two SQL statements; none for who may not see them."""
    if not actor.may(Action.CLEANING_SEE):
        return []
    issues = Issue.objects.visible_to(actor).standing().filter(household=household)
    return issue_lines(list(issues.select_related("household", "person").order_by("severity_order", "check_id")))


def latest_cleaning() -> CleaningRun | None:
    """One SQL statement."""
    return CleaningRun.objects.all().latest_done()
