from django.apps import AppConfig


class EmploymentConfig(AppConfig):
    """What five sources say of people's work (就业数据比对)."""

    name = "doudi.web.employment"
    label = "employment"
