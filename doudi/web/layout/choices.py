"""Choices for the selects of filters, in the reader's language."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from doudi.standards import codes
from doudi.web.layout.templatetags.layout import code
from doudi.web.regions.queries import RegionChoice

Choice = tuple[str, str]


def anything() -> Choice:
    return "", _("全部")


def code_choices(list_name: str, identifiers: Iterable[str] | None = None) -> list[Choice]:
    """Codes of a list of the standards, all of them or those named, with their labels."""
    wanted = [str(member.value) for member in codes.CODE_LISTS[list_name]] if identifiers is None else identifiers
    return [anything(), *((identifier, code(identifier, list_name)) for identifier in wanted)]


def place_choices(regions: Iterable[RegionChoice]) -> list[Choice]:
    """Regions, each further in than the one that it lies in."""
    return [anything(), *((place.code, "　" * place.depth + place.name) for place in regions)]
