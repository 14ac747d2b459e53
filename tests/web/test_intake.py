"""Imports: what a preview promises is what is written, once, and can be taken back."""

import io
import threading
import zipfile
from decimal import Decimal

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from doudi.standards.resident_id import check_character
from doudi.web.accounts.roles import Role
from doudi.web.audit.models import AuditEntry
from doudi.web.intake.models import BatchState, FeedSnapshot, ImportBatch, RowImage
from doudi.web.intake.queries import batch_detail
from doudi.web.intake.services import (
    batch_confirm,
    batch_discard,
    batch_undo,
    rejects_open,
    uploads_receive,
)
from doudi.web.intake.snapshots import snapshots_dir, standing_snapshots
from doudi.web.jobs.models import JobState
from doudi.web.jobs.services import job_run
from doudi.web.protection.models import VaultFile
from doudi.web.protection.vault import vault_read
from doudi.web.refusal import ActionRefused, NotAllowed, NotFound
from doudi.web.regions.models import Region
from doudi.web.registry.models import Household, HouseholdIncome, Person, RegistryState, VillageTally

from .conftest import IDS, Sheets, workbook

pytestmark = pytest.mark.django_db(transaction=True)

VILLAGE, NEXT_VILLAGE = "149901101201", "149901101202"
SETTLEMENT_HEADERS = ["姓名", "身份证号", "就医类型", "总费用", "报销金额", "个人自付", "结算日期"]


@pytest.fixture
def county(make):
    return make.officer(Role.COUNTY_OFFICER)


def counts(batch):
    return {table["table"]: (table["added"], table["changed"], table["left"]) for table in batch.summary["tables"]}


def undo(actor, batch):
    job = job_run(job_id=batch_undo(actor=actor, batch_id=batch.pk).job_id)
    assert job.state == JobState.SUCCEEDED, job.error
    batch.refresh_from_db()
    return batch


def registry():
    """Everything an import writes, as it can be read."""
    return (
        sorted(Region.objects.values_list("code", "name", "level", "parent_id")),
        sorted(
            (h.household_no, h.region_code, h.head_name, h.phone or "", h.size_now) for h in Household.objects.all()
        ),
        sorted((p.household.household_no, p.name, p.resident_id or "", str(p.health)) for p in Person.objects.all()),
        sorted(HouseholdIncome.objects.values_list("household__household_no", "income_year", "per_capita_income")),
    )


NOTHING = ([], [], [], [])


def settlements(*rows, name="医保结算明细_202307.xlsx"):
    return [SimpleUploadedFile(name, workbook(SETTLEMENT_HEADERS, list(rows)))]


class TestPreview:
    def test_it_says_what_would_be_added_and_changes_nothing(self, county, sheets, upload):
        batch = upload(county, sheets.files())
        assert batch.state == BatchState.PREVIEW
        assert counts(batch) == {"region": (4, 0, 0), "household": (2, 0, 0), "person": (3, 0, 0), "income": (2, 0, 0)}
        assert registry() == NOTHING
        detail = batch_detail(actor=county, batch_id=batch.pk)
        household = next(table for table in detail.changes if table.table == "household")
        assert [(sample.kind, sample.key, sample.name) for sample in household.samples] == [
            ("added", "H001", "王建国"),
            ("added", "H002", "李秀英"),
        ]
        assert [(file.feed, file.rows_accepted) for file in detail.files] == [
            ("registry_region", 4),
            ("registry_household", 2),
            ("registry_person", 3),
        ]

    def test_it_shows_before_and_after_but_no_numbers_that_identify(self, county, sheets, upload):
        upload(county, sheets.files(), confirm=True)
        sheets.households[0][3:6] = ["一般农户", "13800000000", 3]
        batch = upload(county, sheets.files())
        assert counts(batch)["household"] == (0, 1, 1)
        sample = batch_detail(actor=county, batch_id=batch.pk).changes[1].samples[0]
        changed = {column.title: (column.before, column.after) for column in sample.columns}
        assert changed["当前家庭人口数"] == (2, 3)
        assert changed["户类型"] == ("alleviated", "ordinary")
        assert changed["联系电话"] == ("······", "······")
        assert "13800000000" not in str(batch.summary)

    def test_nothing_that_identifies_is_kept_in_plain(self, county, sheets, upload):
        sheets.persons.append(
            ["H001", "P009", "王错错", IDS[5][:-1] + ("1" if IDS[5][-1] != "1" else "2"), "之子", "", ""]
        )
        batch = upload(county, sheets.files(), confirm=True)
        undo(county, batch)
        upload(county, sheets.files(), confirm=True)
        with connection.cursor() as cursor:
            everything = ""
            for table in connection.introspection.table_names():
                cursor.execute(f'SELECT * FROM "{table}"')
                everything += repr(cursor.fetchall())
        stored = b"".join(path.read_bytes() for path in snapshots_dir().parent.rglob("*") if path.is_file())
        for secret in (*IDS[:4], "13812345678", "13912345678"):
            assert secret not in everything
            assert secret.encode() not in stored

    def test_a_discarded_one_is_gone(self, county, sheets, upload):
        batch = upload(county, sheets.files())
        batch_discard(actor=county, batch_id=batch.pk)
        with pytest.raises(ActionRefused) as refused:
            batch_confirm(actor=county, batch_id=batch.pk)
        assert refused.value.code == "wrong_state"


class TestWriting:
    def test_what_was_previewed_is_written(self, county, sheets, upload):
        batch = upload(county, sheets.files(), confirm=True)
        regions, households, persons, incomes = registry()
        assert (VILLAGE, "上湾村", "village", "149901101000") in regions
        assert households == [
            ("H001", VILLAGE, "王建国", "13812345678", 2),
            ("H002", NEXT_VILLAGE, "李秀英", "13912345678", 1),
        ]
        assert ("H001", "王小花", IDS[1], "['chronic_disease', 'disabled']") in persons
        assert incomes == [("H001", 2022, Decimal(7100)), ("H002", 2022, Decimal(30000))]
        assert list(
            VillageTally.objects.order_by("region_code").values_list("region_code", "households", "persons")
        ) == [
            (VILLAGE, 1, 2),
            (NEXT_VILLAGE, 1, 1),
        ]
        assert batch.applied_by == county.name
        assert AuditEntry.objects.filter(action="import_apply", username=county.username).exists()

    def test_the_same_files_again_are_nothing_to_do(self, county, sheets, upload):
        upload(county, sheets.files(), confirm=True)
        before, version = registry(), RegistryState.objects.get().version
        batch = upload(county, sheets.files())
        assert batch.state == BatchState.NOTHING_TO_DO
        assert registry() == before
        assert RegistryState.objects.get().version == version

    def test_a_second_confirmation_does_nothing(self, county, sheets, upload):
        batch = upload(county, sheets.files(), confirm=True)
        job = batch.job_id
        assert batch_confirm(actor=county, batch_id=batch.pk).job_id == job
        assert Household.objects.count() == 2

    def test_who_is_missing_in_the_sheet_stays(self, county, sheets, upload):
        upload(county, sheets.files(), confirm=True)
        del sheets.persons[1]
        sheets.households.pop()
        sheets.persons.pop()
        sheets.households[0][5] = 1
        batch = upload(county, sheets.files(), confirm=True)
        absent = {table["table"]: table["absent"] for table in batch.summary["tables"]}
        assert absent["person"] == 1
        assert Person.objects.count() == 3
        assert Household.objects.count() == 2

    def test_a_column_the_sheet_lacks_is_left_alone(self, county, sheets, upload):
        upload(county, sheets.files(), confirm=True)
        plain = workbook(["户编号", "行政区划代码", "户主姓名"], [["H001", VILLAGE, "王建军"]])
        upload(county, [SimpleUploadedFile("户信息.xlsx", plain)], confirm=True)
        household = Household.objects.get(household_no="H001")
        assert (household.head_name, household.phone, household.size_now) == ("王建军", "13812345678", 2)
        assert household.incomes.get().per_capita_income == 7100

    def test_a_blank_cell_is_a_blank(self, county, sheets, upload):
        upload(county, sheets.files(), confirm=True)
        sheets.households[0][4] = None
        upload(county, sheets.files(), confirm=True)
        household = Household.objects.get(household_no="H001")
        assert (household.phone, household.phone_hash) == (None, None)

    def test_a_corrected_id_is_the_same_person(self, county, sheets, upload):
        upload(county, sheets.files(), confirm=True)
        before = Person.objects.get(person_no="P002")
        sheets.persons[1][3] = IDS[7]
        assert counts(upload(county, sheets.files(), confirm=True))["person"] == (0, 1, 2)
        after = Person.objects.get(person_no="P002")
        assert (after.pk, after.resident_id) == (before.pk, IDS[7])
        assert after.person_key != before.person_key

    def test_who_moves_to_another_household_is_the_same_person(self, county, sheets, upload):
        upload(county, sheets.files(), confirm=True)
        before = Person.objects.get(person_no="P002").pk
        sheets.persons[1][0] = "H002"
        sheets.persons[1][1] = "P002"
        batch = upload(county, sheets.files("人口信息.xlsx"), confirm=True)
        assert counts(batch)["person"] == (0, 1, 2)
        assert Person.objects.get(pk=before).household.household_no == "H002"

    def test_an_id_in_two_households_is_kept_twice_and_named(self, county, sheets, upload):
        sheets.persons.append(["H002", "P004", "王小花", IDS[1], "其他", "", ""])
        batch = upload(county, sheets.files(), confirm=True)
        assert Person.objects.filter(name="王小花").count() == 2
        assert "同一证件号码" in str([file.notes for file in batch.files.all()])
        assert upload(county, sheets.files()).state == BatchState.NOTHING_TO_DO

    def test_persons_of_unknown_households_are_left_out_and_counted(self, county, sheets, upload):
        upload(county, sheets.files(), confirm=True)
        sheets.persons.append(["H999", "P999", "无户人", IDS[9], "户主", "", ""])
        batch = upload(county, sheets.files("人口信息.xlsx"))
        assert counts(batch)["person"] == (0, 0, 3)
        assert "找不到所属的户" in str(batch.summary["notes"])


class TestRegions:
    def test_what_lies_outside_is_not_imported(self, county, sheets, upload):
        sheets.regions += [["149902000000", "邻县"], ["149902101000", "邻乡"], ["149902101201", "邻村"]]
        sheets.households.append(["H900", "149902101201", "钱多多", "一般农户", None, 1, 1, 2022, 1, 1, 1, 1, 1])
        batch = upload(county, sheets.files(), confirm=True)
        assert set(Household.objects.values_list("household_no", flat=True)) == {"H001", "H002"}
        assert not Region.objects.filter(code__startswith="149902").exists()
        assert len([note for note in batch.summary["notes"] if "不在本次导入的地区内" in note]) == 2

    def test_another_countys_households_are_untouched(self, county, make, sheets, upload):
        neighbour = make.household("149902101201", "钱多多", household_no="H001")
        member = make.person(neighbour, "钱多多", resident_id=IDS[0])
        batch = upload(county, sheets.files(), confirm=True)
        neighbour.refresh_from_db()
        member.refresh_from_db()
        assert (neighbour.head_name, neighbour.region_code) == ("钱多多", "149902101201")
        assert member.name == "钱多多"
        assert "已在别的地区登记" in str(batch.summary["notes"])
        assert Person.objects.filter(household=neighbour).count() == 1

    def test_only_the_county_imports_the_registry(self, make, sheets, upload):
        medical = make.officer(Role.DEPARTMENT_OFFICER, department="medical_insurance")
        batch = upload(medical, sheets.files())
        assert batch.state == BatchState.FAILED
        assert {file.problem_code for file in batch.files.all()} == {"not_allowed"}
        for role in (Role.VILLAGE_CADRE, Role.TOWNSHIP_OFFICER, Role.LEADER, Role.SYSTEM_ADMIN, Role.AUDITOR):
            with pytest.raises(NotAllowed):
                uploads_receive(actor=make.officer(role), files=sheets.files(), month="2023-07")

    def test_nobody_imports_into_a_region_of_others(self, county, sheets):
        with pytest.raises(NotAllowed):
            uploads_receive(actor=county, files=sheets.files(), month="2023-07", region="149902000000")

    def test_an_import_elsewhere_does_not_exist(self, county, make, sheets, upload):
        batch = upload(county, sheets.files())
        other = make.officer(Role.COUNTY_OFFICER, "149902000000")
        for act in (batch_confirm, batch_discard, batch_undo, batch_detail):
            with pytest.raises(NotFound):
                act(actor=other, batch_id=batch.pk)


class TestUndo:
    def test_an_import_is_taken_back_whole(self, county, sheets, upload):
        batch = undo(county, upload(county, sheets.files(), confirm=True))
        assert batch.state == BatchState.UNDONE
        assert registry() == NOTHING
        assert not VillageTally.objects.exists()
        assert AuditEntry.objects.filter(action="import_undo").exists()

    def test_what_was_changed_comes_back(self, county, sheets, upload):
        upload(county, sheets.files(), confirm=True)
        before = registry()
        keys = sorted(Household.objects.values_list("pk", "phone_hash", "changed_batch"))
        sheets.households[0][2:6] = ["王建军", "一般农户", "13800000000", 5]
        sheets.persons[1][2:4] = ["王大花", IDS[8]]
        sheets.persons.append(["H001", "P005", "王小小", IDS[9], "之子", "健康", "无劳动力"])
        sheets.regions[2][1] = "上湾新村"
        second = upload(county, sheets.files(), confirm=True)
        assert registry() != before
        undo(county, second)
        assert registry() == before
        assert sorted(Household.objects.values_list("pk", "phone_hash", "changed_batch")) == keys
        assert not RowImage.objects.exists()

    def test_later_work_forbids_it_and_names_itself(self, county, sheets, upload):
        first = upload(county, sheets.files(), confirm=True)
        sheets.households[0][5] = 5
        second = upload(county, sheets.files(), confirm=True)
        with pytest.raises(ActionRefused) as refused:
            batch_undo(actor=county, batch_id=first.pk)
        assert refused.value.code == "changed_later"
        assert str(second.pk) in refused.value.message
        undo(county, second)
        undo(county, first)
        assert registry() == NOTHING

    def test_two_changes_of_one_row_are_undone_in_order(self, county, sheets, upload):
        upload(county, sheets.files(), confirm=True)
        before = registry()
        batches = []
        for size in (5, 6):
            sheets.households[0][5] = size
            batches.append(upload(county, sheets.files(), confirm=True))
        with pytest.raises(ActionRefused):
            batch_undo(actor=county, batch_id=batches[0].pk)
        for batch in reversed(batches):
            undo(county, batch)
        assert registry() == before

    def test_households_with_alerts_are_not_removed(self, county, make, sheets, upload):
        batch = upload(county, sheets.files(), confirm=True)
        make.clue(Household.objects.get(household_no="H001"), make.run())
        with pytest.raises(ActionRefused) as refused:
            batch_undo(actor=county, batch_id=batch.pk)
        assert refused.value.code == "screened"
        assert Household.objects.count() == 2

    def test_it_can_be_imported_again_afterwards(self, county, sheets, upload):
        undo(county, upload(county, sheets.files(), confirm=True))
        upload(county, sheets.files(), confirm=True)
        assert Household.objects.count() == 2


class TestDepartmentTables:
    ROW = ("王建国", IDS[0], "住院", 30000, 10000, 20000, "2023-07-01")

    def test_a_table_stands_once_confirmed(self, county, sheets, upload):
        upload(county, sheets.files(), confirm=True)
        batch = upload(county, settlements(self.ROW, ("外地人", IDS[9], "门诊", 10, 1, 9, "2023.7.2")))
        assert standing_snapshots() == []
        assert not snapshots_dir().exists()
        assert [(feed["month"], feed["rows"], feed["matched"]) for feed in batch.summary["feeds"]] == [
            ("2023-07", 2, 1)
        ]
        job_run(job_id=batch_confirm(actor=county, batch_id=batch.pk).job_id)
        (snapshot,) = standing_snapshots()
        assert (snapshot.feed, str(snapshot.month), snapshot.rows) == ("medical_settlement", "2023-07", 2)

    def test_a_newer_delivery_replaces_and_undoing_brings_back(self, county, upload):
        upload(county, settlements(self.ROW), confirm=True)
        old = standing_snapshots()
        second = upload(county, settlements(self.ROW, (*self.ROW[:3], 5, 1, 4, "2023-07-09")), confirm=True)
        assert "将替换" in str([file.notes for file in second.files.all()])
        assert [snapshot.rows for snapshot in standing_snapshots()] == [2]
        undo(county, second)
        assert [snapshot.folder for snapshot in standing_snapshots()] == [snapshot.folder for snapshot in old]

    def test_a_far_smaller_one_is_only_taken_when_that_is_accepted(self, county, upload, make, signed_in):
        full = [(*self.ROW[:3], n, 0, n, "2023-07-09") for n in range(1, 6)]
        upload(county, settlements(*full), confirm=True)
        batch = upload(county, settlements(self.ROW))
        (table,) = batch_detail(actor=county, batch_id=batch.pk).much_smaller
        assert (table.rows, table.replaces_rows) == (1, 5)
        with pytest.raises(ActionRefused) as refused:
            batch_confirm(actor=county, batch_id=batch.pk)
        assert refused.value.code == "much_smaller"
        browser = signed_in(make.user(Role.COUNTY_OFFICER))
        address = f"/intake/{batch.pk}/"
        assert "这份表只有 1 行，而同月已导入 5 行" in browser.get(address).content.decode()
        answer = browser.post(f"{address}confirm/", follow=True)
        assert "请核对后勾选" in answer.content.decode()
        batch.refresh_from_db()
        assert batch.state == BatchState.PREVIEW
        browser.post(f"{address}confirm/", {"smaller_accepted": "yes"})
        batch.refresh_from_db()
        assert batch.state == BatchState.APPLYING

    def test_half_of_the_rows_is_not_far_smaller(self, county, upload):
        upload(county, settlements(self.ROW, (*self.ROW[:3], 5, 1, 4, "2023-07-09")), confirm=True)
        batch = upload(county, settlements(self.ROW), confirm=True)
        assert batch_detail(actor=county, batch_id=batch.pk).much_smaller == []

    def test_a_replaced_one_is_not_undone_first(self, county, upload):
        first = upload(county, settlements(self.ROW), confirm=True)
        upload(county, settlements(self.ROW, (*self.ROW[:3], 5, 1, 4, "2023-07-09")), confirm=True)
        with pytest.raises(ActionRefused) as refused:
            batch_undo(actor=county, batch_id=first.pk)
        assert refused.value.code == "replaced_later"

    def test_the_same_table_again_is_nothing_to_do(self, county, upload):
        content = settlements(self.ROW)[0].read()
        upload(county, [SimpleUploadedFile("医保结算明细.xlsx", content)], confirm=True)
        batch = upload(county, [SimpleUploadedFile("医保结算明细.xlsx", content)])
        assert batch.state == BatchState.NOTHING_TO_DO
        assert FeedSnapshot.objects.count() == 1

    def test_undone_and_imported_again_it_stands_again(self, county, upload):
        undo(county, upload(county, settlements(self.ROW), confirm=True))
        assert standing_snapshots() == []
        upload(county, settlements(self.ROW), confirm=True)
        assert len(standing_snapshots()) == 1

    def test_the_month_in_the_name_wins(self, county, upload):
        batch = upload(county, settlements(self.ROW, name="医保结算明细2023年6月.xlsx"), month="2023-07")
        assert batch.files.get().month == "2023-07"
        batch = upload(county, settlements(self.ROW, name="医保结算明细_202306.xlsx"), month="2023-07")
        assert batch.files.get().month == "2023-06"

    def test_a_department_hands_in_its_own_only(self, make, upload):
        medical = make.officer(Role.DEPARTMENT_OFFICER, department="medical_insurance")
        upload(medical, settlements(self.ROW), confirm=True)
        education = make.officer(Role.DEPARTMENT_OFFICER, department="education")
        batch = upload(education, settlements(self.ROW, self.ROW))
        assert batch.state == BatchState.FAILED
        assert batch.files.get().problem_code == "other_department"
        assert ImportBatch.objects.visible_to(education).count() == 1

    def test_bad_rows_come_back_as_a_workbook(self, county, make, upload):
        batch = upload(county, settlements(self.ROW, ("李秀英", IDS[2], "住院", "很多", 1, 1, "2023-07-01")))
        file = batch.files.get()
        assert (file.rows_accepted, file.rows_rejected) == (1, 1)
        name, content = rejects_open(actor=county, batch_id=batch.pk, file_id=file.pk)
        rows = list(openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True))
        assert rows[0][-1] == "退回原因"
        assert "很多" in str(rows[1])
        assert name.endswith(".xlsx")
        assert AuditEntry.objects.filter(action="rejects_download").exists()
        with pytest.raises(NotFound):
            rejects_open(actor=make.officer(Role.COUNTY_OFFICER, "149902000000"), batch_id=batch.pk, file_id=file.pk)


class TestFiles:
    def test_a_zip_is_opened(self, county, sheets, upload):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for file in sheets.files():
                archive.writestr(f"登记表/{file.name}", file.read())
            archive.writestr("说明.docx", b"x")
            archive.writestr("登记表/~$户信息.xlsx", b"x")
        batch = upload(county, [SimpleUploadedFile("登记表.zip", out.getvalue())], confirm=True)
        assert batch.files.count() == 3
        assert Household.objects.count() == 2

    @pytest.mark.parametrize(
        ("name", "content", "code"),
        [
            ("a.exe", b"MZ", "not_a_sheet"),
            ("a.xlsx", b"", "empty"),
            ("a.zip", b"not a zip", "corrupt"),
            ("a.xlsx", b"x" * 3000, "too_large"),
        ],
    )
    def test_what_is_refused_at_the_door(self, county, settings, name, content, code):
        settings.DOUDI_UPLOAD_LIMIT = 2000
        with pytest.raises(ActionRefused) as refused:
            uploads_receive(actor=county, files=[SimpleUploadedFile(name, content)], month="2023-07")
        assert refused.value.code == code
        assert not VaultFile.objects.exists()
        assert not ImportBatch.objects.exists()

    def test_a_bomb_is_refused(self, county, settings):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.csv", b"0" * 5_000_000)
        with pytest.raises(ActionRefused) as refused:
            uploads_receive(actor=county, files=[SimpleUploadedFile("a.zip", out.getvalue())], month="2023-07")
        assert refused.value.code == "bomb"

    def test_no_file_and_no_month(self, county, sheets):
        with pytest.raises(ActionRefused, match="选择要上传"):
            uploads_receive(actor=county, files=[], month="2023-07")
        with pytest.raises(ActionRefused, match="月份"):
            uploads_receive(actor=county, files=sheets.files(), month="not a month")

    def test_an_unreadable_file_says_so_and_the_others_go_on(self, county, sheets, upload):
        batch = upload(county, [*sheets.files(), SimpleUploadedFile("坏.xlsx", b"PK\x03\x04 broken")])
        assert batch.state == BatchState.PREVIEW
        broken = batch.files.get(name="坏.xlsx")
        assert broken.problem
        assert broken.problem_code
        assert counts(batch)["household"] == (2, 0, 0)

    def test_the_original_is_kept_encrypted(self, county, sheets, upload):
        files = sheets.files("户信息.xlsx")
        content = files[0].read()
        files[0].seek(0)
        batch = upload(county, files)
        assert vault_read(batch.files.get().original) == content


class TestAtTheSameTime:
    def test_two_imports_of_the_same_files_write_once(self, county, sheets, upload):
        batches = [upload(county, sheets.files()) for _ in range(2)]
        jobs = [batch_confirm(actor=county, batch_id=batch.pk).job_id for batch in batches]
        threads = [threading.Thread(target=_run_in_thread, args=(job,)) for job in jobs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        states = sorted(ImportBatch.objects.values_list("state", flat=True))
        assert BatchState.APPLIED in states
        assert set(states) <= {BatchState.APPLIED, BatchState.PREVIEW}
        assert (Household.objects.count(), Person.objects.count()) == (2, 3)

    def test_what_changed_since_the_preview_is_previewed_again(self, county, sheets, upload):
        first = upload(county, sheets.files())
        sheets.households[0][5] = 4
        upload(county, sheets.files(), confirm=True)
        job_run(job_id=batch_confirm(actor=county, batch_id=first.pk).job_id)
        first.refresh_from_db()
        assert first.state == BatchState.PREVIEW
        assert "重新预览" in first.problem
        assert counts(first)["household"] == (0, 1, 1)
        assert Household.objects.get(household_no="H001").size_now == 4


def _run_in_thread(job_id):
    try:
        job_run(job_id=job_id)
    finally:
        connection.close()


def test_the_ids_of_these_tests_are_right():
    assert all(one[-1] == check_character(one[:-1]) for one in IDS)
    assert Sheets().persons[0][3] == IDS[0]
