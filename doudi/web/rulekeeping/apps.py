from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RulekeepingConfig(AppConfig):
    name = "doudi.web.rulekeeping"
    verbose_name = _("规则管理")
