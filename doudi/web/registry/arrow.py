"""Reading the database as Arrow tables over ADBC: a million rows in seconds, all tables of one moment.

The connection is its own, so rows of a transaction that is not yet kept are not seen.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import pyarrow as pa
from django.db import connection

ALL_ROWS = 50_000_000
"""SQLite says no column types: they are worked out from this many rows, so from all of them."""


class ArrowReader:
    """Runs queries and gives Arrow tables in the wanted schema."""

    def __init__(self, dbapi_connection: Any, *, on_sqlite: bool) -> None:
        self._connection = dbapi_connection
        self.on_sqlite = on_sqlite

    def read(self, sql: str, schema: pa.Schema | None = None) -> pa.Table:
        """`sql` is written in the program, never from input. Columns are cast to `schema` where one is given."""
        with self._connection.cursor() as cursor:
            if self.on_sqlite:
                cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": str(ALL_ROWS)})
            cursor.execute(sql)
            table = cursor.fetch_arrow_table()
        if schema is None:
            return table
        return pa.table(
            [_as(table.column(number), field.type) for number, field in enumerate(schema)], schema=schema
        )


def _as(column: pa.ChunkedArray, wanted: pa.DataType) -> pa.ChunkedArray:
    if column.type == wanted:
        return column
    if column.null_count == len(column):
        return pa.chunked_array([pa.nulls(len(column), wanted)])
    return column.cast(wanted)


@contextmanager
def arrow_reader() -> Iterator[ArrowReader]:
    """A reader that sees one moment of the database throughout."""
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        import adbc_driver_sqlite.dbapi as driver

        with driver.connect(str(settings["NAME"])) as opened:
            yield ArrowReader(opened, on_sqlite=True)
    else:
        import adbc_driver_postgresql.dbapi as driver

        with driver.connect(_postgres_address(settings)) as opened:
            with opened.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield ArrowReader(opened, on_sqlite=False)


def _postgres_address(settings: dict[str, Any]) -> str:
    who = quote(settings["USER"] or "", safe="")
    if settings["PASSWORD"]:
        who += ":" + quote(settings["PASSWORD"], safe="")
    where = quote(settings["HOST"] or "", safe="/.:[]-")
    if where.startswith("/"):  # a socket's folder
        where = quote(where, safe="")
    port = f":{settings['PORT']}" if settings["PORT"] else ""
    options = "&".join(f"{name}={quote(str(value), safe='')}" for name, value in settings["OPTIONS"].items())
    return f"postgresql://{who}@{where}{port}/{quote(settings['NAME'], safe='')}" + (f"?{options}" if options else "")
