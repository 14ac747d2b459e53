"""Starting the checks over the whole registry."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import WHOLE_COUNTRY, Officer, require
from doudi.web.audit.services import audit_record
from doudi.web.cleaning.models import CleaningRun, RunState
from doudi.web.intake.services import audit_identity
from doudi.web.jobs.services import job_queue
from doudi.web.refusal import ActionRefused
from doudi.web.registry.models import VillageTally


@transaction.atomic
def cleaning_start(*, actor: Officer, as_of: date) -> CleaningRun:
    """Queue the checks as of a day. One run at a time: while one waits or works, that one is given back.

    Raises `NotAllowed` or `ActionRefused` (`no_registry`, `bad_day`, `cleaning_running`).
    """
    require(actor, Action.CLEANING_RUN)
    if not date(2014, 1, 1) <= as_of <= date(2100, 12, 31):
        raise ActionRefused("bad_day", _("检查日不对，请重新选择。"))
    if not VillageTally.objects.exists():
        raise ActionRefused("no_registry", _("还没有农户数据，请先导入户信息和人口信息。"))
    waiting = CleaningRun.objects.select_for_update().filter(state__in=[RunState.QUEUED, RunState.RUNNING])
    present = waiting.order_by("-pk").first()
    if present is not None:
        if present.as_of != as_of:
            raise ActionRefused("cleaning_running", _("另一次数据检查正在进行，请等它完成。"))
        return present
    run = CleaningRun.objects.create(as_of=as_of, actor_id=actor.user_id, actor_name=actor.name)
    run.job = job_queue(
        actor=actor,
        kind="cleaning.check",
        title=_("数据检查 %s") % as_of.isoformat(),
        region_code=WHOLE_COUNTRY if actor.everything else actor.reach(Action.CLEANING_RUN)[0].region,
        arguments={"run": run.pk, "officer": audit_identity(actor)},
    )
    run.save(update_fields=["job"])
    audit_record(
        action="cleaning_start",
        actor=actor,
        subject_type="cleaning_run",
        subject_id=str(run.pk),
        detail={"as_of": as_of.isoformat()},
    )
    return run
