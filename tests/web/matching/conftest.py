"""A small registered county and a department's table with one row of every kind."""

from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from doudi.web.accounts.roles import Role
from doudi.web.jobs.models import Job, JobState
from doudi.web.jobs.services import job_run
from doudi.web.matching.models import FeedLink, LinkState

from ..conftest import IDS, workbook

HEADERS = ["姓名", "身份证号", "乡镇", "村", "就医类型", "总费用", "报销金额", "个人自付", "结算日期"]
STAY = ("住院", 30000, 10000, 20000)
SLIP = IDS[2][:16] + str((int(IDS[2][16]) + 1) % 10) + IDS[2][17]
"""The id of 李秀英 with one digit wrong."""
EXACT = ("王建国", IDS[0])
REPAIRED = ("李秀英", SLIP)
DOUBTFUL = ("赵铁柱", IDS[1])
"""The id of 王小花 under another name."""
STRANGER = ("外地人", IDS[9])
UNREADABLE = ("无名氏", "123")


def settlements(*people, day="2023-07-01", name="医保结算明细_202307.xlsx"):
    rows = [[who, number, "东河乡", "上湾村", *STAY, day] for who, number in people]
    return [SimpleUploadedFile(name, workbook(HEADERS, rows))]


def key():
    return uuid4()


def run_jobs():
    """Whatever waits in the background, done now."""
    for job in Job.objects.filter(state=JobState.QUEUED).order_by("created_at"):
        done = job_run(job_id=job.pk)
        assert done.state == JobState.SUCCEEDED, done.error


@pytest.fixture
def medical(make):
    return make.officer(Role.DEPARTMENT_OFFICER, department="medical_insurance")


@pytest.fixture
def table(county, registered, upload):
    """One row of every kind, imported: exact, repaired, doubtful, not registered, unreadable."""
    return upload(county, settlements(EXACT, REPAIRED, DOUBTFUL, STRANGER, UNREADABLE), confirm=True)


@pytest.fixture
def doubtful(table):
    return FeedLink.objects.get(state=LinkState.OPEN)
