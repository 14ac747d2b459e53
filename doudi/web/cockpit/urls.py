from doudi.web.accounts.addresses import address
from doudi.web.accounts.roles import Action
from doudi.web.cockpit import views

app_name = "cockpit"
urlpatterns = [
    address("", views.figures, name="figures", action=Action.SIGNED_IN),
]
