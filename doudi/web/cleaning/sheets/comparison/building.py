"""Comparison sheets (信息采集对照表): what is registered of each household beside a blank for what is found this year.

Ids, phones and accounts are masked. A box that an issue concerns is marked, and the issues stand on the sheet.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef
from django.utils import timezone

from doudi.standards.periods import IncomeYear, age_on
from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Officer
from doudi.web.cleaning.cells import Cell, cell_seen, cell_shown, cell_text
from doudi.web.cleaning.models import CleaningRun, Issue
from doudi.web.cleaning.sheets.comparison.form import comparison_form
from doudi.web.discovery.queries import latest_run
from doudi.web.regions.queries import PlaceNames
from doudi.web.registry.models import Household, HouseholdIncome, HouseholdQuerySet, Person

MEMBERS_ACROSS = 5
NEW = "new"
"""Stands for the row of an income year that nobody has written yet."""


@dataclass(frozen=True)
class Box:
    """One cell on the sheet. `last`: what to print; `text`: what stands in the cell that is written to."""

    where: Cell
    row_id: int | str
    text: str | None
    last: str
    issues: tuple[Issue, ...] = ()

    @property
    def name(self) -> str:
        """Its field on the page on which the sheet is typed in."""
        return f"{self.where.table}-{self.row_id}-{self.where.column}"

    @property
    def label(self) -> str:
        return self.where.label

    @property
    def seen(self) -> str:
        return cell_seen(self.text)

    @property
    def options(self) -> list[tuple[str, str]]:
        """What can be picked: 是 and 否, or the codes of the list."""
        if self.where.contract.type == "boolean":
            return [("是", cell_shown(self.where, "true")), ("否", cell_shown(self.where, "false"))]
        return list(self.where.choices.items()) if self.where.contract.type == "code" else []

    @property
    def present(self) -> str:
        """What is registered for this year already, where the last year's value is printed beside it."""
        return cell_shown(self.where, self.text) if self.text is not None else ""


@dataclass(frozen=True)
class MemberPart:
    person: Person
    age: int | None
    boxes: tuple[Box, ...]


@dataclass(frozen=True)
class MemberTable:
    """Some members on paper: a line for each item with a box for each of them."""

    members: tuple[MemberPart, ...]
    rows: tuple[tuple[str, tuple[Box, ...]], ...]


@dataclass(frozen=True)
class ComparisonSheet:
    """One household's page."""

    household: Household
    village: str
    township: str
    year: int
    """The income year that is collected."""
    last_year: int | None
    """The income year printed beside it."""
    boxes: tuple[Box, ...]
    incomes: tuple[Box, ...]
    members: tuple[MemberPart, ...]
    issues: tuple[Issue, ...]

    @property
    def member_tables(self) -> list["MemberTable"]:
        """The members side by side, as many as fit across the paper; below one another what is asked of each."""
        found = []
        for start in range(0, len(self.members), MEMBERS_ACROSS):
            across = self.members[start : start + MEMBERS_ACROSS]
            rows = [(boxes[0].label, boxes) for boxes in zip(*(member.boxes for member in across), strict=True)]
            found.append(MemberTable(across, tuple(rows)))
        return found

    @property
    def all_boxes(self) -> list[Box]:
        return [*self.boxes, *self.incomes, *(box for member in self.members for box in member.boxes)]


def reference_day() -> date:
    """The day that the data is of: of the last checks or screening, else today. At most two SQL statements."""
    run = CleaningRun.objects.filter(state="done").order_by("-pk").first()
    if run is not None:
        return run.as_of
    screening = latest_run()
    return screening.as_of if screening is not None else timezone.localdate()


def village_households(*, actor: Officer, region: str, only_issues: bool) -> HouseholdQuerySet:
    """The households of a village in the order in which they are printed and typed."""
    found = Household.objects.visible_to(actor, Action.CLEANING_SEE).filter(region_code=region)
    if only_issues:
        found = found.filter(Exists(Issue.objects.standing().filter(household=OuterRef("pk"))))
    return found.order_by("natural_village", "household_no")


@dataclass
class _Beside:
    """What belongs to the households of a page, read together."""

    members: dict[int, list[Person]] = field(default_factory=dict)
    incomes: dict[int, list[HouseholdIncome]] = field(default_factory=dict)
    issues: dict[int, list[Issue]] = field(default_factory=dict)


def comparison_sheets(households: Sequence[Household], *, as_of: date) -> list[ComparisonSheet]:
    """The sheets of some households. Four SQL statements however many."""
    beside = _Beside()
    for person in Person.objects.filter(household__in=households).order_by("household_id", "pk"):
        if person.status not in ("dead", "moved_out"):
            beside.members.setdefault(person.household_id, []).append(person)
    for income in HouseholdIncome.objects.filter(household__in=households).order_by("-income_year"):
        beside.incomes.setdefault(income.household_id, []).append(income)
    standing = Issue.objects.standing().filter(household__in=households).order_by("severity_order", "pk")
    for issue in standing:
        beside.issues.setdefault(issue.household_id, []).append(issue)
    places = PlaceNames(household.region_code for household in households)
    return [_sheet(household, beside, places, as_of) for household in households]


def _sheet(household: Household, beside: _Beside, places: PlaceNames, as_of: date) -> ComparisonSheet:
    form, year = comparison_form(), IncomeYear.last_completed(as_of).year
    issues = beside.issues.get(household.pk, [])
    incomes = beside.incomes.get(household.pk, [])
    now = next((income for income in incomes if income.income_year == year), None)
    last = next((income for income in incomes if income.income_year < year), None)
    members = [
        MemberPart(
            person,
            age_on(person.birth_date, as_of) if person.birth_date else None,
            _boxes(form.cells["person"], person, [one for one in issues if one.person_id in (None, person.pk)]),
        )
        for person in beside.members.get(household.pk, [])
    ]
    return ComparisonSheet(
        household=household,
        village=places.name(household.region_code),
        township=places.above(household.region_code),
        year=year,
        last_year=last.income_year if last is not None else None,
        boxes=_boxes(form.cells["household"], household, issues),
        incomes=_income_boxes(form.cells["income"], now, last, issues),
        members=tuple(members),
        issues=tuple(issues),
    )


def _boxes(cells: Sequence[Cell], row: Any, issues: Sequence[Issue]) -> tuple[Box, ...]:
    concerned = _concerned(issues)
    found = []
    for where in cells:
        text = cell_text(getattr(row, where.field.attname))
        found.append(Box(where, row.pk, text, cell_shown(where, text), concerned.get(where.id, ())))
    return tuple(found)


def _income_boxes(
    cells: Sequence[Cell], now: HouseholdIncome | None, last: HouseholdIncome | None, issues: Sequence[Issue]
) -> tuple[Box, ...]:
    concerned = _concerned(issues)
    found = []
    for where in cells:
        text = cell_text(getattr(now, where.field.attname)) if now is not None else None
        before = cell_text(getattr(last, where.field.attname)) if last is not None else None
        row_id = now.pk if now is not None else NEW
        found.append(Box(where, row_id, text, cell_shown(where, before), concerned.get(where.id, ())))
    return tuple(found)


def _concerned(issues: Sequence[Issue]) -> Mapping[str, tuple[Issue, ...]]:
    found: dict[str, tuple[Issue, ...]] = {}
    for issue in issues:
        for name in issue.columns:
            found[name] = (*found.get(name, ()), issue)
    return found
