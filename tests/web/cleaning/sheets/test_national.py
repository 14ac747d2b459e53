"""The registry taken out in the national format: taken in again it changes nothing, and nobody takes it unnoticed."""

import io
import zipfile
from datetime import timedelta
from typing import Any
from uuid import uuid4

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from doudi.web.accounts.roles import Role
from doudi.web.accounts.scope import Officer
from doudi.web.audit.models import AuditEntry
from doudi.web.cleaning.correcting import CellChange, corrections_apply
from doudi.web.cleaning.sheets.models import ExportState, NationalExport
from doudi.web.cleaning.sheets.national.services import export_download, export_request
from doudi.web.intake.models import BatchState
from doudi.web.jobs.services import job_run
from doudi.web.protection.models import VaultFile
from doudi.web.refusal import ActionRefused, NotAllowed, NotFound
from doudi.web.registry.models import Household, HouseholdIncome, Person
from tests.web.conftest import IDS, TOWNSHIP, VILLAGE, Make, Sheets, workbook

pytestmark = pytest.mark.django_db(transaction=True)


def exported(actor: Officer, region: str = "") -> tuple[NationalExport, bytes]:
    export = export_request(actor=actor, region=region, reason="回传全国系统")
    job = job_run(job_id=export.job_id)
    assert not job.error
    export.refresh_from_db()
    return export, export_download(actor=actor, export_id=export.pk)[1]


def table(content: bytes, name: str) -> list[dict[str, Any]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        header, *rows = openpyxl.load_workbook(io.BytesIO(archive.read(name))).active.iter_rows(values_only=True)
    return [dict(zip(header, row, strict=True)) for row in rows]


@pytest.fixture
def everything(county: Officer, registered: Sheets, upload: Any) -> Sheets:
    """All columns came in with a national sheet, and hold values that are easily lost on the way."""
    _export, content = exported(county)
    upload(county, [SimpleUploadedFile("国家系统格式.zip", content)], confirm=True)
    household, person = Household.objects.get(household_no="H001"), Person.objects.get(person_no="P002")
    given = {
        "natural_village": "上湾组", "monitor_type": "marginal", "enrolled_month": "2022-10", "risk_1": "illness",
        "risk_2": "labour_shortage", "risk_cleared": False, "bank_name": "信用社", "housing_grade": "B",
        "house_area": 80.55, "dangerous_house": False, "safe_water": True, "land_farm": 3.25, "road_km": 0.5,
        "resettlement_site": "1号点", "helper_name": "阿依·古丽", "no_labour_flag": False,
    }  # fmt: skip
    Household.objects.filter(pk=household.pk).update(**given)
    HouseholdIncome.objects.create(household=household, income_year=2021, members=3, wage_income=1234.56)
    Person.objects.filter(pk=person.pk).update(
        ethnic="汉族", politics="masses", education="primary", work_area="county", work_months=2.5, employer="砖厂",
        wage_month=1800, insured_medical=True, insured_medical_resident=True, status="moved_out",
        status_on="2023-01-15",
    )  # fmt: skip
    return registered


def test_taken_in_again_it_changes_nothing(county: Officer, everything: Sheets, upload: Any) -> None:
    export, content = exported(county)
    assert export.counts == {"households": 2, "persons": 3, "incomes": 1, "without_id": 0}
    batch = upload(county, [SimpleUploadedFile("国家系统格式.zip", content)])
    assert batch.state == BatchState.NOTHING_TO_DO, batch.summary
    assert not [file.problem for file in batch.files.all() if file.problem or file.rows_rejected]


def test_corrected_cells_stand_in_the_sheet_by_header_and_label(county: Officer, everything: Sheets) -> None:
    person = Person.objects.get(person_no="P001")
    wanted = CellChange("person", person.pk, "labour", "ordinary", "weak")
    corrections_apply(actor=county, changes=[wanted], how="correct", request_key=uuid4())
    _export, content = exported(county)
    (row,) = [row for row in table(content, "人口信息.xlsx") if row["人编号"] == "P001"]
    assert (row["劳动技能"], row["证件号码"], row["健康状况"]) == ("弱劳动力或半劳动力", IDS[0], "健康")
    (row,) = [row for row in table(content, "户信息.xlsx") if row["户编号"] == "H001"]
    assert (row["县"], row["村"], row["户主证件号码"], row["识别监测时间"]) == ("示例县", "上湾村", IDS[0], "202210")
    assert (row["收入年度"], row["工资性收入"], row["户类型"]) == (2022, 1800, "脱贫户")


def test_an_income_of_another_number_of_members_has_its_own_row(
    county: Officer, everything: Sheets, upload: Any
) -> None:
    """In the household's row it would be divided by the number of members of now."""
    Household.objects.filter(household_no="H001").update(size_year=1)
    _export, content = exported(county)
    (row,) = [row for row in table(content, "户信息.xlsx") if row["户编号"] == "H001"]
    assert (row["收入年度"], row["年度家庭人口数"]) == (None, 1)
    years = {row["收入年度"]: row["年度家庭人口数"] for row in table(content, "收入台账.xlsx")}
    assert years == {2021: 3, 2022: 2}
    batch = upload(county, [SimpleUploadedFile("国家系统格式.zip", content)])
    assert batch.state == BatchState.NOTHING_TO_DO, batch.summary


def test_a_region_takes_only_its_own(county: Officer, registered: Sheets) -> None:
    _export, content = exported(county, VILLAGE)
    assert [row["户编号"] for row in table(content, "户信息.xlsx")] == ["H001"]


def test_who_took_it_stands_on_every_page(county: Officer, registered: Sheets) -> None:
    _export, content = exported(county)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            page = openpyxl.load_workbook(io.BytesIO(archive.read(name))).active
            assert county.name in (page.oddHeader.right.text or "")
            assert county.username in (page.oddFooter.left.text or "")


def test_asking_building_and_every_download_are_in_the_log(county: Officer, registered: Sheets) -> None:
    export, _content = exported(county)
    export_download(actor=county, export_id=export.pk)
    lines = AuditEntry.objects.filter(subject_type="export", subject_id=str(export.pk)).order_by("number")
    names = list(lines.values_list("action", flat=True))
    assert names == ["national_export_request", "national_export_done", *["national_export_download"] * 2]
    assert "回传全国系统" in lines[0].detail
    export.refresh_from_db()
    assert export.downloads == 2


def test_without_a_reason_or_the_right_there_is_none(county: Officer, registered: Sheets, make: Make) -> None:
    with pytest.raises(ActionRefused) as refused:
        export_request(actor=county, region="", reason=" 是 ")
    assert refused.value.code == "reason_needed"
    for role, region in (
        (Role.TOWNSHIP_OFFICER, TOWNSHIP),
        (Role.VILLAGE_CADRE, VILLAGE),
        (Role.LEADER, "149901000000"),
    ):
        with pytest.raises(NotAllowed):
            export_request(actor=make.officer(role, region), region="", reason="回传全国系统")
    with pytest.raises(NotAllowed):
        export_request(actor=county, region="149902000000", reason="回传全国系统")


def test_another_county_s_file_is_not_found(county: Officer, registered: Sheets, make: Make) -> None:
    export, _content = exported(county)
    with pytest.raises(NotFound):
        export_download(actor=make.officer(Role.COUNTY_OFFICER, "149902000000"), export_id=export.pk)


def test_after_its_time_the_file_is_gone(county: Officer, registered: Sheets) -> None:
    export, _content = exported(county)
    files = VaultFile.objects.count()
    NationalExport.objects.filter(pk=export.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(ActionRefused) as refused:
        export_download(actor=county, export_id=export.pk)
    assert (refused.value.code, VaultFile.objects.count()) == ("expired", files - 1)
    export.refresh_from_db()
    assert export.state == ExportState.EXPIRED


def test_ids_that_came_in_unsound_are_counted(county: Officer, registered: Sheets, upload: Any) -> None:
    persons = workbook(["户编号", "人编号", "姓名", "证件号码"], [["H002", "P003", "李秀英", "123"]])
    upload(county, [SimpleUploadedFile("人口信息.xlsx", persons)], confirm=True)
    export, _content = exported(county)
    assert export.counts["without_id"] == 1
