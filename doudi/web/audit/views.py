"""The audit log as the auditor reads it."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from doudi.web.audit.forms import AuditFilterForm
from doudi.web.audit.queries import audit_page
from doudi.web.audit.services import ChainReport, audit_verify
from doudi.web.layout.request import OfficerRequest, wants_part


def log_page(request: OfficerRequest, *, report: ChainReport | None = None) -> HttpResponse:
    form = AuditFilterForm(request.GET or None)
    chosen = form.cleaned_data if form.is_valid() else {}
    before = request.GET.get("before", "")
    listing = audit_page(
        actor=request.officer,
        action=chosen.get("action", ""),
        username=chosen.get("username", ""),
        subject_id=chosen.get("subject_id", ""),
        before=int(before) if before.isdecimal() else None,
    )
    template = "audit/_results.html" if wants_part(request) else "audit/entries.html"
    return render(request, template, {"form": form, "listing": listing, "report": report})


@require_safe
def entries(request: OfficerRequest) -> HttpResponse:
    return log_page(request)


@require_POST
def verify(request: OfficerRequest) -> HttpResponse:
    return log_page(request, report=audit_verify())
