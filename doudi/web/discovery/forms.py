"""What people narrow the clue list by, and the day of a screening."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doudi.web.discovery.models import ClueLevel, ClueState
from doudi.web.discovery.queries import ALL_STATES, ClueChoices, ClueFilter
from doudi.web.layout.choices import anything, code_choices, place_choices
from doudi.web.layout.days import AsOfForm, as_of_field
from doudi.web.layout.filters import FilterForm
from doudi.web.layout.forms import LongSelect
from doudi.web.layout.templatetags.layout import tongue


class ClueFilterForm(FilterForm):
    q = forms.CharField(
        label=gettext_lazy("姓名、身份证号、户编号或村名"),
        required=False,
        max_length=64,
        widget=forms.TextInput(attrs={"type": "search", "data-search-first": "", "autocomplete": "off"}),
    )
    level = forms.ChoiceField(label=gettext_lazy("级别"), required=False)
    region = forms.ChoiceField(label=gettext_lazy("乡镇、村"), required=False, widget=LongSelect)
    rule = forms.ChoiceField(label=gettext_lazy("原因"), required=False)
    risk = forms.ChoiceField(label=gettext_lazy("风险类型"), required=False)
    department = forms.ChoiceField(label=gettext_lazy("责任部门"), required=False)
    household_type = forms.ChoiceField(label=gettext_lazy("户类型"), required=False)
    monitored = forms.ChoiceField(label=gettext_lazy("是否监测对象"), required=False)
    state = forms.ChoiceField(label=gettext_lazy("状态"), required=False)

    FIRST = ("level", "region", "rule")
    FURTHER = ("risk", "department", "household_type", "monitored", "state")

    def __init__(self, *args: Any, choices: ClueChoices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered: dict[str, list[tuple[str, Any]]] = {
            "level": [anything(), *ClueLevel.choices],
            "region": place_choices(choices.regions),
            "rule": [anything(), *((rule.id, tongue(rule)) for rule in choices.rules)],
            "risk": code_choices("risk_type", choices.risks),
            "department": code_choices("department", choices.departments),
            "household_type": code_choices("household_type"),
            "monitored": [anything(), ("yes", _("是")), ("no", _("否"))],
            "state": [
                ("", ClueState.OPEN.label),
                (ClueState.LAPSED.value, ClueState.LAPSED.label),
                (ALL_STATES, _("全部")),
            ],
        }
        self.offer(offered)

    @property
    def first_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.FIRST]

    @property
    def further_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.FURTHER]

    @property
    def further_in_use(self) -> bool:
        return any(self.data.get(name) for name in self.FURTHER)

    def chosen(self) -> ClueFilter:
        """The filter asked for; a value that is not offered is left out, so that an old bookmark still opens."""
        return ClueFilter(**self.given())


class ScreeningForm(AsOfForm):
    """The day as of which the data counts."""

    FIRST_YEAR = 2020
    as_of = as_of_field(
        gettext_lazy("筛查日"), gettext_lazy("只用到这一天为止的数据；收入取这一天之前最近一个完整的收入年度。")
    )
