from doudi.web.accounts.addresses import address
from doudi.web.accounts.roles import Action
from doudi.web.cleaning.sheets.comparison import views as comparison
from doudi.web.cleaning.sheets.figures import views as figures
from doudi.web.cleaning.sheets.national import views as national
from doudi.web.cleaning.sheets.workbooks import views as workbooks

app_name = "sheets"
SEE, MEND, EXPORT = Action.CLEANING_SEE, Action.CLEANING_CORRECT, Action.CLEANING_EXPORT
BOOK = "cleaning/workbooks/<uuid:key>/"
SHEET = "cleaning/comparison/household/<str:household_no>/"
PHOTO = "cleaning/comparison/photo/<int:photo_id>/"
urlpatterns = [
    address("cleaning/workbooks/", workbooks.workbooks, name="workbooks", action=MEND),
    address("cleaning/workbooks/new/", workbooks.workbook_new, name="workbook_new", action=MEND),
    address(BOOK, workbooks.workbook, name="workbook", action=MEND),
    address(f"{BOOK}apply/", workbooks.workbook_apply, name="workbook_apply", action=MEND),
    address(f"{BOOK}discard/", workbooks.workbook_discard, name="workbook_discard", action=MEND),
    address(f"{BOOK}rejected/", workbooks.workbook_rejected, name="workbook_rejected", action=MEND),
    address("cleaning/comparison/", comparison.comparisons, name="comparisons", action=MEND),
    address("cleaning/comparison/print/", comparison.comparison_print, name="comparison_print", action=MEND),
    address(SHEET, comparison.comparison, name="comparison", action=MEND),
    address(f"{SHEET}photo/", comparison.photo_new, name="photo_new", action=MEND),
    address(PHOTO, comparison.photo, name="photo", action=SEE),
    address(f"{PHOTO}remove/", comparison.photo_gone, name="photo_remove", action=MEND),
    address("cleaning/exports/", national.exports, name="exports", action=EXPORT),
    address("cleaning/exports/<int:export_id>/", national.export, name="export", action=EXPORT),
    address("cleaning/share/", figures.share, name="share", action=SEE),
]
