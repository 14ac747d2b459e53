from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SheetsConfig(AppConfig):
    name = "doudi.web.cleaning.sheets"
    label = "sheets"
    verbose_name = _("数据清洗的表格")
