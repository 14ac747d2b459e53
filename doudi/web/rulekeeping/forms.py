"""What people fill in about rules, changes and parameters."""

import re
from datetime import date
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doudi.rulebook import Parameter
from doudi.standards.regions import RegionCode
from doudi.web.layout.choices import anything, code_choices, place_choices
from doudi.web.layout.filters import FilterForm
from doudi.web.layout.forms import LongSelect, PageForm
from doudi.web.layout.templatetags.layout import in_english, unit
from doudi.web.regions.queries import RegionChoice
from doudi.web.rulekeeping.drafting import NewValue, value_given
from doudi.web.rulekeeping.models import ChangeState
from doudi.web.rulekeeping.queries import RuleFilter
from doudi.web.rulekeeping.trying import Asked

RULE_ID = re.compile(r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")
DAY_ERRORS = {
    "required": gettext_lazy("请选择日期"),
    "invalid": gettext_lazy("请按 2023-08-01 的样子填写日期"),
}


def day_field(label: Any, *, required: bool = True, help_text: Any = "") -> forms.DateField:
    return forms.DateField(
        label=label,
        required=required,
        help_text=help_text,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages=DAY_ERRORS,
    )


class RuleFilterForm(FilterForm):
    """Narrows the list of rules."""

    q = forms.CharField(
        label=gettext_lazy("名称、条件、依据或标准"),
        required=False,
        max_length=64,
        widget=forms.TextInput(attrs={"type": "search", "data-search-first": "", "autocomplete": "off"}),
    )
    department = forms.ChoiceField(label=gettext_lazy("责任部门"), required=False)
    level = forms.ChoiceField(label=gettext_lazy("级别"), required=False)
    risk = forms.ChoiceField(label=gettext_lazy("风险类型"), required=False)
    state = forms.ChoiceField(label=gettext_lazy("状态"), required=False)

    def __init__(self, *args: Any, departments: list[str], risks: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered: dict[str, list[tuple[str, Any]]] = {
            "department": code_choices("department", departments),
            "level": [anything(), ("red", _("红色")), ("yellow", _("黄色")), ("exclusion", _("待核实"))],
            "risk": code_choices("risk_type", risks),
            "state": [
                anything(),
                ("in_force", _("施行中")),
                ("coming", _("待施行")),
                ("reviewed", _("已审核")),
                ("draft", _("草稿")),
                ("retired", _("已停用")),
            ],
        }
        self.offer(offered)

    def chosen(self) -> RuleFilter:
        """The filter asked for; a value that is not offered is left out."""
        return RuleFilter(**self.given())


class ChangeForm(PageForm):
    """The text of a change, what it is for, and from when it counts."""

    summary = forms.CharField(
        label=gettext_lazy("改了什么，为什么"),
        max_length=500,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": gettext_lazy("请写明改了什么、为什么改")},
    )
    effective_from = day_field(
        gettext_lazy("施行日期"), help_text=gettext_lazy("从这一天起的筛查用新文本；以前的筛查结果不变。")
    )
    text = forms.CharField(
        label=gettext_lazy("规则文本"),
        strip=False,
        widget=forms.Textarea(
            attrs={"rows": 30, "class": "form-control code-editor", "spellcheck": "false", "wrap": "off"}
        ),
        error_messages={"required": gettext_lazy("文本不能为空")},
    )


class SummaryForm(PageForm):
    """A change whose text is made by the program: only the words about it can be edited."""

    summary = forms.CharField(
        label=gettext_lazy("改了什么，为什么"),
        max_length=500,
        error_messages={"required": gettext_lazy("请写明改了什么、为什么改")},
    )


class NewRuleForm(PageForm):
    rule_id = forms.CharField(
        label=gettext_lazy("编号"),
        max_length=96,
        help_text=gettext_lazy("小写英文，主题和内容之间一个点，例如 medical.long_stay。"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
        error_messages={"required": gettext_lazy("请填写编号")},
    )
    title = forms.CharField(
        label=gettext_lazy("名称"), max_length=80, error_messages={"required": gettext_lazy("请填写名称")}
    )
    department = forms.ChoiceField(label=gettext_lazy("责任部门"))
    effective_from = day_field(gettext_lazy("施行日期"))

    def __init__(self, *args: Any, departments: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["department"].choices = code_choices("department", departments or None)[1:]  # type: ignore[attr-defined]

    def clean_rule_id(self) -> str:
        given = str(self.cleaned_data["rule_id"]).strip()
        if not RULE_ID.match(given):
            raise forms.ValidationError(_("编号写成“主题.内容”，只用小写字母、数字和下划线"))
        return given


class RetireForm(PageForm):
    last_day = day_field(
        gettext_lazy("最后一天"), help_text=gettext_lazy("这一天之后的筛查不再用这条规则；以前的结果和文本都保留。")
    )
    reason = forms.CharField(
        label=gettext_lazy("停用的理由"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": gettext_lazy("请写明停用的理由")},
    )


class ReasonForm(PageForm):
    """The reason of a step that needs one."""

    reason = forms.CharField(label=gettext_lazy("理由"), max_length=500, required=False)


class ChangeFilterForm(FilterForm):
    state = forms.ChoiceField(label=gettext_lazy("状态"), required=False)
    mine = forms.BooleanField(label=gettext_lazy("只看我起草的"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["state"].choices = [anything(), ("open", _("办理中")), *ChangeState.choices]  # type: ignore[attr-defined]


class ParameterFilterForm(FilterForm):
    q = forms.CharField(
        label=gettext_lazy("名称或出处"),
        required=False,
        max_length=64,
        widget=forms.TextInput(attrs={"type": "search", "data-search-first": "", "autocomplete": "off"}),
    )
    on = day_field(gettext_lazy("哪一天"), required=False)
    region = forms.ChoiceField(label=gettext_lazy("哪个地区"), required=False, widget=LongSelect)
    state = forms.ChoiceField(label=gettext_lazy("核实情况"), required=False)

    def __init__(self, *args: Any, regions: list[RegionChoice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        pairs = place_choices(regions)[1:]
        self.fields["region"].choices = [("", _("本地区")), *pairs]  # type: ignore[attr-defined]
        self.fields["state"].choices = [  # type: ignore[attr-defined]
            anything(),
            ("missing", _("没有值")),
            ("unverified", _("待县核实")),
            ("verified", _("已核实")),
        ]


class ParameterChangeForm(PageForm):
    """A new value of a parameter; what field says since when depends on the parameter."""

    region = forms.ChoiceField(label=gettext_lazy("适用地区"), widget=LongSelect)
    value = forms.CharField(
        label=gettext_lazy("新的数值"),
        max_length=200,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={"required": gettext_lazy("请填写数值")},
    )
    starts = day_field(gettext_lazy("自哪天起"), required=False)
    income_year = forms.IntegerField(
        label=gettext_lazy("收入年度"),
        required=False,
        min_value=2014,
        max_value=2100,
        help_text=gettext_lazy("例如 2023：用于 2023 收入年度的收入，从当年 10 月 1 日起的筛查。"),
        error_messages={"invalid": gettext_lazy("请填写年份，例如 2023")},
    )
    source = forms.CharField(
        label=gettext_lazy("出自哪份文件"),
        max_length=200,
        error_messages={"required": gettext_lazy("请写明数值出自哪份文件")},
    )
    verified = forms.BooleanField(label=gettext_lazy("已经对照文件原文核实"), required=False)
    summary = forms.CharField(
        label=gettext_lazy("为什么改"),
        max_length=500,
        error_messages={"required": gettext_lazy("请写明为什么改")},
    )

    def __init__(self, *args: Any, parameter: Parameter, regions: list[RegionChoice], home: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.parameter = parameter
        choices = place_choices(regions)[1:]
        if not any(code == home for code, _label in choices):
            choices.insert(0, (home, _("本地区")))
        self.fields["region"].choices = choices  # type: ignore[attr-defined]
        del self.fields["starts" if parameter.by == "income_year" else "income_year"]
        word = unit(parameter.unit)
        hints = {
            "share": _("写成 30% 或 0.3。"),
            "boolean": _("写“是”或“否”。"),
            "texts": _("几个代码，用顿号或逗号隔开。"),
            "yearly_day": _("写成月-日，例如 08-31。"),
        }
        hint = hints.get(parameter.kind) or hints.get(parameter.unit) or (_("单位：%s。") % word if word else "")
        self.fields["value"].help_text = hint

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        when = "income_year" if self.parameter.by == "income_year" else "starts"
        if not given.get(when) and when not in self.errors:
            self.add_error(when, _("请填写收入年度") if when == "income_year" else _("请选择日期"))
        return given

    def new_value(self) -> NewValue:
        """What was filled in. Raises ActionRefused (`bad_value`)."""
        given = self.cleaned_data
        return NewValue(
            region=RegionCode(given["region"]),
            value=value_given(self.parameter, given["value"]),
            source=given["source"].strip(),
            verified=bool(given["verified"]),
            starts=given.get("starts"),
            income_year=given.get("income_year"),
        )


class ValuesForm(PageForm):
    """The facts and thresholds of a rule, to be filled in by hand; empty means not known."""

    def __init__(self, *args: Any, asked: list[Asked], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asked = asked
        for one in asked:
            field = _value_field(one)
            css = "form-select" if isinstance(field.widget, forms.Select) else "form-control"
            field.widget.attrs.setdefault("class", css)
            self.fields[one.name] = field

    @property
    def fact_fields(self) -> list[forms.BoundField]:
        return [self[one.name] for one in self.asked if not one.is_parameter]

    @property
    def parameter_fields(self) -> list[forms.BoundField]:
        return [self[one.name] for one in self.asked if one.is_parameter]

    def values(self, *, parameters: bool) -> dict[str, Any]:
        return {
            one.name: _value_of(one, self.cleaned_data.get(one.name))
            for one in self.asked
            if one.is_parameter is parameters
        }


UNKNOWN = ("", gettext_lazy("不知道"))


def _value_field(one: Asked) -> forms.Field:
    measure = unit(one.unit)
    in_brackets = f" ({measure})" if in_english() else f"（{measure}）"
    label = f"{one.title}{in_brackets}" if measure else one.title
    choices: list[tuple[str, Any]]
    match one.kind:
        case "number":
            wrong = {"invalid": gettext_lazy("请填写数字")}
            return forms.FloatField(label=label, required=False, error_messages=wrong)
        case "yesno":
            choices = [UNKNOWN, ("true", gettext_lazy("是")), ("false", gettext_lazy("否"))]
            return forms.ChoiceField(label=label, required=False, choices=choices)
        case "date":
            return day_field(label, required=False)
        case "code":
            return forms.ChoiceField(label=label, required=False, choices=[UNKNOWN, *one.choices])
        case "codes":
            if one.choices:
                several = forms.SelectMultiple(attrs={"size": 4})
                return forms.MultipleChoiceField(label=label, required=False, choices=one.choices, widget=several)
    return forms.CharField(label=label, required=False, max_length=200)


def _value_of(one: Asked, given: Any) -> Any:
    if one.kind == "yesno":
        return {"true": True, "false": False}.get(given)
    if one.kind == "codes":
        listed = given.split(",") if isinstance(given, str) else list(given or [])
        return [part.strip() for part in listed if part.strip()] or None
    return None if given in ("", None) else given


def initial_values(asked: list[Asked], values: dict[str, Any]) -> dict[str, Any]:
    """Values as the fields of `ValuesForm` show them."""
    shown: dict[str, Any] = {}
    for one in asked:
        value = values.get(one.name)
        if one.kind == "yesno":
            value = "" if value is None else "true" if value else "false"
        elif isinstance(value, tuple | list) and one.kind == "codes" and not one.choices:
            value = ",".join(value)
        elif isinstance(value, float):
            value = int(value) if value.is_integer() else round(value, 2)
        shown[one.name] = value
    return shown


def first_day(today: date | None = None) -> date:
    """The first day of next month: a change is seldom meant to count at once."""
    day = today or timezone.localdate()
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)
