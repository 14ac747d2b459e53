"""Deliveries of a month matched together: the registry is prepared once, and only rows that need it are looked into.

A row whose id is registered under the very name that the row has needs no second look. Everything else goes through
`doudi.matching.matching.match`, of all deliveries at once. What comes out is kept beside each snapshot, with what was
decided before in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from doudi.feeds.sheet import SheetReading
from doudi.feeds.snapshot import Snapshot
from doudi.matching.bands import CANDIDATES, LINKS
from doudi.matching.decisions import SURE, decided
from doudi.matching.links import decide_again, linked_now, write_links
from doudi.matching.matching import match
from doudi.matching.model import Model
from doudi.matching.rows import ROWS, can_be_matched, rows_of
from doudi.standards.pseudonym import Pseudonymiser
from doudi.standards.regions import RegionTree

AS_REGISTERED = '{"number":"same","name":"same"}'
_ROW_BITS = 32


@dataclass(frozen=True, slots=True)
class Delivery:
    """A snapshot with the sheet it came of, as read."""

    snapshot: Snapshot
    reading: SheetReading


@dataclass(frozen=True, slots=True)
class Found:
    """Links and candidates of one delivery, as in `doudi.matching.matching.Matching`."""

    links: pa.Table
    candidates: pa.Table


def match_deliveries(
    deliveries: Sequence[Delivery],
    persons: pa.Table,
    *,
    pseudonymiser: Pseudonymiser,
    model: Model,
    decisions: pa.Table | None = None,
    basis: str = "",
    tree: RegionTree | None = None,
    on: date | None = None,
) -> list[dict[str, int]]:
    """Match, and keep the links beside the snapshots; gives the counts of each (see `links.counts_of`).

    `persons`: see `rows.PERSONS`. `basis`: what the links rest on, see `links.write_links`. Deliveries that are not
    about persons are passed over, with empty counts. `on`: nobody was born after it; the day of matching unless given.
    """
    tables = [rows_of(one.reading, pseudonymiser, tree) if can_be_matched(one.reading) else None for one in deliveries]
    found = found_in([table for table in tables if table is not None], persons, pseudonymiser, model, on=on)
    rest = iter(found)
    counts: list[dict[str, int]] = []
    for delivery, table in zip(deliveries, tables, strict=True):
        if table is None:
            counts.append({})
            continue
        one = next(rest)
        kept = Found(decided(one.links, decisions, persons), one.candidates)
        write_links(delivery.snapshot.folder, kept, basis=basis, reading=delivery.reading)
        counts.append(dict(linked_now(delivery.snapshot.folder)["counts"]))
    return counts


def found_in(
    tables: Sequence[pa.Table],
    persons: pa.Table,
    pseudonymiser: Pseudonymiser,
    model: Model,
    *,
    on: date | None = None,
) -> list[Found]:
    """The links of several tables of rows (`rows.ROWS`), nothing decided and nothing kept; one a table, in order."""
    homes = _homes(persons)
    plain = [_as_registered(table, homes, model) for table in tables]
    left = [_numbered(rows, at) for at, (_links, rows) in enumerate(plain)]
    rows = pa.concat_tables(left) if left else ROWS.empty_table()
    if rows.num_rows:
        matching = match(rows, persons, pseudonymiser=pseudonymiser, model=model, on=on)
        links, candidates = matching.links, matching.candidates
    else:
        links, candidates = LINKS.empty_table(), CANDIDATES.empty_table()
    return [
        Found(pa.concat_tables([own, _of(links, at, own.schema)]).sort_by("row"), _of(candidates, at, CANDIDATES))
        for at, (own, _left) in enumerate(plain)
    ]


def decide_all(snapshots: Sequence[Snapshot], decisions: pa.Table | None, persons: pa.Table) -> int:
    """What people decided, put into the links of every snapshot that has some; gives in how many."""
    return sum(decide_again(one.folder, decisions, persons) is not None for one in snapshots)


def _homes(persons: pa.Table) -> pa.Table:
    """person_key, name, household_key, one line a person: the household in which the person is active, else the first.

    Keys that two names share are left out: an id alone doesn't tell which of them is meant.
    """
    with duckdb.connect() as database:
        database.register("persons", persons.select(["person_key", "household_key", "name", "status"]))
        return (
            database.sql("""
                SELECT person_key, any_value(name) AS name,
                    arg_min(household_key, (coalesce(status, '') <> 'active', household_key)) AS household_key
                FROM persons WHERE person_key IS NOT NULL GROUP BY person_key HAVING count(DISTINCT name) = 1
            """)
            .arrow()
            .read_all()
        )


def _as_registered(table: pa.Table, homes: pa.Table, model: Model) -> tuple[pa.Table, pa.Table]:
    """Links of the rows whose id is registered under the row's own name, and the rows that are left."""
    at = pc.index_in(table["person_key"].combine_chunks(), homes["person_key"].combine_chunks(), skip_nulls=True)
    home = homes["household_key"].combine_chunks().take(at)
    same = pc.equal(table["name"].combine_chunks(), homes["name"].combine_chunks().take(at))
    sure = pc.fill_null(same, False)
    found = table.filter(sure)
    count = found.num_rows
    columns = {
        "row": found["row"].cast(pa.int64()),
        "written_key": pa.nulls(count, pa.int64()),
        "person_key": found["person_key"],
        "household_key": home.filter(sure),
        "method": pa.array(["exact"] * count, pa.string()),
        "score": pa.array([1.0] * count, pa.float64()),
        "band": pa.array([SURE] * count, pa.string()),
        "model_version": pa.array([model.version] * count, pa.string()),
        "slip": pa.nulls(count, pa.string()),
        "evidence": pa.array([AS_REGISTERED] * count, pa.string()),
    }
    return pa.table(columns).select(LINKS.names).cast(LINKS), table.filter(pc.invert(sure))


def _numbered(rows: pa.Table, table: int) -> pa.Table:
    """Row numbers that are unique over all tables: the table's number in the upper half."""
    numbers = pc.add(rows["row"].cast(pa.int64()), pa.scalar(table << _ROW_BITS, pa.int64()))
    return rows.set_column(0, "row", numbers)


def _of(found: pa.Table, table: int, schema: pa.Schema) -> pa.Table:
    low, high = table << _ROW_BITS, (table + 1) << _ROW_BITS
    own = found.filter(pc.and_(pc.greater_equal(found["row"], low), pc.less(found["row"], high)))
    return own.set_column(0, "row", pc.subtract(own["row"], pa.scalar(low, pa.int64()))).cast(schema)
