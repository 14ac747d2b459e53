"""Imports of files of this machine, run here and now: for the command line and the demonstration."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from doudi.web.accounts.scope import Officer
from doudi.web.intake.models import ImportBatch
from doudi.web.intake.services import batch_confirm, uploads_receive
from doudi.web.jobs.progress import Report, ignore
from doudi.web.jobs.services import job_run


@dataclass(frozen=True)
class LocalFile:
    """A file of this machine, offered the way an upload is."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def size(self) -> int:
        return self.path.stat().st_size

    def open(self, mode: str = "rb") -> BinaryIO:
        return self.path.open("rb")


def read_here(*, actor: Officer, files: Sequence[Path], month: str, report: Report = ignore) -> ImportBatch:
    """Receive and read the files; the batch then waits for confirmation, has nothing to do, or has failed."""
    batch = uploads_receive(actor=actor, files=[LocalFile(path) for path in files], month=month)
    return _run(batch, report)


def apply_here(
    *, actor: Officer, batch: ImportBatch, smaller_accepted: bool = False, report: Report = ignore
) -> ImportBatch:
    """Confirm a batch that was read, and write it. Raises `ActionRefused` as `batch_confirm` does."""
    return _run(batch_confirm(actor=actor, batch_id=batch.pk, smaller_accepted=smaller_accepted), report)


def _run(batch: ImportBatch, report: Report) -> ImportBatch:
    assert batch.job_id is not None  # noqa: S101 - every step of an import has its job
    job_run(job_id=batch.job_id, report=report)
    batch.refresh_from_db()
    return batch
