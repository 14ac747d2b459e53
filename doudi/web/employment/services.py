"""Starting a comparison, and taking over into the registry what a source says of a person's work."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from doudi.screening.employment.comparing import compare
from doudi.screening.inputs import RegistryTables
from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import WHOLE_COUNTRY, Officer, require
from doudi.web.audit.services import audit_record
from doudi.web.cleaning.correcting import Applied, CellChange, corrections_apply
from doudi.web.cleaning.models import How
from doudi.web.discovery.rulebook import current_rulebook
from doudi.web.employment.keeping import renew_line
from doudi.web.employment.models import EmploymentLine, EmploymentRun, RunState
from doudi.web.employment.offers import offers_of
from doudi.web.intake.services import audit_identity
from doudi.web.intake.snapshots import standing_snapshots
from doudi.web.jobs.services import job_queue
from doudi.web.refusal import ActionRefused, NotFound
from doudi.web.registry.models import VillageTally
from doudi.web.registry.screening_tables import tables_of_households


@transaction.atomic
def employment_compare(*, actor: Officer, as_of: date) -> EmploymentRun:
    """Queue a comparison. One at a time: while one waits or runs, that one is given back.

    Raises `NotAllowed`, `ActionRefused` (`no_registry`).
    """
    require(actor, Action.CLEANING_RUN)
    if not VillageTally.objects.exists():
        raise ActionRefused("no_registry", _("还没有农户数据，请先导入户信息和人口信息。"))
    waiting = EmploymentRun.objects.select_for_update().filter(state__in=[RunState.QUEUED, RunState.RUNNING])
    if (present := waiting.order_by("-pk").first()) is not None:
        return present
    run = EmploymentRun.objects.create(as_of=as_of, actor_id=actor.user_id, actor_name=actor.name)
    run.job = job_queue(
        actor=actor,
        kind="employment.compare",
        title=_("就业数据比对 %s") % as_of.isoformat(),
        region_code=WHOLE_COUNTRY if actor.everything else actor.reach(Action.CLEANING_RUN)[0].region,
        arguments={"run": run.pk, "officer": audit_identity(actor)},
    )
    run.save(update_fields=["job"])
    audit_record(
        action="employment_compare",
        actor=actor,
        subject_type="employment",
        subject_id=str(run.pk),
        detail={"as_of": as_of.isoformat()},
    )
    return run


@transaction.atomic
def employment_take(
    *, actor: Officer, line_id: int, chosen: Mapping[str, str], seen: Mapping[str, str | None], request_key: UUID
) -> Applied:
    """Take over values of sources into the registry. `chosen`: column → source; `seen`: column → what the person saw.

    The person's line is worked out anew with the changed registry. A cell that somebody changed meanwhile is left alone
    (`Applied.conflicts`). Raises `NotFound`, `NotAllowed`, `ActionRefused` (`nothing_chosen`).
    """
    lines = EmploymentLine.objects.visible_to(actor).select_related("household", "person", "run")
    line = lines.select_for_update(of=("self",)).filter(pk=line_id).first()
    if line is None:
        raise NotFound("no_such_line", _("没有这条比对结果，或不在您的管辖范围内；可能已经重新比对。"))
    require(actor, Action.CLEANING_CORRECT, line.region_code)
    offers = {(one.column, one.source): one for one in offers_of(line.sources)}
    changes = [
        CellChange("person", line.person_id, column, seen.get(column), offers[column, source].text)
        for column, source in chosen.items()
        if (column, source) in offers
    ]
    if not changes:
        raise ActionRefused("nothing_chosen", _("请先选择要采用哪个来源的值。"))
    applied = corrections_apply(actor=actor, changes=changes, how=How.EMPLOYMENT, request_key=request_key)
    if applied.done and not applied.repeated:
        _compare_again(line)
    return applied


def _compare_again(line: EmploymentLine) -> None:
    """Compare the one household anew, by the snapshots and the day of the last comparison."""
    on = line.run.as_of
    tables = RegistryTables(**tables_of_households([line.household_id]))
    found = compare(current_rulebook(on), registry=tables, snapshots=standing_snapshots(), as_of=on, everybody=True)
    key = line.person.person_key
    renew_line(line, next((row for row in found.lines.to_pylist() if row["person_key"] == key), None))
