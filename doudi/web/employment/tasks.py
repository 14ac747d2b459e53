"""The long work of comparing employment data."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from doudi.web.accounts.scope import Officer
from doudi.web.audit.services import audit_record
from doudi.web.employment.models import EmploymentLine, EmploymentRun, RunState
from doudi.web.jobs.models import Job
from doudi.web.jobs.progress import Report
from doudi.web.jobs.work import long_work
from doudi.web.refusal import ActionRefused
from doudi.web.registry.bulk import refresh_statistics

MOST_OF_A_PROBLEM = 2000


def _failed(job: Job, code: str, message: str) -> None:
    EmploymentRun.objects.filter(pk=job.arguments["run"]).update(state=RunState.FAILED, problem=message)


@long_work("employment.compare", on_failure=_failed)
def compare_all(job: Job, report: Report) -> dict[str, Any]:
    """Read the registry and the snapshots, compare, keep lines and figures in one transaction."""
    from doudi.rulebook import MissingParameter, RulebookError
    from doudi.screening.employment.comparing import compare
    from doudi.screening.inputs import RegistryTables
    from doudi.web.discovery.rulebook import current_rulebook
    from doudi.web.employment.keeping import keep_comparison
    from doudi.web.intake.snapshots import standing_snapshots
    from doudi.web.registry.screening_tables import screening_tables

    run = EmploymentRun.objects.get(pk=job.arguments["run"])
    if run.state == RunState.DONE:
        return run.counts
    EmploymentRun.objects.filter(pk=run.pk).update(state=RunState.RUNNING)
    report(_("读取户和人口"), 0, 0)
    tables = screening_tables()
    report(_("比对就业数据"), 0, 0)
    try:
        found = compare(
            current_rulebook(run.as_of),
            registry=RegistryTables(**tables),
            snapshots=standing_snapshots(),
            as_of=run.as_of,
        )
    except (RulebookError, MissingParameter) as problem:
        message = _("规则或参数有问题，没有比对：%s") % str(problem)[:MOST_OF_A_PROBLEM]
        raise ActionRefused("rulebook", message) from problem
    report(_("保存结果"), 0, 0)
    with transaction.atomic():
        run = EmploymentRun.objects.select_for_update().get(pk=run.pk)
        if run.state == RunState.DONE:
            return run.counts
        keep_comparison(run, found, report=report)
        run.state, run.finished_at, run.problem = RunState.DONE, timezone.now(), ""
        run.save()
        audit_record(
            action="employment_compared",
            actor=Officer(**job.arguments["officer"]),
            subject_type="employment",
            subject_id=str(run.pk),
            detail=run.counts,
        )
    refresh_statistics(EmploymentLine)
    return run.counts
