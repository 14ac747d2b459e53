"""The cells of a sheet, column by column: each distinct content once, and for every row which one it is.

Sheets repeat themselves (是, 否, a few dozen labels), so cleaning the distinct contents is a fraction of cleaning all
cells, and the whole sheet as it came stays in memory cheaply for the rejects workbook.
"""

import gc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice

import numpy as np
import pyarrow as pa
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


class _Gathering:
    """One column while its rows come in: as Arrow text as long as it holds nothing else, else content by content."""

    def __init__(self) -> None:
        self._texts: list[pa.Array] = []
        self._encoder: _Encoder | None = None
        self._codes: list[Codes] = []

    def add(self, cells: tuple[Cell, ...]) -> None:
        if self._encoder is None:
            try:
                self._texts.append(pa.array(cells, pa.string()))
            except (pa.ArrowException, TypeError, UnicodeError):
                self._encoder = _Encoder()
                for texts in self._texts:
                    self._encode(tuple(texts.to_pylist()))
                self._texts.clear()
            else:
                return
        self._encode(cells)

    def _encode(self, cells: tuple[Cell, ...]) -> None:
        assert self._encoder is not None  # noqa: S101
        if bool in {*map(type, cells)}:  # True equals 1 and would share its number
            cells = tuple(_named(cell) for cell in cells)
        self._codes.append(np.fromiter(map(self._encoder.__getitem__, cells), np.int32, len(cells)))

    def column(self) -> RawColumn:
        if self._encoder is not None:
            return RawColumn(list(self._encoder), np.concatenate(self._codes))
        if not self._texts:
            return RawColumn([], np.zeros(0, np.int32))
        encoded = pa.concat_arrays(self._texts).dictionary_encode()
        return RawColumn(encoded.dictionary.to_pylist(), encoded.indices.to_numpy())


def encode(rows: Iterator[Row], width: int) -> tuple[RawColumn, ...]:
    """Columns of the rows that are left; short rows are filled with blanks."""
    gathering = [_Gathering() for _ in range(width)]
    with _uncollected():
        _gather(rows, gathering)
    with ThreadPoolExecutor(2) as helpers:  # Arrow works outside of Python's lock
        return tuple(helpers.map(_Gathering.column, gathering))


def _gather(rows: Iterator[Row], gathering: list[_Gathering]) -> None:
    width = len(gathering)
    while batch := list(islice(rows, _BATCH)):
        if {*map(len, batch)} == {width}:
            columns = zip(*batch, strict=True)
        else:
            columns = zip(*(list(row)[:width] + [""] * (width - len(row)) for row in batch), strict=True)
        for column, cells in zip(gathering, columns, strict=True):
            column.add(cells)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Rows come and go by the hundred thousand without cycles; looking through them for cycles takes a tenth more."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _named(cell: Cell) -> Cell:
    return ("TRUE" if cell else "FALSE") if isinstance(cell, bool) else cell
