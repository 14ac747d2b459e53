"""Sheets of legacy .xls workbooks.

Read by xlrd, which is slower than calamine but answers a damaged file with an exception: calamine follows the sector
chain of a compound file for ever when it leads back into itself. Legacy sheets have at most 65,536 rows.
"""

import os
from collections.abc import Iterator
from typing import Any

import xlrd
from xlrd.sheet import Sheet

from doudi.feeds.archive import CORRUPT, ENCRYPTED
from doudi.feeds.problems import UnreadableFile
from doudi.feeds.values import Cell


def open_legacy(content: bytes) -> xlrd.Book:
    """Raises `UnreadableFile` (encrypted, corrupt)."""
    with open(os.devnull, "w") as silence:
        try:
            return xlrd.open_workbook(file_contents=content, on_demand=True, ragged_rows=True, logfile=silence)
        except Exception as error:  # xlrd meets damage with whatever its parsing runs into
            if "encrypted" in str(error).lower() or "password" in str(error).lower():
                raise UnreadableFile("encrypted", ENCRYPTED) from error
            raise UnreadableFile("corrupt", CORRUPT) from error


def legacy_sheet(book: xlrd.Book, number: int) -> Sheet:
    """Raises `UnreadableFile` (corrupt)."""
    with open(os.devnull, "w") as book.logfile:
        try:
            return book.sheet_by_index(number)
        except Exception as error:
            raise UnreadableFile("corrupt", CORRUPT) from error


def legacy_rows(book: xlrd.Book, sheet: Sheet) -> Iterator[list[Cell]]:
    """All rows from the first, cells as calamine gives them: dates as dates, errors and blanks as empty text."""
    for row in range(sheet.nrows):
        types = sheet.row_types(row)
        values: list[Any] = sheet.row_values(row)
        for at, kind in enumerate(types):
            if kind == xlrd.XL_CELL_DATE:
                values[at] = _moment(values[at], book.datemode)
            elif kind == xlrd.XL_CELL_BOOLEAN:
                values[at] = bool(values[at])
            elif kind in (xlrd.XL_CELL_ERROR, xlrd.XL_CELL_BLANK, xlrd.XL_CELL_EMPTY):
                values[at] = ""
        yield values


def _moment(serial: float, datemode: int) -> Cell:
    try:
        return xlrd.xldate.xldate_as_datetime(serial, datemode)
    except (xlrd.xldate.XLDateError, OverflowError, ValueError):
        return serial
