"""Three checks, three people, and the ways in which these tests spoil a registry."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from doudi.rulebook import load_rulebook
from doudi.web.accounts.roles import Role
from doudi.web.accounts.scope import Officer
from doudi.web.cleaning.cells import set_derived
from doudi.web.cleaning.models import CleaningRun, Issue
from doudi.web.cleaning.running import cleaning_start
from doudi.web.discovery.rulebook import rulebook_changed
from doudi.web.jobs.services import job_run
from tests.web.conftest import IDS, NEXT_VILLAGE, VILLAGE, Make

RULES = Path(__file__).resolve().parents[3] / "rules"
SEX, HEADS, TWICE = "identity.sex_against_id", "household.heads_several", "identity.in_two_households"
CHECKS = (SEX, HEADS, TWICE)
RULE = "income.under_line_not_enrolled"
DAY = date(2023, 8, 1)


@pytest.fixture(scope="session")
def few_checks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rules folder with three checks and what they rest on, so that it is built in no time."""
    book = load_rulebook(RULES)
    names = {name for one in CHECKS for name in book.checks[one].facts} | {"is_member", *book.rules[RULE].facts}
    facts = book.facts_of(tuple(names))
    parameters = {name for fact in facts.values() for name in fact.parameters}
    parameters |= {name for one in CHECKS for name in book.checks[one].parameters} | set(book.rules[RULE].parameters)
    wanted = [f"checks/{name}.yaml" for name in CHECKS] + [f"facts/{name}.yaml" for name in facts]
    wanted += [f"parameters/{name}.yaml" for name in parameters] + [f"screening/{RULE}.yaml"]
    wanted += [path for path in book.texts if path.startswith("feeds/")]
    root = tmp_path_factory.mktemp("few_checks") / "rules"
    for path in wanted:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(RULES / path, root / path)
    return root


@pytest.fixture
def with_few_checks(few_checks: Path, settings: Any) -> None:
    settings.DOUDI_RULES_DIR = few_checks
    rulebook_changed()


@pytest.fixture
def spoiled(make: Make, with_few_checks: None) -> None:
    """P001 (whose id says female) is listed as male; P002 is a second head of H001. H002 is sound."""
    make.regions()
    first = make.household(VILLAGE, head="王建国", household_no="H001")
    second = make.household(NEXT_VILLAGE, head="李秀英", household_no="H002")
    people = [
        make.person(first, "王建国", person_no="P001", resident_id=IDS[0], sex="male", labour="ordinary"),
        make.person(first, "王小花", person_no="P002", resident_id=IDS[1], sex="male"),
        make.person(second, "李秀英", person_no="P003", resident_id=IDS[2], sex="female"),
    ]
    for person in people:
        person.save(update_fields=set_derived(person, "person", {"resident_id", "name"}))
    make.tallies()


@pytest.fixture
def county(make: Make) -> Officer:
    return make.officer(Role.COUNTY_OFFICER, username="county")


@pytest.fixture
def clean(county: Officer) -> Callable[..., CleaningRun]:
    """Run the checks as the site does, the job at once."""

    def run(as_of: date = DAY) -> CleaningRun:
        begun = cleaning_start(actor=county, as_of=as_of)
        job = job_run(job_id=begun.job_id)
        assert not job.error, job.error
        begun.refresh_from_db()
        return begun

    return run


def issue(check: str) -> Issue:
    return Issue.objects.get(check_id=check)
