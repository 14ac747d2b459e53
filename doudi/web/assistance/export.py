"""The list of gaps as a workbook, marked with who took it and when."""

from typing import BinaryIO

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Officer, require
from doudi.web.assistance.models import State
from doudi.web.assistance.queries import LineFilter, LineRow, every_line, lines_matching
from doudi.web.audit.services import audit_record
from doudi.web.discovery.export import MOST_ROWS, label, write_marked
from doudi.web.discovery.rulebook import policies_for_choice
from doudi.web.layout.templatetags.layout import yuan
from doudi.web.refusal import ActionRefused

WIDTHS = (6, 12, 14, 14, 20, 12, 12, 28, 64, 14, 14, 14, 44, 30)


def line_workbook(*, actor: Officer, chosen: LineFilter, out: BinaryIO) -> int:
    """Write the lines of the filter that the actor may export; gives the number of rows. No id, phone or account.

    Two SQL statements a thousand lines, and the audit line. Raises `ActionRefused` (`too_many_rows`).
    """
    require(actor, Action.CLUE_EXPORT)
    lines = lines_matching(actor=actor, chosen=chosen, action=Action.CLUE_EXPORT)
    keys = list(lines.values_list("pk", flat=True)[: MOST_ROWS + 1])
    if len(keys) > MOST_ROWS:
        raise ActionRefused("too_many_rows", _("超过 %d 条，请先按乡镇或政策缩小范围再导出。") % MOST_ROWS)
    how = {
        policy.id: (f"{policy.apply.where}：{policy.apply.how}", "、".join(policy.evidence))
        for policy in policies_for_choice()
    }
    titles = [
        _("序号"), _("享受情况"), _("乡镇"), _("行政村"), _("户编号"), _("户主姓名"), _("对象"), _("政策"), _("原因"),
        _("每年应享（元）"), _("已领（元）"), _("责任部门"), _("怎么申请"), _("凭证材料"),
    ]  # fmt: skip
    rows = (_cells(row, how.get(row.line.policy_id, ("", ""))) for row in every_line(keys, actor=actor))
    written = write_marked(out, actor, sheet=_("政策核对"), titles=titles, widths=WIDTHS, rows=rows)
    audit_record(
        action="entitlement_export",
        actor=actor,
        subject_type="entitlement",
        detail={"rows": written, "filter": {name: value for name, value in vars(chosen).items() if value}},
    )
    return written


def _cells(row: LineRow, how: tuple[str, str]) -> list[str]:
    english = (get_language() or "").startswith("en")
    line = row.line
    return [
        str(State(line.state).label),
        row.township,
        row.village,
        line.household.household_no,
        line.household.head_name,
        row.person_name or _("全家"),
        (row.title.title_en if english else "") or row.title.title,
        (line.sentence_en if english else "") or line.sentence,
        "" if line.amount is None else yuan(line.amount),
        "" if line.received is None else yuan(line.received),
        label("department", line.department),
        *how,
    ]
