"""The registry as screening wants it: four Arrow tables of one moment, without any id, phone or account."""

import pyarrow as pa
import pyarrow.compute as pc

from doudi.web.intake.targets import HOUSEHOLD, INCOME, PERSON, Target
from doudi.web.registry.arrow import ArrowReader, arrow_reader

WITHHELD = frozenset({"bank_name", "helper_unit"})
TOTALS = ("net_income", "per_capita_income")


def screening_tables() -> dict[str, pa.Table]:
    """`regions`, `household`, `person`, `income`: every column of the models but encrypted ones and their hashes."""
    with arrow_reader() as reader:
        household = _read(reader, HOUSEHOLD)
        person = _read(reader, PERSON)
        income = _read(reader, INCOME, *TOTALS)
        regions = reader.read(
            'SELECT code AS region_code, name FROM "regions_region" ORDER BY code',
            pa.schema([("region_code", pa.string()), ("name", pa.string())]),
        )
    health = person.column_names.index("health")
    person = person.set_column(health, "health", pc.split_pattern(person.column("health"), ","))
    return {"regions": regions, "household": household, "person": person, "income": income}


def _read(reader: ArrowReader, target: Target, *more: str) -> pa.Table:
    columns = [name for name in (*target.plain, *more) if name not in WITHHELD and name not in target.hashes]
    selected = ", ".join(target.select(column, "t") for column in columns)
    schema = [(column, target.arrow_type(column)) for column in columns]
    source = f'"{target.model._meta.db_table}" t'
    if target is not HOUSEHOLD:
        selected += ', h."household_key" AS "household_key"'
        schema.append(("household_key", pa.int64()))
        source += f' JOIN "{HOUSEHOLD.model._meta.db_table}" h ON h.id = t."household_id"'
    return reader.read(f"SELECT {selected} FROM {source}", pa.schema(schema))  # noqa: S608 - names of our own models
