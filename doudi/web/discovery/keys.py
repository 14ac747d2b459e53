"""The primary keys of the households and persons that the rows of a screening are about."""

from collections.abc import Iterable

import duckdb
import pyarrow as pa

from doudi.web.registry.models import Household, Person

KEYS_A_STEP = 900


def register_keys(engine: duckdb.DuckDBPyConnection, table: str) -> None:
    """Make `household` (household_key, household_id) and `person` (person_key, household_id, person_id) known.

    Persons are those that the rows of `table` name. One SQL statement, and one for every 900 persons.
    """
    households = Household.objects.order_by().values_list("household_key", "pk")
    engine.register("household", _pairs(households, "household_key", "household_id"))
    named = f"SELECT DISTINCT person_key FROM {table} WHERE person_key IS NOT NULL"  # noqa: S608 - a name of our own
    wanted = engine.sql(named).fetchall()
    members: list[tuple[int, int, int]] = []
    for start in range(0, len(wanted), KEYS_A_STEP):
        keys = [row[0] for row in wanted[start : start + KEYS_A_STEP]]
        members += Person.objects.filter(person_key__in=keys).values_list("person_key", "household_id", "pk")
    engine.register("person", _pairs(members, "person_key", "household_id", "person_id"))


def _pairs(rows: Iterable[tuple[int, ...]], *names: str) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    return pa.table({name: pa.array(column, pa.int64()) for name, column in zip(names, columns, strict=True)})
