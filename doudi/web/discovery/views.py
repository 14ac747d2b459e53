"""Clues, screenings and the rules they follow."""

import tempfile
from typing import BinaryIO, cast

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from doudi.web.accounts.roles import Action
from doudi.web.discovery.changes import change_counts
from doudi.web.discovery.export import clue_workbook
from doudi.web.discovery.forms import ClueFilterForm, ScreeningForm
from doudi.web.discovery.models import RunState
from doudi.web.discovery.presenting import comparison
from doudi.web.discovery.queries import clue_choices, clue_page, screening_detail, screening_list
from doudi.web.discovery.services import screening_start
from doudi.web.layout.request import OfficerRequest, wants_part
from doudi.web.refusal import ActionRefused

DEFAULT_SORT = "level"
ROWS = 30
KEPT_IN_MEMORY = 2 * 1024 * 1024
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_safe
def clues(request: OfficerRequest) -> HttpResponse:
    """The list; HTMX gets the results alone, and the address always says what is shown."""
    form = ClueFilterForm(request.GET, choices=clue_choices(actor=request.officer))
    sort = request.GET.get("sort") or DEFAULT_SORT
    number = request.GET.get("page", "1")
    page = clue_page(actor=request.officer, filter=form.chosen(), sort=sort, page=number, size=ROWS)
    context = {"form": form, "page": page, "sort": sort, "chips": form.chips(request.GET)}
    template = "discovery/_clue_results.html" if wants_part(request) else "discovery/clues.html"
    return render(request, template, context)


@require_safe
def clues_export(request: OfficerRequest) -> FileResponse:
    form = ClueFilterForm(request.GET, choices=clue_choices(actor=request.officer))
    book = cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=KEPT_IN_MEMORY))  # noqa: SIM115 - the response closes it
    clue_workbook(actor=request.officer, filter=form.chosen(), out=book, sort=request.GET.get("sort") or DEFAULT_SORT)
    book.seek(0)
    name = f"{_('线索')}_{timezone.localtime():%Y%m%d_%H%M}.xlsx"
    return FileResponse(book, as_attachment=True, filename=name, content_type=WORKBOOK)


@require_safe
def screenings(request: OfficerRequest) -> HttpResponse:
    page = screening_list(actor=request.officer, page=request.GET.get("page", "1"))
    return render(request, "discovery/screenings.html", {"page": page})


@require_http_methods(["GET", "POST"])
def screening_new(request: OfficerRequest) -> HttpResponse:
    form = ScreeningForm(request.POST or None, initial={"as_of": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        try:
            run = screening_start(actor=request.officer, as_of=form.cleaned_data["as_of"])
        except ActionRefused as refused:
            form.add_error(None, refused.message)
        else:
            messages.success(request, _("筛查已经开始，可以离开这个页面，稍后回来看结果。"))
            return redirect("discovery:screening", run.pk)
    return render(request, "discovery/screening_new.html", {"form": form}, status=400 if form.errors else 200)


@require_safe
def screening(request: OfficerRequest, run_id: int) -> HttpResponse:
    detail = screening_detail(actor=request.officer, run_id=run_id)
    before, rules = comparison(request.officer, detail)
    context = {"detail": detail, "run": detail.run, "job": detail.job, "before": before, "rules": rules}
    if detail.run.state == RunState.DONE and before is not None and request.officer.may(Action.CLUE_SEE):
        context["changes"] = change_counts(detail.run, actor=request.officer)
    return render(request, "discovery/screening.html", context)
