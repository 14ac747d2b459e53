"""Typed values as the cells that an office types: labels for codes, one shape of date a sheet, ids as text."""

from collections.abc import Callable
from datetime import date

import numpy as np
import pyarrow as pa

from doudi.feeds.contract import Column, Contract
from doudi.standards.periods import Month
from doudi.synth.sheets.layout import DateShape, Layout

Cell = str | float | int | date | None

DATE_SHAPES: dict[DateShape, Callable[[date], Cell]] = {
    "compact": lambda day: f"{day:%Y%m%d}",
    "iso": lambda day: day.isoformat(),
    "dots": lambda day: f"{day.year}.{day.month}.{day.day}",
    "slashes": lambda day: f"{day.year}/{day.month}/{day.day}",
    "chinese": lambda day: f"{day.year}年{day.month}月{day.day}日",
    "cell": lambda day: day,
}
MONTH_SHAPES: dict[DateShape, Callable[[Month], str]] = {
    "compact": lambda month: month.compact,
    "iso": str,
    "dots": lambda month: f"{month.year}.{month.number:02d}",
    "slashes": lambda month: f"{month.year}/{month.number:02d}",
    "chinese": lambda month: f"{month.year}年{month.number}月",
    "cell": str,
}


def written_columns(contract: Contract, table: pa.Table, layout: Layout) -> list[Column]:
    """The columns of the contract that the office keeps and the county has values for, in the contract's order."""
    return [one for one in contract.columns if one.id in table.column_names and one.id not in layout.leaves_out]


def cells(column: Column, values: pa.ChunkedArray, layout: Layout) -> list[Cell]:
    """One column of a table as cells."""
    found = values.to_pylist()
    match column.type:
        case "date":
            shape = DATE_SHAPES[layout.date_shape]
            return [None if day is None else shape(day) for day in found]
        case "month":
            month_shape = MONTH_SHAPES[layout.date_shape]
            return [None if text is None else month_shape(Month(text)) for text in found]
        case "boolean":
            yes, no = layout.yes_no
            return [None if flag is None else yes if flag else no for flag in found]
        case "code":
            return [None if code is None else column.labels[code] for code in found]
        case "codes":
            return [
                None if several is None else "、".join(column.labels[code] for code in several) for several in found
            ]
        case "money" if layout.ten_thousand:
            return [None if amount is None else round(amount / 10_000, 6) for amount in found]
        case "integer" | "decimal" | "money":
            return [int(one) if isinstance(one, float) and one.is_integer() else one for one in found]
        case _:
            return list(found)


def headers(columns: list[Column], layout: Layout, rng: np.random.Generator) -> list[str]:
    """A header a column: mostly the main spelling, else an alias; money may say its unit."""
    found = []
    for column in columns:
        header = column.header
        if column.aliases and rng.random() < 0.35:
            header = column.aliases[int(rng.integers(0, len(column.aliases)))]
        if column.type == "money" and "元" not in header:
            if layout.ten_thousand:
                header += "（万元）"
            elif rng.random() < 0.3:
                header += "（元）"
        if column.required and rng.random() < 0.2:
            header = "*" + header
        found.append(header)
    return found
