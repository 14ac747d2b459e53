"""The kinds of long work. An app declares one in its `tasks.py`:

    @long_work("intake.apply")
    def apply(job: Job, report: Report) -> dict[str, Any]: ...

The function must do its work in one transaction, or be safe to run again from the start: a worker that dies half-way
is followed by another one that calls it once more with the same arguments.
"""

from collections.abc import Callable
from typing import Any

from doudi.web.jobs.models import Job
from doudi.web.jobs.progress import Report

Work = Callable[[Job, Report], dict[str, Any]]
OnFailure = Callable[[Job, str, str], None]

WORK: dict[str, Work] = {}
ON_FAILURE: dict[str, OnFailure] = {}


def long_work(kind: str, *, on_failure: OnFailure | None = None) -> Callable[[Work], Work]:
    """Declare a kind of long work; `on_failure(job, code, sentence)` records the failure on what the job was about."""

    def declare(function: Work) -> Work:
        if kind in WORK:
            raise ValueError(f"{kind} is declared twice")
        WORK[kind] = function
        if on_failure is not None:
            ON_FAILURE[kind] = on_failure
        return function

    return declare
