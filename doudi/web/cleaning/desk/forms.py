"""What people narrow the desk's lists by, and what they write about an issue."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doudi.web.cleaning.desk.book import checks_for_choice, who_answers
from doudi.web.cleaning.desk.issue_queries import HistoryFilter
from doudi.web.cleaning.desk.queries import ALL_STATES, IssueFilter
from doudi.web.cleaning.exempting import SHORTEST_REASON
from doudi.web.cleaning.models import How, IssueState, Severity, TaskState
from doudi.web.cleaning.proofs import ACCEPTED
from doudi.web.layout.choices import anything, code_choices, place_choices
from doudi.web.layout.days import AsOfForm, as_of_field
from doudi.web.layout.filters import FilterForm
from doudi.web.layout.forms import LongSelect, PageForm
from doudi.web.layout.templatetags.layout import tongue
from doudi.web.regions.queries import RegionChoice

NOT_A_DAY = gettext_lazy("请按 2023-08-01 的样子填写日期")
DAYS_FOR_A_TASK = 7
"""Only what the form proposes; whoever sends writes the day."""


def search_field(label: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"type": "search", "data-search-first": "", "autocomplete": "off"})
    return forms.CharField(label=label, required=False, max_length=64, widget=widget)


class IssueFilterForm(FilterForm):
    q = search_field(gettext_lazy("姓名、身份证号、户编号、电话或村名"))
    severity = forms.ChoiceField(label=gettext_lazy("程度"), required=False)
    region = forms.ChoiceField(label=gettext_lazy("乡镇、村"), required=False, widget=LongSelect)
    check = forms.ChoiceField(label=gettext_lazy("检查项目"), required=False)
    topic = forms.ChoiceField(label=gettext_lazy("类别"), required=False)
    state = forms.ChoiceField(label=gettext_lazy("状态"), required=False)
    responsible = forms.ChoiceField(label=gettext_lazy("责任单位"), required=False)
    repair = forms.ChoiceField(label=gettext_lazy("有无建议"), required=False)
    task = forms.CharField(label=gettext_lazy("任务"), required=False, max_length=12, widget=forms.HiddenInput)

    FIRST = ("severity", "region", "check")
    FURTHER = ("state", "topic", "responsible", "repair")

    def __init__(self, *args: Any, places: list[RegionChoice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        checks = checks_for_choice()
        self.offer(
            {
                "severity": [anything(), *Severity.choices],
                "region": place_choices(places),
                "check": [anything(), *((check.id, tongue(check)) for check in checks)],
                "topic": code_choices("check_topic"),
                "state": [("", _("未办结")), *IssueState.choices, (ALL_STATES, _("全部"))],
                "responsible": [
                    anything(), *((one, who_answers(one)) for one in sorted({check.responsible for check in checks}))
                ],
                "repair": [anything(), ("yes", _("有建议"))],
            }
        )  # fmt: skip

    @property
    def first_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.FIRST]

    @property
    def further_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.FURTHER]

    @property
    def further_in_use(self) -> bool:
        return any(self.data.get(name) for name in self.FURTHER)

    def chosen(self) -> IssueFilter:
        """The filter asked for; a value that is not offered is left out."""
        return IssueFilter(**self.given())


class TaskFilterForm(FilterForm):
    state = forms.ChoiceField(label=gettext_lazy("状态"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer({"state": [anything(), *TaskState.choices]})


class HistoryFilterForm(FilterForm):
    q = search_field(gettext_lazy("姓名、户编号或村名"))
    region = forms.ChoiceField(label=gettext_lazy("乡镇、村"), required=False, widget=LongSelect)
    how = forms.ChoiceField(label=gettext_lazy("方式"), required=False)

    def __init__(self, *args: Any, places: list[RegionChoice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer({"region": place_choices(places), "how": [anything(), *How.choices]})

    def chosen(self) -> HistoryFilter:
        return HistoryFilter(**self.given())


class CleaningForm(AsOfForm):
    """The day as of which the data counts."""

    FIRST_YEAR = 2020
    as_of = as_of_field(gettext_lazy("检查日"), gettext_lazy("按这一天的规则和这一天以前的部门数据检查登记簿。"))


class SendForm(PageForm):
    """When the village has to be through, and what it should look at."""

    due_on = forms.DateField(
        label=gettext_lazy("完成期限"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={
            "required": gettext_lazy("请选择完成期限"),
            "invalid": gettext_lazy("请按 2023-08-01 的样子填写日期"),
        },
    )
    note = forms.CharField(
        label=gettext_lazy("说明（可不填）"),
        required=False,
        max_length=400,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today = timezone.localdate()
        self.fields["due_on"].initial = today + timedelta(days=DAYS_FOR_A_TASK)
        self.fields["due_on"].widget.attrs["min"] = today.isoformat()


class AnswerForm(PageForm):
    """What the village found at the door."""

    answer = forms.CharField(
        label=gettext_lazy("核实情况"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("数据没有错，或者这里改不了时填写，例如“已核对户口簿，数据正确”。"),
        error_messages={"required": gettext_lazy("请写明核实的情况")},
    )
    file = forms.FileField(
        label=gettext_lazy("照片（可不传）"), required=False, widget=forms.FileInput(attrs={"accept": ACCEPTED})
    )


class BackForm(PageForm):
    note = forms.CharField(
        label=gettext_lazy("还要核实什么"),
        max_length=400,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": gettext_lazy("请写明还要核实什么")},
    )


class ExemptForm(PageForm):
    """Why an issue stays as it is, until when, with what proof."""

    reason = forms.CharField(
        label=gettext_lazy("豁免理由"),
        min_length=SHORTEST_REASON,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={
            "required": gettext_lazy("请写明豁免的理由"),
            "min_length": gettext_lazy("请把理由写清楚，至少 4 个字"),
        },
    )
    expires_on = forms.DateField(
        label=gettext_lazy("有效期至"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("到期后，如果问题还在，会再次列出。"),
        error_messages={
            "required": gettext_lazy("请选择有效期"),
            "invalid": gettext_lazy("请按 2023-08-01 的样子填写日期"),
        },
    )
    file = forms.FileField(
        label=gettext_lazy("凭证（照片或 PDF）"),
        widget=forms.FileInput(attrs={"accept": ACCEPTED}),
        error_messages={
            "required": gettext_lazy("请上传凭证的照片或 PDF"),
            "empty": gettext_lazy("文件是空的，请重新选择"),
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["expires_on"].widget.attrs["min"] = _tomorrow().isoformat()


def _tomorrow() -> date:
    return timezone.localdate() + timedelta(days=1)
