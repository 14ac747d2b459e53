"""A column as it came into a typed column: each distinct content is read once, then spread over the rows."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from doudi.feeds import values
from doudi.feeds.columns import Codes, RawColumn
from doudi.feeds.contract import Column
from doudi.feeds.problems import BadCell, Problem
from doudi.feeds.resident_ids import sound_ids
from doudi.feeds.values import Cell, is_blank, plain

ARROW_TYPES: dict[str, pa.DataType] = {
    "text": pa.string(),
    "name": pa.string(),
    "integer": pa.int64(),
    "decimal": pa.float64(),
    "money": pa.float64(),
    "date": pa.date32(),
    "month": pa.string(),
    "boolean": pa.bool_(),
    "code": pa.string(),
    "codes": pa.list_(pa.string()),
    "resident_id": pa.string(),
    "phone": pa.string(),
    "bank_account": pa.string(),
    "region_code": pa.string(),
    "disability_certificate": pa.string(),
}
"""How a contract's column types are stored; see the column contracts for their meaning."""


@dataclass(frozen=True)
class CleanColumn:
    """The distinct contents of a column in its type, the rows that it rejects, and what is wrong with which row."""

    distinct: pa.Array
    codes: Codes
    rejected: NDArray[np.bool_]
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]

    def array(self, rows: NDArray[np.bool_] | None = None) -> pa.Array:
        """The column for all rows, or for those marked."""
        return self.distinct.take(pa.array(self.codes if rows is None else self.codes[rows]))


@dataclass(frozen=True)
class _Wrong:
    reason: str
    remedy: str


def clean_column(
    column: Column, raw: RawColumn, *, header: str, factor: float, wanted: NDArray[np.bool_], rows: NDArray[np.int32]
) -> CleanColumn:
    """Read one column. Only rows marked in `wanted` can have problems; `rows` are the row numbers shown to people."""
    read = _reader(column, factor)
    parsed: list[Any] = []
    wrong: dict[int, _Wrong] = {}
    bounded = column.min is not None or column.max is not None
    quick = sound_ids(raw.contents) if column.type == "resident_id" else None
    for number, content in enumerate(raw.contents):
        found = None
        if quick is not None and quick[number] is not None:
            found = quick[number]
        elif content != "":
            try:
                found = read(content)
                if bounded:
                    _check_range(column, found)
            except BadCell as bad:
                wrong[number] = _Wrong(bad.reason, bad.remedy)
                found = None
        if found is None and column.required and number not in wrong:
            wrong[number] = _Wrong("必填项为空" if is_blank(content) else "必填项没有填写内容", "请补填")
        parsed.append(found)
    distinct = pa.array(parsed, ARROW_TYPES[column.type])
    none = np.zeros(len(raw.codes), bool)
    if not wrong:
        return CleanColumn(distinct, raw.codes, none, (), ())
    is_wrong = np.zeros(len(raw.contents), bool)
    is_wrong[list(wrong)] = True
    hit = is_wrong[raw.codes] & wanted
    problems = tuple(
        Problem(int(rows[index]), header, plain(raw.contents[number]), wrong[number].reason, wrong[number].remedy)
        for index, number in ((index, int(raw.codes[index])) for index in np.flatnonzero(hit).tolist())
    )
    if column.keeps_row and not column.required:
        return CleanColumn(distinct, raw.codes, none, (), problems)
    return CleanColumn(distinct, raw.codes, hit, problems, ())


def empty_column(column: Column, size: int) -> pa.Array:
    """What a column that the sheet does not have is: unknown throughout."""
    return pa.nulls(size, ARROW_TYPES[column.type])


def _reader(column: Column, factor: float) -> Callable[[Cell], Any]:
    if column.type == "money":
        return partial(values.money, factor=factor)
    if column.type == "code":
        return partial(values.code, spellings=column.spellings, labels=column.labels)
    if column.type == "codes":
        return partial(values.codes, spellings=column.spellings, labels=column.labels)
    if column.unit == "percent":
        return values.percent
    return values.PARSERS[column.type]


def _check_range(column: Column, found: Any) -> None:
    if not isinstance(found, int | float) or isinstance(found, bool):
        return
    low, high = column.min, column.max
    if (low is not None and found < low) or (high is not None and found > high):
        bounds = "、".join(
            part
            for part in (
                f"不小于{low:,.10g}" if low is not None else "",
                f"不大于{high:,.10g}" if high is not None else "",
            )
            if part
        )
        raise BadCell("数值超出合理范围", f"应{bounds}，请核对单位(元或万元)和数字")
