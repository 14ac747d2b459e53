"""What people choose before they take a workbook, a printed sheet or an export, and what they hand in."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from doudi.standards.regions import RegionLevel
from doudi.web.cleaning.models import Severity
from doudi.web.layout.choices import anything, place_choices
from doudi.web.layout.filters import FilterForm
from doudi.web.layout.forms import LongSelect, PageForm
from doudi.web.regions.queries import RegionChoice

LARGEST_WORKBOOK = 30 * 1024 * 1024
LARGEST_PHOTO = 10 * 1024 * 1024


class WorkbookFilterForm(FilterForm):
    region = forms.ChoiceField(label=gettext_lazy("乡镇、村"), required=False, widget=LongSelect)
    severity = forms.ChoiceField(label=gettext_lazy("程度"), required=False)
    check = forms.CharField(required=False, max_length=96, widget=forms.HiddenInput)

    def __init__(self, *args: Any, places: list[RegionChoice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer({"region": place_choices(places), "severity": [anything(), *Severity.choices]})


class WorkbookUploadForm(PageForm):
    file = forms.FileField(
        label=gettext_lazy("填好的工作簿"),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.xls"}),
        help_text=gettext_lazy("只读“更正为”一列；先给您看会改动什么，确认后才写入。原件加密保存。"),
        error_messages={
            "required": gettext_lazy("请选择填好的工作簿"),
            "empty": gettext_lazy("文件是空的，请重新保存后再上传"),
        },
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > LARGEST_WORKBOOK:
            raise forms.ValidationError(gettext_lazy("文件超过 30 MB，请按村分几份上传"))
        return file


class ComparisonForm(FilterForm):
    region = forms.ChoiceField(label=gettext_lazy("行政村"), required=False, widget=LongSelect)
    only = forms.ChoiceField(label=gettext_lazy("范围"), required=False)

    def __init__(self, *args: Any, places: list[RegionChoice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        villages = [place for place in places if place.level == RegionLevel.VILLAGE]
        offered = [(place.code, place.name) for place in villages]
        self.offer(
            {"region": offered, "only": [("issues", gettext_lazy("只打印有问题的户")), ("", gettext_lazy("全部农户"))]}
        )


class PhotoForm(PageForm):
    file = forms.FileField(
        label=gettext_lazy("填好的对照表照片"),
        widget=forms.ClearableFileInput(attrs={"accept": "image/jpeg,image/png,application/pdf"}),
        help_text=gettext_lazy("JPG、PNG 照片或 PDF 扫描件，不超过 10 MB，加密保存在这一户名下。"),
        error_messages={"required": gettext_lazy("请选择照片"), "empty": gettext_lazy("文件是空的，请重新拍照")},
    )


class ExportForm(PageForm):
    region = forms.ChoiceField(label=gettext_lazy("地区"), required=False, widget=LongSelect)
    reason = forms.CharField(
        label=gettext_lazy("用途"),
        max_length=200,
        help_text=gettext_lazy("例如“回传全国系统”。用途、导出和每次下载都记入审计日志。"),
        error_messages={"required": gettext_lazy("请写明用途")},
    )

    def __init__(self, *args: Any, places: list[RegionChoice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["region"].choices = [  # type: ignore[attr-defined]
            ("", gettext_lazy("全部")),
            *((place.code, "　" * place.depth + place.name) for place in places),
        ]
