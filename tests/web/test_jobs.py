"""Long work shows how far it is, fails with a sentence, and starts again when its worker was killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.core.management import call_command
from django_tasks_db.models import DBTaskResult

from doudi.web.accounts.roles import Role
from doudi.web.jobs import work
from doudi.web.jobs.models import Job, JobState
from doudi.web.jobs.progress import Progress, Reporter, read_progress
from doudi.web.jobs.queries import job_status
from doudi.web.jobs.services import MOST_ATTEMPTS, job_queue, job_run, jobs_recover
from doudi.web.jobs.workers import Presence, is_alive, new_worker_id
from doudi.web.refusal import ActionRefused, NotFound

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def kinds(monkeypatch):
    """Kinds of work that exist in this test only."""
    monkeypatch.setattr(work, "WORK", kinds := dict(work.WORK))
    monkeypatch.setattr("doudi.web.jobs.services.WORK", kinds)
    return kinds


def queue(actor, kind="test", **arguments):
    return job_queue(actor=actor, kind=kind, title="试", region_code="149901000000", arguments=arguments)


def test_queued_work_is_done_by_a_worker(make, kinds):
    kinds["test"] = lambda job, report: {"sum": job.arguments["a"] + 1}
    job = queue(make.officer(Role.COUNTY_OFFICER), a=1)
    assert job_status(actor=make.officer(Role.COUNTY_OFFICER), job_id=job.pk).state == JobState.QUEUED
    call_command("worker", "--batch")
    status = job_status(actor=make.officer(Role.COUNTY_OFFICER), job_id=job.pk)
    assert (status.state, status.result, status.percent) == (JobState.SUCCEEDED, {"sum": 2}, 100)


def test_a_refusal_is_told_as_it_is(make, kinds):
    def refuse(job, report):
        raise ActionRefused("too_late", "已过期限")

    kinds["test"] = refuse
    job = job_run(job_id=queue(make.officer(Role.COUNTY_OFFICER)).pk)
    assert (job.state, job.error_code, job.error) == (JobState.FAILED, "too_late", "已过期限")


def test_an_error_of_the_program_shows_no_details(make, kinds):
    def break_down(job, report):
        raise ZeroDivisionError("secret detail")

    kinds["test"] = break_down
    job = job_run(job_id=queue(make.officer(Role.COUNTY_OFFICER)).pk)
    assert job.state == JobState.FAILED
    assert "secret" not in job.error
    assert str(job.pk) in job.error


def test_progress_is_seen_while_the_work_is_in_a_transaction(make):
    job = queue(make.officer(Role.COUNTY_OFFICER))
    assert read_progress(job.pk) == Progress()
    report = Reporter(job.pk)
    report("读取", 1, 4)
    assert read_progress(job.pk).percent == 25
    report("读取", 2, 4)  # too soon after the last one
    assert read_progress(job.pk).done == 1
    report("写入")
    assert read_progress(job.pk) == Progress("写入", 0, 0)


def test_a_job_over_is_not_done_again(make, kinds):
    calls = []
    kinds["test"] = lambda job, report: calls.append(1) or {}
    job = queue(make.officer(Role.COUNTY_OFFICER))
    job_run(job_id=job.pk)
    job_run(job_id=job.pk)
    assert calls == [1]


def test_a_living_worker_is_known_by_its_lock():
    worker_id = new_worker_id()
    assert not is_alive(worker_id)
    with Presence(worker_id):
        assert is_alive(worker_id)
    assert not is_alive(worker_id)
    assert is_alive("another-machine:1:abc")


def test_work_of_a_dead_worker_starts_again(make, kinds):
    kinds["test"] = lambda job, report: {"done": True}
    job = queue(make.officer(Role.COUNTY_OFFICER))
    DBTaskResult.objects.get(pk=job.task_id).claim(new_worker_id())
    Job.objects.update(state=JobState.RUNNING, attempts=1)
    assert jobs_recover() == 1
    call_command("worker", "--batch")
    job.refresh_from_db()
    assert (job.state, job.attempts) == (JobState.SUCCEEDED, 2)


def test_work_that_kills_its_worker_again_and_again_is_given_up(make, kinds):
    job = queue(make.officer(Role.COUNTY_OFFICER))
    DBTaskResult.objects.get(pk=job.task_id).claim(new_worker_id())
    Job.objects.update(state=JobState.RUNNING, attempts=MOST_ATTEMPTS)
    assert jobs_recover() == 0
    job.refresh_from_db()
    assert (job.state, job.error_code) == (JobState.FAILED, "worker_died")


def test_work_of_a_living_worker_is_left_alone(make):
    job = queue(make.officer(Role.COUNTY_OFFICER))
    with Presence(worker_id := new_worker_id()):
        DBTaskResult.objects.get(pk=job.task_id).claim(worker_id)
        assert jobs_recover() == 0


def test_a_job_is_seen_by_who_asked_for_it_and_by_the_county(make):
    department = make.officer(Role.DEPARTMENT_OFFICER)
    job = queue(department)
    assert job_status(actor=department, job_id=job.pk)
    assert job_status(actor=make.officer(Role.COUNTY_OFFICER), job_id=job.pk)
    for role in (Role.DEPARTMENT_OFFICER, Role.VILLAGE_CADRE, Role.LEADER, Role.SYSTEM_ADMIN, Role.AUDITOR):
        with pytest.raises(NotFound):
            job_status(actor=make.officer(role), job_id=job.pk)
    with pytest.raises(NotFound):
        job_status(actor=make.officer(Role.COUNTY_OFFICER, "149902000000"), job_id=job.pk)


def test_a_worker_leaves_with_the_server_that_started_it(settings):
    folder = settings.DOUDI_DATA_DIR
    script = (
        "import subprocess, sys, os, time;"
        "p = subprocess.Popen([sys.executable, '-m', 'doudi.web', 'worker', '--parent', str(os.getpid())]);"
        "print(p.pid, flush=True); time.sleep(4)"
    )
    environment = {**os.environ, "DOUDI_DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "doudi.web.settings.base"}
    environment.pop("DOUDI_DATABASE_URL", None)
    subprocess.run([sys.executable, "-m", "doudi.web", "migrate"], env=environment, check=True, capture_output=True)
    parent = subprocess.Popen([sys.executable, "-c", script], env=environment, stdout=subprocess.PIPE, text=True)
    pid = int(parent.stdout.readline())
    time.sleep(2)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    for _ in range(100):
        if not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text().split(")")[1][:3]:
            return
        time.sleep(0.1)
    os.kill(pid, signal.SIGKILL)
    pytest.fail("the worker outlived its server")
