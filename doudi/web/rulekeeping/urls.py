from functools import partial

from django.urls import URLPattern

from doudi.web.accounts.addresses import address
from doudi.web.accounts.roles import Action
from doudi.web.rulekeeping import change_views, parameter_views, rule_views
from doudi.web.rulekeeping.broken import View, told_when_broken

app_name = "rulekeeping"


def page(route: str, view: View, *, name: str, action: Action) -> URLPattern:
    return address(route, told_when_broken(view), name=name, action=action)


change = partial(page, action=Action.RULES_DRAFT)
look = partial(page, action=Action.RULES_SEE)

urlpatterns = [
    look("rules/", rule_views.rules, name="rules"),
    change("rules/new/", change_views.rule_new, name="rule_new"),
    look("rules/changes/", change_views.changes, name="changes"),
    change("rules/changes/new/", change_views.change_new, name="change_new"),
    look("rules/changes/<int:change_id>/", change_views.change, name="change"),
    change("rules/changes/<int:change_id>/edit/", change_views.change_edit, name="change_edit"),
    change("rules/changes/<int:change_id>/rebase/", change_views.change_rebase, name="change_rebase"),
    change("rules/changes/<int:change_id>/<str:move>/", change_views.change_move, name="change_move"),
    look("rules/<str:rule_id>/", rule_views.rule, name="rule"),
    page("rules/<str:rule_id>/try/", rule_views.rule_try, name="try", action=Action.HOUSEHOLD_SEE),
    change("rules/<str:rule_id>/count/", rule_views.rule_count, name="count"),
    change("rules/<str:rule_id>/retire/", change_views.rule_retire, name="rule_retire"),
    look("parameters/", parameter_views.parameters, name="parameters"),
    look("parameters/<str:parameter_id>/", parameter_views.parameter, name="parameter"),
    change("parameters/<str:parameter_id>/change/", parameter_views.parameter_change, name="parameter_change"),
    page("alerts/<int:alert_id>/check/", rule_views.alert, name="alert", action=Action.CLUE_SEE),
]
