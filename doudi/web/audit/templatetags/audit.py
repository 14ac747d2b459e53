"""Lines of the audit log in words."""

from typing import Any

from django import template
from django.utils.translation import gettext_lazy as _

from doudi.web.audit.queries import ACTION_NAMES
from doudi.web.layout.templatetags.layout import shown

register = template.Library()

DETAIL_NAMES = {
    "reason": _("理由"),
    "role": _("角色"),
    "department": _("部门"),
    "rows": _("行数"),
    "count": _("数量"),
    "month": _("月份"),
    "as_of": _("筛查日"),
    "files": _("文件"),
    "filters": _("条件"),
    "fields": _("内容"),
    "sha256": _("摘要"),
}


@register.filter
def audit_action(action: str) -> str:
    """What was done, in words; the identifier where no words are known."""
    return str(ACTION_NAMES.get(action, action))


@register.filter
def audit_detail(detail: dict[str, Any]) -> list[dict[str, str]]:
    """The details of a line as label and value."""
    rows = []
    for key, value in detail.items():
        if value in (None, "", [], {}):
            continue
        if isinstance(value, dict):
            value = [f"{name} {part}" for name, part in value.items() if part not in (None, "")]
        rows.append({"label": str(DETAIL_NAMES.get(key, key)), "value": shown(value)})
    return rows
