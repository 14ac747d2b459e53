from doudi.web.accounts.addresses import address
from doudi.web.accounts.roles import Action
from doudi.web.employment import views

app_name = "employment"
urlpatterns = [
    address("employment/", views.overview, name="overview", action=Action.EMPLOYMENT_SEE),
    address("employment/compare/", views.compare, name="compare", action=Action.CLEANING_RUN),
    address("employment/lines/", views.lines, name="lines", action=Action.EMPLOYMENT_SEE),
    address("employment/lines/export/", views.lines_export, name="export", action=Action.CLUE_EXPORT),
    address("employment/lines/<int:line_id>/", views.line, name="line", action=Action.EMPLOYMENT_SEE),
    address("employment/lines/<int:line_id>/take/", views.take, name="take", action=Action.CLEANING_CORRECT),
]
