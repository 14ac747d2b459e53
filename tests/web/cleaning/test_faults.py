"""What goes wrong on a busy day: killed half-way, sent twice, two persons at once, an import taken back underneath."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from doudi.web.accounts.models import User
from doudi.web.accounts.scope import Officer
from doudi.web.audit.services import audit_verify
from doudi.web.cleaning import accepting
from doudi.web.cleaning.accepting import issue_accept, issues_accept
from doudi.web.cleaning.correcting import Applied, CellChange, corrections_apply, corrections_undo
from doudi.web.cleaning.models import CleaningRun, Correction, CorrectionBatch, Issue, IssueState
from doudi.web.intake.models import BatchState
from doudi.web.intake.services import batch_undo
from doudi.web.jobs.models import Job, JobState
from doudi.web.jobs.services import job_run
from doudi.web.refusal import ActionRefused
from doudi.web.registry.models import Person
from tests.web.cleaning.conftest import SEX
from tests.web.test_killed import finish, kill_a_worker_at

pytestmark = pytest.mark.django_db(transaction=True)
Clean = Callable[..., CleaningRun]


@pytest.fixture
def three_wrong(spoiled: None, clean: Clean, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Three persons whose sex differs from the id, each with a proposal; more than one is a job here."""
    monkeypatch.setattr(accepting, "AT_ONCE", 1)
    Person.objects.filter(person_no="P002").update(sex="female", relation="daughter")
    Person.objects.filter(person_no="P003").update(sex="male")
    clean()
    return list(Issue.objects.filter(check_id=SEX).values_list("pk", flat=True))


def sexes() -> list[str]:
    return list(Person.objects.order_by("person_no").values_list("sex", flat=True))


@pytest.mark.parametrize(
    ("point", "before"),
    [
        ("doudi.web.cleaning.correcting:set_cell", False),
        ("doudi.web.cleaning.correcting:registry_changed", True),
        ("doudi.web.cleaning.rechecking:merge_issues", False),
        ("doudi.web.cleaning.correcting:audit_record", False),
    ],
)
def test_accepting_many_killed_half_way_changes_nothing_and_is_finished_once(
    three_wrong: list[int], county: Officer, point: str, before: bool
) -> None:
    job = issues_accept(actor=county, issues=three_wrong, request_key=uuid4())
    assert isinstance(job, Job)
    kill_a_worker_at(point, before=before)
    assert (sexes(), Correction.objects.count()) == (["male", "female", "male"], 0)
    assert Issue.objects.filter(check_id=SEX, state=IssueState.OPEN).count() == 3
    done = finish()
    assert done.result is not None
    assert (sexes(), done.result["cells"]) == (["female", "male", "female"], 3)
    assert Issue.objects.filter(check_id=SEX, state=IssueState.CORRECTED).count() == 3


def test_accepting_many_killed_after_it_was_kept_is_not_done_twice(three_wrong: list[int], county: Officer) -> None:
    issues_accept(actor=county, issues=three_wrong, request_key=uuid4())
    kill_a_worker_at("doudi.web.cleaning.accepting:proposals_apply")
    assert Correction.objects.count() == 3
    assert finish().attempts == 2
    assert (Correction.objects.count(), CorrectionBatch.objects.count()) == (3, 1)


def test_the_same_request_for_many_makes_one_job(three_wrong: list[int], county: Officer) -> None:
    key = uuid4()
    first = issues_accept(actor=county, issues=three_wrong, request_key=key)
    assert issues_accept(actor=county, issues=three_wrong, request_key=key) == first
    assert Job.objects.filter(kind="cleaning.accept").count() == 1


def test_of_many_the_cell_that_somebody_changed_meanwhile_is_left_alone(
    three_wrong: list[int], county: Officer
) -> None:
    job = issues_accept(actor=county, issues=three_wrong, request_key=uuid4())
    assert isinstance(job, Job)
    Person.objects.filter(person_no="P002").update(sex=None)
    done = job_run(job_id=job.pk)
    assert done.result is not None
    assert (done.result["cells"], done.result["conflicts"]) == (2, 1)
    assert sexes() == ["female", None, "female"]


def test_who_lost_the_post_before_the_job_ran_changes_nothing(three_wrong: list[int], county: Officer) -> None:
    job = issues_accept(actor=county, issues=three_wrong, request_key=uuid4())
    assert isinstance(job, Job)
    User.objects.get(pk=county.user_id).posts.update(until="2021-01-01")
    done = job_run(job_id=job.pk)
    assert (sexes(), Correction.objects.count()) == (["male", "female", "male"], 0)
    assert done.state == JobState.SUCCEEDED
    assert (done.result or {})["cells"] == 0


def test_many_accepted_are_taken_back_together(three_wrong: list[int], county: Officer) -> None:
    job = issues_accept(actor=county, issues=three_wrong, request_key=uuid4())
    assert isinstance(job, Job)
    done = job_run(job_id=job.pk)
    assert done.result is not None
    corrections_undo(actor=county, batch=UUID(done.result["batch"]))
    assert sexes() == ["male", "female", "male"]
    assert Issue.objects.filter(check_id=SEX, state=IssueState.OPEN).count() == 3
    assert audit_verify().whole


def test_two_who_accept_the_same_proposal_change_the_cell_once(three_wrong: list[int], county: Officer) -> None:
    issue_accept(actor=county, issue_id=three_wrong[0], request_key=uuid4())
    with pytest.raises(ActionRefused) as refused:
        issue_accept(actor=county, issue_id=three_wrong[0], request_key=uuid4())
    assert (refused.value.code, Correction.objects.count()) == ("settled", 1)


def test_a_run_does_not_reopen_what_was_corrected_while_it_looked(
    spoiled: None, clean: Clean, county: Officer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The checks read the registry, then somebody mends it, then their findings are to be written."""
    from doudi.web.cleaning import tasks

    clean()
    looked = tasks.check_everybody
    looks: list[Applied] = []

    def look(*given: Any, **more: Any) -> Any:
        checked = looked(*given, **more)
        if not looks:
            issue = Issue.objects.get(check_id=SEX)
            looks.append(issue_accept(actor=county, issue_id=issue.pk, request_key=uuid4()))
        return checked

    monkeypatch.setattr(tasks, "check_everybody", look)
    clean()
    assert looks[0].cells == 1
    assert Issue.objects.get(check_id=SEX).state == IssueState.CORRECTED


# ---- imports underneath


def test_an_import_is_not_taken_back_under_a_correction(county: Officer, sheets: Any, upload: Any) -> None:
    upload(county, sheets.files(), confirm=True)
    sheets.persons[0][6] = "弱劳动力"
    second = upload(county, sheets.files(), confirm=True)
    person = Person.objects.get(person_no="P001")
    change = CellChange("person", person.pk, "labour", person.labour, "普通劳动力")
    key = uuid4()
    corrections_apply(actor=county, changes=[change], how="correct", request_key=key)
    with pytest.raises(ActionRefused) as refused:
        batch_undo(actor=county, batch_id=second.pk)
    assert refused.value.code == "corrected_later"
    corrections_undo(actor=county, batch=key)
    job_run(job_id=batch_undo(actor=county, batch_id=second.pk).job_id)
    second.refresh_from_db()
    assert second.state == BatchState.UNDONE
    assert Person.objects.get(person_no="P001").labour == "ordinary"


def test_an_import_taken_back_takes_the_issues_of_its_rows_along(
    county: Officer, sheets: Any, upload: Any, with_few_checks: None, clean: Clean
) -> None:
    batch = upload(county, sheets.files(), confirm=True)
    Person.objects.filter(person_no="P001").update(sex="male")
    clean()
    assert Issue.objects.exists()
    job_run(job_id=batch_undo(actor=county, batch_id=batch.pk).job_id)
    batch.refresh_from_db()
    assert (batch.state, Issue.objects.count()) == (BatchState.UNDONE, 0)
