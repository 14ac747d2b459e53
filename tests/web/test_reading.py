"""What pages read: within the officer's regions, in a stated number of SQL statements, fast by index."""

import io
import re
from datetime import date
from decimal import Decimal

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from doudi.web.accounts.roles import Role
from doudi.web.audit.models import AuditEntry
from doudi.web.cockpit.queries import figures
from doudi.web.discovery.export import clue_workbook
from doudi.web.discovery.models import Clue, RunTally
from doudi.web.discovery.queries import ClueFilter, clue_page, run_counts, screening_list
from doudi.web.paging import COUNT_LIMIT
from doudi.web.refusal import ActionRefused, NotAllowed, NotFound
from doudi.web.registry.income import COMPONENTS
from doudi.web.registry.models import Household, HouseholdIncome
from doudi.web.registry.queries import household_file, household_search
from doudi.web.registry.services import household_unmask

pytestmark = pytest.mark.django_db

TOWNSHIP, VILLAGE, NEXT_VILLAGE, FAR_VILLAGE = "149901101000", "149901101201", "149901101202", "149901102201"


def statements(function, **arguments):
    """The result and how many SQL statements it took."""
    with CaptureQueriesContext(
        connection,
    ) as captured:
        result = function(**arguments)
    return result, len(captured)


@pytest.fixture
def county(make):
    """Four households with clues in three villages; the first also concerns the medical insurance."""
    make.regions()
    run = make.run()
    rows = [(VILLAGE, "王建国"), (VILLAGE, "李秀英"), (NEXT_VILLAGE, "王小明"), (FAR_VILLAGE, "赵铁柱")]
    households = []
    for village, head in rows:
        household = make.household(village, head, phone="13812345678" if head == "赵铁柱" else None)
        make.person(household, head)
        make.person(household, head[0] + "小花", relation="daughter")
        make.income(household)
        make.clue(household, run, level="red" if head != "王小明" else "yellow")
        households.append(household)
    ill = households[0]
    Clue.objects.get(household=ill).alerts.create(
        run=run,
        household=ill,
        region_code=VILLAGE,
        rule_id="medical.self_paid",
        rule_version="1",
        level="yellow",
        risk="illness",
        department="medical_insurance",
        sentence="自付过高",
    )
    make.tallies()
    return households


def heads(page):
    return [row.head_name for row in page.object_list]


def test_the_list_takes_four_statements_however_long(county, make):
    officer = make.officer(Role.COUNTY_OFFICER)
    page, count = statements(clue_page, actor=officer, filter=ClueFilter())
    assert len(page.object_list) == 4
    assert count == 4
    assert statements(clue_page, actor=officer, filter=ClueFilter(q="王"))[1] == 4
    assert statements(clue_page, actor=officer, filter=ClueFilter(q="上湾"))[1] == 5


def test_the_gravest_come_first_and_name_their_reason(county, make):
    page = clue_page(actor=make.officer(Role.COUNTY_OFFICER), filter=ClueFilter())
    assert [row.level for row in page.object_list] == ["red", "red", "red", "yellow"]
    first = page.object_list[0]
    assert (first.village, first.township) == ("上湾村", "东河乡")
    assert first.sentence == "去年人均纯收入低于监测线"
    assert (first.more, first.rule_ids) == (1, ["income.under_line_not_enrolled", "medical.self_paid"])


@pytest.mark.parametrize(
    ("region", "seen"),
    [
        (VILLAGE, {"王建国", "李秀英"}),
        (TOWNSHIP, {"王建国", "李秀英", "王小明"}),
        ("149901000000", {"王建国", "李秀英", "王小明", "赵铁柱"}),
        ("149902000000", set()),
    ],
)
def test_an_officer_sees_the_clues_of_the_region(county, make, region, seen):
    officer = make.officer(Role.TOWNSHIP_OFFICER, region)
    assert set(heads(clue_page(actor=officer, filter=ClueFilter()))) == seen
    assert set(heads(household_search(actor=officer))) == seen
    for name in ("王建国", "李秀英", "王小明", "赵铁柱"):
        assert set(heads(clue_page(actor=officer, filter=ClueFilter(q=name)))) == seen & {name}
        assert set(heads(household_search(actor=officer, q=name))) == seen & {name}


def test_a_department_sees_the_clues_and_reasons_of_the_department(county, make):
    medical = make.officer(Role.DEPARTMENT_OFFICER, department="medical_insurance")
    page = clue_page(actor=medical, filter=ClueFilter())
    assert heads(page) == ["王建国"]
    assert page.object_list[0].rule_ids == ["medical.self_paid"]


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        ({"level": "yellow"}, {"王小明"}),
        ({"rule": "medical.self_paid"}, {"王建国"}),
        ({"department": "medical_insurance"}, {"王建国"}),
        ({"risk": "illness"}, {"王建国"}),
        ({"region": TOWNSHIP}, {"王建国", "李秀英", "王小明"}),
        ({"region": "149902000000"}, set()),
        ({"region": "nonsense"}, set()),
        ({"household_type": "alleviated"}, set()),
        ({"monitored": "yes"}, set()),
        ({"monitored": "no"}, {"王建国", "李秀英", "王小明", "赵铁柱"}),
        ({"state": "lapsed"}, set()),
        ({"state": "all", "level": "red"}, {"王建国", "李秀英", "赵铁柱"}),
        ({"q": "王"}, {"王建国", "王小明"}),
        ({"q": "李小花"}, {"李秀英"}),
        ({"q": "下湾"}, {"王小明"}),
        ({"q": "西山镇"}, {"赵铁柱"}),
        ({"q": "13812345678"}, {"赵铁柱"}),
        ({"q": "%"}, set()),
        ({"q": "_建国"}, set()),
        ({"q": "'; DROP TABLE x; --"}, set()),
    ],
)
def test_the_filter(county, make, chosen, found):
    page = clue_page(actor=make.officer(Role.COUNTY_OFFICER), filter=ClueFilter(**chosen))
    assert set(heads(page)) == found


def test_search_by_whole_id_and_by_household_number(county, make):
    officer = make.officer(Role.COUNTY_OFFICER)
    member = county[2].members.last()
    for q in (
        member.resident_id,
        f" {member.resident_id.lower()} ",
        "".join(chr(ord(c) + 0xFEE0) for c in member.resident_id),
    ):
        assert heads(household_search(actor=officer, q=q)) == ["王小明"]
    assert heads(household_search(actor=officer, q=county[3].household_no)) == ["赵铁柱"]
    assert heads(household_search(actor=officer, q=county[3].household_no[:-1])) != []
    assert heads(household_search(actor=make.officer(Role.VILLAGE_CADRE, VILLAGE), q=member.resident_id)) == []


@pytest.mark.parametrize(
    "sort", ["level", "head", "region", "raised", "-level", "-head", "-region", "-raised", "nonsense"]
)
def test_every_order_shows_all(county, make, sort):
    page = clue_page(actor=make.officer(Role.COUNTY_OFFICER), filter=ClueFilter(), sort=sort)
    assert len(set(heads(page))) == 4


def test_pages_out_of_range_give_the_nearest(county, make):
    officer = make.officer(Role.COUNTY_OFFICER)
    assert clue_page(actor=officer, filter=ClueFilter(), page="99", size=3).number == 2
    assert clue_page(actor=officer, filter=ClueFilter(), page="x", size=3).number == 1
    assert clue_page(actor=officer, filter=ClueFilter(), page="-1", size=3).object_list


def test_counting_stops_at_the_limit(county, make):
    page = household_search(actor=make.officer(Role.COUNTY_OFFICER))
    assert page.paginator.count == 4
    assert not page.paginator.is_capped
    assert f"LIMIT {COUNT_LIMIT + 1}" in _sql_of(household_search, actor=make.officer(Role.COUNTY_OFFICER))


def _sql_of(function, **arguments):
    with CaptureQueriesContext(connection) as captured:
        function(**arguments)
    return "\n".join(query["sql"] for query in captured)


@pytest.mark.parametrize("table", ["registry_household", "discovery_clue"])
def test_lists_are_found_by_index(county, make, table):
    """No list of a village or of a name walks over the whole table."""
    with CaptureQueriesContext(connection) as captured:
        if table == "registry_household":
            household_search(actor=make.officer(Role.VILLAGE_CADRE, VILLAGE), q="王")
        else:
            clue_page(actor=make.officer(Role.VILLAGE_CADRE, VILLAGE), filter=ClueFilter())
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
        for query in captured:
            if f'FROM "{table}"' not in query["sql"]:
                continue
            plan = "EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN "
            with connection.wrap_database_errors:
                cursor.cursor.execute(plan + query["sql"].replace("%", "%%")) if connection.vendor != "sqlite" else (
                    cursor.execute(plan + query["sql"])
                )
            lines = " ".join(str(row) for row in cursor.fetchall())
            assert not re.search(rf"SCAN {table}(?! USING)", lines), lines
            assert f"Seq Scan on {table}" not in lines, lines


def test_the_export_holds_the_officers_rows_and_his_name(county, make):
    cadre = make.officer(Role.VILLAGE_CADRE, VILLAGE)
    out = io.BytesIO()
    assert clue_workbook(actor=cadre, filter=ClueFilter(), out=out) == 2
    sheet = openpyxl.load_workbook(out).active
    rows = list(sheet.iter_rows(values_only=True))
    assert cadre.name in rows[0][0]
    assert {row[3] for row in rows[2:]} == {"王建国", "李秀英"}
    text = str(rows)
    for household in Household.objects.all():
        for member in household.members.all():
            assert member.resident_id not in text
    assert "13812345678" not in text
    entry = AuditEntry.objects.get(action="clue_export")
    assert '"rows":2' in entry.detail


def test_exports_emit_no_formulas(county, make):
    Household.objects.filter(pk=county[0].pk).update(head_name="=HYPERLINK(1)")
    out = io.BytesIO()
    clue_workbook(actor=make.officer(Role.COUNTY_OFFICER), filter=ClueFilter(), out=out)
    sheet = openpyxl.load_workbook(out).active
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value == "=HYPERLINK(1)"]
    assert cells
    assert all(cell.data_type == "s" for cell in cells)


def test_exporting_needs_its_own_permission(county, make):
    with pytest.raises(NotAllowed):
        clue_workbook(actor=make.officer(Role.LEADER), filter=ClueFilter(), out=io.BytesIO())


def test_the_household_file_in_nine_statements(county, make):
    officer = make.officer(Role.VILLAGE_CADRE, VILLAGE)
    file, count = statements(household_file, actor=officer, household_no=county[0].household_no)
    assert count <= 9
    assert [place.name for place in file.places] == ["示例省", "示例市", "示例县", "东河乡", "上湾村"]
    assert [person.name for person in file.members] == ["王建国", "王小花"]
    assert file.incomes[0].per_capita_income == 7100
    assert [alert.level for alert in file.alerts] == ["red", "yellow"]
    assert file.clue.level == "red"
    assert "clue" in {event.kind for event in file.timeline}


def test_a_household_elsewhere_does_not_exist(county, make):
    officer = make.officer(Role.VILLAGE_CADRE, VILLAGE)
    for number in (county[2].household_no, "no-such"):
        with pytest.raises(NotFound):
            household_file(actor=officer, household_no=number)
        with pytest.raises(NotFound):
            household_unmask(actor=officer, household_no=number, reason="入户核查")


def test_unmasking_needs_a_reason_and_leaves_a_line(county, make):
    officer = make.officer(Role.VILLAGE_CADRE, VILLAGE)
    with pytest.raises(ActionRefused) as refused:
        household_unmask(actor=officer, household_no=county[0].household_no, reason=" 看 ")
    assert refused.value.code == "reason_needed"
    assert not AuditEntry.objects.filter(action="unmask").exists()
    shown = household_unmask(actor=officer, household_no=county[0].household_no, reason="入户核查")
    person = county[0].members.first()
    assert shown.members[person.pk]["resident_id"] == person.resident_id
    entry = AuditEntry.objects.get(action="unmask")
    assert (entry.subject_id, entry.username, entry.region_code) == (county[0].household_no, officer.username, VILLAGE)
    assert person.resident_id not in entry.detail
    with pytest.raises(NotAllowed):
        household_unmask(actor=make.officer(Role.LEADER), household_no=county[0].household_no, reason="入户核查")


def test_figures_are_of_the_officers_regions(county, make):
    run = Clue.objects.first().last_run
    for village, red, yellow in ((VILLAGE, 2, 0), (NEXT_VILLAGE, 0, 1), (FAR_VILLAGE, 1, 0)):
        for level, count in (("red", red), ("yellow", yellow)):
            if count:
                RunTally.objects.create(run=run, region_code=village, level=level, alerts=count, households=count)
        RunTally.objects.create(
            run=run,
            region_code=village,
            rule_id="income.under_line_not_enrolled",
            level="red",
            alerts=red + yellow,
            households=red + yellow,
            cannot_tell=1,
        )
    Household.objects.filter(pk=county[3].pk).update(monitor_type="marginal", enrolled_month="2022-01")
    found, count = statements(figures, actor=make.officer(Role.COUNTY_OFFICER))
    assert count <= 11
    values = {figure.key: figure.value for figure in found.figures}
    assert values == {
        "under_line_not_enrolled": 4,
        "under_watch_line": 0,
        "red_clues": 3,
        "yellow_clues": 1,
        "enrolled": 1,
        "exited": 0,
        "cannot_tell": 3,
    }
    assert [(place.name, place.red, place.yellow) for place in found.places] == [("东河乡", 2, 1), ("西山镇", 1, 0)]
    assert (found.households, found.persons, found.scope_name) == (4, 8, "示例县")
    mine = figures(actor=make.officer(Role.VILLAGE_CADRE, VILLAGE))
    values = {figure.key: figure.value for figure in mine.figures}
    assert (values["under_line_not_enrolled"], values["red_clues"], values["enrolled"]) == (2, 2, 0)
    assert (mine.households, mine.scope_name) == (2, "上湾村")
    by_rule, by_region = run_counts(run, actor=make.officer(Role.DEPARTMENT_OFFICER, department="education"))
    assert (by_rule, by_region) == ([], [])


def test_before_the_first_screening_there_are_no_counts(make):
    make.regions()
    found = figures(actor=make.officer(Role.COUNTY_OFFICER))
    assert not found.has_registry
    assert found.run is None
    assert {figure.value for figure in found.figures if figure.key in {"under_line_not_enrolled", "cannot_tell"}} == {
        None
    }


def test_screenings_are_listed_in_two_statements(county, make):
    page, count = statements(screening_list, actor=make.officer(Role.COUNTY_OFFICER))
    assert (len(page.object_list), count) == (1, 2)
    assert not screening_list(actor=make.officer(Role.VILLAGE_CADRE, VILLAGE)).object_list


@pytest.mark.parametrize(
    ("columns", "net", "per_capita"),
    [
        ({}, 14200, 7100),
        ({"members": 3}, 14200, "4733.33"),
        ({"members": 0}, 14200, None),
        ({"members": None}, 14200, None),
        ({"wage_income": None}, 4200, 2100),
        (dict.fromkeys(COMPONENTS), None, None),
        ({"wage_income": 0.1, "production_gross": 0.2, "production_cost": 0, "transfer_income": 0}, "0.3", "0.15"),
        ({"production_cost": 90000}, -74800, -37400),
    ],
)
def test_totals_are_computed_by_the_database(make, columns, net, per_capita):
    income = make.income(make.household(), **columns)
    income = HouseholdIncome.objects.get(pk=income.pk)
    wanted = tuple(None if value is None else Decimal(value) for value in (net, per_capita))
    assert (income.net_income, income.per_capita_income) == wanted


def test_a_household_once_lapsed_is_still_found(county, make):
    Clue.objects.filter(household=county[0]).update(state="lapsed", rules=[])
    officer = make.officer(Role.COUNTY_OFFICER)
    assert "王建国" not in heads(clue_page(actor=officer, filter=ClueFilter()))
    assert heads(clue_page(actor=officer, filter=ClueFilter(state="lapsed"))) == ["王建国"]
    assert date(2023, 8, 1) == clue_page(actor=officer, filter=ClueFilter(state="lapsed")).object_list[0].raised_on


def test_red_and_yellow_of_a_rule_are_counted_apart_and_lead_to_their_rows(county, make):
    run = Clue.objects.first().last_run
    rule = "medical.self_paid"
    Clue.objects.get(household=county[2]).alerts.create(
        run=run,
        household=county[2],
        region_code=NEXT_VILLAGE,
        rule_id=rule,
        level="red",
        department="medical_insurance",
    )
    for village, level in ((VILLAGE, "yellow"), (NEXT_VILLAGE, "red")):
        RunTally.objects.create(
            run=run,
            region_code=village,
            rule_id=rule,
            level=level,
            department="medical_insurance",
            alerts=1,
            households=1,
        )
    for officer in (make.officer(Role.COUNTY_OFFICER), make.officer(Role.DEPARTMENT_OFFICER)):
        (found,), _places = run_counts(run, actor=officer)
        assert (found.level, found.red, found.yellow, found.households) == ("red", 1, 1, 2)
        for level, head in (("red", "王小明"), ("yellow", "王建国")):
            assert heads(clue_page(actor=officer, filter=ClueFilter(rule=rule, level=level))) == [head]


def test_a_department_only_gets_figures_and_levels_of_its_own_alerts(county, make):
    medical = make.officer(Role.DEPARTMENT_OFFICER)
    values = {figure.key: figure.value for figure in figures(actor=medical).figures}
    assert values == {"red_clues": 0, "yellow_clues": 1, "cannot_tell": 0}
    (row,) = clue_page(actor=medical, filter=ClueFilter(level="yellow")).object_list
    assert (row.head_name, row.level, row.rule_ids) == ("王建国", "yellow", ["medical.self_paid"])
    assert not heads(clue_page(actor=medical, filter=ClueFilter(rule="income.under_line_not_enrolled")))
    rural = make.officer(Role.DEPARTMENT_OFFICER, department="rural_revitalisation")
    assert {"under_line_not_enrolled", "under_watch_line"} <= {figure.key for figure in figures(actor=rural).figures}
