"""Files of every kind, and imports at the same time."""

import io
import threading
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from doudi.standards.resident_id import check_character
from doudi.web.intake.models import BatchState, ImportBatch
from doudi.web.intake.services import (
    batch_confirm,
    uploads_receive,
)
from doudi.web.jobs.services import job_run
from doudi.web.protection.models import VaultFile
from doudi.web.protection.vault import vault_read
from doudi.web.refusal import ActionRefused
from doudi.web.registry.models import Household, Person

from ..conftest import IDS, Sheets
from .conftest import counts

pytestmark = pytest.mark.django_db(transaction=True)


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
