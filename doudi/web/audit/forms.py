"""Looking for lines of the audit log."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from doudi.web.audit.queries import ACTION_NAMES
from doudi.web.layout.forms import PageForm


class AuditFilterForm(PageForm):
    action = forms.ChoiceField(label=_("操作"), required=False)
    username = forms.CharField(label=_("用户名"), required=False, max_length=64)
    subject_id = forms.CharField(
        label=_("对象编号"),
        required=False,
        max_length=64,
        widget=forms.TextInput(attrs={"data-search-first": "", "placeholder": _("户编号、用户名")}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = sorted(ACTION_NAMES.items(), key=lambda pair: str(pair[1]))
        self.fields["action"].choices = [("", _("全部")), *choices]  # type: ignore[attr-defined]
