"""Steps of a change in words."""

from django import template

from doudi.web.audit.queries import ACTION_NAMES

register = template.Library()


@register.filter
def step_name(action: str) -> str:
    """What was done, as the audit log calls it."""
    return str(ACTION_NAMES.get(action, action))
