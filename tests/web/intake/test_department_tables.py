"""Tables of departments become snapshots of their month."""

import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from doudi.web.accounts.roles import Role
from doudi.web.audit.models import AuditEntry
from doudi.web.intake.models import BatchState, FeedSnapshot, ImportBatch
from doudi.web.intake.queries import batch_detail
from doudi.web.intake.services import (
    batch_confirm,
    batch_undo,
    rejects_open,
)
from doudi.web.intake.snapshots import snapshots_dir, standing_snapshots
from doudi.web.jobs.services import job_run
from doudi.web.refusal import ActionRefused, NotFound

from ..conftest import IDS
from .conftest import settlements, undo

pytestmark = pytest.mark.django_db(transaction=True)


class TestDepartmentTables:
    ROW = ("王建国", IDS[0], "住院", 30000, 10000, 20000, "2023-07-01")

    def test_a_table_stands_once_confirmed(self, county, sheets, upload):
        upload(county, sheets.files(), confirm=True)
        batch = upload(county, settlements(self.ROW, ("外地人", IDS[9], "门诊", 10, 1, 9, "2023.7.2")))
        assert standing_snapshots() == []
        assert not snapshots_dir().exists()
        (feed,) = batch.summary["feeds"]
        found = {name: feed["matching"][name] for name in ("exact", "doubtful", "not_registered")}
        assert (feed["month"], feed["rows"], found) == ("2023-07", 2, {"exact": 1, "doubtful": 0, "not_registered": 1})
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
