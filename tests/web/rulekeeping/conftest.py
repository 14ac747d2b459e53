"""Five rules, five people, and the ways in which these tests change a rule."""

import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from doudi.rulebook import load_rulebook
from doudi.rulebook.document import read_document
from doudi.web.accounts.roles import Role
from doudi.web.accounts.scope import Officer
from doudi.web.discovery.models import ScreeningRun
from doudi.web.discovery.rulebook import rulebook_changed
from doudi.web.discovery.services import screening_start
from doudi.web.jobs.services import job_run
from doudi.web.rulekeeping import services
from doudi.web.rulekeeping.drafting import NewValue
from doudi.web.rulekeeping.models import ChangeKind, RuleChange
from doudi.web.rulekeeping.queries import head_rulebook

RULES = Path(__file__).resolve().parents[3] / "rules"
LINE = "income.under_line_not_enrolled"
PATH = f"screening/{LINE}.yaml"
FEW = (LINE, "income.under_watch_line", "medical.self_paid_high", "health.new_major_disease", "exclusion.payroll")
COUNTY, TOWNSHIP, VILLAGE = "149901000000", "149901101000", "149901101201"
DAY, LATER = date(2023, 8, 1), date(2023, 10, 1)


@pytest.fixture(scope="session")
def few_rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rules folder with five rules and what they rest on, so that it is built in no time."""
    book = load_rulebook(RULES)
    facts = book.facts_of(tuple({name for one in FEW for name in book.rules[one].facts} | {"is_member"}))
    names = {name for fact in facts.values() for name in fact.parameters}
    names |= {name for one in FEW for name in book.rules[one].parameters}
    wanted = [f"screening/{name}.yaml" for name in FEW] + [f"facts/{name}.yaml" for name in facts]
    wanted += [f"parameters/{name}.yaml" for name in names] + [path for path in book.texts if path.startswith("feeds/")]
    root = tmp_path_factory.mktemp("few") / "rules"
    for path in wanted:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(RULES / path, root / path)
    return root


@pytest.fixture(autouse=True)
def _few_rules(few_rules: Path, settings: Any) -> None:
    settings.DOUDI_RULES_DIR = few_rules
    rulebook_changed()


@dataclass
class People:
    author: Officer
    second: Officer
    health: Officer
    medical: Officer
    township: Officer

    def all(self) -> list[Officer]:
        return [self.author, self.second, self.health, self.medical, self.township]


@pytest.fixture
def people(make) -> People:
    make.regions()
    return People(
        author=make.officer(Role.COUNTY_OFFICER),
        second=make.officer(Role.COUNTY_OFFICER),
        health=make.officer(Role.DEPARTMENT_OFFICER, department="health"),
        medical=make.officer(Role.DEPARTMENT_OFFICER, department="medical_insurance"),
        township=make.officer(Role.TOWNSHIP_OFFICER, TOWNSHIP),
    )


def changed_text(old: str = "per_capita_income_last_year < monitoring_line", new: str = "", version: int = 2) -> str:
    text = head_rulebook().texts[PATH]
    assert old in text
    before = int(read_document(PATH, text).content["version"])
    text = text.replace(f"version: {before}", f"version: {version}")
    return text.replace(old, new or "per_capita_income_last_year <= monitoring_line - 1")


def wider() -> str:
    """The line raised by 300 yuan, with the example on the line moved along."""
    text = changed_text(new="per_capita_income_last_year < monitoring_line + 300")
    return text.replace("per_capita_income_last_year: 7100", "per_capita_income_last_year: 7400")


def draft(actor: Officer, text: str = "", effective_from: date = LATER, **more: Any) -> RuleChange:
    given = {"path": PATH, "summary": "改一元", **more}
    return services.change_draft(actor=actor, text=text or changed_text(), effective_from=effective_from, **given)


def through(people: People, change: RuleChange, *, by: Officer | None = None) -> RuleChange:
    author = people.author if change.author_id == people.author.user_id else by or people.second
    other = people.second if author is people.author else people.author
    services.change_move(actor=author, change_id=change.pk, move="submit")
    services.change_move(actor=other, change_id=change.pk, move="review")
    last = "retire" if change.kind == ChangeKind.RETIRE else "approve"
    return services.change_move(actor=other, change_id=change.pk, move=last)


def new_value(**given: Any) -> NewValue:
    return NewValue(**{  # type: ignore[arg-type]
        "region": COUNTY, "value": 7500.0, "source": "县里的通知", "verified": True, "income_year": 2022, **given
    })  # fmt: skip


@pytest.fixture
def poor(make, people):
    """A household under the line, one just above it, and tallies."""
    for village, head, wage in ((VILLAGE, "王建国", 10000), (VILLAGE, "李秀英", 14500)):
        household = make.household(village, head)
        make.person(household, head, birth_date=date(1980, 1, 1))
        make.income(household, production_gross=0, production_cost=0, transfer_income=0, wage_income=wage)
    make.tallies()
    return people


def screened(actor: Officer, as_of: date = DAY) -> ScreeningRun:
    run = screening_start(actor=actor, as_of=as_of)
    job = job_run(job_id=run.job_id)
    assert job.state == "succeeded", job.error
    run.refresh_from_db()
    return run
