"""Places come in with the registry; an import can be taken back."""

import pytest

from doudi.web.accounts.roles import Role
from doudi.web.audit.models import AuditEntry
from doudi.web.intake.models import BatchState, RowImage
from doudi.web.intake.queries import batch_detail
from doudi.web.intake.services import (
    batch_confirm,
    batch_discard,
    batch_undo,
    uploads_receive,
)
from doudi.web.refusal import ActionRefused, NotAllowed, NotFound
from doudi.web.regions.models import Region
from doudi.web.registry.models import Household, Person, VillageTally

from ..conftest import IDS
from .conftest import NOTHING, registry, undo

pytestmark = pytest.mark.django_db(transaction=True)


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
