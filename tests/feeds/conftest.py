"""Small awkward workbooks, made on the spot."""

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from doudi.feeds.contract import Contract, load_contracts
from doudi.standards.pseudonym import Pseudonymiser

RULES = Path(__file__).parents[2] / "rules"
Rows = Sequence[Sequence[Any]]


@pytest.fixture(scope="session")
def contracts() -> dict[str, Contract]:
    return load_contracts(RULES)


@pytest.fixture(scope="session")
def settlements(contracts: dict[str, Contract]) -> Contract:
    return contracts["medical_settlement"]


@pytest.fixture(scope="session")
def pseudonymiser() -> Pseudonymiser:
    return Pseudonymiser(b"a secret of at least 16 bytes")


@pytest.fixture(scope="session")
def xlsx() -> Callable[..., bytes]:
    """Bytes of a workbook: `xlsx({"表": rows}, hidden=["表"], merge=["A1:B1"])`; dates get a date format."""

    def make(sheets: dict[str, Rows] | Rows, hidden: Sequence[str] = (), merge: Sequence[str] = ()) -> bytes:
        named = sheets if isinstance(sheets, dict) else {"Sheet1": sheets}
        content = io.BytesIO()
        with xlsxwriter.Workbook(content, {"default_date_format": "yyyy-mm-dd", "strings_to_numbers": False}) as book:
            for name, rows in named.items():
                sheet = book.add_worksheet(name)
                for at, row in enumerate(rows):
                    for column, cell in enumerate(row):
                        if cell is not None:
                            if isinstance(cell, str):
                                sheet.write_string(at, column, cell)
                            else:
                                sheet.write(at, column, cell)
                for area in merge:
                    start, _, _ = area.partition(":")
                    column = ord(start[0]) - 65
                    sheet.merge_range(area, rows[int(start[1:]) - 1][column])
                if name in hidden:
                    sheet.hide()
            visible = next((sheet for sheet in book.worksheets() if sheet.name not in hidden), None)
            if visible:
                visible.set_first_sheet()
                visible.activate()
        return content.getvalue()

    return make


@pytest.fixture(scope="session")
def person_id() -> Callable[[int], str]:
    """Sound resident ids of nobody: `person_id(1)`, `person_id(2)` …"""
    from doudi.standards.resident_id import check_character

    def make(number: int) -> str:
        first17 = f"149901{1950 + number % 60}0315{number % 1000:03d}"
        return first17 + check_character(first17)

    return make
