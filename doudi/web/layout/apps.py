from django.apps import AppConfig


class LayoutConfig(AppConfig):
    """Templates and tags that the pages of all apps share."""

    name = "doudi.web.layout"
    label = "layout"
