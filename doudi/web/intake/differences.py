"""What an import would change: the sheets against the registry, set against set in DuckDB.

Every row of a sheet becomes `added`, `changed` or `left`. Rows of the registry that the sheets do not have are counted
as absent and stay: nobody is deleted by a sheet that lacks them.
"""

from dataclasses import dataclass, field
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from doudi.standards.regions import RegionCode
from doudi.web.accounts.scope import region_bounds
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
    taken: int
    """Households of the sheets that are registered outside the area: they are not imported."""
    known_households: pa.Table
    """id and household_no of the registry as compared."""

    @property
    def is_empty(self) -> bool:
        return not any(table.added or table.changed for table in self.tables.values())

    def counts(self) -> dict[str, tuple[int, int]]:
        return {name: (table.added, table.changed) for name, table in self.tables.items()}


def registry_version() -> int:
    return RegistryState.objects.filter(pk=1).values_list("version", flat=True).first() or 0


def compare(sheets: dict[str, pa.Table], *, area: RegionCode) -> Difference:
    """`sheets`: shaped tables by target name. Reads the kept state of the registry inside `area`; changes nothing.

    Households that are registered outside the area are left out: an import never reaches into another county.
    """
    version = registry_version()
    engine = duckdb.connect()
    engine.execute("SET threads = 2")
    with arrow_reader() as reader:
        existing = {target.name: _existing(reader, target, area) for target in TARGETS if target.name in sheets}
        households = reader.read(
            'SELECT id, household_no, region_code FROM "registry_household"',
            pa.schema([("id", pa.int64()), ("household_no", pa.string()), ("region_code", pa.string())]),
        )
    inside = pc.starts_with(households.column("region_code"), area.prefix)
    elsewhere, households = households.filter(pc.invert(inside)), households.filter(inside)
    engine.register("known_household", households)
    engine.register("elsewhere", elsewhere)
    orphans, taken, tables = 0, 0, {}
    for target in TARGETS:
        if target.name not in sheets:
            continue
        rows = sheets[target.name]
        if target is HOUSEHOLD:
            rows, taken = _not_elsewhere(engine, rows)
            engine.register("sheet_household", rows)
        elif target in (PERSON, INCOME):
            rows, dropped = _with_household(engine, rows, with_sheet="household" in sheets)
            orphans += dropped
        tables[target.name] = _difference(engine, target, rows, existing[target.name])
    return Difference(version, tables, orphans, taken, households.select(["id", "household_no"]))


def _not_elsewhere(engine: duckdb.DuckDBPyConnection, rows: pa.Table) -> tuple[pa.Table, int]:
    engine.register("rows", rows)
    kept = engine.sql("SELECT * FROM rows ANTI JOIN elsewhere USING (household_no)").to_arrow_table()
    engine.unregister("rows")
    return kept, rows.num_rows - kept.num_rows


def _existing(reader: ArrowReader, target: Target, area: RegionCode) -> pa.Table:
    key = "code" if target is REGION else "id"
    names = [key, *(column for column in target.plain if column != key)]
    columns = ", ".join(target.select(column, "t") for column in names)
    schema = [(column, target.arrow_type(column)) for column in names]
    table = f'"{target.model._meta.db_table}" t'
    if target in (PERSON, INCOME):
        columns += ', h."household_no" AS "household_no"'
        schema.append(("household_no", pa.string()))
        table += ' JOIN "registry_household" h ON h.id = t."household_id"'
    sql = f"SELECT {columns} FROM {table}"  # noqa: S608 - names of our own models
    if target is not REGION:
        lowest, highest = region_bounds(area)
        sql += f" WHERE {'t' if target is HOUSEHOLD else 'h'}.region_code BETWEEN '{lowest}' AND '{highest}'"
    return reader.read(sql, pa.schema(schema))


def _with_household(engine: duckdb.DuckDBPyConnection, rows: pa.Table, *, with_sheet: bool) -> tuple[pa.Table, int]:
    engine.register("rows", rows)
    known = "SELECT household_no FROM known_household"
    if with_sheet:
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
        engine.register("s", sheet.append_column("_row", pa.array(range(sheet.num_rows), pa.int64())))
        _match_persons(engine, with_numbers="person_no" in sheet.column_names)
        source = "(SELECT s.*, m.id AS _id FROM s LEFT JOIN matches m USING (_row)) s LEFT JOIN e ON e.id = s._id"
        columns = "s.* EXCLUDE (_id, _row)"
    else:
        source = f"s LEFT JOIN e USING ({', '.join(target.key)})"
        columns = "s.*"
    engine.execute(
        f"CREATE OR REPLACE TEMP TABLE compared AS SELECT {columns}, {identity} AS _id, "  # noqa: S608
        f"CASE WHEN {identity} IS NULL THEN 'added' WHEN {differs} THEN 'changed' ELSE 'left' END AS _status "
        f"FROM {source}"
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


_SAME_PERSON = (
    "household_no, person_key",
    "person_no",
    "person_key",
)
"""How a member is known again, the surest first: in the household by resident id; by the number in the registry (a
corrected id, a move); by resident id in another household (a move without numbers)."""


def _match_persons(engine: duckdb.DuckDBPyConnection, *, with_numbers: bool) -> None:
    """Fill `matches` (_row, id): each row of the sheet with at most one of the registry, and the other way round."""
    engine.execute("CREATE OR REPLACE TEMP TABLE matches (_row BIGINT, id BIGINT)")
    for same in _SAME_PERSON:
        if same == "person_no" and not with_numbers:
            continue
        place = f"row_number() OVER (PARTITION BY {same} ORDER BY"
        engine.execute(
            f"""
            INSERT INTO matches
            WITH fresh AS (SELECT {same}, _row, {place} _row) AS place FROM s ANTI JOIN matches USING (_row)),
            old AS (SELECT {same}, id, {place} id) AS place FROM e ANTI JOIN matches USING (id))
            SELECT fresh._row, old.id FROM fresh JOIN old USING ({same}, place)
            """  # noqa: S608 - fixed names
        )


def _absent(engine: duckdb.DuckDBPyConnection, target: Target, sheet: pa.Table) -> int:
    if target is HOUSEHOLD and "region_code" in sheet.column_names:
        sql = (
            "SELECT count(*) FROM known_household k "
            "SEMI JOIN (SELECT DISTINCT region_code FROM s) v USING (region_code) ANTI JOIN s USING (household_no)"
        )
    elif target is PERSON:
        sql = (
            "SELECT count(*) FROM e SEMI JOIN (SELECT DISTINCT household_no FROM s) v USING (household_no) "
            "WHERE e.id NOT IN (SELECT _id FROM compared WHERE _id IS NOT NULL)"
        )
    else:
        return 0
    return int(engine.sql(sql).fetchall()[0][0])


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
