"""The one task of the queue: run a job."""

from uuid import UUID

from django_tasks import task


@task()
def run_job(job_id: str) -> None:
    from doudi.web.jobs.services import job_run

    job_run(job_id=UUID(job_id))
