from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CleaningConfig(AppConfig):
    name = "doudi.web.cleaning"
    verbose_name = _("数据清洗")
