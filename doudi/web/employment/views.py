"""Employment data: figures, the list of conflicts, one person's sources side by side."""

import tempfile
import uuid
from typing import BinaryIO, cast

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from doudi.standards.codes import WorkConflict
from doudi.web.accounts.roles import Action
from doudi.web.discovery.queries import latest_run
from doudi.web.discovery.views import KEPT_IN_MEMORY, WORKBOOK
from doudi.web.employment import queries
from doudi.web.employment.export import line_workbook
from doudi.web.employment.forms import LineFilterForm
from doudi.web.employment.offers import COLUMNS
from doudi.web.employment.presenting import SOURCE_NAMES, side_by_side
from doudi.web.employment.services import employment_compare, employment_take
from doudi.web.layout.request import OfficerRequest, wants_part
from doudi.web.refusal import ActionRefused
from doudi.web.regions.queries import region_choices


@require_safe
def overview(request: OfficerRequest) -> HttpResponse:
    run = queries.latest_comparison()
    shown = queries.figures_overview(run, actor=request.officer)
    counts = queries.counts_by_kind(run, actor=request.officer)
    context = {
        "run": run,
        "running": queries.running_comparison(),
        "whole": shown.whole,
        "places": shown.places,
        "kinds": [(str(kind.value), counts[str(kind.value)]) for kind in WorkConflict],
        "stopped": counts["stopped"],
        "chart": _chart(shown),
    }
    return render(request, "employment/overview.html", context)


def _chart(shown: queries.Overview) -> dict[str, object]:
    """Employed and not, of those able to work, by place, as the chart on the page draws them."""
    figures = [one.figures for one in shown.places]
    return {
        "names": [one.name for one in shown.places],
        "series": [
            {"id": "received", "name": _("已就业"), "values": [one.employed for one in figures]},
            {"id": "gap", "name": _("未就业"), "values": [one.able - one.employed for one in figures]},
        ],
    }


@require_POST
def compare(request: OfficerRequest) -> HttpResponse:
    """As of the day of the last screening, else today."""
    screened = latest_run()
    try:
        run = employment_compare(actor=request.officer, as_of=screened.as_of if screened else timezone.localdate())
    except ActionRefused as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, _("比对已经开始，稍后刷新看结果。"))
        if run.job_id is not None:
            return redirect("jobs:job", run.job_id)
    return redirect("employment:overview")


@require_safe
def lines(request: OfficerRequest) -> HttpResponse:
    """Who has conflicts; HTMX gets the results alone."""
    form = _form(request)
    chosen = form.chosen()
    context = {
        "form": form,
        "chosen": chosen,
        "page": queries.line_page(actor=request.officer, chosen=chosen, page=request.GET.get("page", "1")),
        "run": queries.latest_comparison(),
        "chips": form.chips(request.GET),
        "kept": _kept(request),
    }
    template = "employment/_line_results.html" if wants_part(request) else "employment/lines.html"
    return render(request, template, context)


@require_safe
def lines_export(request: OfficerRequest) -> FileResponse:
    book = cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=KEPT_IN_MEMORY))  # noqa: SIM115 - the response closes it
    line_workbook(actor=request.officer, chosen=_form(request).chosen(), out=book)
    book.seek(0)
    name = f"{_('就业数据比对')}_{timezone.localtime():%Y%m%d_%H%M}.xlsx"
    return FileResponse(book, as_attachment=True, filename=name, content_type=WORKBOOK)


@require_safe
def line(request: OfficerRequest, line_id: int) -> HttpResponse:
    return _line(request, line_id)


def _line(request: OfficerRequest, line_id: int, *, status: int = 200) -> HttpResponse:
    actor = request.officer
    found = queries.line_found(actor=actor, line_id=line_id)
    may_take = actor.may_in(Action.CLEANING_CORRECT, found.region_code)
    rows = queries.line_rows([found])
    context = {
        "line": found,
        "row": rows[0],
        "shown": side_by_side(found, person=found.person, may_take=may_take),
        "sources": list(SOURCE_NAMES.items()),
        "may_take": may_take,
        "request_key": uuid.uuid4(),
        "next": queries.line_after(found, actor=actor, chosen=_form(request).chosen()),
        "kept": _kept(request),
    }
    return render(request, "employment/line.html", context, status=status)


@require_POST
def take(request: OfficerRequest, line_id: int) -> HttpResponse:
    """Take over the chosen values, then the next person of the list, or this one again when something was left."""
    chosen: dict[str, str] = {}
    for column in COLUMNS:
        named, _colon, source = request.POST.get(f"take_{column}", "").partition(":")
        if named == column and source:
            chosen[column] = source
    seen = {column: request.POST.get(f"seen_{column}") or None for column in COLUMNS}
    try:
        key = uuid.UUID(request.POST.get("request_key", ""))
    except ValueError:
        key = uuid.uuid4()
    try:
        applied = employment_take(actor=request.officer, line_id=line_id, chosen=chosen, seen=seen, request_key=key)
    except ActionRefused as refused:
        messages.error(request, refused.message)
        return _line(request, line_id, status=400)
    for one in applied.refused:
        messages.error(request, one.message)
    if applied.conflicts:
        messages.warning(request, _("有的内容刚被别人改过，没有覆盖；请看现在的值再决定。"))
    if applied.cells:
        told = ngettext("已更新 %d 项登记内容。", "已更新 %d 项登记内容。", applied.cells) % applied.cells
        messages.success(request, told)
    elif not applied.conflicts and not applied.refused:
        messages.info(request, _("登记簿里已经是这些内容，没有改动。"))
    return redirect(f"{request.path.removesuffix('take/')}{_kept(request)}")


def _form(request: OfficerRequest) -> LineFilterForm:
    return LineFilterForm(request.GET, places=region_choices(actor=request.officer, action=Action.EMPLOYMENT_SEE))


def _kept(request: OfficerRequest) -> str:
    """The filter of the list, carried along while a person works it off."""
    query = request.GET.copy()
    query.pop("page", None)
    return f"?{query.urlencode()}" if query else ""
