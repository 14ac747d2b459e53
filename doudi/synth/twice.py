"""Persons and households of a made-up county that its registry has twice, with the truth about each.

Four ways, as they happen: a daughter who married stays with her parents under the same id; somebody is entered a second
time in the same household without an id; somebody is entered again in the next household of the village with a slip in
the id; a whole household is entered again under another number without ids. The county has twins of its own.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

MARRIED, SAME_HOUSE, OTHER_HOUSE, HOUSEHOLD = "married", "same_house", "other_house", "household"
TRUTH = pa.schema(
    [
        ("kind", pa.string()),
        ("person_key", pa.int64()),
        ("household_key", pa.int64()),
        ("other_person", pa.int64()),
        ("other_household", pa.int64()),
    ]
)
"""One line a duplicate: the row as it was first, and the row added. Of a whole household one line a member."""
_FRESH = 1 << 62
"""Keys of rows added begin here: no key that is made of an id is so likely to be one of them."""


def registered_twice(persons: pa.Table, *, each: int, seed: int) -> tuple[pa.Table, pa.Table]:
    """The registry with `each` duplicates of every kind added, and what they are (`TRUTH`).

    `persons`: see `doudi.matching.rows.PERSONS`, with `id_form`, of active members in the order of their households.
    """
    random = np.random.default_rng(seed)
    rows = persons.filter(pc.equal(persons["status"], "active")).to_pylist()
    homes: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        homes.setdefault(row["household_key"], []).append(row)
    order = [list(homes)[at] for at in random.permutation(len(homes))]
    fresh = iter(range(_FRESH, _FRESH + len(rows) + len(homes)))
    added: list[dict[str, Any]] = []
    truth: list[dict[str, Any]] = []
    for kind in (MARRIED, SAME_HOUSE, OTHER_HOUSE, HOUSEHOLD):
        done = 0
        while order and done < each:
            home = order.pop()
            pairs = list(_added(kind, homes[home], homes.get(order[-1]) if order else None, fresh))
            done += bool(pairs)
            for first, second in pairs:
                added.append(second)
                truth.append(_told(kind, first, second))
    return pa.concat_tables([persons, pa.Table.from_pylist(added, persons.schema)]), pa.Table.from_pylist(truth, TRUTH)


def _added(
    kind: str, members: list[dict[str, Any]], others: list[dict[str, Any]] | None, fresh: Iterator[int]
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Rows of a household, each with the row in which it is registered again."""
    if kind == HOUSEHOLD:
        if len(members) > 1:
            home = next(fresh)
            for one in members:
                place = {"household_key": home, "household_no": f"重{home - _FRESH}"}
                yield one, one | place | {"person_key": next(fresh), "id_form": "missing"}
    elif kind == SAME_HOUSE:
        one = members[-1]
        yield one, one | {"person_key": next(fresh), "id_form": "missing"}
    elif others is not None:
        place = {name: others[0][name] for name in ("household_key", "household_no", "region_code", "head_name")}
        if kind == OTHER_HOUSE:
            village = {"region_code": members[0]["region_code"]}
            yield members[0], members[0] | place | village | {
                "person_key": next(fresh), "id_form": "checksum", "relation": "other",
            }  # fmt: skip
        for one in members if kind == MARRIED else ():
            if one["relation"] == "daughter":
                yield one, one | place | {"relation": "daughter_in_law"}
                return


def _told(kind: str, first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "kind": kind,
        "person_key": first["person_key"],
        "household_key": first["household_key"],
        "other_person": second["person_key"],
        "other_household": second["household_key"],
    }
