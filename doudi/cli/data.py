"""The command `import`: sheets into the database, with the preview of the web and the same services."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from doudi.cli.language import _
from doudi.cli.output import FOUND, console, fail, progress_bar
from doudi.cli.service import ready

if TYPE_CHECKING:
    from doudi.web.intake.models import ImportBatch
    from doudi.web.intake.queries import BatchDetail

SHEETS = {".xlsx", ".xls", ".csv", ".txt", ".tsv", ".zip"}


def import_sheets(
    paths: Annotated[list[Path], typer.Argument(help=_("表格文件，或装着表格的文件夹"), exists=True)],
    month: Annotated[str, typer.Option(help=_("数据月份，如 2023-07;文件名里写明的以文件名为准"))],
    yes: Annotated[bool, typer.Option("--yes", "-y", help=_("不再询问，直接写入"))] = False,
    smaller: Annotated[
        bool, typer.Option("--smaller", help=_("新表比同月已导入的少一半以上时，仍用它替换整月"))
    ] = False,
    strict: Annotated[bool, typer.Option(help=_("有退回的行或读不了的文件时，以退出码 1 结束"))] = False,
    rejects: Annotated[Path | None, typer.Option(help=_("把退回的行写进这个文件夹"), file_okay=False)] = None,
) -> None:
    """Read, show what would be added, changed and left, ask, write."""
    files = sheets_in(paths)
    if not files:
        fail(_("没有找到表格文件(.xlsx、.xls、.csv、.zip)。"))
    ready()
    from doudi.web.accounts.scope import SYSTEM
    from doudi.web.intake.local import apply_here, read_here
    from doudi.web.intake.models import BatchState
    from doudi.web.intake.queries import batch_detail
    from doudi.web.intake.services import batch_discard
    from doudi.web.refusal import ActionRefused

    try:
        with progress_bar() as report:
            batch = read_here(actor=SYSTEM, files=files, month=month, report=report)
        show(batch_detail(actor=SYSTEM, batch_id=batch.pk))
        refused = write_rejects(batch, rejects) if rejects else 0
        if batch.state == BatchState.FAILED:
            fail(batch.problem)
        if batch.state == BatchState.PREVIEW:
            if not yes and not typer.confirm(_("写入数据库？")):
                batch_discard(actor=SYSTEM, batch_id=batch.pk)
                console.print(_("没有写入，数据库没有变化。"))
                raise typer.Exit
            with progress_bar() as report:
                batch = apply_here(actor=SYSTEM, batch=batch, smaller_accepted=smaller, report=report)
            console.print(_("已写入(第 %d 批)。可在网页“导入”里撤销。") % batch.pk)
        else:
            console.print(_("没有需要写入的变化。"))
    except ActionRefused as problem:
        fail(problem.message)
    if refused:
        console.print(_("退回 %(rows)d 行，见 %(folder)s") % {"rows": refused, "folder": rejects})
    if strict and any(file.problem or file.rows_rejected for file in batch.files.all()):
        raise typer.Exit(FOUND)


def sheets_in(paths: list[Path]) -> list[Path]:
    """The files named, and those of the folders named (and of folders in them), in order of name."""
    found: list[Path] = []
    for path in paths:
        inside = sorted(path.rglob("*")) if path.is_dir() else [path]
        found += [file for file in inside if file.is_file() and (file.suffix.lower() in SHEETS or path.is_file())]
    return [file for file in found if not file.name.startswith(("~$", "."))]


def show(detail: "BatchDetail") -> None:
    """Two tables: what was read, and what it does to the registry."""
    files = Table(title=_("读到的表格"), title_justify="left")
    for heading in (_("文件"), _("数据表"), _("月份"), _("通过"), _("退回"), _("说明")):
        files.add_column(heading, overflow="fold")
    for file in detail.files:
        counts = [str(count) if count is not None else "–" for count in (file.rows_accepted, file.rows_rejected)]
        said = file.problem or (file.notes[0] if file.notes else "")
        files.add_row(file.name, file.feed_title or "–", file.month, *counts, said)
    console.print(files)
    if detail.changes:
        changes = Table(title=_("对台账的影响"), title_justify="left")
        for heading in (_("台账"), _("增加"), _("改变"), _("不变"), _("表中没有(保留)")):
            changes.add_column(heading)
        for change in detail.changes:
            counts = [str(count) for count in (change.added, change.changed, change.left, change.absent)]
            changes.add_row(change.title, *counts)
        console.print(changes)
    for note in detail.notes:
        console.print(f"· {note}", highlight=False, soft_wrap=True)
    for feed in detail.matched:
        console.print(f"· {matched_in_words(feed)}", highlight=False, soft_wrap=True)


def matched_in_words(feed: Mapping[str, Any]) -> str:
    """What became of the rows of one department table, in one sentence that leaves no row out."""
    return _(
        "%(title)s：共 %(rows)d 行，证件号码一致 %(exact)d 行，识别笔误后对上 %(repaired)d 行，"
        "姓名等信息一致 %(probable)d 行，沿用以前认定 %(remembered)d 行；"
        "存疑待认定 %(doubtful)d 行，登记簿中查无此人 %(not_registered)d 行，证件号码无法识别 %(unreadable)d 行"
    ) % {"title": feed["title"], **feed["matching"]}


def write_rejects(batch: "ImportBatch", folder: Path) -> int:
    """The returned rows of every file, as the workbooks the web would offer; gives how many rows."""
    from doudi.web.accounts.scope import SYSTEM
    from doudi.web.intake.services import rejects_open

    folder.mkdir(parents=True, exist_ok=True)
    rows = 0
    for file in batch.files.all():
        if file.rejects_id is not None:
            name, content = rejects_open(actor=SYSTEM, batch_id=batch.pk, file_id=file.pk)
            (folder / name).write_bytes(content)
            rows += file.rows_rejected or 0
    return rows
