"""Finding a household, and its file (一户一档)."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from doudi.web.accounts.roles import Action
from doudi.web.assistance.queries import household_policies
from doudi.web.cleaning.desk.queries import household_issues
from doudi.web.discovery.presenting import alert_cards, fact_details, income_lines
from doudi.web.layout.request import OfficerRequest, wants_part
from doudi.web.regions.queries import region_choices
from doudi.web.registry import presenting
from doudi.web.registry.forms import HouseholdSearchForm, UnmaskForm
from doudi.web.registry.queries import HouseholdFile, household_file, household_search
from doudi.web.registry.services import Unmasked, household_unmask

ROWS = 30


@require_safe
def households(request: OfficerRequest) -> HttpResponse:
    regions = region_choices(actor=request.officer, action=Action.HOUSEHOLD_SEE)
    form = HouseholdSearchForm(request.GET, regions=regions)
    page = household_search(actor=request.officer, page=request.GET.get("page", "1"), size=ROWS, **form.chosen())
    template = "registry/_household_results.html" if wants_part(request) else "registry/households.html"
    return render(request, template, {"form": form, "page": page, "filtered": bool(form.chosen())})


@require_safe
def household(request: OfficerRequest, household_no: str) -> HttpResponse:
    return file_page(request, household_no, UnmaskForm())


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def unmask(request: OfficerRequest, household_no: str) -> HttpResponse:
    """The file with full numbers, once: the answer to this request shows them, opening the file again doesn't."""
    if request.method != "POST":
        return redirect("registry:household", household_no)
    form = UnmaskForm(request.POST)
    if not form.is_valid():
        return file_page(request, household_no, form, status=400)
    reason = form.cleaned_data["reason"]
    shown = household_unmask(actor=request.officer, household_no=household_no, reason=reason)
    return file_page(request, household_no, UnmaskForm(), unmasked=shown)


def file_page(
    request: OfficerRequest, household_no: str, form: UnmaskForm, *, unmasked: Unmasked | None = None, status: int = 200
) -> HttpResponse:
    file = household_file(actor=request.officer, household_no=household_no)
    policies = household_policies(file.run, household=file.household, members=file.members, actor=request.officer)
    issues = household_issues(file.household, actor=request.officer)
    context = {**file_context(file, form, unmasked), "policies": policies, "issues": issues}
    return render(request, "registry/household.html", context, status=status)


def file_context(file: HouseholdFile, form: UnmaskForm, unmasked: Unmasked | None) -> dict[str, Any]:
    names = {person.pk: person.name for person in file.members}
    on = file.run.as_of if file.run else timezone.localdate()
    years = [income.income_year for income in file.incomes]
    lines = income_lines(file.household.region_code, years)
    groups = presenting.fact_groups(file.facts, fact_details())
    return {
        "household": file.household,
        "places": [place for place in file.places if place.level in {"county", "township", "village"}],
        "run": file.run,
        "alerts": alert_cards(file.alerts, names),
        "red_count": sum(alert.level == "red" for alert in file.alerts),
        "yellow_count": sum(alert.level == "yellow" for alert in file.alerts),
        "members": presenting.member_rows(file.members, on, unmasked),
        "incomes": file.incomes,
        "income_rows": presenting.income_rows(file.incomes, lines) if file.incomes else [],
        "living": presenting.living_conditions(file.household, unmasked),
        "feed_groups": [group for group in groups if group.is_feed],
        "register_groups": [group for group in groups if not group.is_feed],
        "cannot_tell": file.cannot_tell,
        "timeline": file.timeline,
        "unmask_form": form,
        "unmasked": unmasked is not None,
        "printed_at": timezone.now(),
    }
