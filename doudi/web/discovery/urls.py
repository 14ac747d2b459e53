from doudi.web.accounts.addresses import address
from doudi.web.accounts.roles import Action
from doudi.web.discovery import change_views, region_views, views

app_name = "discovery"
urlpatterns = [
    address("clues/", views.clues, name="clues", action=Action.CLUE_SEE),
    address("clues/export/", views.clues_export, name="export", action=Action.CLUE_EXPORT),
    address("region-alerts/", region_views.region_alerts, name="region_alerts", action=Action.CLUE_SEE),
    address("region-alerts/export/", region_views.region_export, name="region_export", action=Action.CLUE_EXPORT),
    address("screenings/", views.screenings, name="screenings", action=Action.SCREENING_SEE),
    address("screenings/new/", views.screening_new, name="screening_new", action=Action.SCREENING_RUN),
    address("screenings/<int:run_id>/", views.screening, name="screening", action=Action.SCREENING_SEE),
    address("screenings/<int:run_id>/changes/", change_views.run_changes, name="changes", action=Action.CLUE_SEE),
    address(
        "screenings/<int:run_id>/changes/export/",
        change_views.changes_export,
        name="changes_export",
        action=Action.CLUE_EXPORT,
    ),
]
