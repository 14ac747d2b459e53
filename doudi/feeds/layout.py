"""Find the header of a sheet: below title lines, on one, two or three lines, with merged cells, in any column order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from doudi.feeds.contract import Column, Contract
from doudi.feeds.headers import header_key, money_factor
from doudi.feeds.values import Cell, plain
from doudi.feeds.workbook import Grid, Row

IDENTITY = frozenset({"name", "resident_id", "household_no", "township", "village", "head_name"})
"""Columns that nearly every sheet has: they tell nothing about which feed it is."""
_DEEPEST = 3


@dataclass(frozen=True)
class Layout:
    """Where a sheet's header lies and which contract column each of its columns is.

    `first_row` and `depth` count from 0 in rows; `positions` maps column identifiers to positions in the sheet;
    `factors` are yuan in one unit of a money column's header.
    """

    contract: Contract
    first_row: int
    depth: int
    headers: tuple[str, ...]
    positions: Mapping[str, int]
    factors: Mapping[str, float]
    title: str
    hinted: bool

    @property
    def data_row(self) -> int:
        return self.first_row + self.depth

    @property
    def missing(self) -> tuple[Column, ...]:
        return tuple(column for column in self.contract.columns if column.id not in self.positions)

    @property
    def missing_required(self) -> tuple[Column, ...]:
        return tuple(column for column in self.missing if column.required)

    @property
    def telling(self) -> int:
        """How many of the columns found belong to this feed rather than to nearly every one."""
        return len(self.positions.keys() - IDENTITY)

    @property
    def score(self) -> float:
        return self.telling + 0.1 * (len(self.positions) - self.telling) + (2.5 if self.hinted else 0)

    @property
    def convincing(self) -> bool:
        """Whether the sheet is of this feed: required columns are there, and enough that only this feed has."""
        return not self.missing_required and self.telling >= (1 if self.hinted or len(self.contract.columns) < 6 else 2)


@dataclass(frozen=True)
class _Header:
    """A candidate for the header: for each column of the sheet the texts that may name it, the likeliest first."""

    first_row: int
    depth: int
    names: tuple[tuple[str, ...], ...]


def find_layouts(grid: Grid, contracts: Iterable[Contract], *, file_name: str) -> list[Layout]:
    """For each contract the best header found in the sheet, best match first; those without any are left out."""
    candidates = [
        header
        for first_row in range(len(grid.top))
        for depth in range(1, _DEEPEST + 1)
        if (header := _header(grid, first_row, depth))
    ]
    found = [layout for one in contracts if (layout := _best(grid, candidates, one, file_name))]
    return sorted(found, key=lambda layout: (not layout.convincing, -layout.score))


def _best(grid: Grid, candidates: Sequence[_Header], contract: Contract, file_name: str) -> Layout | None:
    best: tuple[tuple[int, int, int], _Header, dict[str, int]] | None = None
    for header in candidates:
        positions = _positions(header, contract)
        exact = sum(header.names[at][0] == contract.by_id[found].header for found, at in positions.items())
        rank = (len(positions), exact, -header.depth)
        if len(positions) >= 2 and (best is None or rank > best[0]):
            best = (rank, header, positions)
    if best is None:
        return None
    _, header, positions = best
    title = " ".join(
        text for row in grid.top[: header.first_row] for text in dict.fromkeys(plain(cell) for cell in row) if text
    )
    general = money_factor(title)
    factors = {
        column: money_factor(_written(header.names[at])) or general or 1.0
        for column, at in positions.items()
        if contract.by_id[column].type == "money"
    }
    where = header_key(f"{file_name}{grid.name}{title}")
    return Layout(
        contract=contract,
        first_row=header.first_row,
        depth=header.depth,
        headers=tuple(_shown(names) for names in header.names),
        positions=positions,
        factors=factors,
        title=title[:200],
        hinted=any(header_key(hint) in where for hint in (contract.title, *contract.recognise)),
    )


def _positions(header: _Header, contract: Contract) -> dict[str, int]:
    """Column identifier → position; of several candidates the official header wins, then the leftmost."""
    found: dict[str, tuple[int, int]] = {}
    for at, names in enumerate(header.names):
        for name in names:
            key = header_key(name)
            column = contract.by_header.get(key) if key else None
            if column is not None:
                rank = (key != header_key(column.header), at)
                if column.id not in found or rank < found[column.id]:
                    found[column.id] = rank
                break
    return {column: at for column, (_, at) in found.items()}


def _header(grid: Grid, first_row: int, depth: int) -> _Header | None:
    """The header that would begin at a row; None when these rows can be none."""
    rows = grid.top[first_row : first_row + depth]
    if len(rows) < depth:
        return None
    texts = [_filled(grid, first_row + step, row, last=step == depth - 1) for step, row in enumerate(rows)]
    if not any(plain(cell) for cell in rows[-1]) or sum(bool(text) for text in texts[-1]) < 1:
        return None
    names = []
    for at in range(grid.width):
        levels = list(dict.fromkeys(text for text in (row[at] for row in texts) if text))
        own = plain(_at(rows[-1], at))
        if depth > 1 and not own:  # nothing below: the cell above reaches down, unless it is a heading over others
            levels = [plain(_at(row, at)) for row in rows[:-1] if plain(_at(row, at))]
        joins = list(accumulate(reversed(levels), lambda below, above: above + below))
        names.append(tuple(dict.fromkeys([levels[-1], *reversed(joins), *_ends(levels)])) if levels else ("",))
    return _Header(first_row, depth, tuple(names))


def _ends(levels: Sequence[str]) -> list[str]:
    return [levels[0] + levels[-1]] if len(levels) > 2 else []


def _filled(grid: Grid, row_number: int, row: Row, *, last: bool) -> list[str]:
    """Texts of a header line, headings spread over the columns that they cover."""
    texts = [plain(_at(row, at)) for at in range(grid.width)]
    if last:
        return texts
    merged = {
        at: first[1]
        for first, end in grid.merges
        if first[0] <= row_number <= end[0]
        for at in range(first[1], end[1] + 1)
    }
    below = grid.top[row_number + 1]
    for at in range(1, grid.width):
        if texts[at]:
            continue
        if at in merged:
            texts[at] = texts[merged[at]] if merged[at] >= 0 else ""
        elif not grid.merges and plain(_at(below, at)):
            texts[at] = texts[at - 1]
    return texts


def _at(row: Row, position: int) -> Cell:
    return row[position] if position < len(row) else ""


def _written(names: tuple[str, ...]) -> str:
    """The fullest form of a header, in which its unit stands."""
    return max(names, key=len)


def _shown(names: tuple[str, ...]) -> str:
    """A header as the rejects workbook repeats it: without line breaks, with its heading when it has one."""
    return " ".join(_written(names).split())
