"""Open a file as it came, whatever its name says: .xlsx and .xls workbooks, delimited text in the usual encodings.

A sheet is handed on as a `Grid`: its first rows to look for the header in, and all rows to read once.
"""

import csv
import hashlib
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from doudi.feeds.archive import CORRUPT, ENCRYPTED, SheetExtent, check_archive, refuse_beyond
from doudi.feeds.legacy import legacy_rows, legacy_sheet, open_legacy
from doudi.feeds.problems import Limits, UnreadableFile
from doudi.feeds.values import Cell

Row = Sequence[Cell]
Merge = tuple[tuple[int, int], tuple[int, int]]

EMPTY = "文件里没有数据，请确认选对了文件后重新上传"
NOT_A_SHEET = "这不是表格文件，请上传.xlsx、.xls或.csv格式的表格"
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OTHER_KINDS = (
    (b"%PDF", "这是PDF文件"),
    (b"\x89PNG", "这是图片"),
    (b"\xff\xd8\xff", "这是图片"),
    (b"GIF8", "这是图片"),
    (b"Rar!", "这是压缩包"),
    (b"7z\xbc\xaf", "这是压缩包"),
    (b"\x1f\x8b", "这是压缩包"),
    (b"{\\rtf", "这是Word文档"),
)
_MARKUP = (
    b"<html",
    b"<!doctype",
    b"<table",
    b"<?xml",
    b"<head",
    b"<body",
    b"<meta",
    b"<style",
    b"mime-version:",
    b"<workbook",
)
_DELIMITERS = ",\t;|"


@dataclass(frozen=True)
class Grid:
    """One sheet. `top` are its first rows; `rows()` gives all rows from the first; positions count from 0.

    `left`: how many empty columns of the spreadsheet stand before the first position.
    """

    name: str
    visible: bool
    width: int
    height: int
    top: tuple[Row, ...]
    rows: Callable[[], Iterator[Row]] = field(repr=False)
    merges: tuple[Merge, ...] = ()
    left: int = 0


def open_source(source: Path | bytes) -> BinaryIO:
    return io.BytesIO(source) if isinstance(source, bytes) else source.open("rb")


def sha256_of(stream: BinaryIO) -> str:
    """Hash of a whole file, in hex."""
    stream.seek(0)
    digest = hashlib.sha256()
    while piece := stream.read(1 << 20):
        digest.update(piece)
    return digest.hexdigest()


def open_grids(stream: BinaryIO, limits: Limits) -> Iterator[Grid]:
    """The sheets of a file that hold anything, visible ones first. Raises `UnreadableFile`."""
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    if size == 0:
        raise UnreadableFile("empty", EMPTY)
    if size > limits.file_bytes:
        largest = limits.file_bytes // 1024**2
        raise UnreadableFile("too_large", f"文件超过{largest}MB,请删除图片和多余的工作表，或按乡镇拆分后分次上传")
    head = stream.read(4096)
    stream.seek(0)
    if head.startswith((_ZIP, b"PK\x05\x06")):
        check_archive(stream, limits)
        stream.seek(0)
        yield from _workbook_grids(stream, limits)
    elif head.startswith(_OLE):
        content = stream.read()
        _refuse_other_compound_files(content)
        yield from _legacy_grids(content, limits)
    else:
        for mark, what in _OTHER_KINDS:
            if head.startswith(mark):
                raise UnreadableFile("not_a_sheet", f"{what}，不是表格，请上传.xlsx、.xls或.csv格式的表格")
        if head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_MARKUP):
            raise UnreadableFile(
                "not_a_sheet", "这个文件其实是网页或XML格式(只是名字像表格),请用Excel或WPS打开后另存为.xlsx再上传"
            )
        yield _delimited_grid(stream, limits)


def _refuse_other_compound_files(content: bytes) -> None:
    """Compound files also hold encrypted .xlsx files and Word documents; their directory says which."""
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise UnreadableFile("encrypted", ENCRYPTED)
    if not any(name.encode("utf-16-le") in content for name in ("Workbook", "Book", "WORKBOOK", "BOOK")):
        raise UnreadableFile("not_a_sheet", NOT_A_SHEET)


def _legacy_grids(content: bytes, limits: Limits) -> Iterator[Grid]:
    book = open_legacy(content)
    numbers = sorted(range(book.nsheets), key=lambda number: book._sheet_visibility[number] != 0)
    _refuse_too_many_sheets(len(numbers), limits)
    found = False
    for number in numbers:
        sheet = legacy_sheet(book, number)
        if not sheet.nrows:
            continue
        found = True
        refuse_beyond(SheetExtent(sheet.nrows, sheet.ncols), limits)
        rows = partial(legacy_rows, book, sheet)
        top = tuple(islice(rows(), limits.header_rows))
        yield Grid(sheet.name, book._sheet_visibility[number] == 0, sheet.ncols, sheet.nrows, top, rows)
    if not found:
        raise UnreadableFile("empty", EMPTY)


def _refuse_too_many_sheets(sheets: int, limits: Limits) -> None:
    if sheets > limits.sheets:
        raise UnreadableFile("too_many_rows", f"工作簿有{sheets}张工作表，请只保留要上报的一张后重新上传")


def _workbook_grids(stream: BinaryIO, limits: Limits) -> Iterator[Grid]:
    try:
        workbook = CalamineWorkbook.from_filelike(stream)
        sheets = [one for one in workbook.sheets_metadata if one.typ is SheetTypeEnum.WorkSheet]
    except PasswordError as error:
        raise UnreadableFile("encrypted", ENCRYPTED) from error
    except (CalamineError, OSError, ValueError) as error:
        raise UnreadableFile("encrypted" if "assword" in str(error) else "corrupt", _why(error)) from error
    sheets.sort(key=lambda one: one.visible is not SheetVisibleEnum.Visible)
    _refuse_too_many_sheets(len(sheets), limits)
    found = False
    for metadata in sheets:
        try:
            sheet = workbook.get_sheet_by_name(metadata.name)
        except (CalamineError, OSError, ValueError) as error:
            raise UnreadableFile("encrypted" if "assword" in str(error) else "corrupt", _why(error)) from error
        if sheet.start is None:
            continue
        found = True
        refuse_beyond(SheetExtent(sheet.total_height + 1, sheet.total_width + 1), limits)
        left = sheet.start[1]
        yield Grid(
            name=metadata.name,
            visible=metadata.visible is SheetVisibleEnum.Visible,
            width=sheet.width,
            height=sheet.total_height + 1,
            top=tuple(islice(sheet.iter_rows(), limits.header_rows)),
            rows=sheet.iter_rows,
            merges=tuple(
                ((first[0], first[1] - left), (last[0], last[1] - left))
                for first, last in (sheet.merged_cell_ranges or ())
                if first[0] < limits.header_rows
            ),
            left=left,
        )
    if not found:
        raise UnreadableFile("empty", EMPTY)


def _why(error: Exception) -> str:
    return ENCRYPTED if "assword" in str(error) else CORRUPT


def _delimited_grid(stream: BinaryIO, limits: Limits) -> Grid:
    text = _decoded(stream.read())
    if not text.strip():
        raise UnreadableFile("empty", EMPTY)
    delimiter = _delimiter(text)

    def rows() -> Iterator[Row]:
        return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)

    csv.field_size_limit(1 << 20)
    width = height = 0
    try:
        for row in rows():
            height += 1
            width = max(width, len(row))
            if height > limits.rows:
                raise UnreadableFile("too_many_rows", f"表格超过{limits.rows:,}行，请按乡镇拆分后分次上传")
    except csv.Error as error:
        raise UnreadableFile(
            "corrupt", "文本表格的引号不成对或单元格过长，请用Excel或WPS另存为.xlsx后重新上传"
        ) from error
    if width > limits.columns or width * height > limits.cells:
        raise UnreadableFile("too_many_rows", f"表格超过{limits.columns:,}列，请删除右侧多余的列后重新上传")
    return Grid("", True, width, height, tuple(islice(rows(), limits.header_rows)), rows)


def _decoded(content: bytes) -> str:
    """UTF-8 with or without mark, UTF-16 with mark, else GB18030. Raises `UnreadableFile` for what is no text."""
    for encoding in ("utf-16",) if content.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text or sum(text[:2000].count(chr(code)) for code in (1, 2, 3, 4, 5, 6, 7, 8, 14, 15)) > 2:
            break
        return text
    raise UnreadableFile("not_a_sheet", NOT_A_SHEET)


def _delimiter(text: str) -> str:
    """The delimiter that cuts the first lines into the most, and the most even, columns."""
    lines = [line for line in text[:65536].splitlines()[:40] if line.strip()]
    widths = {mark: sorted(len(row) for row in csv.reader(lines, delimiter=mark)) for mark in _DELIMITERS}
    return max(_DELIMITERS, key=lambda mark: (widths[mark][len(widths[mark]) // 2], widths[mark][-1]))
