"""The checks as the rulebook has them now, by name; an issue of a check that is no more keeps its own words."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from doudi.rulebook import RulebookError
from doudi.web.discovery.rulebook import Title, current_rulebook
from doudi.web.layout.templatetags.layout import code

if TYPE_CHECKING:
    from doudi.rulebook.checks import Check


def checks_for_choice() -> "list[Check]":
    """The checks for a filter; none while a file is broken, since the issues themselves can still be worked on."""
    try:
        return list(current_rulebook().checks.values())
    except RulebookError:
        return []


def check_of(check_id: str) -> "Check | None":
    try:
        return current_rulebook().checks.get(check_id)
    except RulebookError:
        return None


def check_title(check_id: str) -> Title:
    """The names of a check; its identifier when the rulebook no longer knows it."""
    check = check_of(check_id)
    return Title(check.title, check.title_en) if check is not None else Title(check_id, check_id)


def who_answers(responsible: str) -> str:
    """村, 乡镇 or the name of a department."""
    own = {"village": _("村"), "township": _("乡镇")}
    return own.get(responsible) or code(responsible, "department")
