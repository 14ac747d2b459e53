"""Parameters: which value holds where, where it comes from, and changing one."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from doudi.rulebook import Parameter, Rulebook
from doudi.standards.regions import RegionCode
from doudi.web.accounts.roles import Action
from doudi.web.discovery.rulebook import current_rulebook
from doudi.web.layout.request import OfficerRequest, wants_part
from doudi.web.refusal import ActionRefused, NotAllowed, NotFound
from doudi.web.regions.queries import region_choices, region_name
from doudi.web.rulekeeping import queries, services
from doudi.web.rulekeeping.drafting import departments_of
from doudi.web.rulekeeping.forms import ParameterChangeForm, ParameterFilterForm, first_day
from doudi.web.rulekeeping.life import may_work_on
from doudi.web.rulekeeping.reading import places_named, threshold
from doudi.web.rulekeeping.rule_views import ROWS, day_asked, versions


@require_safe
def parameters(request: OfficerRequest) -> HttpResponse:
    """Every parameter with the value that holds in a region on a day; HTMX gets the results alone."""
    regions = region_choices(actor=request.officer, action=Action.RULES_SEE)
    form = ParameterFilterForm(request.GET, regions=regions)
    form.is_valid()
    given = form.cleaned_data
    on = given.get("on") or queries.day_of_thresholds()
    region = RegionCode(given.get("region") or request.officer.home)
    found = queries.parameter_list(region=region, on=on, q=given.get("q", ""), state=given.get("state", ""))
    context = {
        "form": form,
        "found": found,
        "page": Paginator(found.lines, ROWS).get_page(request.GET.get("page", "1")),
        "on": on,
        "region": region,
        "region_name": named(region),
    }
    template = "rulekeeping/_parameter_results.html" if wants_part(request) else "rulekeeping/parameters.html"
    return render(request, template, context)


def named(region: RegionCode) -> str:
    return _("全国") if region.level == "country" else region_name(region)


@require_safe
def parameter(request: OfficerRequest, parameter_id: str) -> HttpResponse:
    """One parameter: all its values, the rules that use it, the changes that were made."""
    on = day_asked(request) or queries.day_of_thresholds()
    actor = request.officer
    book = current_rulebook(on)
    shown = parameter_of(book, parameter_id)
    path = f"parameters/{parameter_id}.yaml"
    changes = queries.changes_of(path, actor=actor)
    context = {
        "line": threshold(shown, region=actor.home, on=on, places=places_named(book)),
        "parameter": shown,
        "on": on,
        "users": queries.users_of(parameter_id, book),
        "policies": queries.policies_using(parameter_id, book),
        "open_changes": [change for change in changes if change.is_open],
        "coming": [change for change in changes if change.is_approved and change.effective_from > on],
        "versions": versions(changes, book.texts[path], book),
        "may_draft": may_work_on(actor, Action.RULES_DRAFT, departments_of(path, book)),
    }
    return render(request, "rulekeeping/parameter.html", context)


def parameter_of(book: Rulebook, parameter_id: str) -> Parameter:
    found = book.parameters.get(parameter_id)
    if found is None:
        raise NotFound("no_such_parameter", _("没有这个参数。"))
    return found


@require_http_methods(["GET", "POST"])
def parameter_change(request: OfficerRequest, parameter_id: str) -> HttpResponse:
    """A new value, from a day or for an income year on; the program writes the text."""
    actor = request.officer
    book = queries.head_rulebook()
    shown = parameter_of(book, parameter_id)
    on = queries.day_of_thresholds()
    form = ParameterChangeForm(
        request.POST or None,
        parameter=shown,
        regions=region_choices(actor=actor, action=Action.RULES_DRAFT),
        home=str(actor.home),
        initial={"region": str(actor.home), "starts": first_day()},
    )
    if request.method == "POST" and form.is_valid():
        try:
            drafted = services.parameter_draft(
                actor=actor, parameter_id=parameter_id, new=form.new_value(), summary=form.cleaned_data["summary"]
            )
        except NotAllowed:
            raise
        except ActionRefused as refused:
            form.add_error("value" if refused.code == "bad_value" else None, refused.message)
        else:
            messages.success(request, _("已存为草稿。看过差别再提交审核。"))
            return redirect("rulekeeping:change", drafted.pk)
    context = {
        "form": form,
        "parameter": shown,
        "on": on,
        "line": threshold(shown, region=actor.home, on=on, places=places_named(book)),
    }
    return render(request, "rulekeeping/parameter_change.html", context, status=400 if form.errors else 200)
