"""The workbook that goes back to the sender: rejected rows as they came, the reason in a last column."""

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path

import numpy as np
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from doudi.feeds.contract import WITHHELD_TYPES
from doudi.feeds.headers import header_key
from doudi.feeds.problems import Problem
from doudi.feeds.sheet import SheetReading
from doudi.feeds.values import Cell, plain

REASON_HEADER = "退回原因"
HIDDEN = "(已隐去)"
_FORMULA_START = ("=", "+", "-", "@", "\t", "\r")
_TELLING_DIGITS = re.compile(r"\d{11,}[\dXx]?")
_TELLING_LENGTH = 11
_TELLING_FROM = 10**10
"""Runs of 11 digits and more may be phones, ids or accounts."""
_TELLING_HEADERS = ("身份证", "证件号", "公民身份", "电话", "手机", "账号", "卡号", "残疾证", "残疾人证")
_CELL_LIMIT = 32_000


def write_rejects(
    reading: SheetReading, path: Path, *, redacted: bool = False, without: Collection[int] = frozenset()
) -> int:
    """Write the rejected rows of a reading to an .xlsx file; returns how many. `without`: rows not to go back.

    The original columns stand in their order, the last column says row, column, content and remedy. The file can be
    corrected and handed in again as it is. `redacted`: resident ids, phones and accounts are left out, for keeping.
    """
    reasons = _reasons(reading)
    raw = reading.raw
    telling = _withheld_positions(reading)
    withheld = telling if redacted else frozenset()
    book = xlsxwriter.Workbook(
        path,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "default_date_format": "yyyy-mm-dd",
        },
    )
    sheet = book.add_worksheet("退回数据")
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "vcenter", "border": 1})
    literal = book.add_format({"quote_prefix": True, "num_format": "@"})
    reason_format = book.add_format({"font_color": "#9C0006", "text_wrap": True})
    text_format = book.add_format({"num_format": "@"})
    first = 0
    if reading.title:
        sheet.write_string(0, 0, _hidden(reading.title) if redacted else reading.title)
        first = 1
    for at, header in enumerate(raw.headers):
        sheet.set_column(at, at, 22 if at in telling else 12, text_format)
        sheet.write_string(first, at, header, bold)
    sheet.set_column(len(raw.headers), len(raw.headers), 60)
    sheet.write_string(first, len(raw.headers), REASON_HEADER, bold)
    sheet.freeze_panes(first + 1, 0)
    line = first
    for index in np.flatnonzero(reading.rejected).tolist():
        if int(raw.rows[index]) in without:
            continue
        line += 1
        for at, cell in enumerate(raw.row(index)):
            if at in withheld and cell != "" and plain(cell):
                cell = HIDDEN
            _write(sheet, line, at, cell, literal, redacted=redacted)
        row = int(raw.rows[index])
        reason = f"第{row}行：" + ";".join(reasons.get(row, ["请核对"]))
        sheet.write_string(
            line, len(raw.headers), (_hidden(reason) if redacted else reason)[:_CELL_LIMIT], reason_format
        )
    book.close()
    return line - first


def _reasons(reading: SheetReading) -> Mapping[int, list[str]]:
    found: dict[int, list[str]] = {}
    for problem in reading.rejects:
        found.setdefault(problem.row, []).append(problem.sentence)
    return found


def _withheld_positions(reading: SheetReading) -> frozenset[int]:
    """Columns of the sheet that hold ids, phones or accounts."""
    found = set()
    for at, header in enumerate(reading.raw.headers):
        key = header_key(header)
        column = reading.contract.by_header.get(key)
        if (column and column.type in WITHHELD_TYPES) or any(mark in key for mark in _TELLING_HEADERS):
            found.add(at)
    return frozenset(found)


def _write(sheet: Worksheet, line: int, at: int, cell: Cell, literal: Format, *, redacted: bool) -> None:
    """One cell as it came; text stays text, whatever it begins with."""
    if isinstance(cell, str):
        text = (_hidden(cell) if redacted else cell)[:_CELL_LIMIT]
        if text:
            sheet.write_string(line, at, text, literal if text.startswith(_FORMULA_START) else None)
    elif isinstance(cell, bool):
        sheet.write_boolean(line, at, cell)
    elif isinstance(cell, int | float):
        if redacted and abs(cell) >= _TELLING_FROM:
            sheet.write_string(line, at, HIDDEN)
        else:
            sheet.write_number(line, at, cell)
    elif isinstance(cell, datetime | date):
        sheet.write_datetime(line, at, cell)
    elif isinstance(cell, time | timedelta):
        sheet.write_string(line, at, str(cell))


def _hidden(text: str) -> str:
    return _TELLING_DIGITS.sub(HIDDEN, text) if len(text) >= _TELLING_LENGTH else text


def problems_as_rows(problems: tuple[Problem, ...]) -> Iterator[dict[str, object]]:
    """Problems for a manifest: where and what, without the content."""
    for problem in problems:
        yield {"row": problem.row, "column": problem.header, "reason": problem.reason, "remedy": problem.remedy}
