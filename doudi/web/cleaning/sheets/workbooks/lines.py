"""The rows of a workbook of issues: one for each cell that an issue lets people correct."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from doudi.feeds.problems import BadCell
from doudi.web.cleaning.cells import Cell, cell_named, cell_read, cell_seen, cell_shown, cell_text
from doudi.web.cleaning.models import Issue
from doudi.web.cleaning.rows import INCOME_YEARS_SHOWN
from doudi.web.cleaning.sheets.workbooks.keys import RowKey
from doudi.web.refusal import ActionRefused
from doudi.web.regions.queries import PlaceNames
from doudi.web.registry.models import HouseholdIncome, Person

CLEAR = "清空"
"""What people write to empty a cell: a blank means that nothing is to change."""


@dataclass(frozen=True)
class SheetLine:
    """A row of the workbook as it is written. `reason`: why it comes back, in a workbook of bad rows."""

    township: str
    village: str
    household_no: str
    head_name: str
    person_name: str
    resident_id: str
    severity: str
    sentence: str
    item: str
    present: str
    proposal: str
    key: str
    where: Cell | None
    written: str = ""
    reason: str = ""


@dataclass(frozen=True)
class IssueCell:
    """A cell that an issue lets people correct, with the row it stands in."""

    issue: Issue
    where: Cell
    row: Any

    @property
    def text(self) -> str | None:
        return cell_text(getattr(self.row, self.where.field.attname))

    @property
    def person(self) -> Person | None:
        return self.row if isinstance(self.row, Person) else None

    @property
    def is_proposed(self) -> bool:
        """Whether the issue's repair is about this very cell, and the cell still holds what it was proposed for."""
        return (
            self.issue.repair_column == self.where.id
            and self.text == self.issue.repair_before
            and (self.person is None or self.issue.person_id == self.person.pk)
        )

    @property
    def item(self) -> str:
        """What the cell is called, incomes with their year."""
        return item_named(self.where, self.row)

    def key(self, issued: UUID) -> RowKey:
        return RowKey(issued, self.issue.pk, self.where.table, self.row.pk, self.where.column, cell_seen(self.text))


def item_named(where: Cell, row: Any) -> str:
    """The header of a cell in the national sheet; of an income with its year."""
    header = where.contract.header
    return f"{header}（{row.income_year}年）" if isinstance(row, HouseholdIncome) else header


def written_text(where: Cell, written: str) -> str | None:
    """What was written, as a cell's text. Only the word for it empties a cell. Raises `BadCell`."""
    if written.strip("（）()") == CLEAR:
        return cell_text(cell_read(where, None))
    found = cell_text(cell_read(where, written))
    if found is None:
        raise BadCell("看不出要改成什么", f"请填写内容；要清掉原来的内容请填“{CLEAR}”")
    return found


def issue_cells(issues: Sequence[Issue]) -> Iterator[IssueCell]:
    """The cells that each issue lets people correct, in the order of the issues. Two SQL statements.

    A person's issue concerns that person's row, a household's the rows of all its members; of incomes the last years,
    as on the desk (`rows.rows_of_issue`). Issues come with household and person.
    """
    households = {issue.household_id for issue in issues}
    members: dict[int, list[Person]] = {}
    for person in Person.objects.filter(household__in=households).order_by("household_id", "pk"):
        members.setdefault(person.household_id, []).append(person)
    incomes: dict[int, list[HouseholdIncome]] = {}
    for income in HouseholdIncome.objects.filter(household__in=households).order_by("household_id", "-income_year"):
        incomes.setdefault(income.household_id, []).append(income)
    for issue in issues:
        own = [one for one in members.get(issue.household_id, ()) if issue.person_id in (None, one.pk)]
        rows: dict[str, list[Any]] = {
            "household": [issue.household],
            "person": list(own),
            "income": list(incomes.get(issue.household_id, ()))[:INCOME_YEARS_SHOWN],
        }
        for where in cells_named(issue.columns):
            for row in rows[where.table]:
                yield IssueCell(issue, where, row)


def cells_named(names: Iterable[str]) -> list[Cell]:
    """The cells that may be corrected among those a check names."""
    found = []
    for name in names:
        try:
            found.append(cell_named(name))
        except ActionRefused:
            continue
    return found


def sheet_lines(issues: Sequence[Issue], issued: UUID) -> Iterator[SheetLine]:
    """The rows of a workbook. Four SQL statements."""
    places = PlaceNames(issue.region_code for issue in issues)
    for one in issue_cells(issues):
        issue, person = one.issue, one.person
        proposal = ""
        if one.is_proposed:
            proposal = cell_shown(one.where, issue.repair_value) if issue.repair_value else CLEAR
        yield SheetLine(
            township=places.above(issue.region_code),
            village=places.name(issue.region_code),
            household_no=issue.household.household_no,
            head_name=issue.household.head_name,
            person_name=person.name if person is not None else "",
            resident_id=person.resident_id_masked if person is not None else "",
            severity=str(issue.get_severity_display()),
            sentence=issue.sentence,
            item=one.item,
            present=cell_shown(one.where, one.text),
            proposal=proposal,
            key=one.key(issued).sealed(),
            where=one.where,
        )
