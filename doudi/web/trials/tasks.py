"""The long work of trials."""

import secrets
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from doudi.standards.periods import Month
from doudi.standards.regions import RegionCode
from doudi.web.discovery.rulebook import current_rulebook
from doudi.web.intake.snapshots import standing_snapshots
from doudi.web.jobs.models import Job
from doudi.web.jobs.progress import Report
from doudi.web.jobs.work import long_work
from doudi.web.refusal import ActionRefused
from doudi.web.trials.models import Trial, TrialState
from doudi.web.trials.results import forget_result, registry_of, trials_dir

MOST_OF_A_PROBLEM = 2000


def _failed(job: Job, code: str, message: str) -> None:
    Trial.objects.filter(pk=job.arguments["trial"]).update(state=TrialState.FAILED, problem=message)


def _begun(job: Job) -> Trial:
    trial = Trial.objects.filter(pk=job.arguments["trial"]).first()
    if trial is None:
        raise ActionRefused("gone", _("这次推演或回测已经删除。"))
    trial.state = TrialState.RUNNING
    trial.save(update_fields=["state"])
    return trial


def _kept(trial: Trial, found: Any, counts: dict[str, Any]) -> dict[str, Any]:
    """Keep the files in a folder of their own, then point the trial to it."""
    before = trial.result_dir
    name = f"trial-{trial.pk}-{secrets.token_hex(4)}"
    found.write(trials_dir() / name)
    trial.counts, trial.result_dir, trial.problem = counts, name, ""
    trial.state, trial.finished_at = TrialState.DONE, timezone.now()
    trial.save()
    forget_result(before)
    return counts


@long_work("trials.what_if", on_failure=_failed)
def what_if(job: Job, report: Report) -> dict[str, Any]:
    """Screen the region by today's rules and by the changed ones, and keep what differs."""
    from doudi.rulebook import RulebookError
    from doudi.rulebook.drafting import changed_rulebook
    from doudi.screening.thresholds import MissingParameters
    from doudi.screening.trials.what_if import what_if as tried

    trial = _begun(job)
    report(_("读取户和人口"), 0, 0)
    registry = registry_of(RegionCode(trial.region_code))
    try:
        today = current_rulebook()
        found = tried(
            today=today,
            changed=changed_rulebook(today, trial.changes),
            registry=registry,
            snapshots=standing_snapshots(),
            as_of=trial.as_of,
            changes=trial.told,
            progress=lambda share, doing: report(doing, round(share * 100), 100),
        )
    except (RulebookError, MissingParameters) as problem:
        message = _("规则或参数有问题，没有推演：%s") % str(problem)[:MOST_OF_A_PROBLEM]
        raise ActionRefused("rulebook", message) from problem
    trial.rulebook_digest = today.digest
    report(_("保存结果"), 0, 0)
    return _kept(trial, found, {**found.total, "net": found.net, "extra_cost": found.extra_cost})


@long_work("trials.look_back", on_failure=_failed)
def look_back(job: Job, report: Report) -> dict[str, Any]:
    """Run today's rules over the past months of the region, and keep what they would have found."""
    from doudi.rulebook import RulebookError
    from doudi.screening.thresholds import MissingParameters
    from doudi.screening.trials.look_back import look_back as looked_back
    from doudi.screening.trials.look_back import month_ends

    trial = _begun(job)
    report(_("读取户和人口"), 0, 0)
    registry = registry_of(RegionCode(trial.region_code))
    days = month_ends(Month(trial.first_month), Month(trial.last_month))
    try:
        today = current_rulebook()
        found = looked_back(
            rulebook=today,
            registry=registry,
            snapshots=standing_snapshots(),
            days=days,
            today=days[-1],
            progress=lambda share, doing: report(doing, round(share * 100), 100),
        )
    except (RulebookError, MissingParameters) as problem:
        message = _("规则或参数有问题，没有回测：%s") % str(problem)[:MOST_OF_A_PROBLEM]
        raise ActionRefused("rulebook", message) from problem
    trial.rulebook_digest = today.digest
    report(_("保存结果"), 0, 0)
    return _kept(trial, found, dict(found.total))
