"""What a waiting page asks."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from doudi.web.accounts.scope import Officer
from doudi.web.jobs.models import Job, JobState
from doudi.web.jobs.progress import read_progress
from doudi.web.refusal import NotFound


@dataclass(frozen=True)
class JobStatus:
    """A job with how far it is; `percent` is None while nobody knows."""

    id: UUID
    kind: str
    title: str
    state: str
    is_over: bool
    phase: str
    done: int
    total: int
    percent: int | None
    error_code: str
    error: str
    result: dict[str, Any] | None
    actor_name: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


def status_of(job: Job) -> JobStatus:
    """No SQL statement: the progress is in a file."""
    progress = read_progress(job.pk)
    phase, percent = progress.phase, progress.percent
    if job.state == JobState.SUCCEEDED:
        phase, percent = _("完成"), 100
    elif job.state == JobState.QUEUED and not phase:
        phase = _("排队等待")
    return JobStatus(
        id=job.pk,
        kind=job.kind,
        title=job.title,
        state=job.state,
        is_over=job.is_over,
        phase=phase,
        done=progress.done,
        total=progress.total,
        percent=percent,
        error_code=job.error_code,
        error=job.error,
        result=job.result,
        actor_name=job.actor_name,
        created_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
    )


def job_status(*, actor: Officer, job_id: UUID) -> JobStatus:
    """One job the actor may see. One SQL statement. Raises `NotFound`."""
    job = Job.objects.visible_to(actor).filter(pk=job_id).first()
    if job is None:
        raise NotFound("no_such_job", _("没有这个任务，或不在您的管辖范围内。"))
    return status_of(job)
