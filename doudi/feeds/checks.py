"""Row checks of a contract: predicates over the typed columns, run over the whole table at once."""

from collections.abc import Sequence

import duckdb
import pyarrow as pa

from doudi.feeds.contract import Check, Contract
from doudi.rulebook.predicate import Predicate, parse_predicate


def check_predicate(contract: Contract, check: Check) -> Predicate:
    """The checked predicate of a row check. Raises `PredicateError`."""
    return parse_predicate(check.when, {column.id: column.type for column in contract.columns})


def rows_failing(table: pa.Table, contract: Contract) -> Sequence[tuple[Check, list[int]]]:
    """For each check the positions in the table for which its predicate is true; unknown does not count as true."""
    if not contract.checks or not table.num_rows:
        return []
    columns = ", ".join(
        f"({check_predicate(contract, check).sql('duckdb')}) IS TRUE AS c{number}"
        for number, check in enumerate(contract.checks)
    )
    used = {name for check in contract.checks for name in check_predicate(contract, check).columns}
    cells = table.select(sorted(used))
    with duckdb.connect() as database:
        database.register("cells", cells)
        flags = database.sql(f"SELECT {columns} FROM cells").arrow().read_all()  # noqa: S608 - rebuilt by the whitelist
    found = []
    for number, check in enumerate(contract.checks):
        hit = flags.column(f"c{number}").to_numpy(zero_copy_only=False)
        found.append((check, [int(at) for at in hit.nonzero()[0]]))
    return found
