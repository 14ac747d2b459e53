from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProtectionConfig(AppConfig):
    name = "doudi.web.protection"
    verbose_name = _("数据保护")

    def ready(self) -> None:
        from doudi.web.protection import checks  # noqa: F401
