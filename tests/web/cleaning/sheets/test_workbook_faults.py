"""What goes wrong with workbooks: the right result or a clear refusal, and nothing lost."""

import io
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command

from doudi.web.accounts.roles import Role
from doudi.web.accounts.scope import Officer
from doudi.web.audit.services import audit_verify
from doudi.web.cleaning.correcting import CellChange, corrections_apply
from doudi.web.cleaning.models import Correction, CorrectionBatch
from doudi.web.cleaning.sheets.models import ReturnedWorkbook, ReturnState
from doudi.web.cleaning.sheets.workbooks import services
from doudi.web.cleaning.sheets.workbooks.judging import CONFLICT, REFUSED
from doudi.web.cleaning.sheets.workbooks.services import plan_of, rejected_workbook, workbook_apply
from doudi.web.jobs.models import Job, JobState
from doudi.web.refusal import ActionRefused, NotAllowed
from tests.web.cleaning.sheets.conftest import Book, Village
from tests.web.cleaning.sheets.test_workbooks import handed_in, written
from tests.web.conftest import NEXT_VILLAGE, TOWNSHIP, VILLAGE, Make
from tests.web.test_killed import kill_a_worker_at

pytestmark = pytest.mark.django_db


def refusal(actor: Officer, book: Book) -> ActionRefused:
    with pytest.raises(ActionRefused) as refused:
        handed_in(actor, book)
    assert not Correction.objects.exists()
    assert not ReturnedWorkbook.objects.exists()
    return refused.value


def test_the_same_workbook_twice_changes_nothing_the_second_time_and_says_so(
    village: Village, cadre: Officer, download: Any
) -> None:
    book = download(cadre).write("务工时间", 9).write("当前家庭人口数", 2)
    written(cadre, book)
    again = handed_in(cadre, book)
    assert (again.state, again.counts["change"], again.counts["conflict"]) == (ReturnState.NOTHING, 0, 0)
    assert cadre.name in again.problem
    assert "没有任何新的改动" in again.problem
    with pytest.raises(ActionRefused):
        workbook_apply(actor=cadre, key=again.key)
    assert Correction.objects.count() == 2


def test_two_confirmations_of_one_upload_write_once(village: Village, cadre: Officer, download: Any) -> None:
    returned = handed_in(cadre, download(cadre).write("务工时间", 9))
    first, second = workbook_apply(actor=cadre, key=returned.key), workbook_apply(actor=cadre, key=returned.key)
    assert (first.state, second.state) == (ReturnState.APPLIED, ReturnState.APPLIED)
    assert Correction.objects.count() == CorrectionBatch.objects.count() == 1


def test_an_old_value_does_not_come_back_with_an_old_workbook(
    make: Make, village: Village, cadre: Officer, download: Any
) -> None:
    """Written, then corrected once more on the page; the workbook of before is uploaded again."""
    book = download(cadre).write("务工时间", 9)
    written(cadre, book)
    later = CellChange("person", village.head.pk, "work_months", "9", "8")
    corrections_apply(actor=make.officer(Role.COUNTY_OFFICER), changes=[later], how="correct", request_key=uuid4())
    again = handed_in(cadre, book)
    assert (again.state, again.counts["change"], again.counts["conflict"]) == (ReturnState.NOTHING, 0, 1)
    village.head.refresh_from_db()
    assert village.head.work_months == 8


def test_what_two_persons_wrote_differently_is_shown_and_not_overwritten(
    make: Make, village: Village, cadre: Officer, download: Any
) -> None:
    township = make.officer(Role.TOWNSHIP_OFFICER, TOWNSHIP)
    mine, theirs = download(cadre).write("务工时间", 9), download(township, region=VILLAGE).write("务工时间", 11)
    written(township, theirs)
    returned = handed_in(cadre, mine)
    (entry,) = plan_of(returned).of(CONFLICT)
    village.head.refresh_from_db()
    assert (entry.before, entry.after, village.head.work_months) == ("11", "9", 11)
    assert township.name in entry.reason
    assert "没有覆盖" in entry.remedy


def test_a_change_between_preview_and_confirmation_is_a_conflict_too(
    make: Make, village: Village, cadre: Officer, download: Any
) -> None:
    township = make.officer(Role.TOWNSHIP_OFFICER, TOWNSHIP)
    mine = handed_in(cadre, download(cadre).write("务工时间", 9).write("当前家庭人口数", 2))
    written(township, download(township, region=VILLAGE).write("务工时间", 11))
    done = workbook_apply(actor=cadre, key=mine.key)
    village.head.refresh_from_db()
    village.household.refresh_from_db()
    assert (village.head.work_months, village.household.size_now) == (11, 2)
    assert (done.counts["done"], done.counts["change"], done.counts["conflict"]) == (1, 1, 1)
    assert plan_of(done).of(CONFLICT)[0].before == "11"


def test_without_the_hidden_key_column_nothing_is_read(village: Village, cadre: Officer, download: Any) -> None:
    refused = refusal(cadre, download(cadre).write("务工时间", 9).without("校验码"))
    assert (refused.code, "重新下载" in refused.message) == ("no_keys", True)


def test_an_emptied_key_column_is_as_none(village: Village, cadre: Officer, download: Any) -> None:
    book = download(cadre).write("务工时间", 9)
    for row in range(4, book.page.max_row + 1):
        book.cell(row, "校验码").value = None
    assert refusal(cadre, book).code == "no_keys"


def test_keys_altered_throughout_are_not_ours(village: Village, cadre: Officer, download: Any) -> None:
    book = download(cadre).write("务工时间", 9)
    for row in range(4, book.page.max_row + 1):
        cell = book.cell(row, "校验码")
        cell.value = str(cell.value).replace("work_months", "wage_month").replace("person", "income") + "0"
    assert refusal(cadre, book).code == "not_ours"


def test_a_workbook_of_another_installation_is_not_ours(
    village: Village, cadre: Officer, download: Any, settings: Any
) -> None:
    book = download(cadre).write("务工时间", 9)
    settings.SECRET_KEY = "another county's secret, long enough"
    assert refusal(cadre, book).code == "not_ours"


@pytest.mark.parametrize(
    "change",
    [
        lambda key: key.replace(".work_months.", ".labour."),
        lambda key: key[:-1] + ("0" if key[-1] != "0" else "1"),
        lambda key: "",
        lambda key: "1e9",
    ],
)
def test_one_altered_key_refuses_its_row_and_no_other(
    village: Village, cadre: Officer, download: Any, change: Any
) -> None:
    """Nobody reaches another cell by rewriting a key."""
    book = download(cadre).write("务工时间", 9).write("当前家庭人口数", 2)
    (row,) = book.rows("务工时间")
    book.cell(row, "校验码").value = change(str(book.cell(row, "校验码").value))
    returned = written(cadre, book)
    village.head.refresh_from_db()
    assert (village.head.work_months, village.head.labour, returned.counts["done"]) == (14, "none", 1)
    (entry,) = plan_of(returned).of(REFUSED)
    assert (entry.row, "校验码" in entry.reason) == (row, True)


def test_a_workbook_of_another_village_is_refused(make: Make, village: Village, download: Any) -> None:
    book = download(make.officer(Role.VILLAGE_CADRE, NEXT_VILLAGE)).write("务工时间", 9)
    with pytest.raises(NotAllowed) as refused:
        handed_in(make.officer(Role.VILLAGE_CADRE, VILLAGE), book)
    assert refused.value.code == "other_scope"
    assert not Correction.objects.exists()


def test_a_workbook_of_the_whole_township_is_refused_from_a_village(make: Make, village: Village, cadre, download: Any):
    book = download(make.officer(Role.TOWNSHIP_OFFICER, TOWNSHIP)).write("当前家庭人口数", 2)
    with pytest.raises(NotAllowed):
        handed_in(cadre, book)


def test_rows_of_another_workbook_pasted_in_are_refused(make: Make, village: Village, download: Any) -> None:
    township = make.officer(Role.TOWNSHIP_OFFICER, TOWNSHIP)
    book, other = download(township, region=VILLAGE), download(township, region=NEXT_VILLAGE)
    (row,) = other.rows("务工时间")
    other.cell(row, "更正为").value = 9
    last = book.page.max_row + 1
    for header in other.headers:
        book.page.cell(last, book.headers[header]).value = other.cell(row, header).value
    (entry,) = plan_of(handed_in(township, book.write("当前家庭人口数", 2))).of(REFUSED)
    assert (entry.row, "另一份工作簿" in entry.reason) == (last, True)


def test_an_issue_settled_meanwhile_is_not_reopened(village: Village, cadre: Officer, download: Any) -> None:
    book = download(cadre).write("务工时间", 9)
    issue = village.issues["months"]
    issue.state = "exempted"
    issue.save()
    (entry,) = plan_of(handed_in(cadre, book)).of(REFUSED)
    assert "已豁免" in entry.reason


def test_a_household_gone_meanwhile_refuses_its_rows(village: Village, cadre: Officer, download: Any) -> None:
    book = download(cadre).write("务工时间", 9)
    Correction.objects.all().delete()
    village.household.delete()
    (entry,) = plan_of(handed_in(cadre, book)).of(REFUSED)
    assert "重新下载" in entry.remedy


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n" + b"0" * 100, "not_a_sheet"),
        (b"PK\x03\x04 broken", "corrupt"),
        ("户编号,更正为\nH1,2\n".encode(), "no_keys"),
        ("姓名,电话\n王建国,2\n".encode(), "not_ours"),
    ],
)
def test_another_file_is_refused_in_words(village: Village, cadre: Officer, content: bytes, code: str) -> None:
    with pytest.raises(ActionRefused) as refused:
        services.workbook_return(actor=cadre, name="问题.xlsx", content=content)
    assert refused.value.code == code


def test_a_workbook_that_unpacks_without_end_is_refused(village: Village, cadre: Officer) -> None:
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"<row>" + b" " * (80 * 1024 * 1024))
    with pytest.raises(ActionRefused) as refused:
        services.workbook_return(actor=cadre, name="问题.xlsx", content=out.getvalue())
    assert refused.value.code == "bomb"


def test_refused_rows_keep_what_was_written_for_the_way_back(village: Village, cadre: Officer, download: Any) -> None:
    book = download(cadre).write("务工时间", 9)
    (row,) = book.rows("务工时间")
    book.cell(row, "校验码").value = None
    returned = handed_in(cadre, book)
    out = io.BytesIO()
    rejected_workbook(actor=cadre, key=returned.key, out=out)
    back = Book(out.getvalue())
    assert [back.cell(found, "更正为").value for found in back.rows("务工时间")] == ["9"]


KILLED_AT = [
    ("doudi.web.cleaning.sheets.workbooks.services:corrections_apply", True),
    ("doudi.web.cleaning.sheets.workbooks.services:corrections_apply", False),
    ("doudi.web.cleaning.correcting:audit_record", False),
]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("point", "before"), KILLED_AT)
def test_a_bulk_repair_that_was_killed_leaves_nothing_and_is_finished(
    village: Village, cadre: Officer, download: Any, monkeypatch: Any, point: str, before: bool
) -> None:
    monkeypatch.setattr(services, "MOST_AT_ONCE", 0)
    returned = written(cadre, download(cadre).write("务工时间", 9).write("当前家庭人口数", 2))
    assert returned.state == ReturnState.APPLYING
    kill_a_worker_at(point, before=before)
    village.head.refresh_from_db()
    assert (village.head.work_months, Correction.objects.count()) == (14, 0)
    call_command("worker", "--batch")
    job = Job.objects.latest("created_at")
    returned.refresh_from_db()
    village.head.refresh_from_db()
    village.household.refresh_from_db()
    assert (job.state, job.attempts, returned.state) == (JobState.SUCCEEDED, 2, ReturnState.APPLIED)
    assert (village.head.work_months, village.household.size_now, Correction.objects.count()) == (9, 2, 2)
    assert audit_verify().whole


@pytest.mark.django_db(transaction=True)
def test_a_bulk_repair_by_somebody_whose_post_ended_writes_nothing(
    village: Village, cadre: Officer, download: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(services, "MOST_AT_ONCE", 0)
    returned = written(cadre, download(cadre).write("务工时间", 9))
    from doudi.web.accounts.models import Post

    Post.objects.update(until="2021-01-01")
    call_command("worker", "--batch")
    returned.refresh_from_db()
    assert (returned.state, Correction.objects.count()) == (ReturnState.PREVIEW, 0)
    assert returned.problem
