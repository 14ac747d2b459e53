"""Forms of trials: the day or the months, and the changes of a what-if as they come in."""

import re
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doudi.standards.periods import Month
from doudi.web.layout.days import AsOfForm, as_of_field
from doudi.web.layout.forms import PageForm
from doudi.web.trials.asking import KINDS, MOST_CHANGES, Asked

_TOKEN = re.compile(r"(?P<kind>[a-z]+):(?P<id>[a-z][a-z0-9_.]{0,95})")


class WhatIfForm(AsOfForm):
    """The day as of which both rulebooks run, and a name for the trial."""

    as_of = as_of_field(gettext_lazy("推演日"), gettext_lazy("用到这一天为止的数据；改动也从这一天起算。"))
    title = forms.CharField(
        label=gettext_lazy("名称（可不填）"),
        required=False,
        max_length=100,
        help_text=gettext_lazy("不填就用改动内容作名称。"),
    )


def _month_field(label: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        widget=forms.TextInput(attrs={"type": "month", "placeholder": "2023-07"}),
        error_messages={"required": gettext_lazy("请选择月份")},
    )


class LookBackForm(PageForm):
    """The months to run today's rules over."""

    first = _month_field(gettext_lazy("从"))
    last = _month_field(gettext_lazy("到"))

    def clean_first(self) -> Month:
        return self._month("first")

    def clean_last(self) -> Month:
        return self._month("last")

    def _month(self, name: str) -> Month:
        try:
            return Month(self.cleaned_data[name])
        except ValueError:
            raise forms.ValidationError(_("请按 2023-07 的样子填写月份")) from None


def asked_in(data: QueryDict) -> list[Asked]:
    """The changes of a posted form, in order; what is not one is left out."""
    columns = [data.getlist(name) for name in ("kind", "id", "value", "region")]
    rows = zip(*columns, strict=False)
    return [Asked(kind, name, value, region) for kind, name, value, region in rows if kind in KINDS][:MOST_CHANGES]


def asked_token(text: str) -> Asked | None:
    """A change chosen from the search, `kind:id`."""
    found = _TOKEN.fullmatch(text)
    return Asked(found["kind"], found["id"]) if found and found["kind"] in KINDS else None
