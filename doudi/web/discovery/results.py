"""The files of a screening: facts and rules that could not be judged, for one household at a time."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
from django.conf import settings

from doudi.web.discovery.models import ScreeningRun
from doudi.web.discovery.rulebook import fact_title, rule_title

if TYPE_CHECKING:
    from doudi.web.registry.models import Household, Person
    from doudi.web.registry.queries import CannotTell, FactValue

KEYS = frozenset({"household_key", "person_key", "region_code"})


def results_dir() -> Path:
    return Path(settings.DOUDI_DATA_DIR) / "results"


def run_dir(run: ScreeningRun) -> Path:
    return results_dir() / run.result_dir


def household_results(
    run: ScreeningRun, *, household: "Household", members: "list[Person]"
) -> "tuple[list[FactValue], list[CannotTell]]":
    """What the screening worked out for a household and its members. No SQL statement; nothing when the files are gone."""
    from doudi.web.registry.queries import CannotTell, FactValue

    folder = run_dir(run)
    names = {person.person_key: (person.pk, person.name) for person in members}
    facts: list[FactValue] = []
    for file in ("household_facts.parquet", "person_facts.parquet"):
        for row in _rows(folder / file, household.household_key):
            person_id, person_name = names.get(row.get("person_key") or 0, (None, ""))
            for fact_id, value in row.items():
                if fact_id in KEYS:
                    continue
                title = fact_title(fact_id)
                facts.append(
                    FactValue(fact_id, title.title, title.title_en, title.unit, value, person_id, person_name)
                )
    unknown = []
    for row in _rows(folder / "cannot_tell.parquet", household.household_key):
        title = rule_title(row["rule_id"])
        listed = row["missing_facts"] or []
        unknown.append(
            CannotTell(
                rule_id=row["rule_id"],
                title=title.title,
                title_en=title.title_en,
                person_name=names.get(row.get("person_key") or 0, (None, ""))[1],
                missing=[fact_title(fact).title for fact in listed],
            )
        )
    return facts, unknown


def _rows(file: Path, household_key: int) -> list[dict[str, Any]]:
    if not file.exists():
        return []
    with duckdb.connect() as engine:
        found = engine.execute("SELECT * FROM read_parquet(?) WHERE household_key = ?", [str(file), household_key])
        names = [column[0] for column in found.description or []]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
