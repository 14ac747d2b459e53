"""What a preview promises is what is written, once."""

from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from doudi.web.audit.models import AuditEntry
from doudi.web.intake.models import BatchState
from doudi.web.intake.queries import batch_detail
from doudi.web.intake.services import (
    batch_confirm,
    batch_discard,
)
from doudi.web.intake.snapshots import snapshots_dir
from doudi.web.refusal import ActionRefused
from doudi.web.registry.models import Household, Person, RegistryState, VillageTally

from ..conftest import IDS, workbook
from .conftest import NEXT_VILLAGE, NOTHING, VILLAGE, counts, registry, undo

pytestmark = pytest.mark.django_db(transaction=True)


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
