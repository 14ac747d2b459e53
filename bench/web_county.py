"""A synthetic county of any size brought into the site's database as an upload would be: received, read, previewed,
confirmed, written, screened. Only the parsing of the workbooks is left out (bench/import_sheet.py measures that): where
the reading job opens a file, it gets the county's table as if it had been read.

Used by bench/web_pages.py, which runs each step in a process of its own.
"""

import contextlib
import io
import threading
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO
from unittest import mock

AS_OF = date(2023, 8, 1)
MONTH = "2023-07"


@dataclass(frozen=True)
class Offered:
    """A stand-in for an uploaded file; its content only has to differ from file to file."""

    name: str

    @property
    def size(self) -> int:
        return len(self.name.encode())

    def open(self, mode: str = "rb") -> BinaryIO:
        return io.BytesIO(self.name.encode())


def readings_of(households: int, seed: int) -> dict[str, Any]:
    """Every sheet of the county as a clean reading, by the name of the file it would come in."""
    from django.conf import settings

    from doudi.feeds.contract import load_contracts
    from doudi.synth.county.whole import make_county
    from doudi.synth.sheets.readings import as_read
    from doudi.synth.tables.departments import department_tables
    from doudi.synth.tables.registry import registry_tables
    from doudi.synth.write import file_stem

    contracts = load_contracts(settings.DOUDI_RULES_DIR)
    county = make_county(households=households, seed=seed, as_of=AS_OF)
    tables = registry_tables(county) | department_tables(county)
    readings = {}
    for feed, table in tables.items():
        name = f"{file_stem(contracts[feed], AS_OF)}.csv"
        readings[name] = as_read(contracts[feed], table, name=name)
    return readings


def read(households: int, seed: int) -> dict[str, Any]:
    """Receive all sheets and run the reading job; the import then waits for its confirmation."""
    from doudi.web.demo import demo_officer
    from doudi.web.intake.models import BatchState
    from doudi.web.intake.services import uploads_receive
    from doudi.web.jobs.services import job_run

    readings = readings_of(households, seed)
    files = [Offered(name) for name in readings]

    def read_sheet(_content: bytes, *, file_name: str, **_options: Any) -> Any:
        return readings[file_name]

    with mock.patch("doudi.web.intake.reading.read_sheet", read_sheet):
        batch = uploads_receive(actor=demo_officer(), files=files, month=MONTH)
        clock = Clock()
        job_run(job_id=batch.job_id, report=clock)
    batch.refresh_from_db()
    if batch.state != BatchState.PREVIEW:
        raise SystemExit(f"reading ended in {batch.state}: {batch.problem}")
    return {"seconds": clock.total(), "phases": clock.phases()}


def apply() -> dict[str, Any]:
    """Confirm the import that waits and run the writing job."""
    from doudi.web.demo import create_demo_accounts, demo_officer
    from doudi.web.intake.models import BatchState, ImportBatch
    from doudi.web.intake.services import batch_confirm
    from doudi.web.jobs.services import job_run

    batch = ImportBatch.objects.get(state=BatchState.PREVIEW)
    batch = batch_confirm(actor=demo_officer(), batch_id=batch.pk)
    clock = Clock()
    job_run(job_id=batch.job_id, report=clock)
    batch.refresh_from_db()
    if batch.state != BatchState.APPLIED:
        raise SystemExit(f"writing ended in {batch.state}: {batch.problem}")
    found = {"seconds": clock.total(), "phases": clock.phases()}
    create_demo_accounts()
    return found


def screen() -> dict[str, Any]:
    """Run one screening job, repeated ones included: the second one updates the clues of the first."""
    from doudi.web.demo import demo_officer
    from doudi.web.discovery.services import screening_start
    from doudi.web.jobs.services import job_run

    run = screening_start(actor=demo_officer(), as_of=AS_OF)
    clock = Clock()
    job = job_run(job_id=run.job_id, report=clock)
    if job.error:
        raise SystemExit(job.error)
    run.refresh_from_db()
    return {"seconds": clock.total(), "phases": clock.phases(), "counts": run.counts}


class ChildrensMemory:
    """The most memory that one child of this process took, looked at several times a second.

    (What the system tells of children that ended counts the moment of the fork, when they still were their parent.)
    """

    def __init__(self) -> None:
        self.peak_mb = 0
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while True:
            for listed in Path("/proc/self/task").glob("*/children"):
                with contextlib.suppress(OSError, StopIteration):
                    for child in listed.read_text().split():
                        lines = Path(f"/proc/{child}/status").read_text().splitlines()
                        peak = next(line for line in lines if line.startswith("VmHWM"))
                        self.peak_mb = max(self.peak_mb, int(peak.split()[1]) // 1024)
            time.sleep(0.2)


class Clock:
    """How long each phase of a job took, by what it reports."""

    def __init__(self) -> None:
        self._now = time.perf_counter
        self._started = self._now()
        self._marks: list[tuple[str, float]] = []

    def __call__(self, phase: str, done: int = 0, total: int = 0) -> None:
        if not self._marks or self._marks[-1][0] != phase:
            self._marks.append((phase, self._now()))

    def total(self) -> float:
        return self._now() - self._started

    def phases(self) -> dict[str, float]:
        found: dict[str, float] = {}
        ends = [at for _phase, at in self._marks[1:]] + [self._now()]
        for (phase, at), end in zip(self._marks, ends, strict=True):
            found[phase] = round(found.get(phase, 0.0) + end - at, 2)
        return found
