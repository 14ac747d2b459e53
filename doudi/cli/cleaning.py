"""Commands about the quality of the registry's data: `clean` finds what is wrong; `checks` lists, shows, tries them."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from doudi.cli.language import _, asked_language
from doudi.cli.output import FOUND, console, errors, fail, progress_bar
from doudi.cli.places import COUNTRY, RulesFolder, rules_folder
from doudi.cli.rules import print_cases
from doudi.cli.screening import STEPS, AsOf, Feeds, Registry, Snapshots

if TYPE_CHECKING:
    from doudi.rulebook.checks import Check
    from doudi.screening.cleaning.run import CleaningResult

app = typer.Typer(no_args_is_help=True)
Day = Annotated[datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help=_("哪一天的核查和数值；默认今天"))]


@app.command("list", help=_("列出数据核查"))
def list_checks(
    on: Day = None,
    topic: Annotated[str | None, typer.Option(help=_("只列一类，如 identity"))] = None,
    rules: RulesFolder = None,
) -> None:
    """All checks, or those in force on a day."""
    from doudi.rulebook import RulebookError
    from doudi.screening.cleaning.commands import checks_list
    from doudi.standards.codes import CODE_LISTS

    known = [str(one.value) for one in CODE_LISTS["check_topic"]]
    if topic is not None and topic not in known:
        fail(_("没有类别 %(topic)s，可用的有：%(known)s") % {"topic": topic, "known": "、".join(known)})
    try:
        found = checks_list(rules_root=rules_folder(rules), on=on.date() if on else None, topic=topic)
    except RulebookError as problem:
        fail(str(problem))
    table = Table()
    for heading in (_("核查"), _("程度"), _("名称"), _("用例")):
        table.add_column(heading, overflow="fold", no_wrap=heading == _("核查"))
    for check in found:
        table.add_row(check.id, _severity(check), escape(_title(check)), str(len(check.cases)))
    console.print(table)
    console.print(_("共 %d 条") % len(found))


@app.command(help=_("看一项核查：条件、事实、涉及的栏目、修改建议，某地某天的标准和来源"))
def show(
    check_id: Annotated[str, typer.Argument(help=_("核查的编号，如 identity.sex_against_id"))],
    region: Annotated[str, typer.Option(help=_("行政区划代码(2、4、6、9 或 12 位)"))] = COUNTRY,
    on: Day = None,
    rules: RulesFolder = None,
) -> None:
    """One check with what it rests on."""
    from doudi.rulebook import RulebookError
    from doudi.screening.cleaning.commands import checks_show

    day = (on or datetime.now()).date()
    try:
        shown = checks_show(rules_root=rules_folder(rules), check_id=check_id, on=day, region=region)
    except (RulebookError, LookupError, ValueError) as problem:
        fail(str(problem.args[0] if isinstance(problem, LookupError) else problem))
    check = shown.check
    console.print(f"[bold]{escape(_title(check))}[/bold]  {check.id}  {_severity(check)}", highlight=False)
    console.print(_("条件：%s") % check.when.text, highlight=False, markup=False)
    console.print(_("涉及栏目：%s") % "、".join(shown.cells), highlight=False, markup=False)
    if check.repair is not None:
        proposed = check.repair.fact or check.repair.constant
        told = {"column": check.repair.column, "value": _("空") if proposed is None else proposed}
        console.print(_("修改建议：%(column)s 改为 %(value)s") % told, highlight=False, markup=False)
    basis = "；".join(f"{one.document} {one.article}".strip() for one in check.legal_basis)
    console.print(_("依据：%s") % basis, markup=False)
    for title, values in ((_("事实"), shown.facts), (_("标准(%s)") % day, shown.parameters)):
        table = Table(title=title, title_justify="left")
        for heading in (_("编号"), _("名称"), _("内容"), _("来源")):
            table.add_column(heading, overflow="fold")
        for value in values:
            source = value.source if value.verified else _("%s(待本县核实)") % value.source
            table.add_row(value.id, *map(escape, (value.title, value.text, source)))
        if values:
            console.print(table)


@app.command("test", help=_("跑每项核查自带的用例"))
def run_cases(
    check_ids: Annotated[list[str] | None, typer.Argument(help=_("只跑这些核查"))] = None, rules: RulesFolder = None
) -> None:
    """Exit code 1 when a case fails."""
    from doudi.rulebook import RulebookError
    from doudi.screening.cleaning.commands import checks_test

    try:
        results = checks_test(rules_root=rules_folder(rules), check_ids=check_ids or None)
    except RulebookError as problem:
        fail(str(problem))
    except LookupError as problem:
        fail(str(problem.args[0]))
    print_cases(results)


def clean(
    registry: Registry,
    feeds: Feeds,
    as_of: AsOf,
    out: Annotated[Path, typer.Option(help=_("问题清单工作簿写到哪里(.xlsx)"), dir_okay=False)],
    snapshots: Snapshots = None,
    check: Annotated[list[str] | None, typer.Option(help=_("只做这些核查，可以写多次"))] = None,
    strict: Annotated[bool, typer.Option(help=_("有文件读不了或有数据错误时，以退出码 1 结束"))] = False,
    memory: Annotated[str | None, typer.Option(help=_("最多用多少内存，例如 8GB；放不下的部分写到临时文件"))] = None,
    rules: RulesFolder = None,
) -> None:
    """Read the registry and the feeds, hold them against the checks, write the workbook."""
    from doudi.feeds.contract import ContractError
    from doudi.feeds.problems import UnreadableFile
    from doudi.rulebook import RulebookError
    from doudi.screening.cleaning.commands import clean_folders
    from doudi.screening.thresholds import MissingParameters

    if out.suffix.lower() != ".xlsx":
        fail(_("--out 应是 .xlsx 文件，例如 issues.xlsx"))
    with progress_bar() as report:
        try:
            done = clean_folders(
                rules_root=rules_folder(rules),
                registry=registry,
                feeds=feeds,
                as_of=as_of.date(),
                out=out,
                snapshots=snapshots,
                checks=check or None,
                memory=memory,
                progress=lambda share, what: report(what, round(share * STEPS), STEPS),
            )
        except UnreadableFile as problem:
            fail(problem.message)
        except MissingParameters as problem:
            fail(str(problem))
        except LookupError as problem:
            fail(str(problem.args[0]))
        except (RulebookError, ContractError, MemoryError, ValueError) as problem:
            fail(str(problem))
        except OSError as problem:
            fail(f"{problem.strerror}: {problem.filename}")
    for one in done.read.unread:
        errors.print(f"[yellow]![/yellow] {escape(f'{one.file}：{one.note}')}", highlight=False, soft_wrap=True)
    print_issues(done.result)
    console.print(_("已写出 %s") % out)
    if strict and (done.read.unread or done.result.summary["errors"]):
        raise typer.Exit(FOUND)


def print_issues(result: "CleaningResult") -> None:
    """How many households are without an error, and a table of the checks that found something."""
    summary = result.summary
    console.print(
        _("%(households)d 户，没有错误的 %(clean)d 户(%(share)s)，错误 %(errors)d 处，疑点 %(doubts)d 处")
        % {**summary, "share": f"{summary['clean_share']:.1%}"},
        highlight=False,
    )
    table = Table()
    for heading in (_("核查"), _("程度"), _("名称"), _("问题"), _("无法判断")):
        counted = heading in (_("问题"), _("无法判断"))
        table.add_column(heading, overflow="fold", justify="right" if counted else "left")
    for check in sorted(result.plan.checks, key=lambda one: -result.counts[one.id][0]):
        raised, unknown = result.counts[check.id]
        if raised:
            table.add_row(check.id, _severity(check), escape(_title(check)), str(raised), str(unknown))
    console.print(table)


def _title(check: "Check") -> str:
    return check.title_en if asked_language() == "en" else check.title


def _severity(check: "Check") -> str:
    from doudi.standards.codes import CODE_LISTS

    found = CODE_LISTS["check_severity"].named(check.severity)
    if found is None:
        return check.severity
    return found.label_en if asked_language() == "en" else found.label
