"""Reading rules, trying them on one household, counting what they would raise, and checking an alert again."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from doudi.rulebook import Rule, Rulebook
from doudi.standards.regions import RegionCode
from doudi.web.accounts.roles import Action
from doudi.web.discovery.models import ClueLevel
from doudi.web.discovery.queries import latest_run
from doudi.web.discovery.rulebook import current_rulebook, rulebook_of_files
from doudi.web.jobs.queries import status_of
from doudi.web.layout.request import OfficerRequest, wants_part
from doudi.web.refusal import ActionRefused, NotFound
from doudi.web.registry.queries import household_search
from doudi.web.rulekeeping import queries
from doudi.web.rulekeeping.comparing import differences, text_lines
from doudi.web.rulekeeping.counting import count_places, count_start, total_of
from doudi.web.rulekeeping.drafting import departments_of
from doudi.web.rulekeeping.forms import RuleFilterForm, ValuesForm, initial_values
from doudi.web.rulekeeping.life import may_work_on
from doudi.web.rulekeeping.models import RuleChange
from doudi.web.rulekeeping.overlay import digest_of
from doudi.web.rulekeeping.reading import cases_read, places_named, read
from doudi.web.rulekeeping.reproducing import alert_check
from doudi.web.rulekeeping.trying import (
    as_if_in_force,
    judged,
    questions,
    shown_threshold,
    threshold_values,
    try_rule,
)

FOUND_HOUSEHOLDS = 12
ROWS = 40


@require_safe
def rules(request: OfficerRequest) -> HttpResponse:
    """The list; HTMX gets the results alone."""
    run = latest_run()
    on = day_asked(request) or queries.day_of_thresholds(run)
    book = current_rulebook(on)
    departments = sorted({rule.department for rule in book.rules.values()})
    risks = sorted({rule.risk for rule in book.rules.values()})
    form = RuleFilterForm(request.GET, departments=departments, risks=risks)
    found = queries.rule_list(actor=request.officer, chosen=form.chosen(), on=on, run=run)
    context = {
        "form": form,
        "found": found,
        "page": Paginator(found.lines, ROWS).get_page(request.GET.get("page", "1")),
        "on": on,
        "run": run,
        "waiting": queries.waiting_for(actor=request.officer),
        "may_draft": request.officer.may(Action.RULES_DRAFT),
    }
    template = "rulekeeping/_rule_results.html" if wants_part(request) else "rulekeeping/rules.html"
    return render(request, template, context)


@require_safe
def rule(request: OfficerRequest, rule_id: str) -> HttpResponse:
    run = latest_run()
    on = day_asked(request) or queries.day_of_thresholds(run)
    book, shown = rule_for(rule_id, on)
    actor = request.officer
    path = f"screening/{rule_id}.yaml"
    places = queries.rule_places(rule_id, actor=actor, run=run)
    changes = queries.changes_of(path, actor=actor)
    text = book.texts.get(path, "")
    counted = queries.newest_count(rule_id)
    figures = count_places(counted, actor=actor) if counted and counted.result else []
    context = {
        "rule": shown,
        "read": read(shown, book, region=actor.home, on=on, places=places_named(book)),
        "state": queries.state_on(shown, on),
        "cases": cases_read(shown, book),
        "on": on,
        "run": run,
        "places": places,
        "regions": queries.rule_regions(shown, actor=actor, run=run),
        "regional": shown.subject not in {"person", "household"},
        "chart": chart_of(places),
        "households": sum(place.households for place in places),
        "cannot_tell": sum(place.cannot_tell for place in places),
        "open_changes": [change for change in changes if change.is_open],
        "coming": [change for change in changes if change.is_approved and change.effective_from > on],
        "versions": versions(changes, text, book),
        "file_differs": file_differs(path, changes),
        "text": text,
        "counted": counted,
        "status": status_of(counted.job) if counted and counted.job else None,
        "figures": figures,
        "total": total_of(figures),
        "may_draft": may_work_on(actor, Action.RULES_DRAFT, departments_of(path, book)),
        "may_count": actor.may(Action.RULES_DRAFT) and shown.subject in {"person", "household"},
        "may_try": actor.may(Action.HOUSEHOLD_SEE) and shown.subject in {"person", "household"},
    }
    return render(request, "rulekeeping/rule.html", context)


def rule_for(rule_id: str, on: date) -> tuple[Rulebook, Rule]:
    """A rule as it counts on a day; one that only comes later as it will be. Raises NotFound."""
    book = current_rulebook(on)
    if rule_id not in book.rules:
        book = queries.head_rulebook()
    return book, queries.rule_of(book, rule_id)


def versions(changes: list[RuleChange], text: str, book: Rulebook) -> list[dict[str, Any]]:
    """Every approved text, newest first, each with what it changed; the file itself as the first one."""
    approved = sorted(
        (one for one in changes if one.is_approved), key=lambda one: (one.approved_at, one.pk), reverse=True
    )
    return [
        {
            "change": change,
            "differences": differences(change.base_text, change.text, book),
            "lines": text_lines(change.base_text, change.text),
            "in_use": change.text == text,
        }
        for change in approved
    ]


def file_differs(path: str, changes: list[RuleChange]) -> bool:
    """Whether the file was edited after a change was approved over it, so that the two say different things."""
    approved = [change for change in changes if change.is_approved]
    if not approved:
        return False
    file = rulebook_of_files().texts.get(path, "")
    known = {change.base_digest for change in approved} | {change.digest for change in approved}
    return bool(file) and digest_of(file) not in known


def chart_of(places: list[queries.PlaceCount]) -> dict[str, Any]:
    labels = dict(ClueLevel.choices)
    levels = [level for level in ("red", "yellow", "exclusion") if any(getattr(place, level) for place in places)]
    return {
        "names": [place.name for place in places],
        "series": [
            {"id": level, "name": str(labels[level]), "values": [getattr(place, level) for place in places]}
            for level in levels
        ],
    }


def day_asked(request: HttpRequest) -> date | None:
    try:
        return date.fromisoformat(request.GET.get("on", ""))
    except ValueError:
        return None


@require_POST
def rule_count(request: OfficerRequest, rule_id: str) -> HttpResponse:
    """Count what a rule, or a draft of it, would raise today."""
    run = latest_run()
    as_of = queries.day_of_thresholds(run)
    change = None
    if request.POST.get("change", "").isdigit():
        change = queries.change_seen(actor=request.officer, change_id=int(request.POST["change"]))
        if change.thing_id != rule_id:
            raise NotFound("no_such_change", _("没有这份变更。"))
    else:
        rule_for(rule_id, as_of)
    try:
        count_start(actor=request.officer, rule_id=rule_id, as_of=as_of, change=change)
    except ActionRefused as refused:
        messages.error(request, refused.message)
    if change is not None:
        return redirect("rulekeeping:change", change.pk)
    return redirect("rulekeeping:rule", rule_id)


@require_http_methods(["GET", "POST"])
def rule_try(request: OfficerRequest, rule_id: str) -> HttpResponse:
    """A rule on one household of one's own, or on values filled in by hand. Changes nothing."""
    actor = request.officer
    run = latest_run()
    on = queries.day_of_thresholds(run)
    change = None
    if (asked_change := request.GET.get("change", "")).isdigit():
        change = queries.change_seen(actor=actor, change_id=int(asked_change))
    book, shown = _rule_with(change, rule_id, on)
    if shown.subject not in {"person", "household"}:
        raise ActionRefused("regional", _("这条规则判断的是村或乡镇，不能在一户上试。"))
    household_no, member = request.GET.get("household", ""), request.GET.get("member", "")
    context: dict[str, Any] = {"rule": shown, "change": change, "on": on, "household_no": household_no, "q": ""}
    region = actor.home
    values: dict[str, Any] = {}
    if household_no:
        tried = try_rule(shown, book, household_no=household_no, actor=actor, as_of=on)
        context["tried"] = tried
        region = RegionCode(_region_of(actor, household_no))
        chosen = tried[int(member)] if member.isdigit() and int(member) < len(tried) else tried[0] if tried else None
        values = {fact.id: fact.value for fact in chosen.facts} if chosen else {}
    elif q := request.GET.get("q", "").strip():
        context["q"] = q
        context["found"] = household_search(actor=actor, q=q, size=FOUND_HOUSEHOLDS)
    asked = questions(shown, book)
    try:
        thresholds = threshold_values(shown, book, region=region, on=on)
    except ActionRefused as refused:
        thresholds = {}
        context["no_value"] = refused.message
    if request.method == "POST":
        form = ValuesForm(request.POST, asked=asked, prefix="own")
        if form.is_valid():
            given = form.values(parameters=False), form.values(parameters=True)
            trial = as_if_in_force(book, shown, on)
            context["own"] = judged(shown, trial, *given)
    else:
        form = ValuesForm(asked=asked, prefix="own", initial=initial_values(asked, {**values, **thresholds}))
    context |= {"form": form, "thresholds": shown_threshold(shown, book, region=region, on=on)}
    return render(request, "rulekeeping/try.html", context)


def _region_of(actor: Any, household_no: str) -> str:
    from doudi.web.registry.queries import household_visible

    return str(household_visible(actor=actor, household_no=household_no).region_code)


def _rule_with(change: RuleChange | None, rule_id: str, on: date) -> tuple[Rulebook, Rule]:
    """The rule as it counts, or as a draft has it. Raises ActionRefused (`not_right`) for a draft that is not right."""
    if change is None:
        return rule_for(rule_id, on)
    from doudi.web.rulekeeping.services import check_change

    checked = check_change(change)
    if checked.book is None or rule_id not in checked.book.rules:
        raise ActionRefused("not_right", _("草稿还有问题，不能试算：%s") % "；".join(map(str, checked.problems[:2])))
    return checked.book, checked.book.rules[rule_id]


@require_safe
def alert(request: OfficerRequest, alert_id: int) -> HttpResponse:
    """An alert judged again by what the screening kept and by the data it named."""
    return render(request, "rulekeeping/alert.html", {"checked": alert_check(actor=request.officer, alert_id=alert_id)})
