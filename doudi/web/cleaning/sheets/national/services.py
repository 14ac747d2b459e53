"""Taking the registry out in the national format: asked for with a reason, built in the background, kept for a while.

Every step is audited, the downloads too: these files hold full ids and phones.
"""

import tempfile
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from doudi.feeds.national import TooManyRows
from doudi.standards.regions import RegionCode
from doudi.web.accounts.models import User
from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Officer, officer_of, require
from doudi.web.audit.services import audit_record
from doudi.web.cleaning.sheets.marking import taken_by
from doudi.web.cleaning.sheets.models import ExportState, NationalExport
from doudi.web.cleaning.sheets.national.building import build_export, households_of
from doudi.web.jobs.progress import Report
from doudi.web.jobs.services import job_queue
from doudi.web.protection.vault import vault_read, vault_remove, vault_store
from doudi.web.refusal import ActionRefused, NotFound
from doudi.web.regions.queries import region_name

SHORTEST_REASON = 4
KEPT = timedelta(days=3)
"""How long the file stays: long enough to upload it to the national system, not to lie about."""


def export_request(*, actor: Officer, region: str, reason: str) -> NationalExport:
    """Queue the export of a region. Raises `NotAllowed`, `ActionRefused` (`reason_needed`, `empty`)."""
    where = RegionCode(region) if region else actor.home
    require(actor, Action.CLEANING_EXPORT, where)
    if len(reason.strip()) < SHORTEST_REASON:
        raise ActionRefused("reason_needed", _("请写明用途，例如“回传全国系统”。"))
    if not households_of(where).exists():
        raise ActionRefused("empty", _("这个地区还没有农户数据。"))
    exports_expire()
    with transaction.atomic():
        export = NationalExport.objects.create(
            region_code=where,
            reason=reason.strip()[:200],
            actor_id=actor.user_id,
            actor_name=actor.name,
            username=actor.username,
        )
        export.job = job_queue(
            actor=actor,
            kind="sheets.national",
            title=_("按国家系统格式导出 %s") % region_name(where),
            region_code=where,
            arguments={"export": export.pk, "user": actor.user_id, "address": actor.address},
        )
        export.save(update_fields=["job"])
        audit_record(
            action="national_export_request",
            actor=actor,
            region_code=where,
            subject_type="export",
            subject_id=str(export.pk),
            detail={"reason": export.reason},
        )
    return export


def export_build(*, export_id: int, user_id: int, address: str | None, report: Report) -> NationalExport:
    """The job's part: build the file as the person who asked, with the posts held now. Run again, it builds it anew."""
    actor = officer_of(User.objects.get(pk=user_id), address=address)
    export = NationalExport.objects.get(pk=export_id)
    if export.state == ExportState.DONE:
        return export
    require(actor, Action.CLEANING_EXPORT, export.region_code)
    with (
        translation.override("zh-hans"),
        tempfile.TemporaryDirectory(dir=settings.DOUDI_DATA_DIR) as folder,
    ):
        path = Path(folder) / "export.zip"
        with path.open("w+b") as out:
            try:
                built = build_export(
                    region=RegionCode(export.region_code), out=out, mark=taken_by(actor), report=report
                )
            except TooManyRows as problem:
                raise ActionRefused(problem.code, f"{problem.message}。") from problem
            out.seek(0)
            name = f"{region_name(export.region_code)}_国家系统格式_{timezone.localtime():%Y%m%d_%H%M}.zip"
            kept = vault_store(name=name, content=out)
    with transaction.atomic():
        export.file, export.counts, export.state, export.problem = kept, built.counts(), ExportState.DONE, ""
        export.expires_at = timezone.now() + KEPT
        export.save()
        audit_record(
            action="national_export_done",
            actor=actor,
            region_code=export.region_code,
            subject_type="export",
            subject_id=str(export.pk),
            detail={**export.counts, "sha256": kept.sha256},
        )
    return export


def export_download(*, actor: Officer, export_id: int) -> tuple[str, bytes]:
    """Name and bytes of a finished export; the audit line is kept or nothing is given.

    Raises `NotFound`, `ActionRefused` (`not_done`, `expired`).
    """
    exports_expire()
    with transaction.atomic():
        visible = NationalExport.objects.visible_to(actor).select_for_update(of=("self",)).select_related("file")
        export = visible.filter(pk=export_id).first()
        if export is None:
            raise NotFound("no_such_export", _("没有这次导出，或不在您的管辖范围内。"))
        if export.state == ExportState.EXPIRED:
            raise ActionRefused("expired", _("文件已过期删除，请重新导出。"))
        if export.state != ExportState.DONE or export.file is None:
            raise ActionRefused("not_done", _("还没有导出完，请稍后再来下载。"))
        NationalExport.objects.filter(pk=export.pk).update(downloads=F("downloads") + 1)
        audit_record(
            action="national_export_download",
            actor=actor,
            region_code=export.region_code,
            subject_type="export",
            subject_id=str(export.pk),
            detail={"sha256": export.file.sha256, **export.counts},
        )
    return export.file.name, vault_read(export.file)


def exports_expire() -> int:
    """Take away the files of exports that are past their time; gives how many."""
    gone = list(
        NationalExport.objects.filter(state=ExportState.DONE, expires_at__lt=timezone.now()).select_related("file")
    )
    for export in gone:
        with transaction.atomic():
            file, export.file, export.state = export.file, None, ExportState.EXPIRED
            export.save(update_fields=["file", "state"])
        if file is not None:
            vault_remove(file)
    return len(gone)
