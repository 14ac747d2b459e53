"""What the tests of the site share: a small county, officers of every role, and ways to make households."""

import io
import itertools
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from doudi.standards.regions import RegionCode
from doudi.standards.resident_id import check_character
from doudi.web.accounts.models import Post, User
from doudi.web.accounts.roles import Role
from doudi.web.accounts.scope import Officer, officer_of
from doudi.web.assistance.models import EntitlementLine, EntitlementTally
from doudi.web.audit import triggers
from doudi.web.discovery.models import Alert, Channel, Clue, RegionAlert, RunState, ScreeningRun
from doudi.web.discovery.rulebook import rulebook_changed
from doudi.web.discovery.services import screening_start
from doudi.web.intake.models import BatchState, FeedSnapshot, ImportBatch, ImportFile
from doudi.web.intake.services import batch_confirm, uploads_receive
from doudi.web.jobs.services import job_run
from doudi.web.matching.models import FeedLink, LinkCandidate, MatchRun
from doudi.web.protection.keys import search_hash
from doudi.web.regions.models import Region
from doudi.web.registry.finding import pseudonymiser
from doudi.web.registry.models import Household, HouseholdIncome, Person, VillageTally

COUNTY = RegionCode("149901000000")
TOWNSHIP, OTHER_TOWNSHIP = RegionCode("149901101000"), RegionCode("149901102000")
VILLAGE, NEXT_VILLAGE = RegionCode("149901101201"), RegionCode("149901101202")
FAR_VILLAGE = RegionCode("149901102201")
OTHER_COUNTY_VILLAGE = RegionCode("149902101201")
PASSWORD = "correct-horse-battery"


@pytest.fixture(autouse=True)
def _own_data_folder(tmp_path: Path, settings: Any) -> None:
    settings.DOUDI_DATA_DIR = tmp_path / "data"
    settings.DOUDI_DATA_DIR.mkdir()
    settings.SESSION_FILE_PATH = settings.DOUDI_DATA_DIR / "sessions"
    settings.SESSION_FILE_PATH.mkdir()


@pytest.fixture(autouse=True)
def _no_rules_of_the_test_before() -> None:
    rulebook_changed()


@pytest.fixture(autouse=True, scope="session")
def _flush_may_empty_the_audit_log() -> Iterator[None]:
    """Between tests the database is emptied, which the log's own triggers forbid to everyone else."""
    operations = type(connection.ops)
    flush = operations.execute_sql_flush

    def lift_and_flush(self: Any, sql_list: list[str]) -> None:
        with connection.cursor() as cursor:
            for statement in triggers.DROP[connection.vendor]:
                cursor.execute(statement)
        flush(self, sql_list)
        with connection.cursor() as cursor:
            for statement in triggers.CREATE[connection.vendor]:
                cursor.execute(statement)

    operations.execute_sql_flush = lift_and_flush
    yield
    operations.execute_sql_flush = flush


class Make:
    """Small factories; every call makes something new unless told its name."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def regions(self) -> None:
        names = {
            "140000000000": "示例省",
            "149900000000": "示例市",
            COUNTY: "示例县",
            TOWNSHIP: "东河乡",
            OTHER_TOWNSHIP: "西山镇",
            VILLAGE: "上湾村",
            NEXT_VILLAGE: "下湾村",
            FAR_VILLAGE: "石坡村",
            "149902000000": "邻县",
            "149902101000": "邻乡",
            OTHER_COUNTY_VILLAGE: "邻村",
        }
        for code, name in sorted(names.items()):
            region = RegionCode(code)
            parent = next((a for a in region.ancestors if Region.objects.filter(pk=a).exists()), None)
            Region.objects.create(code=region, name=name, level=region.level, parent_id=parent)

    def officer(self, role: Role, region: str = COUNTY, department: str = "", username: str = "") -> Officer:
        user = self.user(role, region, department, username)
        return officer_of(user, address="192.0.2.1")

    def user(self, role: Role, region: str = COUNTY, department: str = "", username: str = "") -> User:
        number = next(self._numbers)
        user = User.objects.create_user(username or f"{role.value}{number}", PASSWORD, name=f"{role.label}{number}")
        if role is Role.DEPARTMENT_OFFICER and not department:
            department = "medical_insurance"
        Post.objects.create(user=user, role=role, region_code=region, department=department, since=date(2020, 1, 1))
        return user

    def resident_id(self, born: str = "19800101", area: str = "149901") -> str:
        first = f"{area}{born}{next(self._numbers) % 1000:03d}"
        return first + check_character(first)

    def household(self, village: str = VILLAGE, head: str = "王建国", **columns: Any) -> Household:
        number = columns.pop("household_no", None) or f"{village}{next(self._numbers):04d}"
        household = Household.objects.create(
            household_no=number,
            household_key=pseudonymiser().household_key(number),
            region_code=village,
            head_name=head,
            **{"household_type": "ordinary", "size_now": 2, "size_year": 2, **columns},
        )
        if household.phone:
            Household.objects.filter(pk=household.pk).update(phone_hash=search_hash("phone", household.phone))
        return household

    def person(self, household: Household, name: str = "王建国", **columns: Any) -> Person:
        resident_id = columns.pop("resident_id", None) or self.resident_id()
        keys = pseudonymiser()
        return Person.objects.create(
            household=household,
            name=name,
            resident_id=resident_id,
            resident_id_hash=keys.resident_hash(resident_id),
            person_key=keys.person_key(resident_id),
            **{"relation": "head", "status": "active", **columns},
        )

    def income(self, household: Household, year: int = 2022, **columns: Any) -> HouseholdIncome:
        given = {"wage_income": 10000, "production_gross": 5000, "production_cost": 1000, "property_income": 0}
        return HouseholdIncome.objects.create(
            household=household,
            income_year=year,
            **{"members": 2, "transfer_income": 200, **given, **columns},
        )

    def run(self, as_of: date = date(2023, 8, 1)) -> ScreeningRun:
        return ScreeningRun.objects.create(as_of=as_of, state=RunState.DONE, actor_name="测试", result_dir="none")

    def region_alert(self, run: ScreeningRun, code: str, level: str = "yellow", **columns: Any) -> RegionAlert:
        given = {"rule_id": "region.one_cause", "households": 12, "sentence": f"{code} 的说明", "department": ""}
        layer = "township" if code.endswith("000") else "village"
        return RegionAlert.objects.create(
            run=run, region_code=code, region_level=layer, level=level, level_order=level != "red", **(given | columns)
        )

    def entitlement(
        self, run: ScreeningRun, household: Household, state: str = "gap", person: Person | None = None, **columns: Any
    ) -> EntitlementLine:
        given = {
            "policy_id": "minimum_living.dibao", "area": "minimum_living", "department": "civil_affairs",
            "amount": 1500.0, "received": 0.0, "sentence": f"{household.head_name}家的说明",
        }  # fmt: skip
        line = EntitlementLine.objects.create(
            run=run, household=household, person=person, region_code=household.region_code, state=state,
            **(given | columns),
        )  # fmt: skip
        EntitlementTally.objects.create(
            run=run, region_code=line.region_code, policy_id=line.policy_id, department=line.department, state=state,
            count=1, yuan=(line.amount if state == "gap" else line.received) or 0,
        )  # fmt: skip
        return line

    def doubtful_row(
        self,
        region: str = COUNTY,
        name: str = "王建国",
        *,
        batch: ImportBatch | None = None,
        file: ImportFile | None = None,
        candidates: Sequence[Person] = (),
    ) -> FeedLink:
        """A row of a medical table of July 2023 that waits for a person."""
        number = next(self._numbers)
        batch = batch or ImportBatch.objects.create(month="2023-07", region_code=region, actor_name="测试")
        snapshot, _made = FeedSnapshot.objects.get_or_create(
            feed="medical_settlement", month="2023-07", region_code=region, standing=True,
            defaults={"folder": f"none/{number}", "sha256": "0" * 64, "rows": 1, "batch": batch},
        )  # fmt: skip
        run, _made = MatchRun.objects.get_or_create(
            snapshot=snapshot,
            defaults={
                "original": file, "feed": "medical_settlement", "feed_title": "医保结算", "month": "2023-07",
                "department": "medical_insurance", "region_code": region, "model_version": "persons 1", "rows": 1,
                "doubtful": 1,
            },
        )  # fmt: skip
        link = FeedLink.objects.create(
            run=run, row=number, region_code=region, department=run.department, written_key=number, name=name,
            id_written=self.resident_id(), written={"village": "上湾村", "township": "东河乡"}, band="doubtful",
            state="open", model_version=run.model_version,
        )  # fmt: skip
        for rank, person in enumerate(candidates, start=1):
            LinkCandidate.objects.create(
                link=link, rank=rank, score=0.9, person_key=person.person_key,
                household_key=person.household.household_key,
            )  # fmt: skip
        return link

    def clue(
        self,
        household: Household,
        run: ScreeningRun,
        level: str = "red",
        rule: str = "income.under_line_not_enrolled",
        department: str = "rural_revitalisation",
        person: Person | None = None,
    ) -> Clue:
        clue = Clue.objects.create(
            household=household,
            region_code=household.region_code,
            channel=Channel.DEPARTMENT_SCREENING,
            level=level,
            level_order=0 if level == "red" else 1,
            rules=[rule],
            first_run=run,
            last_run=run,
            opened_on=run.as_of,
            last_seen_on=run.as_of,
        )
        Alert.objects.create(
            run=run,
            since_run=run,
            clue=clue,
            household=household,
            person=person,
            region_code=household.region_code,
            rule_id=rule,
            rule_version="1",
            level=level,
            risk="other",
            department=department,
            sentence="去年人均纯收入低于监测线",
            sentence_en="Under the line",
        )
        return clue

    def tallies(self) -> None:
        for village in {VILLAGE, NEXT_VILLAGE, FAR_VILLAGE, OTHER_COUNTY_VILLAGE}:
            households = Household.objects.filter(region_code=village)
            VillageTally.objects.create(
                region_code=village,
                households=households.count(),
                persons=Person.objects.filter(household__in=households).count(),
            )


@pytest.fixture
def make() -> Make:
    return Make()


@pytest.fixture
def signed_in() -> Callable[[User], Client]:
    """A browser in which the person is signed in."""

    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in


REGIONS = [
    [COUNTY, "示例县"],
    [TOWNSHIP, "东河乡"],
    [VILLAGE, "上湾村"],
    [NEXT_VILLAGE, "下湾村"],
]
HOUSEHOLD_HEADERS = [
    *("户编号", "行政区划代码", "户主姓名", "户类型", "户联系电话", "当前家庭人口数", "年度家庭人口数", "收入年度"),
    *("工资性收入", "生产经营性收入", "生产经营性支出", "财产性收入", "转移性收入"),
]
PERSON_HEADERS = ["户编号", "人编号", "姓名", "证件号码", "与户主关系", "健康状况", "劳动技能"]
IDS = [f"149901198001010{n:02d}" for n in range(50)]
IDS = [first + check_character(first) for first in IDS]


class Sheets:
    """The registry's sheets of two households with three members, ready to be uploaded; rows can be changed."""

    def __init__(self) -> None:
        self.regions = [list(row) for row in REGIONS]
        self.households = [
            ["H001", VILLAGE, "王建国", "脱贫户", "13812345678", 2, 2, 2022, 10000, 5000, 1000, 0, 200],
            ["H002", NEXT_VILLAGE, "李秀英", "一般农户", "13912345678", 1, 1, 2022, 30000, 0, 0, 0, 0],
        ]
        self.persons = [
            ["H001", "P001", "王建国", IDS[0], "户主", "健康", "普通劳动力"],
            ["H001", "P002", "王小花", IDS[1], "之女", "长期慢性病、残疾", "无劳动力"],
            ["H002", "P003", "李秀英", IDS[2], "户主", "健康", "普通劳动力"],
        ]

    def files(self, *names: str) -> list[SimpleUploadedFile]:
        made = {
            "行政区划.xlsx": workbook(["行政区划代码", "行政区划名称"], self.regions),
            "户信息.xlsx": workbook(HOUSEHOLD_HEADERS, self.households),
            "人口信息.xlsx": workbook(PERSON_HEADERS, self.persons),
        }
        return [SimpleUploadedFile(name, made[name]) for name in names or made]


def workbook(headers: list[str], rows: list[list[Any]]) -> bytes:
    """An .xlsx file as an office sends it."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet()
    for number, row in enumerate([headers, *rows]):
        for column, value in enumerate(row):
            sheet.write(number, column, str(value) if isinstance(value, str) else value)
    book.close()
    return out.getvalue()


@pytest.fixture
def sheets() -> Sheets:
    return Sheets()


@pytest.fixture
def upload() -> Callable[..., ImportBatch]:
    """Upload files and read them here and now; with `confirm`, write them too."""

    def do(
        actor: Officer, files: list[SimpleUploadedFile], *, confirm: bool = False, month: str = "2023-07"
    ) -> ImportBatch:
        batch = uploads_receive(actor=actor, files=files, month=month)
        job_run(job_id=batch.job_id)
        batch.refresh_from_db()
        if confirm:
            assert batch.state == BatchState.PREVIEW, batch.problem
            job_run(job_id=batch_confirm(actor=actor, batch_id=batch.pk).job_id)
            batch.refresh_from_db()
            assert batch.state == BatchState.APPLIED, batch.problem
        return batch

    return do


# ---- a registered county and its screenings


@pytest.fixture
def county(make: Make) -> Officer:
    """The officer of the county's centre."""
    return make.officer(Role.COUNTY_OFFICER)


@pytest.fixture
def registered(county: Officer, sheets: Sheets, upload: Callable[..., ImportBatch]) -> Sheets:
    """H001 earned 3,000 yuan a person, H002 30,000."""
    sheets.households[0][8] = 1800
    upload(county, sheets.files(), confirm=True)
    return sheets


def screen(actor: Officer, as_of: date = date(2023, 8, 1)) -> ScreeningRun:
    """Screen as the site does, the job run at once."""
    run = screening_start(actor=actor, as_of=as_of)
    job = job_run(job_id=run.job_id)
    assert not job.error
    run.refresh_from_db()
    return run


def wages(household_no: str, yuan: float) -> None:
    HouseholdIncome.objects.filter(household__household_no=household_no).update(wage_income=yuan)
