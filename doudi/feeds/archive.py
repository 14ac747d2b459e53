"""Refuse workbooks that would take the machine, before any parser sees them.

An .xlsx file is a zip archive of XML. Its directory may lie about sizes, a few hundred bytes may ask for a sheet of a
thousand million cells, and one long text may be repeated a million times; so every part is unpacked once here, bounded,
and the cell references of its sheets are looked at, without keeping anything.
"""

import re
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from doudi.feeds.problems import Limits, UnreadableFile

_CHUNK = 1 << 20
_RATIO_MATTERS_FROM = 16 * 1024**2
_ROOTED = re.compile(rb'\sr\s*=\s*["\']\$?([A-Za-z]{1,4})?\$?(\d{1,10})')
_SHARED_REFERENCE = re.compile(rb't="s"[^>]*>\s*<v>(\d+)<')
_LONG_TEXT = 1_024
_PADDING = b" " * 32
_LONGEST_TAG = 8 * 1024**2

BOMB = "文件解压后大得不正常，可能已损坏或带有恶意内容，请在Excel或WPS里新建一个工作簿，只粘贴数值后重新保存再上传"
CORRUPT = "文件已损坏，无法打开，请在Excel或WPS里打开原文件，另存为.xlsx后重新上传"
ENCRYPTED = "文件设置了打开密码，请先去掉密码再上传"


@dataclass(frozen=True)
class SheetExtent:
    """How far the cells of a sheet reach."""

    rows: int
    columns: int


def check_archive(source: BinaryIO, limits: Limits) -> None:
    """Look through an .xlsx archive. Raises `UnreadableFile`: corrupt, encrypted, not_a_sheet, bomb, too_many_rows."""
    try:
        archive = zipfile.ZipFile(source)
        parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error) as error:
        raise UnreadableFile("corrupt", CORRUPT) from error
    if len(parts) > limits.parts:
        raise UnreadableFile("bomb", BOMB)
    if any(part.flag_bits & 0x1 for part in parts):
        raise UnreadableFile("encrypted", ENCRYPTED)
    names = {part.filename.lstrip("/").lower() for part in parts}
    if not any(name.startswith("xl/") and "workbook" in name for name in names):
        raise UnreadableFile("not_a_sheet", "这不是Excel工作簿，请上传.xlsx、.xls或.csv表格")
    unpacked = cells = longest_text = 0
    sheets = []
    for part in parts:
        counter = _Unpacker(source, part, limits, already=unpacked)
        name = part.filename.lstrip("/").lower()
        if name.startswith("xl/worksheets/") and name.endswith(".xml"):
            extent = _sheet_extent(counter, limits)
            refuse_beyond(extent, limits)
            cells += extent.rows * extent.columns
            sheets.append(part)
        elif name.endswith("sharedstrings.xml"):
            longest_text = max(longest_text, _longest_text(counter))
        else:
            for _ in counter:
                pass
        unpacked += counter.size
    if longest_text * cells > limits.text_bytes:
        _refuse_repeated_texts(source, parts, sheets, limits)


class _Unpacker:
    """The bytes of one part, chunk by chunk, as a parser would unpack them; its `size` grows as they come."""

    def __init__(self, source: BinaryIO, part: zipfile.ZipInfo, limits: Limits, *, already: int) -> None:
        self._source, self._part, self._limits, self._already = source, part, limits, already
        self.size = 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._raw():
            self.size += len(chunk)
            if self._already + self.size > self._limits.unpacked_bytes:
                raise UnreadableFile("bomb", BOMB)
            packed = max(self._part.compress_size, 1)
            if self.size > _RATIO_MATTERS_FROM and self.size / packed > self._limits.unpack_ratio:
                raise UnreadableFile("bomb", BOMB)
            yield chunk

    def _raw(self) -> Iterator[bytes]:
        """Unpacks from the packed bytes themselves: the size that the directory declares may be a lie."""
        if self._part.header_offset < 0:
            raise UnreadableFile("corrupt", CORRUPT)
        self._source.seek(self._part.header_offset)
        header = self._source.read(30)
        if len(header) < 30 or header[:4] != b"PK\x03\x04":
            raise UnreadableFile("corrupt", CORRUPT)
        self._source.seek(self._part.header_offset + 30 + sum(struct.unpack("<HH", header[26:30])))
        left = self._part.compress_size
        if self._part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise UnreadableFile("corrupt", CORRUPT)
        unpack = zlib.decompressobj(-15) if self._part.compress_type == zipfile.ZIP_DEFLATED else None
        while left > 0:
            packed = self._source.read(min(_CHUNK, left))
            if not packed:
                raise UnreadableFile("corrupt", CORRUPT)
            left -= len(packed)
            if unpack is None:
                yield packed
                continue
            try:
                while packed:
                    yield unpack.decompress(packed, _CHUNK)
                    packed = unpack.unconsumed_tail
            except zlib.error as error:
                raise UnreadableFile("corrupt", CORRUPT) from error


def _ahead(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The chunks, the next one being unpacked while the last one is looked at."""
    coming = iter(chunks)
    with ThreadPoolExecutor(1) as helper:
        waiting = helper.submit(next, coming, None)
        while (chunk := waiting.result()) is not None:
            waiting = helper.submit(next, coming, None)
            yield chunk


def _sheet_extent(chunks: "_Unpacker", limits: Limits) -> SheetExtent:
    """The furthest row and column that a sheet's references name; cells and rows without one are counted."""
    rows = columns = bare_rows = bare_cells = 0
    rest, line = b"", _NO_LINE
    for chunk in _ahead(chunks):
        if not rows and chunk[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise UnreadableFile("corrupt", CORRUPT)
        block = rest + chunk
        cut = block.rfind(b"<")  # a tag is only looked at when it is whole
        rest = block[cut:]
        if len(rest) > _LONGEST_TAG:
            raise UnreadableFile("bomb", BOMB)
        found = _furthest(block[:cut] + _PADDING, line)
        rows, columns = max(rows, found.rows), max(columns, found.columns)
        bare_rows += found.bare_rows
        bare_cells += found.bare_cells
        line = found.last_line
        if rows > limits.rows or columns > limits.columns:
            break
    return SheetExtent(max(rows, bare_rows), columns + bare_cells)


_Line = tuple[int, int]
"""The row that cells lie in: its digits with the closing quote as eight bytes, and which of the bytes count."""
_NO_LINE: _Line = (0, 0)
_REFERENCE = int.from_bytes(b' r="', "little")


@dataclass(frozen=True)
class _Found:
    """What a stretch of a sheet's XML refers to, and how many cells and rows in it have no reference."""

    rows: int
    columns: int
    bare_rows: int
    bare_cells: int
    last_line: _Line


def _furthest(block: bytes, line: _Line) -> _Found:
    """Look at every cell `<c r="AB12"` and row `<row r="12"`; when one is written otherwise, at the text itself.

    A cell's row number is only compared with that of the row it lies in, eight bytes at a time. `line` is the row that
    is open where the block begins.
    """
    octets = np.frombuffer(block, dtype=np.uint8)
    body = len(octets) - len(_PADDING)
    words = np.ndarray((body + 16,), "<u8", buffer=block, strides=(1,))  # the eight bytes from each position on
    opened = (octets[:body] == ord("<")) | (octets[:body] == ord(":"))
    cells = np.flatnonzero(opened & (octets[1 : body + 1] == ord("c"))) + 2
    lines = np.flatnonzero(opened & (octets[1 : body + 1] == ord("r"))) + 2
    lines = lines[(octets[lines] == ord("o")) & (octets[lines + 1] == ord("w"))] + 2
    heads = words[cells]
    straight = (heads & np.uint64(0xFFFFFFFF)) == _REFERENCE
    if not straight.all():
        after = octets[cells[~straight]]
        others = int(np.count_nonzero((after <= 32) | (after == ord("/")) | (after == ord(">"))))
        cells, heads = cells[straight], heads[straight]
        if others:
            return _furthest_slowly(block, cells=len(cells) + others, lines=len(lines))
    if not ((words[lines] & np.uint64(0xFFFFFFFF)) == _REFERENCE).all():
        return _furthest_slowly(block, cells=len(cells), lines=len(lines))
    rows, digits, masks = _lines(words, octets, lines + 4, line)
    first, second, third = (((heads >> np.uint64(shift)) & np.uint64(0xFF)).astype(np.int32) for shift in (32, 40, 48))
    two = second > 64
    three = two & (third > 64)
    column = (first & 0xDF) - 64
    column = np.where(two, column * 26 + ((second & 0xDF) - 64), column)
    column = np.where(three, column * 26 + ((third & 0xDF) - 64), column)
    of_line = np.diff(np.searchsorted(cells, lines), prepend=0, append=len(cells)) if len(lines) else [len(cells)]
    if line == _NO_LINE and of_line[0]:
        return _furthest_slowly(block, cells=len(cells), lines=len(lines))
    written = words[cells + 5 + two + three] & np.repeat(masks, of_line)
    if not (written == np.repeat(digits, of_line)).all() or (len(cells) and not first.min() > 64):
        return _furthest_slowly(block, cells=len(cells), lines=len(lines))
    return _Found(rows, int(column.max(initial=0)), 0, 0, (int(digits[-1]), int(masks[-1])))


def _lines(
    words: np.ndarray, octets: np.ndarray, starts: np.ndarray, line: _Line
) -> tuple[int, np.ndarray, np.ndarray]:
    """Furthest row among those whose numbers start at `starts`; their eight bytes and masks, after those of `line`."""
    row, going = np.zeros(len(starts), np.int64), np.ones(len(starts), bool)
    length = np.zeros(len(starts), np.uint64)
    for place in range(10):
        digit = octets[starts + place] - np.uint8(48)
        going &= digit <= 9
        if not going.any():
            break
        row = np.where(going, row * 10 + digit, row)
        length += going
    bits = np.minimum(length + np.uint64(1), np.uint64(8)) * np.uint64(8)
    masks = np.uint64(0xFFFFFFFFFFFFFFFF) >> (np.uint64(64) - bits)
    before = np.array([line[0]], np.uint64), np.array([line[1]], np.uint64)
    return (
        int(row.max(initial=0)),
        np.concatenate([before[0], words[starts] & masks]),
        np.concatenate([before[1], masks]),
    )


def _furthest_slowly(block: bytes, *, cells: int, lines: int) -> _Found:
    """The same by the text: other quotes, blanks, order of attributes, or no reference at all are legal too."""
    rows = columns = 0
    last_line = b""
    for letters, digits in _ROOTED.findall(block):
        column = 0
        for letter in letters.upper():
            column = column * 26 + letter - 64
        rows, columns = max(rows, int(digits)), max(columns, column)
        cells -= bool(letters)
        lines -= not letters
        if not letters:
            last_line = digits
    word = (last_line + b'"')[:8] if last_line else b""
    line = int.from_bytes(word, "little"), (1 << 8 * len(word)) - 1
    return _Found(rows, columns, max(lines, 0), max(cells, 0), line)


def refuse_beyond(extent: SheetExtent, limits: Limits) -> None:
    """Raises `UnreadableFile` (too_many_rows) for a sheet larger than the limits."""
    if extent.rows > limits.rows:
        raise UnreadableFile(
            "too_many_rows",
            f"表格超过{limits.rows:,}行(可能是末尾有大量空行),请删除数据下方的空行，或按乡镇拆分后分次上传",
        )
    if extent.columns > limits.columns:
        raise UnreadableFile(
            "too_many_rows", f"表格超过{limits.columns:,}列(可能是右侧有大量空列),请删除右侧多余的列后重新上传"
        )
    if extent.rows * extent.columns > limits.cells:
        raise UnreadableFile(
            "too_many_rows", f"表格超过{limits.cells:,}个单元格，请删除用不到的列，或按乡镇拆分后分次上传"
        )


def _longest_text(chunks: "_Unpacker") -> int:
    """Bytes of the longest shared text, roughly: the longest stretch between two ends of `<si>`."""
    longest = open_ = 0
    for chunk in chunks:
        pieces = chunk.split(b"</si>")
        open_ += len(pieces[0])
        if len(pieces) > 1:
            longest = max(longest, open_, *map(len, pieces[1:]))
            open_ = len(pieces[-1])
    return max(longest, open_)


def _refuse_repeated_texts(
    source: BinaryIO, parts: list[zipfile.ZipInfo], sheets: list[zipfile.ZipInfo], limits: Limits
) -> None:
    """Count how often each long shared text is used; only done when the longest could fill the memory."""
    long_texts: dict[int, int] = {}
    for part in parts:
        if part.filename.lower().endswith("sharedstrings.xml"):
            position, rest = 0, b""
            for chunk in _Unpacker(source, part, limits, already=0):
                *whole, rest = (rest + chunk).split(b"</si>")
                for text in whole:
                    if len(text) > _LONG_TEXT:
                        long_texts[position] = len(text)
                    position += 1
    used: Counter[int] = Counter()
    for part in sheets:
        rest = b""
        for chunk in _Unpacker(source, part, limits, already=0):
            block = rest + chunk
            cut = block.rfind(b"</c>") + 1
            used.update(number for number in map(int, _SHARED_REFERENCE.findall(block[:cut])) if number in long_texts)
            rest = block[cut:]
            if len(rest) > 1 << 24:
                raise UnreadableFile("bomb", BOMB)
    if sum(long_texts[number] * times for number, times in used.items()) > limits.text_bytes:
        raise UnreadableFile("bomb", BOMB)
