"""The pages of the desk: what each shows, what each does, and whom it lets."""

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from doudi.web.accounts.models import User
from doudi.web.accounts.roles import Role
from doudi.web.accounts.scope import officer_of
from doudi.web.audit.models import AuditEntry
from doudi.web.cleaning.models import CleaningRun, Correction, Issue, IssueState, Task, TaskState
from doudi.web.cleaning.tasking import issue_answer, issues_send, task_withdraw
from doudi.web.refusal import ActionRefused
from doudi.web.registry.models import Person
from tests.web.cleaning.conftest import HEADS, SEX, issue
from tests.web.conftest import TOWNSHIP, VILLAGE, Make

pytestmark = pytest.mark.django_db(transaction=True)
SignIn = Callable[[User], Client]
PHOTO = b"\xff\xd8\xff\xe0 a photo"


@pytest.fixture
def found(spoiled: None, clean: Callable[..., CleaningRun]) -> CleaningRun:
    return clean()


def soon(days: int = 7) -> str:
    return (timezone.localdate() + timedelta(days=days)).isoformat()


def page_of(client: Client, one: Issue) -> tuple[str, dict[str, str]]:
    """The page of an issue, and the marks that its form carries."""
    response = client.get(f"/cleaning/issues/{one.pk}/")
    rows = [field for row in response.context["fields"] for field in row.fields]
    return response.content.decode(), {f"seen-{field.name}": field.seen for field in rows}


def test_the_list_narrows_by_check_severity_place_state_and_name(found: Any, make: Make, signed_in: SignIn) -> None:
    client = signed_in(make.user(Role.COUNTY_OFFICER))

    def titles(**query: str) -> set[str]:
        page = client.get("/cleaning/issues/", query).context["page"]
        return {line.issue.check_id for line in page.object_list}

    assert titles() == {SEX, HEADS}
    assert titles(check=SEX) == titles(repair="yes") == {SEX}
    assert titles(severity="doubt") == titles(region="149901101202") == titles(state="corrected") == set()
    assert titles(q="王建国") == titles(region=VILLAGE) == titles(responsible="village") == {SEX, HEADS}
    assert titles(q="李秀英") == set()


def test_counts_stand_by_check_and_by_place(found: Any, make: Make, signed_in: SignIn) -> None:
    context = signed_in(make.user(Role.COUNTY_OFFICER)).get("/cleaning/overview/").context
    assert {(one.check_id, one.issues, one.repairs) for one in context["checks"]} == {(SEX, 1, 1), (HEADS, 1, 0)}
    assert [(place.name, place.errors) for place in context["places"]] == [("上湾村", 2)]
    assert [(one.errors, one.doubts) for one in context["runs"]] == [(2, 0)]


def test_the_second_of_two_persons_sees_both_values_and_decides(found: Any, make: Make, signed_in: SignIn) -> None:
    heads = issue(HEADS)
    second = Person.objects.get(person_no="P002")
    name = f"person-{second.pk}-relation"
    first, other = (signed_in(make.user(Role.TOWNSHIP_OFFICER, TOWNSHIP)) for _ in range(2))
    _text, seen = page_of(first, heads)
    _text, seen_too = page_of(other, heads)
    address = f"/cleaning/issues/{heads.pk}/correct/"
    first.post(address, {**seen, f"cell-{name}": "other", "key": str(uuid4())})
    Issue.objects.filter(pk=heads.pk).update(state=IssueState.OPEN)
    answer = other.post(address, {**seen_too, f"cell-{name}": "daughter", "key": str(uuid4())})
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "其他" in text
    assert "之女" in text
    second.refresh_from_db()
    assert second.relation == "other"
    again = {f"seen-{field.name}": field.seen for row in answer.context["fields"] for field in row.fields}
    other.post(address, {**again, f"cell-{name}": "daughter", "key": str(uuid4())})
    second.refresh_from_db()
    assert second.relation == "daughter"


def test_a_form_sent_twice_changes_once(found: Any, make: Make, signed_in: SignIn) -> None:
    client, key = signed_in(make.user(Role.COUNTY_OFFICER)), str(uuid4())
    for _ in range(2):
        client.post(f"/cleaning/issues/{issue(SEX).pk}/accept/", {"key": key})
    assert Correction.objects.count() == 1


def test_ids_are_never_written_into_the_page_of_an_issue(found: Any, make: Make, signed_in: SignIn) -> None:
    text, _seen = page_of(signed_in(make.user(Role.COUNTY_OFFICER)), issue(SEX))
    resident_id = Person.objects.get(person_no="P001").resident_id
    assert resident_id is not None
    assert resident_id not in text
    assert f"149901********{resident_id[-4:]}" in text


def test_an_id_left_blank_in_the_form_stays_and_a_wrong_one_is_refused_with_the_reason(
    found: Any, make: Make, signed_in: SignIn
) -> None:
    client, person = signed_in(make.user(Role.COUNTY_OFFICER)), Person.objects.get(person_no="P001")
    _text, seen = page_of(client, issue(SEX))
    sex, number = f"cell-person-{person.pk}-sex", f"cell-person-{person.pk}-resident_id"
    address = f"/cleaning/issues/{issue(SEX).pk}/correct/"
    refused = client.post(address, {**seen, sex: "male", number: "14990119800101", "key": str(uuid4())})
    assert refused.status_code == 400
    assert "身份证号位数不对" in refused.content.decode()
    client.post(address, {**seen, sex: "female", number: "", "key": str(uuid4())})
    assert Person.objects.get(pk=person.pk).resident_id == person.resident_id
    assert list(Correction.objects.values_list("column", flat=True)) == ["sex"]


def test_a_task_goes_to_the_village_and_comes_back(found: Any, make: Make, signed_in: SignIn) -> None:
    township, village = make.user(Role.TOWNSHIP_OFFICER, TOWNSHIP), make.user(Role.VILLAGE_CADRE, VILLAGE)
    sender, door = signed_in(township), signed_in(village)
    sender.post(
        "/cleaning/send/", {"which": "all", "filter": "", "due_on": soon(), "note": "入户看户口簿", "key": str(uuid4())}
    )
    task = Task.objects.get()
    assert (task.region_code, task.state, task.issues.count()) == (VILLAGE, TaskState.SENT, 2)
    assert "入户看户口簿" in door.get("/cleaning/tasks/").content.decode()
    door.post(f"/cleaning/issues/{issue(SEX).pk}/accept/", {"key": str(uuid4()), "task": str(task.pk)})
    door.post(
        f"/cleaning/issues/{issue(HEADS).pk}/answer/",
        {"answer": "户口簿上确有两本", "file": SimpleUploadedFile("户口簿.jpg", PHOTO)},
    )
    task.refresh_from_db()
    assert (task.state, task.issues.filter(state=IssueState.SENT).count()) == (TaskState.RETURNED, 0)
    text = sender.get(f"/cleaning/issues/{issue(HEADS).pk}/").content.decode()
    assert "户口簿上确有两本" in text
    event = issue(HEADS).events.get(step="answered")
    photo = sender.get(f"/cleaning/issues/{issue(HEADS).pk}/files/{event.pk}/")
    assert b"".join(photo.streaming_content) == PHOTO
    assert AuditEntry.objects.filter(action="proof_open").count() == 1
    sender.post(f"/cleaning/issues/{issue(HEADS).pk}/back/", {"note": "请看户主是谁"})
    task.refresh_from_db()
    assert (task.state, issue(HEADS).state) == (TaskState.SENT, IssueState.SENT)


def test_a_task_sent_twice_is_one_and_can_be_taken_back(found: Any, make: Make) -> None:
    actor, key = make.officer(Role.TOWNSHIP_OFFICER, TOWNSHIP), uuid4()
    keys = list(Issue.objects.values_list("pk", flat=True))
    day = timezone.localdate()
    first = issues_send(actor=actor, issues=keys, due_on=day, request_key=key)
    assert issues_send(actor=actor, issues=keys, due_on=day, request_key=key) == first
    with pytest.raises(ActionRefused) as refused:
        issues_send(actor=actor, issues=keys, due_on=day, request_key=uuid4())
    assert refused.value.code == "nothing_to_send"
    task_withdraw(actor=actor, task_id=first[0].pk)
    assert set(Issue.objects.values_list("state", "task")) == {(IssueState.OPEN.value, None)}


def test_a_task_whose_issues_an_import_mended_is_closed_by_the_next_run(
    found: Any, make: Make, clean: Callable[..., CleaningRun]
) -> None:
    issues_send(
        actor=make.officer(Role.TOWNSHIP_OFFICER, TOWNSHIP),
        issues=list(Issue.objects.values_list("pk", flat=True)),
        due_on=timezone.localdate(),
        request_key=uuid4(),
    )
    Person.objects.filter(person_no="P002").update(relation="daughter")
    Person.objects.filter(person_no="P001").update(sex="female")
    clean()
    assert Task.objects.get().state == TaskState.CLOSED


def test_exempting_needs_reason_proof_and_a_day_and_only_the_county_does_it(
    found: Any, make: Make, signed_in: SignIn
) -> None:
    one = issue(SEX)
    county = signed_in(make.user(Role.COUNTY_OFFICER))
    address = f"/cleaning/issues/{one.pk}/exempt/"
    without = county.post(address, {"reason": "证件办理中", "expires_on": soon()})
    assert without.status_code == 400
    assert "请上传凭证" in without.content.decode()
    program = SimpleUploadedFile("证明.jpg", b"MZ this is a program")
    assert county.post(address, {"reason": "证件办理中", "expires_on": soon(), "file": program}).status_code == 400
    proof = SimpleUploadedFile("证明.jpg", PHOTO)
    assert county.post(address, {"reason": "证件办理中", "expires_on": soon(), "file": proof}).status_code == 302
    assert issue(SEX).state == IssueState.EXEMPTED
    township = signed_in(make.user(Role.TOWNSHIP_OFFICER, TOWNSHIP))
    assert township.post(address, {"reason": "证件办理中", "expires_on": soon()}).status_code == 403


def test_a_department_sees_the_issues_it_answers_for_and_changes_none(
    found: Any, make: Make, signed_in: SignIn
) -> None:
    Issue.objects.filter(check_id=SEX).update(responsible="public_security")
    client = signed_in(make.user(Role.DEPARTMENT_OFFICER, department="public_security"))
    page = client.get("/cleaning/issues/").context["page"]
    assert [line.issue.check_id for line in page.object_list] == [SEX]
    assert client.post(f"/cleaning/issues/{issue(SEX).pk}/accept/", {"key": str(uuid4())}).status_code == 403
    assert client.get(f"/cleaning/issues/{issue(HEADS).pk}/").status_code == 404


def test_who_changed_what_is_listed_and_taken_back(found: Any, make: Make, signed_in: SignIn) -> None:
    client = signed_in(make.user(Role.COUNTY_OFFICER))
    client.post("/cleaning/accept/", {"issue": [issue(SEX).pk], "key": str(uuid4())})
    kept = Correction.objects.get()
    text = client.get("/cleaning/corrections/").content.decode()
    assert "<del>男</del> → <strong>女</strong>" in text
    assert client.post(f"/cleaning/corrections/{kept.batch_id}/undo/").status_code == 302
    assert Person.objects.get(person_no="P001").sex == "male"
    assert "已撤销" in client.get(f"/cleaning/corrections/{kept.batch_id}/").content.decode()


def test_the_file_of_a_household_leads_to_its_issues(found: Any, make: Make, signed_in: SignIn) -> None:
    client = signed_in(make.user(Role.VILLAGE_CADRE, VILLAGE))
    text = client.get("/households/H001/").content.decode()
    assert f"/cleaning/issues/{issue(SEX).pk}/" in text
    assert (
        "这一户没有待办的数据问题"
        in signed_in(make.user(Role.COUNTY_OFFICER)).get("/households/H002/").content.decode()
    )


def test_the_desk_says_what_to_do_before_the_first_run(make: Make, signed_in: SignIn) -> None:
    make.regions()
    client = signed_in(make.user(Role.COUNTY_OFFICER))
    for page in ("issues", "overview", "runs"):
        assert "还没有做过数据检查" in client.get(f"/cleaning/{page}/").content.decode()


def test_an_answer_needs_words(found: Any, make: Make) -> None:
    with pytest.raises(ActionRefused) as refused:
        issue_answer(
            actor=officer_of(make.user(Role.VILLAGE_CADRE, VILLAGE)),
            issue_id=issue(SEX).pk,
            answer=" ",
            file=io.BytesIO(PHOTO),
        )
    assert refused.value.code == "answer_needed"
