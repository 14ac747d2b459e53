"""What is exported in the national system's format reads back as the same values."""

import io
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from doudi.feeds.contract import Contract, load_contracts
from doudi.feeds.national import NationalSheet
from doudi.feeds.sheet import SheetReading, read_sheet
from doudi.standards.resident_id import check_character

RULES = Path(__file__).resolve().parents[2] / "rules"
FIRST = "14990119800101001"
ID = FIRST + check_character(FIRST)
HOUSEHOLD = {
    "province": "示例省", "village": "上湾村", "region_code": "149901101201", "household_no": "00123456789012345678",
    "household_type": "alleviated", "monitor_type": "marginal", "enrolled_month": "2022-10", "exited_month": None,
    "risk_1": "illness", "risk_cleared": False, "head_name": "王建国", "head_resident_id": ID, "phone": "13812345678",
    "bank_account": "6217000012345678901", "size_now": 3, "size_year": 2, "income_year": 2022, "wage_income": 12345.6,
    "production_gross": 0, "housing_grade": "B", "house_area": 80.5, "dangerous_house": False, "land_farm": 3.25,
}  # fmt: skip
PERSON = {
    "household_no": "00123456789012345678", "person_no": "0001", "name": "阿依·古丽", "sex": "female",
    "resident_id": ID, "birth_date": date(1980, 1, 1), "relation": "head", "ethnic": "汉族",
    "health": ["chronic_disease", "disabled"], "labour": "weak", "work_area": "township", "work_months": 3.5,
    "insured_medical": True, "status": "active",
    "employer": "=HYPERLINK(\"http://example.org\")",
}  # fmt: skip


@pytest.fixture(scope="module")
def contracts() -> dict[str, Contract]:
    return load_contracts(RULES)


def exported(contract: Contract, *rows: dict) -> bytes:
    out = io.BytesIO()
    with NationalSheet(out, contract, mark="由 张三 于 2023-08-01 导出") as sheet:
        for row in rows:
            sheet.add(row)
    return out.getvalue()


def read_back(contract: Contract, content: bytes) -> SheetReading:
    return read_sheet(content, contract=contract, file_name=f"{contract.title}.xlsx")


@pytest.mark.parametrize(("name", "values"), [("registry_household", HOUSEHOLD), ("registry_person", PERSON)])
def test_a_row_reads_back_as_it_was(contracts, name, values):
    contract = contracts[name]
    reading = read_back(contract, exported(contract, values))
    assert (reading.rejects, reading.warnings, reading.missing_columns, reading.unknown_headers) == ((), (), (), ())
    row = reading.table.to_pylist()[0]
    assert {key: row[key] for key in values} == values
    assert {key for key, value in row.items() if value is not None and not key.endswith("_form")} == {
        key for key, value in values.items() if value is not None
    } | {"row"}


@pytest.mark.parametrize("name", ["registry_household", "registry_person", "registry_income"])
def test_every_code_of_every_column_reads_back(contracts, name):
    """A label that means another code, or none, would change the registry when the export is taken in again."""
    contract = contracts[name]
    needed = {"household_no": "H1", "name": "王建国", "head_name": "王建国", "income_year": 2022}
    for column in contract.columns:
        if not column.labels:
            continue
        wanted = [[code] if column.type == "codes" else code for code in column.labels]
        rows = [{**{key: needed[key] for key in needed if key in contract.by_id}, column.id: one} for one in wanted]
        found = read_back(contract, exported(contract, *rows)).table.column(column.id).to_pylist()
        assert found == wanted, column.header


def test_headers_are_the_contract_s_and_ids_are_text(contracts):
    contract = contracts["registry_person"]
    book = openpyxl.load_workbook(io.BytesIO(exported(contract, PERSON)))
    header, row = book.active.iter_rows()
    assert [cell.value for cell in header] == [column.header for column in contract.columns]
    cells = dict(zip([column.id for column in contract.columns], row, strict=True))
    assert (cells["resident_id"].value, cells["resident_id"].data_type) == (ID, "s")
    assert (cells["birth_date"].value, cells["person_no"].value) == ("19800101", "0001")
    assert (cells["health"].value, cells["insured_medical"].value) == ("长期慢性病、残疾", "是")


def test_text_that_looks_like_a_formula_stays_text(contracts):
    book = openpyxl.load_workbook(io.BytesIO(exported(contracts["registry_person"], PERSON)))
    cell = next(cell for row in book.active.iter_rows() for cell in row if str(cell.value).startswith("=HYPERLINK"))
    assert cell.data_type == "s"
    assert cell.quotePrefix
