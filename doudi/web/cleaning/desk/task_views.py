"""Tasks of villages, worked on with a phone at the door; and who changed what, with the way back."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from doudi.web.accounts.roles import Action
from doudi.web.cleaning.correcting import corrections_undo
from doudi.web.cleaning.desk import issue_queries as queries
from doudi.web.cleaning.desk.forms import HistoryFilterForm, TaskFilterForm
from doudi.web.cleaning.desk.telling import conflict_told
from doudi.web.cleaning.models import How, IssueState, TaskState
from doudi.web.cleaning.tasking import task_withdraw
from doudi.web.layout.request import OfficerRequest, wants_part
from doudi.web.refusal import ActionRefused
from doudi.web.regions.queries import region_choices


@require_safe
def tasks(request: OfficerRequest) -> HttpResponse:
    form = TaskFilterForm(request.GET)
    page = queries.task_page(
        actor=request.officer, state=form.given().get("state", ""), page=request.GET.get("page", "1")
    )
    return render(request, "cleaning/tasks.html", {"form": form, "page": page, "chips": form.chips(request.GET)})


@require_safe
def task(request: OfficerRequest, task_id: int) -> HttpResponse:
    line = queries.task_line(actor=request.officer, task_id=task_id)
    issues = queries.task_issues(line, actor=request.officer)
    context = {
        "line": line,
        "task": line.task,
        "waiting": [one for one in issues if one.issue.state == IssueState.SENT],
        "done": [one for one in issues if one.issue.state != IssueState.SENT],
        "may_withdraw": line.task.state == TaskState.SENT
        and request.officer.may_in(Action.CLEANING_SEND, line.task.region_code),
    }
    return render(request, "cleaning/task.html", context)


@require_POST
def withdraw(request: OfficerRequest, task_id: int) -> HttpResponse:
    try:
        task_withdraw(actor=request.officer, task_id=task_id)
    except ActionRefused as refused:
        if refused.status != ActionRefused.status:
            raise
        messages.error(request, refused.message)
    else:
        messages.success(request, _("任务已收回，村里还没办的问题回到待处理。"))
    return redirect("cleaning:task", task_id)


@require_safe
def history(request: OfficerRequest) -> HttpResponse:
    """Who changed what; HTMX gets the results alone."""
    form = HistoryFilterForm(request.GET, places=region_choices(actor=request.officer, action=Action.CLEANING_SEE))
    page = queries.history_page(actor=request.officer, chosen=form.chosen(), page=request.GET.get("page", "1"))
    context = {"form": form, "page": page, "chips": form.chips(request.GET)}
    template = "cleaning/_history_results.html" if wants_part(request) else "cleaning/history.html"
    return render(request, template, context)


@require_safe
def batch(request: OfficerRequest, key: UUID) -> HttpResponse:
    detail = queries.batch_detail(actor=request.officer, key=key)
    context = {
        "detail": detail,
        "batch": detail.batch,
        "may_undo": detail.batch.how != How.UNDO
        and detail.undone is None
        and request.officer.may(Action.CLEANING_CORRECT),
    }
    return render(request, "cleaning/batch.html", context)


@require_POST
def undo(request: OfficerRequest, key: UUID) -> HttpResponse:
    """Take a batch back."""
    try:
        applied = corrections_undo(actor=request.officer, batch=key)
    except ActionRefused as refused:
        if refused.status != ActionRefused.status:
            raise
        messages.error(request, refused.message)
        return redirect("cleaning:batch", key)
    messages.success(request, _("已撤销，%d 个单元格恢复原值，相关问题已重新检查。") % applied.cells)
    for conflict in applied.conflicts[:5]:
        messages.warning(request, conflict_told(conflict))
    return redirect("cleaning:batch", key)
