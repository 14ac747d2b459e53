"""What people narrow the list of policies and the list of gaps by."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from doudi.web.assistance.models import LISTED, State
from doudi.web.assistance.queries import LineFilter
from doudi.web.discovery.rulebook import policies_for_choice
from doudi.web.layout.choices import anything, code_choices, place_choices
from doudi.web.layout.filters import FilterForm
from doudi.web.layout.forms import LongSelect
from doudi.web.layout.templatetags.layout import tongue
from doudi.web.regions.queries import RegionChoice


class PolicyFilterForm(FilterForm):
    q = forms.CharField(
        label=gettext_lazy("政策名称、对象或内容"),
        required=False,
        max_length=64,
        widget=forms.TextInput(attrs={"type": "search", "data-search-first": "", "autocomplete": "off"}),
    )
    area = forms.ChoiceField(label=gettext_lazy("领域"), required=False)
    department = forms.ChoiceField(label=gettext_lazy("责任部门"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        policies = policies_for_choice()
        offered = {
            "area": code_choices("policy_area", dict.fromkeys(policy.area for policy in policies)),
            "department": code_choices("department", sorted({policy.department for policy in policies})),
        }
        self.offer(offered)

    def chosen(self) -> dict[str, str]:
        return self.given()


class LineFilterForm(FilterForm):
    state = forms.ChoiceField(label=gettext_lazy("享受情况"), required=False)
    area = forms.ChoiceField(label=gettext_lazy("领域"), required=False)
    policy = forms.ChoiceField(label=gettext_lazy("政策"), required=False)
    region = forms.ChoiceField(label=gettext_lazy("乡镇、村"), required=False, widget=LongSelect)
    department = forms.ChoiceField(label=gettext_lazy("责任部门"), required=False)

    def __init__(self, *args: Any, places: list[RegionChoice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        policies = policies_for_choice()
        offered = {
            "state": [("", State.GAP.label), *((state.value, state.label) for state in LISTED if state != State.GAP)],
            "area": code_choices("policy_area", dict.fromkeys(policy.area for policy in policies)),
            "policy": [anything(), *((policy.id, tongue(policy)) for policy in policies)],
            "region": place_choices(places),
            "department": code_choices("department", sorted({policy.department for policy in policies})),
        }
        self.offer(offered)

    def chosen(self) -> LineFilter:
        """The filter asked for; a value that is not offered is left out."""
        return LineFilter(**self.given())
