"""The pages of matching: what they show, what they cost, and where they lead."""

import io
import re
from datetime import date

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from doudi.web.accounts.roles import Role
from doudi.web.audit.models import AuditEntry
from doudi.web.matching.models import DuplicateProposal, FeedLink, LinkState, MatchRun
from doudi.web.registry.models import Person

from .conftest import SLIP, STRANGER, UNREADABLE, key

pytestmark = pytest.mark.django_db

VILLAGE = "149901101201"
MOST_STATEMENTS = {"/matching/": 5, "/matching/rows/": 8, "/matching/rows/?state=all": 8, "/matching/rows/LINK/": 9}
FOR_DUPLICATES = {"/duplicates/": 7, "/duplicates/PAIR/": 7}
"""Signing in included; the session, a file on SQLite, is not counted."""


@pytest.fixture
def desk(make):
    """Rows that wait, each with two candidates, and pairs of persons."""
    make.regions()

    def more(count):
        for number in range(count):
            home = make.household(VILLAGE, "王建国")
            one = make.person(home, "王建国", birth_date=date(1980, 1, 1))
            other = make.person(home, "王建军", birth_date=date(1982, 1, 1))
            make.doubtful_row(name="王建囯", candidates=[one, other])
            DuplicateProposal.objects.create(
                kind="person",
                pair=f"{home.pk}:{number}",
                left_household=home.household_key,
                right_household=home.household_key,
                left_person=one.person_key,
                right_person=other.person_key,
                region_code=VILLAGE,
                other_region_code=VILLAGE,
            )

    more(2)
    return more


def cost(client, address):
    asked = address.replace("LINK", str(FeedLink.objects.first().pk))
    asked = asked.replace("PAIR", str(DuplicateProposal.objects.first().pk))
    with CaptureQueriesContext(connection) as captured:
        assert client.get(asked).status_code == 200, asked
    return len([one for one in captured.captured_queries if not re.search("django_session|SAVEPOINT", one["sql"])])


@pytest.mark.parametrize("role", [Role.COUNTY_OFFICER, Role.DEPARTMENT_OFFICER])
def test_a_page_costs_as_many_statements_with_many_rows_as_with_few(desk, make, signed_in, role):
    client = signed_in(make.user(role))
    addresses = MOST_STATEMENTS | (FOR_DUPLICATES if role is Role.COUNTY_OFFICER else {})
    few = {address: cost(client, address) for address in addresses}
    assert {address: found for address, found in few.items() if found > addresses[address]} == {}
    desk(20)
    many = {address: cost(client, address) for address in addresses}
    assert {address: found for address, found in many.items() if found > few[address]} == {}


def test_ids_are_masked_and_differences_marked(make, signed_in):
    make.regions()
    person = make.person(make.household(VILLAGE, "王建国"), "王建国")
    link = make.doubtful_row(name="王建囯", candidates=[person])
    page = signed_in(make.user(Role.COUNTY_OFFICER)).get(f"/matching/rows/{link.pk}/").content.decode()
    assert person.resident_id not in page
    assert link.id_written not in page
    assert '<mark class="differs">囯</mark>' in page


def test_deciding_leads_to_the_next_row_from_which_it_can_be_undone(desk, make, signed_in):
    client = signed_in(make.user(Role.COUNTY_OFFICER))
    first, second = FeedLink.objects.order_by("row")
    answer = client.post(f"/matching/rows/{first.pk}/decide/", {"rank": "1", "request_key": str(key())}, follow=True)
    assert answer.request["PATH_INFO"] == f"/matching/rows/{second.pk}/"
    assert f"/matching/rows/{first.pk}/undo/" in answer.content.decode()
    client.post(f"/matching/rows/{first.pk}/undo/", {"request_key": str(key())})
    first.refresh_from_db()
    assert first.state == LinkState.OPEN


def test_many_rows_are_decided_together(desk, make, signed_in):
    links = list(FeedLink.objects.values_list("pk", flat=True))
    client = signed_in(make.user(Role.COUNTY_OFFICER))
    client.post("/matching/rows/decide/", {"link": links, "what": "nobody", "request_key": str(key())})
    assert set(FeedLink.objects.values_list("state", flat=True)) == {LinkState.NOBODY}


def test_the_desk_is_empty_for_another_department(desk, make, signed_in):
    page = signed_in(make.user(Role.DEPARTMENT_OFFICER, department="education")).get("/matching/rows/")
    assert "王建囯" not in page.content.decode()


@pytest.mark.django_db(transaction=True)
def test_the_workbook_has_the_rows_about_nobody_with_the_reason(table, make, signed_in):
    client = signed_in(make.user(Role.DEPARTMENT_OFFICER))
    answer = client.get(f"/matching/tables/{MatchRun.objects.get().pk}/unmatched/")
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    again, strangers = (list(sheet.iter_rows(min_row=3, values_only=True)) for sheet in book)
    assert [row[:2] for row in again] == [UNREADABLE]
    assert [row[:2] for row in strangers] == [STRANGER]
    assert "证件号码无效" in again[0][-1]
    entry = AuditEntry.objects.get(action="match_export")
    assert SLIP not in entry.detail


@pytest.mark.django_db(transaction=True)
def test_matching_again_finds_who_was_registered_meanwhile(table, make, signed_in, county):
    from doudi.web.matching.rematching import table_match_again

    from .conftest import run_jobs

    home = Person.objects.get(name="王建国").household
    make.person(home, STRANGER[0], resident_id=STRANGER[1], relation="other")
    table_match_again(actor=county, run_id=MatchRun.objects.get().pk)
    run_jobs()
    run = MatchRun.objects.get()
    assert (run.exact, run.not_registered) == (2, 0)
