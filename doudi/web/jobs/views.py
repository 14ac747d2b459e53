"""How far a piece of background work is."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from doudi.web.jobs.queries import job_status
from doudi.web.layout.request import OfficerRequest, wants_part


@require_safe
def job(request: OfficerRequest, job_id: UUID) -> HttpResponse:
    """The bar alone for a page that waits, else a page of its own."""
    status = job_status(actor=request.officer, job_id=job_id)
    template = "jobs/_progress.html" if wants_part(request) else "jobs/job.html"
    return render(request, template, {"job": status})
