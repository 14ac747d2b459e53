"""Typing a filled-in comparison sheet back: only what was written changes, through the one door."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from doudi.feeds.problems import BadCell
from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Officer, require
from doudi.web.cleaning.cells import cell_shown, was_seen
from doudi.web.cleaning.correcting import Applied, CellChange, corrections_apply
from doudi.web.cleaning.models import CorrectionBatch, How
from doudi.web.cleaning.sheets.comparison.building import NEW, Box, ComparisonSheet, comparison_sheets, reference_day
from doudi.web.cleaning.sheets.workbooks.lines import written_text
from doudi.web.intake.writing import lock_registry
from doudi.web.refusal import NotFound
from doudi.web.registry.models import Household, HouseholdIncome

NOT_SEEN = "\x00"
"""Stands for a cell that was shown otherwise than it is: never equal to what a cell holds."""


@dataclass
class Typed:
    """What became of a sheet: cells written; fields with what is wrong with them, in words."""

    cells: int = 0
    repeated: bool = False
    refused: dict[str, str] = field(default_factory=dict)
    conflicts: dict[str, str] = field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        return not self.refused and not self.conflicts


def sheet_of(*, actor: Officer, household_no: str) -> ComparisonSheet:
    """The sheet of one household of the actor's regions. Raises `NotFound`. Six SQL statements."""
    visible = Household.objects.visible_to(actor, Action.CLEANING_SEE)
    household = visible.filter(household_no=household_no).first()
    if household is None:
        raise NotFound("no_such_household", _("没有这一户，或不在您的管辖范围内。"))
    return comparison_sheets([household], as_of=reference_day())[0]


def sheet_type_in(
    *, actor: Officer, household_no: str, written: Mapping[str, str], seen: Mapping[str, str], request_key: UUID
) -> Typed:
    """Write what was typed. `written` and `seen` go by the names of boxes; a blank changes nothing.

    Nothing is written when any field cannot be read, so that the person corrects it and sends the sheet once. The same
    request twice writes once. Raises `NotFound`, `NotAllowed`.
    """
    with transaction.atomic():
        lock_registry()
        sheet = sheet_of(actor=actor, household_no=household_no)
        require(actor, Action.CLEANING_CORRECT, sheet.household.region_code)
        if CorrectionBatch.objects.filter(pk=request_key).exists():
            applied = corrections_apply(actor=actor, changes=[], how=How.COMPARISON, request_key=request_key)
            return Typed(cells=applied.cells, repeated=True)
        typed = Typed()
        wanted = _wanted(sheet, written, seen, typed)
        if typed.refused or not wanted:
            return typed
        income = _income_row(sheet) if any(box.row_id == NEW for box, _change in wanted) else None
        changes = [_change_of(box, after, before, income) for box, (before, after) in wanted]
        applied = corrections_apply(actor=actor, changes=changes, how=How.COMPARISON, request_key=request_key)
        _told(applied, wanted, changes, typed)
        if income is not None and not any(one.table == "income" for one in applied.done):
            HouseholdIncome.objects.filter(pk=income.pk).delete()
    return typed


Wanted = list[tuple[Box, tuple[str | None, str | None]]]


def _wanted(sheet: ComparisonSheet, written: Mapping[str, str], seen: Mapping[str, str], typed: Typed) -> Wanted:
    """The boxes with something written, each with what was seen there and what it shall be."""
    found: Wanted = []
    names = {box.name: box for box in sheet.all_boxes}
    for name, text in written.items():
        box = names.get(name) or _since_written(names, name)
        if box is None or not text.strip():
            continue
        try:
            after = written_text(box.where, text.strip())
        except BadCell as bad:
            typed.refused[name] = f"{bad.reason}，{bad.remedy}。"
            continue
        before = box.text if was_seen(box.text, seen.get(name, "")) else NOT_SEEN
        found.append((box, (before, after)))
    return found


def _since_written(names: Mapping[str, Box], name: str) -> Box | None:
    """The box of an income that somebody else wrote first, while this page was open."""
    lead = f"income-{NEW}-"
    if not name.startswith(lead):
        return None
    wanted = ("income", name.removeprefix(lead))
    return next((box for box in names.values() if (box.where.table, box.where.column) == wanted), None)


def _income_row(sheet: ComparisonSheet) -> HouseholdIncome:
    """The row of the income year that is collected, for the number of members of that year."""
    household = sheet.household
    members = household.size_year if household.size_year is not None else household.size_now
    return HouseholdIncome.objects.create(household=household, income_year=sheet.year, members=members)


def _change_of(box: Box, after: str | None, before: str | None, income: HouseholdIncome | None) -> CellChange:
    row_id = income.pk if box.row_id == NEW and income is not None else int(box.row_id)
    issue = box.issues[0].pk if box.issues else None
    return CellChange(box.where.table, row_id, box.where.column, before, after, issue)


def _told(applied: Applied, wanted: Wanted, changes: list[CellChange], typed: Typed) -> None:
    """Each conflict and refusal at the field that it is about."""
    names = {change: box for change, (box, _values) in zip(changes, wanted, strict=True)}
    typed.cells = applied.cells
    for conflict in applied.conflicts:
        box = names[conflict.change]
        typed.conflicts[box.name] = _("别人已改为“%s”，没有覆盖；请核对后再填。") % cell_shown(
            box.where, conflict.present
        )
    for refused in applied.refused:
        typed.refused[names[refused.change].name] = refused.message
