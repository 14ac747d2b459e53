"""The cells of a sheet, column by column: each distinct content once, and for every row which one it is.

Sheets repeat themselves (是, 否, a few dozen labels), so cleaning the distinct contents is a fraction of cleaning all
cells, and the whole sheet as it came stays in memory cheaply for the rejects workbook.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, zip_longest

import numpy as np
from numpy.typing import NDArray

from doudi.feeds.values import Cell
from doudi.feeds.workbook import Row

Codes = NDArray[np.int32]
_BATCH = 512
"""Rows at a time; few enough that their cells stay in the processor's cache."""


class _Encoder(dict[Cell, int]):
    """Numbers contents in the order in which they are first seen."""

    def __missing__(self, content: Cell) -> int:
        number = self[content] = len(self)
        return number


@dataclass(frozen=True)
class RawColumn:
    """One column as it came; `contents[codes[i]]` stands in row i."""

    contents: list[Cell]
    codes: Codes

    def at(self, index: int) -> Cell:
        return self.contents[self.codes[index]]


@dataclass(frozen=True)
class RawSheet:
    """What stood below the header. `rows` are the row numbers that the spreadsheet shows, counted from 1."""

    headers: tuple[str, ...]
    columns: tuple[RawColumn, ...]
    rows: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.rows)

    def row(self, index: int) -> list[Cell]:
        return [column.at(index) for column in self.columns]


def encode(rows: Iterator[Row], width: int) -> tuple[RawColumn, ...]:
    """Columns of the rows that are left; short rows are filled with blanks."""
    encoders = [_Encoder({"": 0}) for _ in range(width)]
    pieces: list[list[Codes]] = [[] for _ in range(width)]
    while batch := list(islice(rows, _BATCH)):
        size = len(batch)
        columns = zip_longest(*batch, fillvalue="") if {*map(len, batch)} != {width} else zip(*batch, strict=True)
        filled = 0
        for encoder, piece, column in zip(encoders, pieces, columns, strict=False):
            if bool in {*map(type, column)}:  # True equals 1 and would share its number
                column = tuple(_named(cell) for cell in column)
            piece.append(np.fromiter(map(encoder.__getitem__, column), np.int32, size))
            filled += 1
        for piece in pieces[filled:]:
            piece.append(np.zeros(size, np.int32))
    return tuple(
        RawColumn(list(encoder), np.concatenate(piece) if piece else np.zeros(0, np.int32))
        for encoder, piece in zip(encoders, pieces, strict=True)
    )


def _named(cell: Cell) -> Cell:
    return ("TRUE" if cell else "FALSE") if isinstance(cell, bool) else cell
