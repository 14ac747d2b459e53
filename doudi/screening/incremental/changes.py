"""What changed between two screenings: households of the registry, and persons with other rows in a feed.

Deliveries are immutable: one that both screenings stood on is not read at all. Of one that was replaced, only rows that
differ in a column some fact reads count. The registry is compared by a digest of each household's rows.
"""
# ruff: noqa: S608 - every name in these statements is an identifier that the rulebook has checked

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from doudi.rulebook.sources import HOUSEHOLD, INCOME, PERSON
from doudi.screening.engines.duckdb import KEYS, DuckDb
from doudi.screening.sql.sources import table_name


@dataclass(frozen=True, slots=True)
class Deliveries:
    """Parquet files of one feed that only the earlier, or only the later screening stood on."""

    feed: str
    gone: tuple[Path, ...]
    come: tuple[Path, ...]


def digests_sql(columns: Mapping[str, Iterable[str]]) -> str:
    """One row a household: a digest of all its rows in the registry, over the columns that facts read."""

    def rows(source: str) -> str:
        names = sorted({*columns[table_name(source)], *KEYS[source]})
        quoted = ", ".join(f'"{name}"' for name in names)
        return f"SELECT household_key, CAST(HASH({quoted}) AS HUGEINT) AS digest FROM {table_name(source)}"

    together = " UNION ALL ".join(rows(source) for source in (HOUSEHOLD, PERSON, INCOME))
    return f"SELECT household_key, HASH(SUM(digest)) AS digest FROM ({together}) rows GROUP BY household_key"


def changed_households_sql() -> str:
    """Households that are new, gone or have other rows; over `digests_before` and `digests_now`."""
    return (
        "SELECT COALESCE(n.household_key, b.household_key) AS household_key FROM digests_now n "
        "FULL JOIN digests_before b ON b.household_key = n.household_key WHERE n.digest IS DISTINCT FROM b.digest"
    )


def changed_persons_sql(engine: DuckDb, deliveries: Deliveries, columns: Iterable[str]) -> str:
    """Persons with other rows than before in a feed; its files must be open to the engine.

    Rows are added up by person as 64-bit digests, those gone as negative numbers: what remains is a difference.
    """
    names = sorted({"person_key", *columns})
    sides: list[str] = []
    for side, sign, files in (("gone", "-", deliveries.gone), ("come", "", deliveries.come)):
        if files:
            name = f"raw_{side}_{deliveries.feed}"
            engine.add(name, files)
            present = frozenset[str]().union(*(pq.read_schema(path).names for path in files))
            read = ", ".join(f'"{one}"' if one in present else "NULL" for one in names)
            sides.append(f'SELECT person_key, {sign}CAST(HASH({read}) AS HUGEINT) AS digest FROM "{name}"')
    return (
        f"SELECT person_key FROM ({' UNION ALL '.join(sides)}) rows WHERE person_key IS NOT NULL "
        "GROUP BY person_key HAVING SUM(digest) <> 0"
    )
