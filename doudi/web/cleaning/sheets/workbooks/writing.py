"""A workbook of issues to fill in: one open column, choices to pick from, everything else locked, keys hidden.

All cells are text and nothing that people wrote becomes a formula.
"""

from collections.abc import Iterable
from typing import Any, BinaryIO

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from doudi.web.cleaning.cells import Cell
from doudi.web.cleaning.sheets.workbooks.lines import CLEAR, SheetLine

SHEET = "数据问题"
CHOICES = "可选项"
WRITE_HERE = "更正为"
KEY = "校验码"
HOUSEHOLD_NO, PERSON, ITEM, REASON = "户编号", "姓名", "项目", "退回原因"
HEADERS: tuple[tuple[str, str, int], ...] = (
    ("乡镇", "township", 12),
    ("行政村", "village", 12),
    (HOUSEHOLD_NO, "household_no", 20),
    ("户主", "head_name", 10),
    (PERSON, "person_name", 10),
    ("证件号码（已隐去）", "resident_id", 20),
    ("程度", "severity", 7),
    ("问题", "sentence", 46),
    (ITEM, "item", 18),
    ("现在登记为", "present", 16),
    ("建议改为", "proposal", 16),
    (WRITE_HERE, "written", 20),
    (KEY, "key", 10),
)
"""Header, attribute of `SheetLine`, width in characters."""
HOW_TO = (
    f"只在黄色的“{WRITE_HERE}”一列填写，不填表示不改；要把内容清掉请填“{CLEAR}”。"
    "可以排序、筛选、删行、调整列的顺序，但不要改动其他列，也不要删掉隐藏的校验码列。填好后在原处上传。"
)
_FORMULA_START = ("=", "+", "-", "@", "\t", "\r")
_FIRST_ROW = 3
_LONGEST_CELL = 32_000
_LONGEST_MESSAGE = 250


def write_workbook(out: BinaryIO, lines: Iterable[SheetLine], *, mark: str, returned: bool = False) -> int:
    """Write the workbook; gives the number of rows. `mark`: who took it and when; `returned`: with the reasons."""
    book = xlsxwriter.Workbook(
        out,
        {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True},
    )
    book.set_properties({"comments": mark})
    page = book.add_worksheet(SHEET)
    choices = _Choices(book.add_worksheet(CHOICES))
    shapes = _shapes(book)
    headers = [*HEADERS, *([(REASON, "reason", 40)] if returned else [])]
    page.write_string(0, 0, mark, shapes["grey"])
    page.write_string(1, 0, HOW_TO, shapes["hint"])
    for at, (header, name, width) in enumerate(headers):
        hidden = {"hidden": True} if header == KEY else {}
        page.set_column(at, at, width, shapes["open" if name == "written" else "locked"], hidden)
        page.write_string(2, at, header, shapes["head"])
    write_at = [name for _header, name, _width in headers].index("written")
    count = 0
    for count, line in enumerate(lines, start=1):
        row = _FIRST_ROW + count - 1
        for at, (_header, name, _width) in enumerate(headers):
            text = str(getattr(line, name))[:_LONGEST_CELL]
            if name == "written":
                _write_open(page, row, at, text, shapes)
            elif text:
                kind = "wrapped" if name in ("sentence", "reason") else "locked"
                page.write_string(row, at, text, shapes["literal" if text.startswith(_FORMULA_START) else kind])
        if line.where is not None:
            _validate(page, row, write_at, line.where, choices)
    page.autofilter(2, 0, _FIRST_ROW + max(count, 1) - 1, len(headers) - 1)
    page.freeze_panes(_FIRST_ROW, 0)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.repeat_rows(2)
    page.set_footer("&L" + mark.replace("&", "&&")[:240] + "&R&P / &N")
    page.protect("", {"sort": True, "autofilter": True, "format_columns": True, "format_rows": True})
    choices.page.hide()
    book.close()
    return count


class _Choices:
    """The hidden sheet with what may be picked, a column for each list; each list is written once."""

    def __init__(self, page: Worksheet) -> None:
        self.page = page
        self._known: dict[tuple[str, ...], str] = {}

    def source(self, labels: tuple[str, ...]) -> str:
        """The reference of a list, as a validation names it."""
        if labels not in self._known:
            at = len(self._known)
            for row, label in enumerate(labels):
                self.page.write_string(row, at, label)
            letter = xlsxwriter.utility.xl_col_to_name(at)
            self._known[labels] = f"='{CHOICES}'!${letter}$1:${letter}${len(labels)}"
        return self._known[labels]


def _shapes(book: xlsxwriter.Workbook) -> dict[str, Any]:
    text = {"num_format": "@", "valign": "top"}
    return {
        "head": book.add_format({"bold": True, "bg_color": "#E3EEEE", "bottom": 1, "text_wrap": True}),
        "grey": book.add_format({"font_color": "#666666", "italic": True}),
        "hint": book.add_format({"font_color": "#17494C", "bold": True}),
        "locked": book.add_format(text),
        "wrapped": book.add_format({**text, "text_wrap": True}),
        "literal": book.add_format({**text, "quote_prefix": True}),
        "open": book.add_format({**text, "locked": False, "bg_color": "#FFF8DC"}),
        "open_literal": book.add_format({**text, "locked": False, "bg_color": "#FFF8DC", "quote_prefix": True}),
    }


def _write_open(page: Worksheet, row: int, at: int, text: str, shapes: dict[str, Any]) -> None:
    if text:
        page.write_string(row, at, text, shapes["open_literal" if text.startswith(_FORMULA_START) else "open"])
    else:
        page.write_blank(row, at, None, shapes["open"])


def _validate(page: Worksheet, row: int, at: int, where: Cell, choices: _Choices) -> None:
    """What the cell takes: a list to pick from, else a hint."""
    column = where.contract
    labels = ("是", "否") if column.type == "boolean" else tuple(column.labels.values())
    if labels:
        if not column.required:
            labels = (*labels, CLEAR)
        several = column.type == "codes"
        page.data_validation(
            row,
            at,
            row,
            at,
            {
                "validate": "list",
                "source": choices.source(labels),
                "error_type": "information" if several else "stop",
                "error_title": "不在可选范围内",
                "error_message": "可以填写多项，用顿号隔开" if several else "请从下拉列表里选一项",
            },
        )
        return
    page.data_validation(
        row, at, row, at, {"validate": "any", "input_title": column.header[:32], "input_message": hint(where)}
    )


def hint(where: Cell) -> str:
    """What may be written into a cell, in a few words."""
    column = where.contract
    told = {
        "date": "日期，如 2023-08-01",
        "month": "年月，如 2023-08",
        "resident_id": "18位证件号码",
        "phone": "11位手机号",
        "integer": "整数",
        "decimal": "数字",
        "money": "金额，单位元",
    }.get(column.type, "文字")
    if column.min is not None and column.max is not None:
        told += f"，{column.min:g}至{column.max:g}"
    return f"{told}；清掉请填“{CLEAR}”"[:_LONGEST_MESSAGE] if not column.required else told
