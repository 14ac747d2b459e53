"""The long work of cleaning: the checks over everybody, and accepting many proposals. All of it or nothing."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from doudi.web.accounts.models import User
from doudi.web.accounts.scope import SYSTEM, Officer, officer_of
from doudi.web.audit.services import audit_record
from doudi.web.cleaning.checking import Checked, check_everybody
from doudi.web.cleaning.counting import keep_figures
from doudi.web.cleaning.merging import Merging, merge_issues
from doudi.web.cleaning.models import CleaningRun, Issue, RunState, TaskState
from doudi.web.cleaning.tasking import tasks_settle
from doudi.web.intake.differences import registry_version
from doudi.web.intake.writing import lock_registry
from doudi.web.jobs.models import Job
from doudi.web.jobs.progress import Report
from doudi.web.jobs.work import long_work
from doudi.web.refusal import NotAllowed
from doudi.web.registry.bulk import refresh_statistics

FREE_ROUNDS = 2
"""How often the checks are repeated because the registry changed meanwhile, before changes have to wait for them."""


def _failed(job: Job, code: str, message: str) -> None:
    CleaningRun.objects.filter(pk=job.arguments["run"]).update(state=RunState.FAILED, problem=message)


@long_work("cleaning.check", on_failure=_failed)
def check(job: Job, report: Report) -> dict[str, Any]:
    """Check everybody, then bring issues and figures up to it in one transaction. Run again, it starts over."""
    run = CleaningRun.objects.get(pk=job.arguments["run"])
    if run.state == RunState.DONE:
        return run.counts
    run.state = RunState.RUNNING
    run.save(update_fields=["state"])
    started = timezone.now()
    for attempt in range(FREE_ROUNDS + 1):
        version = registry_version()
        checked = check_everybody(run.as_of, report=report) if attempt < FREE_ROUNDS else None
        with transaction.atomic():
            state = lock_registry()
            if checked is not None and state.version != version:
                continue
            run = CleaningRun.objects.select_for_update().get(pk=run.pk)
            if run.state == RunState.DONE:
                return run.counts
            checked = checked or check_everybody(run.as_of, report=report)
            _keep(run, checked, job, report, seconds=(timezone.now() - started).total_seconds(), version=state.version)
        break
    refresh_statistics(Issue)
    return run.counts


def _keep(run: CleaningRun, checked: Checked, job: Job, report: Report, *, seconds: float, version: int) -> None:
    report(_("整理问题"), 0, 0)
    now = timezone.now()
    merged = merge_issues(
        checked.found, occasion=Merging(on=run.as_of, at=now, run=run), unjudged=checked.unjudged, report=report
    )
    tasks_settle(Issue.objects.filter(task__state__in=[TaskState.SENT, TaskState.RETURNED]))
    totals = keep_figures(run)
    run.state, run.finished_at, run.problem = RunState.DONE, now, ""
    run.registry_version, run.rulebook_digest = version, checked.digest
    run.counts = {
        **merged.counts(),
        **totals,
        "checks": len(checked.judged),
        "left_out": len(checked.unjudged),
        "cannot_tell": checked.cannot_tell,
        "households": checked.households,
        "persons": checked.persons,
        "seconds": round(seconds, 1),
    }
    run.save()
    audit_record(
        action="cleaning_done",
        actor=Officer(**job.arguments["officer"]),
        subject_type="cleaning_run",
        subject_id=str(run.pk),
        detail=run.counts,
    )


@long_work("cleaning.accept")
def accept(job: Job, report: Report) -> dict[str, Any]:
    """Accept the proposals of many issues: one transaction, known again by the request, so a repeat does nothing."""
    from doudi.web.cleaning.accepting import proposals_apply

    applied = proposals_apply(
        actor=asker(job),
        wanted=[(int(issue), str(mark)) for issue, mark in job.arguments["issues"]],
        request_key=UUID(job.arguments["request_key"]),
        report=report,
    )
    return {
        "batch": str(applied.key),
        "cells": applied.cells,
        "conflicts": len(applied.conflicts),
        "refused": len(applied.refused),
    }


def asker(job: Job) -> Officer:
    """Who asked for a job, with the posts held now: whoever lost the post meanwhile is refused. Raises `NotAllowed`."""
    identity = job.arguments["officer"]
    if identity["user_id"] is None:
        return SYSTEM
    user = User.objects.filter(pk=identity["user_id"]).first()
    if user is None:
        raise NotAllowed("not_allowed", _("发起人的账号已不在，没有办理。"))
    return officer_of(user, address=identity["address"])
