"""How many SQL statements a page costs, and that more rows don't make it more: what the bench times, held in small.

`bench/web_pages.py` measures the same pages with a million persons.
"""

import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from doudi.web import serving
from doudi.web.accounts.roles import Role
from doudi.web.cleaning.models import CleaningRun
from doudi.web.discovery import rulebook
from doudi.web.discovery.models import RunTally
from doudi.web.registry.models import Person
from tests.web.matrix.world import mended

pytestmark = pytest.mark.django_db

VILLAGE, NEXT_VILLAGE, FAR_VILLAGE = "149901101201", "149901101202", "149901102201"

MOST_STATEMENTS = {
    "/": 14,
    "/clues/": 7,
    "/clues/?sort=-head": 7,
    "/clues/?sort=-raised": 7,
    "/clues/?page=2": 7,
    "/clues/?level=red&monitored=no&household_type=ordinary": 7,
    f"/clues/?region={VILLAGE}": 7,
    "/clues/?rule=income.under_line_not_enrolled": 8,
    "/clues/?department=medical_insurance&risk=other": 8,
    "/clues/?q=王": 7,
    "/clues/?q=王建国": 8,
    "/clues/?q=上湾村": 8,
    "/clues/?q=NUMBER": 7,
    "/clues/?q=RESIDENT_ID": 7,
    "/region-alerts/": 8,
    "/households/": 7,
    "/households/?page=2": 7,
    "/households/?monitored=no&household_type=ordinary": 7,
    "/households/?q=王建国": 9,
    "/households/?q=上湾村": 9,
    "/households/?q=RESIDENT_ID": 7,
    "/households/NUMBER/": 12,
    "/cleaning/issues/": 9,
    "/cleaning/issues/?check=identity.sex_against_id&severity=error&state=open": 9,
    "/cleaning/issues/?q=王建国": 10,
    "/cleaning/overview/": 11,
    "/cleaning/corrections/": 8,
    "/cleaning/tasks/": 6,
    "/clues/export/": 10,
    f"/clues/export/?region={VILLAGE}": 10,
    "/rules/": 8,
    "/rules/?q=监测线&level=red": 8,
    "/rules/income.under_line_not_enrolled/": 8,
    "/rules/income.under_line_not_enrolled/try/": 4,
    "/rules/changes/": 4,
    "/parameters/": 6,
    "/parameters/monitoring_line/": 5,
}
"""Signing in included (the person and the posts); the session, a file on SQLite, is not counted, nor are savepoints."""
MORE_FOR_A_DEPARTMENT = 2
"""Whose level counts its own reasons, looked up in the last screening."""


@pytest.fixture(autouse=True)
def _rules_already_looked_at(db, monkeypatch):
    """Every two seconds one reader asks what has been approved since; here that was just done."""
    monkeypatch.setattr(rulebook, "SECONDS_BETWEEN_LOOKS", float("inf"))
    rulebook.current_rulebook()


@pytest.fixture
def county(make):
    make.regions()
    run = make.run()
    RunTally.objects.create(run=run, region_code=VILLAGE, rule_id="income.under_line_not_enrolled", level="red")
    make.region_alert(run, VILLAGE)
    cleaned = CleaningRun.objects.create(as_of=date(2023, 8, 1), state="done", actor_name="测试")

    def more(count):
        for number in range(count):
            village = (VILLAGE, NEXT_VILLAGE, FAR_VILLAGE)[number % 3]
            household = make.household(village, "王建国")
            make.person(household, "王建国", birth_date=date(1980, 1, 1))
            make.person(household, "王小花", relation="daughter")
            make.income(household)
            make.clue(household, run, department="medical_insurance")
            mended(cleaned, household.members.first())

    more(4)
    return more


def cost(client, address):
    with CaptureQueriesContext(connection) as captured:
        response = client.get(address)
        assert response.status_code == 200, address
        if response.streaming:
            assert b"".join(response.streaming_content)
    return len([one for one in captured.captured_queries if not re.search("django_session|SAVEPOINT", one["sql"])])


def costs(client):
    member = Person.objects.select_related("household").first()
    filled = {
        address: address.replace("NUMBER", member.household.household_no).replace("RESIDENT_ID", member.resident_id)
        for address in MOST_STATEMENTS
    }
    return {address: cost(client, asked) for address, asked in filled.items()}


@pytest.mark.parametrize("role", [Role.COUNTY_OFFICER, Role.VILLAGE_CADRE, Role.DEPARTMENT_OFFICER])
def test_a_page_costs_as_many_statements_with_many_rows_as_with_few(county, make, signed_in, role):
    client = signed_in(make.user(role, VILLAGE if role is Role.VILLAGE_CADRE else "149901000000"))
    few = costs(client)
    more = MORE_FOR_A_DEPARTMENT if role is Role.DEPARTMENT_OFFICER else 0
    dear = {address: found for address, found in few.items() if found > MOST_STATEMENTS[address] + more}
    assert not dear
    county(40)
    dearer = {address: (few[address], found) for address, found in costs(client).items() if found > few[address]}
    assert {address for address in dearer if "page=2" not in address} == set()


@pytest.mark.sqlite
def test_what_concerns_a_department_is_answered_by_the_index_alone(county, make, signed_in):
    """Of every clue of the county it is asked whether it concerns the department: the alerts' rows stay unread.

    PostgreSQL plans tables as small as these without indexes.
    """
    client = signed_in(make.user(Role.DEPARTMENT_OFFICER))
    with CaptureQueriesContext(connection) as captured:
        client.get("/clues/")
    asked = [one["sql"] for one in captured.captured_queries if "EXISTS" in one["sql"]]
    assert asked
    with connection.cursor() as cursor:
        for sql in asked:
            cursor.execute("EXPLAIN QUERY PLAN " + sql)
            plan = " ".join(str(row) for row in cursor.fetchall())
            assert re.search(r"SEARCH U0 USING COVERING INDEX alert_(clue|department)", plan), plan


@pytest.mark.sqlite
def test_after_a_migration_the_tables_are_looked_at_again(county, monkeypatch):
    """A table made anew by a migration has no statistics: a household's alerts were then sought among all of a run.

    PostgreSQL looks at its tables by itself.
    """
    county(20)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute("DELETE FROM sqlite_stat1")
        monkeypatch.setattr(serving, "_migrations_wait", lambda: True)
        serving.prepare()
        cursor.execute("SELECT DISTINCT tbl FROM sqlite_stat1")
        seen = {row[0] for row in cursor.fetchall()}
    assert {"discovery_alert", "discovery_clue", "registry_household", "registry_person"} <= seen
