"""How one kind of slip is made: whose row, and what is put into which cells."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Change = str | Callable[[Mapping[str, Any]], Any]
"""A formula over the row (SQL, as `making` describes the columns), or a function of it."""
PERSON, HOUSEHOLD = "registry_person", "registry_household"


@dataclass(frozen=True, slots=True)
class Slip:
    """One way to go wrong, and the check that finds it. The household has this one slip only."""

    check: str
    table: str
    among: str
    """Condition of the rows that it can happen to."""
    put: Mapping[str, Change] = field(default_factory=dict)
    """Column → what is written instead; `household.<column>` for the person's household."""
    least: int = 1
    """So many rows at least; more than one where it takes several to make one slip."""
    first: str = ""
    """Rows for which this is least come first."""
    leaves: str = ""
    """A household (`home`) that the written value comes from or points to: no other slip happens there."""
    hits: str = "household_no"
    """The number of the household for which the check is raised; null where this row alone does not raise it."""


def person(check: str, among: str, put: Mapping[str, Change], **more: Any) -> Slip:
    """A slip in the sheet of persons, among those who are present."""
    return Slip(check, PERSON, f"active AND ({among})", put, **more)


def gone(check: str, among: str, put: Mapping[str, Change], **more: Any) -> Slip:
    """A slip in the sheet of persons, among those who died or left."""
    return Slip(check, PERSON, f"NOT active AND ({among})", put, **more)


def household(check: str, among: str, put: Mapping[str, Change], **more: Any) -> Slip:
    """A slip in the sheet of households."""
    return Slip(check, HOUSEHOLD, among, put, **more)


def blank(*columns: str) -> dict[str, Change]:
    return dict.fromkeys(columns, "NULL")
