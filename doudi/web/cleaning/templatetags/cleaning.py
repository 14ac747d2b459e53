"""Who answers for an issue, in words."""

from django import template

from doudi.web.cleaning.desk.book import who_answers

register = template.Library()


@register.filter
def answering(responsible: str) -> str:
    """村, 乡镇 or the name of a department."""
    return who_answers(responsible)
