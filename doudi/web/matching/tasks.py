"""The long work of matching: decisions into the data, and looking for duplicates."""

from typing import Any

from doudi.web.jobs.models import Job
from doudi.web.jobs.progress import Report
from doudi.web.jobs.work import long_work


@long_work("matching.write")
def write(job: Job, report: Report) -> dict[str, Any]:
    """Write what was decided into the data of one table, so that the next screening uses it."""
    from doudi.web.matching.keeping import links_write
    from doudi.web.matching.models import MatchRun

    run = MatchRun.objects.select_related("snapshot").filter(pk=job.arguments["run"]).first()
    return {"written": links_write(run) if run is not None else False}
