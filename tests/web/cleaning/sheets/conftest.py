"""A village with two households and issues, and workbooks as people fill them in."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import openpyxl
import pytest

from doudi.web.accounts.roles import Role
from doudi.web.accounts.scope import Officer
from doudi.web.cleaning.models import Issue
from doudi.web.cleaning.sheets.workbooks.services import workbook_issue
from doudi.web.registry.models import Household, Person
from tests.web.conftest import NEXT_VILLAGE, VILLAGE, Make

HEADER_ROW = 3


@dataclass
class Village:
    """What the tests point at: the issues by a short name, whose cells they concern."""

    household: Household
    head: Person
    child: Person
    issues: dict[str, Issue]


def raised(household: Household, *columns: str, person: Person | None = None, **given: Any) -> Issue:
    return Issue.objects.create(
        check_id=given.pop("check_id", f"work.test_{columns[0].replace('.', '_')}"),
        check_version="1", topic="work", severity=given.pop("severity", "error"), severity_order=0,
        responsible="village", household=household, person=person, region_code=household.region_code,
        columns=list(columns), sentence="请核对", found_on=date(2023, 8, 1), **given,
    )  # fmt: skip


@pytest.fixture
def village(make: Make) -> Village:
    make.regions()
    household = make.household(VILLAGE, phone="13800000001", size_now=3)
    head = make.person(household, work_months=14, labour="none", birth_date=date(1980, 1, 1), employer="砖厂")
    child = make.person(household, "王小花", relation="daughter", labour="none", birth_date=date(2010, 1, 1))
    make.income(household, 2022)
    other = make.household(NEXT_VILLAGE, "李秀英")
    make.person(other, "李秀英", work_months=13)
    issues = {
        "months": raised(household, "person.labour", "person.work_months", person=head),
        "employer": raised(household, "person.employer", person=head),
        "size": raised(household, "household.size_now", check_id="household.size"),
        "phone": raised(household, "household.phone", check_id="household.phone"),
        "wages": raised(household, "income.wage_income", check_id="income.wages"),
        "elsewhere": raised(other, "person.work_months", person=other.members.get()),
    }
    return Village(household, head, child, issues)


@pytest.fixture
def cadre(make: Make) -> Officer:
    return make.officer(Role.VILLAGE_CADRE, VILLAGE)


class Book:
    """A workbook in somebody's hands: its rows by what they are about, cells to write into, columns to move."""

    def __init__(self, content: bytes) -> None:
        self.book = openpyxl.load_workbook(io.BytesIO(content))
        self.page = self.book.worksheets[0]

    @property
    def headers(self) -> dict[str, int]:
        return {str(cell.value): cell.column for cell in self.page[HEADER_ROW] if cell.value}

    def rows(self, item: str, person: str | None = None) -> list[int]:
        found = []
        for row in range(HEADER_ROW + 1, self.page.max_row + 1):
            about = self.cell(row, "项目").value, self.cell(row, "姓名").value
            if about[0] == item and person in (None, about[1]):
                found.append(row)
        return found

    def cell(self, row: int, header: str) -> Any:
        return self.page.cell(row, self.headers[header])

    def write(self, item: str, value: Any, *, person: str | None = None, header: str = "更正为") -> "Book":
        (row,) = self.rows(item, person)
        self.cell(row, header).value = value
        return self

    def reorder(self, *headers: str) -> "Book":
        """Put the columns named first, in this order, as people do with cut and insert."""
        names = [*headers, *(name for name in self.headers if name not in headers)]
        rows = range(HEADER_ROW, self.page.max_row + 1)
        moved = [[self.cell(row, name).value for name in names] for row in rows]
        for row, values in zip(rows, moved, strict=True):
            for at, value in enumerate(values, start=1):
                self.page.cell(row, at).value = value
        return self

    def without(self, header: str) -> "Book":
        self.page.delete_cols(self.headers[header])
        return self

    def content(self) -> bytes:
        out = io.BytesIO()
        self.book.save(out)
        return out.getvalue()


@pytest.fixture
def download() -> Callable[..., Book]:
    def do(actor: Officer, **chosen: Any) -> Book:
        out = io.BytesIO()
        workbook_issue(actor=actor, out=out, **chosen)
        return Book(out.getvalue())

    return do
