"""A village whose data is sound but for what a test spoils."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from doudi.screening.cleaning.run import CleaningResult, check_data
from doudi.screening.inputs import RegistryTables

AS_OF = date(2023, 8, 1)
SOUND_PERSON = {
    "sex": "male", "relation": "head", "ethnic": "汉族", "id_form": "sound", "id_birth_date": date(1983, 5, 1),
    "id_sex": "male", "id_area": "149901", "name_form": "sound", "phone_form": "sound", "health": ["healthy"],
}  # fmt: skip
"""Beside what a person of the village (tests/screening/conftest.py) has anyway."""
Found = set[tuple[str, int, int | None]]


@pytest.fixture
def county(village: Any) -> Any:
    """The village's household 1 with its one member, nothing amiss in the columns that the tests look at."""
    village.persons[0].update(SOUND_PERSON)
    village.households[0].update({"region_form": "known", "size_now": 1.0, "head_name": "人11"})
    return village


@pytest.fixture
def checked(county: Any) -> Callable[..., CleaningResult]:
    """Hold the county against some checks; `without`: columns that nobody handed in."""

    def run(
        *checks: str, households: Iterable[int] | None = None, without: Iterable[str] = (), **more: Any
    ) -> CleaningResult:
        tables = county.tables()
        phones = pa.array([one.get("phone_key") for one in county.households], pa.int64())
        household = tables.household.append_column("phone_key", phones)
        given = {"household": household, "person": tables.person, "income": tables.income}
        for name in without:
            table, column = name.split(".")
            given[table] = given[table].drop_columns([column])
        return check_data(
            rulebook=more.pop("rulebook", county.rulebook),
            registry=replace(RegistryTables(**given), regions=tables.regions),
            feeds=county.feed_rows(),
            as_of=AS_OF,
            checks=checks or None,
            households=households,
            threads=1,
            **more,
        )

    return run


@pytest.fixture
def found() -> Callable[[CleaningResult], Found]:
    """Check, household and person of every issue."""

    def of(result: CleaningResult) -> Found:
        return {(one["check_id"], one["household_key"], one["person_key"]) for one in result.issues.to_pylist()}

    return of
