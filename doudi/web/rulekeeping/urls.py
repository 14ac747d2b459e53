from doudi.web.accounts.addresses import address
from doudi.web.accounts.roles import Action
from doudi.web.rulekeeping import change_views, parameter_views, rule_views

app_name = "rulekeeping"
urlpatterns = [
    address("rules/", rule_views.rules, name="rules", action=Action.RULES_SEE),
    address("rules/new/", change_views.rule_new, name="rule_new", action=Action.RULES_DRAFT),
    address("rules/changes/", change_views.changes, name="changes", action=Action.RULES_SEE),
    address("rules/changes/new/", change_views.change_new, name="change_new", action=Action.RULES_DRAFT),
    address("rules/changes/<int:change_id>/", change_views.change, name="change", action=Action.RULES_SEE),
    address(
        "rules/changes/<int:change_id>/edit/", change_views.change_edit, name="change_edit", action=Action.RULES_DRAFT
    ),
    address(
        "rules/changes/<int:change_id>/rebase/",
        change_views.change_rebase,
        name="change_rebase",
        action=Action.RULES_DRAFT,
    ),
    address(
        "rules/changes/<int:change_id>/<str:move>/",
        change_views.change_move,
        name="change_move",
        action=Action.RULES_REVIEW,
    ),
    address("rules/<str:rule_id>/", rule_views.rule, name="rule", action=Action.RULES_SEE),
    address("rules/<str:rule_id>/try/", rule_views.rule_try, name="try", action=Action.HOUSEHOLD_SEE),
    address("rules/<str:rule_id>/count/", rule_views.rule_count, name="count", action=Action.RULES_DRAFT),
    address("rules/<str:rule_id>/retire/", change_views.rule_retire, name="rule_retire", action=Action.RULES_DRAFT),
    address("parameters/", parameter_views.parameters, name="parameters", action=Action.RULES_SEE),
    address("parameters/<str:parameter_id>/", parameter_views.parameter, name="parameter", action=Action.RULES_SEE),
    address(
        "parameters/<str:parameter_id>/change/",
        parameter_views.parameter_change,
        name="parameter_change",
        action=Action.RULES_DRAFT,
    ),
    address("alerts/<int:alert_id>/check/", rule_views.alert, name="alert", action=Action.CLUE_SEE),
]
