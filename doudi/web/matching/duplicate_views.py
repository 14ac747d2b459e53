"""The pages of duplicates: pairs that may be one, side by side, and the decision."""

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from doudi.web.layout.request import OfficerRequest, wants_part
from doudi.web.matching import duplicate_queries, duplicates
from doudi.web.matching.forms import DuplicateFilterForm
from doudi.web.matching.models import DuplicateState
from doudi.web.matching.views import request_key_of
from doudi.web.refusal import ActionRefused


@require_safe
def pairs(request: OfficerRequest) -> HttpResponse:
    """The list; HTMX gets the results alone."""
    form = DuplicateFilterForm(request.GET)
    given = form.given()
    page = duplicate_queries.pair_page(
        actor=request.officer,
        kind=given.get("kind", ""),
        state=given.get("state", ""),
        page=request.GET.get("page", "1"),
    )
    context = {"form": form, "page": page, "chips": form.chips(request.GET), "waiting": not given.get("state")}
    return render(request, "matching/_pairs.html" if wants_part(request) else "matching/pairs.html", context)


@require_POST
def find(request: OfficerRequest) -> HttpResponse:
    job = duplicates.duplicates_find(actor=request.officer)
    return redirect("jobs:job", job.pk)


@require_safe
def pair(request: OfficerRequest, pair_id: int) -> HttpResponse:
    found = duplicate_queries.pair_visible(actor=request.officer, pair_id=pair_id)
    context = {
        "detail": duplicate_queries.pair_detail(found),
        "pair": found,
        "waiting": found.state == DuplicateState.OPEN,
        "may_undo": found.state not in (DuplicateState.OPEN, DuplicateState.GONE),
        "request_key": uuid.uuid4(),
    }
    return render(request, "matching/pair.html", context)


@require_POST
def pair_decide(request: OfficerRequest, pair_id: int) -> HttpResponse:
    what, stays = request.POST.get("what", ""), request.POST.get("stays", "")
    note = request.POST.get("note", "")[:255]
    try:
        key = request_key_of(request)
        if what == "different":
            duplicates.duplicate_different(actor=request.officer, pair_id=pair_id, note=note, request_key=key)
        elif what in ("merge", "moved") and stays in ("left", "right"):
            right = stays == "right"
            if what == "moved":
                duplicates.duplicate_moved(
                    actor=request.officer, pair_id=pair_id, right_stays=right, note=note, request_key=key
                )
            else:
                add_up = request.POST.get("add_up") == "yes"
                duplicates.duplicate_merge(
                    actor=request.officer, pair_id=pair_id, right_stays=right, add_up=add_up, note=note, request_key=key
                )
        else:
            raise ActionRefused("nothing_chosen", _("请选择怎样处理，以及保留哪一边。"))
    except ActionRefused as refused:
        if refused.status != ActionRefused.status:
            raise
        messages.error(request, refused.message)
    else:
        messages.success(request, _("已办理。每一行的原样都留着，随时可以撤销。"))
    return redirect("matching:pair", pair_id)


@require_POST
def pair_undo(request: OfficerRequest, pair_id: int) -> HttpResponse:
    try:
        duplicates.duplicate_undo(actor=request.officer, pair_id=pair_id, request_key=request_key_of(request))
    except ActionRefused as refused:
        if refused.status != ActionRefused.status:
            raise
        messages.error(request, refused.message)
    else:
        messages.success(request, _("已撤销，数据恢复原样。"))
    return redirect("matching:pair", pair_id)
