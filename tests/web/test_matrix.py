"""Every address × every role × every region: who gets in, and that nobody sees a household of elsewhere on any of them.

Addresses are taken from the site itself, so that a new one without a line in `ADDRESSES` fails here.
"""

import io
import uuid
from dataclasses import dataclass
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse

from doudi.web.accounts.addresses import all_addresses
from doudi.web.accounts.roles import PERMISSIONS, Action, Role
from doudi.web.audit.models import AuditEntry
from doudi.web.cleaning.models import CleanFigure, CleaningRun, Correction, CorrectionBatch, Issue, IssueTally, Task
from doudi.web.cleaning.sheets.models import FilledSheet, IssuedWorkbook, NationalExport, ReturnedWorkbook
from doudi.web.cleaning.sheets.workbooks.judging import Entry, Plan
from doudi.web.discovery.models import RunTally
from doudi.web.employment.models import EmploymentFigure, EmploymentLine, EmploymentRun
from doudi.web.intake.models import BatchState, ImportBatch, ImportFile
from doudi.web.jobs.models import Job
from doudi.web.matching.models import DuplicateProposal, FeedLink, MatchRun
from doudi.web.protection.vault import vault_store
from doudi.web.registry.models import Household, Person
from doudi.web.rulekeeping.models import ChangeKind, RuleChange
from doudi.web.trials.models import Trial

pytestmark = pytest.mark.django_db

COUNTY, TOWNSHIP, VILLAGE = "149901000000", "149901101000", "149901101201"
NEXT_VILLAGE, FAR_VILLAGE, OTHER_COUNTY = "149901101202", "149901102201", "149902000000"
OTHER_COUNTY_VILLAGE = "149902101201"
SECRET_REJECTS = b"rejected rows with plain ids"

HEADS = {
    VILLAGE: "王建国",
    NEXT_VILLAGE: "李秀英",
    FAR_VILLAGE: "赵铁柱",
    OTHER_COUNTY_VILLAGE: "钱多多",
}
"""The head of the one household of each village: a name that appears on no page but of that household."""


SHEETS_BY_KEY = ("workbook", "workbook_apply", "workbook_discard", "workbook_rejected")
SHEETS_BY_HOUSEHOLD = ("comparison", "photo_new")


@dataclass
class Place:
    """One village with everything an address can point to."""

    household_no: str
    phone: str
    resident_id: str
    alert_id: int
    work_line_id: int
    photo_id: int
    issue_id: int
    task_id: int
    correction: uuid.UUID


@dataclass
class World:
    places: dict[str, Place]
    run_id: int
    batch_id: int
    file_id: int
    job_id: uuid.UUID
    trial_id: int
    change_id: int
    link_id: int
    table_id: int
    pair_id: int
    workbook: uuid.UUID
    export_id: int

    def arguments(self, name: str, village: str = VILLAGE) -> dict[str, Any]:
        given: dict[str, dict[str, Any]] = {
            "registry:household": {"household_no": self.places[village].household_no},
            "registry:unmask": {"household_no": self.places[village].household_no},
            **{f"discovery:{page}": {"run_id": self.run_id} for page in ("screening", "changes", "changes_export")},
            **{
                f"rulekeeping:{page}": {"rule_id": "income.under_line_not_enrolled"}
                for page in ("rule", "try", "count", "rule_retire")
            },
            **{
                f"rulekeeping:{page}": {"change_id": self.change_id}
                for page in ("change", "change_edit", "change_rebase")
            },
            "rulekeeping:change_move": {"change_id": self.change_id, "move": "withdraw"},
            "assistance:policy": {"policy_id": "minimum_living.dibao"},
            "rulekeeping:parameter": {"parameter_id": "monitoring_line"},
            "rulekeeping:parameter_change": {"parameter_id": "monitoring_line"},
            "rulekeeping:alert": {"alert_id": self.places[village].alert_id},
            "intake:detail": {"batch_id": self.batch_id},
            "intake:confirm": {"batch_id": self.batch_id},
            "intake:discard": {"batch_id": self.batch_id},
            "intake:undo": {"batch_id": self.batch_id},
            "intake:rejects": {"batch_id": self.batch_id, "file_id": self.file_id},
            "jobs:job": {"job_id": self.job_id},
            **{f"employment:{page}": {"line_id": self.places[village].work_line_id} for page in ("line", "take")},
            **{f"matching:{page}": {"link_id": self.link_id} for page in ("link", "link_decide", "link_undo")},
            **{f"matching:{page}": {"run_id": self.table_id} for page in ("unmatched", "again")},
            **{f"matching:{page}": {"pair_id": self.pair_id} for page in ("pair", "pair_decide", "pair_undo")},
            **{f"cleaning:{page}": {"issue_id": self.places[village].issue_id} for page in ISSUE_PAGES},
            "cleaning:proof": {"issue_id": self.places[village].issue_id, "event_id": 0},
            "cleaning:run": {"run_id": 1},
            **{f"cleaning:{page}": {"task_id": self.places[village].task_id} for page in ("task", "task_withdraw")},
            **{f"cleaning:{page}": {"key": self.places[village].correction} for page in ("batch", "undo")},
            **{f"trials:{page}": {"trial_id": self.trial_id} for page in ("trial", "workbook", "delete")},
            **{f"sheets:{page}": {"key": self.workbook} for page in SHEETS_BY_KEY},
            **{f"sheets:{page}": {"household_no": self.places[village].household_no} for page in SHEETS_BY_HOUSEHOLD},
            **{f"sheets:{page}": {"photo_id": self.places[village].photo_id} for page in ("photo", "photo_remove")},
            "sheets:export": {"export_id": self.export_id},
        }
        return given.get(name, {})


ISSUE_PAGES = (
    "issue", "issue_accept", "issue_correct", "issue_answer", "issue_send", "issue_back", "issue_exempt", "issue_lift"
)  # fmt: skip


def mended(run: CleaningRun, person: Person) -> tuple[int, int, uuid.UUID]:
    """An issue, a task and a correction that tell whose they are."""
    village, name = person.household.region_code, person.name
    task = Task.objects.create(
        request_key=uuid.uuid4(), region_code=village, due_on="2023-09-01", note=name, actor_name="测试"
    )
    issue = Issue.objects.create(
        check_id="identity.sex_against_id", severity="error", responsible="village", household=person.household,
        person=person, region_code=village, columns=["person.sex"], sentence=f"{name}的性别", state="sent", task=task,
        found_on="2023-08-01", first_run=run, last_run=run,
    )  # fmt: skip
    figure = {"month": "2023-08", "households": 1, "errors": 1}
    CleanFigure.objects.get_or_create(run=run, region_code=village, defaults=figure)
    IssueTally.objects.create(
        run=run, region_code=village, check_id=issue.check_id, severity="error", responsible="village", count=1
    )
    batch = CorrectionBatch.objects.create(how="correct", actor_name="测试", cells=1, households=1)
    Correction.objects.create(
        batch=batch, household=person.household, region_code=village, table="person", row_id=person.pk,
        column="employer", before=name, after=None, how="correct", actor_name="测试",
    )  # fmt: skip
    return issue.pk, task.pk, batch.pk


@pytest.fixture
def world(make) -> World:
    make.regions()
    run = make.run()
    compared = EmploymentRun.objects.create(as_of="2023-08-01", state="done", actor_name="测试")
    cleaned = CleaningRun.objects.create(pk=1, as_of="2023-08-01", state="done", actor_name="测试")
    places = {}
    for number, (village, head) in enumerate(HEADS.items()):
        phone, resident_id = f"1380000000{number}", make.resident_id()
        household = make.household(village, head, phone=phone)
        person = make.person(household, head, resident_id=resident_id, phone=phone)
        make.income(household)
        clue = make.clue(household, run)
        RunTally.objects.create(run=run, region_code=village, level="red", alerts=1, households=1)
        make.region_alert(run, village, sentence=f"{head}家所在的村")
        make.entitlement(run, household)
        work = EmploymentLine.objects.create(
            run=compared, household=household, person=person, region_code=village, kinds=",months,", sources={}
        )
        EmploymentFigure.objects.create(run=compared, region_code=village, able=1)
        photo = FilledSheet.objects.create(
            household=household,
            year=2022,
            file=vault_store(name="photo.pdf", content=b"%PDF-1.4"),
            kind="application/pdf",
            actor_name="测试",
        )
        Issue.objects.create(
            check_id="work.months_over_year", check_version="1", topic="work", severity="error", responsible="village",
            household=household, person=person, region_code=village, columns=["person.work_months"],
            sentence=f"{head}的务工时间", found_on="2023-08-01",
        )  # fmt: skip
        places[village] = Place(
            household.household_no,
            phone,
            resident_id,
            clue.alerts.get().pk,
            work.pk,
            photo.pk,
            *mended(cleaned, person),
        )
    make.tallies()
    county = make.user(Role.COUNTY_OFFICER, OTHER_COUNTY)
    job = Job.objects.create(
        kind="intake.read", title="读取", actor=county, actor_name=county.name, region_code=OTHER_COUNTY, state="failed"
    )
    batch = ImportBatch.objects.create(
        month="2023-07", region_code=OTHER_COUNTY, actor=county, actor_name="钱多多", state=BatchState.PREVIEW, job=job
    )
    kept = vault_store(name="退回.xlsx", content=SECRET_REJECTS)
    file = ImportFile.objects.create(
        batch=batch, name="钱多多.xlsx", size=1, sha256="0" * 64, original=kept, rejects=kept, rows_rejected=1
    )
    change = RuleChange.objects.create(
        kind=ChangeKind.RETIRE,
        path="screening/income.under_line_not_enrolled.yaml",
        title="停用",
        text="",
        summary="停用",
        effective_from="2023-09-01",
        author=county,
        author_name=county.name,
    )
    trial = Trial.objects.create(
        kind="what_if", title="钱多多", region_code=OTHER_COUNTY, as_of="2023-08-01", state="failed", actor=county
    )
    link = make.doubtful_row(OTHER_COUNTY, "钱多多", batch=batch, file=file)
    keys = list(Household.objects.order_by("pk").values_list("household_key", flat=True))
    pair = DuplicateProposal.objects.create(
        kind="household", pair="1", left_household=keys[-1], right_household=keys[-1], reason="钱多多",
        region_code=OTHER_COUNTY_VILLAGE, other_region_code=OTHER_COUNTY_VILLAGE,
    )  # fmt: skip
    returned, export = workbook_of_elsewhere(), export_of_elsewhere()
    return World(
        places, run.pk, batch.pk, file.pk, job.pk, change.pk, trial.pk, link.pk, link.run_id, pair.pk, returned.pk,
        export.pk,
    )  # fmt: skip


def workbook_of_elsewhere() -> ReturnedWorkbook:
    """A filled-in workbook of the other county, with a row that came back."""
    issued = IssuedWorkbook.objects.create(region_code=OTHER_COUNTY, actor_name="钱多多")
    plan = Plan((Entry(row=4, kind="refused", written="9", head_name="钱多多", reason="看不懂", remedy="请核对"),))
    return ReturnedWorkbook.objects.create(
        issued=issued,
        region_code=OTHER_COUNTY,
        name="钱多多.xlsx",
        sha256="0" * 64,
        original=vault_store(name="钱多多.xlsx", content=b"workbook"),
        plan=vault_store(name="plan.json", content=plan.packed()),
        counts=plan.counts,
        actor_name="钱多多",
    )


def export_of_elsewhere() -> NationalExport:
    return NationalExport.objects.create(
        region_code=OTHER_COUNTY,
        reason="钱多多",
        state="done",
        file=vault_store(name="export.zip", content="钱多多".encode()),
        actor_name="钱多多",
    )


ADDRESSES = {name: action for name, _route, action in all_addresses()}
GIVEN = {
    *(f"sheets:{page}" for page in (*SHEETS_BY_KEY, *SHEETS_BY_HOUSEHOLD, "photo", "photo_remove", "export")),
    "registry:household",
    "registry:unmask",
    "discovery:screening",
    "discovery:changes",
    "discovery:changes_export",
    "rulekeeping:rule",
    "rulekeeping:try",
    "rulekeeping:count",
    "rulekeeping:rule_retire",
    "rulekeeping:change",
    "rulekeeping:change_edit",
    "rulekeeping:change_rebase",
    "rulekeeping:change_move",
    "rulekeeping:parameter",
    "rulekeeping:parameter_change",
    "rulekeeping:alert",
    "assistance:policy",
    "intake:detail",
    "intake:confirm",
    "intake:discard",
    "intake:undo",
    "intake:rejects",
    "jobs:job",
    "employment:line",
    "employment:take",
    "trials:trial",
    "trials:workbook",
    "trials:delete",
    *(f"matching:{page}" for page in ("link", "link_decide", "link_undo", "unmatched", "again")),
    *(f"matching:{page}" for page in ("pair", "pair_decide", "pair_undo")),
    *(f"cleaning:{page}" for page in (*ISSUE_PAGES, "proof", "run", "task", "task_withdraw", "batch", "undo")),
}
POSTS = {
    *(f"cleaning:{page}" for page in (*ISSUE_PAGES[1:], "accept", "send", "task_withdraw", "undo")),
    *(f"sheets:{page}" for page in ("workbook_apply", "workbook_discard", "photo_new", "photo_remove")),
    *(f"matching:{page}" for page in ("links_decide", "link_decide", "link_undo", "again")),
    *(f"matching:{page}" for page in ("find", "pair_decide", "pair_undo")),
    "trials:delete",
    "employment:compare",
    "employment:take",
    "registry:unmask",
    "intake:confirm",
    "intake:discard",
    "intake:undo",
    "rulekeeping:count",
    "rulekeeping:change_rebase",
    "rulekeeping:change_move",
    "audit:verify",
    "accounts:sign_out",
    "set_language",
}
NEEDS_ARGUMENTS = {name for name, route, _action in all_addresses() if "<" in route}
REGIONS = {
    Role.VILLAGE_CADRE: VILLAGE,
    Role.TOWNSHIP_OFFICER: TOWNSHIP,
}


def ask(client: Client, world: World, name: str, village: str = VILLAGE, **extra: Any) -> Any:
    address = reverse(name, kwargs=world.arguments(name, village))
    if name in POSTS:
        return client.post(address, {"reason": "入户核查", "language": "en", **extra})
    return client.get(address, extra)


def test_the_matrix_knows_every_address():
    assert NEEDS_ARGUMENTS == GIVEN
    assert None not in ADDRESSES.values()


@pytest.mark.parametrize("name", sorted(ADDRESSES))
def test_without_signing_in_there_is_only_the_door(world, name):
    response = ask(Client(), world, name)
    if ADDRESSES[name] is Action.PUBLIC:
        assert response.status_code in {200, 204, 302}
        return
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("accounts:sign_in"))
    fragment = Client().get(reverse(name, kwargs=world.arguments(name)), HTTP_HX_REQUEST="true")
    assert fragment.status_code == 204
    assert fragment["HX-Redirect"].startswith(reverse("accounts:sign_in"))
    assert fragment.content == b""


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("name", sorted(ADDRESSES))
def test_a_role_opens_what_the_table_says(world, make, signed_in, name, role):
    action = ADDRESSES[name]
    client = signed_in(make.user(role, REGIONS.get(role, COUNTY)))
    response = ask(client, world, name)
    allowed = action in {Action.PUBLIC, Action.SIGNED_IN} or action in PERMISSIONS[role]
    assert (response.status_code == 403) is not allowed, response.status_code
    assert response.status_code < 500, response.status_code


def test_a_post_that_ended_opens_nothing(world, make, signed_in):
    user = make.user(Role.COUNTY_OFFICER)
    user.posts.update(until="2021-01-01")
    for name, action in ADDRESSES.items():
        if action not in {Action.PUBLIC, Action.SIGNED_IN}:
            assert ask(signed_in(user), world, name).status_code == 403, name


def seen_on(response: Any) -> str:
    """Everything a person could read in an answer: the page, or every cell of a workbook."""
    content = b"".join(response.streaming_content) if response.streaming else response.content
    if content.startswith(b"PK"):
        book = openpyxl.load_workbook(io.BytesIO(content))
        return str([row for sheet in book for row in sheet.iter_rows(values_only=True)])
    return content.decode()


OFFICERS = [
    (Role.VILLAGE_CADRE, VILLAGE, {VILLAGE}),
    (Role.TOWNSHIP_OFFICER, TOWNSHIP, {VILLAGE, NEXT_VILLAGE}),
    (Role.COUNTY_OFFICER, COUNTY, {VILLAGE, NEXT_VILLAGE, FAR_VILLAGE}),
    (Role.COUNTY_OFFICER, OTHER_COUNTY, {OTHER_COUNTY_VILLAGE}),
    (Role.LEADER, COUNTY, {VILLAGE, NEXT_VILLAGE, FAR_VILLAGE}),
    (Role.UPPER_VIEWER, "149900000000", set(HEADS)),
    (Role.DEPARTMENT_OFFICER, COUNTY, set()),
    (Role.SYSTEM_ADMIN, COUNTY, set()),
    (Role.SECURITY_ADMIN, COUNTY, set()),
    (Role.AUDITOR, COUNTY, set()),
]
LISTS = {
    *(f"sheets:{page}" for page in ("workbooks", "workbook_new", "comparisons", "comparison_print", "share")),
    "registry:households", "discovery:clues", "discovery:export", "discovery:region_alerts", "discovery:region_export",
    "assistance:lines", "assistance:export", "discovery:changes", "discovery:changes_export",
    "cleaning:issues", "cleaning:overview", "cleaning:history", "employment:lines", "employment:export",
}  # fmt: skip
SEARCHES = [*HEADS.values(), "村", "1499", "乡"]


@pytest.mark.parametrize(("role", "region", "villages"), OFFICERS)
@pytest.mark.parametrize("name", sorted(set(ADDRESSES) - POSTS))
def test_no_page_shows_a_household_of_elsewhere(world, make, signed_in, name, role, region, villages):
    """Lists, searches, exports and figures alike: only one's own villages, whatever is asked."""
    client = signed_in(make.user(role, region))
    foreign = {head for village, head in HEADS.items() if village not in villages}
    questions: list[dict[str, str]] = [{}]
    if name in LISTS:
        questions += [{"q": q} for q in SEARCHES] + [{"region": village} for village in HEADS] + [{"state": "all"}]
    for question in questions:
        q = question.get("q", "")
        response = ask(client, world, name, village=next(iter(sorted(villages)), VILLAGE), **question)
        if response.status_code != 200:
            continue
        text = seen_on(response)
        shown = {head for head in foreign if head in text and head != q}
        assert not shown, (question, shown)
        for village, place in world.places.items():
            assert village in villages or place.household_no not in text, question
            assert place.phone not in text
            assert place.resident_id not in text


@pytest.mark.parametrize(("role", "region", "villages"), OFFICERS)
@pytest.mark.parametrize("village", sorted(HEADS))
@pytest.mark.parametrize("name", [f"cleaning:{page}" for page in ("issue", "issue_accept", "task", "batch", "undo")])
def test_an_issue_or_task_of_elsewhere_is_not_found(world, make, signed_in, name, village, role, region, villages):
    response = ask(signed_in(make.user(role, region)), world, name, village=village)
    if ADDRESSES[name] not in PERMISSIONS[role]:
        assert response.status_code == 403
    elif village not in villages:
        assert response.status_code == 404
        assert HEADS[village] not in response.content.decode()
    else:
        assert response.status_code in {200, 302}


@pytest.mark.parametrize(("role", "region", "villages"), OFFICERS)
@pytest.mark.parametrize("village", sorted(HEADS))
@pytest.mark.parametrize("name", ["registry:household", "registry:unmask"])
def test_a_household_of_elsewhere_is_not_found(world, make, signed_in, name, village, role, region, villages):
    response = ask(signed_in(make.user(role, region)), world, name, village=village)
    if ADDRESSES[name] not in PERMISSIONS[role]:
        assert response.status_code == 403
    elif village not in villages:
        assert response.status_code == 404
        assert HEADS[village] not in response.content.decode()
        assert not AuditEntry.objects.filter(action="unmask").exists()
    else:
        assert response.status_code == 200
        text = response.content.decode()
        assert HEADS[village] in text
        assert (world.places[village].resident_id in text) is (name == "registry:unmask")


@pytest.mark.parametrize("role", [Role.COUNTY_OFFICER, Role.DEPARTMENT_OFFICER])
@pytest.mark.parametrize(
    "name", ["intake:detail", "intake:confirm", "intake:discard", "intake:undo", "intake:rejects", "jobs:job"]
)
def test_an_import_of_another_county_is_not_found(world, make, signed_in, name, role):
    response = ask(signed_in(make.user(role, COUNTY)), world, name)
    assert response.status_code == 404
    assert "钱多多" not in response.content.decode()
    assert ImportBatch.objects.get().state == BatchState.PREVIEW


def test_a_department_sees_only_its_own_imports(world, make, signed_in):
    ImportBatch.objects.update(region_code=COUNTY, department="education")
    medical = signed_in(make.user(Role.DEPARTMENT_OFFICER, COUNTY, "medical_insurance"))
    education = signed_in(make.user(Role.DEPARTMENT_OFFICER, COUNTY, "education"))
    assert ask(medical, world, "intake:rejects").status_code == 404
    assert ask(medical, world, "intake:detail").status_code == 404
    assert seen_on(ask(education, world, "intake:rejects")) == SECRET_REJECTS.decode()
    assert ask(education, world, "intake:detail").status_code == 200


@pytest.mark.parametrize("role", [Role.COUNTY_OFFICER, Role.DEPARTMENT_OFFICER])
@pytest.mark.parametrize("name", sorted(name for name in NEEDS_ARGUMENTS if name.startswith("matching:")))
def test_rows_and_pairs_of_another_county_are_not_found(world, make, signed_in, name, role):
    client = signed_in(make.user(role, COUNTY))
    response = ask(client, world, name, rank="1", what="different", request_key=str(uuid.uuid4()))
    assert response.status_code == (404 if ADDRESSES[name] in PERMISSIONS[role] else 403)
    assert "钱多多" not in response.content.decode()


def test_a_department_sees_only_rows_of_its_own_tables(world, make, signed_in):
    FeedLink.objects.update(region_code=COUNTY)
    MatchRun.objects.update(region_code=COUNTY)
    for department, found in (("medical_insurance", True), ("education", False)):
        client = signed_in(make.user(Role.DEPARTMENT_OFFICER, COUNTY, department))
        assert ("钱多多" in client.get(reverse("matching:links")).content.decode()) is found
        assert ("医保结算" in client.get(reverse("matching:overview")).content.decode()) is found
        assert ask(client, world, "matching:link").status_code == (200 if found else 404)


def test_downloading_rejects_is_in_the_log(world, make, signed_in):
    response = ask(signed_in(make.user(Role.COUNTY_OFFICER, OTHER_COUNTY)), world, "intake:rejects")
    assert response.status_code == 200
    content = b"".join(response.streaming_content) if response.streaming else response.content
    assert content == SECRET_REJECTS
    assert AuditEntry.objects.filter(action="rejects_download").count() == 1


@pytest.mark.parametrize("name", ["trials:trial", "trials:workbook", "trials:delete"])
def test_a_trial_over_another_county_is_not_found(world, make, signed_in, name):
    response = ask(signed_in(make.user(Role.COUNTY_OFFICER, COUNTY)), world, name)
    assert response.status_code == 404
    assert "钱多多" not in response.content.decode()
    assert Trial.objects.exists()
