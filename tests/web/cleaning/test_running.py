"""What a run of the checks leaves on the desk: new, still there, gone, exempted; and what a correction does to it."""

import io
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from doudi.web.accounts.scope import Officer
from doudi.web.cleaning.accepting import CellEdit, issue_accept, issue_correct
from doudi.web.cleaning.cells import cell_seen
from doudi.web.cleaning.correcting import CellChange, corrections_apply, corrections_undo
from doudi.web.cleaning.exempting import exemption_lift, issue_exempt
from doudi.web.cleaning.models import CleanFigure, CleaningRun, Issue, IssueState, IssueTally
from doudi.web.registry.models import Person
from tests.web.cleaning.conftest import HEADS, SEX, TWICE, issue
from tests.web.conftest import NEXT_VILLAGE, VILLAGE

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("spoiled")]
Clean = Callable[..., CleaningRun]


def photo() -> io.BytesIO:
    return io.BytesIO(b"\xff\xd8\xff\xe0 a photo")


def exempted(county: Officer, one: Issue) -> None:
    issue_exempt(
        actor=county,
        issue_id=one.pk,
        reason="性别已到派出所更正，证件未换",
        expires_on=timezone.localdate() + timedelta(days=30),
        file_name="证明.jpg",
        file=photo(),
    )


def test_a_run_lists_what_it_found_with_reason_cells_and_proposal(clean: Clean) -> None:
    run = clean()
    found = issue(SEX)
    assert set(Issue.objects.values_list("check_id", flat=True)) == {SEX, HEADS}
    assert (found.person.person_no, found.household.household_no, found.severity) == ("P001", "H001", "error")
    assert "证件号码第17位" in found.sentence
    assert found.columns == ["person.sex", "person.resident_id"]
    assert (found.repair_column, found.repair_before, found.repair_value) == ("person.sex", "male", "female")
    assert (run.counts["new"], run.counts["errors"]) == (2, 2)


def test_a_second_run_makes_nothing_twice(clean: Clean) -> None:
    clean()
    again = clean()
    assert (again.counts["new"], again.counts["still"], Issue.objects.count()) == (0, 2, 2)


def test_how_clean_each_village_is_stays_with_the_run(clean: Clean) -> None:
    run = clean()
    figures = {
        one.region_code: (one.households_clean, one.households, one.errors)
        for one in CleanFigure.objects.filter(run=run)
    }
    assert figures == {VILLAGE: (0, 1, 2), NEXT_VILLAGE: (1, 1, 0)}
    assert dict(IssueTally.objects.filter(run=run).values_list("check_id", "count")) == {SEX: 1, HEADS: 1}


def test_what_an_import_mended_is_gone_and_comes_again_as_the_same_issue(clean: Clean) -> None:
    clean()
    Person.objects.filter(person_no="P002").update(relation="daughter")
    assert clean().counts["gone"] == 1
    assert issue(HEADS).state == IssueState.GONE
    Person.objects.filter(person_no="P002").update(relation="head")
    assert clean().counts["again"] == 1
    assert issue(HEADS).state == IssueState.OPEN


def test_accepting_a_proposal_changes_the_cell_and_settles_the_issue_at_once(clean: Clean, county: Officer) -> None:
    clean()
    applied = issue_accept(actor=county, issue_id=issue(SEX).pk, request_key=uuid4())
    assert applied.cells == 1
    assert Person.objects.get(person_no="P001").sex == "female"
    assert issue(SEX).state == IssueState.CORRECTED
    assert clean().counts["still"] == 1


def test_a_proposal_is_not_carried_out_when_the_cell_was_changed_since(clean: Clean, county: Officer) -> None:
    clean()
    Person.objects.filter(person_no="P001").update(sex=None)
    applied = issue_accept(actor=county, issue_id=issue(SEX).pk, request_key=uuid4())
    assert (applied.cells, applied.conflicts[0].present) == (0, None)


def test_a_correction_by_hand_settles_its_issue_and_one_that_misses_leaves_it(clean: Clean, county: Officer) -> None:
    clean()
    second = Person.objects.get(person_no="P002")

    def relation(after: str) -> CellEdit:
        return CellEdit("person", second.pk, "relation", cell_seen("head"), after)

    heads = issue(HEADS)
    other = Person.objects.get(person_no="P001")
    issue_correct(
        actor=county,
        issue_id=heads.pk,
        edits=[relation("head"), CellEdit("household", heads.household_id, "head_name", cell_seen("王建国"), "王小花")],
        request_key=uuid4(),
    )
    assert issue(HEADS).state == IssueState.OPEN
    assert "问题仍在" in heads.events.get().note
    issue_correct(actor=county, issue_id=heads.pk, edits=[relation("之女")], request_key=uuid4())
    assert issue(HEADS).state == IssueState.CORRECTED
    assert (Person.objects.get(pk=second.pk).relation, other.relation) == ("daughter", "head")


def test_undoing_a_correction_raises_the_issue_again(clean: Clean, county: Officer) -> None:
    clean()
    applied = issue_accept(actor=county, issue_id=issue(SEX).pk, request_key=uuid4())
    corrections_undo(actor=county, batch=applied.key)
    assert issue(SEX).state == IssueState.OPEN
    assert list(issue(SEX).events.values_list("step", flat=True)) == ["corrected", "undone"]


def test_cells_that_the_issue_does_not_name_are_not_corrected_from_it(clean: Clean, county: Officer) -> None:
    clean()
    person = Person.objects.get(person_no="P001")
    applied = corrections_apply(
        actor=county,
        changes=[CellChange("person", person.pk, "labour", person.labour, "weak", issue(SEX).pk)],
        how="correct",
        request_key=uuid4(),
    )
    assert applied.refused[0].code == "not_of_issue"


def test_a_correction_that_makes_another_mistake_is_told_at_once(clean: Clean, county: Officer) -> None:
    """An id typed from the neighbour's card: the person is now in two households, and both learn of it."""
    clean()
    mine, other = Person.objects.get(person_no="P001"), Person.objects.get(person_no="P003")
    change = CellChange("person", mine.pk, "resident_id", mine.resident_id, other.resident_id)
    key = uuid4()
    corrections_apply(actor=county, changes=[change], how="correct", request_key=key)
    assert set(Issue.objects.filter(check_id=TWICE).values_list("person__person_no", flat=True)) == {"P001", "P003"}
    corrections_undo(actor=county, batch=key)
    assert not Issue.objects.filter(check_id=TWICE).standing().exists()


def test_an_exempted_issue_is_not_raised_again_before_its_day(clean: Clean, county: Officer) -> None:
    clean()
    exempted(county, issue(SEX))
    run = clean()
    assert (issue(SEX).state, run.counts["exempted"], run.counts["errors"]) == (IssueState.EXEMPTED, 1, 1)
    Issue.objects.filter(check_id=SEX).update(exempt_until=date(2023, 1, 1))
    clean()
    assert issue(SEX).state == IssueState.OPEN
    assert "expired" in issue(SEX).events.values_list("step", flat=True)


def test_an_exemption_can_be_lifted(clean: Clean, county: Officer) -> None:
    clean()
    exempted(county, issue(SEX))
    exemption_lift(actor=county, issue_id=issue(SEX).pk)
    assert issue(SEX).state == IssueState.OPEN
    assert issue(SEX).exemptions.get().lifted_by == county.name


def test_a_check_that_was_retired_takes_its_issues_along(
    clean: Clean, few_checks: Any, settings: Any, tmp_path: Any
) -> None:
    import shutil

    from doudi.web.discovery.rulebook import rulebook_changed

    clean()
    settings.DOUDI_RULES_DIR = shutil.copytree(few_checks, tmp_path / "rules")
    (settings.DOUDI_RULES_DIR / "checks" / f"{HEADS}.yaml").unlink()
    rulebook_changed()
    clean()
    assert issue(HEADS).state == IssueState.GONE
