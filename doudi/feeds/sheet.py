"""Read a department's sheet: good rows as a typed table, bad rows with the reason, nothing lost."""

import csv
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from python_calamine import CalamineError

from doudi.feeds.archive import CORRUPT
from doudi.feeds.checks import rows_failing
from doudi.feeds.cleaning import CleanColumn, clean_column, empty_column
from doudi.feeds.columns import RawSheet, encode
from doudi.feeds.contract import Contract
from doudi.feeds.derived import FORMS, forms
from doudi.feeds.layout import Layout, find_layouts
from doudi.feeds.notes import data_rows
from doudi.feeds.problems import Limits, Problem, UnreadableFile
from doudi.feeds.workbook import EMPTY, Grid, open_grids, open_source, sha256_of

_TELLING_WHO = frozenset({"row", "resident_id", "name"})
_WHOLE_SHEET = 8
"""Telling columns from which on a sheet has all of a registry sheet, not just a few columns of it for help."""
Progress = Callable[[str, float], None]
"""Called with a Chinese sentence on what is being done and the share done, 0 to 1."""


@dataclass(frozen=True)
class SheetReading:
    """What came of one sheet.

    `table` holds the accepted rows: `row` (int32, the row number the spreadsheet shows) and every column of the
    contract in its type, unknown where the sheet has no such column; of the registry's sheets also how ids,
    certificates and phones are written (`derived.FORMS`). `rejects` name what is wrong with the rows left out,
    `warnings` what is doubtful in rows kept. `raw` is the sheet as it came; `rejected` marks its rows left out.
    `rows_read` counts all rows below the header: accepted, rejected and ignored (blanks, totals, notes). A national
    export with a row for each member, household columns repeated, is read as households with the members as their
    `companion`; a row left out is left out of both.
    """

    contract: Contract
    table: pa.Table
    returned: pa.Table
    """The rows left out that still tell which person they are about, by id or by name, with what could be read of
    them: a row whose id nobody can read may yet be matched (see `doudi.matching`)."""
    rejects: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    raw: RawSheet
    rejected: NDArray[np.bool_]
    sha256: str
    file_name: str
    sheet_name: str
    title: str
    rows_read: int
    rows_ignored: int
    missing_columns: tuple[str, ...]
    unknown_headers: tuple[str, ...]
    companion: "SheetReading | None" = None
    positions: Mapping[str, int] = field(default_factory=dict)
    """Column of the contract → where it stands in `raw`."""

    @property
    def id_alone(self) -> frozenset[int]:
        """Numbers of the rows that went back for their resident id alone: sound in everything else."""
        header = self.raw.headers[self.positions["resident_id"]] if "resident_id" in self.positions else None
        others = {problem.row for problem in self.rejects if problem.header != header}
        return frozenset(problem.row for problem in self.rejects) - others

    @property
    def rows_accepted(self) -> int:
        return int(self.table.num_rows)

    @property
    def rows_rejected(self) -> int:
        return int(self.rejected.sum())


def read_sheet(
    source: Path | bytes,
    *,
    contracts: Mapping[str, Contract] | None = None,
    contract: Contract | None = None,
    file_name: str | None = None,
    limits: Limits | None = None,
    progress: Progress | None = None,
) -> SheetReading:
    """Read a file of one feed: of the `contract` when it is given, else of whichever of the `contracts` it fits.

    Raises `UnreadableFile` when nothing can be read from it.
    """
    limits = limits or Limits()
    tell = progress or (lambda doing, share: None)
    name = file_name or (source.name if isinstance(source, Path) else "")
    candidates = [contract] if contract else list((contracts or {}).values())
    with open_source(source) as stream:
        tell("正在检查文件", 0.0)
        sha256 = sha256_of(stream)
        tell("正在打开表格", 0.05)
        grid, layout, members = _choose(open_grids(stream, limits), candidates, Path(name).stem, given=contract)
        tell("正在读取单元格", 0.5)
        raw = _read_raw(grid, layout)
    tell("正在逐列核对", 0.75)
    reading = _clean(raw, layout, grid=grid, sha256=sha256, file_name=name, may_repeat=members is not None)
    if members is not None:
        reading = _together(reading, _clean(raw, members, grid=grid, sha256=sha256, file_name=name))
    tell("已读完", 1.0)
    return reading


def _together(households: SheetReading, members: SheetReading) -> SheetReading:
    """Households and members of the same rows: what is wrong with either leaves the row out of both."""
    rejected = households.rejected | members.rejected
    left_out = pa.array(households.raw.rows[rejected])
    kept = [one.table.filter(pc.invert(pc.is_in(one.table.column("row"), left_out))) for one in (households, members)]
    rejects = tuple(sorted({*households.rejects, *members.rejects}, key=lambda problem: problem.row))
    strangers = tuple(header for header in households.unknown_headers if header in members.unknown_headers)
    companion = replace(members, table=kept[1], rejects=(), rejected=rejected, unknown_headers=strangers)
    return replace(
        households, table=kept[0], rejects=rejects, rejected=rejected, unknown_headers=strangers, companion=companion
    )


def _choose(
    grids: Iterable[Grid], contracts: list[Contract], file_name: str, *, given: Contract | None
) -> tuple[Grid, Layout, Layout | None]:
    """The sheet with the data, its header, and that of the members in a sheet of households and members.

    Hidden sheets only count when no visible one fits.
    """
    fitting: list[tuple[Grid, Layout, Layout | None]] = []
    nearest: Layout | None = None
    for grid in grids:
        if fitting and not grid.visible:
            break
        layouts = find_layouts(grid, contracts, file_name=file_name)
        convincing = [layout for layout in layouts if layout.convincing or (given and not layout.missing_required)]
        both = _households_and_members(convincing)
        if both:
            fitting.append((grid, *both))
        elif convincing:
            _refuse_ambiguous(convincing)
            fitting.append((grid, convincing[0], None))
        elif layouts and (nearest is None or layouts[0].score > nearest.score):
            nearest = layouts[0]
    if not fitting:
        raise _nothing_fits(nearest, given)
    fitting.sort(key=lambda pair: (-pair[1].score, -(pair[0].height - pair[1].data_row)))
    grid, layout, members = fitting[0]
    others = [one for one, other, _ in fitting[1:] if other.score > layout.score * 0.8 and one.height > other.data_row]
    if others:
        names = "、".join(f"“{one.name}”" for one in (grid, *others))
        raise UnreadableFile(
            "ambiguous_feed", f"有{len(others) + 1}张工作表都像数据表：{names}，请合并成一张或拆成几个文件后重新上传"
        )
    return grid, layout, members


def _households_and_members(layouts: list[Layout]) -> tuple[Layout, Layout] | None:
    """The two headers of a national export with a row for each member, household columns repeated."""
    found = {layout.contract.id: layout for layout in layouts if layout.telling >= _WHOLE_SHEET}
    households, members = found.get("registry_household"), found.get("registry_person")
    if households is None or members is None or households.data_row != members.data_row:
        return None
    return households, members


def _refuse_ambiguous(layouts: list[Layout]) -> None:
    if len(layouts) > 1 and layouts[0].score - layouts[1].score < 0.5:
        titles = "、".join(f"《{layout.contract.title}》" for layout in layouts[:3])
        raise UnreadableFile("ambiguous_feed", f"分不清是哪种表，可能是{titles}，请在上传时选择，或在文件名里写明表名")


def _nothing_fits(nearest: Layout | None, given: Contract | None) -> UnreadableFile:
    if nearest is not None and nearest.missing_required and (given or nearest.hinted or nearest.telling >= 2):
        missing = "、".join(f"“{column.header}”" for column in nearest.missing_required)
        return UnreadableFile(
            "no_header", f"像是《{nearest.contract.title}》，但缺少必需的列{missing}，请补上这些列的表头后重新上传"
        )
    if nearest is None or given:
        wanted = f"《{given.title}》的" if given else ""
        return UnreadableFile(
            "no_header", f"前30行里没有找到{wanted}表头，请确认第一张表有列名(如姓名、身份证号)后重新上传"
        )
    return UnreadableFile("unknown_feed", "看不出是哪种表，请对照列约定检查表头，或在上传时选择表的种类")


def _read_raw(grid: Grid, layout: Layout) -> RawSheet:
    try:
        columns = encode(islice(grid.rows(), layout.data_row, None), grid.width)
    except (CalamineError, csv.Error) as error:
        raise UnreadableFile("corrupt", CORRUPT) from error
    size = len(columns[0].codes) if columns else 0
    return RawSheet(layout.headers, columns, np.arange(layout.data_row + 1, layout.data_row + 1 + size, dtype=np.int32))


def _clean(
    raw: RawSheet, layout: Layout, *, grid: Grid, sha256: str, file_name: str, may_repeat: bool = False
) -> SheetReading:
    contract = layout.contract
    data = data_rows(raw, layout)
    if not data.any():
        raise UnreadableFile("empty", EMPTY)
    rejected = np.zeros(len(raw), bool)
    rejects: list[Problem] = []
    warnings: list[Problem] = []
    columns: dict[str, CleanColumn] = {}
    for column in contract.columns:
        at = layout.positions.get(column.id)
        if at is not None:
            columns[column.id] = clean = clean_column(
                column,
                raw.columns[at],
                header=raw.headers[at],
                factor=layout.factors.get(column.id, 1.0),
                wanted=data,
                rows=raw.rows,
            )
            rejected |= clean.rejected
            rejects += clean.problems
            warnings += clean.warnings
            if form := FORMS.get(contract.id, {}).get(column.id):
                told = forms(column.type, raw.columns[at].contents, clean.distinct)
                columns[form] = replace(clean, distinct=told)
    unreadable = np.zeros(len(raw), bool)
    for check, positions in rows_failing(_table(contract, columns, raw, only=contract.checked), contract):
        unreadable[positions] |= check.severity == "error"
        for at in positions:
            if data[at]:
                problem = Problem(int(raw.rows[at]), "", "", check.message, "请核对后改正")
                (rejects if check.severity == "error" else warnings).append(problem)
                rejected[at] |= check.severity == "error"
    accepted = data & ~rejected
    if not may_repeat:
        warnings += _repeated(raw, accepted, layout)
    known = set(layout.positions.values())
    return SheetReading(
        contract=contract,
        table=_table(contract, columns, raw, rows=accepted),
        returned=_returned(_table(contract, columns, raw, rows=data & rejected), unreadable[data & rejected]),
        rejects=tuple(sorted(rejects, key=lambda problem: problem.row)),
        warnings=tuple(sorted((one for one in warnings), key=lambda problem: problem.row)),
        raw=raw,
        rejected=rejected,
        sha256=sha256,
        file_name=file_name,
        sheet_name=grid.name,
        title=layout.title,
        rows_read=len(raw),
        rows_ignored=int(len(raw) - data.sum()),
        missing_columns=tuple(column.id for column in layout.missing),
        unknown_headers=tuple(header for at, header in enumerate(raw.headers) if header and at not in known),
        positions=layout.positions,
    )


def _returned(rejected: pa.Table, contradictory: NDArray[np.bool_]) -> pa.Table:
    """Of the rejected rows those that tell whom they are about, by id or else by name.

    Of a row that contradicts itself only the person is kept.
    """
    if "resident_id" not in rejected.column_names:
        return rejected.slice(0, 0)
    known = pc.is_valid(rejected["resident_id"])
    if "name" in rejected.column_names:
        known = pc.or_(known, pc.is_valid(rejected["name"]))
    found, blank = rejected.filter(known), pa.array(contradictory[known.to_numpy(zero_copy_only=False)])
    for at, name in enumerate(found.column_names):
        if name not in _TELLING_WHO:
            cells = found.column(at).combine_chunks()
            found = found.set_column(at, name, pc.if_else(blank, pa.scalar(None, cells.type), cells))
    return found


def _table(
    contract: Contract,
    columns: Mapping[str, CleanColumn],
    raw: RawSheet,
    *,
    rows: NDArray[np.bool_] | None = None,
    only: frozenset[str] | None = None,
) -> pa.Table:
    """The typed columns of the contract, of all rows or of those marked; columns that the sheet lacks are unknown."""
    numbers = raw.rows if rows is None else raw.rows[rows]
    arrays = {"row": pa.array(numbers)}
    for column in contract.columns:
        if only is None or column.id in only:
            clean = columns.get(column.id)
            arrays[column.id] = clean.array(rows) if clean else empty_column(column, len(numbers))
    if only is None:
        for form in FORMS.get(contract.id, {}).values():
            arrays[form] = columns[form].array(rows) if form in columns else pa.nulls(len(numbers), pa.string())
    return pa.table(arrays)


def _repeated(raw: RawSheet, accepted: NDArray[np.bool_], layout: Layout) -> list[Problem]:
    """Rows that repeat an earlier one in every column of the contract, as sheets put together from pieces have them."""
    mixed = np.zeros(len(raw), np.uint64)
    for column in (raw.columns[at] for at in layout.positions.values()):
        mixed = (mixed ^ column.codes.astype(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    rows = np.flatnonzero(accepted)
    _, first, which = np.unique(mixed[rows], return_index=True, return_inverse=True)
    later = np.flatnonzero(first[which] != np.arange(len(rows)))
    return [
        Problem(
            int(raw.rows[rows[at]]), "", "", f"与第{int(raw.rows[rows[first[which[at]]]])}行完全相同", "请核对是否重复"
        )
        for at in later.tolist()
    ]
