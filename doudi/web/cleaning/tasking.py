"""Sending issues to their villages, to be asked at the door, and taking the answers (派村核实、答复、退回、收回)."""

from collections.abc import Sequence
from datetime import date
from typing import BinaryIO
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Officer, require
from doudi.web.audit.services import audit_record
from doudi.web.cleaning.models import STANDING, Issue, IssueEvent, IssueState, IssueStep, Task, TaskState
from doudi.web.cleaning.proofs import proof_store
from doudi.web.refusal import ActionRefused, NotFound

MOST_IN_A_TASK = 2_000
SHORTEST_ANSWER = 2
SENDABLE = (IssueState.OPEN, IssueState.ANSWERED)


@transaction.atomic
def issues_send(
    *, actor: Officer, issues: Sequence[int], due_on: date, note: str = "", request_key: UUID
) -> list[Task]:
    """One task for each village that the issues lie in; those sent or settled already stay as they are.

    The same request twice sends once. Raises `NotAllowed`, `ActionRefused` (`nothing_to_send`, `too_many`, `past_day`).
    """
    require(actor, Action.CLEANING_SEND)
    if due_on < timezone.localdate():
        raise ActionRefused("past_day", _("完成期限不能早于今天。"))
    done = list(Task.objects.filter(request_key=request_key).order_by("pk"))
    if done:
        return done
    visible = Issue.objects.visible_to(actor, Action.CLEANING_SEND)
    chosen = list(visible.select_for_update().filter(pk__in=issues, state__in=SENDABLE).order_by("region_code", "pk"))
    if not chosen:
        raise ActionRefused("nothing_to_send", _("没有可以派发的问题：它们已派村、已处理，或不在您的管辖范围内。"))
    by_village: dict[str, list[Issue]] = {}
    for issue in chosen:
        by_village.setdefault(issue.region_code, []).append(issue)
    if any(len(part) > MOST_IN_A_TASK for part in by_village.values()):
        raise ActionRefused("too_many", _("一个村一次最多派 %d 个问题，请按检查项目分几次派。") % MOST_IN_A_TASK)
    tasks = []
    now = timezone.now()
    for village, part in by_village.items():
        task = Task.objects.create(
            request_key=request_key,
            region_code=village,
            due_on=due_on,
            note=note.strip()[:400],
            actor_id=actor.user_id,
            actor_name=actor.name,
            sent_at=now,
        )
        tasks.append(task)
        Issue.objects.filter(pk__in=[issue.pk for issue in part]).update(state=IssueState.SENT, task=task)
        _events(part, IssueStep.SENT, actor, note=task.note)
    tasks_settle(Issue.objects.filter(task__in={issue.task_id for issue in chosen if issue.task_id is not None}))
    audit_record(
        action="issue_send",
        actor=actor,
        subject_type="cleaning_task",
        subject_id=",".join(str(task.pk) for task in tasks)[:64],
        detail={"villages": len(tasks), "issues": len(chosen), "due_on": due_on.isoformat()},
    )
    return tasks


@transaction.atomic
def issue_answer(
    *, actor: Officer, issue_id: int, answer: str, file_name: str = "", file: BinaryIO | None = None
) -> Issue:
    """What the village found at the door when no cell is to be changed, with a photo if there is one.

    Raises `NotFound`, `NotAllowed`, `ActionRefused` (`answer_needed`, `wrong_state`).
    """
    issue = _locked(actor, issue_id, Action.CLEANING_CORRECT)
    text = answer.strip()
    if len(text) < SHORTEST_ANSWER:
        raise ActionRefused("answer_needed", _("请写明核实的情况，例如“本人在外省务工，10 月才回来”。"))
    if issue.state == IssueState.ANSWERED and issue.answer == text:
        return issue
    if issue.state not in (IssueState.OPEN, IssueState.SENT, IssueState.ANSWERED):
        raise ActionRefused("wrong_state", _("这个问题现在是“%s”，不用再答复。") % IssueState(issue.state).label)
    kept = proof_store(name=file_name, content=file) if file is not None else None
    issue.state, issue.answer = IssueState.ANSWERED, text
    issue.save(update_fields=["state", "answer"])
    IssueEvent.objects.create(issue=issue, step=IssueStep.ANSWERED, note=text, file=kept, actor_name=actor.name)
    tasks_settle(Issue.objects.filter(pk=issue.pk))
    _audit(issue, actor, action="issue_answer")
    return issue


@transaction.atomic
def issue_send_back(*, actor: Officer, issue_id: int, note: str) -> Issue:
    """Ask the village once more, saying what is missing. Raises `NotFound`, `ActionRefused` (`note_needed` …)."""
    issue = _locked(actor, issue_id, Action.CLEANING_SEND)
    if issue.state == IssueState.SENT:
        return issue
    if issue.state != IssueState.ANSWERED or issue.task is None:
        raise ActionRefused("wrong_state", _("只有村里答复过的派发问题才能退回重新核实。"))
    if len(note.strip()) < SHORTEST_ANSWER:
        raise ActionRefused("note_needed", _("请写明还要核实什么。"))
    issue.state = IssueState.SENT
    issue.save(update_fields=["state"])
    Task.objects.filter(issues=issue).update(state=TaskState.SENT, returned_at=None, closed_at=None)
    _events([issue], IssueStep.BACK, actor, note=note.strip())
    _audit(issue, actor, action="issue_send_back")
    return issue


@transaction.atomic
def task_withdraw(*, actor: Officer, task_id: int) -> Task:
    """Take a task back: what the village has not done yet is open again. Raises `NotFound`, `ActionRefused`."""
    task = Task.objects.visible_to(actor, Action.CLEANING_SEND).select_for_update().filter(pk=task_id).first()
    if task is None:
        raise NotFound("no_such_task", _("没有这项任务，或不在您的管辖范围内。"))
    if task.state == TaskState.WITHDRAWN:
        return task
    if task.state != TaskState.SENT:
        raise ActionRefused("wrong_state", _("这项任务现在是“%s”，不能收回。") % TaskState(task.state).label)
    Issue.objects.filter(task=task, state=IssueState.SENT).update(state=IssueState.OPEN, task=None)
    task.state, task.closed_at = TaskState.WITHDRAWN, timezone.now()
    task.save(update_fields=["state", "closed_at"])
    audit_record(
        action="task_withdraw",
        actor=actor,
        region_code=task.region_code,
        subject_type="cleaning_task",
        subject_id=str(task.pk),
    )
    return task


def tasks_settle(issues: QuerySet[Issue]) -> None:
    """Move the tasks of some issues on: handed back when the village has nothing left, closed when nobody has."""
    waiting = Task.objects.filter(
        pk__in=issues.filter(task__isnull=False).order_by().values("task_id"),
        state__in=[TaskState.SENT, TaskState.RETURNED],
    ).annotate(
        at_village=Count("issues", filter=Q(issues__state=IssueState.SENT)),
        standing=Count("issues", filter=Q(issues__state__in=STANDING)),
    )
    now = timezone.now()
    for task in waiting:
        state = TaskState.CLOSED if not task.standing else TaskState.SENT if task.at_village else TaskState.RETURNED
        if state != task.state:
            task.state = state
            if state != TaskState.SENT and task.returned_at is None:
                task.returned_at = now
            task.closed_at = now if state == TaskState.CLOSED else None
            task.save(update_fields=["state", "returned_at", "closed_at"])


def _locked(actor: Officer, issue_id: int, action: Action) -> Issue:
    found = Issue.objects.visible_to(actor, action).select_for_update().filter(pk=issue_id).first()
    if found is None:
        raise NotFound("no_such_issue", _("没有这个问题，或不在您的管辖范围内。"))
    return found


def _events(issues: Sequence[Issue], step: IssueStep, actor: Officer, note: str = "") -> None:
    IssueEvent.objects.bulk_create(
        [IssueEvent(issue=issue, step=step, note=note, actor_name=actor.name) for issue in issues], batch_size=1000
    )


def _audit(issue: Issue, actor: Officer, *, action: str) -> None:
    audit_record(
        action=action,
        actor=actor,
        region_code=issue.region_code,
        subject_type="issue",
        subject_id=str(issue.pk),
        detail={"check": issue.check_id},
    )
