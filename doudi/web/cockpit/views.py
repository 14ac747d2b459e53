"""Today's figures: the first page after signing in."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from doudi.web.accounts.roles import Action
from doudi.web.cockpit.definitions import figure_cards
from doudi.web.cockpit.queries import Figures
from doudi.web.cockpit.queries import figures as todays_figures
from doudi.web.discovery.queries import RegionCount
from doudi.web.layout import navigation
from doudi.web.layout.request import OfficerRequest

MOST_PLACES = 30
MOST_RULES = 10
FEW_PLACES = 6
"""So many fit beside the reasons with their table open."""


def clues_at(**params: str) -> str:
    return f"{reverse('discovery:clues')}?{urlencode(params)}"


def places_chart(places: list[RegionCount]) -> dict[str, Any]:
    """What the chart draws; each bar leads to its rows."""
    return {
        "names": [place.name for place in places],
        "series": [
            {
                "id": level,
                "name": name,
                "values": [getattr(place, level) for place in places],
                "links": [clues_at(region=place.code, level=level) for place in places],
            }
            for level, name in (("red", _("红色")), ("yellow", _("黄色")))
        ],
    }


@require_safe
def figures(request: OfficerRequest) -> HttpResponse:
    """The figures; who may not see them is led to the first page that the posts open, else to the own account."""
    officer = request.officer
    if not officer.may(Action.FIGURES_SEE):
        if officer.may(Action.AUDIT_SEE):
            return redirect("audit:entries")
        groups = navigation.groups_for(request)
        return redirect(groups[0].entries[0].url if groups else "accounts:account")
    found = todays_figures(actor=officer)
    return render(request, "cockpit/figures.html", figures_context(found))


def figures_context(found: Figures) -> dict[str, Any]:
    places = sorted(found.places, key=lambda place: (-place.red, -place.households, place.code))[:MOST_PLACES]
    raised = [rule for rule in found.rules if rule.alerts]
    return {
        "found": found,
        "run": found.run,
        "cards": figure_cards(found.figures, found.run.as_of if found.run else None),
        "places": [{"place": place, "url": clues_at(region=place.code)} for place in places],
        "places_chart": places_chart(places),
        "few_places": len(places) <= FEW_PLACES,
        "rules": [
            {
                "rule": rule,
                "url": clues_at(rule=rule.rule_id),
                "red_url": clues_at(rule=rule.rule_id, level="red"),
                "yellow_url": clues_at(rule=rule.rule_id, level="yellow"),
            }
            for rule in raised[:MOST_RULES]
        ],
    }
