"""Where the results of trials are kept, and the data they read: the registry of one region, the standing tables."""

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
from django.conf import settings

from doudi.standards.regions import RegionCode
from doudi.web.regions.models import Region
from doudi.web.registry.models import Household, Person
from doudi.web.registry.screening_tables import screening_tables
from doudi.web.trials.models import Trial

if TYPE_CHECKING:
    from doudi.screening.inputs import RegistryTables

KEYS_A_STATEMENT = 500


def trials_dir() -> Path:
    return Path(settings.DOUDI_DATA_DIR) / "trials"


def result_folder(trial: Trial) -> Path:
    return trials_dir() / trial.result_dir


def forget_result(name: str) -> None:
    """Remove the files of a trial."""
    if name:
        shutil.rmtree(trials_dir() / name, ignore_errors=True)


def registry_of(region: RegionCode) -> "RegistryTables":
    """The registry's tables with the households of a region and their members alone."""
    from doudi.screening.inputs import RegistryTables

    tables = screening_tables()
    household = tables["household"]
    if region.prefix:
        household = household.filter(pc.starts_with(household["region_code"], region.prefix))
    keys = household["household_key"].combine_chunks()

    def of_these(table: pa.Table) -> pa.Table:
        return table.filter(pc.is_in(table["household_key"], keys))

    return RegistryTables(
        household=household,
        person=of_these(tables["person"]),
        income=of_these(tables["income"]),
        regions=tables["regions"],
    )


def names_of(household_keys: Iterable[int], person_keys: Iterable[int], region: RegionCode) -> "RegistryTables":
    """Only what a workbook says of households and persons: numbers, heads, places. A statement for 500 keys."""
    from doudi.screening.inputs import RegistryTables

    columns = ("household_key", "household_no", "head_name", "region_code", "helper_name")
    homes = _in_parts(Household.objects.filter(region_code__startswith=region.prefix), columns, household_keys)
    people = _in_parts(Person.objects.all(), ("person_key", "name"), person_keys)
    types = {"household_key": pa.int64(), "person_key": pa.int64()}
    named = dict(Region.objects.filter(code__startswith=region.prefix).values_list("code", "name"))

    def table(names: tuple[str, ...], rows: list[tuple[object, ...]]) -> pa.Table:
        parts = {name: [row[at] for row in rows] for at, name in enumerate(names)}
        return pa.table({name: pa.array(values, types.get(name, pa.string())) for name, values in parts.items()})

    return RegistryTables(
        household=table(columns, homes),
        person=table(("person_key", "name"), people),
        income=pa.table({"household_key": pa.array([], pa.int64())}),
        regions=pa.table({"region_code": pa.array(list(named), pa.string()), "name": list(named.values())}),
    )


def _in_parts(rows: object, columns: tuple[str, ...], keys: Iterable[int]) -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = []
    wanted = sorted({key for key in keys if key is not None})
    for start in range(0, len(wanted), KEYS_A_STATEMENT):
        part = wanted[start : start + KEYS_A_STATEMENT]
        found += rows.filter(**{f"{columns[0]}__in": part}).values_list(*columns)  # type: ignore[attr-defined]
    return found
