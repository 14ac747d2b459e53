"""The long work of screening."""

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from doudi.web.accounts.scope import Officer
from doudi.web.audit.services import audit_record
from doudi.web.discovery.models import Alert, Clue, RunState, ScreeningRun
from doudi.web.discovery.results import previous_result, results_dir
from doudi.web.jobs.models import Job
from doudi.web.jobs.progress import Report
from doudi.web.jobs.work import long_work
from doudi.web.refusal import ActionRefused
from doudi.web.registry.bulk import refresh_statistics

if TYPE_CHECKING:
    from doudi.feeds.snapshot import Snapshot
    from doudi.screening.run import ScreeningResult

MOST_OF_A_PROBLEM = 2000


def _failed(job: Job, code: str, message: str) -> None:
    ScreeningRun.objects.filter(pk=job.arguments["run"]).update(state=RunState.FAILED, problem=message)


@long_work("discovery.screen", on_failure=_failed)
def screen(job: Job, report: Report) -> dict[str, Any]:
    """Read the registry, screen it, keep the result files, then alerts and clues in one transaction."""
    from doudi.rulebook import RulebookError
    from doudi.screening.run import RegistryTables
    from doudi.screening.run import screen as screen_tables
    from doudi.screening.thresholds import MissingParameters
    from doudi.web.assistance.keeping import keep_entitlements
    from doudi.web.assistance.models import EntitlementLine
    from doudi.web.discovery.clues import keep_results
    from doudi.web.discovery.region_alerts import alerts_before
    from doudi.web.discovery.rulebook import current_rulebook
    from doudi.web.intake.differences import registry_version
    from doudi.web.intake.snapshots import standing_snapshots
    from doudi.web.matching.keeping import links_write_all
    from doudi.web.registry.screening_tables import screening_tables

    run = ScreeningRun.objects.get(pk=job.arguments["run"])
    if run.state == RunState.DONE:
        return run.counts
    run.state, run.registry_version = RunState.RUNNING, registry_version()
    run.save(update_fields=["state", "registry_version"])
    report(_("读取户和人口"), 0, 0)
    tables = screening_tables()
    links_write_all()
    snapshots = standing_snapshots()
    report(_("计算事实和规则"), 0, 0)
    try:
        rulebook = current_rulebook(run.as_of)
        result = screen_tables(
            rulebook=rulebook,
            registry=RegistryTables(**tables),
            snapshots=snapshots,
            as_of=run.as_of,
            policies=None,
            previous=previous_result(run),
            earlier=alerts_before(run, rulebook),
            progress=lambda share, doing: report(doing, round(share * 100), 100),
        )
    except (RulebookError, MissingParameters) as problem:
        message = _("规则或参数有问题，没有筛查：%s") % str(problem)[:MOST_OF_A_PROBLEM]
        raise ActionRefused("rulebook", message) from problem
    try:
        report(_("保存结果"), 0, 0)
        folder = result.write(results_dir() / f"run-{run.pk}")
        with transaction.atomic():
            run = ScreeningRun.objects.select_for_update().get(pk=run.pk)
            if run.state == RunState.DONE:
                return run.counts
            counts = keep_results(run, result=result, report=report)
            counts |= keep_entitlements(run, result=result, report=report)
            run.state, run.finished_at, run.problem = RunState.DONE, timezone.now(), ""
            run.counts = {
                **counts,
                "rules": len(result.plan.rules),
                "households": tables["household"].num_rows,
                "persons": tables["person"].num_rows,
                "seconds": round(result.seconds, 1),
                **_how(result),
            }
            run.rulebook_digest = rulebook.digest
            run.snapshots = [_line(snapshot) for snapshot in snapshots]
            run.result_dir = folder.name
            run.save()
            audit_record(
                action="screening_done",
                actor=Officer(**job.arguments["officer"]),
                subject_type="screening",
                subject_id=str(run.pk),
                detail=run.counts,
            )
    finally:
        result.close()
    refresh_statistics(Clue, Alert, EntitlementLine)
    return run.counts


def _how(result: "ScreeningResult") -> dict[str, Any]:
    """How many households were worked out again upon the last screening, or why all of them were."""
    if result.basis is None:
        return {}
    return {"recomputed": result.basis.households} if result.incremental else {"whole_because": result.basis.refused}


def _line(snapshot: "Snapshot") -> dict[str, Any]:
    return {
        "feed": snapshot.feed,
        "title": snapshot.manifest["title"],
        "month": str(snapshot.month),
        "rows": snapshot.rows,
        "delivery": snapshot.folder.name,
    }
