"""What an import writes, as these tests read it."""

from django.core.files.uploadedfile import SimpleUploadedFile

from doudi.web.intake.services import (
    batch_undo,
)
from doudi.web.jobs.models import JobState
from doudi.web.jobs.services import job_run
from doudi.web.regions.models import Region
from doudi.web.registry.models import Household, HouseholdIncome, Person

from ..conftest import workbook

VILLAGE, NEXT_VILLAGE = "149901101201", "149901101202"
SETTLEMENT_HEADERS = ["姓名", "身份证号", "就医类型", "总费用", "报销金额", "个人自付", "结算日期"]


def counts(batch):
    return {table["table"]: (table["added"], table["changed"], table["left"]) for table in batch.summary["tables"]}


def undo(actor, batch):
    job = job_run(job_id=batch_undo(actor=actor, batch_id=batch.pk).job_id)
    assert job.state == JobState.SUCCEEDED, job.error
    batch.refresh_from_db()
    return batch


def registry():
    """Everything an import writes, as it can be read."""
    return (
        sorted(Region.objects.values_list("code", "name", "level", "parent_id")),
        sorted(
            (h.household_no, h.region_code, h.head_name, h.phone or "", h.size_now) for h in Household.objects.all()
        ),
        sorted((p.household.household_no, p.name, p.resident_id or "", str(p.health)) for p in Person.objects.all()),
        sorted(HouseholdIncome.objects.values_list("household__household_no", "income_year", "per_capita_income")),
    )


NOTHING = ([], [], [], [])


def settlements(*rows, name="医保结算明细_202307.xlsx"):
    return [SimpleUploadedFile(name, workbook(SETTLEMENT_HEADERS, list(rows)))]
