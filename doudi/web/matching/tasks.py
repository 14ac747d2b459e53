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


@long_work("matching.again")
def again(job: Job, report: Report) -> dict[str, Any]:
    """Match a standing table again, then bring its data up to date with what was decided meanwhile."""
    from doudi.web.matching.keeping import links_write
    from doudi.web.matching.models import MatchRun
    from doudi.web.matching.rematching import match_again

    run = MatchRun.objects.select_related("snapshot", "original__original").get(pk=job.arguments["run"])
    found = match_again(run, report)
    links_write(MatchRun.objects.select_related("snapshot").get(pk=run.pk))
    return found


@long_work("matching.duplicates")
def duplicates(job: Job, report: Report) -> dict[str, Any]:
    """Look through the registry of a place for persons and households that stand in it twice."""
    from doudi.web.matching.finding import find

    return find(job.region_code, report)
