"""A world of four villages in two counties, with something of everything that an address can point to."""

import uuid
from dataclasses import dataclass
from typing import Any

from doudi.web.accounts.roles import Role
from doudi.web.cleaning.models import CleanFigure, CleaningRun, Correction, CorrectionBatch, Issue, IssueTally, Task
from doudi.web.cleaning.sheets.models import FilledSheet, IssuedWorkbook, NationalExport, ReturnedWorkbook
from doudi.web.cleaning.sheets.workbooks.judging import Entry, Plan
from doudi.web.discovery.models import RunTally
from doudi.web.employment.models import EmploymentFigure, EmploymentLine, EmploymentRun
from doudi.web.intake.models import BatchState, ImportBatch, ImportFile
from doudi.web.jobs.models import Job
from doudi.web.matching.models import DuplicateProposal
from doudi.web.protection.vault import vault_store
from doudi.web.registry.models import Household, Person
from doudi.web.rulekeeping.models import ChangeKind, RuleChange
from doudi.web.trials.models import Trial

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
ISSUE_PAGES = (
    "issue", "issue_accept", "issue_correct", "issue_answer", "issue_send", "issue_back", "issue_exempt", "issue_lift"
)  # fmt: skip


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

    def arguments(self, village: str = VILLAGE) -> dict[str, dict[str, Any]]:
        """What the address of each page that needs it is told, to point into a village."""
        return {
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


def make_world(make: Any) -> World:
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
