"""Employment data on the site: compared by a job, seen by region, a value taken over, and what can go wrong."""

import io
import json
import re
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import uuid4

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from doudi.web.accounts.roles import Role
from doudi.web.accounts.scope import Officer
from doudi.web.audit.models import AuditEntry
from doudi.web.cleaning.correcting import corrections_undo
from doudi.web.cleaning.models import Correction
from doudi.web.employment.models import EmploymentFigure, EmploymentLine, EmploymentRun, RunState
from doudi.web.employment.services import employment_compare, employment_take
from doudi.web.jobs.services import job_run
from doudi.web.refusal import ActionRefused, NotAllowed, NotFound
from doudi.web.registry.models import Person
from tests.web.conftest import IDS, NEXT_VILLAGE, TOWNSHIP, VILLAGE, Make, workbook

pytestmark = pytest.mark.django_db(transaction=True)

REGISTER = ["姓名", "身份证号", "乡镇", "村", "务工状态", "务工所在地", "务工区域", "务工企业名称", "所属行业",
            "就业渠道", "是否点对点输送", "务工月收入", "务工时间", "开始务工时间", "最近更新时间"]  # fmt: skip
VISIT = [
    "姓名",
    "身份证号",
    "乡镇",
    "村",
    "走访日期",
    "走访人",
    "是否务工",
    "核实务工地点",
    "核实月收入",
    "核实务工月数",
]
AWAY = [
    "在外务工",
    "广东省深圳市龙岗区",
    "省外",
    "示例电子厂",
    "制造业",
    "自主",
    "否",
    4500,
    7,
    "2022-12-01",
    "2023-07-01",
]


def register(*rows: list[Any], month: str = "202307") -> SimpleUploadedFile:
    return SimpleUploadedFile(f"已外出务工信息_{month}.xlsx", workbook(REGISTER, list(rows)))


def compared(actor: Officer, as_of: date = date(2023, 8, 1)) -> EmploymentRun:
    run = employment_compare(actor=actor, as_of=as_of)
    assert run.job_id is not None
    job = job_run(job_id=run.job_id)
    assert not job.error
    run.refresh_from_db()
    return run


@pytest.fixture
def wang(county: Officer, registered: Any, upload: Callable[..., Any]) -> Person:
    """王建国 of 上湾村: six months in the county by the registry, seven in 深圳 by the register."""
    Person.objects.filter(name="王建国").update(
        work_months=6, work_area="county", wage_month=3000, employer="示例饭店", job_channel="self"
    )
    upload(county, [register(["王建国", IDS[0], "东河乡", "上湾村", *AWAY])], confirm=True)
    compared(county)
    return Person.objects.get(name="王建国")


def test_a_comparison_keeps_who_is_contradicted_and_in_what(wang: Person) -> None:
    line = EmploymentLine.objects.get()
    assert (line.person, line.region_code) == (wang, VILLAGE)
    assert line.conflicts == ["place", "employer", "wage"]
    assert (line.sources["register_place_code"], line.sources["register_place_area"]) == (
        "440307000000",
        "other_province",
    )
    assert EmploymentRun.objects.get().counts["place"] == 1
    assert EmploymentFigure.objects.get(region_code=VILLAGE).employed == 1


def test_what_was_chosen_reaches_the_registry_and_the_conflict_is_gone(wang: Person, make: Make) -> None:
    village = make.officer(Role.VILLAGE_CADRE, VILLAGE)
    line = EmploymentLine.objects.get()
    applied = employment_take(
        actor=village,
        line_id=line.pk,
        chosen={"work_area": "register", "wage_month": "register"},
        seen={"work_area": "county", "wage_month": "3000"},
        request_key=uuid4(),
    )
    wang.refresh_from_db()
    line.refresh_from_db()
    assert (applied.cells, wang.work_area, wang.wage_month) == (2, "other_province", 4500)
    assert line.conflicts == ["employer"]
    assert line.settled_at is None
    assert set(Correction.objects.values_list("how", flat=True)) == {"employment"}
    employment_take(
        actor=village,
        line_id=line.pk,
        chosen={"employer": "register"},
        seen={"employer": "示例饭店"},
        request_key=uuid4(),
    )
    line.refresh_from_db()
    assert line.conflicts == []
    assert line.settled_at is not None
    corrections_undo(actor=village, batch=applied.key)
    wang.refresh_from_db()
    assert (wang.work_area, wang.wage_month) == ("county", 3000)


def test_nothing_is_overwritten_that_somebody_changed_meanwhile(wang: Person, county: Officer) -> None:
    line = EmploymentLine.objects.get()
    Person.objects.filter(pk=wang.pk).update(work_area="province")
    applied = employment_take(
        actor=county,
        line_id=line.pk,
        chosen={"work_area": "register"},
        seen={"work_area": "county"},
        request_key=uuid4(),
    )
    wang.refresh_from_db()
    assert (applied.cells, len(applied.conflicts), wang.work_area) == (0, 1, "province")


def test_the_same_request_twice_changes_once(wang: Person, county: Officer) -> None:
    line, key = EmploymentLine.objects.get(), uuid4()
    for _time in range(2):
        employment_take(
            actor=county,
            line_id=line.pk,
            chosen={"employer": "register"},
            seen={"employer": "示例饭店"},
            request_key=key,
        )
    assert Correction.objects.count() == 1


def test_a_value_that_no_source_brings_cannot_be_taken(wang: Person, county: Officer) -> None:
    line = EmploymentLine.objects.get()
    for chosen in ({"work_months": "visit"}, {"resident_id": "register"}, {"work_months": "insured"}, {}):
        with pytest.raises(ActionRefused) as refused:
            employment_take(actor=county, line_id=line.pk, chosen=chosen, seen={}, request_key=uuid4())
        assert refused.value.code == "nothing_chosen"


def test_only_those_of_the_region_may(wang: Person, make: Make) -> None:
    line = EmploymentLine.objects.get()
    taken = {"line_id": line.pk, "chosen": {"employer": "register"}, "seen": {"employer": "示例饭店"}}
    with pytest.raises(NotFound):
        employment_take(actor=make.officer(Role.VILLAGE_CADRE, NEXT_VILLAGE), request_key=uuid4(), **taken)
    with pytest.raises(NotAllowed):
        employment_take(actor=make.officer(Role.LEADER), request_key=uuid4(), **taken)
    with pytest.raises(NotAllowed):
        employment_compare(actor=make.officer(Role.TOWNSHIP_OFFICER, TOWNSHIP), as_of=date(2023, 8, 1))
    assert not Correction.objects.exists()


def test_of_the_departments_only_human_resources_sees_them(
    wang: Person, make: Make, signed_in: Callable[..., Client]
) -> None:
    jobs = signed_in(make.user(Role.DEPARTMENT_OFFICER, department="human_resources"))
    health = signed_in(make.user(Role.DEPARTMENT_OFFICER, department="health"))
    assert "王建国" in jobs.get("/employment/lines/").content.decode()
    assert "王建国" not in health.get("/employment/lines/").content.decode()
    assert health.get(f"/employment/lines/{EmploymentLine.objects.get().pk}/").status_code == 404


def test_who_worked_last_year_and_not_now_is_listed(
    county: Officer, registered: Any, upload: Callable[..., Any]
) -> None:
    rows = [[*("李秀英", IDS[2], "东河乡", "下湾村"), *AWAY], [*("王建国", IDS[0], "东河乡", "上湾村"), *AWAY]]
    upload(county, [register(*rows, month="202207")], confirm=True, month="2022-07")
    upload(county, [register(rows[1])], confirm=True)
    run = compared(county)
    assert run.months["before"] == "2022-07"
    stopped = EmploymentLine.objects.get(stopped=True)
    assert stopped.person.name == "李秀英"
    assert stopped.sources["before_months"] == 7
    assert EmploymentFigure.objects.get(region_code=NEXT_VILLAGE).stopped == 1


def test_a_visit_and_the_register_stand_beside_the_registry(
    wang: Person, county: Officer, upload: Callable[..., Any], signed_in: Callable[..., Client], make: Make
) -> None:
    visit = [*("王建国", IDS[0], "东河乡", "上湾村"), "2023-07-20", "张三", "是", "深圳龙岗", 4300, 7]
    upload(county, [SimpleUploadedFile("务工走访核实记录_202307.xlsx", workbook(VISIT, [visit]))], confirm=True)
    compared(county)
    browser = signed_in(make.user(Role.COUNTY_OFFICER))
    page = browser.get(f"/employment/lines/{EmploymentLine.objects.get().pk}/").content.decode()
    for text in (
        "示例饭店",
        "示例电子厂",
        "广东省深圳市龙岗区",
        "深圳龙岗",
        "4,500",
        "4,300",
        'value="work_area:visit"',
    ):
        assert text in page


def test_two_cities_of_one_distance_are_a_conflict_but_a_city_and_its_district_are_none(
    wang: Person, county: Officer, upload: Callable[..., Any]
) -> None:
    Person.objects.filter(pk=wang.pk).update(
        work_area="other_province", work_months=7, wage_month=4500, employer="示例电子厂"
    )
    for place, conflicts in (("深圳", []), ("浙江义乌", ["place"])):
        visit = [*("王建国", IDS[0], "东河乡", "上湾村"), "2023-07-20", "张三", "是", place, 4500, 7]
        upload(county, [SimpleUploadedFile("务工走访核实记录_202307.xlsx", workbook(VISIT, [visit]))], confirm=True)
        compared(county)
        assert [one.conflicts for one in EmploymentLine.objects.all()] == [conflicts] * bool(conflicts)


def test_a_village_works_its_list_off_in_the_browser(
    wang: Person, make: Make, signed_in: Callable[..., Client]
) -> None:
    browser = signed_in(make.user(Role.VILLAGE_CADRE, VILLAGE))
    overview = browser.get("/employment/").content.decode()
    assert "100.0%" in overview
    assert "employment/compare" not in overview
    listed = browser.get("/employment/lines/?kind=place").content.decode()
    (address,) = set(re.findall(r"/employment/lines/\d+/\?kind=place", listed))
    page = browser.get(address).content.decode()
    key = re.search(r'name="request_key" value="([^"]+)"', page)
    assert key is not None
    answer = browser.post(
        address.replace("/?", "/take/?"),
        {"request_key": key[1], "take_work_area": "work_area:register", "seen_work_area": "county"},
        follow=True,
    )
    assert "已更新 1 项登记内容" in answer.content.decode()
    wang.refresh_from_db()
    assert wang.work_area == "other_province"
    assert "王建国" not in browser.get("/employment/lines/?kind=place").content.decode()
    assert AuditEntry.objects.filter(action="correction_apply").count() == 1


def test_the_list_is_exported_with_its_filter_and_without_ids(
    wang: Person, make: Make, signed_in: Callable[..., Client]
) -> None:
    browser = signed_in(make.user(Role.TOWNSHIP_OFFICER, TOWNSHIP))
    answer = browser.get("/employment/lines/export/?kind=place")
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    cells = str(list(book.active.iter_rows(values_only=True)))
    assert "王建国" in cells
    assert "广东省深圳市龙岗区" in cells
    assert IDS[0] not in cells
    assert json.loads(AuditEntry.objects.get(action="employment_export").detail)["rows"] == 1


def test_one_comparison_at_a_time(county: Officer, registered: Any) -> None:
    first = employment_compare(actor=county, as_of=date(2023, 8, 1))
    assert employment_compare(actor=county, as_of=date(2023, 8, 1)).pk == first.pk
    assert first.state == RunState.QUEUED


def test_pages_cost_as_many_statements_with_many_rows_as_with_few(make: Make, signed_in: Callable[..., Client]) -> None:
    make.regions()
    run = EmploymentRun.objects.create(as_of=date(2023, 8, 1), state=RunState.DONE, actor_name="测试")

    def more(count: int) -> None:
        for number in range(count):
            village = (VILLAGE, NEXT_VILLAGE)[number % 2]
            household = make.household(village)
            EmploymentLine.objects.create(
                run=run, household=household, person=make.person(household), region_code=village, kinds=",months,",
                sources={"register_months": 5},
            )  # fmt: skip
            EmploymentFigure.objects.create(run=run, region_code=village, able=2, employed=1)

    def costs() -> list[int]:
        browser = signed_in(county)
        line = EmploymentLine.objects.order_by("pk").first()
        assert line is not None
        found = []
        for address in (
            "/employment/",
            "/employment/lines/",
            f"/employment/lines/{line.pk}/",
            "/employment/lines/export/",
        ):
            with CaptureQueriesContext(connection) as captured:
                answer = browser.get(address)
                assert answer.status_code == 200
                if answer.streaming:
                    b"".join(answer.streaming_content)
            found.append(len([one for one in captured.captured_queries if "SAVEPOINT" not in one["sql"]]))
        return found

    county = make.user(Role.COUNTY_OFFICER)
    more(3)
    few = costs()
    more(40)
    assert costs() == few
    assert max(few) <= 16
