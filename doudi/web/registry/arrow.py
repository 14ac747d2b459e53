"""Reading the database as Arrow tables over ADBC: a million rows in seconds, all tables of one moment.

The connection is its own, so rows of a transaction that is not yet kept are not seen. For SQLite it even lives in a
process of its own: the driver brings its own copy of SQLite, and two copies in one process undo each other's file locks
(sqlite.org/howtocorrupt.html, 2.2.1).
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import pyarrow as pa
from django.db import connection

from doudi.web.registry.arrow_process import LENGTH_BYTES

Fetch = Callable[[str], pa.Table]


class ArrowReader:
    """Runs queries and gives Arrow tables in the wanted schema."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch

    def read(self, sql: str, schema: pa.Schema) -> pa.Table:
        """`sql` is written in the program, never from input; its columns are cast to `schema`."""
        table = self._fetch(sql)
        return pa.table([_as(table.column(number), field.type) for number, field in enumerate(schema)], schema=schema)


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
    with _sqlite(str(settings["NAME"])) if connection.vendor == "sqlite" else _postgres(settings) as fetch:
        yield ArrowReader(fetch)


@contextmanager
def _sqlite(file: str) -> Iterator[Fetch]:
    reader = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "doudi.web.registry.arrow_process", file],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    questions, answers = reader.stdin, reader.stdout
    assert questions is not None and answers is not None  # noqa: S101, PT018 - both are pipes

    def fetch(sql: str) -> pa.Table:
        questions.write(json.dumps(sql).encode() + b"\n")
        questions.flush()
        length = answers.read(LENGTH_BYTES)
        if len(length) < LENGTH_BYTES:
            raise RuntimeError(f"reading {file} broke off; the reader's own message is in the log")
        with pa.ipc.open_stream(answers.read(int.from_bytes(length, "big"))) as stream:
            return stream.read_all()

    try:
        yield fetch
    finally:
        questions.close()
        answers.close()
        reader.wait()


@contextmanager
def _postgres(settings: dict[str, Any]) -> Iterator[Fetch]:
    import adbc_driver_postgresql.dbapi as driver

    with driver.connect(_postgres_address(settings)) as opened:
        with opened.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")

        def fetch(sql: str) -> pa.Table:
            with opened.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetch_arrow_table()

        yield fetch


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
