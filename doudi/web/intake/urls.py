from doudi.web.accounts.addresses import address
from doudi.web.accounts.roles import Action
from doudi.web.intake import views

app_name = "intake"
urlpatterns = [
    address("intake/", views.batches, name="list", action=Action.INTAKE_SEE),
    address("intake/new/", views.batch_new, name="new", action=Action.INTAKE_FEED),
    address("intake/<int:batch_id>/", views.batch, name="detail", action=Action.INTAKE_SEE),
    address("intake/<int:batch_id>/confirm/", views.batch_confirm, name="confirm", action=Action.INTAKE_FEED),
    address("intake/<int:batch_id>/discard/", views.batch_discard, name="discard", action=Action.INTAKE_FEED),
    address("intake/<int:batch_id>/undo/", views.batch_undo, name="undo", action=Action.INTAKE_UNDO),
    address("intake/<int:batch_id>/rejects/<int:file_id>/", views.rejects, name="rejects", action=Action.INTAKE_SEE),
]
