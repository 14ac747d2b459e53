"""What the page of one issue reads, and the pages of tasks and of who changed what."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.core.paginator import Page
from django.db.models import BooleanField, Count, ExpressionWrapper, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from doudi.standards.regions import RegionCode
from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Area, Officer, region_condition
from doudi.web.audit.services import audit_record
from doudi.web.cleaning.cells import Cell, cell, cell_named, cell_shown
from doudi.web.cleaning.desk.book import check_of, check_title
from doudi.web.cleaning.desk.queries import IssueLine, issue_lines
from doudi.web.cleaning.models import (
    Correction,
    CorrectionBatch,
    Exemption,
    Issue,
    IssueEvent,
    IssueState,
    Task,
    TaskState,
)
from doudi.web.cleaning.rows import IssueRow, rows_of_issue
from doudi.web.discovery.rulebook import Title, fact_title
from doudi.web.paging import page_of
from doudi.web.protection.vault import vault_read
from doudi.web.refusal import ActionRefused, NotFound
from doudi.web.regions.queries import PlaceNames
from doudi.web.registry.finding import households_matching
from doudi.web.registry.models import Person

CORRECTIONS_SHOWN = 30


@dataclass(frozen=True)
class CorrectionLine:
    """A changed cell as pages show it: withheld values masked."""

    correction: Correction
    where: Cell | None
    who: str
    village: str = ""

    @property
    def label(self) -> str:
        return self.where.label if self.where is not None else self.correction.column

    @property
    def before(self) -> str:
        return self._shown(self.correction.before)

    @property
    def after(self) -> str:
        return self._shown(self.correction.after)

    def _shown(self, text: str | None) -> str:
        return cell_shown(self.where, text) if self.where is not None else text or ""


@dataclass(frozen=True)
class FactLine:
    """A fact of the reason with its name and value."""

    title: Title
    value: Any


@dataclass
class IssueDetail:
    """An issue with everything its page shows."""

    issue: Issue
    title: Title
    village: str
    township: str
    rows: list[IssueRow]
    facts: list[FactLine]
    verify: tuple[str, ...]
    events: list[IssueEvent]
    corrections: list[CorrectionLine]
    exemption: Exemption | None
    others: list[IssueLine] = field(default_factory=list)

    @property
    def repair(self) -> Cell | None:
        if not self.issue.repair_column:
            return None
        try:
            return cell_named(self.issue.repair_column)
        except ActionRefused:
            return None

    @property
    def repair_shown(self) -> str:
        where = self.repair
        return cell_shown(where, self.issue.repair_value) if where is not None else ""

    @property
    def repair_before_shown(self) -> str:
        where = self.repair
        return cell_shown(where, self.issue.repair_before) if where is not None else ""


def issue_detail(*, actor: Officer, issue_id: int) -> IssueDetail:
    """One issue. At most ten SQL statements. Raises `NotFound`."""
    issue = (
        Issue.objects.visible_to(actor).select_related("household", "person", "task", "first_run").filter(pk=issue_id)
    ).first()
    if issue is None:
        raise NotFound("no_such_issue", _("没有这个问题，或不在您的管辖范围内。"))
    check = check_of(issue.check_id)
    places = PlaceNames([issue.region_code])
    cells = Q(issue=issue)
    rows = rows_of_issue(issue)
    for row in rows:
        cells |= Q(table=row.table, row_id=row.row_id, column__in=[one.where.column for one in row.cells])
    corrections = Correction.objects.filter(cells, household_id=issue.household_id).select_related("batch")
    others = Issue.objects.visible_to(actor).standing().filter(household_id=issue.household_id).exclude(pk=issue.pk)
    return IssueDetail(
        issue=issue,
        title=check_title(issue.check_id),
        village=places.name(issue.region_code),
        township=places.above(issue.region_code),
        rows=rows,
        facts=[FactLine(fact_title(name), value) for name, value in (issue.facts or {}).items()],
        verify=check.verify if check is not None else (),
        events=list(issue.events.select_related("file")),
        corrections=correction_lines(list(corrections[:CORRECTIONS_SHOWN])),
        exemption=issue.exemptions.filter(lifted_at=None).select_related("proof").first()
        if issue.state == IssueState.EXEMPTED
        else None,
        others=issue_lines(list(others.select_related("household", "person").order_by("severity_order", "pk")[:20])),
    )


def proof_open(*, actor: Officer, issue_id: int, event_id: int) -> tuple[str, bytes]:
    """A photo or paper of an issue's history: name and bytes. Opening it is kept in the log. Raises `NotFound`."""
    issue = Issue.objects.visible_to(actor).filter(pk=issue_id).first()
    event = issue.events.select_related("file").filter(pk=event_id, file__isnull=False).first() if issue else None
    if issue is None or event is None or event.file is None:
        raise NotFound("no_such_proof", _("没有这份凭证，或不在您的管辖范围内。"))
    content = vault_read(event.file)
    audit_record(
        action="proof_open",
        actor=actor,
        region_code=issue.region_code,
        subject_type="issue",
        subject_id=str(issue.pk),
        detail={"file": event.file.name},
    )
    return event.file.name, content


# ---- who changed what


@dataclass(frozen=True)
class HistoryFilter:
    """What the history is narrowed by."""

    q: str = ""
    region: str = ""
    how: str = ""


def correction_lines(corrections: Sequence[Correction]) -> list[CorrectionLine]:
    """Changed cells with the names of columns, persons and villages. Two SQL statements."""
    ids = {one.row_id for one in corrections if one.table == "person"}
    names = dict(Person.objects.filter(pk__in=ids).values_list("pk", "name")) if ids else {}
    places = PlaceNames({one.region_code for one in corrections})
    found = []
    for one in corrections:
        try:
            where: Cell | None = cell(one.table, one.column)
        except ActionRefused:
            where = None
        who = names.get(one.row_id, "") if one.table == "person" else ""
        found.append(CorrectionLine(one, where, who, places.name(one.region_code)))
    return found


def corrections_matching(*, actor: Officer, chosen: HistoryFilter) -> QuerySet[Correction]:
    """The changed cells of the actor's regions, newest first."""
    corrections = Correction.objects.visible_to(actor)
    if chosen.region:
        try:
            corrections = corrections.filter(region_condition([Area(RegionCode(chosen.region))]))
        except ValueError:
            return corrections.none()
    if chosen.how:
        corrections = corrections.filter(how=chosen.how)
    if chosen.q:
        corrections = corrections.filter(households_matching(chosen.q, actor=actor, action=Action.CLEANING_SEE))
    return corrections.select_related("household", "batch").order_by("-pk")


def history_page(*, actor: Officer, chosen: HistoryFilter, page: int | str = 1, size: int = 40) -> Page[Any]:
    """One page of who changed what. Four SQL statements."""
    return page_of(corrections_matching(actor=actor, chosen=chosen), page=page, size=size, make=correction_lines)


@dataclass(frozen=True)
class BatchDetail:
    """Cells changed together."""

    batch: CorrectionBatch
    lines: list[CorrectionLine]
    undone: CorrectionBatch | None
    in_force: int


def batch_detail(*, actor: Officer, key: UUID, most: int = 200) -> BatchDetail:
    """The cells of a batch that the actor may see. Raises `NotFound`. Six SQL statements."""
    batch = CorrectionBatch.objects.filter(pk=key).select_related("undoes").first()
    visible = Correction.objects.visible_to(actor).filter(batch_id=key).select_related("household", "batch")
    corrections = list(visible.order_by("pk")[:most])
    if batch is None or not (corrections or batch.actor_id == actor.user_id):
        raise NotFound("no_such_correction", _("没有这次更正，或不在您的管辖范围内。"))
    undone = CorrectionBatch.objects.filter(undoes=batch).first()
    return BatchDetail(batch, correction_lines(corrections), undone, visible.in_force().count())


# ---- tasks


@dataclass(frozen=True)
class TaskLine:
    """A task with how far the village is."""

    task: Task
    village: str
    township: str
    issues: int
    waiting: int

    @property
    def done(self) -> int:
        return self.issues - self.waiting

    @property
    def is_late(self) -> bool:
        return self.task.state == TaskState.SENT and self.task.due_on < timezone.localdate()


def task_lines(tasks: Sequence[Task]) -> list[TaskLine]:
    """Tasks with names of places and counts. Two SQL statements."""
    places = PlaceNames(task.region_code for task in tasks)
    counted = Issue.objects.filter(task__in=[task.pk for task in tasks]).order_by().values("task_id")
    counts = {
        row["task_id"]: (row["all"], row["waiting"])
        for row in counted.annotate(all=Count("pk"), waiting=Count("pk", filter=Q(state=IssueState.SENT)))
    }
    return [
        TaskLine(task, places.name(task.region_code), places.above(task.region_code), *counts.get(task.pk, (0, 0)))
        for task in tasks
    ]


def task_page(*, actor: Officer, state: str = "", page: int | str = 1, size: int = 30) -> Page[Any]:
    """Tasks of the actor's villages, those still with the village first, by day. Four SQL statements."""
    tasks = Task.objects.visible_to(actor)
    if state:
        tasks = tasks.filter(state=state)
    is_closed = ExpressionWrapper(Q(state__in=[TaskState.CLOSED, TaskState.WITHDRAWN]), output_field=BooleanField())
    open_first = tasks.annotate(closed=is_closed)
    return page_of(open_first.order_by("closed", "due_on", "-pk"), page=page, size=size, make=task_lines)


def task_line(*, actor: Officer, task_id: int) -> TaskLine:
    """Raises `NotFound`. Three SQL statements."""
    task = Task.objects.visible_to(actor).filter(pk=task_id).first()
    if task is None:
        raise NotFound("no_such_task", _("没有这项任务，或不在您的管辖范围内。"))
    return task_lines([task])[0]


def task_issues(line: TaskLine, *, actor: Officer) -> list[IssueLine]:
    """The issues of a task, those still with the village first, household by household. Two SQL statements."""
    issues = Issue.objects.visible_to(actor).filter(task=line.task).select_related("household", "person")
    found = list(issues.order_by("household_id", "severity_order", "pk"))
    found.sort(key=lambda issue: issue.state != IssueState.SENT)
    return issue_lines(found)
