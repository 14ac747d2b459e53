"""What a workbook that came back would do, row by row: change, same, conflict or refused. Nothing is written here."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from doudi.feeds.problems import BadCell
from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Officer
from doudi.web.cleaning.cells import TARGETS, Cell, cell, cell_shown, cell_text, was_seen
from doudi.web.cleaning.models import Correction, Issue
from doudi.web.cleaning.sheets.workbooks.keys import BadKey, RowKey, row_key_read
from doudi.web.cleaning.sheets.workbooks.lines import cells_named, item_named, written_text
from doudi.web.cleaning.sheets.workbooks.reading import WrittenLine
from doudi.web.refusal import ActionRefused
from doudi.web.registry.models import Household, Person

CHANGE, SAME, CONFLICT, REFUSED = "change", "same", "conflict", "refused"
ROWS_A_STEP = 500


@dataclass(frozen=True)
class Entry:
    """One filled-in row and what becomes of it.

    `before` and `after` are cell texts (`cells.cell_text`); `reason` and `remedy` say why a row is refused or in
    conflict; `told` is what the row itself says (village, household, person …), for the page and the way back.
    """

    row: int
    kind: str
    written: str
    key: str = ""
    issue_id: int | None = None
    table: str = ""
    row_id: int = 0
    column: str = ""
    before: str | None = None
    after: str | None = None
    reason: str = ""
    remedy: str = ""
    household_no: str = ""
    head_name: str = ""
    person_name: str = ""
    region_code: str = ""
    item: str = ""

    @property
    def where(self) -> Cell | None:
        try:
            return cell(self.table, self.column) if self.table else None
        except ActionRefused:
            return None

    @property
    def before_shown(self) -> str:
        return cell_shown(self.where, self.before) if self.where else ""

    @property
    def after_shown(self) -> str:
        where = self.where
        if where is None or self.kind == REFUSED:
            return "" if where is not None and where.is_withheld else self.written
        return cell_shown(where, self.after) if self.after is not None else _("（清空）")

    @property
    def sentence(self) -> str:
        return f"{self.reason}，{self.remedy}" if self.reason and self.remedy else self.reason or self.remedy


@dataclass(frozen=True)
class Plan:
    """What a workbook would do; `blank`: rows left blank, which change nothing."""

    entries: tuple[Entry, ...]
    blank: int = 0

    def of(self, kind: str) -> list[Entry]:
        return [entry for entry in self.entries if entry.kind == kind]

    @property
    def counts(self) -> dict[str, int]:
        counted = Counter(entry.kind for entry in self.entries)
        return {kind: counted.get(kind, 0) for kind in (CHANGE, SAME, CONFLICT, REFUSED)} | {"blank": self.blank}

    def packed(self) -> bytes:
        return json.dumps(
            {"blank": self.blank, "entries": [asdict(entry) for entry in self.entries]}, ensure_ascii=False
        ).encode()

    @staticmethod
    def unpacked(content: bytes) -> "Plan":
        found = json.loads(content)
        return Plan(tuple(Entry(**one) for one in found["entries"]), found["blank"])


@dataclass
class _Known:
    """What the registry and the desk hold of the rows named: read in a few statements, however many rows."""

    issues: dict[int, Issue] = field(default_factory=dict)
    rows: dict[tuple[str, int], Any] = field(default_factory=dict)

    def read(self, keys: Iterable[RowKey], actor: Officer) -> None:
        keys = list(keys)
        wanted = sorted({key.issue_id for key in keys})
        for start in range(0, len(wanted), ROWS_A_STEP):
            visible = Issue.objects.visible_to(actor, Action.CLEANING_CORRECT).select_related("household", "person")
            self.issues |= visible.in_bulk(wanted[start : start + ROWS_A_STEP])
        for table, target in TARGETS.items():
            ids = sorted({key.row_id for key in keys if key.table == table})
            for start in range(0, len(ids), ROWS_A_STEP):
                rows = target.model._default_manager.filter(pk__in=ids[start : start + ROWS_A_STEP])
                rows = rows if table == "household" else rows.select_related("household")
                self.rows |= {(table, row.pk): row for row in rows}


def keys_of(lines: Sequence[WrittenLine]) -> dict[int, RowKey]:
    """Row number → key, of the rows whose key is sound."""
    found = {}
    for line in lines:
        try:
            found[line.row] = row_key_read(line.key)
        except (BadKey, ValueError):
            continue
    return found


def judge(lines: Sequence[WrittenLine], *, issued: UUID, actor: Officer) -> Plan:
    """The plan of a workbook that was handed out under `issued`. Some five SQL statements a thousand rows."""
    keys = keys_of(lines)
    known = _Known()
    filled = [line for line in lines if line.written or line.is_formula]
    known.read((keys[line.row] for line in filled if line.row in keys), actor)
    entries = [_judged(line, keys.get(line.row), issued, known) for line in filled]
    return Plan(tuple(_with_names(_contradictions(entries))), len(lines) - len(filled))


def _judged(line: WrittenLine, key: RowKey | None, issued: UUID, known: _Known) -> Entry:
    blank = Entry(
        line.row, REFUSED, line.written, line.key, household_no=line.household_no or "", person_name=line.person or "",
        item=line.item or "",
    )  # fmt: skip
    if key is None:
        reason = _("校验码不对或被改动") if line.key else _("这一行没有校验码")
        return replace(blank, reason=reason, remedy=_("请重新下载工作簿，在原来的行里填写"))
    if key.issued != issued:
        return replace(
            blank, reason=_("这一行来自另一份工作簿"), remedy=_("每份工作簿请分别上传，不要合并到一个文件里")
        )
    issue, row = known.issues.get(key.issue_id), known.rows.get((key.table, key.row_id))
    if issue is None or row is None:
        return replace(blank, reason=_("这个问题已不在您的管辖范围内，或已不存在"), remedy=_("请重新下载工作簿"))
    where = next(
        (one for one in cells_named(issue.columns) if (one.table, one.column) == (key.table, key.column)), None
    )
    household = row if isinstance(row, Household) else row.household
    if where is None or household.pk != issue.household_id:
        return replace(blank, reason=_("这个问题不允许更正这一项"), remedy=_("请重新下载工作簿"))
    entry = replace(
        blank,
        issue_id=issue.pk,
        table=key.table,
        row_id=key.row_id,
        column=key.column,
        before=cell_text(getattr(row, where.field.attname)),
        household_no=household.household_no,
        head_name=household.head_name,
        person_name=row.name if isinstance(row, Person) else "",
        region_code=household.region_code,
        item=item_named(where, row),
    )
    told = ((line.household_no, entry.household_no), (line.person, entry.person_name), (line.item, entry.item))
    if any(shown is not None and shown != present for shown, present in told):
        return replace(
            entry,
            reason=_("户编号、姓名或项目与校验码不是同一行"),
            remedy=_("可能改动了锁定的格子，或只移动了部分列；请重新下载后填写"),
        )
    return _valued(entry, line, key, where, issue)


def _valued(entry: Entry, line: WrittenLine, key: RowKey, where: Cell, issue: Issue) -> Entry:
    """The row by what was written and what stands in the cell now."""
    if line.is_formula:
        return replace(entry, written="", reason=_("这一格是公式"), remedy=_("请直接填写数值或文字"))
    try:
        after = written_text(where, line.written)
    except BadCell as bad:
        return replace(entry, reason=bad.reason, remedy=bad.remedy)
    if after == entry.before:
        return replace(entry, kind=SAME, after=after)
    if not was_seen(entry.before, key.seen):
        return replace(entry, kind=CONFLICT, after=after)
    if not issue.is_standing:
        return replace(
            entry,
            reason=_("这个问题%s") % issue.get_state_display(),
            remedy=_("如仍需更正，请重新下载工作簿或在页面上办理"),
        )
    return replace(entry, kind=CHANGE, after=after)


def _contradictions(entries: list[Entry]) -> list[Entry]:
    """Rows that say different things about one cell are all refused; of equal ones the first counts."""
    said: dict[tuple[str, int, str], set[str | None]] = {}
    for entry in entries:
        if entry.kind in (CHANGE, CONFLICT, SAME):
            said.setdefault((entry.table, entry.row_id, entry.column), set()).add(entry.after)
    seen: set[tuple[str, int, str]] = set()
    found = []
    for entry in entries:
        place = (entry.table, entry.row_id, entry.column)
        if entry.kind == REFUSED or (entry.kind == SAME and len(said[place]) == 1):
            found.append(entry)
        elif len(said[place]) > 1:
            reason, remedy = _("同一项在这份工作簿里填了不同的内容"), _("请只保留一种填法")
            found.append(replace(entry, kind=REFUSED, reason=reason, remedy=remedy))
        else:
            found.append(replace(entry, kind=SAME) if place in seen else entry)
            seen.add(place)
    return found


def _with_names(entries: list[Entry]) -> list[Entry]:
    """Conflicts with who changed the cell meanwhile. One SQL statement when there are any."""
    places = {(entry.table, entry.row_id, entry.column) for entry in entries if entry.kind == CONFLICT}
    if not places:
        return entries
    last: dict[tuple[str, int, str], Correction] = {}
    rows = sorted({row_id for _table, row_id, _column in places})
    for start in range(0, len(rows), ROWS_A_STEP):
        found = Correction.objects.filter(row_id__in=rows[start : start + ROWS_A_STEP]).order_by("pk")
        last |= {(one.table, one.row_id, one.column): one for one in found}
    return [
        conflicting(entry, last.get((entry.table, entry.row_id, entry.column))) if entry.kind == CONFLICT else entry
        for entry in entries
    ]


def conflicting(entry: Entry, changed: Correction | None) -> Entry:
    """An entry as a conflict, with the sentence on what stands there now and who put it there."""
    if changed is None:
        who = _("下载之后这一项已变为“%s”") % entry.before_shown
    else:
        when = timezone.localtime(changed.at).strftime("%m-%d %H:%M")
        who = _("%(who)s于%(when)s已改为“%(now)s”") % {
            "who": changed.actor_name,
            "when": when,
            "now": entry.before_shown,
        }
    return replace(
        entry,
        kind=CONFLICT,
        reason=who,
        remedy=_("没有覆盖；请核对哪个对，确需更正的在退回的工作簿里重新上传"),
    )
