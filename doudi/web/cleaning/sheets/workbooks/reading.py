"""A workbook that came back: its rows by their keys, wherever the columns stand now. Nothing is worked out or judged.

Formulas are not evaluated: a cell that holds one is marked, so that its row can be refused.
"""

import io
import re
import zipfile
from dataclasses import dataclass

from django.utils.translation import gettext as _
from xlsxwriter.utility import xl_col_to_name

from doudi.feeds.problems import Limits, UnreadableFile
from doudi.feeds.values import plain
from doudi.feeds.workbook import Grid, Row, open_grids
from doudi.web.cleaning.sheets.workbooks.writing import HOUSEHOLD_NO, ITEM, KEY, PERSON, WRITE_HERE
from doudi.web.refusal import ActionRefused

LIMITS = Limits(file_bytes=30 * 1024**2, rows=60_000, columns=100, cells=3_000_000)
_FORMULA = re.compile(rb'<c\s[^>]*?r="([A-Z]{1,3}\d{1,7})"[^>]*?>\s*<f[\s>/]')
NO_KEYS = (
    "这份工作簿里没有隐藏的“{key}”列，可能是复制到新文件时丢掉了，系统认不出每一行是谁的哪一项，没有读取。"
    "请重新下载工作簿，在原文件里填写后上传"
)


@dataclass(frozen=True)
class WrittenLine:
    """One row with something in it. `row`: its number in the spreadsheet; absent columns are None."""

    row: int
    key: str
    written: str
    is_formula: bool
    household_no: str | None
    person: str | None
    item: str | None


def read_workbook(content: bytes) -> list[WrittenLine]:
    """The rows that have a key or something written. Raises `ActionRefused`: codes of `UnreadableFile`, `no_keys`."""
    try:
        for grid in open_grids(io.BytesIO(content), LIMITS):
            found = _columns(grid)
            if found is not None:
                return _lines(grid, *found, formulas=_formulas(content))
    except UnreadableFile as problem:
        raise ActionRefused(problem.code, f"{problem.message}。") from problem
    raise ActionRefused(
        "not_ours", _("这不是从系统下载的问题工作簿：没有找到“%s”一列。请上传下载后填好的那份文件。") % WRITE_HERE
    )


def _columns(grid: Grid) -> tuple[int, dict[str, int]] | None:
    """Where the header is and where its columns are; None when this is another sheet."""
    for number, row in enumerate(grid.top):
        places = {plain(cell): at for at, cell in reversed(list(enumerate(row)))}
        if WRITE_HERE in places:
            if KEY not in places:
                raise ActionRefused("no_keys", NO_KEYS.format(key=KEY) + "。")
            return number, places
    return None


def _lines(grid: Grid, header: int, places: dict[str, int], *, formulas: set[str]) -> list[WrittenLine]:
    found = []
    letter = xl_col_to_name(grid.left + places[WRITE_HERE])
    for number, row in enumerate(grid.rows(), start=1):
        if number <= header + 1:
            continue
        key, written = _at(row, places, KEY) or "", _at(row, places, WRITE_HERE) or ""
        is_formula = f"{letter}{number}" in formulas
        if key or written or is_formula:
            told = (_at(row, places, name) for name in (HOUSEHOLD_NO, PERSON, ITEM))
            found.append(WrittenLine(number, key, written, is_formula, *told))
    if found and not any(line.key for line in found):
        raise ActionRefused("no_keys", NO_KEYS.format(key=KEY) + "。")
    return found


def _at(row: Row, places: dict[str, int], name: str) -> str | None:
    at = places.get(name)
    return None if at is None else plain(row[at]).strip() if at < len(row) else ""


def _formulas(content: bytes) -> set[str]:
    """References of cells that hold formulas, in any sheet of an .xlsx file; the file was checked before."""
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return set()
    found: set[str] = set()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for part in archive.namelist():
            if part.lower().startswith("xl/worksheets/") and part.lower().endswith(".xml"):
                found |= {match.decode() for match in _FORMULA.findall(archive.read(part))}
    return found
