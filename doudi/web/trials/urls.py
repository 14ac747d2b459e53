from doudi.web.accounts.addresses import address
from doudi.web.accounts.roles import Action
from doudi.web.trials import views

app_name = "trials"
urlpatterns = [
    address("trials/", views.trials, name="trials", action=Action.TRIAL_SEE),
    address("trials/what-if/", views.what_if_new, name="what_if_new", action=Action.TRIAL_RUN),
    address("trials/look-back/", views.look_back_new, name="look_back_new", action=Action.TRIAL_RUN),
    address("trials/<int:trial_id>/", views.trial, name="trial", action=Action.TRIAL_SEE),
    address("trials/<int:trial_id>/workbook/", views.workbook, name="workbook", action=Action.TRIAL_SEE),
    address("trials/<int:trial_id>/delete/", views.delete, name="delete", action=Action.TRIAL_RUN),
]
