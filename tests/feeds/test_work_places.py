"""Sheets that say where somebody works get a region code and a distance; what is unclear stays unknown."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from doudi.feeds.contract import Contract
from doudi.feeds.sheet import SheetReading, read_sheet
from doudi.feeds.snapshot import snapshot_table
from doudi.feeds.work_places import locate_work, tells_places
from doudi.standards.pseudonym import Pseudonymiser
from doudi.standards.regions import RegionTree

HEADERS = ["姓名", "身份证号", "乡镇", "村", "务工状态", "务工所在地", "务工地行政区划代码", "务工区域"]
ID = "149901198301096327"
TREE = RegionTree(
    (
        ("140000000000", "示例省"),
        ("149900000000", "演示市"),
        ("149901000000", "兜底示例县"),
        ("149901001000", "示例甲镇"),
        ("149901001001", "例如上庄村"),
        ("149901002000", "演示乙乡"),
    )
)


@pytest.fixture
def read(contracts: dict[str, Contract], xlsx: Callable[..., bytes]) -> Callable[..., SheetReading]:
    def reading(place: str, code: str = "", township: str = "示例甲镇", headers: list[str] = HEADERS) -> SheetReading:
        row = ["叶海梅", ID, township, "", "在外务工", place, code, "省外"]
        content = xlsx([headers, row[: len(headers)]])
        return read_sheet(content, contract=contracts["work_register"], file_name="已外出务工信息_202307.xlsx")

    return reading


@pytest.mark.parametrize(
    ("place", "code", "found", "area"),
    [
        ("广东省深圳市龙岗区坂田街道", "", "440307000000", "other_province"),
        ("演示乙乡", "", "149901002000", "county"),
        ("例如上庄村", "", "149901001001", "township"),
        ("县城", "", None, "county"),
        ("通州区", "", None, "other_province"),
        ("太原", "", "140100000000", "province"),
        ("某工地", "", None, None),
        ("某工地", "440306", "440306000000", "other_province"),
        ("深圳", "149901", "149901000000", None),
    ],
)
def test_a_row_gets_what_its_text_or_its_code_surely_says(read, place, code, found, area) -> None:
    located = locate_work(read(place, code), TREE)
    assert located.contract.id == "work_register"
    assert located.table["place_code"].to_pylist() == [found]
    assert located.table["place_area"].to_pylist() == [area]


def test_a_row_that_does_not_name_its_township_is_at_least_of_the_county(read) -> None:
    located = locate_work(read("演示乙乡", township=""), TREE)
    assert (located.table["place_code"][0].as_py(), located.table["place_area"][0].as_py()) == ("149901002000", None)
    assert locate_work(read("深圳", township=""), TREE).table["place_area"].to_pylist() == ["other_province"]


def test_without_the_registrys_regions_the_place_is_known_but_not_how_far_it_is(read) -> None:
    located = locate_work(read("深圳"), None)
    assert located.table["place_code"].to_pylist() == ["440300000000"]
    assert located.table["place_area"].to_pylist() == [None]


def test_what_was_worked_out_does_not_count_as_missing_but_where_no_place_was_told(read) -> None:
    assert "place_area" in read("深圳").missing_columns
    assert "place_area" not in locate_work(read("深圳"), TREE).missing_columns
    without = locate_work(read("深圳", headers=HEADERS[:5]), TREE)
    assert {"place", "place_code", "place_area"} <= set(without.missing_columns)


def test_other_sheets_are_left_alone(contracts: dict[str, Contract], read) -> None:
    assert {name for name, one in contracts.items() if tells_places(one)} == {
        "work_register",
        "job_subsidy",
        "work_visit",
    }
    reading = replace(read("深圳"), contract=contracts["employment"])
    assert locate_work(reading, TREE) is reading


def test_the_snapshot_keeps_them_without_the_id(read, pseudonymiser: Pseudonymiser) -> None:
    table = snapshot_table(locate_work(read("深圳宝安"), TREE), pseudonymiser)
    assert table["place_code"].to_pylist() == ["440306000000"]
    assert ID not in str(table.to_pylist())
