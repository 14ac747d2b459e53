"""The workbook that goes back: everything as it came, the reason at the end, no formula out of what people typed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from doudi.feeds.contract import Contract
from doudi.feeds.rejects import REASON_HEADER, write_rejects
from doudi.feeds.sheet import SheetReading, read_sheet

HEADER = ["序号", "姓名", "身份证号", "就医类型", "总费用（万元）", "结算日期", "备注"]


@pytest.fixture
def reading(
    contracts: dict[str, Contract], xlsx: Callable[..., bytes], person_id: Callable[[int], str]
) -> SheetReading:
    rows: list[list[Any]] = [
        [1, "张三", person_id(1), "住院", 1.2, "20230801", "好的一行"],
        [2, "李四", person_id(2), "住院", "约一万", "20230801", '=HYPERLINK("http://x","点我")'],
        [3, "@王五", person_id(3)[:-1] + "?", "体检", 0.5, "+1-1", "-2+3"],
        [4, "赵六", None, "门诊", 0.01, 45139, "电话13812345678"],
    ]
    content = xlsx([["2023年7月医保结算"], HEADER, *rows])
    return read_sheet(content, contracts=contracts, file_name="医保结算.xlsx")


def cells(path: Path) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True)]


def test_columns_and_rows_come_back_as_they_came(reading: SheetReading, tmp_path: Path) -> None:
    path = tmp_path / "rejects.xlsx"
    assert write_rejects(reading, path) == 3
    title, header, *rows = cells(path)
    assert title[0] == "2023年7月医保结算"
    assert header == (*HEADER, REASON_HEADER)
    assert [row[0] for row in rows] == [2, 3, 4]
    assert rows[0][4] == "约一万"
    assert rows[2][5] == 45139
    assert rows[0][-1].startswith("第4行：“总费用(万元)”列“约一万”：不是金额，请") or "约一万" in rows[0][-1]


def test_all_reasons_of_a_row_stand_together(reading: SheetReading, tmp_path: Path) -> None:
    write_rejects(reading, tmp_path / "r.xlsx")
    reason = cells(tmp_path / "r.xlsx")[3][-1]
    for column in ("身份证号", "就医类型", "结算日期"):
        assert f"“{column}”列" in reason


def test_nothing_that_people_typed_becomes_a_formula(reading: SheetReading, tmp_path: Path) -> None:
    path = tmp_path / "r.xlsx"
    write_rejects(reading, path)
    sheet = openpyxl.load_workbook(path).worksheets[0]
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    assert sheet["G3"].value == '=HYPERLINK("http://x","点我")'
    assert sheet["G3"].quotePrefix
    assert sheet["B4"].quotePrefix


def test_the_corrected_workbook_can_be_handed_in_again(
    reading: SheetReading, tmp_path: Path, contracts: dict[str, Contract], person_id: Callable[[int], str]
) -> None:
    path = tmp_path / "医保结算_退回.xlsx"
    write_rejects(reading, path)
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    sheet["E3"], sheet["C4"], sheet["D4"], sheet["F4"], sheet["C5"] = 1, person_id(3), "门诊", "2023.8.1", person_id(4)
    book.save(path)
    again = read_sheet(path, contracts=contracts)
    assert (again.rows_accepted, again.rows_rejected) == (3, 0), again.rejects
    assert again.table.column("total_cost").to_pylist() == [10_000, 5_000, 100]


def test_a_redacted_copy_tells_no_ids_and_phones(
    reading: SheetReading, tmp_path: Path, person_id: Callable[[int], str]
) -> None:
    path = tmp_path / "r.xlsx"
    write_rejects(reading, path, redacted=True)
    everything = " ".join(str(cell) for row in cells(path) for cell in row)
    for secret in (person_id(2), person_id(3)[:17], "13812345678"):
        assert secret not in everything
    assert "约一万" in everything
