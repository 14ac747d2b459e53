"""The addresses of the site. Each app lists its own, with the action each one needs."""

from django.urls import include, path
from django.views.i18n import set_language

from doudi.web.accounts.addresses import address
from doudi.web.accounts.roles import Action

urlpatterns = [
    path("", include("doudi.web.cockpit.urls")),
    path("", include("doudi.web.accounts.urls")),
    path("", include("doudi.web.discovery.urls")),
    path("", include("doudi.web.rulekeeping.urls")),
    path("", include("doudi.web.assistance.urls")),
    path("", include("doudi.web.registry.urls")),
    path("", include("doudi.web.intake.urls")),
    path("", include("doudi.web.trials.urls")),
    path("", include("doudi.web.matching.urls")),
    path("", include("doudi.web.employment.urls")),
    path("", include("doudi.web.cleaning.desk.urls")),
    path("", include("doudi.web.cleaning.sheets.urls")),
    path("", include("doudi.web.jobs.urls")),
    path("", include("doudi.web.audit.urls")),
    address("language/", set_language, name="set_language", action=Action.PUBLIC),
]
