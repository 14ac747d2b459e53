"""Asking for the registry in the national format, waiting, downloading."""

import io

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from doudi.web.accounts.roles import Action
from doudi.web.cleaning.sheets.forms import ExportForm
from doudi.web.cleaning.sheets.models import NationalExport
from doudi.web.cleaning.sheets.national.services import export_download, export_request, exports_expire
from doudi.web.jobs.queries import status_of
from doudi.web.layout.request import OfficerRequest
from doudi.web.paging import page_of
from doudi.web.refusal import ActionRefused
from doudi.web.regions.queries import PlaceNames, region_choices

ROWS = 20
ZIP = "application/zip"


@require_http_methods(["GET", "POST"])
def exports(request: OfficerRequest) -> HttpResponse:
    """The list of exports, and the form for a new one."""
    places = [
        place
        for place in region_choices(actor=request.officer, action=Action.CLEANING_EXPORT)
        if place.level in ("county", "township", "village")
    ]
    form = ExportForm(request.POST or None, places=places)
    if request.method == "POST" and form.is_valid():
        try:
            export_request(actor=request.officer, **form.cleaned_data)
        except ActionRefused as refused:
            if refused.status != ActionRefused.status:
                raise
            form.add_error("reason", refused.message)
            form.mark_errors()
        else:
            messages.success(request, _("正在后台导出，完成后在下面下载。"))
            return redirect("sheets:exports")
    exports_expire()
    found = NationalExport.objects.visible_to(request.officer).select_related("job").order_by("-at")
    page = page_of(found, page=request.GET.get("page", "1"), size=ROWS)
    names = PlaceNames(one.region_code for one in page.object_list)
    rows = [
        {"export": one, "region": names.name(one.region_code), "job": status_of(one.job) if one.job else None}
        for one in page.object_list
    ]
    working = [row for row in rows if row["job"] is not None and not row["job"].is_over]
    context = {"form": form, "page": page, "rows": rows, "working": working[:1]}
    return render(request, "sheets/exports.html", context, status=400 if form.errors else 200)


@require_safe
def export(request: OfficerRequest, export_id: int) -> FileResponse:
    name, content = export_download(actor=request.officer, export_id=export_id)
    return FileResponse(io.BytesIO(content), as_attachment=True, filename=name, content_type=ZIP)
