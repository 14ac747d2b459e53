"""The long work of sheets: writing a large workbook, exporting a region in the national format."""

from typing import Any
from uuid import UUID

from doudi.web.cleaning.sheets.models import ExportState, NationalExport, ReturnedWorkbook, ReturnState
from doudi.web.cleaning.sheets.national.services import export_build
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


def _export_failed(job: Job, code: str, message: str) -> None:
    NationalExport.objects.filter(pk=job.arguments["export"]).update(state=ExportState.FAILED, problem=message)


@long_work("sheets.national", on_failure=_export_failed)
def build_national(job: Job, report: Report) -> dict[str, Any]:
    """Build an export in the national format; run again, it starts over."""
    export = export_build(
        export_id=job.arguments["export"],
        user_id=job.arguments["user"],
        address=job.arguments["address"],
        report=report,
    )
    return {"state": export.state, **export.counts}
