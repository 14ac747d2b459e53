from django.apps import AppConfig


class TrialsConfig(AppConfig):
    """What-if and look-back (推演与回测): questions to the rules that change nothing."""

    name = "doudi.web.trials"
    label = "trials"
