"""Forms that narrow a list: what they offer, what was asked for, and the conditions in force as chips."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _

from doudi.web.layout.forms import PageForm


@dataclass(frozen=True)
class Chip:
    """A condition in force, and the address of the list without it."""

    label: str
    value: str
    url: str


class FilterForm(PageForm):
    """A form whose fields may all be left empty."""

    def offer(self, offered: Mapping[str, Any]) -> None:
        """Set what fields let people choose from: pairs of value and label by field."""
        for name, pairs in offered.items():
            self.fields[name].choices = list(pairs)  # type: ignore[attr-defined]

    def given(self) -> dict[str, Any]:
        """The conditions asked for; a value that is not offered is left out, so that an old bookmark still opens."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}

    def chips(self, query: QueryDict) -> list[Chip]:
        """The conditions in force, each with the address without it."""
        return [
            Chip(
                _("查找") if name == "q" else str(self.fields[name].label),
                _shown_choice(self.fields[name], value),
                _without(query, name),
            )
            for name, value in self.given().items()
        ]


def _shown_choice(field: forms.Field, value: Any) -> str:
    pairs: Any = getattr(field, "choices", ())
    if callable(pairs):
        pairs = pairs()
    return next((str(label).strip("　") for key, label in pairs if key == value), str(value))


def _without(query: QueryDict, name: str) -> str:
    """The query of this address without one condition, on the first page again."""
    rest = query.copy()
    for key in (name, "page"):
        rest.pop(key, None)
    return f"?{rest.urlencode()}"
