"""Commands about the rulebook: list, show, check, test, export."""

from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from doudi.cli.county import LAST_SCREENED_DAY
from doudi.cli.language import _
from doudi.cli.output import FOUND, console, errors, fail
from doudi.cli.places import COUNTRY, RulesFolder, rules_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from doudi.rulebook import Problem
    from doudi.screening.cases import CaseResult
    from doudi.screening.entitlement_cases import PolicyCaseResult

    Tried = CaseResult | PolicyCaseResult

SYNTHETIC = "synthetic"
SYNTHETIC_HOUSEHOLDS = 3000
app = typer.Typer(no_args_is_help=True)
Day = Annotated[datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help=_("哪一天的规则和数值；默认今天"))]


@app.command("list", help=_("列出规则"))
def list_rules(on: Day = None, rules: RulesFolder = None) -> None:
    """All rules, or those in force on a day."""
    from doudi.rulebook import RulebookError
    from doudi.screening.commands import rules_list

    try:
        found = rules_list(rules_root=rules_folder(rules), on=on.date() if on else None)
    except RulebookError as problem:
        fail(str(problem))
    table = Table()
    for heading in (_("规则"), _("级别"), _("名称"), _("用例")):
        table.add_column(heading, overflow="fold", no_wrap=heading == _("规则"))
    for rule in found:
        table.add_row(rule.id, rule.level, escape(rule.title), str(len(rule.cases)))
    console.print(table)
    console.print(_("共 %d 条") % len(found))


@app.command(help=_("看一条规则：条件、事实、某地某天的标准和来源"))
def show(
    rule_id: Annotated[str, typer.Argument(help=_("规则的编号，如 income.under_line_not_enrolled"))],
    region: Annotated[str, typer.Option(help=_("行政区划代码(2、4、6、9 或 12 位)"))] = COUNTRY,
    on: Day = None,
    rules: RulesFolder = None,
) -> None:
    """One rule with what it rests on."""
    from doudi.rulebook import RulebookError
    from doudi.screening.commands import rules_show

    day = (on or datetime.now()).date()
    try:
        shown = rules_show(rules_root=rules_folder(rules), rule_id=rule_id, on=day, region=region)
    except (RulebookError, LookupError, ValueError) as problem:
        fail(str(problem.args[0] if isinstance(problem, LookupError) else problem))
    rule = shown.rule
    console.print(f"[bold]{escape(rule.title)}[/bold]  {rule.id}  {rule.level}", highlight=False)
    console.print(_("条件：%s") % rule.when.text, highlight=False, markup=False)
    basis = "；".join(f"{one.document} {one.article}".strip() for one in rule.legal_basis)
    console.print(_("依据：%s") % basis, markup=False)
    for title, values in ((_("事实"), shown.facts), (_("标准(%s)") % day, shown.parameters)):
        table = Table(title=title, title_justify="left")
        for heading in (_("编号"), _("名称"), _("内容"), _("来源")):
            table.add_column(heading, overflow="fold", no_wrap=heading == _("规则"))
        for value in values:
            source = value.source if value.verified else _("%s(待本县核实)") % value.source
            table.add_row(value.id, *map(escape, (value.title, value.text, source)))
        console.print(table)


@app.command(help=_("检查规则文件有没有写错、有没有可疑之处，指出文件、行和改法"))
def check(
    on: Annotated[
        datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help=_("参数的数值查到哪一天；默认今天"))
    ] = None,
    county: Annotated[
        str | None,
        typer.Option(
            help=_("也在一个县上试：哪些规则从不预警、哪些条件不起作用。synthetic 或 registry、snapshots 所在文件夹")
        ),
    ] = None,
    as_of: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help=_("在县上试时以哪一天为准"))
    ] = LAST_SCREENED_DAY,
    rules: RulesFolder = None,
) -> None:
    """Exit code 1 when a file can't be used or an example doesn't come out."""
    from doudi.screening.commands import rules_check

    folder = rules_folder(rules)
    found = rules_check(rules_root=folder, on=(on or datetime.now()).date())
    refused = any(problem.severity == "error" for problem in found)
    if county is not None and not refused:
        found += _over_county(folder, county, as_of.date())
    for problem in found:
        mark = "[red]✗[/red]" if problem.severity == "error" else "[yellow]![/yellow]"
        errors.print(f"{mark} {escape(str(problem))}", highlight=False, soft_wrap=True)
    if refused:
        raise typer.Exit(FOUND)
    console.print(_("规则文件没有错误(提示 %d 条)。") % len(found))


def _over_county(rules: Path, county: str, as_of: date) -> "list[Problem]":
    """What is doubtful over a county's folder, or over a made-up one."""
    from doudi.feeds.contract import ContractError
    from doudi.screening.commands import rules_check_county
    from doudi.screening.thresholds import MissingParameters
    from doudi.synth.snapshots import write_snapshots

    with TemporaryDirectory() as made:
        try:
            folder = Path(county)
            if county == SYNTHETIC:
                folder = Path(made) / "county"
                write_snapshots(
                    households=SYNTHETIC_HOUSEHOLDS, seed=1, out=folder, rules_root=rules, as_of=as_of,
                    progress=lambda _what, _done, _total: None,
                )  # fmt: skip
            return rules_check_county(rules_root=rules, county=folder, as_of=as_of)
        except (ContractError, MissingParameters, ValueError, OSError) as problem:
            fail(str(problem))


@app.command("test", help=_("跑每条规则和每项政策自带的用例"))
def run_cases(
    rule_ids: Annotated[list[str] | None, typer.Argument(help=_("只跑这些规则"))] = None, rules: RulesFolder = None
) -> None:
    """Exit code 1 when a case fails."""
    from doudi.rulebook import RulebookError
    from doudi.screening.commands import rules_test
    from doudi.screening.policy_commands import policies_test

    folder = rules_folder(rules)
    try:
        results: list[Tried] = [*rules_test(rules_root=folder, rule_ids=rule_ids or None)]
        if not rule_ids:
            results += policies_test(rules_root=folder)
    except RulebookError as problem:
        fail(str(problem))
    except LookupError as problem:
        fail(str(problem.args[0]))
    print_cases(results)


def print_cases(results: "Sequence[Tried]") -> None:
    """Which examples did not come to what their file says, and how many there are. Exit code 1 when one did not."""
    failed = [one for one in results if not one.passed]
    for one in failed:
        errors.print(f"[red]✗[/red] {escape(one.problem)}", highlight=False, soft_wrap=True)
    console.print(_("用例 %(all)d 个，不符 %(failed)d 个") % {"all": len(results), "failed": len(failed)})
    if failed:
        raise typer.Exit(FOUND)


@app.command("export", help=_("把网站上批准的规则和现行文件一起写到文件夹，供改回规则文件"))
def export_rules(
    folder: Annotated[Path, typer.Argument(help=_("写到哪个文件夹"), file_okay=False)],
    on: Annotated[
        datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help=_("哪一天现行的文本；默认含全部已批准的"))
    ] = None,
) -> None:
    """The texts in force, each in its file; only files that say something else are written."""
    from doudi.cli.service import ready

    ready()
    from doudi.web.rulekeeping.export import export_texts

    written = export_texts(folder, on=on.date() if on else None)
    for path in written.changed:
        console.print(f"[yellow]~[/yellow] {path}", highlight=False)
    console.print(
        _("已写出 %(all)d 个文件到 %(folder)s，其中 %(changed)d 个与随程序的规则文件不同")
        % {"all": written.all, "folder": folder, "changed": len(written.changed)}
    )
