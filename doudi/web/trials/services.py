"""Starting and removing trials. Nothing of what is live is changed by one."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from doudi.standards.periods import Month
from doudi.standards.regions import RegionCode
from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import WHOLE_COUNTRY, Area, Officer, region_condition, require
from doudi.web.audit.services import audit_record
from doudi.web.discovery.rulebook import current_rulebook
from doudi.web.intake.services import audit_identity
from doudi.web.jobs.services import job_queue
from doudi.web.refusal import ActionRefused, NotFound
from doudi.web.registry.models import VillageTally
from doudi.web.trials.asking import Asked, check
from doudi.web.trials.models import Trial, TrialKind, TrialState
from doudi.web.trials.results import forget_result

MOST_MONTHS = 24
MOST_WAITING = 3


def trial_region(actor: Officer) -> RegionCode:
    """The region over which an officer's trials run: the first of the posts that allow them."""
    if actor.everything:
        return WHOLE_COUNTRY
    whole = [area.region for area in actor.reach(Action.TRIAL_RUN) if not area.department]
    if not whole:
        require(actor, Action.TRIAL_RUN)
        raise ActionRefused("no_region", _("您的岗位没有可以推演的地区。"))
    return whole[0]


@transaction.atomic
def what_if_start(*, actor: Officer, as_of: date, asked: Iterable[Asked], title: str = "") -> Trial:
    """Queue a what-if of checked changes. Raises `NotAllowed`, `ActionRefused` (`changes`, `no_registry`, `busy`)."""
    require(actor, Action.TRIAL_RUN)
    region = trial_region(actor)
    wanted = list(asked)
    book = current_rulebook()
    checked = check(wanted, book, region=region, on=as_of)
    if not checked.holds:
        first = next((problem for line in checked.lines for problem in line.problems), "")
        raise ActionRefused("changes", (checked.problems or [first])[0])
    trial = Trial(
        kind=TrialKind.WHAT_IF,
        title=title.strip() or _named(checked.told),
        as_of=as_of,
        asked=[one.as_json() for one in wanted],
        changes=checked.changes,
        told=checked.told,
        rulebook_digest=book.digest,
    )
    return _queued(trial, actor=actor, region=region, work="trials.what_if")


def _named(told: list[str]) -> str:
    if len(told) == 1:
        return told[0]
    return _("%(first)s 等 %(count)d 项改动") % {"first": told[0], "count": len(told)}


@transaction.atomic
def look_back_start(*, actor: Officer, first: Month, last: Month) -> Trial:
    """Queue a look-back over whole months. Raises `NotAllowed`, `ActionRefused` (`months`, `no_registry`, `busy`)."""
    require(actor, Action.TRIAL_RUN)
    if last < first:
        raise ActionRefused("months", _("结束月份早于开始月份。"))
    if last > first + (MOST_MONTHS - 1):
        raise ActionRefused("months", _("一次最多回测 %d 个月。") % MOST_MONTHS)
    if last.last_day > timezone.localdate():
        raise ActionRefused("months", _("结束月份还没有过完，请选更早的月份。"))
    title = _("%(first)s 至 %(last)s 的回测") % {"first": first, "last": last}
    trial = Trial(
        kind=TrialKind.LOOK_BACK, title=title, as_of=last.last_day, first_month=str(first), last_month=str(last)
    )
    return _queued(trial, actor=actor, region=trial_region(actor), work="trials.look_back")


def _queued(trial: Trial, *, actor: Officer, region: RegionCode, work: str) -> Trial:
    if not VillageTally.objects.filter(region_condition([Area(region)]), households__gt=0).exists():
        raise ActionRefused("no_registry", _("还没有农户数据，请先导入户信息和人口信息。"))
    waiting = Trial.objects.filter(actor_id=actor.user_id, state__in=[TrialState.QUEUED, TrialState.RUNNING])
    if waiting.count() >= MOST_WAITING:
        raise ActionRefused("busy", _("您已有 %d 个推演或回测在进行，请等完成后再开始。") % MOST_WAITING)
    trial.title = trial.title[:255]
    trial.region_code, trial.actor_id, trial.actor_name = region, actor.user_id, actor.name
    trial.save()
    trial.job = job_queue(
        actor=actor,
        kind=work,
        title=trial.title,
        region_code=region,
        arguments={"trial": trial.pk, "officer": audit_identity(actor)},
    )
    trial.save(update_fields=["job"])
    _noted(trial, actor, {"kind": trial.kind, "changes": trial.told}, action="trial_start")
    return trial


@transaction.atomic
def trial_delete(*, actor: Officer, trial_id: int) -> None:
    """Remove one's own trial and its files. Raises `NotFound`, `ActionRefused` (`not_own`, `running`)."""
    trial = Trial.objects.visible_to(actor).select_for_update().filter(pk=trial_id).first()
    if trial is None:
        raise NotFound("no_such_trial", _("没有这次推演或回测。"))
    require(actor, Action.TRIAL_RUN)
    if trial.actor_id != actor.user_id:
        raise ActionRefused("not_own", _("只能删除自己发起的推演和回测。"))
    if trial.state in {TrialState.QUEUED, TrialState.RUNNING}:
        raise ActionRefused("running", _("还在进行，完成后才能删除。"))
    folder = trial.result_dir
    _noted(trial, actor, {"title": trial.title}, action="trial_delete")
    trial.delete()
    transaction.on_commit(lambda: forget_result(folder))


def _noted(trial: Trial, actor: Officer, detail: dict[str, Any], *, action: str) -> None:
    audit_record(
        action=action,
        actor=actor,
        region_code=trial.region_code,
        subject_type="trial",
        subject_id=str(trial.pk),
        detail=detail,
    )
