"""Writing many rows of one table inside the present transaction: COPY on PostgreSQL, prepared INSERTs on SQLite.

Column names come from the models, values are always parameters.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
from django.db import connection, models

from doudi.web.jobs.progress import Report, ignore

ROWS_A_STEP = 10_000
MANY_ROWS = 100_000
SQLITE_CACHE_KB = 512 * 1024
"""While many rows go into SQLite: their hashes land all over the indexes, which then have to be at hand in memory."""
Rows = Iterator[list[tuple[Any, ...]]]


def next_id(model: type[models.Model]) -> int:
    """The first unused number of a table; the caller keeps others from writing to it (registry lock)."""
    return int(model._default_manager.aggregate(last=models.Max("pk"))["last"] or 0) + 1


def insert_rows(
    model: type[models.Model], table: pa.Table, *, report: Report = ignore, phase: str = "", own_ids: bool = True
) -> None:
    """Insert a table whose columns are database columns of the model; `own_ids`: it brings the primary key along."""
    if table.num_rows == 0:
        return
    _write(model._meta.db_table, table, report=report, phase=phase)
    if own_ids and connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence(%s, 'id'), (SELECT max(id) FROM {_q(model._meta.db_table)}))",  # noqa: S608
                [model._meta.db_table],
            )


def update_rows(
    model: type[models.Model], table: pa.Table, *, key: str = "id", report: Report = ignore, phase: str = ""
) -> None:
    """Set the table's columns on the rows whose `key` it names."""
    if table.num_rows == 0:
        return
    target, changed = _q(model._meta.db_table), "doudi_changed"
    columns = [name for name in table.column_names if name != key]
    types = {field.column: field.db_type(connection) for field in model._meta.concrete_fields}
    types[key] = "bigint" if key == "id" else types[key]
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {changed}")
        declared = ", ".join(f"{_q(name)} {types[name]}" for name in table.column_names)
        cursor.execute(f"CREATE TEMPORARY TABLE {changed} ({declared})")
        _write(changed, table, report=report, phase=phase)
        cursor.execute(f"CREATE UNIQUE INDEX doudi_changed_key ON {changed} ({_q(key)})")
        if connection.vendor == "postgresql":
            cursor.execute(f"ANALYZE {changed}")
        assignments = ", ".join(f"{_q(name)} = c.{_q(name)}" for name in columns)
        cursor.execute(
            f"UPDATE {target} SET {assignments} FROM {changed} AS c WHERE {target}.{_q(key)} = c.{_q(key)}"  # noqa: S608
        )
        cursor.execute(f"DROP TABLE {changed}")


def keep_images(model: type[models.Model], *, name: str, batch_id: int, ids: Sequence[Any]) -> None:
    """Copy the named rows, as they are now, into the before-images of an import."""
    if not ids:
        return
    from doudi.web.intake.models import RowImage

    source, images, chosen = _q(model._meta.db_table), _q(RowImage._meta.db_table), "doudi_chosen"
    key = _q(model._meta.pk.column)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {chosen}")
        cursor.execute(f"CREATE TEMPORARY TABLE {chosen} (id {model._meta.pk.rel_db_type(connection)} PRIMARY KEY)")
        _write(chosen, pa.table({"id": pa.array(ids)}))
        if connection.vendor == "postgresql":
            image = "to_jsonb(s.*)"
        else:
            columns = [field.column for field in stored_fields(model)]
            image = "json_object(" + ", ".join(f"'{column}', s.{_q(column)}" for column in columns) + ")"
        cursor.execute(
            f'INSERT INTO {images} (batch_id, "table", row_id, before) '  # noqa: S608
            f"SELECT %s, %s, CAST(s.{key} AS TEXT), {image} FROM {source} AS s JOIN {chosen} AS c ON c.id = s.{key}",
            [batch_id, name],
        )
        cursor.execute(f"DROP TABLE {chosen}")


def restore_images(model: type[models.Model], *, name: str, batch_id: int) -> int:
    """Put back the rows kept by `keep_images`; gives how many."""
    from doudi.web.intake.models import RowImage

    target, images = _q(model._meta.db_table), _q(RowImage._meta.db_table)
    pk = model._meta.pk
    fields = [field for field in stored_fields(model) if not field.primary_key]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            assignments = ", ".join(f"{_q(f.column)} = r.{_q(f.column)}" for f in fields)
            cursor.execute(
                f"UPDATE {target} SET {assignments} FROM {images} AS i, "  # noqa: S608
                f"LATERAL jsonb_populate_record(NULL::{target}, i.before) AS r "
                f'WHERE i.batch_id = %s AND i."table" = %s AND {target}.{_q(pk.column)} = r.{_q(pk.column)}',
                [batch_id, name],
            )
        else:
            assignments = ", ".join(f"{_q(f.column)} = json_extract(i.before, '$.{f.column}')" for f in fields)
            cast = f"CAST(i.row_id AS {pk.rel_db_type(connection)})"
            cursor.execute(
                f"UPDATE {target} SET {assignments} FROM {images} AS i "  # noqa: S608
                f'WHERE i.batch_id = %s AND i."table" = %s AND {target}.{_q(pk.column)} = {cast}',
                [batch_id, name],
            )
        return int(cursor.rowcount)


def refresh_statistics(*models_written: type[models.Model]) -> None:
    """Let the database look at tables that changed a lot, so that it picks the right index from now on."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA analysis_limit = 4000")
        for model in models_written:
            cursor.execute(f"ANALYZE {_q(model._meta.db_table)}")


def stored_fields(model: type[models.Model]) -> list[Any]:
    """The columns that are written, not worked out by the database."""
    return [field for field in model._meta.concrete_fields if not field.generated]


def _q(name: str | None) -> str:
    return connection.ops.quote_name(name or "")


def _steps(table: pa.Table) -> Rows:
    if connection.vendor == "sqlite":  # which keeps days as text
        for position, field in enumerate(table.schema):
            if pa.types.is_date(field.type):
                table = table.set_column(position, field.name, table.column(position).cast(pa.string()))
    for batch in table.to_batches(max_chunksize=ROWS_A_STEP):
        yield list(zip(*(column.to_pylist() for column in batch.columns), strict=True))


def _write(name: str, table: pa.Table, *, report: Report = ignore, phase: str = "") -> None:
    columns = ", ".join(_q(column) for column in table.column_names)
    done = 0
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {_q(name)} ({columns}) FROM STDIN") as copy:
                for rows in _steps(table):
                    for row in rows:
                        copy.write_row(row)
                    done += len(rows)
                    report(phase, done, table.num_rows)
            return
        if table.num_rows >= MANY_ROWS:  # stays so until the connection is closed: pages not yet kept would be evicted
            cursor.execute(f"PRAGMA cache_size = -{SQLITE_CACHE_KB}")
        marks = ", ".join(["%s"] * table.num_columns)
        statement = f"INSERT INTO {_q(name)} ({columns}) VALUES ({marks})"  # noqa: S608
        for rows in _steps(table):
            cursor.executemany(statement, rows)
            done += len(rows)
            report(phase, done, table.num_rows)
