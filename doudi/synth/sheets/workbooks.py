"""Sheets into files: .xlsx by XlsxWriter, legacy .xls by xlwt where it is installed, .csv in two encodings."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import xlsxwriter

from doudi.synth.sheets.cells import Cell
from doudi.synth.sheets.layout import Layout

_XLS_MOST_ROWS = 65_000
_XLSX_MOST_ROWS = 1_048_000
_MERGED_MOST_ROWS = 50_000
_MADE_ON = datetime(2023, 8, 1, 9, 0, 0)
_EXTENSIONS = {"xlsx": ".xlsx", "xls": ".xls", "csv-utf8": ".csv", "csv-gb18030": ".csv"}


@dataclass(frozen=True, slots=True)
class Page:
    """What stands on a sheet from top to bottom. `spans`: first header line as (label, first column, last column)."""

    name: str
    above: tuple[str, ...]
    spans: tuple[tuple[str, int, int], ...]
    headers: tuple[str, ...]
    cells: Sequence[Sequence[Cell]]
    totals: tuple[Cell, ...]
    below: tuple[str, ...]
    hidden: tuple[tuple[str, ...], ...] = ()

    @property
    def first_row(self) -> int:
        """The number, counted from 1 as people do, of the first row of data."""
        return len(self.above) + bool(self.spans) + 2

    @property
    def rows(self) -> int:
        return len(self.cells[0]) if self.cells else 0

    def body(self) -> Iterator[tuple[Cell, ...]]:
        yield from zip(*self.cells, strict=True)
        if self.totals:
            yield self.totals


def write_page(page: Page, path: Path, layout: Layout) -> Path:
    """Write a sheet beside `path` (without ending); the path written. Raises ValueError for too many rows."""
    form = layout.format
    if form == "xls" and (find_spec("xlwt") is None or page.rows > _XLS_MOST_ROWS):
        form = "xlsx"
    if form == "xlsx" and page.rows > _XLSX_MOST_ROWS:
        raise ValueError(f"{page.name} 有 {page.rows} 行，超过一张表能放下的行数；请改用 Parquet 输出")
    target = path.with_name(path.name + _EXTENSIONS[form])
    if form == "xlsx":
        _write_xlsx(page, target)
    elif form == "xls":
        _write_xls(page, target)
    else:
        _write_csv(page, target, "utf-8-sig" if form == "csv-utf8" else "gb18030")
    return target


def _write_xlsx(page: Page, target: Path) -> None:
    thrifty = page.rows > _MERGED_MOST_ROWS
    options = {"constant_memory": thrifty, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(target), options) as book:
        book.set_properties({"title": page.name, "created": _MADE_ON})
        bold = book.add_format({"bold": True, "align": "center"})
        day = book.add_format({"num_format": "yyyy/m/d"})
        if page.hidden:
            aside = book.add_worksheet("代码")
            for row, line in enumerate(page.hidden):
                for column, text in enumerate(line):
                    aside.write_string(row, column, text)
            aside.hide()
        sheet = book.add_worksheet(page.name)
        sheet.activate()
        sheet.set_first_sheet()
        for row, text in enumerate(page.above):
            sheet.merge_range(row, 0, row, max(len(page.headers) - 1, 1), text, bold)
        _write_xlsx_headers(sheet, page, bold, merge_down=not thrifty)
        row = page.first_row - 1
        write_string, write_number, write_day = sheet.write_string, sheet.write_number, sheet.write_datetime
        for row, cells in enumerate(page.body(), page.first_row - 1):
            for at, value in enumerate(cells):
                if type(value) is str:
                    write_string(row, at, value)
                elif isinstance(value, date):
                    write_day(row, at, value, day)
                elif value is not None:
                    write_number(row, at, value)
        for down, text in enumerate(page.below, 1):
            sheet.write_string(row + down, 0, text)


def _write_xlsx_headers(sheet: Any, page: Page, bold: Any, *, merge_down: bool) -> None:
    """One header line, or two: spans above, and headers below them. A header without a span is merged down over both
    lines, unless the sheet is written row by row to save memory."""
    row = len(page.above)
    covered = {at for _, first, final in page.spans for at in range(first, final + 1)}
    for label, first, final in page.spans:
        if final > first:
            sheet.merge_range(row, first, row, final, label, bold)
        else:
            sheet.write_string(row, first, label, bold)
    row += bool(page.spans)
    for at, header in enumerate(page.headers):
        if page.spans and at not in covered and merge_down:
            sheet.merge_range(row - 1, at, row, at, header, bold)
        else:
            sheet.write_string(row, at, header, bold)


def _write_xls(page: Page, target: Path) -> None:
    import xlwt

    book = xlwt.Workbook(encoding="utf-8")
    sheet: Any = book.add_sheet(page.name)
    day = xlwt.easyxf(num_format_str="yyyy/m/d")
    last = len(page.headers) - 1
    row = 0
    for text in page.above:
        sheet.write_merge(row, row, 0, last, text)
        row += 1
    for label, first, final in page.spans:
        sheet.write_merge(row, row, first, final, label)
    row += bool(page.spans)
    for at, header in enumerate(page.headers):
        sheet.write(row, at, header)
    for line in page.body():
        row += 1
        for at, value in enumerate(line):
            if isinstance(value, date):
                sheet.write(row, at, value, day)
            elif value is not None:
                sheet.write(row, at, value)
    for text in page.below:
        row += 1
        sheet.write(row, 0, text)
    book.save(str(target))


def _write_csv(page: Page, target: Path, encoding: str) -> None:
    with target.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerows([text] for text in page.above)
        writer.writerow(page.headers)
        writer.writerows(["" if value is None else _csv_cell(value) for value in line] for line in page.body())
        writer.writerows([text] for text in page.below)


def _csv_cell(value: Cell) -> Cell:
    """A number too long for a spreadsheet appears in a saved .csv as it was shown: in scientific notation."""
    return f"{value:.5E}" if isinstance(value, float) and abs(value) >= 1e15 else value
