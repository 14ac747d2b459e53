"""How far a job is: a small file in the data folder, so that it moves while the database is in one long transaction."""

import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import UUID

from django.conf import settings

SECONDS_BETWEEN_WRITES = 0.2


@dataclass(frozen=True)
class Progress:
    """A step in words, and how much of it is done; `total` 0 means nobody knows."""

    phase: str = ""
    done: int = 0
    total: int = 0

    @property
    def percent(self) -> int | None:
        return min(100, self.done * 100 // self.total) if self.total else None


Report = Callable[[str, int, int], None]
"""report(phase, done, total): called by long work as it goes; cheap to call often."""


def ignore(phase: str, done: int = 0, total: int = 0) -> None:
    """For work nobody waits for."""


def _file(job_id: UUID) -> Path:
    return Path(settings.DOUDI_DATA_DIR) / "jobs" / f"{job_id}.json"


class Reporter:
    """Writes progress, at most five times a second but every new phase at once."""

    def __init__(self, job_id: UUID) -> None:
        self._path = _file(job_id)
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._phase = ""
        self._written = 0.0

    def __call__(self, phase: str, done: int = 0, total: int = 0) -> None:
        now = time.monotonic()
        if phase == self._phase and now - self._written < SECONDS_BETWEEN_WRITES:
            return
        self._phase, self._written = phase, now
        unfinished = self._path.with_suffix(f".{os.getpid()}.part")
        unfinished.write_text(json.dumps(asdict(Progress(phase, done, total)), ensure_ascii=False), encoding="utf-8")
        unfinished.replace(self._path)


def read_progress(job_id: UUID) -> Progress:
    """The last thing reported, or an empty progress."""
    try:
        return Progress(**json.loads(_file(job_id).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return Progress()


def forget_progress(job_id: UUID) -> None:
    _file(job_id).unlink(missing_ok=True)
