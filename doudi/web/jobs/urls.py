from doudi.web.accounts.addresses import address
from doudi.web.accounts.roles import Action
from doudi.web.jobs import views

app_name = "jobs"
urlpatterns = [
    address("jobs/<uuid:job_id>/", views.job, name="job", action=Action.SIGNED_IN),
]
