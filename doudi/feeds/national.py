"""Registry rows in the sheet format of the national system: the contract's headers in their order, codes by label.

What is written here can be read back by `sheet.read_sheet` with the same contract and gives the same values: ids,
phones, accounts and numbers of households are text, months `yyyymm`, days `yyyymmdd`, truth values 是 and 否, several
codes joined by 、. Text stays text whatever it begins with, so no cell ever becomes a formula.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import xlsxwriter
from xlsxwriter.format import Format

from doudi.feeds.contract import WITHHELD_TYPES, Column, Contract

MOST_ROWS = 1_000_000
"""Rows below the header that a sheet holds and the reading takes."""
_NUMBERS = frozenset({"integer", "decimal", "money"})
_FORMULA_START = ("=", "+", "-", "@", "\t", "\r")
_CELL_LIMIT = 32_000
_WIDE, _USUAL = 22, 12
_HEADER_ROW = 0


def cell_text(column: Column, value: Any) -> str:
    """A value as the national sheet shows it; empty when unknown. A code that the list does not know stays as it is."""
    if value is None or value == "":
        return ""
    if column.type == "boolean":
        return "是" if value else "否"
    if column.type == "code":
        return column.labels.get(str(value), str(value))
    if column.type == "codes":
        parts = value.split(",") if isinstance(value, str) else value
        return "、".join(column.labels.get(str(part), str(part)) for part in parts)
    if column.type == "month":
        return str(value).replace("-", "")
    if column.type == "date":
        return value.strftime("%Y%m%d") if isinstance(value, date) else str(value).replace("-", "")
    if column.type in _NUMBERS:
        return f"{Decimal(str(value)).normalize():f}"
    return str(value)


class NationalSheet:
    """An .xlsx file that takes one row after the other. Use it as a context; `rows` counts what was written.

    `mark` (who took it, when) stands in the page's header and foot and in the properties, not in a cell, so that the
    sheet stays what the national system expects.
    """

    def __init__(self, out: BinaryIO | Path, contract: Contract, *, mark: str = "") -> None:
        self.contract = contract
        self.rows = 0
        self._book = xlsxwriter.Workbook(
            out,
            {
                "constant_memory": True,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
            },
        )
        self._sheet = self._book.add_worksheet(contract.title)
        self._text: Format = self._book.add_format({"num_format": "@"})
        self._literal: Format = self._book.add_format({"num_format": "@", "quote_prefix": True})
        bold = self._book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "vcenter"})
        for at, column in enumerate(contract.columns):
            width = _WIDE if column.type in WITHHELD_TYPES or column.id.endswith("_no") else _USUAL
            self._sheet.set_column(at, at, width, None if column.type in _NUMBERS else self._text)
            self._sheet.write_string(_HEADER_ROW, at, column.header, bold)
        self._sheet.freeze_panes(_HEADER_ROW + 1, 0)
        self._sheet.set_landscape()
        self._sheet.repeat_rows(_HEADER_ROW)
        if mark:
            self._book.set_properties({"comments": mark})
            self._sheet.set_header("&R" + mark.replace("&", "&&")[:250])
            self._sheet.set_footer("&L" + mark.replace("&", "&&")[:240] + "&R&P / &N")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._book.close()

    def add(self, values: Mapping[str, Any]) -> None:
        """Write one row; columns of the contract that `values` does not have stay blank. Raises `TooManyRows`."""
        if self.rows >= MOST_ROWS:
            raise TooManyRows
        self.rows += 1
        for at, column in enumerate(self.contract.columns):
            text = cell_text(column, values.get(column.id))
            if not text:
                continue
            if column.type in _NUMBERS:
                self._sheet.write_number(_HEADER_ROW + self.rows, at, float(text))
            else:
                shape = self._literal if text.startswith(_FORMULA_START) else self._text
                self._sheet.write_string(_HEADER_ROW + self.rows, at, text[:_CELL_LIMIT], shape)


class TooManyRows(ValueError):  # noqa: N818 - named for what it is about
    """More rows than one sheet holds; `.code` and `.message` for people."""

    code = "too_many_rows"

    def __init__(self) -> None:
        self.message = f"超过{MOST_ROWS:,}行，一张表放不下，请按乡镇分次导出"
        super().__init__(self.message)
