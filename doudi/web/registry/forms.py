"""Finding households, and saying why masked numbers are needed."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doudi.web.layout.choices import anything, code_choices, place_choices
from doudi.web.layout.forms import LongSelect, PageForm
from doudi.web.regions.queries import RegionChoice
from doudi.web.registry.services import SHORTEST_REASON


class HouseholdSearchForm(PageForm):
    q = forms.CharField(
        label=gettext_lazy("姓名、身份证号、户编号、电话或村名"),
        required=False,
        max_length=64,
        widget=forms.TextInput(attrs={"type": "search", "data-search-first": "", "autocomplete": "off"}),
    )
    region = forms.ChoiceField(label=gettext_lazy("乡镇、村"), required=False, widget=LongSelect)
    household_type = forms.ChoiceField(label=gettext_lazy("户类型"), required=False)
    monitored = forms.ChoiceField(label=gettext_lazy("监测对象"), required=False)

    SELECTS = ("region", "household_type", "monitored")

    def __init__(self, *args: Any, regions: list[RegionChoice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = {
            "region": place_choices(regions),
            "household_type": code_choices("household_type"),
            "monitored": [anything(), ("yes", _("正在监测")), ("exited", _("风险已消除")), ("no", _("未纳入监测"))],
        }
        for name, pairs in offered.items():
            self.fields[name].choices = pairs  # type: ignore[attr-defined]

    @property
    def selects(self) -> list[forms.BoundField]:
        return [self[name] for name in self.SELECTS]

    def chosen(self) -> dict[str, str]:
        """What was asked for; a value that is not offered is left out."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}


class UnmaskForm(PageForm):
    reason = forms.CharField(
        label=gettext_lazy("为什么需要查看"),
        min_length=SHORTEST_REASON,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("例如：入户核实身份、代办医保报销"),
        error_messages={
            "required": gettext_lazy("请写明查看的原因"),
            "min_length": gettext_lazy("请把原因写清楚，至少 4 个字"),
        },
    )
