"""What can be wrong with a file, a row or a cell, always with what to do about it."""

from dataclasses import dataclass
from typing import Literal

FileProblem = Literal[
    "empty", "encrypted", "too_large", "too_many_rows", "bomb", "not_a_sheet", "no_header", "unknown_feed",
    "ambiguous_feed", "corrupt",
]  # fmt: skip


class UnreadableFile(Exception):  # noqa: N818 - named for what the reader is told
    """A file of which nothing can be read. `.code` for machines, `.message` one Chinese sentence with the remedy."""

    def __init__(self, code: FileProblem, message: str) -> None:
        super().__init__(message)
        self.code: FileProblem = code
        self.message = message

    def __reduce__(self) -> tuple[type["UnreadableFile"], tuple[FileProblem, str]]:
        return type(self), (self.code, self.message)


class BadCell(ValueError):  # noqa: N818 - named for what it is about
    """A cell that is not of its column's type: `.reason` says why, `.remedy` what to write instead."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with one row of a sheet, for the person who sent it.

    `row` is the row number that the spreadsheet shows; `header` the column as the sheet names it (empty for the whole
    row); `value` what stands there; `sheet` the file, where several are looked at together.
    """

    row: int
    header: str
    value: str
    reason: str
    remedy: str
    sheet: str = ""

    def __str__(self) -> str:
        return f"{self.sheet}第{self.row}行：{self.sentence}"

    @property
    def sentence(self) -> str:
        """`“总费用”列“abc”：不是金额，请……`, as it stands in the last column of the rejects workbook."""
        place = f"“{self.header}”列" if self.header else ""
        found = f"“{self.value}”" if self.value else ""
        lead = f"{place}{found}：" if place or found else ""
        return f"{lead}{self.reason}" + (f"，{self.remedy}" if self.remedy else "")


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that keep one upload from taking the machine; technical, not policy.

    Bytes of the file; bytes of all its parts unpacked; how often larger a part may be than its packed form (only looked
    at from 16 MB on); rows, columns and cells (rows × columns) of a sheet; bytes that repeated long texts may take.
    """

    file_bytes: int = 200 * 1024**2
    unpacked_bytes: int = 1536 * 1024**2
    unpack_ratio: float = 200.0
    parts: int = 2_000
    rows: int = 1_000_000
    columns: int = 400
    cells: int = 60_000_000
    text_bytes: int = 2 * 1024**3
    header_rows: int = 30
    sheets: int = 60
