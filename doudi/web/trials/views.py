"""What-if and look-back: asking, waiting, reading."""

import tempfile
from dataclasses import replace
from datetime import date
from typing import Any, BinaryIO, cast

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from doudi.standards.periods import Month
from doudi.standards.regions import RegionLevel
from doudi.web.accounts.roles import Action
from doudi.web.discovery.queries import latest_run
from doudi.web.discovery.rulebook import current_rulebook
from doudi.web.layout.request import OfficerRequest, wants_part
from doudi.web.refusal import ActionRefused
from doudi.web.regions.queries import region_choices
from doudi.web.trials.asking import MOST_CHANGES, OFF, Asked, check, line_of, things_named
from doudi.web.trials.export import trial_workbook
from doudi.web.trials.forms import LookBackForm, WhatIfForm, asked_in, asked_token
from doudi.web.trials.presenting import caveats, look_back_context, what_if_context
from doudi.web.trials.queries import OUTCOMES, STATES, household_lines, trial_detail, trial_found, trial_list
from doudi.web.trials.services import look_back_start, trial_delete, trial_region, what_if_start

KEPT_IN_MEMORY = 2 * 1024 * 1024
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MONTHS_BACK = 9


@require_safe
def trials(request: OfficerRequest) -> HttpResponse:
    page = trial_list(actor=request.officer, page=request.GET.get("page", "1"))
    return render(request, "trials/trials.html", {"page": page})


@require_http_methods(["GET", "POST"])
def what_if_new(request: OfficerRequest) -> HttpResponse:
    """Put changes together: each button of the form (search, add, drop, start) sends all of it."""
    posted = request.method == "POST"
    form = WhatIfForm(request.POST if posted else None, initial={"as_of": _usual_day()})
    asked = asked_in(request.POST) if posted else _asked_again(request)
    day = form.cleaned_data["as_of"] if posted and form.is_valid() else _usual_day()
    if posted:
        if (added := asked_token(request.POST.get("add", ""))) is not None and len(asked) < MOST_CHANGES:
            asked = [*asked, _with_present(added, day, request)]
        if (drop := request.POST.get("drop", "")).isdigit():
            asked = [one for at, one in enumerate(asked) if at != int(drop)]
    context = _asking(request, form, asked, day)
    if posted and "start" in request.POST:
        checked = check(asked, current_rulebook(), region=trial_region(request.officer), on=day)
        context |= {"lines": checked.lines, "problems": checked.problems}
        if form.is_valid() and checked.holds:
            try:
                trial = what_if_start(actor=request.officer, as_of=day, asked=asked, title=form.cleaned_data["title"])
            except ActionRefused as refused:
                context["problems"] = [refused.message]
            else:
                messages.success(request, _("推演已经开始，可以离开这个页面，稍后回来看结果。"))
                return redirect("trials:trial", trial.pk)
        return render(request, "trials/what_if_new.html", context, status=400)
    return render(request, "trials/what_if_new.html", context)


def _usual_day() -> date:
    run = latest_run()
    return run.as_of if run else timezone.localdate()


def _asked_again(request: OfficerRequest) -> list[Asked]:
    """The changes of an earlier trial, or one named in the address (`add=value:monitoring_line`)."""
    again = request.GET.get("again", "")
    if again.isdigit():
        trial = trial_found(actor=request.officer, trial_id=int(again))
        return [Asked(**one) for one in trial.asked]
    token = asked_token(request.GET.get("add", ""))
    return [_with_present(token, _usual_day(), request)] if token is not None else []


def _with_present(asked: Asked, day: date, request: OfficerRequest) -> Asked:
    """A condition or benefit starts from the present one, to be edited."""
    if asked.kind == OFF:
        return asked
    line = line_of(asked, current_rulebook(), region=trial_region(request.officer), on=day)
    return replace(asked, value=line.formula) if line is not None else asked


def _asking(request: OfficerRequest, form: WhatIfForm, asked: list[Asked], day: date) -> dict[str, Any]:
    book, region = current_rulebook(), trial_region(request.officer)
    q = request.POST.get("q", request.GET.get("q", ""))
    lines = [line for one in asked if (line := line_of(one, book, region=region, on=day)) is not None]
    places = [
        place
        for place in region_choices(actor=request.officer, action=Action.TRIAL_RUN)
        if place.level in (RegionLevel.COUNTY, RegionLevel.TOWNSHIP)
    ]
    chosen = {(line.asked.kind, line.asked.id) for line in lines}
    found = [one for one in things_named(q, book, region=region, on=day) if (one.kind, one.id) not in chosen]
    return {"form": form, "lines": lines, "problems": [], "q": q, "found": found, "places": places, "region": region}


@require_http_methods(["GET", "POST"])
def look_back_new(request: OfficerRequest) -> HttpResponse:
    last = Month(_usual_day()) - 1
    form = LookBackForm(request.POST or None, initial={"first": str(last - MONTHS_BACK), "last": str(last)})
    if request.method == "POST" and form.is_valid():
        try:
            trial = look_back_start(
                actor=request.officer, first=form.cleaned_data["first"], last=form.cleaned_data["last"]
            )
        except ActionRefused as refused:
            form.add_error(None, refused.message)
        else:
            messages.success(request, _("回测已经开始，可以离开这个页面，稍后回来看结果。"))
            return redirect("trials:trial", trial.pk)
    return render(request, "trials/look_back_new.html", {"form": form}, status=400 if form.errors else 200)


@require_safe
def trial(request: OfficerRequest, trial_id: int) -> HttpResponse:
    """A trial: its progress, then its figures and the households behind one of them (HTMX gets those alone)."""
    detail = trial_detail(actor=request.officer, trial_id=trial_id)
    context: dict[str, Any] = {"detail": detail, "trial": detail.trial, "job": detail.job}
    if not detail.figures:
        return render(request, "trials/waiting.html", context)
    known = STATES if detail.trial.is_what_if else OUTCOMES
    show = request.GET.get("show", "")
    show = show if show in known else known[0]
    township = request.GET.get("township", "")
    township = township if township.isdigit() and len(township) == 12 else ""
    context |= {
        "show": show,
        "township": township,
        "page": household_lines(
            actor=request.officer,
            trial=detail.trial,
            show=show,
            township=township,
            page=request.GET.get("page", "1"),
        ),
    }
    if wants_part(request):
        return render(request, "trials/_households.html", context)
    if detail.trial.is_what_if:
        return render(request, "trials/what_if.html", context | what_if_context(detail.trial, detail.figures))
    sort = request.GET.get("sort", "-recall")
    book = current_rulebook()
    titles = {name: source.title for name, source in book.sources.items()}
    titles |= {name: parameter.title for name, parameter in book.parameters.items()}
    context |= look_back_context(detail.figures, sort=sort)
    context |= {"sort": sort, "caveats": caveats(detail.figures, titles)}
    return render(request, "trials/look_back.html", context)


@require_safe
def workbook(request: OfficerRequest, trial_id: int) -> FileResponse:
    book = cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=KEPT_IN_MEMORY))  # noqa: SIM115 - the response closes it
    name = trial_workbook(actor=request.officer, trial_id=trial_id, out=book)
    book.seek(0)
    return FileResponse(book, as_attachment=True, filename=name, content_type=WORKBOOK)


@require_POST
def delete(request: OfficerRequest, trial_id: int) -> HttpResponse:
    trial_delete(actor=request.officer, trial_id=trial_id)
    messages.success(request, _("已经删除，结果文件也清掉了。"))
    return redirect("trials:trials")
