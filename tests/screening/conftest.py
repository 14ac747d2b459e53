"""A county of a handful of people, written down in a few lines."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from doudi.rulebook import Rulebook, load_rulebook
from doudi.rulebook.sources import HOUSEHOLD, INCOME, PERSON, REGISTRY
from doudi.screening.inputs import FeedRows, RegistryTables
from doudi.screening.run import ScreeningResult, screen
from doudi.screening.thresholds import ARROW_TYPES

RULES = Path(__file__).parents[2] / "rules"
AS_OF = date(2023, 8, 1)
VILLAGE = "149901001001"

Rows = list[dict[str, Any]]


@pytest.fixture(scope="session")
def rulebook() -> Rulebook:
    return load_rulebook(RULES)


class Village:
    """Households, persons, incomes and feeds by name; what isn't said has an ordinary value."""

    def __init__(self, rulebook: Rulebook) -> None:
        self.rulebook = rulebook
        self.households: Rows = []
        self.persons: Rows = []
        self.incomes: Rows = []
        self.feeds: dict[str, Rows] = {name: [] for name, source in rulebook.sources.items() if source.is_feed}

    def household(self, key: int, **values: Any) -> None:
        ordinary = {
            "household_key": key, "household_no": f"H{key}", "head_name": f"户主{key}", "region_code": VILLAGE,
            "household_type": "ordinary", "dev_status": None, "safe_water": True, "dangerous_house": False,
            "housing_grade": "A", "relocated": False, "no_labour_flag": False,
        }  # fmt: skip
        self.households.append(ordinary | values)

    def person(self, key: int, household: int, **values: Any) -> None:
        ordinary = {
            "person_key": key, "household_key": household, "name": f"人{key}", "birth_date": date(1983, 5, 1),
            "labour": "ordinary", "work_months": 10.0, "wage_month": 3000.0, "status": "active",
            "education": "junior_middle", "insured_medical": True, "minimum_living": False, "extreme_hardship": False,
        }  # fmt: skip
        self.persons.append(ordinary | values)

    def income(self, household: int, year: int = 2022, **values: Any) -> None:
        ordinary = {
            "household_key": household, "income_year": year, "per_capita_income": 15000.0, "net_income": 45000.0,
            "transfer_income": 1000.0, "members": 3.0,
        }  # fmt: skip
        self.incomes.append(ordinary | values)

    def row(self, feed: str, person: int | None, **values: Any) -> None:
        self.feeds[feed].append({"person_key": person} | values)

    def without(self, *feeds: str) -> None:
        """The feed was not handed in."""
        for feed in feeds:
            del self.feeds[feed]

    def tables(self) -> RegistryTables:
        keys = {"household_key": pa.int64(), "person_key": pa.int64(), "income_year": pa.int32(), "name": pa.string()}
        text = {"household_no": pa.string(), "head_name": pa.string(), "helper_name": pa.string()}

        def table(source: str, rows: Rows, names: tuple[str, ...]) -> pa.Table:
            types = {name: ARROW_TYPES[column.kind] for name, column in REGISTRY[source].columns.items()}
            return _table(rows, {name: keys[name] for name in names} | types | (text if source == HOUSEHOLD else {}))

        return RegistryTables(
            household=table(HOUSEHOLD, self.households, ("household_key",)),
            person=table(PERSON, self.persons, ("person_key", "household_key", "name")),
            income=table(INCOME, self.incomes, ("household_key", "income_year")),
            regions=pa.table({"region_code": [VILLAGE, "149901001000"], "name": ["示例村", "示例镇"]}),
        )

    def feed_rows(self) -> list[FeedRows]:
        found = []
        for feed, rows in self.feeds.items():
            columns = self.rulebook.sources[feed].columns
            types = {"person_key": pa.int64()} | {name: ARROW_TYPES[one.kind] for name, one in columns.items()}
            found.append(FeedRows(feed, _table(rows, types)))
        return found

    def screen(self, *rules: str, as_of: date = AS_OF) -> ScreeningResult:
        return screen(
            rulebook=self.rulebook,
            registry=self.tables(),
            feeds=self.feed_rows(),
            as_of=as_of,
            rules=rules or None,
            threads=1,
        )


def _table(rows: Rows, types: dict[str, pa.DataType]) -> pa.Table:
    return pa.table({name: pa.array([row.get(name) for row in rows], kind) for name, kind in types.items()})


@pytest.fixture
def village(rulebook: Rulebook) -> Village:
    """One household (1) with one adult (11) of ordinary income, nothing amiss."""
    made = Village(rulebook)
    made.household(1)
    made.person(11, 1)
    made.income(1)
    made.income(1, 2021)
    return made


Met = Callable[..., set[tuple[str, int, int | None]]]


@pytest.fixture
def met() -> Met:
    """Rule, household and person of every alert."""

    def of(result: ScreeningResult) -> set[tuple[str, int, int | None]]:
        return {(one["rule_id"], one["household_key"], one["person_key"]) for one in result.alerts.to_pylist()}

    return of


@pytest.fixture
def unknown() -> Met:
    """Rule, household and missing facts of everything that could not be told."""

    def of(result: ScreeningResult) -> set[tuple[str, int | None, tuple[str, ...]]]:
        rows = result.cannot_tell.to_pylist()
        return {(one["rule_id"], one["household_key"], tuple(one["missing_facts"])) for one in rows}

    return of
