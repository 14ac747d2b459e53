"""One household screened by itself over the standing tables: the same rules, in a fraction of a second.

Rows of others are left out before anything is worked out; rules across households cannot be judged this way.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from doudi.feeds.snapshot import Snapshot
from doudi.rulebook import Rulebook
from doudi.screening.inputs import FeedRows, RegistryTables, Rows, standing
from doudi.screening.run import ScreeningResult, screen


def screen_household(
    *,
    rulebook: Rulebook,
    registry: RegistryTables,
    snapshots: Iterable[Snapshot],
    as_of: date,
    rules: Iterable[str] | None = None,
) -> ScreeningResult:
    """Screen the one household whose rows `registry` holds (as Arrow tables). Raises as `screen` does."""
    assert isinstance(registry.household, pa.Table)  # noqa: S101 - a household at hand is in memory
    assert isinstance(registry.person, pa.Table)  # noqa: S101
    kinds = {source.id: source.kind for source in rulebook.sources.values() if source.is_feed}
    keys = registry.person["person_key"].combine_chunks().cast(pa.int64())
    region = str(registry.household["region_code"][0]) if registry.household.num_rows else ""
    wanted: Mapping[str, pa.Array] = {
        "person_key": keys,
        "household_key": registry.household["household_key"].combine_chunks().cast(pa.int64()),
        "region_code": pa.array([region, f"{region[:9]}000"]),
    }
    feeds = [
        FeedRows(one.feed, _of_household(one.rows, wanted), one.months, one.deliveries, one.lacking)
        for one in standing(snapshots, kinds, as_of=as_of).values()
    ]
    household_rules = [
        rule.id
        for rule in rulebook.rules_on(as_of)
        if rule.subject in ("person", "household") and (rules is None or rule.id in set(rules))
    ]
    return screen(rulebook=rulebook, registry=registry, feeds=feeds, as_of=as_of, rules=household_rules, threads=1)


def _of_household(rows: Rows, wanted: Mapping[str, pa.Array]) -> pa.Table:
    """The rows of the household's members, or of its village where a table speaks of villages."""
    parts = [rows] if isinstance(rows, pa.Table) else [_read(path, wanted) for path in rows]
    found = [_filtered(part, wanted) for part in parts]
    return pa.concat_tables(found, promote_options="permissive")


def _read(path: Path, wanted: Mapping[str, pa.Array]) -> pa.Table:
    names = pq.read_schema(path).names
    key = next((name for name in wanted if name in names), None)
    filters = [(key, "in", wanted[key].to_pylist())] if key and len(wanted[key]) else None
    return pq.read_table(path, filters=filters)


def _filtered(table: pa.Table, wanted: Mapping[str, pa.Array]) -> pa.Table:
    key = next((name for name in wanted if name in table.column_names), None)
    if key is None:
        return table
    return table.filter(pc.is_in(table[key], wanted[key].cast(table.schema.field(key).type)))
