"""The registry put together from its sheets, and what does not agree between them."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from doudi.feeds.contract import Contract
from doudi.feeds.registry import Registry, assemble, write_registry
from doudi.feeds.sheet import SheetReading, read_sheet
from doudi.standards.pseudonym import Pseudonymiser

VILLAGE, OTHER_VILLAGE = "149901100201", "149901100202"
REGIONS = [
    {"行政区划代码": code, "行政区划名称": name}
    for code, name in (
        ("14", "某省"), ("1499", "某市"), ("149901", "某县"), ("149901100", "甲乡"), (VILLAGE, "子村"),
        (OTHER_VILLAGE, "丑村"),
    )
]  # fmt: skip
Row = dict[str, Any]
Put = Callable[..., Registry]


def household(number: str = "1", **changes: Any) -> Row:
    return {
        "省": "某省", "市": "某市", "县": "某县", "乡": "甲乡", "村": "子村", "行政区划代码": VILLAGE, "户编号": number,
        "户主姓名": "张三", "户类型": "脱贫户", "当前家庭人口数": 1, "年度家庭人口数": 1, "收入年度": 2022,
        "工资性收入": 10000, "生产经营性收入": 3000, "生产经营性支出": 1000, "财产性收入": 500, "转移性收入": 1500,
    } | changes  # fmt: skip


def person(number: str = "1", **changes: Any) -> Row:
    return {"户编号": number, "人编号": f"{number}01", "姓名": "张三", "与户主关系": "户主", "证件号码": ""} | changes


@pytest.fixture
def put(contracts: dict[str, Contract], xlsx: Callable[..., bytes]) -> Put:
    """A registry of rows, each written as a workbook and read again."""

    def read(feed: str, rows: list[Row]) -> SheetReading:
        headers = list(dict.fromkeys(header for row in rows for header in row))
        content = xlsx([headers, *([row.get(header) for header in headers] for row in rows)])
        reading = read_sheet(content, contract=contracts[feed], file_name=f"{contracts[feed].title}.xlsx")
        assert not reading.rejects, reading.rejects
        return reading

    def make(
        households: list[Row] | None = None,
        persons: list[Row] | None = None,
        incomes: list[Row] | None = None,
        regions: list[Row] | None = None,
    ) -> Registry:
        given = {
            "registry_household": [household()] if households is None else households,
            "registry_person": [person()] if persons is None else persons,
            "registry_income": incomes,
            "registry_region": REGIONS if regions is None else regions,
        }
        return assemble([read(feed, rows) for feed, rows in given.items() if rows])

    return make


def reasons(registry: Registry) -> list[str]:
    return [problem.reason for problem in registry.warnings]


def test_a_sound_registry(put: Put) -> None:
    registry = put()
    assert (registry.rejects, registry.warnings) == ((), ())
    assert registry.households.to_pylist()[0]["region_code"] == VILLAGE
    assert registry.persons.to_pylist()[0]["status"] == "active", "blank means active"
    assert registry.regions.num_rows == 6


def test_income_is_computed(put: Put) -> None:
    income = put([household(年度家庭人口数=2, 当前家庭人口数=1)]).incomes.to_pylist()
    assert [(one["income_year"], one["net_income"], one["per_capita_income"]) for one in income] == [
        (2022, 14000, 7000)
    ]


@pytest.mark.parametrize(
    ("changes", "net"),
    [
        ({"工资性收入": None}, 4000),
        ({"转移性收入": None, "低保金": 2000, "养老金": 1200.5}, 15700.5),
        ({"转移性收入": None}, 12500),
        (
            {
                "工资性收入": None,
                "生产经营性收入": None,
                "生产经营性支出": None,
                "财产性收入": None,
                "转移性收入": None,
            },
            None,
        ),
        (
            {
                "工资性收入": None,
                "生产经营性收入": None,
                "生产经营性支出": None,
                "财产性收入": None,
                "转移性收入": None,
                "低保金": 0,
            },
            0,
        ),
        ({"理赔收入": 9999, "合规自付支出": 8888}, 14000),
    ],
)
def test_blank_components(put: Put, changes: Row, net: float | None) -> None:
    registry = put([household(**changes)])
    assert registry.incomes.to_pylist()[0]["net_income"] == net
    assert registry.incomes.to_pylist()[0]["per_capita_income"] == net


def test_without_members_the_income_per_head_is_unknown(put: Put) -> None:
    income = put([household(年度家庭人口数=None, 当前家庭人口数=None)]).incomes.to_pylist()[0]
    assert (income["net_income"], income["per_capita_income"]) == (14000, None)
    assert put([household(年度家庭人口数=0)]).incomes.to_pylist()[0]["per_capita_income"] is None
    assert put([household(年度家庭人口数=None)]).incomes.to_pylist()[0]["members"] == 1, "the present size stands in"


def test_totals_in_the_sheet_that_differ_are_doubted_not_believed(put: Put) -> None:
    registry = put([household(家庭纯收入=14000.4, 人均纯收入=15000)])
    assert reasons(registry) == ["与按构成计算的14,000.00元不一致"]
    assert registry.warnings[0].header == "人均纯收入"
    assert str(registry.warnings[0]).startswith("户信息.xlsx第2行：")
    assert registry.incomes.to_pylist()[0]["per_capita_income"] == 14000


def test_transfer_that_is_not_the_sum_of_its_items_is_doubted(put: Put) -> None:
    registry = put([household(低保金=100)])
    assert registry.warnings[0].header == "转移性收入"
    assert registry.incomes.to_pylist()[0]["transfer_income"] == 1500


def test_earlier_years_come_from_the_income_sheet(put: Put) -> None:
    earlier = [
        {"户编号": "1", "收入年度": 2021, "年度家庭人口数": 2, "工资性收入": 6000, "财产性收入": 0},
        {"户编号": "1", "收入年度": 2022, "年度家庭人口数": 2, "工资性收入": 1, "财产性收入": 0},
    ]
    incomes = put(incomes=earlier).incomes.to_pylist()
    assert [(one["income_year"], one["per_capita_income"]) for one in incomes] == [(2021, 3000), (2022, 14000)]


def test_a_repeated_household_is_left_out(put: Put) -> None:
    registry = put([household(), household(工资性收入=1)])
    assert [(one.row, one.reason) for one in registry.rejects] == [(3, "户编号重复，只采用第一行")]
    assert registry.households.num_rows == registry.incomes.num_rows == 1


def test_a_person_of_an_unknown_household_is_left_out(put: Put) -> None:
    registry = put(persons=[person(), person("9")])
    assert [(one.row, one.reason) for one in registry.rejects] == [(3, "户信息表里没有这个户编号")]
    assert registry.persons.num_rows == 1


def test_persons_alone_are_not_missed_their_households(put: Put) -> None:
    registry = put(households=[], regions=[])
    assert (registry.rejects, registry.warnings) == ((), ())
    assert registry.persons.num_rows == 1


def test_a_person_twice_in_a_household_is_left_out_once(put: Put, person_id: Callable[[int], str]) -> None:
    one = person(证件号码=person_id(1))
    registry = put(persons=[one, one])
    assert [problem.reason for problem in registry.rejects] == ["同一户内重复登记"]
    assert registry.persons.num_rows == 1


def test_an_id_in_two_households(put: Put, person_id: Callable[[int], str]) -> None:
    registry = put([household(), household("2")], [person(证件号码=person_id(1)), person("2", 证件号码=person_id(1))])
    assert sorted(set(reasons(registry))) == ["同一证件号码还登记在户1", "同一证件号码还登记在户2"]
    moved = put(
        [household(), household("2")],
        [
            person(证件号码=person_id(1)),
            person("2", 证件号码=person_id(1), 人员状态="迁出"),
            person("2", 人编号="0203"),
        ],
    )
    assert reasons(moved) == []


def test_households_without_members_or_head(put: Put) -> None:
    assert reasons(put([household(), household("2")])) == ["人口信息表里没有这一户的在册成员"]
    assert reasons(put(persons=[person(与户主关系="配偶")])) == ["这一户没有户主"]
    two = put([household(当前家庭人口数=3)], [person(), person(人编号="02", 姓名="李四")])
    assert reasons(two) == ["这一户有2个户主", "家庭人口数3与在册成员2人不一致"]


def test_birth_and_sex_follow_the_id_where_blank(put: Put, person_id: Callable[[int], str]) -> None:
    row = put(persons=[person(证件号码=person_id(1))]).persons.to_pylist()[0]
    assert (row["birth_date"], row["sex"]) == (date(1951, 3, 15), "male")
    assert reasons(put(persons=[person(证件号码=person_id(1), 出生日期="19510316")])) == ["出生日期与证件号码不一致"]
    assert reasons(put(persons=[person(证件号码=person_id(1), 性别="女")])) == ["性别与证件号码不一致"]


def test_insurance_of_either_kind_counts(put: Put) -> None:
    both = {"是否参加城乡居民基本医疗保险": "否", "是否参加城镇职工基本医疗保险": "是"}
    assert put(persons=[person(**both)]).persons.to_pylist()[0]["insured_medical"] is True
    none = {"是否参加城乡居民基本医疗保险": "否", "是否参加城镇职工基本医疗保险": "否"}
    assert put(persons=[person(**none)]).persons.to_pylist()[0]["insured_medical"] is False
    assert put().persons.to_pylist()[0]["insured_medical"] is None


@pytest.mark.parametrize(
    ("changes", "code", "doubts"),
    [
        ({"行政区划代码": None}, VILLAGE, []),
        ({"行政区划代码": None, "村": "丑村村委会"}, OTHER_VILLAGE, []),
        ({"行政区划代码": "149901999999"}, VILLAGE, ["代码不在行政区划表里，已按乡村名称查到"]),
        ({"行政区划代码": "149901999999", "村": "寅村"}, "149901999999", ["代码不在行政区划表里，也查不到乡村名称"]),
        ({"行政区划代码": "149901100"}, VILLAGE, ["代码不是村级，已按村名查到"]),
        ({"行政区划代码": None, "村": "寅村"}, "149901100000", ["没有行政区划代码，也查不到村名"]),
    ],
)
def test_the_village_is_found_by_code_or_names(put: Put, changes: Row, code: str, doubts: list[str]) -> None:
    registry = put([household(**changes)])
    assert registry.households.to_pylist()[0]["region_code"] == code
    assert reasons(registry) == doubts


def test_without_a_region_sheet_households_name_their_regions(put: Put) -> None:
    regions = put(regions=[]).regions.to_pylist()
    assert [one["name"] for one in regions] == ["某省", "某市", "某县", "甲乡", "子村"]


def test_files_for_screening(
    put: Put, tmp_path: Path, pseudonymiser: Pseudonymiser, person_id: Callable[[int], str]
) -> None:
    registry = put(
        [household(户联系电话="13812345678", 户主证件号码=person_id(1))],
        [person(证件号码=person_id(1)), person(人编号="0102", 姓名="小宝", 与户主关系="之子")],
    )
    folder = write_registry(registry, tmp_path / "registry", pseudonymiser=pseudonymiser)
    assert sorted(path.stem for path in folder.iterdir()) == ["household", "income", "person", "regions"]
    tables = {path.stem: pq.read_table(path) for path in folder.iterdir()}
    key = pseudonymiser.household_key("1")
    for name in ("household", "person", "income"):
        assert set(tables[name].column("household_key").to_pylist()) == {key}
        assert not {"resident_id", "head_resident_id", "phone", "bank_account"} & set(tables[name].column_names)
    assert tables["person"].column("person_key").to_pylist() == [
        pseudonymiser.person_key(person_id(1)),
        pseudonymiser.person_key_without_id("0102"),
    ]
    everything = repr([table.to_pylist() for table in tables.values()])
    assert person_id(1) not in everything
    assert "13812345678" not in everything
    write_registry(registry, tmp_path / "registry", pseudonymiser=pseudonymiser)
    assert [path.name for path in tmp_path.iterdir()] == ["registry"], "replaced whole, nothing left beside it"


def test_a_national_export_with_a_row_for_each_member(
    contracts: dict[str, Contract], xlsx: Callable[..., bytes], person_id: Callable[[int], str]
) -> None:
    def member(number: str, name: str, relation: str, at: int) -> Row:
        about = {
            "性别": "男",
            "民族": "汉族",
            "健康状况": "健康",
            "劳动技能": "普通劳动力",
            "政治面貌": "群众",
            "文化程度": "初中",
            "是否享受低保": "否",
        }
        own = {"人编号": f"{number}0{at}", "姓名": name, "证件号码": person_id(at), "与户主关系": relation, **about}
        return (
            household(number, 当前家庭人口数=2 if number == "1" else 1, 户主姓名=name if relation == "户主" else "张三")
            | own
        )

    rows = [
        member("1", "张三", "户主", 1),
        member("1", "李四", "配偶", 3),
        member("2", "王五", "户主", 5),
        member("2", "赵六", "邻居", 7),
    ]
    content = xlsx([["监测对象信息"], list(rows[0]), *(list(row.values()) for row in rows)])
    reading = read_sheet(content, contracts=contracts, file_name="户信息_202307.xlsx")
    assert reading.contract.id == "registry_household"
    assert reading.companion is not None
    assert reading.companion.contract.id == "registry_person"
    assert (reading.rows_accepted, reading.companion.rows_accepted, reading.rows_rejected) == (3, 3, 1)
    assert [problem.header for problem in reading.rejects] == ["与户主关系"]
    assert reading.unknown_headers == ()
    registry = assemble([reading])
    assert (registry.households.num_rows, registry.persons.num_rows, registry.incomes.num_rows) == (2, 3, 2)
    assert (registry.rejects, reasons(registry)) == ((), [])
