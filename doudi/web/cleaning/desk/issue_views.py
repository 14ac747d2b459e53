"""One issue: what is wrong and why, what it should be, and everything that can be done about it."""

import io
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from doudi.web.accounts.roles import Action
from doudi.web.cleaning.accepting import issue_accept, issue_correct
from doudi.web.cleaning.correcting import Applied
from doudi.web.cleaning.desk.editing import edits_in, fields_of
from doudi.web.cleaning.desk.forms import AnswerForm, BackForm, ExemptForm, SendForm
from doudi.web.cleaning.desk.issue_queries import IssueDetail, issue_detail, proof_open
from doudi.web.cleaning.desk.telling import conflict_told, told_of
from doudi.web.cleaning.desk.views import request_key
from doudi.web.cleaning.exempting import exemption_lift, issue_exempt
from doudi.web.cleaning.models import IssueState
from doudi.web.cleaning.proofs import proof_kind
from doudi.web.cleaning.tasking import issue_answer, issue_send_back, issues_send
from doudi.web.layout.forms import PageForm
from doudi.web.layout.request import OfficerRequest
from doudi.web.refusal import ActionRefused

Doing = Callable[[], Any]


@require_safe
def issue(request: OfficerRequest, issue_id: int) -> HttpResponse:
    return _page(request, issue_detail(actor=request.officer, issue_id=issue_id))


def _page(request: OfficerRequest, detail: IssueDetail, *, status: int = 200, **more: Any) -> HttpResponse:
    actor, found = request.officer, detail.issue
    here = {name: actor.may_in(action, found.region_code) for name, action in ACTIONS.items()}
    standing = found.is_standing
    context = {
        "detail": detail,
        "issue": found,
        "fields": fields_of(detail.rows),
        "key": uuid4(),
        "may_correct": here["correct"] and standing,
        "may_answer": here["correct"] and standing,
        "may_send": here["send"] and found.state in {IssueState.OPEN, IssueState.ANSWERED},
        "may_send_back": here["send"] and found.state == IssueState.ANSWERED and found.task_id is not None,
        "may_exempt": here["exempt"] and standing,
        "may_lift": here["exempt"] and found.state == IssueState.EXEMPTED,
        "may_undo": here["correct"],
        "answer_form": AnswerForm(auto_id="answer_%s"),
        "back_form": BackForm(auto_id="back_%s"),
        "exempt_form": ExemptForm(auto_id="exempt_%s"),
        "send_form": SendForm(auto_id="send_%s"),
        **more,
    }
    return render(request, "cleaning/issue.html", context, status=status)


ACTIONS = {"correct": Action.CLEANING_CORRECT, "send": Action.CLEANING_SEND, "exempt": Action.CLEANING_EXEMPT}


def _next(request: OfficerRequest, issue_id: int) -> HttpResponse:
    """Back to the task where the village came from, else to the issue."""
    task = request.POST.get("task", "")
    return redirect("cleaning:task", int(task)) if task.isdigit() else redirect("cleaning:issue", issue_id)


@require_POST
def accept(request: OfficerRequest, issue_id: int) -> HttpResponse:
    """Take the proposal over."""
    try:
        applied = issue_accept(actor=request.officer, issue_id=issue_id, request_key=request_key(request))
    except ActionRefused as refused:
        return _refused(request, issue_id, refused)
    told_of(request, applied)
    return _next(request, issue_id)


@sensitive_post_parameters()
@require_POST
def correct(request: OfficerRequest, issue_id: int) -> HttpResponse:
    """Write cells; where somebody was faster the page comes back with both values."""
    edits, sent = edits_in(request.POST)
    try:
        applied = issue_correct(actor=request.officer, issue_id=issue_id, edits=edits, request_key=request_key(request))
    except ActionRefused as refused:
        return _refused(request, issue_id, refused)
    if applied.conflicts or applied.refused:
        return _once_more(request, issue_id, applied, sent)
    told_of(request, applied)
    return _next(request, issue_id)


def _once_more(request: OfficerRequest, issue_id: int, applied: Applied, sent: dict[str, str]) -> HttpResponse:
    detail = issue_detail(actor=request.officer, issue_id=issue_id)
    if applied.cells:
        messages.success(request, _("其余 %d 个单元格已更正。") % applied.cells)
    return _page(
        request,
        detail,
        status=409 if applied.conflicts else 400,
        fields=fields_of(detail.rows, applied=applied, sent=sent),
        conflicts=[conflict_told(one) for one in applied.conflicts],
    )


def _refused(request: OfficerRequest, issue_id: int, refused: ActionRefused) -> HttpResponse:
    if refused.status != ActionRefused.status:
        raise refused
    messages.error(request, refused.message)
    return redirect("cleaning:issue", issue_id)


def _with_form(request: OfficerRequest, issue_id: int, name: str, form: PageForm, do: Doing, told: str) -> HttpResponse:
    """Do what a checked form asks for; a form with mistakes comes back in the page."""
    if form.is_valid():
        try:
            do()
        except ActionRefused as refused:
            if refused.status != ActionRefused.status:
                raise
            form.add_error(None, refused.message)
        else:
            messages.success(request, told)
            return _next(request, issue_id)
    detail = issue_detail(actor=request.officer, issue_id=issue_id)
    return _page(request, detail, status=400, **{name: form}, opened=name)


@require_POST
def answer(request: OfficerRequest, issue_id: int) -> HttpResponse:
    """The village says what it found."""
    form = AnswerForm(request.POST, request.FILES, auto_id="answer_%s")

    def do() -> None:
        file = form.cleaned_data["file"]
        issue_answer(
            actor=request.officer,
            issue_id=issue_id,
            answer=form.cleaned_data["answer"],
            file_name=file.name if file else "",
            file=file,
        )

    return _with_form(request, issue_id, "answer_form", form, do, _("已答复，交回乡镇。"))


@require_POST
def send_one(request: OfficerRequest, issue_id: int) -> HttpResponse:
    """Send this one issue to its village."""
    form = SendForm(request.POST, auto_id="send_%s")

    def do() -> None:
        issues_send(
            actor=request.officer,
            issues=[issue_id],
            due_on=form.cleaned_data["due_on"],
            note=form.cleaned_data["note"],
            request_key=request_key(request),
        )

    return _with_form(request, issue_id, "send_form", form, do, _("已派村核实。"))


@require_POST
def send_back(request: OfficerRequest, issue_id: int) -> HttpResponse:
    """Ask the village once more."""
    form = BackForm(request.POST, auto_id="back_%s")

    def do() -> None:
        issue_send_back(actor=request.officer, issue_id=issue_id, note=form.cleaned_data["note"])

    return _with_form(request, issue_id, "back_form", form, do, _("已退回村里重新核实。"))


@require_POST
def exempt(request: OfficerRequest, issue_id: int) -> HttpResponse:
    """Leave it as it is until a day."""
    form = ExemptForm(request.POST, request.FILES, auto_id="exempt_%s")

    def do() -> None:
        file = form.cleaned_data["file"]
        issue_exempt(
            actor=request.officer,
            issue_id=issue_id,
            reason=form.cleaned_data["reason"],
            expires_on=form.cleaned_data["expires_on"],
            file_name=file.name,
            file=file,
        )

    return _with_form(request, issue_id, "exempt_form", form, do, _("已豁免，到期前不再列出。"))


@require_POST
def lift(request: OfficerRequest, issue_id: int) -> HttpResponse:
    try:
        exemption_lift(actor=request.officer, issue_id=issue_id)
    except ActionRefused as refused:
        return _refused(request, issue_id, refused)
    messages.success(request, _("已取消豁免，问题重新列出。"))
    return redirect("cleaning:issue", issue_id)


@require_safe
def proof(request: OfficerRequest, issue_id: int, event_id: int) -> FileResponse:
    """A photo or paper, as a download: it is never shown as a page of this site."""
    name, content = proof_open(actor=request.officer, issue_id=issue_id, event_id=event_id)
    return FileResponse(io.BytesIO(content), as_attachment=True, filename=name, content_type=proof_kind(content))
