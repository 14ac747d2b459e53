"""The life of an import: receive → read → preview → confirm → apply → (undo). Each step asks the scope, is audited."""

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from doudi.standards.periods import Month
from doudi.standards.regions import RegionCode
from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Officer, require
from doudi.web.audit.services import audit_record
from doudi.web.intake.files import Uploaded, month_in_name, sheets_of
from doudi.web.intake.models import BatchState, ImportBatch, ImportFile
from doudi.web.intake.queries import batch_visible, much_smaller
from doudi.web.jobs.services import job_queue
from doudi.web.protection.models import VaultFile
from doudi.web.protection.vault import vault_read, vault_remove, vault_store
from doudi.web.refusal import ActionRefused, NotFound


def uploads_receive(*, actor: Officer, files: Sequence[Uploaded], month: str, region: str = "") -> ImportBatch:
    """Keep the files encrypted and queue their reading. `month`: of the data, where a file's name says none.

    Raises `NotAllowed` or `ActionRefused` (`no_file`, `too_large`, `bomb`, `not_a_sheet`, `bad_month` …).
    """
    where, department = _place(actor, region)
    try:
        default_month = str(Month(month))
    except ValueError as problem:
        raise ActionRefused("bad_month", _("请选择数据月份。")) from problem
    stored: list[tuple[str, VaultFile]] = []
    try:
        for name, source in sheets_of(files):
            with source:
                stored.append((name, vault_store(name=name, content=source)))
    except ActionRefused:
        for _name, kept in stored:
            vault_remove(kept)
        raise
    if not stored:
        raise ActionRefused("no_file", _("压缩包里没有表格文件。"))
    with transaction.atomic():
        batch = ImportBatch.objects.create(
            month=default_month,
            region_code=where,
            department=department,
            actor_id=actor.user_id,
            actor_name=actor.name,
        )
        ImportFile.objects.bulk_create(
            ImportFile(
                batch=batch,
                name=name,
                size=kept.size,
                sha256=kept.sha256,
                original=kept,
                month=month_in_name(name) or default_month,
            )
            for name, kept in stored
        )
        batch.job = job_queue(
            actor=actor,
            kind="intake.read",
            title=_("读取导入第 %d 批") % batch.pk,
            region_code=where,
            arguments={
                "batch": batch.pk,
                "registry_allowed": not department and actor.may_in(Action.INTAKE_REGISTRY, where),
            },
        )
        batch.save(update_fields=["job"])
        audit_record(
            action="import_upload",
            actor=actor,
            region_code=where,
            subject_type="import",
            subject_id=str(batch.pk),
            detail={"files": [{"name": name, "sha256": kept.sha256, "bytes": kept.size} for name, kept in stored]},
        )
    return batch


def _place(actor: Officer, region: str) -> tuple[RegionCode, str]:
    """Where the data belongs and, for a department's officer, the department; refuses what is outside."""
    require(actor, Action.INTAKE_FEED)
    areas = actor.reach(Action.INTAKE_FEED)
    if not region:
        return areas[0].region, areas[0].department
    wanted = RegionCode(region)
    for area in areas:
        if area.region.covers(wanted):
            return wanted, area.department
    require(actor, Action.INTAKE_FEED, wanted)
    raise AssertionError("unreachable")


def batch_confirm(*, actor: Officer, batch_id: int, smaller_accepted: bool = False) -> ImportBatch:
    """Accept the preview and queue the writing. A repeated confirmation does nothing.

    Raises `ActionRefused` (`wrong_state`; `much_smaller` unless `smaller_accepted`).
    """
    with transaction.atomic():
        batch = _locked(actor, batch_id, Action.INTAKE_FEED)
        if batch.state in {BatchState.APPLYING, BatchState.APPLIED}:
            return batch
        _expect(batch, BatchState.PREVIEW)
        if batch.summary.get("tables"):
            require(actor, Action.INTAKE_REGISTRY, batch.region_code)
        if not smaller_accepted and much_smaller(batch):
            raise ActionRefused(
                "much_smaller",
                _("这份表比同月已导入的少一半以上。请核对后勾选“我已核对，整月数据以这份表为准”，再确认导入。"),
            )
        batch.state, batch.applied_by, batch.problem = BatchState.APPLYING, actor.name, ""
        batch.job = job_queue(
            actor=actor,
            kind="intake.apply",
            title=_("写入导入第 %d 批") % batch.pk,
            region_code=batch.region_code,
            arguments={"batch": batch.pk, "officer": audit_identity(actor)},
        )
        batch.save(update_fields=["state", "applied_by", "problem", "job"])
    return batch


def batch_discard(*, actor: Officer, batch_id: int) -> ImportBatch:
    """Drop an import that was not confirmed. Raises `ActionRefused` (`wrong_state`)."""
    from doudi.web.matching.staging import forget_staged

    with transaction.atomic():
        batch = _locked(actor, batch_id, Action.INTAKE_FEED)
        if batch.state == BatchState.DISCARDED:
            return batch
        _expect(batch, BatchState.PREVIEW, BatchState.FAILED, BatchState.NOTHING_TO_DO)
        batch.state = BatchState.DISCARDED
        batch.save(update_fields=["state"])
        audit_record(
            action="import_discard",
            actor=actor,
            region_code=batch.region_code,
            subject_type="import",
            subject_id=str(batch.pk),
        )
    forget_staged(batch)
    return batch


def batch_undo(*, actor: Officer, batch_id: int) -> ImportBatch:
    """Queue the taking back of an import. Refuses when later work rests on it (`changed_later`, `screened` …)."""
    from doudi.web.intake.writing import refuse_if_built_upon

    with transaction.atomic():
        batch = _locked(actor, batch_id, Action.INTAKE_UNDO)
        if batch.state in {BatchState.UNDOING, BatchState.UNDONE}:
            return batch
        _expect(batch, BatchState.APPLIED)
        if batch.summary.get("tables"):
            require(actor, Action.INTAKE_REGISTRY, batch.region_code)
        refuse_if_built_upon(batch)
        batch.state, batch.undone_by, batch.problem = BatchState.UNDOING, actor.name, ""
        batch.job = job_queue(
            actor=actor,
            kind="intake.undo",
            title=_("撤销导入第 %d 批") % batch.pk,
            region_code=batch.region_code,
            arguments={"batch": batch.pk, "officer": audit_identity(actor)},
        )
        batch.save(update_fields=["state", "undone_by", "problem", "job"])
    return batch


def rejects_open(*, actor: Officer, batch_id: int, file_id: int) -> tuple[str, bytes]:
    """The workbook of a file's returned rows: its name and bytes. Only for those who may hand the file in again."""
    batch = batch_visible(actor=actor, batch_id=batch_id, action=Action.INTAKE_FEED)
    file = batch.files.select_related("rejects").filter(pk=file_id).first()
    if file is None or file.rejects is None:
        raise NotFound("no_rejects", _("没有退回的行。"))
    content = vault_read(file.rejects)
    audit_record(
        action="rejects_download",
        actor=actor,
        region_code=batch.region_code,
        subject_type="import",
        subject_id=str(batch.pk),
        detail={"file": file.name, "rows": file.rows_rejected},
    )
    return file.rejects.name, content


def audit_identity(actor: Officer) -> dict[str, str | int | None]:
    """Who asked, for the audit line that the background job writes later."""
    return {"user_id": actor.user_id, "name": actor.name, "username": actor.username, "address": actor.address}


def _locked(actor: Officer, batch_id: int, action: Action) -> ImportBatch:
    batch = ImportBatch.objects.visible_to(actor, action).select_for_update().filter(pk=batch_id).first()
    if batch is None:
        raise NotFound("no_such_import", _("没有这次导入，或不在您的管辖范围内。"))
    return batch


def _expect(batch: ImportBatch, *states: BatchState) -> None:
    if batch.state not in states:
        raise ActionRefused("wrong_state", _("这次导入现在是“%s”，不能这样做。") % BatchState(batch.state).label)


def mark(batch: ImportBatch, state: BatchState, **fields: object) -> None:
    """Move an import on; `fields` are set along."""
    batch.state = state
    if state == BatchState.APPLIED:
        batch.applied_at = timezone.now()
    elif state == BatchState.UNDONE:
        batch.undone_at = timezone.now()
    for name, value in fields.items():
        setattr(batch, name, value)
    batch.save()
