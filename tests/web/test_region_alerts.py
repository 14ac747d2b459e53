"""Alerts of villages and townships on the site: kept with a screening, seen within one's region, led to the clues."""

import io
from datetime import date

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from doudi.web.accounts.roles import Role
from doudi.web.audit.models import AuditEntry
from doudi.web.cockpit.queries import figures
from doudi.web.discovery.models import RegionAlert, ScreeningRun
from doudi.web.discovery.region_alerts import RegionFilter, alerts_before, region_alert_page
from doudi.web.discovery.rulebook import current_rulebook
from doudi.web.discovery.services import screening_start
from doudi.web.intake.models import ImportFile
from doudi.web.jobs.services import job_run

from .conftest import FAR_VILLAGE, NEXT_VILLAGE, TOWNSHIP, VILLAGE, workbook

pytestmark = pytest.mark.django_db(transaction=True)
PRODUCTS = ["乡镇", "行政村", "产品名称", "是否主导产品", "本期收购价", "上年同期收购价", "从事户数"]
WORKSHOPS = ["乡镇", "行政村", "行政区划代码", "帮扶车间名称", "运行状态", "吸纳务工人数", "涉及户数", "停工日期"]


@pytest.fixture
def alerts(make):
    make.regions()
    run = make.run()
    make.region_alert(run, VILLAGE, risk="other", facts={"region_cause": "illness", "region_cause_households": 12})
    make.region_alert(run, NEXT_VILLAGE, "red", rule_id="region.red_alerts_many")
    make.region_alert(run, FAR_VILLAGE, rule_id="region.water_failing", department="water")
    make.region_alert(run, TOWNSHIP, rule_id="region.price_collapse", department="agriculture")
    return run


def places_seen(actor, **chosen):
    page = region_alert_page(actor=actor, chosen=RegionFilter(**chosen))
    return [row.alert.region_code for row in page.object_list]


def test_everybody_sees_the_villages_and_townships_of_the_own_region(alerts, make):
    assert places_seen(make.officer(Role.VILLAGE_CADRE, VILLAGE)) == [VILLAGE]
    assert places_seen(make.officer(Role.TOWNSHIP_OFFICER, TOWNSHIP)) == [NEXT_VILLAGE, TOWNSHIP, VILLAGE]
    assert len(places_seen(make.officer(Role.COUNTY_OFFICER))) == 4
    assert places_seen(make.officer(Role.DEPARTMENT_OFFICER, department="water")) == [FAR_VILLAGE]


def test_the_list_is_narrowed_by_level_layer_place_and_rule(alerts, make):
    county = make.officer(Role.COUNTY_OFFICER)
    assert places_seen(county, level="red") == [NEXT_VILLAGE]
    assert places_seen(county, layer="township") == [TOWNSHIP]
    assert places_seen(county, region=TOWNSHIP, layer="village") == [NEXT_VILLAGE, VILLAGE]
    assert places_seen(county, rule="region.water_failing") == [FAR_VILLAGE]


def test_the_link_leads_to_the_clues_of_the_households_concerned(alerts, make):
    page = region_alert_page(actor=make.officer(Role.COUNTY_OFFICER), chosen=RegionFilter())
    clues = {row.alert.rule_id: row.clues for row in page.object_list}
    assert clues["region.one_cause"] == {"region": VILLAGE, "risk": "illness"}
    assert clues["region.red_alerts_many"] == {"region": NEXT_VILLAGE, "level": "red"}
    assert clues["region.price_collapse"] == {}, "growers of a product are not clues"


def test_the_page_names_place_reason_and_households(alerts, make, signed_in):
    response = signed_in(make.user(Role.TOWNSHIP_OFFICER, TOWNSHIP)).get("/region-alerts/")
    text = response.content.decode()
    for shown in ("下湾村", f"{VILLAGE} 的说明", f"/clues/?region={NEXT_VILLAGE}&amp;level=red"):
        assert shown in text
    assert f"{FAR_VILLAGE} 的说明" not in text
    part = signed_in(make.user(Role.VILLAGE_CADRE, VILLAGE)).get("/region-alerts/?level=red", HTTP_HX_REQUEST="true")
    assert "没有符合条件的村乡预警" in part.content.decode()


def test_the_workbook_holds_what_the_list_holds_and_is_logged(alerts, make, signed_in):
    client = signed_in(make.user(Role.VILLAGE_CADRE, VILLAGE))
    response = client.get("/region-alerts/export/")
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content))).active
    rows = list(sheet.iter_rows(min_row=3, values_only=True))
    assert [row[10] for row in rows] == [VILLAGE]
    assert '"rows":1' in AuditEntry.objects.get(action="region_alert_export").detail.replace(" ", "")


def test_the_figures_show_the_gravest_first(alerts, make):
    make.household(VILLAGE)
    make.tallies()
    found = figures(actor=make.officer(Role.COUNTY_OFFICER))
    assert (found.regions[0].alert.region_code, found.region_count) == (NEXT_VILLAGE, 4)
    assert figures(actor=make.officer(Role.VILLAGE_CADRE, FAR_VILLAGE)).region_count == 1


def test_a_screening_keeps_alerts_of_regions_from_imported_sheets(make, sheets, upload):
    county = make.officer(Role.COUNTY_OFFICER)
    upload(county, sheets.files(), confirm=True)
    shut = ["东河乡", "上湾村", None, "上湾村帮扶车间", "停工", 18, 15, "2023-07-01"]
    unknown = ["东河乡", "没有的村", None, "某车间", "停工", 18, 15, "2023-07-01"]
    other = ["东河乡", "上湾村", str(NEXT_VILLAGE), "某车间", "停工", 18, 15, "2023-07-01"]
    abroad = [None, None, "150000000001", "某车间", "停工", 18, 15, "2023-07-01"]
    book = workbook(WORKSHOPS, [shut, unknown, other, abroad])
    upload(county, [SimpleUploadedFile("帮扶车间运行情况_202307.xlsx", book)], confirm=True)
    file = ImportFile.objects.get(feed="village_workshop")
    assert (file.rows_accepted, file.rows_rejected) == (1, 3)
    reasons = "".join(file.reasons)
    for reason in ("没有这个村", "对不上", "不在行政区划表里"):
        assert reason in reasons
    run = screen(county)
    alert = RegionAlert.objects.get(run=run, rule_id="region.workshop_shut", region_level="village")
    assert (alert.region_code, alert.households, alert.level) == (VILLAGE, 15, "yellow")
    assert "18人" in alert.sentence
    assert alert.thresholds["region_workshop_workers_yellow"]["value"] == 10
    assert RegionAlert.objects.filter(run=run, rule_id="region.workshop_shut", region_code=TOWNSHIP).exists()
    assert run.counts["region_alerts"] == RegionAlert.objects.filter(run=run).count()
    assert run.counts["region_unknown"]["region.price_collapse"] > 0, "nobody handed in prices"


def screen(actor, as_of=date(2023, 8, 1)):
    run = screening_start(actor=actor, as_of=as_of)
    assert not job_run(job_id=run.job_id).error
    run.refresh_from_db()
    return run


def test_what_was_there_a_month_before_is_not_new(make, sheets, upload):
    county = make.officer(Role.COUNTY_OFFICER)
    upload(county, sheets.files(), confirm=True)
    first = screen(county)
    rulebook = current_rulebook()
    assert alerts_before(first, rulebook) is None
    assert alerts_before(ScreeningRun(as_of=date(2023, 8, 20)), rulebook) is None, "less than a month later"
    (path,) = alerts_before(ScreeningRun(as_of=date(2023, 9, 1)), rulebook)
    assert path.parent.name == first.result_dir
