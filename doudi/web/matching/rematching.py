"""Matching a standing table again, from its encrypted original: after the registry changed, or a better model came."""

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Officer
from doudi.web.audit.services import audit_record
from doudi.web.intake.models import ImportBatch
from doudi.web.intake.snapshots import snapshots_dir
from doudi.web.jobs.models import Job
from doudi.web.jobs.progress import Report
from doudi.web.jobs.services import job_queue
from doudi.web.matching import staging
from doudi.web.matching.keeping import COUNTS, keep_links
from doudi.web.matching.models import MatchRun
from doudi.web.matching.queries import run_visible
from doudi.web.protection.vault import vault_read
from doudi.web.refusal import ActionRefused

MOST_ROUNDS = 3

if TYPE_CHECKING:
    from doudi.feeds.sheet import SheetReading


def table_match_again(*, actor: Officer, run_id: int) -> Job:
    """Queue matching a table again; what people decided is kept.

    Raises `NotFound`, `ActionRefused` (`not_standing`).
    """
    with transaction.atomic():
        run = run_visible(actor=actor, run_id=run_id, action=Action.MATCH_DECIDE)
        if not run.snapshot.standing:
            raise ActionRefused("not_standing", _("这份表已被新的导入替换或撤销，不用再匹配。"))
        job = queue_again(actor, run)
        audit_record(
            action="match_again",
            actor=actor,
            region_code=run.region_code,
            subject_type="feed_table",
            subject_id=f"{run.feed} {run.month}",
        )
    return job


def match_again_later(*, actor: Officer, batch: ImportBatch) -> None:
    """Queue matching an import's tables once more: the registry came along. In the caller's transaction."""
    for run in MatchRun.objects.filter(snapshot__batch=batch, snapshot__standing=True):
        queue_again(actor, run)


def queue_again(actor: Officer, run: MatchRun) -> Job:
    """Queue matching one table again, in the caller's transaction."""
    return job_queue(
        actor=actor,
        kind="matching.again",
        title=_("重新匹配“%(title)s”%(month)s") % {"title": run.feed_title, "month": run.month},
        region_code=run.region_code,
        arguments={"run": run.pk},
    )


def reading_of(run: MatchRun) -> "SheetReading":
    """The table read again from the encrypted original. Raises `ActionRefused` (`no_original`)."""
    from doudi.feeds.sheet import read_sheet
    from doudi.web.intake.reading import contracts

    if run.original is None:
        raise ActionRefused("no_original", _("原始文件已不在，不能重新读取。"))
    return read_sheet(vault_read(run.original.original), contract=contracts()[run.feed], file_name=run.original.name)


def match_again(run: MatchRun, report: Report) -> dict[str, Any]:
    """Read, match, and put the new links in the place of the old ones in one transaction; run again, it starts over."""
    from doudi.matching.links import write_links

    report(_("读取 %s") % run.feed_title, 0, 0)
    reading = reading_of(run)
    for _round in range(MOST_ROUNDS):
        report(_("匹配 %s") % run.feed_title, 0, 0)
        before = MatchRun.objects.values_list("changes", flat=True).get(pk=run.pk)
        staged, said = staging.matched(reading, staging.Matcher.of(run.region_code))
        with transaction.atomic():
            run = MatchRun.objects.select_for_update(of=("self",)).select_related("snapshot").get(pk=run.pk)
            if run.changes != before:  # somebody decided meanwhile
                continue
            run.links.all().delete()
            for name in COUNTS:
                setattr(run, name, said[name])
            run.model_version, run.registry_version = said["model"], said["registry_version"]
            run.matched_at, run.changes = timezone.now(), run.changes + 1
            run.save()
            kept = keep_links(run, staged)
        write_links(snapshots_dir() / run.snapshot.folder, staged, basis=staging.basis_of(said), reading=reading)
        return {"rows": said["rows"], "kept": kept}
    raise ActionRefused("busy", _("匹配期间一直有人在认定，请稍后再试。"))
