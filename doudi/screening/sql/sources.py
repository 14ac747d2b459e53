"""How sources are known to an engine: the names of their tables, their SQL types, what they offer."""

from dataclasses import dataclass

from doudi.rulebook.sources import SHARED
from doudi.rulebook.value_types import ValueType

SQL_TYPES = {
    ValueType.NUMBER: "DOUBLE",
    ValueType.TEXT: "TEXT",
    ValueType.BOOLEAN: "BOOLEAN",
    ValueType.DATE: "DATE",
    ValueType.MONTH: "TEXT",
    ValueType.TEXTS: "TEXT[]",
}


def table_name(source: str) -> str:
    """The name under which an engine registers a source: registry_person, shared_same_phone, feed_death."""
    if source in SHARED:
        return f"shared_{source}"
    return source.replace(".", "_") if "." in source else f"feed_{source}"


def group_table(feed: str) -> str:
    """The table of a feed boiled down to one row a person."""
    return f"person_{feed}"


@dataclass(frozen=True, slots=True)
class Holding:
    """What a source offers: its columns and those that never lack a value; `years`: income years (registry.income)."""

    columns: frozenset[str]
    never_null: frozenset[str] = frozenset()
    years: frozenset[int] = frozenset()
