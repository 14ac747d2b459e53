"""Commands about assistance policies: list, show, check, test; and `gaps`, who lacks what and who has it wrongly."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from doudi.cli.language import _, asked_language
from doudi.cli.output import FOUND, console, errors, fail
from doudi.cli.places import COUNTRY, RulesFolder, rules_folder
from doudi.cli.rules import print_cases
from doudi.cli.screening import AsOf, Feeds, Registry, Snapshots, screened

if TYPE_CHECKING:
    from doudi.screening.run import ScreeningResult

app = typer.Typer(no_args_is_help=True)
Day = Annotated[datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help=_("哪一天的政策和数值；默认今天"))]


@app.command("list", help=_("列出政策"))
def list_policies(
    on: Day = None,
    area: Annotated[str | None, typer.Option(help=_("只列一个领域，如 education"))] = None,
    rules: RulesFolder = None,
) -> None:
    """All policies, or those in force on a day."""
    from doudi.rulebook import RulebookError
    from doudi.screening.policy_commands import policies_list
    from doudi.standards.codes import CODE_LISTS

    areas = {str(one.value): one for one in CODE_LISTS["policy_area"]}
    if area is not None and area not in areas:
        fail(_("没有领域 %(area)s，可用的有：%(known)s") % {"area": area, "known": "、".join(areas)})
    try:
        found = policies_list(rules_root=rules_folder(rules), on=on.date() if on else None, area=area)
    except RulebookError as problem:
        fail(str(problem))
    english = asked_language() == "en"
    table = Table()
    for heading in (_("政策"), _("领域"), _("名称"), _("用例")):
        table.add_column(heading, overflow="fold", no_wrap=heading == _("政策"))
    for policy in found:
        there = areas[policy.area]
        table.add_row(
            policy.id,
            there.label_en if english else there.label,
            escape(policy.title_en if english else policy.title),
            str(len(policy.cases)),
        )
    console.print(table)
    console.print(_("共 %d 条") % len(found))


@app.command(help=_("看一项政策：给谁、给什么、怎么申请，某地某天的标准和来源"))
def show(
    policy_id: Annotated[str, typer.Argument(help=_("政策的编号，如 education.yulu_plan"))],
    region: Annotated[str, typer.Option(help=_("行政区划代码(2、4、6、9 或 12 位)"))] = COUNTRY,
    on: Day = None,
    rules: RulesFolder = None,
) -> None:
    """One policy in plain words with what it rests on."""
    from doudi.rulebook import RulebookError
    from doudi.screening.policy_commands import policies_show

    day = (on or datetime.now()).date()
    try:
        shown = policies_show(rules_root=rules_folder(rules), policy_id=policy_id, on=day, region=region)
    except (RulebookError, LookupError, ValueError) as problem:
        fail(str(problem.args[0] if isinstance(problem, LookupError) else problem))
    policy = shown.policy
    console.print(f"[bold]{escape(policy.title)}[/bold]  {policy.id}", highlight=False)
    days = _("，%d 天内办结") % policy.apply.days if policy.apply.days is not None else ""
    lines = [
        _("给谁：%s") % policy.who,
        _("给什么：%s") % shown.what,
        _("怎么申请：%s") % f"{policy.apply.where}，{policy.apply.how}{days}",
        _("凭证材料：%s") % "、".join(policy.evidence),
        _("条件：%s") % policy.eligible.text,
        _("依据：%s") % "；".join(f"{one.document} {one.article}".strip() for one in policy.legal_basis),
    ]
    if policy.received is not None:
        lines.append(_("看哪份数据知道是否享受：%s") % policy.received.source.title)
    elif policy.receives is not None:
        lines.append(_("怎样算已享受：%s") % policy.receives.text)
    else:
        lines.append(_("没有数据说明是否享受，符合条件的列为待核对"))
    if shown.goes_before:
        lines.append(_("不能同时享受：%s") % "、".join(shown.goes_before))
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    for title, values in ((_("事实"), shown.facts), (_("标准(%s)") % day, shown.parameters)):
        table = Table(title=title, title_justify="left")
        for heading in (_("编号"), _("名称"), _("内容"), _("来源")):
            table.add_column(heading, overflow="fold")
        for value in values:
            source = value.source if value.verified else _("%s(待本县核实)") % value.source
            table.add_row(value.id, *map(escape, (value.title, value.text, source)))
        if values:
            console.print(table)


@app.command(help=_("检查政策文件有没有写错，指出文件、行和改法"))
def check(rules: RulesFolder = None) -> None:
    """Exit code 1 when the rulebook can't be used."""
    from doudi.screening.commands import rules_check

    folder = rules_folder(rules)
    told = rules_check(rules_root=folder, on=datetime.now().date())
    found = [one for one in told if one.severity == "error" or "/policies/" in one.file]
    for problem in found:
        mark = "[red]✗[/red]" if problem.severity == "error" else "[yellow]![/yellow]"
        errors.print(f"{mark} {escape(str(problem))}", highlight=False, soft_wrap=True)
    if any(problem.severity == "error" for problem in found):
        raise typer.Exit(FOUND)
    console.print(_("政策文件没有错误(提示 %d 条)。") % len(found))


@app.command("test", help=_("跑每项政策自带的用例"))
def run_cases(
    policy_ids: Annotated[list[str] | None, typer.Argument(help=_("只跑这些政策"))] = None, rules: RulesFolder = None
) -> None:
    """Exit code 1 when a case fails."""
    from doudi.rulebook import RulebookError
    from doudi.screening.policy_commands import policies_test

    try:
        results = policies_test(rules_root=rules_folder(rules), policy_ids=policy_ids or None)
    except RulebookError as problem:
        fail(str(problem))
    except LookupError as problem:
        fail(str(problem.args[0]))
    print_cases(results)


def gaps(
    registry: Registry,
    feeds: Feeds,
    as_of: AsOf,
    out: Annotated[Path, typer.Option(help=_("政策核对工作簿写到哪里(.xlsx)"), dir_okay=False)],
    snapshots: Snapshots = None,
    results: Annotated[Path | None, typer.Option(help=_("把完整结果(Parquet)也存下来"), file_okay=False)] = None,
    skip_missing: Annotated[
        bool, typer.Option("--skip-missing", help=_("标准没有值时不停下：略过要用它的规则和政策"))
    ] = False,
    rules: RulesFolder = None,
) -> None:
    """Screen with all policies, write the workbook of policies."""
    from doudi.screening.books.policies import write_gaps

    if out.suffix.lower() != ".xlsx":
        fail(_("--out 应是 .xlsx 文件，例如 gaps.xlsx"))
    done = screened(
        registry,
        feeds,
        as_of,
        out=None,
        snapshots=snapshots or out.resolve().parent / "doudi-snapshots",
        results=results,
        rules=rules,
        skip_missing=skip_missing,
        policies=True,
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    write_gaps(done.result, done.registry, out)
    print_policies(done.result)
    console.print(_("已写出 %s") % out)


def print_policies(result: "ScreeningResult") -> None:
    """A table of policies that concern anybody, with counts by state."""
    from doudi.screening.books.policies import coverage
    from doudi.standards.codes import EntitlementState

    english = asked_language() == "en"
    counted = result.summary["policies"]
    table = Table(title=_("政策享受情况"), title_justify="left")
    states = tuple(EntitlementState)
    for heading in (_("政策"), *((one.label_en if english else one.label) for one in states), _("应享尽享率")):
        table.add_column(heading, overflow="fold", justify="left" if heading == _("政策") else "right")
    for policy in result.plan.entitlement.policies:
        counts = counted[policy.id]
        if counts:
            share = coverage(counts)
            rows = [str(int(counts.get(str(one.value), {}).get("rows", 0))) for one in states]
            title = escape(policy.title_en if english else policy.title)
            table.add_row(title, *rows, "" if share is None else f"{share:.1%}")
    console.print(table)
