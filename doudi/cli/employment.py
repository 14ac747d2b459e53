"""The command `doudi employment`: what five sources say of people's work, where they contradict, who stopped."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from doudi.cli.language import _, asked_language
from doudi.cli.output import console, fail, progress_bar
from doudi.cli.places import RulesFolder, rules_folder
from doudi.cli.screening import STEPS, AsOf, Feeds, Registry, Snapshots

if TYPE_CHECKING:
    from doudi.screening.employment.commands import FolderComparison


def employment(
    registry: Registry,
    feeds: Feeds,
    as_of: AsOf,
    out: Annotated[Path | None, typer.Option(help=_("比对工作簿写到哪里(.xlsx)"), dir_okay=False)] = None,
    snapshots: Snapshots = None,
    rules: RulesFolder = None,
) -> None:
    """Compare, print the figures by township and the conflicts by kind, write the workbook."""
    from doudi.feeds.contract import ContractError
    from doudi.feeds.problems import UnreadableFile
    from doudi.rulebook import MissingParameter, RulebookError
    from doudi.screening.employment.commands import compare_folders

    if out is not None and out.suffix.lower() != ".xlsx":
        fail(_("--out 应是 .xlsx 文件，例如 employment.xlsx"))
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
    try:
        with progress_bar() as report:
            done = compare_folders(
                rules_root=rules_folder(rules),
                registry=registry,
                feeds=feeds,
                as_of=as_of.date(),
                out=out,
                snapshots=snapshots,
                progress=lambda share, what: report(what, round(share * STEPS), STEPS),
            )
    except (UnreadableFile, RulebookError, ContractError, MissingParameter) as problem:
        fail(str(problem))
    _print_figures(done)
    _print_conflicts(done)
    if out is not None:
        console.print(_("已写出 %s") % out)


def _print_figures(done: "FolderComparison") -> None:
    from doudi.screening.employment.figures import by_township

    comparison = done.comparison
    table = Table(title=_("就业情况(截至 %s)") % comparison.as_of, title_justify="left")
    for heading in (
        _("地区"),
        _("有劳动力"),
        _("已就业"),
        _("就业率"),
        _("在外务工"),
        _("去年务工今年没有"),
        _("有矛盾"),
    ):
        table.add_column(heading, justify="left" if heading == _("地区") else "right")
    for one in by_township(comparison.figures):
        name = done.places.get(one.code, one.code) if one.code else _("合计")
        stopped = str(one.stopped) if comparison.before else "—"
        counted = (str(one.able), str(one.employed), one.share_text, str(one.away), stopped, str(one.conflicted))
        table.add_row(escape(name), *counted)
    console.print(table)
    if comparison.before is None:
        console.print(_("没有去年同期的已外出务工信息，不知道谁去年务工今年没有。"))


def _print_conflicts(done: "FolderComparison") -> None:
    from doudi.screening.employment.sources import REGISTER
    from doudi.standards.codes import WorkConflict

    english = asked_language() == "en"
    table = Table(title=_("各来源的矛盾"), title_justify="left")
    table.add_column(_("矛盾"))
    table.add_column(_("人数"), justify="right")
    for code, count in done.comparison.counts().items():
        kind = WorkConflict(code)  # type: ignore[call-arg]
        table.add_row(kind.label_en if english else kind.label, str(count))
    console.print(table)
    if REGISTER not in done.comparison.feeds:
        console.print(_("没有读到已外出务工信息；放进部门表格文件夹后才能比对登记。"))
