"""Starting a screening."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import WHOLE_COUNTRY, Officer, require
from doudi.web.audit.services import audit_record
from doudi.web.discovery.models import RunState, ScreeningRun
from doudi.web.intake.services import audit_identity
from doudi.web.jobs.services import job_queue
from doudi.web.refusal import ActionRefused
from doudi.web.registry.models import VillageTally


@transaction.atomic
def screening_start(*, actor: Officer, as_of: date) -> ScreeningRun:
    """Queue a screening as of a day. One at a time: while one waits or runs, that one is given back.

    Raises `NotAllowed` or `ActionRefused` (`no_registry`, `bad_day`).
    """
    require(actor, Action.SCREENING_RUN)
    if not date(2014, 1, 1) <= as_of <= date(2100, 12, 31):
        raise ActionRefused("bad_day", _("筛查日不对，请重新选择。"))
    if not VillageTally.objects.exists():
        raise ActionRefused("no_registry", _("还没有农户数据，请先导入户信息和人口信息。"))
    waiting = ScreeningRun.objects.select_for_update().filter(state__in=[RunState.QUEUED, RunState.RUNNING])
    present = waiting.order_by("-pk").first()
    if present is not None:
        if present.as_of != as_of:
            raise ActionRefused("screening_running", _("另一次筛查正在进行，请等它完成。"))
        return present
    run = ScreeningRun.objects.create(as_of=as_of, actor_id=actor.user_id, actor_name=actor.name)
    run.job = job_queue(
        actor=actor,
        kind="discovery.screen",
        title=_("筛查 %s") % as_of.isoformat(),
        region_code=WHOLE_COUNTRY if actor.everything else actor.reach(Action.SCREENING_RUN)[0].region,
        arguments={"run": run.pk, "officer": audit_identity(actor)},
    )
    run.save(update_fields=["job"])
    audit_record(
        action="screening_start",
        actor=actor,
        subject_type="screening",
        subject_id=str(run.pk),
        detail={"as_of": as_of.isoformat()},
    )
    return run
