"""The list of persons whose sources contradict each other as a workbook, marked with who took it and when."""

from typing import Any, BinaryIO

from django.utils.translation import gettext as _

from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Officer, require
from doudi.web.audit.services import audit_record
from doudi.web.discovery.export import MOST_ROWS, label, write_marked
from doudi.web.employment.queries import LineFilter, LineRow, every_line, lines_matching
from doudi.web.layout.templatetags.layout import yuan
from doudi.web.refusal import ActionRefused

SIDES = ("registry", "register", "insured", "subsidy", "visit")
WIDTHS = (6, 14, 14, 20, 12, 12, 32, 10, 10, 10, 10, 10, 12, 12, 24, 24, 20, 20, 20, 12, 12, 12, 12, 12, 10)


def line_workbook(*, actor: Officer, chosen: LineFilter, out: BinaryIO) -> int:
    """Write the lines of the filter that the actor may export; gives the number of rows. No id, phone or account.

    Two SQL statements a thousand lines, and the audit line. Raises `ActionRefused` (`too_many_rows`).
    """
    require(actor, Action.CLUE_EXPORT)
    lines = lines_matching(actor=actor, chosen=chosen, action=Action.CLUE_EXPORT)
    keys = list(lines.values_list("pk", flat=True)[: MOST_ROWS + 1])
    if len(keys) > MOST_ROWS:
        raise ActionRefused("too_many_rows", _("超过 %d 条，请先按乡镇或矛盾缩小范围再导出。") % MOST_ROWS)
    titles = [
        _("序号"), _("乡镇"), _("行政村"), _("户编号"), _("户主姓名"), _("姓名"), _("矛盾"),
        _("登记簿月数"), _("务工登记月数"), _("社保月数"), _("补助名单月数"), _("走访月数"),
        _("登记簿区域"), _("务工登记区域"), _("务工登记地点"), _("走访地点"),
        _("登记簿单位"), _("务工登记单位"), _("社保单位"), _("登记簿月收入"), _("务工登记月收入"), _("走访月收入"),
        _("登记簿渠道"), _("务工登记渠道"), _("去年月数"),
    ]  # fmt: skip
    rows = (_cells(row) for row in every_line(keys, actor=actor))
    written = write_marked(out, actor, sheet=_("就业数据比对"), titles=titles, widths=WIDTHS, rows=rows)
    audit_record(
        action="employment_export",
        actor=actor,
        subject_type="employment",
        detail={"rows": written, "filter": {name: value for name, value in vars(chosen).items() if value}},
    )
    return written


def _cells(row: LineRow) -> list[str]:
    line, said = row.line, row.line.sources
    kinds = [label("work_conflict", kind) for kind in line.conflicts]
    if line.stopped:
        kinds.append(_("去年务工今年没有"))
    return [
        row.township, row.village, line.household.household_no, line.household.head_name, line.person.name,
        "、".join(kinds),
        *(_number(said.get(f"{side}_months")) for side in SIDES),
        label("work_area", said.get("registry_area") or ""), label("work_area", said.get("register_area") or ""),
        said.get("register_place") or "", said.get("visit_place") or "",
        *(said.get(f"{side}_employer") or "" for side in ("registry", "register", "insured")),
        *(yuan(said[f"{side}_wage"]) if said.get(f"{side}_wage") else "" for side in ("registry", "register", "visit")),
        label("job_channel", said.get("registry_channel") or ""),
        label("job_channel", said.get("register_channel") or ""),
        _number(said.get("before_months")),
    ]  # fmt: skip


def _number(value: Any) -> str:
    return "" if value is None else f"{value:g}"
