from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "doudi.web.accounts"
    verbose_name = _("人员与权限")

    def ready(self) -> None:
        from doudi.web.accounts import checks, signals  # noqa: F401
