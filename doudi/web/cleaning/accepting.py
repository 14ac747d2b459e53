"""Accepting proposals and correcting cells from the desk, singly and many at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from doudi.standards.periods import IncomeYear
from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Officer, require
from doudi.web.cleaning.cells import cell_named, cell_seen, cell_text, was_seen
from doudi.web.cleaning.correcting import Applied, CellChange, corrections_apply
from doudi.web.cleaning.models import STANDING, CleaningRun, CorrectionBatch, How, Issue, IssueState
from doudi.web.cleaning.rows import IssueRow, rows_of_issue
from doudi.web.intake.services import audit_identity
from doudi.web.jobs.models import Job
from doudi.web.jobs.progress import Report, ignore
from doudi.web.jobs.services import job_queue
from doudi.web.refusal import ActionRefused, NotFound
from doudi.web.registry.models import HouseholdIncome

AT_ONCE = 50
"""More proposals than these are accepted in the background."""
MOST_IN_BULK = 20_000
IDS_A_STEP = 900
NOT_SEEN = "\x00"
"""Stands for a cell that was shown otherwise than it is: never equal to what a cell holds."""


@dataclass(frozen=True)
class CellEdit:
    """What a form sends of one cell: the mark of what the page showed (`cells.cell_seen`), and what was written."""

    table: str
    row_id: int
    column: str
    seen: str
    after: str


def issue_accept(*, actor: Officer, issue_id: int, request_key: UUID) -> Applied:
    """Accept the proposal of one issue. Raises `NotFound`, `NotAllowed`, `ActionRefused` (`no_repair`, `settled`)."""
    issue = _issue(actor, issue_id)
    if not issue.has_repair:
        raise ActionRefused("no_repair", _("这个问题没有把握给出建议，请核实后人工更正。"))
    if not CorrectionBatch.objects.filter(pk=request_key).exists():
        _still_standing(issue)
    changes = _proposals([issue])
    return corrections_apply(actor=actor, changes=changes, how=How.ACCEPT, request_key=request_key)


def issue_correct(*, actor: Officer, issue_id: int, edits: Sequence[CellEdit], request_key: UUID) -> Applied:
    """Change cells that an issue names to what was written. Cells left as the page showed them are left alone.

    Raises `NotFound`, `NotAllowed`, `ActionRefused` (`nothing_changed`).
    """
    issue = _issue(actor, issue_id)
    present = {(row.table, row.row_id): row for row in rows_of_issue(issue)}
    changes = [change for edit in edits if (change := _edited(edit, present, issue)) is not None]
    if not changes and not CorrectionBatch.objects.filter(pk=request_key).exists():
        raise ActionRefused(
            "nothing_changed", _("没有改动任何单元格。如果核实后数据没有错，请写明情况答复，或申请豁免。")
        )
    return corrections_apply(actor=actor, changes=changes, how=How.CORRECT, request_key=request_key)


def _edited(edit: CellEdit, present: dict[tuple[str, int], IssueRow], issue: Issue) -> CellChange | None:
    row = present.get((edit.table, edit.row_id))
    where = cell_named(f"{edit.table}.{edit.column}")
    if row is None:
        raise NotFound("no_such_row", _("登记簿里没有这一行，可能已被撤销导入，请刷新后再试。"))
    now = cell_text(getattr(row.row, where.field.attname))
    written = edit.after.strip()
    if where.is_withheld and not written:
        return None
    before = now if was_seen(now, edit.seen) else NOT_SEEN
    same_codes = where.contract.type == "codes" and set(written.split(",")) == set((now or "").split(","))
    if was_seen(written, edit.seen) or (before == now and (same_codes or written == (now or ""))):
        return None
    return CellChange(edit.table, edit.row_id, edit.column, before, written or None, issue.pk)


def issues_accept(*, actor: Officer, issues: Sequence[int], request_key: UUID) -> Applied | Job:
    """Accept the proposals of several issues: a few at once, many as a job with progress. All of them or none.

    Raises `NotAllowed`, `ActionRefused` (`nothing_to_accept`, `too_many`).
    """
    require(actor, Action.CLEANING_CORRECT)
    known = Job.objects.filter(kind="cleaning.accept", arguments__request_key=str(request_key)).first()
    if known is not None:
        return known
    wanted = acceptable(actor, issues)
    if not wanted and not CorrectionBatch.objects.filter(pk=request_key).exists():
        raise ActionRefused("nothing_to_accept", _("选中的问题没有可以采纳的建议：它们已处理，或需要人工核实。"))
    if len(wanted) > MOST_IN_BULK:
        raise ActionRefused("too_many", _("一次最多采纳 %d 条建议，请按检查项目或乡镇分几次办。") % MOST_IN_BULK)
    if len(wanted) <= AT_ONCE:
        return proposals_apply(actor=actor, wanted=wanted, request_key=request_key)
    return job_queue(
        actor=actor,
        kind="cleaning.accept",
        title=_("采纳 %d 条建议") % len(wanted),
        region_code=actor.reach(Action.CLEANING_CORRECT)[0].region,
        arguments={"issues": wanted, "officer": audit_identity(actor), "request_key": str(request_key)},
    )


def acceptable(actor: Officer, issues: Iterable[int]) -> list[tuple[int, str]]:
    """Of these issues the ones that the actor may accept a proposal of, each with a mark of the proposal."""
    keys = sorted(set(issues))
    visible = (
        Issue.objects.visible_to(actor, Action.CLEANING_CORRECT).filter(state__in=STANDING).exclude(repair_column="")
    )
    found: list[tuple[int, str]] = []
    for start in range(0, len(keys), IDS_A_STEP):
        part = visible.filter(pk__in=keys[start : start + IDS_A_STEP]).order_by("pk")
        found += [(key, cell_seen(value)) for key, value in part.values_list("pk", "repair_value")]
    return found


def proposals_apply(
    *, actor: Officer, wanted: Sequence[tuple[int, str]], request_key: UUID, report: Report = ignore
) -> Applied:
    """Accept proposals as they were shown (see `acceptable`); one that is another now, or settled, is left out."""
    issues: list[Issue] = []
    visible = Issue.objects.visible_to(actor, Action.CLEANING_CORRECT).filter(state__in=STANDING)
    for start in range(0, len(wanted), IDS_A_STEP):
        marks = dict(wanted[start : start + IDS_A_STEP])
        found = visible.filter(pk__in=list(marks)).exclude(repair_column="").order_by("pk")
        issues += [issue for issue in found if was_seen(issue.repair_value, marks[issue.pk])]
    return corrections_apply(
        actor=actor, changes=_proposals(issues), how=How.BULK, request_key=request_key, report=report
    )


def _proposals(issues: Iterable[Issue]) -> list[CellChange]:
    """The changes that the issues propose; of two that propose for the same cell the first one's."""
    issues = list(issues)
    run = CleaningRun.objects.all().latest_done()
    incomes: dict[int, int] = {}
    homes = [issue.household_id for issue in issues if issue.repair_column.startswith("income.")]
    if homes and run is not None:
        year = IncomeYear.last_completed(run.as_of).year
        for start in range(0, len(homes), IDS_A_STEP):
            rows = HouseholdIncome.objects.filter(household_id__in=homes[start : start + IDS_A_STEP], income_year=year)
            incomes |= dict(rows.values_list("household_id", "pk"))
    changes: dict[tuple[str, int, str], CellChange] = {}
    for issue in issues:
        where = cell_named(issue.repair_column)
        owner = {"person": issue.person_id, "household": issue.household_id, "income": incomes.get(issue.household_id)}
        row_id = owner[where.table]
        if row_id is not None:
            change = CellChange(where.table, row_id, where.column, issue.repair_before, issue.repair_value, issue.pk)
            changes.setdefault((where.table, row_id, where.column), change)
    return list(changes.values())


def _issue(actor: Officer, issue_id: int) -> Issue:
    issue = Issue.objects.visible_to(actor).filter(pk=issue_id).select_related("household", "person").first()
    if issue is None:
        raise NotFound("no_such_issue", _("没有这个问题，或不在您的管辖范围内。"))
    require(actor, Action.CLEANING_CORRECT, issue.region_code)
    return issue


def _still_standing(issue: Issue) -> None:
    if not issue.is_standing:
        state = IssueState(issue.state).label
        raise ActionRefused("settled", _("这个问题现在是“%s”，不用再处理。") % state)
