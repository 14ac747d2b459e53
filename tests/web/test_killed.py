"""A worker killed half-way leaves no half state, and the next one finishes what it began: imports and screenings.

Each test starts a real worker process on the test's own database, stops it dead (SIGKILL) at one point of the work,
looks at what is there, and lets a fresh worker go on.
"""

import os
import signal
import subprocess
import sys
import textwrap
import time
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from doudi.web.accounts.roles import Role
from doudi.web.audit.services import audit_verify
from doudi.web.discovery.models import Alert, Clue, RunState, RunTally, ScreeningRun
from doudi.web.discovery.services import screening_start
from doudi.web.intake.models import BatchState, ImportBatch, RowImage
from doudi.web.intake.services import batch_confirm, batch_undo, uploads_receive
from doudi.web.jobs.models import Job, JobState
from doudi.web.registry.models import Household, HouseholdIncome, Person, VillageTally

pytestmark = pytest.mark.django_db(transaction=True)

WORKER = """
import importlib, pathlib, time
import django
django.setup()
from django.core.management import call_command
module, name = {point!r}.split(":")
module = importlib.import_module(module)
done = getattr(module, name)

def stop_here(*args, **kwargs):
    if {before!r}:
        pathlib.Path({marker!r}).touch()
        time.sleep(600)
    result = done(*args, **kwargs)
    pathlib.Path({marker!r}).touch()
    time.sleep(600)
    return result

setattr(module, name, stop_here)
call_command("worker", "--batch")
"""


def database_address() -> str:
    now = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite://{now['NAME']}"
    return f"postgresql://{now['USER']}:{now['PASSWORD']}@{now['HOST']}:{now['PORT']}/{now['NAME']}"


def kill_a_worker_at(point: str, *, before: bool = False) -> None:
    """Run a worker until it comes to `module:function` (before or after calling it), and kill it there."""
    marker = Path(settings.DOUDI_DATA_DIR) / "reached"
    marker.unlink(missing_ok=True)
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "doudi.web.settings.base",
        "DOUDI_DATA_DIR": str(settings.DOUDI_DATA_DIR),
        "DOUDI_DATABASE_URL": database_address(),
        "DOUDI_SECRET_KEY": settings.SECRET_KEY,
        "DOUDI_RULES_DIR": str(settings.DOUDI_RULES_DIR),
    }
    script = textwrap.dedent(WORKER).format(point=point, before=before, marker=str(marker))
    worker = subprocess.Popen([sys.executable, "-c", script], env=environment, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not marker.exists():
        if worker.poll() is not None or time.monotonic() > deadline:
            worker.kill()
            pytest.fail(f"the worker never came to {point}: {worker.communicate()[1].decode()[-2000:]}")
        time.sleep(0.02)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    connection.close()


def counts() -> tuple[int, ...]:
    models = (Household, Person, HouseholdIncome, VillageTally, RowImage)
    return tuple(model.objects.count() for model in models)


@pytest.fixture
def county(make):
    return make.officer(Role.COUNTY_OFFICER)


def finish() -> Job:
    call_command("worker", "--batch")
    job = Job.objects.latest("created_at")
    assert job.state == JobState.SUCCEEDED, job.error
    assert audit_verify().whole
    return job


READING = [
    ("doudi.web.intake.reading:_read_file", False),
    ("doudi.web.intake.tasks:compare", True),
    ("doudi.web.intake.tasks:_preview", False),
]
WRITING = [
    ("doudi.web.intake.tasks:encrypted", False),
    ("doudi.web.intake.writing:_insert", False),
    ("doudi.web.intake.tasks:registry_changed", False),
    ("doudi.web.intake.tasks:audit_record", False),
]


@pytest.mark.parametrize(("point", "before"), READING)
def test_a_reading_that_was_killed_starts_over(county, sheets, point, before):
    batch = uploads_receive(actor=county, files=sheets.files(), month="2023-07")
    kill_a_worker_at(point, before=before)
    batch.refresh_from_db()
    assert batch.state == BatchState.PARSING
    assert batch.summary == {}
    finish()
    batch.refresh_from_db()
    assert batch.state == BatchState.PREVIEW
    assert [table["added"] for table in batch.summary["tables"]] == [4, 2, 3, 2]


@pytest.mark.parametrize(("point", "before"), WRITING)
def test_a_writing_that_was_killed_leaves_nothing_and_is_finished(county, sheets, upload, point, before):
    batch = upload(county, sheets.files())
    batch_confirm(actor=county, batch_id=batch.pk)
    kill_a_worker_at(point, before=before)
    assert counts() == (0, 0, 0, 0, 0)
    assert ImportBatch.objects.get().state == BatchState.APPLYING
    finish()
    assert counts() == (2, 3, 2, 2, 0)
    assert ImportBatch.objects.get().state == BatchState.APPLIED


def test_a_writing_killed_after_it_was_kept_is_not_written_twice(county, sheets, upload):
    batch = upload(county, sheets.files())
    batch_confirm(actor=county, batch_id=batch.pk)
    kill_a_worker_at("doudi.web.intake.tasks:refresh_statistics", before=True)
    assert counts() == (2, 3, 2, 2, 0)
    finish()
    assert counts() == (2, 3, 2, 2, 0)
    assert Job.objects.latest("created_at").attempts == 2


def test_an_undoing_that_was_killed_leaves_all_and_is_finished(county, sheets, upload):
    batch = upload(county, sheets.files(), confirm=True)
    batch_undo(actor=county, batch_id=batch.pk)
    kill_a_worker_at("doudi.web.intake.tasks:take_back")
    assert counts() == (2, 3, 2, 2, 0)
    finish()
    assert counts() == (0, 0, 0, 0, 0)


SCREENING = [
    ("doudi.web.registry.screening_tables:screening_tables", False),
    ("doudi.screening.run:screen", False),
    ("doudi.web.discovery.clues:_with_database_keys", True),
    ("doudi.web.discovery.clues:_keep_clues", False),
    ("doudi.web.discovery.clues:_keep_tallies", False),
    ("doudi.web.discovery.tasks:audit_record", False),
]


@pytest.mark.parametrize(("point", "before"), SCREENING)
def test_a_screening_that_was_killed_leaves_nothing_and_is_finished(county, sheets, upload, point, before):
    upload(county, sheets.files(), confirm=True)
    screening_start(actor=county, as_of=date(2023, 8, 1))
    kill_a_worker_at(point, before=before)
    assert (Alert.objects.count(), Clue.objects.count(), RunTally.objects.count()) == (0, 0, 0)
    assert ScreeningRun.objects.get().state == RunState.RUNNING
    finish()
    run = ScreeningRun.objects.get()
    assert run.state == RunState.DONE
    assert Clue.objects.exists()
    assert Alert.objects.filter(run=run, level__in=["red", "yellow"]).count() == run.alert_count > 0
