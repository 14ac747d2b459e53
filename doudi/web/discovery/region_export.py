"""The alerts of villages and townships as a workbook, marked with who took it and when."""

from typing import BinaryIO

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Officer, require
from doudi.web.audit.services import audit_record
from doudi.web.discovery.export import label, write_marked
from doudi.web.discovery.region_alerts import RegionAlertRow, RegionFilter, every_region_alert

WIDTHS = (6, 8, 8, 14, 14, 28, 10, 70, 14, 16, 16)


def region_alert_workbook(*, actor: Officer, chosen: RegionFilter, out: BinaryIO) -> int:
    """Write the alerts of the filter that the actor may export; gives the number of rows. No household is named."""
    require(actor, Action.CLUE_EXPORT)
    titles = [
        _("序号"), _("级别"), _("层级"), _("乡镇"), _("行政村"), _("规则"), _("涉及户数"), _("原因"), _("风险类型"),
        _("责任部门"), _("区划代码"),
    ]  # fmt: skip
    rows = (_cells(row) for row in every_region_alert(actor=actor, chosen=chosen))
    written = write_marked(out, actor, sheet=_("村乡预警"), titles=titles, widths=WIDTHS, rows=rows)
    audit_record(
        action="region_alert_export",
        actor=actor,
        subject_type="region_alert",
        detail={"rows": written, "filter": {name: value for name, value in vars(chosen).items() if value}},
    )
    return written


def _cells(row: RegionAlertRow) -> list[str]:
    english = (get_language() or "").startswith("en")
    alert = row.alert
    return [
        label("level", alert.level),
        str(alert.get_region_level_display()),
        row.township or row.place,
        row.place if row.township else "",
        (row.title_en if english else "") or row.title,
        str(alert.households),
        (alert.sentence_en if english else "") or alert.sentence,
        label("risk_type", alert.risk),
        label("department", alert.department),
        alert.region_code,
    ]
