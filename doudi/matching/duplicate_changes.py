"""What a decision on a duplicate changes in the registry, row by row: pure lists, applied and undone by others.

Rows are mappings from column to value as the registry has them, with `household_key` and, of persons, `person_key`. The
kept row wins wherever both say something; what only the other one says is taken over. No value is worked out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

PERSON, HOUSEHOLD, INCOME = "person", "household", "income"
SET, MOVE, REMOVE = "set", "move", "remove"
"""What happens to a row: a cell gets another value; the row goes to another household; the row goes."""
NEVER_FILLED = frozenset(
    {"person_key", "household_key", "household_no", "person_no", "relation", "status", "status_on", "region_code"}
)
"""Columns that say where somebody stands in a household: not taken over from another row."""
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RowChange:
    """One change. `before` is what the row must still say, else it was changed meanwhile and nothing may be done.

    A `set` names the column; a `move` has the new household's key in `after`; an income is told by `income_year`.
    """

    table: str
    action: str
    household_key: int
    person_key: int | None = None
    income_year: int | None = None
    column: str = ""
    before: Any = None
    after: Any = None


def merge_persons(kept: Row, gone: Row) -> list[RowChange]:
    """Two rows of one person become one: `kept` is filled up from `gone`, which is removed; its household has one less.

    Raises ValueError when both are the same row.
    """
    if _place(kept) == _place(gone):
        raise ValueError("同一行不能与自己合并")
    return [*_filled(kept, gone), RowChange(PERSON, REMOVE, gone["household_key"], gone["person_key"])]


def move_person(left: Row, *, on: date | None) -> list[RowChange]:
    """Somebody who lives in another household has moved out of this one: the row stays, as one that left on a day."""
    changes = [_set(left, "status", "moved_out")]
    if on is not None:
        changes.append(_set(left, "status_on", on))
    return [change for change in changes if change.before != change.after]


def merge_households(
    kept: Row,
    gone: Row,
    *,
    kept_members: Sequence[Row],
    gone_members: Sequence[Row],
    same: Sequence[tuple[int, int]],
    gone_incomes: Sequence[int] = (),
    kept_incomes: Sequence[int] = (),
) -> list[RowChange]:
    """Two households become one. `same`: person keys of one person, first in `kept`, then in `gone`.

    Members that only `gone` has move over; a second head among them becomes an other member. `kept_incomes`,
    `gone_incomes`: years with an income. A year that only `gone` has moves over; of a year that both have the one of
    `kept` stays, as the same household's income was written down twice. Household `gone` is removed last.
    """
    if kept["household_key"] == gone["household_key"]:
        raise ValueError("同一户不能与自己合并")
    twins = {theirs: ours for ours, theirs in same}
    ours = {member["person_key"]: member for member in kept_members}
    twins |= {member["person_key"]: member["person_key"] for member in gone_members if member["person_key"] in ours}
    has_head = any(member.get("relation") == "head" for member in kept_members)
    changes: list[RowChange] = []
    home, old = kept["household_key"], gone["household_key"]
    for member in gone_members:
        key = member["person_key"]
        if key in twins:
            changes += merge_persons(ours[twins[key]], member)
            continue
        if has_head and member.get("relation") == "head":
            changes.append(_set(member, "relation", "other"))
        changes.append(RowChange(PERSON, MOVE, old, key, before=old, after=home))
    for year in gone_incomes:
        if year in kept_incomes:
            changes.append(RowChange(INCOME, REMOVE, old, income_year=year))
        else:
            changes.append(RowChange(INCOME, MOVE, old, income_year=year, before=old, after=home))
    changes += _filled(kept, gone)
    came = sum(change.table == PERSON and change.action == MOVE for change in changes)
    if came and kept.get("size_now") is not None:
        changes.append(_set(kept, "size_now", kept["size_now"] + came))
    return [*changes, RowChange(HOUSEHOLD, REMOVE, old)]


def left_household(household: Row, *, members: int) -> list[RowChange]:
    """The number of persons of a household after members left it; nothing where the sheet never told it."""
    if household.get("size_now") is None:
        return []
    change = _set(household, "size_now", max(household["size_now"] - members, 0))
    return [change] if change.before != change.after else []


def _filled(kept: Row, gone: Row) -> list[RowChange]:
    return [
        _set(kept, column, value)
        for column, value in gone.items()
        if column not in NEVER_FILLED and column in kept and kept[column] in (None, "") and value not in (None, "")
    ]


def _set(row: Row, column: str, after: Any) -> RowChange:
    person = row.get("person_key")
    table = HOUSEHOLD if person is None else PERSON
    return RowChange(table, SET, row["household_key"], person, column=column, before=row.get(column), after=after)


def _place(row: Row) -> tuple[Any, Any]:
    return row["household_key"], row["person_key"]
