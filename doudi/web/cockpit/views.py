"""Today's figures: the first page after signing in."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from doudi.web.accounts.roles import Action
from doudi.web.layout import navigation
from doudi.web.layout.request import OfficerRequest


@require_safe
def figures(request: OfficerRequest) -> HttpResponse:
    """The figures; who may not see them is led to the first page that the posts open, else to the own account."""
    if request.officer.may(Action.AUDIT_SEE) and not request.officer.may(Action.FIGURES_SEE):
        return redirect("audit:entries")
    if not request.officer.may(Action.FIGURES_SEE):
        groups = navigation.groups_for(request)
        return redirect(groups[0].entries[0].url if groups else "accounts:account")
    return render(request, "cockpit/figures.html", {"has_registry": False})
