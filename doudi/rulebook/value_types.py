"""What kinds of values columns, facts and parameters hold, as far as rules can see them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class ValueType(StrEnum):
    """Kind of a value in a rule."""

    NUMBER = "number"
    TEXT = "text"
    BOOLEAN = "boolean"
    DATE = "date"
    MONTH = "month"
    """A calendar month, stored as the text `2023-07`."""
    TEXTS = "texts"
    """Several codes at once."""

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS: Final = {
    ValueType.NUMBER: "数字",
    ValueType.TEXT: "文字",
    ValueType.BOOLEAN: "是否",
    ValueType.DATE: "日期",
    ValueType.MONTH: "月份",
    ValueType.TEXTS: "多个代码",
}


@dataclass(frozen=True, slots=True)
class ColumnType:
    """Kind of a column and, for coded ones, the codes it can hold (None: free text)."""

    kind: ValueType
    codes: frozenset[str] | None = None


NUMBER: Final = ColumnType(ValueType.NUMBER)
TEXT: Final = ColumnType(ValueType.TEXT)
BOOLEAN: Final = ColumnType(ValueType.BOOLEAN)
DATE: Final = ColumnType(ValueType.DATE)
MONTH: Final = ColumnType(ValueType.MONTH)
TEXTS: Final = ColumnType(ValueType.TEXTS)

OF_CONTRACT: Final[Mapping[str, ValueType]] = {
    "text": ValueType.TEXT,
    "name": ValueType.TEXT,
    "integer": ValueType.NUMBER,
    "decimal": ValueType.NUMBER,
    "money": ValueType.NUMBER,
    "date": ValueType.DATE,
    "month": ValueType.MONTH,
    "boolean": ValueType.BOOLEAN,
    "code": ValueType.TEXT,
    "codes": ValueType.TEXTS,
    "resident_id": ValueType.TEXT,
    "phone": ValueType.TEXT,
    "bank_account": ValueType.TEXT,
    "region_code": ValueType.TEXT,
    "disability_certificate": ValueType.TEXT,
}
"""The kind of each column type of `rules/feeds`."""


def column_type(declared: "ColumnType | ValueType | str") -> ColumnType:
    """A column type from itself, a kind, or the type name of a column contract. Raises ValueError when unknown."""
    if isinstance(declared, ColumnType):
        return declared
    if isinstance(declared, ValueType):
        return ColumnType(declared)
    if declared in OF_CONTRACT:
        return ColumnType(OF_CONTRACT[declared])
    return ColumnType(ValueType(declared))
