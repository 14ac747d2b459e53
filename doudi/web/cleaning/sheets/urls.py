from doudi.web.accounts.addresses import address
from doudi.web.accounts.roles import Action
from doudi.web.cleaning.sheets.workbooks import views as workbooks

app_name = "sheets"
MEND = Action.CLEANING_CORRECT
urlpatterns = [
    address("cleaning/workbooks/", workbooks.workbooks, name="workbooks", action=MEND),
    address("cleaning/workbooks/new/", workbooks.workbook_new, name="workbook_new", action=MEND),
    address("cleaning/workbooks/<uuid:key>/", workbooks.workbook, name="workbook", action=MEND),
    address("cleaning/workbooks/<uuid:key>/apply/", workbooks.workbook_apply, name="workbook_apply", action=MEND),
    address("cleaning/workbooks/<uuid:key>/discard/", workbooks.workbook_discard, name="workbook_discard", action=MEND),
    address(
        "cleaning/workbooks/<uuid:key>/rejected/", workbooks.workbook_rejected, name="workbook_rejected", action=MEND
    ),
]
