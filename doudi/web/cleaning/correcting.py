"""The one door through which a person's correction reaches a cell of the registry, and the way back.

Everybody who corrects goes through `corrections_apply`: the desk, workbooks, comparison sheets, employment, duplicates.
It changes nothing silently: a cell that is no longer what the person saw is left alone and told as a conflict.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from doudi.feeds.problems import BadCell
from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Officer, require
from doudi.web.audit.services import audit_record
from doudi.web.cleaning.cells import TARGETS, Cell, cell, cell_named, cell_read, cell_text, set_cell, set_derived
from doudi.web.cleaning.models import Correction, CorrectionBatch, How, Issue
from doudi.web.intake.writing import lock_registry, registry_changed
from doudi.web.jobs.progress import Report, ignore
from doudi.web.refusal import ActionRefused, NotFound
from doudi.web.registry.models import Household, RegistryState

ROWS_A_STEP = 500
MOST_CONFLICTS_KEPT = 200


@dataclass(frozen=True)
class CellChange:
    """One cell as the person saw it (`before`, as `cells.cell_text` writes it) and what it shall be (`after`).

    `table`: person | household | income; `row_id`: primary key there; `after` may be written as in a sheet (a label, a
    date of any shape); None or "" empties the cell. `issue_id`: the issue it mends, which must name the column.
    """

    table: str
    row_id: int
    column: str
    before: str | None
    after: str | None
    issue_id: int | None = None


@dataclass(frozen=True)
class Conflict:
    """A cell that somebody changed meanwhile: `present` is what stands there now; nothing was overwritten."""

    change: CellChange
    present: str | None


@dataclass(frozen=True)
class Refused:
    """A cell that was not changed because of what was written, or because it may not be changed; with the sentence."""

    change: CellChange
    code: str
    message: str


@dataclass
class Applied:
    """What became of the changes asked for. `unchanged`: cells that were like that already."""

    key: UUID
    done: list[Correction] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    unchanged: int = 0
    repeated: bool = False

    @property
    def cells(self) -> int:
        return len(self.done)


def corrections_apply(
    *,
    actor: Officer,
    changes: Iterable[CellChange],
    how: str,
    request_key: UUID,
    report: Report = ignore,
) -> Applied:
    """Change cells, all of them in one transaction, and judge the households concerned anew.

    A request that was done already does nothing (`repeated`). Raises `NotAllowed` for a row outside the actor's reach,
    `NotFound` for one that is not there, `ActionRefused` (`no_such_cell`) for a column that nobody may correct.
    """
    wanted = list(changes)
    for change in wanted:
        cell(change.table, change.column)
    with transaction.atomic():
        state = lock_registry()
        applied = Applied(request_key)
        if (known := CorrectionBatch.objects.filter(pk=request_key).first()) is not None:
            return _repeated(known, applied)
        work = _Work(actor=actor, how=How(how), applied=applied, report=report)
        work.read(wanted)
        for number, change in enumerate(wanted):
            work.change(change)
            report(_("更正"), number + 1, len(wanted))
        if work.found or applied.conflicts:
            work.keep(state)
    return applied


def corrections_undo(*, actor: Officer, batch: UUID, request_key: UUID | None = None) -> Applied:
    """Take a batch of corrections back, cell by cell; cells that were changed again since are conflicts.

    Undoing twice does nothing. Raises `NotFound`, `NotAllowed`, `ActionRefused` (`is_undo`).
    """
    with transaction.atomic():
        state = lock_registry()
        known = CorrectionBatch.objects.filter(pk=batch).first()
        corrections = list(Correction.objects.filter(batch_id=batch).order_by("-pk"))
        if known is None or not Correction.objects.visible_to(actor).filter(batch_id=batch).exists():
            raise NotFound("no_such_correction", _("没有这次更正，或不在您的管辖范围内。"))
        if known.how == How.UNDO:
            raise ActionRefused("is_undo", _("这次本身就是撤销，不能再撤销；如需改回，请重新更正。"))
        earlier = CorrectionBatch.objects.filter(undoes=known).first()
        if earlier is not None:
            return _repeated(earlier, Applied(earlier.pk))
        applied = Applied(request_key or _undo_key(batch))
        work = _Work(actor=actor, how=How.UNDO, applied=applied, report=ignore, undoes=known)
        wanted = [
            CellChange(one.table, one.row_id, one.column, one.after, one.before, one.issue_id) for one in corrections
        ]
        work.read(wanted)
        for change in wanted:
            work.change(change, as_stored=True)
        if not work.found:
            raise ActionRefused("changed_later", _("这些单元格之后又改过，没有可以撤销的；请看更正记录。"))
        work.keep(state)
        undone = {(one.table, one.row_id, one.column) for one in applied.done}
        back = [one.pk for one in corrections if (one.table, one.row_id, one.column) in undone]
        Correction.objects.filter(pk__in=back).update(undone_by=applied.key)
    return applied


def _undo_key(batch: UUID) -> UUID:
    """The key of taking a batch back: always the same, so that two clicks are one."""
    return UUID(int=batch.int ^ 1)


def _repeated(known: CorrectionBatch, applied: Applied) -> Applied:
    applied.key, applied.repeated = known.pk, True
    applied.done = list(Correction.objects.filter(batch=known).order_by("pk"))
    applied.conflicts = [Conflict(CellChange(**one), None) for one in known.conflicts]
    return applied


class _Work:
    """One request on its way: rows read once, changed in memory, written together. Inside the registry's lock."""

    def __init__(
        self,
        *,
        actor: Officer,
        how: How,
        applied: Applied,
        report: Report,
        undoes: CorrectionBatch | None = None,
    ) -> None:
        self.actor, self.how, self.applied, self.report, self.undoes = actor, how, applied, report, undoes
        self.rows: dict[tuple[str, int], Any] = {}
        self.issues: dict[int, Issue] = {}
        self.changed: dict[tuple[str, int], set[str]] = defaultdict(set)
        self.columns: dict[tuple[str, int], set[str]] = defaultdict(set)
        self.found: list[tuple[CellChange, Cell, Household, str | None, str | None]] = []

    def read(self, changes: Sequence[CellChange]) -> None:
        """The rows and issues that the changes name, each with its household; refuses those out of reach."""
        for table, target in TARGETS.items():
            ids = sorted({change.row_id for change in changes if change.table == table})
            for start in range(0, len(ids), ROWS_A_STEP):
                rows = target.model._default_manager.filter(pk__in=ids[start : start + ROWS_A_STEP])
                if table != "household":
                    rows = rows.select_related("household")
                self.rows |= {(table, row.pk): row for row in rows}
        named = sorted({change.issue_id for change in changes if change.issue_id is not None})
        for start in range(0, len(named), ROWS_A_STEP):
            self.issues |= Issue.objects.in_bulk(named[start : start + ROWS_A_STEP])
        regions = set()
        for change in changes:
            row = self.rows.get((change.table, change.row_id))
            if row is None:
                raise NotFound("no_such_row", _("登记簿里没有这一行，可能已被撤销导入，请刷新后再试。"))
            regions.add(_household(row).region_code)
        for region in regions:
            require(self.actor, Action.CLEANING_CORRECT, region)

    def change(self, change: CellChange, *, as_stored: bool = False) -> None:
        """Change one cell in memory, or note why not. `as_stored`: the new text is one that stood there before."""
        where, row = cell(change.table, change.column), self.rows[change.table, change.row_id]
        household = _household(row)
        present = cell_text(getattr(row, where.field.attname))
        if not as_stored and (refusal := self._not_of_issue(change, where, row, household)) is not None:
            self.applied.refused.append(Refused(change, "not_of_issue", refusal))
            return
        try:
            value = _stored(where, change.after) if as_stored else cell_read(where, change.after)
        except BadCell as bad:
            sentence = f"{where.label}：{bad.reason}，{bad.remedy}。"
            self.applied.refused.append(Refused(change, "bad_value", sentence))
            return
        after = cell_text(value)
        if present == after:
            self.applied.unchanged += 1
            return
        if present != (change.before or None):
            self.applied.conflicts.append(Conflict(change, present))
            return
        if where.id == "household.region_code":
            if after is None:
                self.applied.refused.append(Refused(change, "bad_value", _("行政村代码不能为空。")))
                return
            require(self.actor, Action.CLEANING_CORRECT, after)
        self.changed[change.table, change.row_id].update(set_cell(row, where, value))
        self.columns[change.table, change.row_id].add(where.column)
        self.found.append((change, where, household, present, after))

    def _not_of_issue(self, change: CellChange, where: Cell, row: Any, household: Household) -> str | None:
        """Why a change does not belong to the issue it names, if it does not."""
        if change.issue_id is None:
            return None
        issue = self.issues.get(change.issue_id)
        if issue is None or issue.household_id != household.pk:
            return _("这个问题不是这一户的，请刷新后再试。")
        if where.id not in {cell_named(name).id for name in issue.columns}:
            return _("这个问题只能更正与它有关的列，“%s”不在其中。") % where.label
        if where.table == "person" and issue.person_id not in (None, row.pk):
            return _("这个问题说的是另一位家庭成员。")
        return None

    def keep(self, state: RegistryState) -> None:
        """Write the rows, the trace and the audit line; then judge the households again."""
        from doudi.web.cleaning.rechecking import after_corrections

        now = timezone.now()
        households = {household.pk: household for _change, _where, household, _before, _after in self.found}
        batch = CorrectionBatch.objects.create(
            key=self.applied.key,
            how=self.how,
            actor_id=self.actor.user_id,
            actor_name=self.actor.name,
            at=now,
            cells=len(self.found),
            households=len(households),
            conflicts=[_plainly(one.change) for one in self.applied.conflicts[:MOST_CONFLICTS_KEPT]],
            undoes=self.undoes,
        )
        for number, (key, names) in enumerate(self.changed.items()):
            row = self.rows[key]
            names |= set(set_derived(row, key[0], self.columns[key]))
            row.updated_at = now
            row.save(update_fields=[*names, "updated_at"])
            self.report(_("写入更正"), number + 1, len(self.changed))
        self.applied.done = Correction.objects.bulk_create(
            [
                Correction(
                    batch=batch,
                    issue_id=change.issue_id if change.issue_id in self.issues else None,
                    household=household,
                    region_code=household.region_code,
                    table=where.table,
                    row_id=change.row_id,
                    column=where.column,
                    before=before,  # type: ignore[misc]
                    after=after,
                    how=self.how,
                    actor_id=self.actor.user_id,
                    actor_name=self.actor.name,
                    at=now,
                )
                for change, where, household, before, after in self.found
            ],
            batch_size=ROWS_A_STEP,
        )
        if not self.found:
            return
        registry_changed(state)
        after_corrections(
            actor=self.actor, batch=batch, corrections=self.applied.done, households=households, report=self.report
        )
        self._audit(batch, households)

    def _audit(self, batch: CorrectionBatch, households: dict[int, Household]) -> None:
        columns: dict[str, int] = {}
        for _change, where, _household, _before, _after in self.found:
            columns[where.id] = columns.get(where.id, 0) + 1
        only = next(iter(households.values())) if len(households) == 1 else None
        about: dict[str, Any] = {
            "region_code": only.region_code if only is not None else "",
            "subject_type": "household" if only is not None else "correction",
            "subject_id": only.household_no if only is not None else str(batch.pk),
            "detail": {
                "batch": str(batch.pk),
                "how": str(self.how),
                "columns": columns,
                "households": len(households),
                "conflicts": len(self.applied.conflicts),
            },
        }
        if self.how == How.UNDO:
            audit_record(action="correction_undo", actor=self.actor, **about)
        else:
            audit_record(action="correction_apply", actor=self.actor, **about)


def _household(row: Any) -> Household:
    return row if isinstance(row, Household) else row.household


def _stored(where: Cell, text: str | None) -> Any:
    """The value of a text that stood in the cell before; what the sheet would refuse today is put back all the same."""
    if text is None:
        return None if where.field.null else ""
    try:
        return cell_read(where, text)
    except BadCell:
        return where.field.to_python(text)


def _plainly(change: CellChange) -> dict[str, Any]:
    """A change without its values, which may be ids, for the record of conflicts."""
    return {
        "table": change.table,
        "row_id": change.row_id,
        "column": change.column,
        "before": None,
        "after": None,
        "issue_id": change.issue_id,
    }
