from doudi.web.accounts.addresses import address
from doudi.web.accounts.roles import Action
from doudi.web.audit import views

app_name = "audit"
urlpatterns = [
    address("audit/", views.entries, name="entries", action=Action.AUDIT_SEE),
    address("audit/verify/", views.verify, name="verify", action=Action.AUDIT_VERIFY),
]
