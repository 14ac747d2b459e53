"""The files of a screening: facts and rules that could not be judged, for one household at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings

from doudi.screening.results.kept import BrokenBasis, KeptResult
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


def previous_result(run: ScreeningRun) -> Path | None:
    """The folder of the last screening, upon which the next is made; None when there is none. One SQL statement."""
    last = ScreeningRun.objects.filter(pk__lt=run.pk).latest_done()
    folder = run_dir(last) if last is not None and last.result_dir else None
    return folder if folder is not None and (folder / "manifest.json").is_file() else None


def household_results(
    run: ScreeningRun, *, household: "Household", members: "list[Person]"
) -> tuple[list[FactValue], list[CannotTell]]:
    """What the screening worked out for a household and its members. No SQL statement; nothing without the files."""
    kept = KeptResult(run_dir(run))
    names: Names = {person.person_key: (person.pk, person.name) for person in members}
    facts: list[FactValue] = []
    for table in ("household_facts", "person_facts"):
        for row in _rows(kept, table, household.household_key):
            person_id, person_name = names.get(row.get("person_key") or 0, (None, ""))
            for fact_id, value in row.items():
                if fact_id in KEYS:
                    continue
                title = fact_title(fact_id)
                facts.append(FactValue(fact_id, title.title, title.title_en, title.unit, value, person_id, person_name))
    key = household.household_key
    return facts, [*_not_judged(kept, key, names), *_without_data(kept, key, names)]


def household_rows(run: ScreeningRun, table: str, household_key: int) -> list[dict[str, Any]]:
    """The rows of one household in a table of the result files; none without the file. No SQL statement."""
    return _rows(KeptResult(run_dir(run)), table, household_key)


def _not_judged(kept: KeptResult, key: int, names: Names) -> Iterator[CannotTell]:
    """Rules for which this household or member lacks a value."""
    for row in _rows(kept, "cannot_tell", key):
        yield _cannot_tell(row["rule_id"], row["missing_facts"] or [], names, row.get("person_key"))


def _without_data(kept: KeptResult, key: int, names: Names) -> Iterator[CannotTell]:
    """Rules for which a whole table is absent, as far as they would have mattered to this household."""
    from doudi.screening.sql.rules import NO_DATA, outcome_column

    if not (kept.folder / "manifest.json").exists():
        return
    absent: dict[str, dict[str, str]] = kept.manifest["absent"]
    for table in ("household_outcomes", "person_outcomes", "person_household_outcomes"):
        for row in _rows(kept, table, key):
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


def _rows(kept: KeptResult, table: str, household_key: int) -> list[dict[str, Any]]:
    """The rows of one household; the files are sorted by household in small groups, so only one group is read."""
    try:
        return kept.rows(table, household_key)
    except (FileNotFoundError, BrokenBasis):
        return []
