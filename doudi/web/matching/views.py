"""The pages of matching: what came of each table, the desk for doubtful rows, and what goes back to the department."""

import io
import uuid
from urllib.parse import urlencode

from django.contrib import messages
from django.http import FileResponse, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from doudi.web.accounts.roles import Action
from doudi.web.discovery.views import WORKBOOK
from doudi.web.layout.request import OfficerRequest, wants_part
from doudi.web.matching import queries, services
from doudi.web.matching.export import unmatched_workbook
from doudi.web.matching.forms import LinkFilterForm
from doudi.web.matching.models import LinkState
from doudi.web.matching.presenting import link_detail
from doudi.web.matching.queries import LinkFilter
from doudi.web.matching.rematching import table_match_again
from doudi.web.refusal import ActionRefused

KEPT = ("table", "q")
"""Conditions of the list that stay while rows are decided one after the other."""


@require_safe
def overview(request: OfficerRequest) -> HttpResponse:
    months = queries.overview(actor=request.officer)
    waiting = sum(table.waiting for month in months for table in month.tables)
    return render(request, "matching/overview.html", {"months": months, "waiting": waiting})


@require_safe
def links(request: OfficerRequest) -> HttpResponse:
    """The desk's list; HTMX gets the results alone."""
    form = LinkFilterForm(request.GET, feeds=queries.feed_choices(actor=request.officer))
    chosen = form.chosen()
    context = {
        "form": form,
        "chosen": chosen,
        "waiting": not chosen.state,
        "page": queries.link_page(actor=request.officer, chosen=chosen, page=request.GET.get("page", "1")),
        "chips": form.chips(request.GET),
        "kept": _kept(request),
        "keep": _keep(request),
        "request_key": uuid.uuid4(),
    }
    return render(request, "matching/_links.html" if wants_part(request) else "matching/links.html", context)


@require_POST
def links_decide(request: OfficerRequest) -> HttpResponse:
    chosen = [int(number) for number in request.POST.getlist("link") if number.isdigit()]
    try:
        decided = services.links_choose(
            actor=request.officer,
            link_ids=chosen,
            nobody=request.POST.get("what") == "nobody",
            request_key=request_key_of(request),
        )
    except ActionRefused as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, _decided_text(decided))
    return _back_to_list(request)


@require_safe
def link(request: OfficerRequest, link_id: int) -> HttpResponse:
    """One row beside its candidates. Keys 1–5 choose, 0 says nobody, s goes on."""
    found = queries.link_visible(actor=request.officer, link_id=link_id)
    chosen = _filter(request)
    may_decide = request.officer.may_in(Action.MATCH_DECIDE, found.region_code, department=found.department)
    done = request.GET.get("done", "")
    context = {
        "detail": link_detail(found),
        "link": found,
        "waiting": found.state == LinkState.OPEN,
        "may_decide": may_decide and found.run.snapshot.standing,
        "next": queries.next_waiting(actor=request.officer, after=found, chosen=chosen),
        "left": queries.waiting_count(actor=request.officer, chosen=chosen),
        "kept": _kept(request),
        "keep": _keep(request),
        "done": done if done.isdigit() else "",
        "request_key": uuid.uuid4(),
        "undo_key": uuid.uuid4(),
    }
    return render(request, "matching/link.html", context)


@require_POST
def link_decide(request: OfficerRequest, link_id: int) -> HttpResponse:
    """Decide, and go on to the next waiting row of the list that one came from."""
    rank = request.POST.get("rank", "")
    if not rank.isdigit():
        raise ActionRefused("no_candidate", _("请选择候选人，或者选“都不是”。"))
    found = queries.link_visible(actor=request.officer, link_id=link_id, action=Action.MATCH_DECIDE)
    try:
        decided = services.link_choose(
            actor=request.officer, link_id=link_id, rank=int(rank), request_key=request_key_of(request)
        )
    except ActionRefused as refused:
        if refused.status != ActionRefused.status:
            raise
        messages.error(request, refused.message)
        return _to_link(request, link_id)
    messages.success(request, _("第 %d 行：") % found.row + _decided_text(decided))
    following = queries.next_waiting(actor=request.officer, after=found, chosen=_filter(request))
    return _to_link(request, following, done=link_id) if following is not None else _back_to_list(request)


@require_POST
def link_undo(request: OfficerRequest, link_id: int) -> HttpResponse:
    try:
        services.link_undo(actor=request.officer, link_id=link_id, request_key=request_key_of(request))
    except ActionRefused as refused:
        if refused.status != ActionRefused.status:
            raise
        messages.error(request, refused.message)
    else:
        messages.success(request, _("已撤销，这一行重新等待认定；以后的数据也不再沿用。"))
    return _to_link(request, link_id)


@require_safe
def unmatched(request: OfficerRequest, run_id: int) -> FileResponse:
    name, content = unmatched_workbook(actor=request.officer, run_id=run_id)
    return FileResponse(io.BytesIO(content), as_attachment=True, filename=name, content_type=WORKBOOK)


@require_POST
def again(request: OfficerRequest, run_id: int) -> HttpResponse:
    job = table_match_again(actor=request.officer, run_id=run_id)
    return redirect("jobs:job", job.pk)


def _filter(request: OfficerRequest) -> LinkFilter:
    given = request.POST if request.method == "POST" else request.GET
    table = given.get("table", "")
    return LinkFilter(run_id=int(table) if table.isdigit() else None, q=given.get("q", "")[:64])


def _keep(request: OfficerRequest) -> dict[str, str]:
    """The conditions that stay."""
    given = request.POST if request.method == "POST" else request.GET
    return {name: given[name] for name in KEPT if given.get(name)}


def _kept(request: OfficerRequest) -> str:
    """The same as the query of an address; empty or beginning with `?`."""
    stay = _keep(request)
    return f"?{urlencode(stay)}" if stay else ""


def _to_link(request: OfficerRequest, link_id: int, *, done: int | None = None) -> HttpResponseRedirect:
    """A row of the desk; `done`: the one decided just before, which can be undone from there."""
    kept = _kept(request)
    if done is not None:
        kept += f"{'&' if kept else '?'}done={done}"
    return HttpResponseRedirect(reverse("matching:link", args=[link_id]) + kept)


def _back_to_list(request: OfficerRequest) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("matching:links") + _kept(request))


def request_key_of(request: OfficerRequest) -> uuid.UUID:
    """The key of one press of a button. Raises `ActionRefused` (`no_request_key`)."""
    try:
        return uuid.UUID(request.POST.get("request_key", ""))
    except ValueError as problem:
        raise ActionRefused("no_request_key", _("页面已过期，请刷新后再办。")) from problem


def _decided_text(decided: services.Decided) -> str:
    text = ngettext("已认定 %(count)d 行。", "已认定 %(count)d 行。", decided.links) % {"count": decided.links}
    if decided.taken:
        text += _("另有 %d 行已被别人认定，没有改动。") % decided.taken
    return text
