"""What an import says of its rows: who is sure, who is for a person to decide, and who is nobody."""

import pyarrow.parquet as pq
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from doudi.web.accounts.roles import Role
from doudi.web.intake.models import BatchState
from doudi.web.intake.services import batch_confirm
from doudi.web.intake.snapshots import standing_snapshots
from doudi.web.jobs.services import job_run
from doudi.web.matching.models import FeedLink, LinkState, MatchRun
from doudi.web.protection.models import VaultFile
from doudi.web.registry.models import Person

from ..conftest import IDS
from .conftest import DOUBTFUL, EXACT, REPAIRED, SLIP, STRANGER, UNREADABLE, settlements

pytestmark = pytest.mark.django_db(transaction=True)


def linked():
    """Row → person of the data that screening reads."""
    (snapshot,) = standing_snapshots()
    rows = pq.read_table(snapshot.data)
    names = dict(Person.objects.values_list("person_key", "name"))
    return {row["row"]: names.get(row["person_key"]) for row in rows.to_pylist() if not row["returned"]}


class TestPreview:
    def test_every_row_is_counted_in_one_kind(self, county, registered, upload):
        batch = upload(county, settlements(EXACT, REPAIRED, DOUBTFUL, STRANGER, UNREADABLE))
        assert batch.state == BatchState.PREVIEW
        (feed,) = batch.summary["feeds"]
        kinds = ("exact", "repaired", "probable", "remembered", "doubtful", "not_registered", "unreadable")
        assert [feed["matching"][kind] for kind in kinds] == [1, 1, 0, 0, 1, 1, 1]
        assert feed["matching"]["rows"] == 5

    def test_a_row_whose_slip_was_seen_through_passes(self, county, registered, upload):
        batch = upload(county, settlements(EXACT, REPAIRED, UNREADABLE))
        (file,) = batch.files.all()
        assert (file.rows_accepted, file.rows_rejected) == (2, 1)
        assert "已认出是谁" in " ".join(file.notes)

    def test_the_page_says_it(self, county, registered, upload, signed_in, make):
        batch = upload(county, settlements(EXACT, DOUBTFUL))
        client = signed_in(make.user(Role.COUNTY_OFFICER))
        page = client.get(f"/intake/{batch.pk}/").content.decode()
        assert "这些行说的是谁" in page

    def test_nothing_is_kept_before_it_is_confirmed(self, county, registered, upload):
        upload(county, settlements(EXACT, DOUBTFUL))
        assert not MatchRun.objects.exists()
        assert not FeedLink.objects.exists()


class TestConfirmed:
    def test_only_sure_rows_reach_the_data_of_screening(self, table):
        assert linked() == {2: "王建国", 3: "李秀英", 4: None, 5: None}

    def test_rows_that_are_not_simple_are_kept_with_how_they_were_linked(self, table):
        found = {link.row: (link.state, link.method) for link in FeedLink.objects.all()}
        assert found == {3: (LinkState.LINKED, "repaired"), 4: (LinkState.OPEN, "")}
        repaired = FeedLink.objects.get(row=3)
        assert repaired.model_version
        assert repaired.slip

    def test_ids_as_written_are_ciphertext_in_the_database(self, table):
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("SELECT id_written, written FROM matching_feedlink")
            stored = str(cursor.fetchall())
        assert IDS[1] not in stored
        assert SLIP not in stored
        assert FeedLink.objects.get(row=4).id_written == IDS[1]

    def test_what_waited_in_the_vault_is_gone(self, table):
        assert not VaultFile.objects.filter(name__startswith="matching-").exists()

    def test_the_same_file_again_is_nothing_new(self, county, registered, upload):
        (file,) = settlements(EXACT, REPAIRED, DOUBTFUL)
        content = file.read()
        for _time in range(2):
            again = upload(county, [SimpleUploadedFile(str(file.name), content)])
            if again.state == BatchState.PREVIEW:
                job_run(job_id=batch_confirm(actor=county, batch_id=again.pk).job_id)
        again.refresh_from_db()
        assert again.state == BatchState.NOTHING_TO_DO
        assert "与已导入的完全相同" in " ".join(again.files.get().notes)
        assert MatchRun.objects.count() == 1
