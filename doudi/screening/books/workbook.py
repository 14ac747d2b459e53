"""Workbooks that are handed on: sheets with a frozen, filtered header and fitting columns, without any formula."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import xlsxwriter

from doudi.standards.codes import Level, find

MAX_ROWS = 1_000_000
LEVEL_LABELS = {"red": Level.RED.label, "yellow": Level.YELLOW.label, "exclusion": "核实信号"}
"""Of alerts; an exclusion only asks for verification."""
Cells = Sequence[Any]
Column = tuple[str, int]


@contextmanager
def book_at(path: Path) -> Iterator["Book"]:
    """A workbook to fill. It replaces a file of that name only when it is finished."""
    waiting = path.with_name(f".writing-{path.name}")
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    try:
        with xlsxwriter.Workbook(str(waiting), options) as workbook:
            yield Book(workbook)
        waiting.replace(path)
    finally:
        waiting.unlink(missing_ok=True)


class Book:
    """Sheets with a frozen, filtered header and fitting columns."""

    def __init__(self, workbook: Any) -> None:
        self.workbook = workbook
        self.header = workbook.add_format(
            {"bold": True, "bg_color": "#DCE6F1", "border": 1, "text_wrap": True, "valign": "vcenter"}
        )
        self.wrapped = workbook.add_format({"text_wrap": True, "valign": "top"})
        self.plain = workbook.add_format({"valign": "top"})
        self.red = workbook.add_format({"valign": "top", "font_color": "#B00020", "bold": True})
        self.title = workbook.add_format({"bold": True, "font_size": 14})

    def sheet(
        self,
        name: str,
        columns: Sequence[Column],
        rows: Iterable[Cells],
        *,
        lead: Sequence[str] = (),
    ) -> None:
        """`columns` are headers with their widths; wide ones wrap. `lead` are lines above the header."""
        sheet = self.workbook.add_worksheet(name)
        for number, (_header, width) in enumerate(columns):
            sheet.set_column(number, number, width, self.wrapped if width >= 30 else self.plain)
        at = 0
        for line in lead:
            sheet.write_string(at, 0, line, self.title if at == 0 else self.plain)
            at += 1
        for number, (header, _width) in enumerate(columns):
            sheet.write_string(at, number, header, self.header)
        sheet.freeze_panes(at + 1, 0)
        top = at
        for row in rows:
            at += 1
            if at - top > MAX_ROWS:
                sheet.write_string(at, 0, "行数超过表格上限，其余请在系统中查看")
                break
            for number, value in enumerate(row):
                form = self.red if number == 0 and value == Level.RED.label else None
                self._write(sheet, at, number, value, form)
        if at > top:
            sheet.autofilter(top, 0, at, len(columns) - 1)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(top)

    @staticmethod
    def _write(sheet: Any, row: int, column: int, value: Any, form: Any) -> None:
        if value is None or value == "":
            return
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            sheet.write_number(row, column, value, form)
        else:
            sheet.write_string(row, column, str(value), form)


def label(list_name: str, code: str) -> str:
    """The Chinese label of a code; the code itself when the list does not have it."""
    member = find(list_name, code)
    return member.label if member else code
