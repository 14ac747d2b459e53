"""The twenty rules as the DuckDB query in hand_query.sql: `hand_query.py FOLDER AS_OF NUMBERS.json OUT.parquet`."""

import re
import sys
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from twenty.shared import Numbers, measured


def flagged(folder: Path, as_of: date, numbers: Numbers) -> pa.Table:
    query = Path(__file__).with_name("hand_query.sql").read_text(encoding="utf-8").replace("{folder}", str(folder))
    values = {name: int(value) if name.endswith("_months") else value for name, value in numbers.items()}
    values |= {"as_of": as_of, "year": as_of.year - (as_of.month < 10)}
    values["school_entry_day"] = date.fromisoformat(numbers["school_entry_day"])
    used = set(re.findall(r"\$([a-z_]+)", query))
    with duckdb.connect() as engine:
        return engine.sql(query, params={name: values[name] for name in used}).to_arrow_table()


if __name__ == "__main__":
    measured(flagged, lambda pairs, out: pq.write_table(pairs, out))
