"""Screenings become clues: one a household, updated not repeated, lapsed and reopened with a trace."""

from datetime import date

import duckdb
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from doudi.rulebook import load_rulebook
from doudi.web.accounts.roles import Role
from doudi.web.audit.models import AuditEntry
from doudi.web.discovery.clues import _keep_tallies as keep_tallies
from doudi.web.discovery.models import Alert, Clue, ClueState, RunState, RunTally, ScreeningRun
from doudi.web.discovery.queries import ClueFilter, clue_page, latest_run, screening_detail
from doudi.web.discovery.rulebook import fact_department, rule_department
from doudi.web.discovery.services import screening_start
from doudi.web.jobs.services import job_run
from doudi.web.refusal import ActionRefused, NotAllowed
from doudi.web.registry.models import Household
from doudi.web.registry.queries import household_file
from doudi.web.registry.screening_tables import screening_tables

from .conftest import screen, wages, workbook

pytestmark = pytest.mark.django_db(transaction=True)
UNDER_LINE = "income.under_line_not_enrolled"
AS_OF = date(2023, 8, 1)


def test_a_household_under_the_line_becomes_a_clue_with_its_reason(county, registered):
    run = screen(county)
    assert run.state == RunState.DONE
    assert run.rulebook_digest
    clue = Clue.objects.get(household__household_no="H001")
    assert (clue.level, clue.state, clue.region_code) == ("red", ClueState.OPEN, "149901101201")
    alert = Alert.objects.get(clue=clue, rule_id=UNDER_LINE)
    assert "3,000" in alert.sentence
    assert alert.facts["per_capita_income_last_year"] == 3000
    assert alert.thresholds["monitoring_line"]["value"] == 7100
    assert alert.legal_basis
    assert not Alert.objects.filter(household__household_no="H002", rule_id=UNDER_LINE).exists()
    assert AuditEntry.objects.filter(action="screening_done", subject_id=str(run.pk)).exists()


def test_an_open_clue_is_not_raised_twice(county, registered):
    first = screen(county)
    opened = Clue.objects.get(household__household_no="H001")
    second = screen(county, date(2023, 9, 1))
    clue = Clue.objects.get(household__household_no="H001")
    assert (clue.pk, clue.first_run, clue.last_run) == (opened.pk, first, second)
    assert (clue.opened_on, clue.last_seen_on) == (AS_OF, date(2023, 9, 1))
    assert Alert.objects.filter(clue=clue, rule_id=UNDER_LINE).count() == 2
    (row,) = [row for row in clue_page(actor=county, filter=ClueFilter()).object_list if row.household_no == "H001"]
    assert row.rule_ids.count(UNDER_LINE) == 1


def test_a_reason_that_is_gone_is_noted_and_the_clue_lapses(county, registered):
    screen(county)
    Household.objects.update(safe_water=True)
    wages("H001", 40000)
    second = screen(county)
    clue = Clue.objects.get(household__household_no="H001")
    assert UNDER_LINE in [gone["rule_id"] for gone in clue.vanished]
    assert clue.vanished[0]["run"] == second.pk
    if not clue.rules:
        assert clue.state == ClueState.LAPSED
    kinds = {event.kind for event in household_file(actor=county, household_no="H001").timeline}
    assert {"clue", "reason_gone", "import"} <= kinds


def test_a_reason_that_comes_back_reopens_the_same_clue(county, registered):
    screen(county)
    key = Clue.objects.get(household__household_no="H001").pk
    wages("H001", 40000)
    screen(county)
    wages("H001", 1800)
    screen(county)
    clue = Clue.objects.get(household__household_no="H001")
    assert (clue.pk, clue.state) == (key, ClueState.OPEN)
    assert UNDER_LINE in clue.rules
    assert UNDER_LINE not in [gone["rule_id"] for gone in clue.vanished]


def test_a_clue_that_people_raised_never_lapses_by_screening(county, registered):
    screen(county)
    Clue.objects.filter(household__household_no="H001").update(channel="cadre_visit")
    wages("H001", 40000)
    screen(county)
    assert Clue.objects.get(household__household_no="H001").state == ClueState.OPEN


def test_counts_by_village_agree_with_the_alerts(county, registered, make):
    run = screen(county)
    by_rule = RunTally.objects.filter(run=run, rule_id=UNDER_LINE)
    assert [(row.region_code, row.alerts, row.households) for row in by_rule if row.alerts] == [("149901101201", 1, 1)]
    detail = screening_detail(actor=county, run_id=run.pk)
    assert sum(rule.alerts for rule in detail.by_rule if rule.level != "exclusion") == run.alert_count
    assert sum(place.households for place in detail.by_region) == run.household_count
    elsewhere = screening_detail(actor=make.officer(Role.TOWNSHIP_OFFICER, "149901102000"), run_id=run.pk)
    assert (elsewhere.by_rule, elsewhere.by_region) == ([], [])


def test_the_household_page_shows_facts_and_what_cannot_be_told(county, registered):
    screen(county)
    file = household_file(actor=county, household_no="H001")
    facts = {fact.fact_id: fact for fact in file.facts if fact.person_id is None}
    assert facts["per_capita_income_last_year"].value == 3000
    assert facts["per_capita_income_last_year"].title != "per_capita_income_last_year"
    assert {fact.person_name for fact in file.facts} >= {"王建国", "王小花"}
    assert file.run == latest_run()
    unknown = {(one.rule_id, one.person_name) for one in file.cannot_tell}
    assert ("medical.uninsured", "王建国") in unknown or ("medical.self_paid_high", "") in unknown
    assert all(one.missing and one.title != one.rule_id for one in file.cannot_tell)


def test_a_department_sees_the_facts_of_its_own_tables_only(county, registered, make, upload):
    headers = ["姓名", "身份证号", "就医类型", "总费用", "报销金额", "个人自付", "结算日期"]
    bill = ["王建国", registered.persons[0][3], "住院", 90000, 10000, 80000, "2023-07-01"]
    upload(county, [SimpleUploadedFile("医保结算明细_202307.xlsx", workbook(headers, [bill]))], confirm=True)
    screen(county)
    Clue.objects.filter(household__household_no="H001").update(vanished=[{"rule_id": UNDER_LINE, "on": "2023-08-01"}])
    everything = household_file(actor=county, household_no="H001")
    medical = make.officer(Role.DEPARTMENT_OFFICER, department="medical_insurance")
    file = household_file(actor=medical, household_no="H001")
    facts = {fact.fact_id for fact in file.facts}
    assert facts < {fact.fact_id for fact in everything.facts}
    assert {fact_department(fact) for fact in facts} == {"medical_insurance"}
    assert {alert.department for alert in file.alerts} <= {"medical_insurance"}
    assert {rule_department(one.rule_id) for one in file.cannot_tell} <= {"medical_insurance"}
    assert "reason_gone" in {event.kind for event in everything.timeline}
    assert "reason_gone" not in {event.kind for event in file.timeline}
    assert len(file.members) == len(everything.members)


def test_a_household_counts_once_a_rule_by_its_gravest_level(make):
    run = make.run()
    with duckdb.connect() as engine:
        engine.sql(
            "CREATE TABLE alert (region_code VARCHAR, rule_id VARCHAR, level VARCHAR, department VARCHAR, "
            "household_key BIGINT)"
        )
        engine.sql("CREATE TABLE cannot_tell (region_code VARCHAR, rule_id VARCHAR, household_key BIGINT)")
        rows = [("red", 1), ("yellow", 1), ("yellow", 2), ("yellow", 3)]
        engine.executemany(
            "INSERT INTO alert VALUES ('149901101201', 'medical.uninsured', ?, 'medical_insurance', ?)", rows
        )
        engine.sql("INSERT INTO cannot_tell VALUES ('149901101201', 'medical.uninsured', 9)")
        keep_tallies(run, engine)
    rule = RunTally.objects.filter(run=run, rule_id="medical.uninsured").order_by("level")
    assert list(rule.values_list("level", "department", "alerts", "households", "cannot_tell")) == [
        ("", "medical_insurance", 0, 0, 1),
        ("red", "medical_insurance", 1, 1, 0),
        ("yellow", "medical_insurance", 3, 2, 0),
    ]


def test_one_screening_at_a_time(county, registered):
    first = screening_start(actor=county, as_of=AS_OF)
    assert screening_start(actor=county, as_of=AS_OF) == first
    with pytest.raises(ActionRefused) as refused:
        screening_start(actor=county, as_of=date(2023, 9, 1))
    assert refused.value.code == "screening_running"


def test_who_may_start_one(county, registered, make):
    for role in set(Role) - {Role.COUNTY_OFFICER}:
        with pytest.raises(NotAllowed):
            screening_start(actor=make.officer(role), as_of=AS_OF)


def test_without_households_there_is_nothing_to_screen(county):
    with pytest.raises(ActionRefused) as refused:
        screening_start(actor=county, as_of=AS_OF)
    assert refused.value.code == "no_registry"


def test_a_broken_rulebook_fails_with_its_problems_and_changes_nothing(county, registered, settings, tmp_path):
    settings.DOUDI_RULES_DIR = tmp_path
    run = screening_start(actor=county, as_of=AS_OF)
    job_run(job_id=run.job_id)
    run.refresh_from_db()
    assert run.state == RunState.FAILED
    assert "规则" in run.problem
    assert not Clue.objects.exists()
    settings.DOUDI_RULES_DIR = load_from()
    assert screen(county).state == RunState.DONE
    assert ScreeningRun.objects.count() == 2


def load_from():
    from doudi.web.settings.base import DOUDI_RULES_DIR

    assert load_rulebook(DOUDI_RULES_DIR).rules
    return DOUDI_RULES_DIR


def test_screening_gets_no_identifying_numbers(county, registered):
    tables = screening_tables()
    text = str({name: table.to_pydict() for name, table in tables.items()})
    for secret in ("13812345678", registered.persons[0][3]):
        assert secret not in text
    columns = {column for table in tables.values() for column in table.column_names}
    assert not {column for column in columns if column.endswith("_hash") or column in {"resident_id", "phone"}}
    assert tables["person"].column("health").to_pylist() == [["healthy"], ["chronic_disease", "disabled"], ["healthy"]]
