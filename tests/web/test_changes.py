"""A screening beside the one before: what is new, gone and still there; only what changed is worked out again."""

import io

import openpyxl
import pytest

from doudi.web.accounts.roles import Role
from doudi.web.audit.models import AuditEntry
from doudi.web.discovery.changes import GONE, NEW, STILL, ChangeFilter, change_counts, change_page
from doudi.web.discovery.models import Alert
from doudi.web.registry.queries import household_file

from .conftest import VILLAGE, screen, wages

pytestmark = pytest.mark.django_db(transaction=True)
UNDER_LINE = "income.under_line_not_enrolled"


def under_line(run, actor, state):
    page = change_page(run, actor=actor, chosen=ChangeFilter(state=state, rule=UNDER_LINE))
    return [row.alert.household.household_no for row in page.object_list]


def test_everything_is_new_the_first_time(county, registered):
    run = screen(county)
    counts = change_counts(run, actor=county)
    assert counts == {NEW: Alert.objects.filter(run=run).count(), STILL: 0, GONE: 0}
    assert counts[NEW]
    assert under_line(run, county, NEW) == ["H001"]
    assert "recomputed" not in run.counts


def test_new_gone_and_still_are_told_apart(county, registered):
    first = screen(county)
    wages("H001", 40000)
    wages("H002", 1000)
    second = screen(county)
    assert under_line(second, county, NEW) == ["H002"]
    assert under_line(second, county, GONE) == ["H001"]
    third = screen(county)
    assert under_line(third, county, STILL) == ["H002"]
    assert under_line(third, county, NEW) == under_line(third, county, GONE) == []
    since = Alert.objects.get(run=third, rule_id=UNDER_LINE).since_run
    assert since == second
    counts = change_counts(second, actor=county)
    assert counts[NEW] + counts[STILL] == Alert.objects.filter(run=second).count()
    assert counts[GONE] + counts[STILL] == Alert.objects.filter(run=first).count()


def test_only_households_that_something_changed_for_are_worked_out_again(county, registered):
    screen(county)
    again = screen(county)
    assert again.counts["recomputed"] == 0
    wages("H002", 1000)
    changed = screen(county)
    assert changed.counts["recomputed"] == 1
    assert under_line(changed, county, NEW) == ["H002"]
    facts = {fact.fact_id: fact.value for fact in household_file(actor=county, household_no="H001").facts}
    assert facts["per_capita_income_last_year"] == 3000, "what was not worked out again is read from the run before"


def test_the_list_shows_one_s_own_villages_and_its_workbook_is_logged(county, registered, make, signed_in):
    run = screen(county)
    client = signed_in(make.user(Role.VILLAGE_CADRE, VILLAGE))
    page = client.get(f"/screenings/{run.pk}/changes/?rule={UNDER_LINE}")
    assert "H001" in page.content.decode()
    elsewhere = signed_in(make.user(Role.VILLAGE_CADRE, "149901102201"))
    assert "H001" not in elsewhere.get(f"/screenings/{run.pk}/changes/").content.decode()
    response = client.get(f"/screenings/{run.pk}/changes/export/?rule={UNDER_LINE}")
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content))).active
    cells = [row for row in sheet.iter_rows(values_only=True) if row[3] == "H001"]
    assert [row[1] for row in cells] == ["新出现"]
    assert AuditEntry.objects.filter(action="change_export", subject_id=str(run.pk)).count() == 1


@pytest.mark.parametrize("address", ["/screenings/4711/changes/", "/screenings/4711/changes/export/"])
def test_a_screening_that_is_not_there_is_not_found(make, signed_in, address):
    assert signed_in(make.user(Role.COUNTY_OFFICER)).get(address).status_code == 404
