"""The one door: what people correct reaches the registry once, whole, without overwriting anybody."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from doudi.web.accounts.roles import Role
from doudi.web.audit.models import AuditEntry
from doudi.web.cleaning.cells import cell_text
from doudi.web.cleaning.correcting import CellChange, corrections_apply, corrections_undo
from doudi.web.cleaning.models import Correction, CorrectionBatch
from doudi.web.protection.keys import search_hash
from doudi.web.refusal import ActionRefused, NotAllowed, NotFound
from doudi.web.registry.finding import pseudonymiser
from doudi.web.registry.models import RegistryState
from tests.web.conftest import FAR_VILLAGE, TOWNSHIP, VILLAGE, Make

pytestmark = pytest.mark.django_db


@pytest.fixture
def household(make: Make) -> Any:
    make.regions()
    return make.household(VILLAGE)


@pytest.fixture
def person(make: Make, household: Any) -> Any:
    return make.person(household, work_months=14, labour="none", birth_date=date(1980, 1, 1))


def change(row: Any, column: str, after: str | None, **given: Any) -> CellChange:
    table = {"Household": "household", "Person": "person", "HouseholdIncome": "income"}[type(row).__name__]
    before = given.pop("before", cell_text(getattr(row, column)))
    return CellChange(table, row.pk, column, before, after, **given)


def test_a_correction_reaches_the_cell_and_leaves_its_trace(make: Make, person: Any) -> None:
    actor = make.officer(Role.TOWNSHIP_OFFICER, TOWNSHIP)
    applied = corrections_apply(
        actor=actor, changes=[change(person, "work_months", "10个月")], how="correct", request_key=uuid4()
    )
    person.refresh_from_db()
    assert (person.work_months, applied.cells) == (10, 1)
    kept = Correction.objects.get()
    assert (kept.before, kept.after, kept.actor_name) == ("14", "10", actor.name)
    assert kept.household == person.household
    assert AuditEntry.objects.get(action="correction_apply").subject_id == person.household.household_no
    assert RegistryState.objects.get().version == 1


def test_the_same_request_twice_changes_once(make: Make, person: Any) -> None:
    actor, key = make.officer(Role.COUNTY_OFFICER), uuid4()
    wanted = [change(person, "work_months", "10")]
    corrections_apply(actor=actor, changes=wanted, how="correct", request_key=key)
    again = corrections_apply(actor=actor, changes=wanted, how="correct", request_key=key)
    assert (again.repeated, again.cells, Correction.objects.count()) == (True, 1, 1)


def test_the_second_of_two_persons_sees_both_values_and_overwrites_nothing(make: Make, person: Any) -> None:
    seen = change(person, "work_months", "9"), change(person, "work_months", "11")
    first, second = make.officer(Role.TOWNSHIP_OFFICER, TOWNSHIP), make.officer(Role.VILLAGE_CADRE, VILLAGE)
    corrections_apply(actor=first, changes=[seen[0]], how="correct", request_key=uuid4())
    applied = corrections_apply(actor=second, changes=[seen[1]], how="correct", request_key=uuid4())
    person.refresh_from_db()
    (conflict,) = applied.conflicts
    assert (conflict.present, conflict.change.after, person.work_months) == ("9", "11", 9)


def test_who_writes_what_stands_there_already_makes_no_conflict(make: Make, person: Any) -> None:
    actor = make.officer(Role.COUNTY_OFFICER)
    applied = corrections_apply(
        actor=actor, changes=[change(person, "work_months", "14", before="12")], how="correct", request_key=uuid4()
    )
    assert (applied.unchanged, applied.cells, applied.conflicts) == (1, 0, [])


@pytest.mark.parametrize(
    ("column", "written", "stored"),
    [
        ("labour", "普通劳动力", "ordinary"),
        ("health", "长期慢性病、残疾", ["chronic_disease", "disabled"]),
        ("birth_date", "1979.3.5", date(1979, 3, 5)),
        ("insured_medical", "是", True),
        ("wage_month", "3,200元", 3200),
        ("employer", "", None),
    ],
)
def test_cells_are_read_as_in_a_sheet(make: Make, person: Any, column: str, written: str, stored: Any) -> None:
    person.employer = "某厂"
    person.save()
    corrections_apply(
        actor=make.officer(Role.COUNTY_OFFICER),
        changes=[change(person, column, written)],
        how="correct",
        request_key=uuid4(),
    )
    person.refresh_from_db()
    assert getattr(person, column) == stored


@pytest.mark.parametrize(
    ("column", "written", "says"),
    [
        ("wage_month", "-5", "0～"),
        ("work_months", "很久", "不是数字"),
        ("labour", "能人", "不在可选范围内"),
        ("name", "", "必填"),
        ("resident_id", "149901198001010011", "校验位"),
    ],
)
def test_what_a_sheet_would_refuse_is_refused_with_the_reason(
    make: Make, person: Any, column: str, written: str, says: str
) -> None:
    applied = corrections_apply(
        actor=make.officer(Role.COUNTY_OFFICER),
        changes=[change(person, column, written)],
        how="correct",
        request_key=uuid4(),
    )
    assert says in applied.refused[0].message
    assert not Correction.objects.exists()


def test_a_corrected_id_is_found_again_by_search_and_by_feeds(make: Make, person: Any) -> None:
    right = make.resident_id("19800102")
    corrections_apply(
        actor=make.officer(Role.COUNTY_OFFICER),
        changes=[change(person, "resident_id", right)],
        how="correct",
        request_key=uuid4(),
    )
    person.refresh_from_db()
    keys = pseudonymiser()
    assert (person.resident_id_hash, person.person_key) == (keys.resident_hash(right), keys.person_key(right))
    assert (person.id_form, person.id_birth_date) == ("sound", date(1980, 1, 2))


def test_numbers_are_kept_encrypted_in_the_trace(
    make: Make, person: Any, django_assert_num_queries: Callable[..., Any]
) -> None:
    from django.db import connection

    corrections_apply(
        actor=make.officer(Role.COUNTY_OFFICER),
        changes=[change(person, "phone", "13800001234")],
        how="correct",
        request_key=uuid4(),
    )
    with connection.cursor() as cursor:
        cursor.execute('SELECT after FROM "cleaning_correction"')
        (stored,) = cursor.fetchone()
    person.refresh_from_db()
    assert "13800001234" not in stored
    assert person.phone_hash == search_hash("phone", "13800001234")


def test_columns_by_which_rows_are_known_again_cannot_be_corrected(make: Make, household: Any) -> None:
    actor = make.officer(Role.COUNTY_OFFICER)
    with pytest.raises(ActionRefused) as refused:
        corrections_apply(
            actor=actor,
            changes=[CellChange("household", household.pk, "household_no", household.household_no, "1")],
            how="correct",
            request_key=uuid4(),
        )
    assert refused.value.code == "no_such_cell"


def test_nobody_corrects_outside_of_his_villages_not_even_beside_own_rows(make: Make, person: Any) -> None:
    far = make.person(make.household(FAR_VILLAGE), work_months=3)
    with pytest.raises(NotAllowed):
        corrections_apply(
            actor=make.officer(Role.VILLAGE_CADRE, VILLAGE),
            changes=[change(person, "work_months", "10"), change(far, "work_months", "10")],
            how="correct",
            request_key=uuid4(),
        )
    person.refresh_from_db()
    assert person.work_months == 14


def test_departments_and_leaders_correct_nothing(make: Make, person: Any) -> None:
    for role in (Role.DEPARTMENT_OFFICER, Role.LEADER, Role.UPPER_VIEWER):
        with pytest.raises(NotAllowed):
            corrections_apply(
                actor=make.officer(role),
                changes=[change(person, "work_months", "10")],
                how="correct",
                request_key=uuid4(),
            )


def test_a_household_moves_only_to_a_village_within_reach(make: Make, household: Any) -> None:
    with pytest.raises(NotAllowed):
        corrections_apply(
            actor=make.officer(Role.TOWNSHIP_OFFICER, TOWNSHIP),
            changes=[change(household, "region_code", FAR_VILLAGE)],
            how="correct",
            request_key=uuid4(),
        )


def test_undo_puts_back_what_stood_there_and_twice_is_once(make: Make, person: Any) -> None:
    actor, key = make.officer(Role.COUNTY_OFFICER), uuid4()
    corrections_apply(
        actor=actor,
        changes=[change(person, "work_months", "10"), change(person, "labour", "ordinary")],
        how="correct",
        request_key=key,
    )
    first = corrections_undo(actor=actor, batch=key)
    second = corrections_undo(actor=actor, batch=key)
    person.refresh_from_db()
    assert (person.work_months, person.labour, first.cells) == (14, "none", 2)
    assert second.repeated
    assert CorrectionBatch.objects.count() == 2
    assert Correction.objects.in_force().count() == 0


def test_undo_leaves_alone_what_was_changed_again_since(make: Make, person: Any) -> None:
    actor, key = make.officer(Role.COUNTY_OFFICER), uuid4()
    corrections_apply(
        actor=actor,
        changes=[change(person, "work_months", "10"), change(person, "labour", "ordinary")],
        how="correct",
        request_key=key,
    )
    person.refresh_from_db()
    corrections_apply(actor=actor, changes=[change(person, "work_months", "8")], how="correct", request_key=uuid4())
    applied = corrections_undo(actor=actor, batch=key)
    person.refresh_from_db()
    assert (person.work_months, person.labour) == (8, "none")
    assert [one.present for one in applied.conflicts] == ["8"]


def test_a_correction_elsewhere_cannot_be_undone_or_even_seen(make: Make, person: Any) -> None:
    key = uuid4()
    corrections_apply(
        actor=make.officer(Role.COUNTY_OFFICER),
        changes=[change(person, "work_months", "10")],
        how="correct",
        request_key=key,
    )
    with pytest.raises(NotFound):
        corrections_undo(actor=make.officer(Role.VILLAGE_CADRE, FAR_VILLAGE), batch=key)
