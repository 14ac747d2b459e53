"""The process that reads SQLite as Arrow: a query a line (JSON) on standard input, its table (length, Arrow stream) on
standard output. See `arrow`, which starts it. Knows nothing of Django.
"""

import json
import sys

import pyarrow as pa

LENGTH_BYTES = 8
ALL_ROWS = "50000000"
"""SQLite says no column types: they are worked out from this many rows, so from all of them."""


def main(file: str) -> None:
    """Answer until standard input ends; all answers are of one moment, since they share one transaction."""
    import adbc_driver_sqlite.dbapi as driver  # here, so that its copy of SQLite is never loaded beside Python's own

    with driver.connect(file) as opened:
        for line in sys.stdin:
            with opened.cursor() as cursor:
                cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": ALL_ROWS})
                cursor.execute(json.loads(line))
                table = cursor.fetch_arrow_table()
            sink = pa.BufferOutputStream()
            with pa.ipc.new_stream(sink, table.schema) as stream:
                stream.write_table(table)
            content = sink.getvalue()
            sys.stdout.buffer.write(content.size.to_bytes(LENGTH_BYTES, "big"))
            sys.stdout.buffer.write(content)
            sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(sys.argv[1])
