"""The long work of imports: read, apply, undo. Each leaves either all of its effect or none."""

import io
from typing import Any

import pyarrow as pa
from django.db import transaction
from django.utils.translation import gettext as _

from doudi.standards.regions import RegionCode
from doudi.web.accounts.scope import Officer
from doudi.web.audit.services import audit_record
from doudi.web.intake import snapshots
from doudi.web.intake.differences import Difference, compare
from doudi.web.intake.models import BatchState, ImportBatch
from doudi.web.intake.services import mark
from doudi.web.intake.writing import (
    encrypted,
    lock_registry,
    refuse_if_built_upon,
    registry_changed,
    take_back,
    write_difference,
)
from doudi.web.jobs.models import Job
from doudi.web.jobs.progress import Report
from doudi.web.jobs.work import long_work
from doudi.web.protection.vault import vault_read, vault_remove, vault_store
from doudi.web.regions.models import Region
from doudi.web.registry.bulk import refresh_statistics
from doudi.web.registry.models import Household, HouseholdIncome, Person

MOST_ROUNDS = 3


def _reading_failed(job: Job, code: str, message: str) -> None:
    ImportBatch.objects.filter(pk=job.arguments["batch"]).update(state=BatchState.FAILED, problem=message)


def _applying_failed(job: Job, code: str, message: str) -> None:
    ImportBatch.objects.filter(pk=job.arguments["batch"], state=BatchState.APPLYING).update(
        state=BatchState.PREVIEW, problem=message
    )


def _undoing_failed(job: Job, code: str, message: str) -> None:
    ImportBatch.objects.filter(pk=job.arguments["batch"], state=BatchState.UNDOING).update(
        state=BatchState.APPLIED, problem=message
    )


@long_work("intake.read", on_failure=_reading_failed)
def read(job: Job, report: Report) -> dict[str, Any]:
    """Read the files and work out what they would change. Run again, it starts over."""
    from doudi.web.intake.reading import read_batch, take_in
    from doudi.web.matching.staging import Matcher, forget_staged, stage_matching

    batch = ImportBatch.objects.get(pk=job.arguments["batch"])
    if batch.state not in {BatchState.RECEIVED, BatchState.PARSING}:
        return {"state": batch.state}
    mark(batch, BatchState.PARSING)
    snapshots.forget_staging(batch)
    forget_staged(batch)
    for file in batch.files.select_related("rejects"):
        if file.rejects is not None:  # of a reading that was broken off
            vault_remove(file.rejects)
    found = read_batch(batch, registry_allowed=bool(job.arguments["registry_allowed"]), report=report)
    feeds = []
    matcher = Matcher.of(batch.region_code) if found.feeds else None
    for file, reading in found.feeds:
        report(_("保存 %s") % file.name, 0, 0)
        feed = snapshots.stage_snapshot(batch, file, reading)
        if matcher is not None:
            folder = snapshots.staging_dir(batch) / feed["folder"]
            feed["matching"] = stage_matching(file, reading, feed, folder, matcher, report)
            take_in(file, reading, feed)
        if note := snapshots.feed_note(feed):
            file.notes = [note, *file.notes]
        file.save()
        feeds.append(feed)
    feeds = _last_of_each(feeds, found.notes)
    report(_("比较新旧数据"), 0, 0)
    difference = compare(found.sheets, area=RegionCode(batch.region_code)) if found.sheets else None
    with transaction.atomic():
        if found.sheets:
            batch.staged = vault_store(name=f"import-{batch.pk}.arrow", content=_packed(found.sheets))
        _preview(batch, difference, feeds, found.notes)
        if not found.sheets and not feeds:
            mark(batch, BatchState.FAILED, problem=_("没有可以导入的表格，请看各文件后面的说明。"))
        elif (difference is None or difference.is_empty) and all(feed["same"] for feed in feeds):
            mark(batch, BatchState.NOTHING_TO_DO)
        else:
            mark(batch, BatchState.PREVIEW)
    return {"state": batch.state}


@long_work("intake.apply", on_failure=_applying_failed)
def apply(job: Job, report: Report) -> dict[str, Any]:
    """Write a confirmed import: all of it in one transaction, or nothing."""
    from doudi.web.matching.keeping import keep_matching, settle_links
    from doudi.web.matching.rematching import match_again_later
    from doudi.web.matching.staging import forget_staged

    batch = ImportBatch.objects.select_related("staged").get(pk=job.arguments["batch"])
    if batch.state != BatchState.APPLYING:
        return {"state": batch.state}
    feeds = batch.summary.get("feeds", [])
    sheets = _unpacked(vault_read(batch.staged)) if batch.staged else {}
    snapshots.settle_folders(batch, feeds)
    settle_links(feeds)
    for _round in range(MOST_ROUNDS):
        report(_("比较新旧数据"), 0, 0)
        difference = compare(sheets, area=RegionCode(batch.region_code)) if sheets else None
        if difference is not None and _differs_from_preview(batch, difference):
            with transaction.atomic():
                _preview(batch, difference, feeds, batch.summary.get("notes", []))
                note = _("预览之后数据又有变化，已按最新情况重新预览，请再核对一次。")
                mark(batch, BatchState.PREVIEW, problem=note)
            return {"state": batch.state}
        rows = encrypted(difference, report) if difference is not None else {}
        with transaction.atomic():
            state = lock_registry()
            if difference is not None and state.version != difference.version:
                continue
            batch = ImportBatch.objects.select_for_update().get(pk=batch.pk)
            if batch.state != BatchState.APPLYING:
                return {"state": batch.state}
            if difference is not None:
                write_difference(batch=batch, difference=difference, rows=rows, report=report)
                report(_("更新统计"), 0, 0)
                registry_changed(state)
            stood = snapshots.stand(batch, feeds)
            keep_matching(batch, feeds)
            if difference is not None:
                match_again_later(actor=_asker(job), batch=batch)
            mark(batch, BatchState.APPLIED)
            audit_record(
                action="import_apply",
                actor=_asker(job),
                region_code=batch.region_code,
                subject_type="import",
                subject_id=str(batch.pk),
                detail={"tables": difference.counts() if difference else {}, "snapshots": stood},
            )
        snapshots.forget_staging(batch)
        forget_staged(batch)
        _forget_staged(batch)
        if difference is not None:
            refresh_statistics(Region, Household, Person, HouseholdIncome)
        return {"state": batch.state}
    raise RuntimeError("the registry changed again and again while the import was prepared")


@long_work("intake.undo", on_failure=_undoing_failed)
def undo(job: Job, report: Report) -> dict[str, Any]:
    """Take an import back: all of it in one transaction, or nothing."""
    with transaction.atomic():
        state = lock_registry()
        batch = ImportBatch.objects.select_for_update().get(pk=job.arguments["batch"])
        if batch.state != BatchState.UNDOING:
            return {"state": batch.state}
        refuse_if_built_upon(batch)
        counts = take_back(batch, report)
        counts["snapshots_withdrawn"] = snapshots.withdraw(batch)
        registry_changed(state)
        mark(batch, BatchState.UNDONE)
        audit_record(
            action="import_undo",
            actor=_asker(job),
            region_code=batch.region_code,
            subject_type="import",
            subject_id=str(batch.pk),
            detail=counts,
        )
    return {"state": batch.state, **counts}


def _asker(job: Job) -> Officer:
    """The person who confirmed, as the audit log names people; the work itself was allowed when it was queued."""
    return Officer(**job.arguments["officer"])


def _last_of_each(feeds: list[dict[str, Any]], notes: list[str]) -> list[dict[str, Any]]:
    """Of two files with the same table and month in one upload, the later one counts."""
    chosen: dict[tuple[str, str], dict[str, Any]] = {}
    for feed in feeds:
        before = chosen.get((feed["feed"], feed["month"]))
        if before is not None:
            notes.append(
                _("“%(title)s”%(month)s 有两个文件，以后一个为准。") % {"title": feed["title"], "month": feed["month"]}
            )
        chosen[feed["feed"], feed["month"]] = feed
    return list(chosen.values())


def _preview(batch: ImportBatch, difference: Difference | None, feeds: list[dict[str, Any]], notes: list[str]) -> None:
    notes = list(dict.fromkeys(notes))
    if difference is not None and difference.orphans:
        notes.append(_("%d 行人口或收入找不到所属的户，没有导入。") % difference.orphans)
    if difference is not None and difference.taken:
        notes.append(_("%d 户的户编号已在别的地区登记，没有导入。") % difference.taken)
    batch.registry_version = difference.version if difference else None
    batch.summary = {
        "tables": [table.summary() for table in difference.tables.values()] if difference else [],
        "feeds": feeds,
        "notes": list(dict.fromkeys(notes)),
    }


def _differs_from_preview(batch: ImportBatch, difference: Difference) -> bool:
    if batch.registry_version == difference.version:
        return False
    shown = {table["table"]: (table["added"], table["changed"]) for table in batch.summary.get("tables", [])}
    return shown != difference.counts()


def _packed(sheets: dict[str, pa.Table]) -> io.BytesIO:
    """All tables in one stream: for each its name, its length, its Arrow bytes."""
    out = io.BytesIO()
    for name, table in sheets.items():
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
            writer.write_table(table)
        content = sink.getvalue()
        out.write(name.encode().ljust(32) + content.size.to_bytes(8, "big"))
        out.write(content)
    out.seek(0)
    return out


def _unpacked(content: bytes) -> dict[str, pa.Table]:
    sheets, source = {}, io.BytesIO(content)
    while head := source.read(40):
        name, size = head[:32].decode().strip(), int.from_bytes(head[32:], "big")
        with pa.ipc.open_stream(source.read(size)) as reader:
            sheets[name] = reader.read_all()
    return sheets


def _forget_staged(batch: ImportBatch) -> None:
    """The staged tables served their purpose; the encrypted originals stay."""
    if batch.staged is not None:
        staged, batch.staged = batch.staged, None
        batch.save(update_fields=["staged"])
        vault_remove(staged)
