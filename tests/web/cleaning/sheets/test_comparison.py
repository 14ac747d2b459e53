"""Comparison sheets: what is registered beside a blank, typed back without overwriting anybody, photos kept."""

from typing import Any
from uuid import uuid4

import pytest

from doudi.web.accounts.roles import Role
from doudi.web.accounts.scope import Officer
from doudi.web.audit.models import AuditEntry
from doudi.web.cleaning.correcting import corrections_undo
from doudi.web.cleaning.models import Correction, CorrectionBatch
from doudi.web.cleaning.sheets.comparison.building import ComparisonSheet
from doudi.web.cleaning.sheets.comparison.photos import photo_keep, photo_open, photo_remove
from doudi.web.cleaning.sheets.comparison.typing_in import Typed, sheet_of, sheet_type_in
from doudi.web.cleaning.sheets.models import FilledSheet
from doudi.web.protection.models import VaultFile
from doudi.web.protection.vault import vault_path
from doudi.web.refusal import ActionRefused, NotFound
from doudi.web.registry.models import HouseholdIncome
from tests.web.cleaning.sheets.conftest import Village
from tests.web.conftest import FAR_VILLAGE, VILLAGE, Make

pytestmark = pytest.mark.django_db
JPEG = b"\xff\xd8\xff\xe0" + b"0" * 200


@pytest.fixture
def sheet(make: Make, village: Village, cadre: Officer) -> ComparisonSheet:
    make.run()  # as of 2023-08-01: income year 2022 is collected
    HouseholdIncome.objects.filter(household=village.household).update(income_year=2021)
    return sheet_of(actor=cadre, household_no=village.household.household_no)


def typed(actor: Officer, sheet: ComparisonSheet, **written: str) -> Typed:
    """Fill boxes by their cell, `person_work_months="9"`; a person's is the head's."""
    names = {}
    head = next(member for member in sheet.members if member.person.relation == "head")
    for box in [*sheet.boxes, *sheet.incomes, *head.boxes]:
        names[f"{box.where.table}_{box.where.column}"] = box.name
    return sheet_type_in(
        actor=actor,
        household_no=sheet.household.household_no,
        written={names[name]: text for name, text in written.items()},
        seen={box.name: box.seen for box in sheet.all_boxes},
        request_key=uuid4(),
    )


def test_only_what_was_written_changes(cadre: Officer, village: Village, sheet: ComparisonSheet) -> None:
    done = typed(cadre, sheet, person_work_months="10个月", household_housing_grade="A级", person_employer=" ")
    village.head.refresh_from_db()
    village.household.refresh_from_db()
    assert (done.cells, village.head.work_months, village.household.housing_grade) == (2, 10, "A")
    assert village.head.employer == "砖厂"
    assert {one.how for one in Correction.objects.all()} == {"comparison"}


def test_a_new_income_year_is_written_beside_the_old_one(
    cadre: Officer, village: Village, sheet: ComparisonSheet
) -> None:
    wages = next(box for box in sheet.incomes if box.where.column == "wage_income")
    assert (sheet.year, sheet.last_year, wages.last) == (2022, 2021, "10,000")
    typed(cadre, sheet, income_wage_income="12000", income_transfer_income="300")
    years = {one.income_year: (one.wage_income, one.members) for one in village.household.incomes.all()}
    assert years == {2021: (10000, 2), 2022: (12000, 2)}
    assert village.household.incomes.get(income_year=2022).per_capita_income == 6150


def test_a_sheet_with_something_unreadable_writes_nothing_until_it_is_mended(
    cadre: Officer, village: Village, sheet: ComparisonSheet
) -> None:
    done = typed(cadre, sheet, person_work_months="很久", household_housing_grade="A", income_wage_income="1")
    assert list(done.refused) == [f"person-{village.head.pk}-work_months"]
    assert not Correction.objects.exists()
    assert not village.household.incomes.filter(income_year=2022).exists()


def test_what_somebody_changed_meanwhile_is_shown_and_the_rest_written(
    make: Make, cadre: Officer, village: Village, sheet: ComparisonSheet
) -> None:
    typed(make.officer(Role.COUNTY_OFFICER), sheet, person_work_months="11")
    done = typed(cadre, sheet, person_work_months="9", household_housing_grade="B")
    village.head.refresh_from_db()
    (told,) = done.conflicts.values()
    assert (done.cells, village.head.work_months, "11" in told) == (1, 11, True)


def test_two_persons_who_write_one_new_income_do_not_lose_either(
    make: Make, cadre: Officer, village: Village, sheet: ComparisonSheet
) -> None:
    """Both opened the page before there was a row for the year."""
    typed(make.officer(Role.COUNTY_OFFICER), sheet, income_wage_income="12000")
    done = typed(cadre, sheet, income_wage_income="9000", income_transfer_income="500")
    income = village.household.incomes.get(income_year=2022)
    assert (income.wage_income, income.transfer_income) == (12000, 500)
    assert (done.cells, len(done.conflicts)) == (1, 1)


def test_one_request_sent_twice_is_written_once(cadre: Officer, village: Village, sheet: ComparisonSheet) -> None:
    key, box = uuid4(), f"person-{village.head.pk}-work_months"
    seen = {one.name: one.seen for one in sheet.all_boxes}
    for _again in range(2):
        done = sheet_type_in(
            actor=cadre, household_no=sheet.household.household_no, written={box: "9"}, seen=seen, request_key=key
        )
    assert (done.repeated, Correction.objects.count(), CorrectionBatch.objects.count()) == (True, 1, 1)


def test_a_cell_that_is_not_on_the_sheet_cannot_be_written(
    cadre: Officer, village: Village, sheet: ComparisonSheet
) -> None:
    other = village.issues["elsewhere"].person
    seen = {one.name: one.seen for one in sheet.all_boxes}
    for name in (f"person-{other.pk}-work_months", f"household-{village.household.pk}-household_no", "person-1-id"):
        sheet_type_in(
            actor=cadre, household_no=sheet.household.household_no, written={name: "9"}, seen=seen, request_key=uuid4()
        )
    assert not Correction.objects.exists()


def test_typing_can_be_taken_back(cadre: Officer, village: Village, sheet: ComparisonSheet) -> None:
    typed(cadre, sheet, person_work_months="9", income_wage_income="12000")
    corrections_undo(actor=cadre, batch=CorrectionBatch.objects.get().pk)
    village.head.refresh_from_db()
    assert village.head.work_months == 14
    assert village.household.incomes.get(income_year=2022).net_income is None


def test_issues_are_marked_at_their_boxes_and_numbers_masked(village: Village, sheet: ComparisonSheet) -> None:
    flagged = {box.name for box in sheet.all_boxes if box.issues}
    assert f"person-{village.head.pk}-labour" in flagged
    assert f"person-{village.child.pk}-labour" not in flagged
    assert f"household-{village.household.pk}-size_now" in flagged
    shown = " ".join(box.last for box in sheet.all_boxes)
    assert village.head.resident_id not in shown
    assert "138****0001" in shown


def test_another_village_s_household_is_not_found(make: Make, village: Village, sheet: ComparisonSheet) -> None:
    stranger = make.officer(Role.VILLAGE_CADRE, FAR_VILLAGE)
    with pytest.raises(NotFound):
        typed(stranger, sheet, person_work_months="9")
    with pytest.raises(NotFound):
        photo_keep(actor=stranger, household_no=village.household.household_no, content=JPEG)


def test_a_photo_is_kept_encrypted_once_and_logged(cadre: Officer, village: Village, sheet: ComparisonSheet) -> None:
    number = village.household.household_no
    first, second = (photo_keep(actor=cadre, household_no=number, content=JPEG) for _again in range(2))
    assert (first.pk, first.kind, first.year) == (second.pk, "image/jpeg", 2022)
    assert photo_open(actor=cadre, photo_id=first.pk)[1] == JPEG
    assert JPEG not in vault_path(first.file.pk).read_bytes()
    entry = AuditEntry.objects.get(action="comparison_photo")
    assert (entry.subject_id, entry.region_code) == (number, VILLAGE)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"<html><script>alert(1)</script>", "not_a_photo"),
        (b"GIF89a" + b"0" * 50, "not_a_photo"),
        (b"MZ\x90\x00", "not_a_photo"),
        (b"\xff\xd8\xff" + b"0" * (10 * 1024 * 1024), "too_large"),
    ],
)
def test_what_is_no_photo_or_too_large_is_refused(
    cadre: Officer, village: Village, sheet: ComparisonSheet, content: bytes, code: str
) -> None:
    with pytest.raises(ActionRefused) as refused:
        photo_keep(actor=cadre, household_no=village.household.household_no, content=content)
    assert (refused.value.code, VaultFile.objects.count()) == (code, 0)


def test_a_wrong_photo_can_be_taken_away_with_trace(
    make: Make, cadre: Officer, village: Village, sheet: ComparisonSheet
) -> None:
    photo = photo_keep(actor=cadre, household_no=village.household.household_no, content=JPEG)
    with pytest.raises(NotFound):
        photo_open(actor=make.officer(Role.VILLAGE_CADRE, FAR_VILLAGE), photo_id=photo.pk)
    photo_remove(actor=cadre, photo_id=photo.pk)
    assert not FilledSheet.objects.exists()
    assert not vault_path(photo.file.pk).exists()
    assert AuditEntry.objects.filter(action="comparison_photo_remove").count() == 1


def test_no_more_photos_than_a_sheet_has_pages(
    cadre: Officer, village: Village, sheet: ComparisonSheet, monkeypatch: Any
) -> None:
    from doudi.web.cleaning.sheets.comparison import photos

    monkeypatch.setattr(photos, "MOST_A_YEAR", 1)
    photo_keep(actor=cadre, household_no=village.household.household_no, content=JPEG)
    with pytest.raises(ActionRefused) as refused:
        photo_keep(actor=cadre, household_no=village.household.household_no, content=JPEG + b"1")
    assert refused.value.code == "too_many"
