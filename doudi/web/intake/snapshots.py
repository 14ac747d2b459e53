"""Department tables: written beside the standing snapshots first, moved among them when the import is confirmed.

`DOUDI_DATA_DIR/snapshots/` holds what was confirmed, in the layout the command line reads too;
`DOUDI_DATA_DIR/staging/<import>/` holds what waits. Only a `FeedSnapshot` row marked standing is screened.
"""

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.translation import gettext as _

from doudi.standards.periods import Month
from doudi.web.intake.models import FeedSnapshot, ImportBatch, ImportFile
from doudi.web.registry.finding import pseudonymiser

if TYPE_CHECKING:
    from doudi.feeds.sheet import SheetReading
    from doudi.feeds.snapshot import Snapshot


def snapshots_dir() -> Path:
    return Path(settings.DOUDI_DATA_DIR) / "snapshots"


def staging_dir(batch: ImportBatch) -> Path:
    return Path(settings.DOUDI_DATA_DIR) / "staging" / str(batch.pk)


def forget_staging(batch: ImportBatch) -> None:
    shutil.rmtree(staging_dir(batch), ignore_errors=True)


def stage_snapshot(batch: ImportBatch, file: ImportFile, reading: "SheetReading") -> dict[str, Any]:
    """Write one department table to staging; gives what the preview says of it."""
    from doudi.feeds.snapshot import write_snapshot

    root = staging_dir(batch)
    snapshot = write_snapshot(reading, root, month=Month(file.month), pseudonymiser=pseudonymiser())
    folder = snapshot.folder.relative_to(root)
    standing = FeedSnapshot.objects.filter(
        feed=file.feed, month=file.month, region_code=batch.region_code, standing=True
    ).first()
    return {
        "feed": file.feed,
        "title": file.feed_title,
        "month": file.month,
        "folder": folder.as_posix(),
        "sha256": reading.sha256,
        "rows": reading.rows_accepted,
        "same": standing is not None and standing.folder == folder.as_posix(),
        "replaces_rows": standing.rows if standing is not None and standing.folder != folder.as_posix() else None,
        "file": file.pk,
    }


def settle_folders(batch: ImportBatch, feeds: list[dict[str, Any]]) -> None:
    """Move staged tables among the snapshots. Safe to run again: what is there already stays as it is."""
    for feed in feeds:
        source, target = staging_dir(batch) / feed["folder"], snapshots_dir() / feed["folder"]
        if target.exists() or feed["same"]:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(source, target)


def stand(batch: ImportBatch, feeds: list[dict[str, Any]]) -> int:
    """Mark the import's tables as the standing ones of their month, in the caller's transaction; gives how many."""
    count = 0
    for feed in feeds:
        if feed["same"]:
            continue
        before = FeedSnapshot.objects.filter(
            feed=feed["feed"], month=feed["month"], region_code=batch.region_code, standing=True
        ).first()
        if before is not None:
            before.standing = False
            before.save(update_fields=["standing"])
        now = FeedSnapshot.objects.create(
            feed=feed["feed"],
            month=feed["month"],
            folder=feed["folder"],
            sha256=feed["sha256"],
            rows=feed["rows"],
            region_code=batch.region_code,
            batch=batch,
        )
        if before is not None:
            before.replaced_by = now
            before.save(update_fields=["replaced_by"])
        count += 1
    return count


def withdraw(batch: ImportBatch) -> int:
    """Undo `stand`: the import's tables no longer count, those they replaced count again. The files stay."""
    count = 0
    for snapshot in FeedSnapshot.objects.filter(batch=batch, standing=True).order_by("-pk"):
        snapshot.standing = False
        snapshot.save(update_fields=["standing"])
        snapshot.replaces.update(standing=True, replaced_by=None)
        count += 1
    return count


def standing_snapshots() -> "list[Snapshot]":
    """The tables a screening may use now. One SQL statement."""
    from doudi.feeds.snapshot import list_snapshots

    wanted = {(snapshots_dir() / folder).resolve() for folder in _standing().values_list("folder", flat=True)}
    return [
        snapshot for snapshot in list_snapshots(snapshots_dir(), superseded=True) if snapshot.folder.resolve() in wanted
    ]


def _standing() -> Any:
    return FeedSnapshot.objects.filter(standing=True)


def feed_note(feed: dict[str, Any]) -> str:
    """One sentence for the preview."""
    if feed["same"]:
        return _("与已导入的完全相同，无须导入")
    if feed["replaces_rows"] is not None:
        return _("将替换同一月份已导入的数据(%d 行)") % feed["replaces_rows"]
    return ""
