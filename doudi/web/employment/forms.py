"""What people narrow the list by, and how a comparison is asked for."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doudi.web.employment.queries import LineFilter
from doudi.web.layout.choices import anything, code_choices, place_choices
from doudi.web.layout.filters import FilterForm
from doudi.web.layout.forms import LongSelect
from doudi.web.regions.queries import RegionChoice


class LineFilterForm(FilterForm):
    kind = forms.ChoiceField(label=gettext_lazy("矛盾"), required=False)
    scope = forms.ChoiceField(label=gettext_lazy("范围"), required=False)
    region = forms.ChoiceField(label=gettext_lazy("乡镇、村"), required=False, widget=LongSelect)

    def __init__(self, *args: Any, places: list[RegionChoice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        more = [("stopped", _("去年务工今年没有")), ("settled", _("已处理"))]
        self.offer(
            {
                "kind": [*code_choices("work_conflict"), *more],
                "scope": [anything(), ("alleviated", _("脱贫户")), ("monitored", _("监测对象"))],
                "region": place_choices(places),
            }
        )

    def chosen(self) -> LineFilter:
        """The filter asked for; a value that is not offered is left out."""
        return LineFilter(**self.given())
