from django.apps import AppConfig


class AssistanceConfig(AppConfig):
    """Assistance policies and the gaps a screening finds (应享尽享)."""

    name = "doudi.web.assistance"
    label = "assistance"
