"""Sheets as counties send them: every kind of dirt once."""

import csv
import io
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import xlwt
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doudi.feeds.contract import Contract
from doudi.feeds.sheet import SheetReading, read_sheet

HEADER = ["姓名", "身份证号", "就医类型", "总费用", "报销金额", "结算日期"]
Xlsx = Callable[..., bytes]
PersonId = Callable[[int], str]


@pytest.fixture
def rows(person_id: PersonId) -> list[list[Any]]:
    return [
        ["张三", person_id(1), "住院", 12000.5, 8000, "20230801"],
        ["李四", person_id(2), "门诊", 300, 100, "2023.8.2"],
        ["王五", person_id(3), "门特", 800, None, "2023年8月3日"],
    ]


@pytest.fixture
def read(contracts: dict[str, Contract]) -> Callable[..., SheetReading]:
    def reader(content: bytes | Path, name: str = "医保结算明细_202307.xlsx", **given: Any) -> SheetReading:
        return read_sheet(content, contracts=contracts, file_name=name, **given)

    return reader


def as_csv(rows: list[list[Any]], encoding: str, delimiter: str = ",") -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue().encode(encoding)


def assert_all_read(reading: SheetReading) -> None:
    assert (reading.rows_accepted, reading.rows_rejected) == (3, 0), reading.rejects
    assert reading.contract.id == "medical_settlement"
    assert reading.table.column("name").to_pylist() == ["张三", "李四", "王五"]
    assert reading.table.column("total_cost").to_pylist() == [12000.5, 300, 800]
    assert reading.table.column("reimbursed").to_pylist() == [8000, 100, None], "blank stays unknown"
    assert reading.table.column("kind").to_pylist() == ["inpatient", "outpatient", "outpatient"]
    assert reading.table.column("settled_on").to_pylist() == [date(2023, 8, day) for day in (1, 2, 3)]


def test_a_plain_workbook(read: Any, xlsx: Xlsx, rows: list[list[Any]]) -> None:
    reading = read(xlsx([HEADER, *rows]))
    assert_all_read(reading)
    assert reading.table.column("row").to_pylist() == [2, 3, 4]
    assert "self_paid" in reading.missing_columns
    assert reading.table.column("self_paid").null_count == 3


def test_a_legacy_workbook(read: Any, rows: list[list[Any]]) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("明细")
    for at, row in enumerate([HEADER, *rows]):
        for column, cell in enumerate(row):
            if cell is not None:
                sheet.write(at, column, cell)
    content = io.BytesIO()
    book.save(content)
    assert_all_read(read(content.getvalue(), "医保结算.xls"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_delimited_text(read: Any, rows: list[list[Any]], encoding: str, delimiter: str) -> None:
    assert_all_read(read(as_csv([HEADER, *rows], encoding, delimiter), "医保结算.csv"))


def test_the_content_counts_not_the_name(read: Any, xlsx: Xlsx, rows: list[list[Any]]) -> None:
    assert_all_read(read(xlsx([HEADER, *rows]), "医保结算.csv"))


def test_title_lines_above_and_unit_in_the_title(read: Any, xlsx: Xlsx, rows: list[list[Any]]) -> None:
    for row in rows:
        row[3], row[4] = row[3] / 10000, row[4] / 10000 if row[4] else None
    reading = read(
        xlsx([["某县2023年7月医保结算明细"], ["填报单位：医保局", None, None, "单位：万元"], [], HEADER, *rows])
    )
    assert_all_read(reading)
    assert "2023年7月" in reading.title


def test_unit_in_the_header(read: Any, xlsx: Xlsx, rows: list[list[Any]]) -> None:
    header = ["姓名*", "身份证\n号码", "就医类型", "总费用（万元）", "报销金额(元)", "结算日期"]
    rows[0][3], rows[1][3], rows[2][3] = 1.20005, 0.03, 0.08
    assert_all_read(read(xlsx([header, *rows])))


def test_columns_in_another_order_with_strangers_between(read: Any, xlsx: Xlsx, rows: list[list[Any]]) -> None:
    order = [5, 0, 3, 1, 4, 2]
    sheet = [["序号", *(line[at] for at in order), "经办人"] for line in [HEADER, *rows]]
    for number, line in enumerate(sheet[1:], 1):
        line[0] = number
    reading = read(xlsx(sheet))
    assert_all_read(reading)
    assert reading.unknown_headers == ("序号", "经办人")


def test_a_header_on_two_lines_with_merged_cells(read: Any, xlsx: Xlsx, rows: list[list[Any]]) -> None:
    top = ["姓名", "身份证号", "就医类型", "费用（元）", None, "结算日期"]
    below = [None, None, None, "总费用", "报销金额", None]
    reading = read(xlsx([["标题"], top, below, *rows], merge=["A2:A3", "B2:B3", "C2:C3", "D2:E2", "F2:F3"]))
    assert_all_read(reading)
    assert reading.table.column("row").to_pylist() == [4, 5, 6]


def test_a_header_on_two_lines_in_text(read: Any, rows: list[list[Any]]) -> None:
    top = ["姓名", "身份证号", "就医", "", "报销金额", "结算"]
    below = ["", "", "类型", "总费用", "", "日期"]
    assert_all_read(read(as_csv([top, below, *rows], "utf-8"), "医保结算.csv"))


def test_heading_and_sub_heading_join_to_a_header(
    contracts: dict[str, Contract], xlsx: Xlsx, person_id: PersonId
) -> None:
    sheet = [
        ["户编号", "户主", None, "危房", None],
        [None, "姓名", "证件号码", "是否危房户", "等级"],
        ["149900000001", "张三", person_id(1), "是", "C级"],
    ]
    reading = read_sheet(xlsx(sheet, merge=["A1:A2", "B1:C1", "D1:E1"]), contracts=contracts, file_name="户信息.xlsx")
    row = reading.table.to_pylist()[0]
    assert (row["head_name"], row["head_resident_id"], row["housing_grade"]) == ("张三", person_id(1), "C")


def test_notes_totals_and_blanks_are_no_rejects(read: Any, xlsx: Xlsx, rows: list[list[Any]]) -> None:
    below = [
        [],
        ["合计", None, None, 13100.5, 8100],
        ["备注：本表数据截至2023年7月31日"],
        ["填表人：赵六", None, None, "审核人：钱七"],
        ["本表一式两份，一份报县医保局，一份留存备查"],
    ]
    reading = read(xlsx([HEADER, rows[0], [], *rows[1:], *below]))
    assert_all_read(reading)
    assert reading.rows_ignored == 6
    assert reading.rows_read == 9


def test_a_header_repeated_on_each_printed_page(read: Any, xlsx: Xlsx, rows: list[list[Any]]) -> None:
    assert_all_read(read(xlsx([HEADER, rows[0], HEADER, *rows[1:]])))


def test_the_line_of_column_numbers(read: Any, xlsx: Xlsx, rows: list[list[Any]]) -> None:
    assert_all_read(read(xlsx([HEADER, ["1", "2", "3", "4", "5", "6"], *rows])))
    assert_all_read(read(xlsx([HEADER, ["甲", "乙", "丙", 1, 2, 3], *rows])))


def test_a_hidden_sheet_is_passed_over(read: Any, xlsx: Xlsx, rows: list[list[Any]]) -> None:
    old = [[*row[:3], 1, 1, row[5]] for row in rows]
    assert_all_read(read(xlsx({"旧": [HEADER, *old], "新": [HEADER, *rows]}, hidden=["旧"])))


def test_a_hidden_sheet_is_read_when_nothing_else_fits(read: Any, xlsx: Xlsx, rows: list[list[Any]]) -> None:
    assert_all_read(read(xlsx({"说明": [["请填写本表"]], "数据": [HEADER, *rows]}, hidden=["数据"])))


def test_sheets_of_notes_and_codes_are_passed_over(read: Any, xlsx: Xlsx, rows: list[list[Any]]) -> None:
    codes = [["就医类型", "代码"], ["住院", 1], ["门诊", 2]]
    assert_all_read(read(xlsx({"填写说明": [["一、请……"], ["二、请……"]], "代码": codes, "数据": [HEADER, *rows]})))


def test_a_table_that_does_not_begin_in_the_first_column(read: Any, xlsx: Xlsx, rows: list[list[Any]]) -> None:
    reading = read(xlsx([[], [], *([None, None, *row] for row in [HEADER, *rows])]))
    assert_all_read(reading)
    assert reading.table.column("row").to_pylist() == [4, 5, 6]


def test_dates_as_serial_numbers_and_date_cells(read: Any, xlsx: Xlsx, rows: list[list[Any]]) -> None:
    rows[0][5], rows[1][5], rows[2][5] = 45139, datetime(2023, 8, 2, 12, 30), date(2023, 8, 3)
    assert_all_read(read(xlsx([HEADER, *rows])))


def test_ids_turned_into_numbers_are_named(read: Any, xlsx: Xlsx, rows: list[list[Any]]) -> None:
    rows[0][1] = float(rows[0][1][:17] + "0")
    rows[1][1] = "1.49901E+17"
    reading = read(xlsx([HEADER, *rows]))
    assert reading.rows_accepted == 1
    assert [problem.row for problem in reading.rejects] == [2, 3]
    for problem in reading.rejects:
        assert "Excel把身份证号变成了数字，后几位已丢失，请" in problem.sentence


def test_a_wrong_cell_rejects_its_row_and_says_which(read: Any, xlsx: Xlsx, rows: list[list[Any]]) -> None:
    rows[0][3], rows[1][5], rows[2][2] = "一万二", "2023年13月", "体检"
    reading = read(xlsx([HEADER, *rows]))
    assert [(one.row, one.header) for one in reading.rejects] == [(2, "总费用"), (3, "结算日期"), (4, "就医类型")]
    assert reading.rows_accepted == 0
    assert "住院" in reading.rejects[2].remedy


def test_a_required_cell_left_blank_rejects_its_row(read: Any, xlsx: Xlsx, rows: list[list[Any]]) -> None:
    rows[1][1] = None
    reading = read(xlsx([HEADER, *rows]))
    assert reading.rejects[0].sentence == "“身份证号”列：必填项为空，请补填"
    assert reading.rows_accepted == 2


def test_row_checks(read: Any, xlsx: Xlsx, rows: list[list[Any]]) -> None:
    rows[0][4] = 99999
    reading = read(xlsx([HEADER, *rows]))
    assert [problem.reason for problem in reading.rejects] == ["报销金额大于总费用"]


def test_a_value_out_of_range_asks_for_the_unit(read: Any, xlsx: Xlsx, rows: list[list[Any]]) -> None:
    rows[0][3] = -5
    problem = read(xlsx([HEADER, *rows])).rejects[0]
    assert "不小于0" in problem.remedy


def test_a_repeated_row_is_kept_with_a_warning(read: Any, xlsx: Xlsx, rows: list[list[Any]]) -> None:
    reading = read(xlsx([HEADER, *rows, rows[0]]))
    assert reading.rows_accepted == 4
    assert [(one.row, one.reason) for one in reading.warnings] == [(5, "与第2行完全相同")]


def test_a_truth_value_is_not_the_number_one(read: Any, xlsx: Xlsx, rows: list[list[Any]]) -> None:
    rows[0][4], rows[1][4] = 1, True
    reading = read(xlsx([HEADER, *rows]))
    assert [(one.row, one.value) for one in reading.rejects] == [(3, "TRUE")]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.one_of(
            st.just("good"), st.just("bad"), st.just("blank"), st.just("total"), st.just("note"), st.just("no id")
        ),
        min_size=1,
        max_size=30,
    )
)
def test_every_row_is_accepted_rejected_or_ignored(
    contracts: dict[str, Contract], person_id: PersonId, kinds: list[str]
) -> None:
    made = {
        "bad": ["李四", "123", "住院", 5, 1, "20230801"],
        "no id": ["李四", "", "住院", 5, 1, "20230801"],
        "blank": ["", " ", "", "", "", ""],
        "total": ["合计", "", "", 100, 50, ""],
        "note": ["说明：以上为全部数据", "", "", "", "", ""],
    }
    rows = [made.get(kind, ["张三", person_id(at), "住院", at + 5, 1, "20230801"]) for at, kind in enumerate(kinds)]
    content = as_csv([HEADER, ["孙七", person_id(999), "住院", 5, 1, "20230801"], *rows], "utf-8")
    reading = read_sheet(content, contract=contracts["medical_settlement"], file_name="a.csv")
    assert reading.rows_read == len(rows) + 1
    assert reading.rows_accepted == kinds.count("good") + 1
    assert reading.rows_rejected == kinds.count("bad") + kinds.count("no id")
    assert reading.rows_read == reading.rows_accepted + reading.rows_rejected + reading.rows_ignored
