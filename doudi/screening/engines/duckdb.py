"""DuckDB runs a plan in process, over Parquet files and Arrow tables. Everything particular to DuckDB is here."""
# ruff: noqa: S608 - every name in these statements is an identifier that the rulebook has checked

import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from doudi.rulebook.sources import HOUSEHOLD, INCOME, PERSON
from doudi.rulebook.value_types import ColumnType
from doudi.screening.inputs import Rows
from doudi.screening.plan import Step
from doudi.screening.sql.sources import SQL_TYPES, table_name

MACROS = (
    "CREATE MACRO doudi_grouped(x) AS REPLACE(FORMAT('{:,.2f}', ROUND(x, 2)), '.00', '')",
    "CREATE MACRO doudi_plain(x) AS RTRIM(RTRIM(CAST(CAST(x AS DECIMAL(18, 2)) AS VARCHAR), '0'), '.')",
)
KEYS: Mapping[str, tuple[str, ...]] = {
    HOUSEHOLD: ("household_key", "region_code"),
    PERSON: ("person_key", "household_key"),
    INCOME: ("household_key", "income_year"),
}
"""Columns that a registry table must have besides those that facts read; feeds must have person_key."""
Progress = Callable[[float, str], None]


class DuckDb:
    """One in-memory database for one screening. It can open the given Parquet files and nothing else."""

    def __init__(self, *, threads: int | None = None, memory: str | None = None, files: Iterable[Path] = ()) -> None:
        """`memory`, such as `8GB`: what does not fit in goes to a temporary folder, which is gone in the end."""
        self.name = f"duckdb {duckdb.__version__}"
        self._spill: tempfile.TemporaryDirectory[str] | None = None
        self._connection = duckdb.connect(":memory:")
        if threads:
            self.run(f"SET threads = {int(threads)}")
        if memory:
            self._spill = tempfile.TemporaryDirectory(prefix="doudi-duckdb-", ignore_cleanup_errors=True)
            self.run(f"SET memory_limit = {_text(memory)}")
            self.run(f"SET temp_directory = {_text(self._spill.name)}")
        allowed = ", ".join(_text(str(Path(path).resolve())) for path in files)
        self.run(f"SET allowed_paths = [{allowed}]")
        self.run("SET enable_external_access = false")
        self.run("SET preserve_insertion_order = false")
        for macro in MACROS:
            self.run(macro)
        self.run("SET lock_configuration = true")

    def run(self, sql: str) -> None:
        self._rows(sql)

    def arrow(self, sql: str) -> pa.Table:
        return self._enough(lambda: self._connection.sql(sql).to_arrow_table())

    def row(self, sql: str) -> tuple[Any, ...]:
        """The one row of an aggregate query."""
        return self._rows(sql)[0]

    def column(self, sql: str) -> list[Any]:
        return [row[0] for row in self._rows(sql)]

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        """All of them: a connection that is read half-way can do nothing else."""
        return self._enough(lambda: self._connection.execute(sql).fetchall())

    def _enough(self, query: Callable[[], Any]) -> Any:
        """What a query gives. Raises MemoryError, saying what to do, when there is not enough."""
        try:
            return query()
        except duckdb.OutOfMemoryException as problem:
            raise MemoryError("内存不够：请放宽 --memory，或用 --province 分县筛查") from problem

    def close(self) -> None:
        self._connection.close()
        if self._spill:
            self._spill.cleanup()

    def add(self, name: str, rows: Rows) -> None:
        """Make a table known under a name, with the columns it has."""
        if isinstance(rows, pa.Table):
            self._connection.register(name, rows)
            return
        files = ", ".join(_text(str(Path(path).resolve())) for path in rows)
        self.run(f'CREATE VIEW "{name}" AS SELECT * FROM read_parquet([{files}], union_by_name = true)')

    def typed(self, name: str, source: str, columns: Mapping[str, ColumnType]) -> None:
        """Make a table of the screening out of a raw one: decimals as doubles, what is lacking as unknown."""
        present = dict(
            self._connection.execute(f'SELECT column_name, column_type FROM (DESCRIBE "{source}")').fetchall()
        )
        selected = []
        for column, declared in columns.items():
            wanted = SQL_TYPES[declared.kind]
            if column not in present:
                selected.append(f'CAST(NULL AS {wanted}) AS "{column}"')
            elif present[column].startswith("DECIMAL"):
                selected.append(f'CAST("{column}" AS DOUBLE) AS "{column}"')
            elif present[column].startswith(("TIMESTAMP", "ENUM")) or present[column] == "NULL":
                selected.append(f'CAST("{column}" AS {wanted}) AS "{column}"')
            else:
                selected.append(f'"{column}"')
        self.run(f'CREATE VIEW "{name}" AS SELECT {", ".join(selected)} FROM "{source}"')

    def columns(self, name: str) -> frozenset[str]:
        """The columns of a table or view."""
        return frozenset(self.column(f'SELECT column_name FROM (DESCRIBE "{name}")'))

    def narrow(self, name: str, condition: str) -> None:
        """Leave only some rows of a table of the screening in; the whole one stays as `whole_<name>`.

        The rows are copied: many statements read them, and none but this one looks for them in the whole table.
        """
        self.run(f'ALTER VIEW "{name}" RENAME TO "whole_{name}"')
        self.run(f'CREATE TEMP TABLE "{name}" AS SELECT * FROM "whole_{name}" WHERE {condition}')

    def once_a_household(self) -> None:
        """Leave a person registered twice in one household in once, so that nothing is counted double."""
        rows, persons = self.row("SELECT COUNT(*), COUNT(DISTINCT person_key) FROM registry_person")
        if rows == persons:
            return
        (doubled,) = self.row(
            "SELECT COUNT(*) FROM (SELECT household_key FROM registry_person GROUP BY household_key, person_key "
            "HAVING COUNT(*) > 1)"
        )
        if doubled:
            self.run("ALTER VIEW registry_person RENAME TO registry_person_doubled")
            self.run(
                "CREATE VIEW registry_person AS SELECT DISTINCT ON (household_key, person_key) * "
                "FROM registry_person_doubled ORDER BY ALL"
            )

    def make(self, step: Step) -> None:
        self.run(f"CREATE TEMP TABLE IF NOT EXISTS {step.name} AS {step.sql}")


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


__all__ = ["DuckDb", "Progress", "table_name"]
