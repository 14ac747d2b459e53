"""Uploading, looking at what would change, confirming, taking back."""

import io

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from doudi.web.intake import services
from doudi.web.intake.forms import UploadForm
from doudi.web.intake.models import BatchState
from doudi.web.intake.presenting import batch_rows, known_feeds
from doudi.web.intake.queries import batch_detail, batch_list
from doudi.web.layout.request import OfficerRequest
from doudi.web.refusal import ActionRefused

STEPS = {
    BatchState.RECEIVED: 2,
    BatchState.PARSING: 2,
    BatchState.PREVIEW: 3,
    BatchState.APPLYING: 4,
    BatchState.APPLIED: 5,
}
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_safe
def batches(request: OfficerRequest) -> HttpResponse:
    page = batch_list(actor=request.officer, page=request.GET.get("page", "1"))
    return render(request, "intake/list.html", {"page": page, "rows": batch_rows(page.object_list)})


@require_http_methods(["GET", "POST"])
def batch_new(request: OfficerRequest) -> HttpResponse:
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            batch = services.uploads_receive(
                actor=request.officer, files=form.cleaned_data["files"], month=form.cleaned_data["month"]
            )
        except ActionRefused as refused:
            form.add_error("files", refused.message)
        else:
            return redirect("intake:detail", batch.pk)
    context = {"form": form, "feeds": known_feeds()}
    return render(request, "intake/new.html", context, status=400 if form.errors else 200)


@require_safe
def batch(request: OfficerRequest, batch_id: int) -> HttpResponse:
    """What stands in the import; while it is worked on, the bar asks for itself."""
    detail = batch_detail(actor=request.officer, batch_id=batch_id)
    working = detail.job is not None and not detail.job.is_over
    context = {
        "detail": detail,
        "batch": detail.batch,
        "job": detail.job,
        "working": working,
        "step": STEPS.get(BatchState(detail.batch.state)),
    }
    return render(request, "intake/detail.html", context)


@require_POST
def batch_confirm(request: OfficerRequest, batch_id: int) -> HttpResponse:
    accepted = request.POST.get("smaller_accepted") == "yes"
    try:
        services.batch_confirm(actor=request.officer, batch_id=batch_id, smaller_accepted=accepted)
    except ActionRefused as refused:
        if refused.code != "much_smaller":
            raise
        messages.error(request, refused.message)
    return redirect("intake:detail", batch_id)


@require_POST
def batch_discard(request: OfficerRequest, batch_id: int) -> HttpResponse:
    services.batch_discard(actor=request.officer, batch_id=batch_id)
    messages.success(request, _("已放弃这次导入，没有写入任何数据。"))
    return redirect("intake:list")


@require_POST
def batch_undo(request: OfficerRequest, batch_id: int) -> HttpResponse:
    try:
        services.batch_undo(actor=request.officer, batch_id=batch_id)
    except ActionRefused as refused:
        if refused.status != ActionRefused.status:
            raise
        messages.error(request, refused.message)
    return redirect("intake:detail", batch_id)


@require_safe
def rejects(request: OfficerRequest, batch_id: int, file_id: int) -> FileResponse:
    name, content = services.rejects_open(actor=request.officer, batch_id=batch_id, file_id=file_id)
    return FileResponse(io.BytesIO(content), as_attachment=True, filename=name, content_type=WORKBOOK)
