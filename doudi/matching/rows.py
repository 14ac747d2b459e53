"""What matching looks at: the rows of a department's sheet, and the persons of the registry, in one shape each."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from doudi.feeds.sheet import SheetReading
from doudi.feeds.snapshot import person_keys
from doudi.feeds.values import plain
from doudi.standards.pseudonym import Pseudonymiser
from doudi.standards.regions import RegionLevel, RegionTree

ROWS = pa.schema(
    [
        ("row", pa.int32()),
        ("id_text", pa.string()),
        ("person_key", pa.int64()),
        ("name", pa.string()),
        ("birth_date", pa.date32()),
        ("sex", pa.string()),
        ("household_no", pa.string()),
        ("head_name", pa.string()),
        ("relation", pa.string()),
        ("village_code", pa.string()),
        ("village", pa.string()),
        ("township", pa.string()),
        ("phone_key", pa.int64()),
    ]
)
"""`id_text`: what stands in the cell of the id, as it came: never kept outside of the encrypted original."""

PERSONS = pa.schema(
    [
        ("person_key", pa.int64()),
        ("household_key", pa.int64()),
        ("household_no", pa.string()),
        ("name", pa.string()),
        ("sex", pa.string()),
        ("birth_date", pa.date32()),
        ("relation", pa.string()),
        ("region_code", pa.string()),
        ("head_name", pa.string()),
        ("status", pa.string()),
        ("phone_key", pa.int64()),
        ("id_form", pa.string()),
        ("maiden_region_code", pa.string()),
    ]
)


def can_be_matched(reading: SheetReading) -> bool:
    """Whether the rows of a sheet are about persons: they have an id, as all but those about villages do."""
    return "resident_id" in reading.table.column_names and not reading.contract.id.startswith("registry_")


def rows_of(reading: SheetReading, pseudonymiser: Pseudonymiser, tree: RegionTree | None = None) -> pa.Table:
    """The rows of a sheet that tell whom they are about, accepted or sent back, in the shape `ROWS`.

    `tree`: the regions in which villages named in words are looked up; without it they have no code.
    """
    table = pa.concat_tables([reading.table, reading.returned])
    keys, _hashes = person_keys(table["resident_id"], pseudonymiser)
    columns: dict[str, Any] = {"row": table["row"], "person_key": keys, "id_text": _written(reading, table)}
    for name in ("name", "birth_date", "sex", "household_no", "head_name", "relation", "village", "township"):
        if name in table.column_names:
            columns[name] = table[name]
    if "phone" in table.column_names and (of_phones := getattr(pseudonymiser, "phone_keys", None)):
        columns["phone_key"] = pa.array(of_phones(table["phone"].to_pylist()), pa.int64())
    if tree is not None and "village" in columns:
        columns["village_code"] = _codes_of_villages(columns, tree)
    return _shaped(columns, ROWS, table.num_rows)


def registry_persons(households: pa.Table, persons: pa.Table) -> pa.Table:
    """The persons of the registry's tables with what matching asks of their households, in the shape `PERSONS`.

    `id_form` is left out when the table lacks it: then every key counts as that of a sound id.
    """
    of_home = [name for name in ("household_no", "region_code", "head_name") if name in households.column_names]
    homes = households.select(["household_key", *of_home])
    own = [name for name in persons.column_names if name in PERSONS.names and name not in of_home]
    at = pc.index_in(persons["household_key"], homes["household_key"].combine_chunks())
    columns: dict[str, Any] = {name: persons[name] for name in own}
    columns |= {name: homes[name].combine_chunks().take(at) for name in of_home}
    known = _shaped(columns, PERSONS, persons.num_rows)
    return known if "id_form" in columns else known.drop_columns(["id_form"])


def _shaped(columns: dict[str, Any], schema: pa.Schema, count: int) -> pa.Table:
    arrays = [columns[one.name].cast(one.type) if one.name in columns else pa.nulls(count, one.type) for one in schema]
    return pa.table(arrays, schema=schema)


def _written(reading: SheetReading, table: pa.Table) -> pa.Array | pa.ChunkedArray:
    """The text of the id's cell for each row; of a table that was never a sheet the id itself."""
    if "resident_id" not in reading.positions:
        return table["resident_id"]
    column = reading.raw.columns[reading.positions["resident_id"]]
    contents = pa.array([plain(cell) or None for cell in column.contents], pa.string())
    at = np.searchsorted(reading.raw.rows, table["row"].to_numpy())
    return contents.take(pa.array(column.codes[at]))


def _codes_of_villages(columns: dict[str, Any], tree: RegionTree) -> pa.Array:
    """The code of the village that each row names; null where it names none, or none that is known for sure."""
    count = len(columns["village"])
    townships = columns.get("township", pa.chunked_array([pa.nulls(count, pa.string())]))
    named = pa.table({"township": townships, "village": columns["village"]})
    distinct = named.group_by(["township", "village"]).aggregate([])
    codes: dict[tuple[str | None, str | None], str | None] = {}
    for place in distinct.to_pylist():
        code = tree.find_path(place["township"] or "", place["village"]) if place["village"] else None
        known = code is not None and code.level is RegionLevel.VILLAGE
        codes[place["township"], place["village"]] = str(code) if known else None
    pairs = zip(named["township"].to_pylist(), named["village"].to_pylist(), strict=True)
    return pa.array([codes[pair] for pair in pairs], pa.string())
