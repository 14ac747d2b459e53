from doudi.web.accounts import views
from doudi.web.accounts.addresses import address
from doudi.web.accounts.roles import Action

app_name = "accounts"
urlpatterns = [
    address("sign-in/", views.sign_in, name="sign_in", action=Action.PUBLIC),
    address("sign-out/", views.sign_out, name="sign_out", action=Action.PUBLIC),
    address("account/", views.account, name="account", action=Action.SIGNED_IN),
]
