"""What the pages of imports read."""

from dataclasses import dataclass, field
from typing import Any

from django.core.paginator import Page
from django.utils.translation import gettext as _

from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Officer
from doudi.web.intake.models import BatchState, FeedSnapshot, ImportBatch, ImportFile
from doudi.web.jobs.queries import JobStatus, status_of
from doudi.web.paging import page_of
from doudi.web.refusal import NotFound


@dataclass(frozen=True)
class ChangedColumn:
    """What one column was and would be; of an encrypted column only that it changes."""

    title: str
    before: Any
    after: Any


@dataclass(frozen=True)
class ChangeSample:
    """One row of the preview; `kind` is added or changed."""

    kind: str
    key: str
    name: str
    columns: list[ChangedColumn] = field(default_factory=list)


@dataclass(frozen=True)
class TableChange:
    """What an import does to one table; `absent` rows are in the registry but not in the sheet, and stay."""

    table: str
    title: str
    added: int
    changed: int
    left: int
    absent: int
    samples: list[ChangeSample]


@dataclass(frozen=True)
class MuchSmaller:
    """A department's table with fewer than half of the rows of the one it would replace."""

    title: str
    rows: int
    replaces_rows: int


@dataclass(frozen=True)
class BatchDetail:
    batch: ImportBatch
    files: list[ImportFile]
    job: JobStatus | None
    changes: list[TableChange]
    notes: list[str]
    matched: list[dict[str, Any]]
    """Department tables with the counts of their rows by how they were matched."""
    much_smaller: list[MuchSmaller]
    may_confirm: bool
    may_undo: bool


def batch_list(*, actor: Officer, page: int | str = 1, size: int = 20) -> Page[ImportBatch]:
    """Imports the actor may see, newest first, with their files. Three SQL statements."""
    batches = ImportBatch.objects.visible_to(actor).order_by("-pk").prefetch_related("files")
    return page_of(batches, page=page, size=size)


def batch_visible(*, actor: Officer, batch_id: int, action: Action = Action.INTAKE_SEE) -> ImportBatch:
    """One import the actor may see. One SQL statement. Raises `NotFound`."""
    batch = ImportBatch.objects.visible_to(actor, action).select_related("job").filter(pk=batch_id).first()
    if batch is None:
        raise NotFound("no_such_import", _("没有这次导入，或不在您的管辖范围内。"))
    return batch


def batch_detail(*, actor: Officer, batch_id: int) -> BatchDetail:
    """One import with what it would change or has changed. Two SQL statements, three before it is confirmed.

    Raises `NotFound`.
    """
    batch = batch_visible(actor=actor, batch_id=batch_id)
    return BatchDetail(
        batch=batch,
        files=list(batch.files.all()),
        job=status_of(batch.job) if batch.job else None,
        changes=[_change(table) for table in batch.summary.get("tables", [])],
        notes=list(batch.summary.get("notes", [])),
        matched=[feed for feed in batch.summary.get("feeds", []) if feed.get("matching")],
        much_smaller=much_smaller(batch) if batch.state == BatchState.PREVIEW else [],
        may_confirm=batch.state == BatchState.PREVIEW and actor.may(Action.INTAKE_FEED),
        may_undo=batch.state == BatchState.APPLIED and actor.may(Action.INTAKE_UNDO),
    )


def much_smaller(batch: ImportBatch) -> list[MuchSmaller]:
    """Tables of the import that would take the place of far larger ones, as they stand now. At most one statement."""
    feeds = [feed for feed in batch.summary.get("feeds", []) if not feed["same"]]
    if not feeds:
        return []
    standing = FeedSnapshot.objects.filter(
        region_code=batch.region_code,
        standing=True,
        feed__in={feed["feed"] for feed in feeds},
        month__in={feed["month"] for feed in feeds},
    )
    rows = {(snapshot.feed, snapshot.month): snapshot.rows for snapshot in standing}
    return [
        MuchSmaller(feed["title"], feed["rows"], before)
        for feed in feeds
        if (before := rows.get((feed["feed"], feed["month"]), 0)) > 2 * feed["rows"]
    ]


def _change(stored: dict[str, Any]) -> TableChange:
    samples = [
        ChangeSample(
            kind=sample["kind"],
            key=sample["key"],
            name=sample["name"],
            columns=[ChangedColumn(**column) for column in sample.get("columns", [])],
        )
        for sample in stored["samples"]
    ]
    return TableChange(**{**stored, "samples": samples})
