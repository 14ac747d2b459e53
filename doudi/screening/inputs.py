"""What a screening reads: the registry's tables and the departments' snapshots that stand on a day."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from doudi.feeds.snapshot import Snapshot
from doudi.standards.periods import Month

Rows: TypeAlias = pa.Table | tuple[Path, ...]
"""An Arrow table, or Parquet files that together are one table."""


@dataclass(frozen=True)
class RegistryTables:
    """The registry as tables `household`, `person`, `income`, `regions`: Arrow, or Parquet files."""

    household: Rows
    person: Rows
    income: Rows
    regions: Rows | None = None
    distinct: bool = False
    """Known to have nobody twice in one household; otherwise it is made sure of."""

    @property
    def region(self) -> str:
        """The region code of one household: where parameters of the whole county are asked for. Empty without any."""
        rows = self.household
        codes = (
            rows["region_code"] if isinstance(rows, pa.Table) else pq.read_table(rows[0], columns=["region_code"])[0]
        )
        return next((str(code) for code in codes.slice(0, 1).to_pylist() if code), "")

    @classmethod
    def from_folder(cls, folder: Path) -> "RegistryTables":
        """The tables that `doudi.feeds.registry.write_registry` left in a folder. Raises FileNotFoundError."""
        paths = {name: folder / f"{name}.parquet" for name in ("household", "person", "income", "regions")}
        for name in ("household", "person", "income"):
            if not paths[name].is_file():
                raise FileNotFoundError(f"登记簿不全：缺少 {paths[name]}，请重新导入登记簿")
        regions = (paths["regions"],) if paths["regions"].is_file() else None
        return cls((paths["household"],), (paths["person"],), (paths["income"],), regions, distinct=True)


@dataclass(frozen=True)
class FeedRows:
    """One feed as it stands on a day: its rows, the columns its sheets lacked, and the deliveries it is made of.

    `deliveries` are the names of the snapshot folders (see `doudi.feeds.snapshot`).
    """

    feed: str
    rows: Rows
    months: tuple[str, ...] = ()
    deliveries: tuple[str, ...] = ()
    lacking: frozenset[str] = field(default=frozenset())


def columns_of(rows: Rows) -> frozenset[str]:
    """The columns that all parts of a table have."""
    if isinstance(rows, pa.Table):
        return frozenset(rows.column_names)
    return frozenset.intersection(*(frozenset(pq.read_schema(path).names) for path in rows))


def never_null(rows: Rows) -> frozenset[str]:
    """Columns without a single missing value, as far as that is known without reading them."""
    if isinstance(rows, pa.Table):
        return frozenset(name for name in rows.column_names if rows[name].null_count == 0)
    full: list[frozenset[str]] = []
    for path in rows:
        metadata = pq.read_metadata(path)
        nulls: dict[str, int] = {}
        for group in range(metadata.num_row_groups):
            part = metadata.row_group(group)
            for index in range(part.num_columns):
                column = part.column(index)
                counted = column.statistics is not None and column.statistics.has_null_count
                missing = column.statistics.null_count if counted else 1
                nulls[column.path_in_schema] = nulls.get(column.path_in_schema, 0) + missing
        full.append(frozenset(name for name, count in nulls.items() if count == 0))
    return frozenset.intersection(*full)


def region_codes(registry: RegistryTables) -> list[str]:
    """The regions in which households live."""
    rows = registry.household
    parts = [rows] if isinstance(rows, pa.Table) else [pq.read_table(path, columns=["region_code"]) for path in rows]
    return sorted({code for part in parts for code in part["region_code"].unique().to_pylist() if code})


def row_count(rows: Rows) -> int:
    if isinstance(rows, pa.Table):
        return int(rows.num_rows)
    return sum(pq.read_metadata(path).num_rows for path in rows)


def standing(snapshots: Iterable[Snapshot], kinds: Mapping[str, str], *, as_of: date) -> dict[str, FeedRows]:
    """The feeds as they stand on a day. `kinds`: feed → events or state; snapshots of other feeds are left out.

    Of a month delivered several times the newest delivery counts. Events are the union of all months up to the day,
    a state is its latest month up to the day.
    """
    newest: dict[str, dict[Month, Snapshot]] = {}
    for snapshot in snapshots:
        if snapshot.feed in kinds and snapshot.month <= Month(as_of):
            months = newest.setdefault(snapshot.feed, {})
            known = months.get(snapshot.month)
            if known is None or _order(snapshot) > _order(known):
                months[snapshot.month] = snapshot
    found: dict[str, FeedRows] = {}
    for feed, months in newest.items():
        wanted = sorted(months) if kinds[feed] == "events" else [max(months)]
        chosen = [months[month] for month in wanted]
        lacking = frozenset.intersection(*(frozenset(one.missing_columns) for one in chosen))
        found[feed] = FeedRows(
            feed,
            tuple(one.data for one in chosen),
            tuple(str(month) for month in wanted),
            tuple(one.folder.name for one in chosen),
            lacking,
        )
    return found


def _order(snapshot: Snapshot) -> tuple[str, str]:
    """Later deliveries sort after earlier ones."""
    return snapshot.received_at, snapshot.folder.name
