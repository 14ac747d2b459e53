"""Issues go out as a workbook and come back: only the open cells count, and nobody's work is overwritten."""

import io
from typing import Any
from uuid import uuid4

import pytest

from doudi.web.accounts.roles import Role
from doudi.web.accounts.scope import Officer
from doudi.web.audit.models import AuditEntry
from doudi.web.cleaning.models import Correction, Issue, Task
from doudi.web.cleaning.sheets.models import ReturnedWorkbook, ReturnState
from doudi.web.cleaning.sheets.workbooks.judging import CONFLICT, REFUSED, SAME
from doudi.web.cleaning.sheets.workbooks.services import (
    plan_of,
    rejected_workbook,
    workbook_apply,
    workbook_discard,
    workbook_issue,
    workbook_return,
)
from doudi.web.refusal import ActionRefused, NotFound
from tests.web.cleaning.sheets.conftest import Book, Village, raised
from tests.web.conftest import FAR_VILLAGE, TOWNSHIP, VILLAGE, Make

pytestmark = pytest.mark.django_db


def handed_in(actor: Officer, book: Book, name: str = "数据问题.xlsx") -> ReturnedWorkbook:
    return workbook_return(actor=actor, name=name, content=book.content())


def written(actor: Officer, book: Book) -> ReturnedWorkbook:
    return workbook_apply(actor=actor, key=handed_in(actor, book).key)


def test_a_village_gets_its_own_issues_with_ids_masked(village: Village, cadre: Officer, download: Any) -> None:
    book = download(cadre)
    cells = [str(cell.value) for row in book.page.iter_rows() for cell in row if cell.value]
    assert len(book.rows("劳动技能")) == len(book.rows("务工时间")) == len(book.rows("当前家庭人口数")) == 1
    assert village.household.household_no in cells
    assert "李秀英" not in cells
    assert village.head.resident_id not in cells
    assert "13800000001" not in str(cells)
    assert AuditEntry.objects.get(action="cleaning_workbook_issue").region_code == VILLAGE


def test_only_the_open_column_can_be_written_into_and_codes_are_picked(village: Village, cadre: Officer, download: Any):
    book = download(cadre)
    (row,) = book.rows("劳动技能")
    assert book.page.protection.sheet
    assert {name for name in book.headers if not book.cell(row, name).protection.locked} == {"更正为"}
    assert book.page.column_dimensions[book.cell(row, "校验码").column_letter].hidden
    place = book.cell(row, "更正为").coordinate
    (rule,) = [one for one in book.page.data_validations.dataValidation if place in one.sqref]
    assert rule.type == "list"
    sheet, _mark, area = rule.formula1.partition("!")
    assert [cell.value for (cell,) in book.book[sheet.strip("'")][area.replace("$", "")]] == [
        "技能劳动力", "普通劳动力", "弱劳动力或半劳动力", "丧失劳动力", "无劳动力", "清空",
    ]  # fmt: skip


def test_what_was_filled_in_reaches_the_registry_after_the_preview(village: Village, cadre: Officer, download: Any):
    book = download(cadre).write("劳动技能", "普通劳动力").write("务工时间", 10).write("当前家庭人口数", "2人")
    book.write("工资性收入（2022年）", "1.2万").write("户联系电话", 13912345678)
    returned = handed_in(cadre, book)
    village.head.refresh_from_db()
    assert (returned.state, returned.counts["change"], village.head.work_months) == (ReturnState.PREVIEW, 5, 14)
    workbook_apply(actor=cadre, key=returned.key)
    village.head.refresh_from_db()
    village.household.refresh_from_db()
    assert (village.head.labour, village.head.work_months) == ("ordinary", 10)
    assert (village.household.size_now, village.household.phone) == (2, "13912345678")
    assert village.household.incomes.get().wage_income == 12000
    assert {one.issue_id for one in Correction.objects.all()} == {
        village.issues[name].pk for name in ("months", "size", "wages", "phone")
    }
    assert {one.how for one in Correction.objects.all()} == {"workbook"}


def test_a_blank_changes_nothing_and_the_word_for_it_empties_a_cell(village: Village, cadre: Officer, download: Any):
    returned = written(cadre, download(cadre).write("务工企业名称", "清空"))
    village.head.refresh_from_db()
    assert (village.head.employer, village.head.labour) == (None, "none")
    assert returned.counts["done"] == 1


def test_a_cell_that_says_nothing_is_asked_about(village: Village, cadre: Officer, download: Any) -> None:
    returned = handed_in(cadre, download(cadre).write("务工企业名称", "无"))
    (entry,) = plan_of(returned).of(REFUSED)
    assert "清空" in entry.sentence
    assert returned.state == ReturnState.NOTHING


def test_columns_may_stand_in_any_order(village: Village, cadre: Officer, download: Any) -> None:
    book = download(cadre).write("务工时间", 9).reorder("更正为", "项目", "校验码")
    written(cadre, book)
    village.head.refresh_from_db()
    assert village.head.work_months == 9


def test_rows_may_be_left_out_and_sorted(village: Village, cadre: Officer, download: Any) -> None:
    book = download(cadre).write("务工时间", 9).write("当前家庭人口数", 2)
    for item in ("劳动技能", "户联系电话"):
        book.page.delete_rows(*book.rows(item))
    first, second = book.rows("务工时间")[0], book.rows("当前家庭人口数")[0]
    for column in book.headers.values():
        one, two = book.page.cell(first, column), book.page.cell(second, column)
        one.value, two.value = two.value, one.value
    returned = written(cadre, book)
    village.head.refresh_from_db()
    village.household.refresh_from_db()
    assert (village.head.work_months, village.household.size_now, returned.counts["done"]) == (9, 2, 2)


def test_what_is_written_into_locked_cells_changes_nothing(village: Village, cadre: Officer, download: Any) -> None:
    book = download(cadre).write("务工时间", 9)
    book.write("务工时间", "3", header="现在登记为").write("务工时间", "5", header="建议改为")
    written(cadre, book)
    village.head.refresh_from_db()
    assert village.head.work_months == 9


@pytest.mark.parametrize(("header", "other"), [("姓名", "张三"), ("户编号", "H999"), ("项目", "劳动技能")])
def test_a_row_whose_telling_cells_were_changed_is_refused(
    village: Village, cadre: Officer, download: Any, header: str, other: str
) -> None:
    """As happens when only some of the columns are sorted: the key then belongs to another row."""
    book = download(cadre)
    (row,) = book.rows("务工时间")
    book.cell(row, "更正为").value, book.cell(row, header).value = 9, other
    returned = handed_in(cadre, book)
    (entry,) = plan_of(returned).of(REFUSED)
    assert (entry.row, returned.counts["change"]) == (row, 0)


@pytest.mark.parametrize(
    ("item", "value", "told"),
    [
        ("务工时间", "十三", "务工时间"),
        ("务工时间", 4000, "务工时间"),
        ("劳动技能", "很能干", "劳动技能"),
        ("户联系电话", "139", "户联系电话"),
        ("户联系电话", "138****0001", "户联系电话"),
    ],
)
def test_a_bad_value_says_row_column_value_and_remedy(
    village: Village, cadre: Officer, download: Any, item: str, value: Any, told: str
) -> None:
    book = download(cadre).write(item, value)
    (entry,) = plan_of(handed_in(cadre, book)).of(REFUSED)
    assert (entry.row, entry.item, entry.written) == (book.rows(item)[0], told, str(value))
    assert entry.reason
    assert entry.remedy


def test_a_formula_is_not_worked_out(village: Village, cadre: Officer, download: Any) -> None:
    book = download(cadre).write("务工时间", "=4+5")
    (entry,) = plan_of(handed_in(cadre, book)).of(REFUSED)
    assert "公式" in entry.reason


def test_text_like_a_formula_stays_text_in_what_goes_back(village: Village, cadre: Officer, download: Any) -> None:
    raised(village.household, "person.name", person=village.head, check_id="identity.name")
    village.head.name = "=1+1"
    village.head.save()
    book = download(cadre)
    cells = [cell for row in book.page.iter_rows() for cell in row if cell.value == "=1+1"]
    assert cells
    assert {cell.data_type for cell in cells} == {"s"}


def test_one_cell_said_twice_and_differently_is_refused(village: Village, cadre: Officer, download: Any) -> None:
    raised(village.household, "person.work_months", person=village.head, check_id="work.other")
    book = download(cadre)
    for row, value in zip(book.rows("务工时间"), (9, 10), strict=True):
        book.cell(row, "更正为").value = value
    returned = handed_in(cadre, book)
    assert (returned.counts["change"], returned.counts["refused"]) == (0, 2)


def test_one_cell_said_twice_alike_is_written_once(village: Village, cadre: Officer, download: Any) -> None:
    raised(village.household, "person.work_months", person=village.head, check_id="work.other")
    book = download(cadre)
    for row in book.rows("务工时间"):
        book.cell(row, "更正为").value = 9
    assert written(cadre, book).counts["done"] == 1


def test_bad_rows_come_back_as_a_workbook_that_can_be_corrected_and_handed_in(
    village: Village, cadre: Officer, download: Any
) -> None:
    returned = written(cadre, download(cadre).write("务工时间", 4000).write("当前家庭人口数", 2))
    out = io.BytesIO()
    assert rejected_workbook(actor=cadre, key=returned.key, out=out) == 1
    back = Book(out.getvalue())
    (row,) = back.rows("务工时间")
    assert back.cell(row, "更正为").value == "4000"
    assert "超出合理范围" in back.cell(row, "退回原因").value
    written(cadre, back.write("务工时间", 12))
    village.head.refresh_from_db()
    assert village.head.work_months == 12


def test_a_workbook_given_up_changes_nothing(village: Village, cadre: Officer, download: Any) -> None:
    returned = handed_in(cadre, download(cadre).write("务工时间", 9))
    workbook_discard(actor=cadre, key=returned.key)
    with pytest.raises(ActionRefused, match="已放弃"):
        workbook_apply(actor=cadre, key=returned.key)
    assert not Correction.objects.exists()


def test_a_township_takes_one_village_and_the_village_hands_it_in(
    make: Make, village: Village, cadre: Officer, download: Any
) -> None:
    township = make.officer(Role.TOWNSHIP_OFFICER, TOWNSHIP)
    returned = written(cadre, download(township, region=VILLAGE).write("务工时间", 9))
    assert returned.counts["done"] == 1


def test_a_township_hands_in_its_own_workbook_of_several_villages(make: Make, village: Village, download: Any) -> None:
    township = make.officer(Role.TOWNSHIP_OFFICER, TOWNSHIP)
    returned = written(township, download(township).write("当前家庭人口数", 2))
    assert (returned.region_code, returned.counts["done"]) == (TOWNSHIP, 1)


def test_the_workbook_of_a_task_is_for_the_village_that_has_the_task(
    make: Make, village: Village, cadre: Officer, download: Any
) -> None:
    """The township takes it and hands it over; its own region would be too wide for the village to hand it in."""
    township = make.officer(Role.TOWNSHIP_OFFICER, TOWNSHIP)
    task = Task.objects.create(request_key=uuid4(), region_code=VILLAGE, due_on="2023-09-01", actor_name="镇")
    Issue.objects.filter(pk__in=[village.issues[name].pk for name in ("months", "size")]).update(task=task)
    book = download(township, task=task.pk)
    assert not book.rows("务工企业名称")
    assert written(cadre, book.write("务工时间", 9)).counts["done"] == 1


def test_what_another_village_handed_in_is_not_found(make: Make, village: Village, cadre: Officer, download: Any):
    returned = handed_in(cadre, download(cadre).write("务工时间", 9))
    with pytest.raises(NotFound):
        workbook_apply(actor=make.officer(Role.VILLAGE_CADRE, FAR_VILLAGE), key=returned.key)


def test_without_issues_there_is_no_workbook(make: Make, village: Village) -> None:
    with pytest.raises(ActionRefused) as refused:
        workbook_issue(actor=make.officer(Role.VILLAGE_CADRE, FAR_VILLAGE), out=io.BytesIO())
    assert refused.value.code == "nothing"


def test_a_value_that_stands_there_already_is_no_change(village: Village, cadre: Officer, download: Any) -> None:
    returned = handed_in(cadre, download(cadre).write("务工时间", 14.0).write("劳动技能", "无劳动能力"))
    assert (returned.state, returned.counts[SAME], returned.counts[CONFLICT]) == (ReturnState.NOTHING, 2, 0)
