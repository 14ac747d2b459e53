"""Uploading department sheets and the register."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doudi.standards.periods import Month
from doudi.web.layout.forms import PageForm

ACCEPTED = ".xlsx,.xls,.csv,.zip"
MONTHS_OFFERED = 36


class SeveralFilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class SeveralFilesField(forms.FileField):
    """One or more files; `cleaned_data` holds their list."""

    widget = SeveralFilesInput

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        given = data if isinstance(data, list | tuple) else [data]
        return [super(SeveralFilesField, self).clean(one, initial) for one in given] or super().clean(None, initial)


class UploadForm(PageForm):
    files = SeveralFilesField(  # type: ignore[assignment]
        label=gettext_lazy("表格文件"),
        widget=SeveralFilesInput(attrs={"accept": ACCEPTED}),
        help_text=gettext_lazy("可一次选多个：xlsx、xls、csv，或装有它们的 zip。单个文件不超过 200 MB。原件加密保存。"),
        error_messages={
            "required": gettext_lazy("请选择要上传的文件"),
            "empty": gettext_lazy("文件是空的，请重新导出后再上传"),
        },
    )
    month = forms.ChoiceField(
        label=gettext_lazy("数据月份"),
        help_text=gettext_lazy("数据统计到哪个月。文件名里写了月份（例如“医保结算_202307”）的，以文件名为准。"),
        error_messages={"required": gettext_lazy("请选择数据月份")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["month"].choices = month_choices()  # type: ignore[attr-defined]
        self.fields["month"].initial = str(last_month())


def last_month() -> Month:
    return Month(timezone.localdate().replace(day=1) - timedelta(days=1))


def month_choices() -> Iterable[tuple[str, str]]:
    """This month and those before it, the newest first."""
    newest = Month(timezone.localdate())
    for back in range(MONTHS_OFFERED + 12):
        month = newest - back
        day = month.first_day
        yield str(month), _("%(year)d 年 %(month)d 月") % {"year": day.year, "month": day.month}
