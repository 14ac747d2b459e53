from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RegistryConfig(AppConfig):
    name = "doudi.web.registry"
    verbose_name = _("户与人口")

    def ready(self) -> None:
        from doudi.web.registry import lookups  # noqa: F401
