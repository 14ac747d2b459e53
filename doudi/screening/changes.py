"""What changed between two screenings: households of the registry, and persons with other rows in a feed.

Deliveries are immutable: one that both screenings stood on is not read at all. Of one that was replaced, only rows that
differ in a column some fact reads count. The registry is compared by a digest of each household's rows.
"""
# ruff: noqa: S608 - every name in these statements is an identifier that the rulebook has checked

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from doudi.rulebook.sources import HOUSEHOLD, INCOME, PERSON
from doudi.screening.duckdb import KEYS, DuckDb
from doudi.screening.fact_sql import table_name


@dataclass(frozen=True, slots=True)
class Deliveries:
    """Parquet files of one feed that only the earlier, or only the later screening stood on."""

    feed: str
    gone: tuple[Path, ...]
    come: tuple[Path, ...]


def digests_sql(columns: Mapping[str, Iterable[str]]) -> str:
    """One row a household: a digest of all its rows in the registry, over the columns that facts read."""

    def hashed(source: str) -> str:
        names = sorted({*columns[table_name(source)], *KEYS[source]})
        quoted = ", ".join(f'"{name}"' for name in names)
        return f"HASH({quoted})"

    home, person, income = (table_name(source) for source in (HOUSEHOLD, PERSON, INCOME))
    return (
        "SELECT h.household_key, HASH(h.digest, p.digest, p.rows, i.digest, i.rows) AS digest "
        f"FROM (SELECT household_key, {hashed(HOUSEHOLD)} AS digest FROM {home}) h "
        f"LEFT JOIN (SELECT household_key, BIT_XOR({hashed(PERSON)}) AS digest, COUNT(*) AS rows FROM {person} "
        "GROUP BY household_key) p ON p.household_key = h.household_key "
        f"LEFT JOIN (SELECT household_key, BIT_XOR({hashed(INCOME)}) AS digest, COUNT(*) AS rows FROM {income} "
        "GROUP BY household_key) i ON i.household_key = h.household_key"
    )


def changed_households_sql() -> str:
    """Households that are new, gone or have other rows; over `digests_before` and `digests_now`."""
    return (
        "SELECT COALESCE(n.household_key, b.household_key) AS household_key FROM digests_now n "
        "FULL JOIN digests_before b ON b.household_key = n.household_key WHERE n.digest IS DISTINCT FROM b.digest"
    )


def changed_persons_sql(engine: DuckDb, deliveries: Deliveries, columns: Iterable[str]) -> str:
    """Persons with other rows than before in a feed; files must be open to the engine."""
    names = sorted({"person_key", *columns})
    sides: list[str] = []
    for side, files in (("gone", deliveries.gone), ("come", deliveries.come)):
        name = f"{side}_{deliveries.feed}"
        if files:
            engine.add(f"raw_{name}", files)
            present = engine.columns(f"raw_{name}")
            selected = [f'"{one}"' if one in present else f'NULL AS "{one}"' for one in names]
            sides.append(f'SELECT {", ".join(selected)} FROM "raw_{name}" WHERE person_key IS NOT NULL')
    if len(sides) == 1:
        return f"SELECT DISTINCT person_key FROM ({sides[0]}) one"
    gone, come = sides
    differing = f"(({gone}) EXCEPT ALL ({come})) UNION ALL (({come}) EXCEPT ALL ({gone}))"
    return f"SELECT DISTINCT person_key FROM ({differing}) rows"
