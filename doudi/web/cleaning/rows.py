"""The rows of the registry that an issue speaks of, with the cells that may be corrected from it."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from doudi.web.cleaning.cells import Cell, cell_named, cell_seen, cell_shown, cell_text
from doudi.web.cleaning.models import Issue
from doudi.web.refusal import ActionRefused
from doudi.web.registry.models import Household, HouseholdIncome, Person

INCOME_YEARS_SHOWN = 2


@dataclass(frozen=True)
class RowCell:
    """One cell as a page shows it; `name` is that of its field in the form, `seen` the mark of what is shown."""

    where: Cell
    text: str | None
    name: str

    @property
    def label(self) -> str:
        return self.where.label

    @property
    def shown(self) -> str:
        return cell_shown(self.where, self.text)

    @property
    def seen(self) -> str:
        return cell_seen(self.text)

    @property
    def is_blank(self) -> bool:
        return self.text is None


@dataclass(frozen=True)
class IssueRow:
    """A row of a table, what people call it, and its cells that the issue names."""

    table: str
    row_id: int
    title: str
    row: Any
    cells: list[RowCell]


def cells_of_issue(issue: Issue) -> list[Cell]:
    """The cells an issue names; one that the registry no longer has is left out."""
    found = []
    for name in issue.columns:
        try:
            found.append(cell_named(name))
        except ActionRefused:
            continue
    return found


def rows_of_issue(issue: Issue) -> list[IssueRow]:
    """The person (or everybody of a household's issue), the household, its last incomes. At most three statements."""
    by_table: dict[str, list[Cell]] = {}
    for where in cells_of_issue(issue):
        by_table.setdefault(where.table, []).append(where)
    found: list[IssueRow] = []
    if "person" in by_table:
        members = Person.objects.filter(household_id=issue.household_id).select_related("household").order_by("pk")
        if issue.person_id is not None:
            members = members.filter(pk=issue.person_id)
        found += [_row("person", member, member.name, by_table["person"]) for member in members]
    if "household" in by_table:
        household = Household.objects.get(pk=issue.household_id)
        found.append(_row("household", household, _("%s户") % household.head_name, by_table["household"]))
    if "income" in by_table:
        incomes = HouseholdIncome.objects.filter(household_id=issue.household_id).select_related("household")
        for income in incomes.order_by("-income_year")[:INCOME_YEARS_SHOWN]:
            found.append(_row("income", income, _("%d 年收入") % income.income_year, by_table["income"]))
    return found


def _row(table: str, row: Any, title: str, cells: list[Cell]) -> IssueRow:
    return IssueRow(
        table,
        row.pk,
        title,
        row,
        [
            RowCell(where, cell_text(getattr(row, where.field.attname)), f"{table}-{row.pk}-{where.column}")
            for where in cells
        ],
    )
