"""Drafting changes, reviewing and approving them."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Officer
from doudi.web.jobs.queries import status_of
from doudi.web.layout.request import OfficerRequest, wants_part
from doudi.web.layout.templatetags.layout import in_english
from doudi.web.refusal import ActionRefused, NotAllowed, NotFound
from doudi.web.rulekeeping import queries, services
from doudi.web.rulekeeping.comparing import differences, text_lines
from doudi.web.rulekeeping.counting import count_places, total_of
from doudi.web.rulekeeping.drafting import EDITABLE, Checked, check_text, departments_of
from doudi.web.rulekeeping.forms import (
    ChangeFilterForm,
    ChangeForm,
    NewRuleForm,
    RetireForm,
    SummaryForm,
    first_day,
)
from doudi.web.rulekeeping.life import is_author, may_work_on, moves_for
from doudi.web.rulekeeping.models import ChangeKind, ChangeState, RuleChange
from doudi.web.rulekeeping.reading import places_named, read

AROUND = 1
"""Lines shown before and after one that is wrong."""


@require_safe
def changes(request: OfficerRequest) -> HttpResponse:
    form = ChangeFilterForm(request.GET)
    form.is_valid()
    chosen = queries.ChangeFilter(form.cleaned_data.get("state", ""), bool(form.cleaned_data.get("mine")))
    page = queries.change_page(actor=request.officer, chosen=chosen, page=request.GET.get("page", "1"))
    context = {"form": form, "page": page, "waiting": queries.waiting_for(actor=request.officer)}
    template = "rulekeeping/_change_results.html" if wants_part(request) else "rulekeeping/changes.html"
    return render(request, template, context)


@require_safe
def change(request: OfficerRequest, change_id: int) -> HttpResponse:
    shown = queries.change_seen(actor=request.officer, change_id=change_id)
    return change_page(request, shown)


def change_page(request: OfficerRequest, shown: RuleChange, *, refused: str = "", status: int = 200) -> HttpResponse:
    actor = request.officer
    book = queries.head_rulebook()
    checked = services.check_change(shown) if shown.is_open else Checked(book=None)
    rule = None
    if shown.folder == "screening":
        of = checked.book or book
        rule = of.rules.get(shown.thing_id)
        if shown.is_approved and rule is not None and of.texts.get(shown.path) != shown.text:
            rule = None
    on = max(shown.effective_from, queries.day_of_thresholds())
    counted = queries.newest_count(shown.thing_id, change=shown) if shown.folder == "screening" else None
    figures = count_places(counted, actor=actor) if counted and counted.result else []
    own = is_author(shown, actor)
    context: dict[str, Any] = {
        "change": shown,
        "differences": differences(shown.base_text, shown.text, book),
        "lines": text_lines(shown.base_text, shown.text),
        "checked": checked,
        "problems": with_lines(checked, shown.text),
        "moves": list(moves_for(shown, actor)),
        "own": own,
        "may_edit": own and shown.state == ChangeState.DRAFT,
        "base_changed": shown.is_open and services.base_changed(shown),
        "read": read(rule, checked.book or book, region=actor.home, on=on, places=places_named(book)) if rule else None,
        "counted": counted,
        "status": status_of(counted.job) if counted and counted.job else None,
        "figures": figures,
        "total": total_of(figures),
        "may_count": shown.folder == "screening" and shown.is_open and checked.holds and actor.may(Action.RULES_DRAFT),
        "may_try": shown.folder == "screening"
        and shown.is_open
        and rule is not None
        and actor.may(Action.HOUSEHOLD_SEE),
        "refused": refused,
        "steps": shown.steps.all(),
        "life": life_line(shown),
    }
    return render(request, "rulekeeping/change.html", context, status=status)


def life_line(shown: RuleChange) -> list[dict[str, Any]]:
    """The stations of a change's life with the one it is at."""
    last = ChangeState.RETIRED if shown.kind == ChangeKind.RETIRE else ChangeState.IN_FORCE
    stations = [ChangeState.DRAFT, ChangeState.SUBMITTED, ChangeState.REVIEWED, last]
    if shown.state == ChangeState.WITHDRAWN:
        return [{"label": ChangeState.WITHDRAWN.label, "at": True, "past": False}]
    position = stations.index(ChangeState(shown.state))
    return [
        {"label": state.label, "at": number == position, "past": number < position}
        for number, state in enumerate(stations)
    ]


def with_lines(checked: Checked, text: str) -> list[dict[str, Any]]:
    """Problems with the lines of the text around them."""
    lines = text.splitlines()
    found = []
    for problem in checked.problems:
        first = max(1, problem.line - AROUND)
        around = [
            {"number": number, "text": lines[number - 1], "at": number == problem.line}
            for number in range(first, min(len(lines), problem.line + AROUND) + 1)
        ]
        found.append({"problem": problem, "lines": around})
    return found


@require_http_methods(["GET", "POST"])
def change_new(request: OfficerRequest) -> HttpResponse:
    """A new text of a file: GET shows the text to start from, POST checks it or keeps it as a draft."""
    path = request.GET.get("path", "")
    book = queries.head_rulebook()
    if path not in book.texts or path.partition("/")[0] not in EDITABLE:
        raise NotFound("no_such_file", _("没有这个规则文件，或不能在网页上改。"))
    department = departments_of(path, book)
    if not may_work_on(request.officer, Action.RULES_DRAFT, department):
        raise NotAllowed("other_department", _("这条规则由其他部门负责，您不能起草它的变更。"))
    initial = {"text": book.texts[path], "effective_from": first_day()}
    form = ChangeForm(request.POST or None, initial=initial)
    context: dict[str, Any] = {"form": form, "path": path, "title": services.title_of(book, path, english=in_english())}
    status = 200
    if request.method == "POST" and form.is_valid():
        text = form.cleaned_data["text"]
        if "check" not in request.POST:
            drafted = services.change_draft(
                actor=request.officer,
                path=path,
                text=text,
                summary=form.cleaned_data["summary"],
                effective_from=form.cleaned_data["effective_from"],
            )
            messages.success(request, _("已存为草稿。看过差别和例子的结果，再提交审核。"))
            return redirect("rulekeeping:change", drafted.pk)
        context |= _as_checked(check_text(path, services.plain_text(text), base_text=book.texts[path], book=book), text)
    elif request.method == "POST":
        status = 400
    return render(request, "rulekeeping/change_edit.html", context, status=status)


def _as_checked(checked: Checked, text: str) -> dict[str, Any]:
    return {"checked": checked, "problems": with_lines(checked, services.plain_text(text))}


@require_http_methods(["GET", "POST"])
def change_edit(request: OfficerRequest, change_id: int) -> HttpResponse:
    """Rewriting one's own draft."""
    shown = queries.change_seen(actor=request.officer, change_id=change_id)
    if not is_author(shown, request.officer) or shown.state != ChangeState.DRAFT:
        return change_page(request, shown, refused=_("只有起草人能改草稿。"), status=409)
    whole = shown.kind in {ChangeKind.TEXT, ChangeKind.NEW}
    initial = {"text": shown.text, "summary": shown.summary, "effective_from": shown.effective_from}
    form = (ChangeForm if whole else SummaryForm)(request.POST or None, initial=initial)
    context: dict[str, Any] = {"form": form, "change": shown, "path": shown.path, "title": shown.title}
    status = 400 if request.method == "POST" else 200
    if request.method == "POST" and form.is_valid():
        text = form.cleaned_data.get("text")
        if "check" in request.POST and text is not None:
            book = queries.head_rulebook()
            checked = check_text(shown.path, services.plain_text(text), base_text=shown.base_text, book=book)
            return render(request, "rulekeeping/change_edit.html", context | _as_checked(checked, text))
        try:
            services.change_edit(
                actor=request.officer,
                change_id=change_id,
                text=text,
                summary=form.cleaned_data["summary"],
                effective_from=form.cleaned_data.get("effective_from") or shown.effective_from,
                seen=request.POST.get("seen", ""),
            )
        except ActionRefused as refused:
            form.add_error(None, refused.message)
            status = 409
        else:
            messages.success(request, _("草稿已更新。"))
            return redirect("rulekeeping:change", change_id)
    return render(request, "rulekeeping/change_edit.html", context, status=status)


@require_POST
def change_rebase(request: OfficerRequest, change_id: int) -> HttpResponse:
    try:
        services.change_rebase(actor=request.officer, change_id=change_id)
    except ActionRefused as refused:
        shown = queries.change_seen(actor=request.officer, change_id=change_id)
        return change_page(request, shown, refused=refused.message, status=refused.status)
    messages.success(request, _("已以现行文本为底稿，请看差别是不是您要的。"))
    return redirect("rulekeeping:change", change_id)


@require_POST
def change_move(request: OfficerRequest, change_id: int, move: str) -> HttpResponse:
    """A step of the life: submit, review, approve, retire, send back, withdraw."""
    try:
        moved = services.change_move(
            actor=request.officer,
            change_id=change_id,
            move=move,
            reason=request.POST.get("reason", ""),
            seen=request.POST.get("seen", ""),
        )
    except (NotFound, NotAllowed):
        raise
    except ActionRefused as refused:
        shown = queries.change_seen(actor=request.officer, change_id=change_id)
        return change_page(request, shown, refused=refused.message, status=refused.status)
    done = {
        "submit": _("已提交，等另一人审核。"),
        "review": _("已审核通过，等批准。"),
        "approve": _("已批准，自 %s 起施行。") % moved.effective_from,
        "retire": _("已批准，自 %s 起停用。") % moved.effective_from,
        "send_back": _("已退回起草人。"),
        "withdraw": _("已撤回。"),
    }
    messages.success(request, done[move])
    return redirect("rulekeeping:change", change_id)


@require_http_methods(["GET", "POST"])
def rule_new(request: OfficerRequest) -> HttpResponse:
    form = NewRuleForm(
        request.POST or None, departments=departments_for(request.officer), initial={"effective_from": first_day()}
    )
    if request.method == "POST" and form.is_valid():
        try:
            drafted = services.rule_new(actor=request.officer, **form.cleaned_data)
        except NotAllowed:
            raise
        except ActionRefused as refused:
            form.add_error(None, refused.message)
        else:
            messages.success(request, _("已建草稿，请改写条件、依据和例子。"))
            return redirect("rulekeeping:change_edit", drafted.pk)
    return render(request, "rulekeeping/rule_new.html", {"form": form}, status=400 if form.errors else 200)


def departments_for(actor: Officer) -> list[str]:
    """The departments whose rules the actor may draft; empty for all of them."""
    areas = actor.reach(Action.RULES_DRAFT)
    return [] if any(not area.department for area in areas) else sorted({area.department for area in areas})


@require_http_methods(["GET", "POST"])
def rule_retire(request: OfficerRequest, rule_id: str) -> HttpResponse:
    book = queries.head_rulebook()
    rule = queries.rule_of(book, rule_id)
    form = RetireForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            drafted = services.rule_retire(actor=request.officer, rule_id=rule_id, **form.cleaned_data)
        except NotAllowed:
            raise
        except ActionRefused as refused:
            form.add_error(None, refused.message)
        else:
            messages.success(request, _("已起草停用，提交后由另一人审核、批准。"))
            return redirect("rulekeeping:change", drafted.pk)
    return render(
        request, "rulekeeping/rule_retire.html", {"form": form, "rule": rule}, status=400 if form.errors else 200
    )
