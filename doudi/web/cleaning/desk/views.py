"""The desk: the list of issues with what can be done to many at once, the counts, the runs of the checks."""

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from doudi.web.accounts.roles import Action
from doudi.web.cleaning.accepting import MOST_IN_BULK, issues_accept
from doudi.web.cleaning.correcting import Applied
from doudi.web.cleaning.desk import queries
from doudi.web.cleaning.desk.forms import CleaningForm, IssueFilterForm, SendForm
from doudi.web.cleaning.desk.telling import told_of
from doudi.web.cleaning.models import CleaningRun, RunState
from doudi.web.cleaning.running import cleaning_start
from doudi.web.cleaning.tasking import issues_send
from doudi.web.jobs.queries import status_of
from doudi.web.layout.request import OfficerRequest, wants_part
from doudi.web.paging import page_of
from doudi.web.refusal import ActionRefused, NotFound
from doudi.web.regions.queries import region_choices

EVERYTHING = "all"


def request_key(request: OfficerRequest) -> UUID:
    """The key that the form carries, so that sending it twice does nothing twice."""
    try:
        return UUID(request.POST.get("key", ""))
    except ValueError:
        return uuid4()


@require_safe
def issues(request: OfficerRequest) -> HttpResponse:
    """The list; HTMX gets the results alone."""
    form = IssueFilterForm(request.GET, places=region_choices(actor=request.officer, action=Action.CLEANING_SEE))
    sort = request.GET.get("sort", "severity")
    page = queries.issue_page(actor=request.officer, chosen=form.chosen(), sort=sort, page=request.GET.get("page", "1"))
    context = {
        "form": form,
        "page": page,
        "chips": form.chips(request.GET),
        "sort": sort,
        "totals": queries.desk_totals(actor=request.officer),
        "run": queries.latest_cleaning(),
        "send_form": SendForm(auto_id="send_%s"),
        "key": uuid4(),
        "repairs_here": any(line.issue.has_repair and line.issue.is_standing for line in page.object_list),
    }
    template = "cleaning/_issue_results.html" if wants_part(request) else "cleaning/issues.html"
    return render(request, template, context)


def _chosen(request: OfficerRequest) -> list[int]:
    """The issues ticked, or all that the filter of the page leaves (within the bounds of one request)."""
    if request.POST.get("which") == EVERYTHING:
        places = region_choices(actor=request.officer, action=Action.CLEANING_SEE)
        form = IssueFilterForm(QueryDict(request.POST.get("filter", "")), places=places)
        found = queries.issues_matching(actor=request.officer, chosen=form.chosen())
        return list(found.order_by("pk").values_list("pk", flat=True)[: MOST_IN_BULK + 1])
    return [int(one) for one in request.POST.getlist("issue") if one.isdigit()]


def _back_to_list(request: OfficerRequest) -> HttpResponse:
    response = redirect("cleaning:issues")
    response["Location"] += f"?{QueryDict(request.POST.get('filter', '')).urlencode()}"
    return response


@require_POST
def accept(request: OfficerRequest) -> HttpResponse:
    """Accept many proposals; the many of them in the background."""
    chosen = _chosen(request)
    if not chosen:
        messages.error(request, _("请先勾选要处理的问题。"))
        return _back_to_list(request)
    try:
        done = issues_accept(actor=request.officer, issues=chosen, request_key=request_key(request))
    except ActionRefused as refused:
        if refused.status != ActionRefused.status:
            raise
        messages.error(request, refused.message)
        return _back_to_list(request)
    if not isinstance(done, Applied):
        return redirect("jobs:job", done.pk)
    told_of(request, done)
    return _back_to_list(request)


@require_POST
def send(request: OfficerRequest) -> HttpResponse:
    """Send many issues to their villages."""
    form = SendForm(request.POST)
    chosen = _chosen(request)
    if not chosen:
        messages.error(request, _("请先勾选要处理的问题。"))
    elif not form.is_valid():
        messages.error(request, " ".join(str(text) for texts in form.errors.values() for text in texts))
    else:
        try:
            tasks = issues_send(
                actor=request.officer,
                issues=chosen,
                due_on=form.cleaned_data["due_on"],
                note=form.cleaned_data["note"],
                request_key=request_key(request),
            )
        except ActionRefused as refused:
            if refused.status != ActionRefused.status:
                raise
            messages.error(request, refused.message)
        else:
            messages.success(request, _("已派给 %d 个村，村里办完会交回。") % len(tasks))
            return redirect("cleaning:tasks")
    return _back_to_list(request)


@require_safe
def overview(request: OfficerRequest) -> HttpResponse:
    """Counts by check and by place, and how they went from run to run."""
    form = IssueFilterForm(request.GET, places=region_choices(actor=request.officer, action=Action.CLEANING_SEE))
    form.fields["check"].widget.attrs["data-submit-on-change"] = ""
    chosen = form.chosen()
    places = queries.counts_by_place(actor=request.officer, region=chosen.region)
    runs = queries.trend(actor=request.officer, check=chosen.check)
    context = {
        "totals": queries.desk_totals(actor=request.officer),
        "checks": queries.counts_by_check(actor=request.officer),
        "places": places,
        "region": chosen.region,
        "check": chosen.check,
        "form": form,
        "runs": runs,
        "trend_chart": _chart([f"{one.run.as_of:%Y-%m-%d}" for one in runs], runs),
        "places_chart": _chart([place.name for place in places], places),
        "run": runs[-1].run if runs else None,
    }
    return render(request, "cleaning/overview.html", context)


def _chart(names: list[str], counts: list[Any]) -> dict[str, Any]:
    """Errors and doubts as the chart on the page draws them."""
    return {
        "names": names,
        "series": [
            {"id": "red", "name": _("错误"), "values": [one.errors for one in counts]},
            {"id": "yellow", "name": _("疑点"), "values": [one.doubts for one in counts]},
        ],
    }


# ---- runs


@require_safe
def runs(request: OfficerRequest) -> HttpResponse:
    found = CleaningRun.objects.visible_to(request.officer).order_by("-pk")
    return render(request, "cleaning/runs.html", {"page": page_of(found, page=request.GET.get("page", "1"), size=30)})


@require_http_methods(["GET", "POST"])
def run_new(request: OfficerRequest) -> HttpResponse:
    form = CleaningForm(request.POST or None, initial={"as_of": _first_day()})
    if request.method == "POST" and form.is_valid():
        try:
            run = cleaning_start(actor=request.officer, as_of=form.cleaned_data["as_of"])
        except ActionRefused as refused:
            form.add_error(None, refused.message)
        else:
            return redirect("cleaning:run", run.pk)
    return render(request, "cleaning/run_new.html", {"form": form}, status=400 if form.errors else 200)


def _first_day() -> Any:
    """The day of the last run or screening: the data is of then."""
    from django.utils import timezone

    from doudi.web.discovery.queries import latest_run

    before = queries.latest_cleaning() or latest_run()
    return before.as_of if before is not None else timezone.localdate()


@require_safe
def run(request: OfficerRequest, run_id: int) -> HttpResponse:
    """One run; while it works, the bar asks for itself."""
    found = CleaningRun.objects.visible_to(request.officer).select_related("job").filter(pk=run_id).first()
    if found is None:
        raise NotFound("no_such_run", _("没有这次数据检查，请检查地址。"))
    job = status_of(found.job) if found.job is not None else None
    done = found.state == RunState.DONE
    counts = queries.counts_by_check(actor=request.officer) if done else []
    return render(request, "cleaning/run.html", {"run": found, "job": job, "checks": counts})
