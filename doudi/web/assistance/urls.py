from doudi.web.accounts.addresses import address
from doudi.web.accounts.roles import Action
from doudi.web.assistance import views

app_name = "assistance"
urlpatterns = [
    address("policies/", views.policies, name="policies", action=Action.RULES_SEE),
    address("policies/<str:policy_id>/", views.policy, name="policy", action=Action.RULES_SEE),
    address("entitlements/", views.lines, name="lines", action=Action.CLUE_SEE),
    address("entitlements/export/", views.lines_export, name="export", action=Action.CLUE_EXPORT),
]
