"""The long work of sheets: writing a large workbook, exporting a region in the national format."""

from typing import Any
from uuid import UUID

from doudi.web.cleaning.sheets.models import ReturnedWorkbook, ReturnState
from doudi.web.cleaning.sheets.workbooks.services import workbook_write
from doudi.web.jobs.models import Job
from doudi.web.jobs.progress import Report
from doudi.web.jobs.work import long_work


def _writing_failed(job: Job, code: str, message: str) -> None:
    ReturnedWorkbook.objects.filter(pk=job.arguments["workbook"], state=ReturnState.APPLYING).update(
        state=ReturnState.PREVIEW, problem=message
    )


@long_work("sheets.workbook", on_failure=_writing_failed)
def write_workbook(job: Job, report: Report) -> dict[str, Any]:
    """Write a confirmed workbook: all of it in one transaction, or nothing; run again, it writes nothing twice."""
    returned = workbook_write(
        key=UUID(job.arguments["workbook"]),
        user_id=job.arguments["user"],
        address=job.arguments["address"],
        report=report,
    )
    return {"state": returned.state, **returned.counts}
