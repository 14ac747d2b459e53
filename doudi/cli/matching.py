"""The commands `doudi match …` and `doudi duplicates`: who is meant by a row, who is registered twice."""

import getpass
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from doudi.cli.language import _
from doudi.cli.output import console, fail, progress_bar
from doudi.cli.places import RulesFolder, rules_folder
from doudi.cli.screening import STEPS, AsOf, Feeds, Registry

if TYPE_CHECKING:
    from doudi.screening.matching.commands import MatchedFeed

app = typer.Typer(no_args_is_help=True)
Kept = Annotated[Path, typer.Option("--snapshots", help=_("快照和匹配结果所在的文件夹"), file_okay=False)]
Out = Annotated[Path | None, typer.Option(help=_("工作簿写到哪里(.xlsx)"), dir_okay=False)]
HERE = Path("doudi-snapshots")


@app.command(help=_("匹配：把部门数据逐行对到登记簿中的人，列出对上、存疑和查无此人的行数"))
def run(
    registry: Registry,
    feeds: Feeds,
    as_of: AsOf,
    snapshots: Kept = HERE,
    out: Out = None,
    rules: RulesFolder = None,
) -> None:
    """Match; what was matched upon the same registry and model is not matched again."""
    from doudi.feeds.contract import ContractError
    from doudi.feeds.problems import UnreadableFile
    from doudi.matching.links import sentence
    from doudi.rulebook import RulebookError
    from doudi.screening.matching.commands import match_folders

    _refuse_unless_workbook(out)
    try:
        with progress_bar() as report:
            done = match_folders(
                rules_root=rules_folder(rules),
                registry=registry,
                feeds=feeds,
                as_of=as_of.date(),
                snapshots=snapshots,
                out=out,
                progress=lambda share, what: report(what, round(share * STEPS), STEPS),
            )
    except (UnreadableFile, RulebookError, ContractError) as problem:
        fail(str(problem))
    _print(done.feeds)
    if done.feeds:
        console.print(sentence(done.total), highlight=False)
    if out is not None:
        console.print(
            _("存疑的 %(rows)d 行写在 %(path)s，填好后用 doudi match decide 交回") % {"rows": done.waiting, "path": out}
        )


@app.command(help=_("看现在的匹配情况：各表对上、存疑、查无此人的行数"))
def status(snapshots: Kept = HERE) -> None:
    """The counts beside the snapshots; nothing is matched."""
    from doudi.screening.matching.commands import match_status

    feeds = match_status(snapshots) if snapshots.is_dir() else []
    if not feeds:
        fail(_("%s 里还没有匹配过的数据，请先用 doudi match run 或 doudi screen") % snapshots)
    _print(feeds)


@app.command(help=_("把填好认定的工作簿交回：记住认定，下个月同样的行不再询问；写“撤销”的恢复原状"))
def decide(
    workbook: Annotated[
        Path, typer.Argument(help=_("doudi match run --out 写出并填好的工作簿"), exists=True, dir_okay=False)
    ],
    snapshots: Kept = HERE,
    by: Annotated[str | None, typer.Option(help=_("认定人，默认取本机用户名"))] = None,
) -> None:
    """Remember the decisions; the next matching or screening puts them in."""
    from doudi.feeds.problems import UnreadableFile
    from doudi.screening.matching.commands import match_decide
    from doudi.screening.matching.workbook import UnclearChoices

    if not snapshots.is_dir():
        fail(_("没有文件夹 %s，请用 --snapshots 指定筛查时用的文件夹") % snapshots)
    try:
        choices, new = match_decide(workbook, snapshots=snapshots, by=by or getpass.getuser(), at=datetime.now(UTC))
    except (UnreadableFile, UnclearChoices) as problem:
        fail(problem.message)
    counts = {"all": len(choices.decisions), "back": choices.taken_back, "new": new}
    console.print(_("读到认定 %(all)d 条(其中撤销 %(back)d 条)，新记住 %(new)d 条。下次匹配或筛查时生效。") % counts)


def duplicates(
    registry: Registry,
    as_of: AsOf,
    snapshots: Kept = HERE,
    out: Out = None,
    rules: RulesFolder = None,
) -> None:
    """Persons and households that stand in the registry twice."""
    from doudi.feeds.contract import ContractError
    from doudi.feeds.problems import UnreadableFile
    from doudi.rulebook import RulebookError
    from doudi.screening.matching.commands import BANDS, KINDS, duplicates_in_folder

    _refuse_unless_workbook(out)
    try:
        with progress_bar() as report:
            found = duplicates_in_folder(
                rules_root=rules_folder(rules),
                registry=registry,
                as_of=as_of.date(),
                snapshots=snapshots,
                out=out,
                progress=lambda share, what: report(what, round(share * STEPS), STEPS),
            ).to_pylist()
    except (UnreadableFile, RulebookError, ContractError) as problem:
        fail(str(problem))
    table = Table()
    for heading in (_("种类"), *BANDS.values()):
        table.add_column(heading)
    for kind, title in KINDS.items():
        counts = [sum(one["kind"] == kind and one["band"] == band for one in found) for band in BANDS]
        table.add_row(title, *(str(count) for count in counts))
    console.print(table)
    console.print(_("疑似重复 %d 处，请逐条核对认定，系统不会自动合并。") % len(found))
    if out is not None:
        console.print(_("已写出 %s") % out)


def _print(feeds: "Sequence[MatchedFeed]") -> None:
    table = Table()
    headings = (
        _("数据"), _("月份"), _("行数"), _("证件号码一致"), _("笔误已识别"), _("姓名等一致"), _("人工认定"), _("存疑"),
        _("查无此人"),
    )  # fmt: skip
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for one in feeds:
        names = ("rows", "exact", "repaired", "probable", "decided", "doubtful", "none")
        table.add_row(one.title, one.month, *(f"{one.counts.get(name, 0):,}" for name in names))
    console.print(table)


def _refuse_unless_workbook(out: Path | None) -> None:
    if out is not None and out.suffix.lower() != ".xlsx":
        fail(_("--out 应是 .xlsx 文件，例如 doubtful.xlsx"))
