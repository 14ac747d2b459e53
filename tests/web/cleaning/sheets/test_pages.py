"""The pages of sheets: what they say when something is wrong, what they cost, and what stands behind a figure."""

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from doudi.web.accounts.models import User
from doudi.web.accounts.roles import Role
from doudi.web.audit.models import AuditEntry
from doudi.web.cleaning.models import Correction
from doudi.web.cleaning.sheets.comparison.photos import photo_keep
from doudi.web.cleaning.sheets.models import FilledSheet, ReturnedWorkbook
from tests.web.cleaning.sheets.conftest import Village, raised
from tests.web.conftest import TOWNSHIP, VILLAGE, Make

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


@pytest.fixture
def cadre_client(make: Make, village: Village, signed_in: SignIn) -> Client:
    make.tallies()
    return signed_in(make.user(Role.VILLAGE_CADRE, VILLAGE))


def test_a_file_that_is_no_workbook_is_told_beside_the_field(cadre_client: Client) -> None:
    file = SimpleUploadedFile("照片.xlsx", b"\x89PNG\r\n\x1a\n" + b"0" * 100)
    response = cadre_client.post(reverse("sheets:workbooks"), {"file": file})
    assert response.status_code == 400
    assert "这是图片，不是表格" in response.content.decode()
    assert not ReturnedWorkbook.objects.exists()


def test_without_issues_the_page_says_so_instead_of_a_file(make: Make, village: Village, signed_in: SignIn) -> None:
    client = signed_in(make.user(Role.VILLAGE_CADRE, "149901102201"))
    response = client.get(reverse("sheets:workbook_new"), follow=True)
    assert "没有待处理的问题" in response.content.decode()


def test_a_workbook_of_one_check_or_severity_has_only_its_issues(
    village: Village, cadre_client: Client, make: Make
) -> None:
    from tests.web.cleaning.sheets.conftest import Book

    raised(village.household, "household.phone", check_id="doubtful", severity="doubt")
    for chosen, items in (
        ({"check": "household.size"}, {"当前家庭人口数"}),
        ({"severity": "doubt"}, {"户联系电话"}),
    ):
        response = cadre_client.get(reverse("sheets:workbook_new"), chosen)
        book = Book(b"".join(response.streaming_content))
        rows = range(4, book.page.max_row + 1)
        assert {book.cell(row, "项目").value for row in rows} == items


def test_what_could_not_be_written_stays_in_its_field_with_the_reason(village: Village, cadre_client: Client) -> None:
    address = reverse("sheets:comparison", args=[village.household.household_no])
    page = cadre_client.get(address)
    name = f"person-{village.head.pk}-work_months"
    box = next(box for box in page.context["sheet"].all_boxes if box.name == name)
    response = cadre_client.post(address, {name: "很久", f"{name}-seen": box.seen, "request_key": "x"})
    assert response.status_code == 409
    field = next(
        field
        for member in response.context["members"]
        for field in member["fields"]
        if field["box"].name == name
    )  # fmt: skip
    assert (field["value"], "请只填写数字" in field["problem"]) == ("很久", True)
    assert not Correction.objects.exists()


def test_a_photo_is_never_taken_for_a_page(village: Village, cadre_client: Client, make: Make) -> None:
    actor = make.officer(Role.VILLAGE_CADRE, VILLAGE)
    number = village.household.household_no
    photo_keep(actor=actor, household_no=number, content=b"\xff\xd8\xff<script>alert(1)</script>")
    pdf = photo_keep(actor=actor, household_no=number, content=b"%PDF-1.4 <script>alert(1)</script>")
    picture = FilledSheet.objects.exclude(pk=pdf.pk).get()
    shown = cadre_client.get(reverse("sheets:photo", args=[picture.pk]))
    assert (shown["Content-Type"], shown["X-Content-Type-Options"]) == ("image/jpeg", "nosniff")
    assert "no-store" in shown["Cache-Control"]
    assert cadre_client.get(reverse("sheets:photo", args=[pdf.pk]))["Content-Disposition"].startswith("attachment")


def test_a_file_that_is_no_photo_is_told_on_the_page(village: Village, cadre_client: Client) -> None:
    address = reverse("sheets:photo_new", args=[village.household.household_no])
    file = SimpleUploadedFile("对照表.jpg", b"<html></html>", content_type="image/jpeg")
    response = cadre_client.post(address, {"file": file}, follow=True)
    assert "这不是 JPG、PNG 照片" in response.content.decode()
    assert not FilledSheet.objects.exists()


def test_printing_is_in_the_log_and_shows_masked_numbers(village: Village, cadre_client: Client) -> None:
    text = cadre_client.get(reverse("sheets:comparison_print"), {"only": "issues"}).content.decode()
    assert village.household.household_no in text
    assert "需要核实" in text
    assert village.head.resident_id not in text
    assert "13800000001" not in text
    entry = AuditEntry.objects.get(action="comparison_print")
    assert (entry.region_code, entry.subject_id) == (VILLAGE, VILLAGE)


def test_behind_every_figure_stand_its_rows(make: Make, village: Village, signed_in: SignIn) -> None:
    make.tallies()
    client = signed_in(make.user(Role.COUNTY_OFFICER))
    page = client.get(reverse("sheets:share"))
    (row,) = [row for row in page.context["rows"] if row["place"].now.errors]
    assert row["place"].code == VILLAGE or row["place"].code == TOWNSHIP
    issues = client.get(row["errors"])
    assert issues.status_code == 200
    assert issues.context["page"].paginator.count == row["place"].now.errors


MOST_STATEMENTS = {
    "sheets:workbooks": 8,
    "sheets:comparisons": 14,
    "sheets:comparison_print": 16,
    "sheets:share": 12,
}


@pytest.mark.parametrize("name", MOST_STATEMENTS)
def test_more_households_cost_no_more_statements(name: str, make: Make, village: Village, cadre_client: Client) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert cadre_client.get(reverse(name), {"only": ""}).status_code == 200
        return len([one for one in seen.captured_queries if not one["sql"].startswith(("SAVEPOINT", "RELEASE"))])

    cadre_client.get(reverse(name))
    few = cost()
    for number in range(8):
        home = make.household(VILLAGE, f"户主{number}")
        make.income(home)
        raised(home, "person.work_months", person=make.person(home, f"户主{number}"))
    assert cost() == few <= MOST_STATEMENTS[name]
