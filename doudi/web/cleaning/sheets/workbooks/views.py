"""Taking a workbook of issues, handing it in, looking at what it would change, confirming."""

import tempfile
from typing import BinaryIO, cast
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from doudi.web.accounts.roles import Action
from doudi.web.cleaning.sheets.forms import WorkbookFilterForm, WorkbookUploadForm
from doudi.web.cleaning.sheets.models import ReturnState
from doudi.web.cleaning.sheets.workbooks import services
from doudi.web.cleaning.sheets.workbooks.queries import standing_count, workbook_detail, workbook_list
from doudi.web.discovery.views import KEPT_IN_MEMORY, WORKBOOK
from doudi.web.layout.request import OfficerRequest
from doudi.web.refusal import ActionRefused
from doudi.web.regions.queries import region_choices, region_name


@require_http_methods(["GET", "POST"])
def workbooks(request: OfficerRequest) -> HttpResponse:
    """Taking and handing in; a file that cannot be read is told beside the field."""
    form = WorkbookUploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            returned = services.workbook_return(actor=request.officer, name=file.name, content=file.read())
        except ActionRefused as refused:
            form.add_error("file", refused.message)
            form.mark_errors()
        else:
            return redirect("sheets:workbook", returned.key)
    places = region_choices(actor=request.officer, action=Action.CLEANING_CORRECT)
    context = {
        "form": form,
        "filter_form": WorkbookFilterForm(request.GET or None, places=places),
        "standing": standing_count(request.officer),
        "page": workbook_list(actor=request.officer, page=request.GET.get("page", "1")),
    }
    return render(request, "sheets/workbooks.html", context, status=400 if form.errors else 200)


@require_safe
def workbook_new(request: OfficerRequest) -> HttpResponseBase:
    """The workbook to fill in; nothing to fill in is said on the page."""
    places = region_choices(actor=request.officer, action=Action.CLEANING_CORRECT)
    chosen = WorkbookFilterForm(request.GET, places=places).given()
    book = cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=KEPT_IN_MEMORY))  # noqa: SIM115 - the response closes it
    task = request.GET.get("task", "")
    try:
        issued = services.workbook_issue(
            actor=request.officer, out=book, task=int(task) if task.isdigit() else None, **chosen
        )
    except ActionRefused as refused:
        if refused.status != ActionRefused.status:
            raise
        messages.warning(request, refused.message)
        return redirect("sheets:workbooks")
    book.seek(0)
    name = f"{_('数据问题')}_{region_name(issued.region_code)}_{timezone.localtime():%Y%m%d_%H%M}.xlsx"
    return FileResponse(book, as_attachment=True, filename=name, content_type=WORKBOOK)


@require_safe
def workbook(request: OfficerRequest, key: UUID) -> HttpResponse:
    """What a workbook would change, or did; while it is written, the bar asks for itself."""
    detail = workbook_detail(actor=request.officer, key=key)
    context = {"detail": detail, "returned": detail.returned, "job": detail.job}
    return render(request, "sheets/workbook.html", context)


@require_POST
def workbook_apply(request: OfficerRequest, key: UUID) -> HttpResponse:
    returned = services.workbook_apply(actor=request.officer, key=key)
    if returned.state == ReturnState.APPLIED:
        messages.success(request, _("已写入 %d 处更正。") % returned.counts.get("done", 0))
    return redirect("sheets:workbook", key)


@require_POST
def workbook_discard(request: OfficerRequest, key: UUID) -> HttpResponse:
    services.workbook_discard(actor=request.officer, key=key)
    messages.success(request, _("已放弃这份工作簿，没有写入任何改动。"))
    return redirect("sheets:workbooks")


@require_safe
def workbook_rejected(request: OfficerRequest, key: UUID) -> FileResponse:
    book = cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=KEPT_IN_MEMORY))  # noqa: SIM115 - the response closes it
    services.rejected_workbook(actor=request.officer, key=key, out=book)
    book.seek(0)
    name = f"{_('数据问题_退回')}_{timezone.localtime():%Y%m%d_%H%M}.xlsx"
    return FileResponse(book, as_attachment=True, filename=name, content_type=WORKBOOK)
