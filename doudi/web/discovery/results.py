"""The files of a screening: facts and rules that could not be judged, for one household at a time."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
from django.conf import settings

from doudi.web.discovery.models import ScreeningRun
from doudi.web.discovery.rulebook import fact_title, rule_title

if TYPE_CHECKING:
    from doudi.web.registry.models import Household, Person

Names = dict[int, tuple[int | None, str]]
"""Person key → primary key and name, within one household."""
KEYS = frozenset({"household_key", "person_key", "region_code"})


@dataclass(frozen=True)
class FactValue:
    """One fact the screening worked out; `person_id` is None for facts of the household."""

    fact_id: str
    title: str
    title_en: str
    unit: str
    value: Any
    person_id: int | None
    person_name: str


@dataclass(frozen=True)
class CannotTell:
    """A rule that could not be judged, and the titles of the facts it lacks."""

    rule_id: str
    title: str
    title_en: str
    person_name: str
    missing: list[str]


def results_dir() -> Path:
    return Path(settings.DOUDI_DATA_DIR) / "results"


def run_dir(run: ScreeningRun) -> Path:
    return results_dir() / run.result_dir


def household_results(
    run: ScreeningRun, *, household: "Household", members: "list[Person]"
) -> tuple[list[FactValue], list[CannotTell]]:
    """What the screening worked out for a household and its members. No SQL statement; nothing without the files."""
    folder = run_dir(run)
    names: Names = {person.person_key: (person.pk, person.name) for person in members}
    facts: list[FactValue] = []
    for file in ("household_facts.parquet", "person_facts.parquet"):
        for row in _rows(folder / file, household.household_key):
            person_id, person_name = names.get(row.get("person_key") or 0, (None, ""))
            for fact_id, value in row.items():
                if fact_id in KEYS:
                    continue
                title = fact_title(fact_id)
                facts.append(FactValue(fact_id, title.title, title.title_en, title.unit, value, person_id, person_name))
    key = household.household_key
    return facts, [*_not_judged(folder, key, names), *_without_data(folder, key, names)]


def _not_judged(folder: Path, key: int, names: Names) -> Iterator[CannotTell]:
    """Rules for which this household or member lacks a value."""
    for row in _rows(folder / "cannot_tell.parquet", key):
        yield _cannot_tell(row["rule_id"], row["missing_facts"] or [], names, row.get("person_key"))


def _without_data(folder: Path, key: int, names: Names) -> Iterator[CannotTell]:
    """Rules for which a whole table is absent, as far as they would have mattered to this household."""
    from doudi.screening.rule_sql import NO_DATA, outcome_column

    manifest = folder / "manifest.json"
    if not manifest.exists():
        return
    absent: dict[str, dict[str, str]] = json.loads(manifest.read_text(encoding="utf-8"))["absent"]
    for file in ("household_outcomes.parquet", "person_outcomes.parquet", "person_household_outcomes.parquet"):
        for row in _rows(folder / file, key):
            for rule_id, lacking in absent.items():
                if row.get(outcome_column(rule_id)) == NO_DATA:
                    yield _cannot_tell(rule_id, list(lacking), names, row.get("person_key"))


def _cannot_tell(rule_id: str, facts: list[str], names: Names, person_key: int | None) -> CannotTell:
    title = rule_title(rule_id)
    return CannotTell(
        rule_id=rule_id,
        title=title.title,
        title_en=title.title_en,
        person_name=names.get(person_key or 0, (None, ""))[1],
        missing=[fact_title(fact).title for fact in facts],
    )


def _rows(file: Path, household_key: int) -> list[dict[str, Any]]:
    """The rows of one household; the files are sorted by household in small groups, so only one group is read."""
    if not file.exists():
        return []
    return pq.read_table(file, filters=[("household_key", "=", household_key)]).to_pylist()
