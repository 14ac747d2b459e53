"""The pages of policies, and the list of who lacks one or has one wrongly."""

import tempfile
from dataclasses import dataclass
from typing import BinaryIO, cast

from django.core.paginator import Paginator
from django.http import FileResponse, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from doudi.rulebook import Policy
from doudi.rulebook.policies import PERIODS
from doudi.web.accounts.roles import Action
from doudi.web.assistance import queries
from doudi.web.assistance.export import line_workbook
from doudi.web.assistance.forms import LineFilterForm, PolicyFilterForm
from doudi.web.assistance.models import State
from doudi.web.assistance.reading import in_words, policy_read
from doudi.web.discovery.queries import latest_run
from doudi.web.discovery.rulebook import current_rulebook
from doudi.web.discovery.views import KEPT_IN_MEMORY, WORKBOOK
from doudi.web.layout.request import OfficerRequest, wants_part
from doudi.web.layout.templatetags.layout import in_english
from doudi.web.refusal import NotFound
from doudi.web.regions.queries import region_choices
from doudi.web.rulekeeping.drafting import departments_of
from doudi.web.rulekeeping.life import may_work_on
from doudi.web.rulekeeping.queries import day_of_thresholds
from doudi.web.rulekeeping.reading import places_named

ROWS = 40


@dataclass(frozen=True)
class PolicyLine:
    """A policy in the list, with what it gives and the counts of the last screening."""

    policy: Policy
    who: str
    what: str
    counts: queries.Counts


@require_safe
def policies(request: OfficerRequest) -> HttpResponse:
    """The list; HTMX gets the results alone."""
    run = latest_run()
    on = day_of_thresholds(run)
    book = current_rulebook(on)
    form = PolicyFilterForm(request.GET)
    chosen = form.chosen()
    counts = queries.counts_by_policy(run, actor=request.officer)
    given = in_words(book.policies.values(), book, region=request.officer.home, on=on)
    lines = [
        PolicyLine(
            policy,
            policy.who_en if in_english() else policy.who,
            given[policy.id],
            counts.get(policy.id, queries.Counts()),
        )
        for policy in book.policies.values()
        if policy.area == chosen.get("area", policy.area)
        and policy.department == chosen.get("department", policy.department)
        and policy.in_force(on)
    ]
    words = chosen.get("q", "").lower().split()
    found = [line for line in lines if all(word in _text_of(line) for word in words)]
    context = {
        "form": form,
        "page": Paginator(found, ROWS).get_page(request.GET.get("page", "1")),
        "found": len(found),
        "all": len(book.policies_on(on)),
        "run": run,
        "on": on,
        "totals": queries.totals({line.policy.id: line.counts for line in found}),
        "filtered": bool(chosen),
    }
    template = "assistance/_policy_results.html" if wants_part(request) else "assistance/policies.html"
    return render(request, template, context)


def _text_of(line: PolicyLine) -> str:
    policy = line.policy
    return " ".join((policy.id, policy.title, policy.title_en, policy.who, policy.who_en, line.what)).lower()


@require_safe
def policy(request: OfficerRequest, policy_id: str) -> HttpResponse:
    run = latest_run()
    on = day_of_thresholds(run)
    book, actor = current_rulebook(on), request.officer
    shown = book.policies.get(policy_id)
    if shown is None:
        raise NotFound("no_such_policy", _("没有这项政策，请检查地址。"))
    places = queries.counts_by_place(run, actor=actor, policy_id=policy_id)
    counts = queries.totals({place.code: place.counts for place in places})
    path = f"policies/{policy_id}.yaml"
    context = {
        "policy": shown,
        "read": policy_read(shown, book, region=actor.home, on=on, places=places_named(book)),
        "period": PERIODS[shown.period][1 if in_english() else 0] if shown.period else "",
        "on": on,
        "run": run,
        "places": places,
        "counts": counts,
        "chart": _chart(places),
        "text": book.texts.get(path, ""),
        "path": path,
        "may_draft": may_work_on(actor, Action.RULES_DRAFT, departments_of(path, book)),
    }
    return render(request, "assistance/policy.html", context)


def _chart(places: list[queries.PlaceCounts]) -> dict[str, object]:
    """Received, missing and wrong by place, as the chart on the page draws them."""
    series = [
        {
            "id": state.value,
            "name": str(state.label),
            "values": [getattr(place.counts, state.value) for place in places],
        }
        for state in (State.RECEIVED, State.GAP, State.OVER)
        if any(getattr(place.counts, state.value) for place in places)
    ]
    return {"names": [place.name for place in places], "series": series}


@require_safe
def lines(request: OfficerRequest) -> HttpResponse:
    """Who lacks what; HTMX gets the results alone."""
    form = LineFilterForm(request.GET, places=region_choices(actor=request.officer))
    chosen = form.chosen()
    run = latest_run()
    context = {
        "form": form,
        "chosen": chosen,
        "state": State(chosen.state),
        "page": queries.line_page(actor=request.officer, chosen=chosen, page=request.GET.get("page", "1")),
        "run": run,
        "chips": form.chips(request.GET),
        "totals": queries.totals(queries.counts_by_policy(run, actor=request.officer)),
    }
    template = "assistance/_line_results.html" if wants_part(request) else "assistance/lines.html"
    return render(request, template, context)


@require_safe
def lines_export(request: OfficerRequest) -> FileResponse:
    form = LineFilterForm(request.GET, places=region_choices(actor=request.officer))
    book = cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=KEPT_IN_MEMORY))  # noqa: SIM115 - the response closes it
    line_workbook(actor=request.officer, chosen=form.chosen(), out=book)
    book.seek(0)
    name = f"{_('政策核对')}_{timezone.localtime():%Y%m%d_%H%M}.xlsx"
    return FileResponse(book, as_attachment=True, filename=name, content_type=WORKBOOK)
