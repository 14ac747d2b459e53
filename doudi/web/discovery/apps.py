from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DiscoveryConfig(AppConfig):
    name = "doudi.web.discovery"
    verbose_name = _("线索发现")
