"""Queueing long work, running it, and starting it again after a worker died."""

import logging
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from doudi.web.accounts.scope import Officer
from doudi.web.jobs import workers
from doudi.web.jobs.models import Job, JobState
from doudi.web.jobs.progress import Report, Reporter, forget_progress
from doudi.web.jobs.tasks import run_job
from doudi.web.jobs.work import ON_FAILURE, WORK
from doudi.web.refusal import ActionRefused

log = logging.getLogger("doudi.jobs")

MOST_ATTEMPTS = 3


def job_queue(
    *, actor: Officer, kind: str, title: str, region_code: str, arguments: dict[str, Any] | None = None
) -> Job:
    """Queue one piece of long work, within the caller's transaction: it starts only when that one is kept."""
    with transaction.atomic():
        job = Job.objects.create(
            kind=kind,
            title=title[:255],
            arguments=arguments or {},
            actor_id=actor.user_id,
            actor_name=actor.name,
            region_code=region_code,
        )
        job.task_id = UUID(run_job.enqueue(str(job.pk)).id)
        job.save(update_fields=["task_id"])
    return job


def job_run(*, job_id: UUID, report: Report | None = None) -> Job:
    """Do the work of a job in this process; a job that is over stays as it is. The work's own errors are not raised."""
    job = Job.objects.get(pk=job_id)
    if job.is_over:
        return job
    job.state = JobState.RUNNING
    job.attempts += 1
    job.started_at = timezone.now()
    job.save(update_fields=["state", "attempts", "started_at"])
    reporter = Reporter(job.pk)

    def tell(phase: str, done: int = 0, total: int = 0) -> None:
        reporter(phase, done, total)
        if report is not None:
            report(phase, done, total)

    try:
        result = WORK[job.kind](job, tell)
    except ActionRefused as refusal:
        return _job_failed(job, refusal.code, refusal.message)
    except Exception as problem:
        code = getattr(problem, "code", None)
        message = getattr(problem, "message", None)
        if isinstance(code, str) and isinstance(message, str):
            return _job_failed(job, code, message)
        log.exception("job %s (%s) failed", job.pk, job.kind)
        return _job_failed(job, "unexpected", _("系统出错，数据没有改动。请把任务编号告诉管理员：%s") % job.pk)
    job.state, job.result, job.error, job.error_code = JobState.SUCCEEDED, result, "", ""
    job.finished_at = timezone.now()
    job.save(update_fields=["state", "result", "error", "error_code", "finished_at"])
    forget_progress(job.pk)
    return job


def _job_failed(job: Job, code: str, message: str) -> Job:
    with transaction.atomic():
        job.state, job.error_code, job.error = JobState.FAILED, code[:64], message
        job.finished_at = timezone.now()
        job.save(update_fields=["state", "error_code", "error", "finished_at"])
        if job.kind in ON_FAILURE:
            ON_FAILURE[job.kind](job, code, message)
    forget_progress(job.pk)
    return job


def jobs_recover() -> int:
    """Put back into the queue what dead workers left half done; after three deaths give the job up. Gives how many."""
    recovered = 0
    for result in DBTaskResult.objects.filter(status=TaskResultStatus.RUNNING):
        worker = (result.worker_ids or [""])[-1]
        if workers.is_alive(worker):
            continue
        with transaction.atomic():
            taken = DBTaskResult.objects.filter(pk=result.pk, status=TaskResultStatus.RUNNING)
            job = Job.objects.select_for_update().filter(task_id=result.pk).first()
            if job is None or job.is_over:
                taken.update(status=TaskResultStatus.SUCCESSFUL, finished_at=timezone.now())
            elif job.attempts >= MOST_ATTEMPTS:
                taken.update(status=TaskResultStatus.FAILED, finished_at=timezone.now())
                _job_failed(job, "worker_died", _("后台进程在处理中多次中断，已停止重试。请联系管理员。"))
            elif taken.update(status=TaskResultStatus.READY):
                job.state = JobState.QUEUED
                job.save(update_fields=["state"])
                recovered += 1
                log.warning("job %s (%s) starts again: its worker %s is gone", job.pk, job.kind, worker)
    return recovered
