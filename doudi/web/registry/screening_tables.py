"""The registry as screening wants it: four Arrow tables of one moment, without any id, phone or account."""

from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from django.db.models import QuerySet

from doudi.web.intake.targets import HOUSEHOLD, INCOME, PERSON, Target
from doudi.web.registry.arrow import ArrowReader, arrow_reader
from doudi.web.registry.models import Household, HouseholdIncome, Person

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


def household_tables(household: Household) -> dict[str, pa.Table]:
    """The same four tables with the rows of one household only. Three SQL statements; `regions` is empty."""
    persons = Person.objects.filter(household=household).order_by("pk")
    incomes = HouseholdIncome.objects.filter(household=household).order_by("pk")
    return {
        "regions": pa.table({"region_code": pa.array([], pa.string()), "name": pa.array([], pa.string())}),
        "household": _rows(HOUSEHOLD, Household.objects.filter(pk=household.pk)),
        "person": _rows(PERSON, persons, household_key=household.household_key),
        "income": _rows(INCOME, incomes, *TOTALS, household_key=household.household_key),
    }


def _rows(target: Target, found: QuerySet[Any, Any], *more: str, household_key: int | None = None) -> pa.Table:
    columns = [name for name in (*target.plain, *more) if name not in WITHHELD and name not in target.hashes]
    rows = list(found.values_list(*(_attribute(target, column) for column in columns)))
    table: dict[str, pa.Array] = {}
    for column, values in zip(columns, zip(*rows, strict=True) if rows else [()] * len(columns), strict=True):
        plain = [float(value) if isinstance(value, Decimal) else value for value in values]
        several = any(isinstance(value, list) for value in plain) or column == "health"
        table[column] = pa.array(plain, pa.list_(pa.string()) if several else target.arrow_type(column))
    if household_key is not None:
        table["household_key"] = pa.array([household_key] * len(rows), pa.int64())
    return pa.table(table)


def _attribute(target: Target, column: str) -> str:
    return next(str(field.attname) for field in target.model._meta.concrete_fields if field.column == column)
