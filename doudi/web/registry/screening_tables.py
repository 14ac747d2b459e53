"""The registry as screening wants it: four Arrow tables of one moment, without any id, phone or account."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from django.db.models import QuerySet

from doudi.web.intake.targets import HOUSEHOLD, INCOME, PERSON, Target
from doudi.web.regions.models import Region
from doudi.web.registry.arrow import ArrowReader, arrow_reader
from doudi.web.registry.models import Household, HouseholdIncome, Person

WITHHELD = frozenset({"bank_name", "helper_unit"})
HOUSEHOLDS_A_STEP = 900
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


def tables_of_households(keys: Iterable[int]) -> dict[str, pa.Table]:
    """The same four tables with the rows of some households, by primary key, as the present transaction sees them.

    One SQL statement for the regions and three for every 900 households.
    """
    ids = sorted(keys)
    parts: dict[str, list[pa.Table]] = {"household": [], "person": [], "income": []}
    for start in range(0, max(len(ids), 1), HOUSEHOLDS_A_STEP):
        chosen = ids[start : start + HOUSEHOLDS_A_STEP]
        parts["household"].append(_rows(HOUSEHOLD, Household.objects.filter(pk__in=chosen)))
        parts["person"].append(_rows(PERSON, Person.objects.filter(household_id__in=chosen), keyed=True))
        parts["income"].append(
            _rows(INCOME, HouseholdIncome.objects.filter(household_id__in=chosen), *TOTALS, keyed=True)
        )
    regions = list(Region.objects.order_by("code").values_list("code", "name"))
    named = {
        "region_code": pa.array([code for code, _name in regions], pa.string()),
        "name": pa.array([name for _code, name in regions], pa.string()),
    }
    return {"regions": pa.table(named), **{name: pa.concat_tables(tables) for name, tables in parts.items()}}


def _rows(
    target: Target, found: QuerySet[Any, Any], *more: str, household_key: int | None = None, keyed: bool = False
) -> pa.Table:
    """`keyed`: with each row's own household key, instead of the one given."""
    columns = [name for name in (*target.plain, *more) if name not in WITHHELD and name not in target.hashes]
    read = [_attribute(target, column) for column in columns]
    if keyed:
        columns, read = [*columns, "household_key"], [*read, "household__household_key"]
    rows = list(found.values_list(*read))
    table: dict[str, pa.Array] = {}
    for column, values in zip(columns, zip(*rows, strict=True) if rows else [()] * len(columns), strict=True):
        plain = [float(value) if isinstance(value, Decimal) else value for value in values]
        several = any(isinstance(value, list) for value in plain) or column == "health"
        table[column] = pa.array(plain, pa.list_(pa.string()) if several else _type(target, column))
    if household_key is not None:
        table["household_key"] = pa.array([household_key] * len(rows), pa.int64())
    return pa.table(table)


def _type(target: Target, column: str) -> pa.DataType:
    return pa.int64() if column == "household_key" else target.arrow_type(column)


def _attribute(target: Target, column: str) -> str:
    return next(str(field.attname) for field in target.model._meta.concrete_fields if field.column == column)
