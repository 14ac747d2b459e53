"""Lines of the audit log in words."""

from typing import Any

from django import template
from django.utils.translation import gettext_lazy as _

from doudi.web.accounts.roles import Role
from doudi.web.audit.queries import ACTION_NAMES
from doudi.web.layout.templatetags.layout import code, listed, shown

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
    "file": _("文件"),
    "filter": _("条件"),
    "members": _("人数"),
    "fields": _("内容"),
    "sha256": _("摘要"),
    "tables": _("变化"),
    "snapshots": _("部门数据"),
    "alerts": _("预警"),
    "red": _("红色"),
    "yellow": _("黄色"),
    "exclusions": _("待核实"),
    "cannot_tell": _("无法判断"),
    "households": _("户"),
    "persons": _("人"),
    "households_with_alerts": _("有预警的户"),
    "rules": _("规则"),
    "seconds": _("用时（秒）"),
    "kind": _("种类"),
    "from": _("施行日期"),
}
TABLE_NAMES = {
    "region": _("行政区划"),
    "regions": _("行政区划"),
    "household": _("户"),
    "person": _("人"),
    "income": _("收入"),
}


@register.filter
def audit_action(action: str) -> str:
    """What was done, in words; the identifier where no words are known."""
    return str(ACTION_NAMES.get(action, action))


@register.filter
def audit_detail(detail: dict[str, Any]) -> list[dict[str, str]]:
    """The details of a line as label and value, without what is empty."""
    return [
        {"label": str(DETAIL_NAMES.get(key, key)), "value": in_words(key, value)}
        for key, value in detail.items()
        if value not in (None, "", [], {})
    ]


def in_words(key: str, value: Any) -> str:
    """One detail as a person reads it: roles, departments and tables by name, files by theirs."""
    if key == "role":
        return str(Role(value).label) if value in Role.values else str(value)
    if key == "department":
        return code(value, "department")
    if key == "files":
        return listed(file.get("name", "") if isinstance(file, dict) else file for file in value)
    if key == "tables":
        changes = (
            _("%(table)s 新增 %(added)s、修改 %(changed)s")
            % {"table": TABLE_NAMES.get(name, name), "added": f"{added:,}", "changed": f"{changed:,}"}
            for name, (added, changed) in value.items()
        )
        return listed(changes)
    if isinstance(value, dict):
        return listed(f"{name} {part}" for name, part in value.items() if part not in (None, ""))
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return shown(value)
