"""The day as of which the data counts, as a form asks for it."""

from collections.abc import Callable
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doudi.web.layout.forms import PageForm


def as_of_field(label: Any, help_text: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        help_text=help_text,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={
            "required": gettext_lazy("请选择日期"),
            "invalid": gettext_lazy("请按 2023-08-01 的样子填写日期"),
        },
    )


class AsOfForm(PageForm):
    """A form with a field `as_of` (see `as_of_field`): a day between the first year there is data of and today."""

    FIRST_YEAR: ClassVar[int] = 2014

    def __init__(self, *args: Any, today: Callable[[], date] = timezone.localdate, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today()
        self.fields["as_of"].widget.attrs.update(max=self.today.isoformat(), min=f"{self.FIRST_YEAR}-01-01")

    def clean_as_of(self) -> date:
        day: date = self.cleaned_data["as_of"]
        label = self.fields["as_of"].label
        if day > self.today:
            raise forms.ValidationError(_("%(label)s不能晚于今天") % {"label": label})
        if day.year < self.FIRST_YEAR:
            raise forms.ValidationError(_("%(label)s不能早于 %(year)d 年") % {"label": label, "year": self.FIRST_YEAR})
        return day
