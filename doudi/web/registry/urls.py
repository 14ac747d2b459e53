from doudi.web.accounts.addresses import address
from doudi.web.accounts.roles import Action
from doudi.web.registry import views

app_name = "registry"
urlpatterns = [
    address("households/", views.households, name="households", action=Action.HOUSEHOLD_SEE),
    address("households/<str:household_no>/", views.household, name="household", action=Action.HOUSEHOLD_SEE),
    address("households/<str:household_no>/unmask/", views.unmask, name="unmask", action=Action.HOUSEHOLD_UNMASK),
]
