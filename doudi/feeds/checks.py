"""Row checks of a contract: predicates over the typed columns, run over the whole table at once."""

from collections.abc import Sequence

import duckdb
import pyarrow as pa

from doudi.feeds.contract import Check, Contract


def rows_failing(table: pa.Table, contract: Contract) -> Sequence[tuple[Check, list[int]]]:
    """For each check the positions in the table for which its predicate is true; unknown does not count as true."""
    if not contract.checks or not table.num_rows:
        return []
    flags = ", ".join(
        f"({predicate.sql('duckdb')}) IS TRUE AS c{number}" for number, predicate in enumerate(contract.predicates)
    )
    with duckdb.connect() as database:
        database.register("cells", table.select(sorted(contract.checked)))
        found = database.sql(f"SELECT {flags} FROM cells").arrow().read_all()  # noqa: S608 - rebuilt by the whitelist
    return [
        (check, found.column(f"c{number}").to_numpy(zero_copy_only=False).nonzero()[0].tolist())
        for number, check in enumerate(contract.checks)
    ]
