"""What an import would change: the sheets against the registry, set against set in DuckDB.

Every row of a sheet becomes `added`, `changed` or `left`. Rows of the registry that the sheets do not have are counted as
absent and stay: nobody is deleted by a sheet that lacks them.
"""

from dataclasses import dataclass, field
from typing import Any

import duckdb
import pyarrow as pa

from doudi.web.intake.targets import HOUSEHOLD, INCOME, PERSON, REGION, TARGETS, Target
from doudi.web.registry.arrow import ArrowReader, arrow_reader
from doudi.web.registry.models import RegistryState

MOST_SAMPLES = 12
ENCRYPTED_SHOWN = "······"


@dataclass(frozen=True)
class TableDifference:
    """The rows of one sheet with `_status` and, for known ones, `_id`; `columns` are those the sheet speaks of."""

    target: Target
    rows: pa.Table
    columns: tuple[str, ...]
    added: int = 0
    changed: int = 0
    left: int = 0
    absent: int = 0
    samples: list[dict[str, Any]] = field(default_factory=list)

    def summary(self) -> dict[str, Any]:
        return {
            "table": self.target.name,
            "title": self.target.title,
            "added": self.added,
            "changed": self.changed,
            "left": self.left,
            "absent": self.absent,
            "samples": self.samples,
        }


@dataclass(frozen=True)
class Difference:
    """All tables of an import; `version` is the state of the registry it was compared with."""

    version: int
    tables: dict[str, TableDifference]
    orphans: int
    """Persons and incomes whose household is neither in the sheets nor in the registry: they are not imported."""
    known_households: pa.Table
    """id and household_no of the registry as compared."""

    @property
    def is_empty(self) -> bool:
        return not any(table.added or table.changed for table in self.tables.values())

    def counts(self) -> dict[str, tuple[int, int]]:
        return {name: (table.added, table.changed) for name, table in self.tables.items()}


def registry_version() -> int:
    return RegistryState.objects.filter(pk=1).values_list("version", flat=True).first() or 0


def compare(sheets: dict[str, pa.Table]) -> Difference:
    """`sheets`: shaped tables by target name. Reads the kept state of the registry; changes nothing."""
    version = registry_version()
    engine = duckdb.connect()
    engine.execute("SET threads = 2")
    with arrow_reader() as reader:
        existing = {target.name: _existing(reader, target) for target in TARGETS if target.name in sheets}
        households = reader.read(
            'SELECT id, household_no, region_code FROM "registry_household"',
            pa.schema([("id", pa.int64()), ("household_no", pa.string()), ("region_code", pa.string())]),
        )
    engine.register("known_household", households)
    orphans, tables = 0, {}
    for target in TARGETS:
        if target.name not in sheets:
            continue
        rows = sheets[target.name]
        if target in (PERSON, INCOME):
            rows, dropped = _with_household(engine, rows, sheets.get("household"))
            orphans += dropped
        tables[target.name] = _difference(engine, target, rows, existing[target.name])
    return Difference(version, tables, orphans, households.select(["id", "household_no"]))


def _existing(reader: ArrowReader, target: Target) -> pa.Table:
    key = "code" if target is REGION else "id"
    names = [key, *(column for column in target.plain if column != key)]
    columns = ", ".join(target.select(column, "t") for column in names)
    schema = [(column, target.arrow_type(column)) for column in names]
    table = f'"{target.model._meta.db_table}" t'
    if target in (PERSON, INCOME):
        columns += ', h."household_no" AS "household_no"'
        schema.append(("household_no", pa.string()))
        table += ' JOIN "registry_household" h ON h.id = t."household_id"'
    return reader.read(f"SELECT {columns} FROM {table}", pa.schema(schema))  # noqa: S608 - names of our own models


def _with_household(
    engine: duckdb.DuckDBPyConnection, rows: pa.Table, households: pa.Table | None
) -> tuple[pa.Table, int]:
    engine.register("rows", rows)
    known = "SELECT household_no FROM known_household"
    if households is not None:
        engine.register("sheet_household", households)
        known += " UNION SELECT household_no FROM sheet_household"
    kept = engine.sql(f"SELECT * FROM rows SEMI JOIN ({known}) USING (household_no)").to_arrow_table()  # noqa: S608
    engine.unregister("rows")
    return kept, rows.num_rows - kept.num_rows


def _difference(
    engine: duckdb.DuckDBPyConnection, target: Target, sheet: pa.Table, existing: pa.Table
) -> TableDifference:
    engine.register("s", sheet)
    engine.register("e", existing)
    identity = "e.code" if target is REGION else "e.id"
    compared = [name for name in sheet.column_names if name in existing.column_names]
    differs = " OR ".join(f's."{name}" IS DISTINCT FROM e."{name}"' for name in compared) or "false"
    if target is PERSON:
        match = "SELECT s.*, m.id AS _id FROM s LEFT JOIN matches m USING (person_key)"
        engine.execute(f"CREATE OR REPLACE TEMP TABLE matches AS {_PERSON_MATCHES}" if "person_no" in sheet.column_names
                       else "CREATE OR REPLACE TEMP TABLE matches AS SELECT s.person_key, e.id FROM s JOIN e USING (person_key)")
        source = f"({match}) s LEFT JOIN e ON e.id = s._id"
        columns = "s.* EXCLUDE (_id)"
    else:
        source = f"s LEFT JOIN e USING ({', '.join(target.key)})"
        columns = "s.*"
    engine.execute(
        f"CREATE OR REPLACE TEMP TABLE compared AS SELECT {columns}, {identity} AS _id, "  # noqa: S608
        f"CASE WHEN {identity} IS NULL THEN 'added' WHEN {differs} THEN 'changed' ELSE 'left' END AS _status FROM {source}"
    )
    counts = dict(engine.sql("SELECT _status, count(*) FROM compared GROUP BY _status").fetchall())
    rows = engine.sql("SELECT * FROM compared WHERE _status <> 'left'").to_arrow_table()
    samples = _samples(engine, target, compared)
    absent = _absent(engine, target, sheet)
    for name in ("s", "e"):
        engine.unregister(name)
    return TableDifference(
        target=target,
        rows=rows,
        columns=tuple(sheet.column_names),
        added=counts.get("added", 0),
        changed=counts.get("changed", 0),
        left=counts.get("left", 0),
        absent=absent,
        samples=samples,
    )


_PERSON_MATCHES = """
    WITH by_key AS (SELECT s.person_key, e.id FROM s JOIN e USING (person_key)),
    by_number AS (
        SELECT s.person_key, min(e.id) AS id FROM s JOIN e USING (person_no)
        WHERE s.person_key NOT IN (SELECT person_key FROM by_key) AND e.id NOT IN (SELECT id FROM by_key)
        GROUP BY s.person_key
    )
    SELECT * FROM by_key UNION ALL
    SELECT any_value(person_key) AS person_key, id FROM by_number GROUP BY id
"""
"""A member is known by the resident id, else (a corrected id) by the number in the registry."""


def _absent(engine: duckdb.DuckDBPyConnection, target: Target, sheet: pa.Table) -> int:
    if target is HOUSEHOLD and "region_code" in sheet.column_names:
        sql = (
            "SELECT count(*) FROM known_household k SEMI JOIN (SELECT DISTINCT region_code FROM s) v USING (region_code) "
            "ANTI JOIN s USING (household_no)"
        )
    elif target is PERSON:
        sql = (
            "SELECT count(*) FROM e SEMI JOIN (SELECT DISTINCT household_no FROM s) v USING (household_no) "
            "WHERE e.id NOT IN (SELECT _id FROM compared WHERE _id IS NOT NULL)"
        )
    else:
        return 0
    return int((engine.sql(sql).fetchone() or (0,))[0])


def _samples(engine: duckdb.DuckDBPyConnection, target: Target, compared: list[str]) -> list[dict[str, Any]]:
    name = {"region": "s.name", "household": "s.head_name", "person": "s.name"}.get(target.name, "NULL")
    columns = {row[0] for row in engine.sql("DESCRIBE compared").fetchall()}
    if name != "NULL" and name.removeprefix("s.") not in columns:
        name = "NULL"
    key = {"region": "s.code", "person": "s.household_no"}.get(target.name, "s.household_no")
    if target is INCOME:
        key = "s.household_no || ' ' || s.income_year"
    found: list[dict[str, Any]] = [
        {"kind": "added", "key": str(row[0]), "name": row[1] or "", "columns": []}
        for row in engine.sql(
            f"SELECT {key}, {name} FROM compared s WHERE _status = 'added' LIMIT {MOST_SAMPLES}"  # noqa: S608
        ).fetchall()
    ]
    pairs = ", ".join(f's."{column}", e."{column}"' for column in compared)
    identity = "e.code" if target is REGION else "e.id"
    changed = engine.sql(
        f"SELECT {key}, {name}, {pairs} FROM compared s JOIN e ON {identity} = s._id "  # noqa: S608
        f"WHERE s._status = 'changed' LIMIT {MOST_SAMPLES}"
    ).fetchall()
    for row in changed:
        differing = []
        for number, column in enumerate(compared):
            after, before = row[2 + 2 * number], row[3 + 2 * number]
            if after != before and column not in {"person_key", "household_key"}:
                hidden = column in target.hashes
                differing.append(
                    {
                        "title": target.label(column),
                        "before": _shown(before, hidden=hidden),
                        "after": _shown(after, hidden=hidden),
                    }
                )
        found.append({"kind": "changed", "key": str(row[0]), "name": row[1] or "", "columns": differing})
    return found


def _shown(value: Any, *, hidden: bool) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value if not hidden else None
    return ENCRYPTED_SHOWN if hidden else str(value)
