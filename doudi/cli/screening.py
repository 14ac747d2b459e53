"""The commands `screen` and `explain`: they work on folders of sheets alone, without a database or a server."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from doudi.cli.language import _, asked_language
from doudi.cli.output import FOUND, console, errors, fail, progress_bar
from doudi.cli.places import RulesFolder, rules_folder
from doudi.cli.province import EngineName, SparkOptions, engine_for, screen_counties

if TYPE_CHECKING:
    from collections.abc import Mapping

    from doudi.screening.commands import FolderScreening
    from doudi.screening.engines.engine import Engine
    from doudi.screening.results.explain import RuleOutcome
    from doudi.screening.results.policies import Entitlement

STEPS = 1000
REGISTRY = typer.Option(help=_("户籍台账的文件夹(户信息、人口信息、收入、行政区划)"), exists=True)
FEEDS = typer.Option(help=_("部门表格的文件夹"), exists=True, file_okay=False)
Registry = Annotated[Path, REGISTRY]
Feeds = Annotated[Path, FEEDS]
AsOf = Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help=_("以哪一天为准"))]
Snapshots = Annotated[
    Path | None, typer.Option(help=_("读过的表格存在哪里(没变的下次不再读);默认在结果旁边"), file_okay=False)
]
MARKS = {"raised": "[red]●[/red]", "cannot_tell": "[yellow]?[/yellow]", "not_raised": "[green]○[/green]"}


def screen(
    as_of: AsOf,
    registry: Annotated[Path | None, REGISTRY] = None,
    feeds: Annotated[Path | None, FEEDS] = None,
    out: Annotated[Path | None, typer.Option(help=_("预警工作簿写到哪里(.xlsx)"), dir_okay=False)] = None,
    snapshots: Snapshots = None,
    results: Annotated[Path | None, typer.Option(help=_("把完整结果(Parquet)也存下来"), file_okay=False)] = None,
    previous: Annotated[
        Path | None,
        typer.Option(
            help=_("上次存下的完整结果;只重算有变化的户,并列出新出现和已消失的预警"), exists=True, file_okay=False
        ),
    ] = None,
    strict: Annotated[bool, typer.Option(help=_("有文件读不了或有退回的行时，以退出码 1 结束"))] = False,
    skip_missing: Annotated[
        bool, typer.Option("--skip-missing", help=_("参数没有值时不停下：略过要用它的规则，并在结果中列为无法判断"))
    ] = False,
    policies: Annotated[
        bool, typer.Option("--policies", help=_("同时核对政策：应享未享、不应享而享，写进工作簿"))
    ] = False,
    province: Annotated[
        Path | None,
        typer.Option(
            help=_("许多县一起筛查：放着 county=149901 这样的文件夹的地方，代替 --registry 和 --feeds"),
            exists=True,
            file_okay=False,
        ),
    ] = None,
    facts: Annotated[
        bool, typer.Option("--facts", help=_("与 --province 一起用：也存下每户每人的事实和逐条结果"))
    ] = False,
    engine: Annotated[
        EngineName, typer.Option(help=_("用哪个引擎筛查；spark 需要装 pyspark 和 Java"))
    ] = EngineName.DUCKDB,
    spark_master: Annotated[
        str | None, typer.Option(help=_("Spark 集群的地址，默认取 DOUDI_SPARK_MASTER，再默认本机"))
    ] = None,
    spark_conf: Annotated[list[str] | None, typer.Option(help=_("Spark 的设置，写成 名称=值，可以写多次"))] = None,
    memory: Annotated[
        str | None, typer.Option(help=_("最多用多少内存，例如 8GB；DuckDB 放不下的部分写到临时文件"))
    ] = None,
    rules: RulesFolder = None,
) -> None:
    """Read, clean, screen, write the workbook; or screen many counties from Parquet to Parquet."""
    spark = SparkOptions(spark_master, tuple(spark_conf or ()), memory) if engine is EngineName.SPARK else None
    if province is not None:
        if results is None or registry or feeds or out or snapshots or previous:
            fail(_("--province 只与 --results 一起用，不用 --registry、--feeds、--out、--snapshots、--previous"))
        screen_counties(
            province, results, as_of, facts=facts, policies=policies, spark=spark, memory=memory, rules=rules
        )
        return
    if registry is None or feeds is None or out is None:
        fail(_("请指定 --registry、--feeds 和 --out；许多县一起筛查用 --province 和 --results"))
    if out.suffix.lower() != ".xlsx":
        fail(_("--out 应是 .xlsx 文件，例如 alerts.xlsx"))
    done = screened(
        registry, feeds, as_of, out=out, snapshots=snapshots, results=results, previous=previous, rules=rules,
        skip_missing=skip_missing, policies=policies, engine=engine_for(spark), memory=memory,
    )  # fmt: skip
    summary = done.result.summary
    refused = sum(one.rows_rejected for one in done.intake)
    console.print(
        _(
            "%(households)d 户 %(persons)d 人，预警 %(alerts)d 条(涉及 %(flagged)d 户),"
            "无法判断 %(unknown)d 项，退回 %(refused)d 行"
        )
        % {
            "households": summary["households"],
            "persons": summary["persons"],
            "alerts": summary["alerts"],
            "flagged": summary["households_with_alerts"],
            "unknown": summary["cannot_tell"],
            "refused": refused,
        },
        highlight=False,
    )
    table = Table()
    for heading in (_("规则"), _("名称"), _("预警"), _("无法判断")):
        table.add_column(heading, overflow="fold", no_wrap=heading == _("规则"))
    for rule_id in sorted(summary["by_rule"] | summary["cannot_tell_by_rule"]):
        rule = done.result.rulebook.rules[rule_id]
        title = rule.title_en if asked_language() == "en" else rule.title
        counts = [str(summary[kind].get(rule_id, 0)) for kind in ("by_rule", "cannot_tell_by_rule")]
        table.add_row(rule_id, title, *counts)
    console.print(table)
    _print_regions(done)
    _print_since(done)
    if policies:
        from doudi.cli.policies import print_policies

        print_policies(done.result)
    for skipped in done.result.left_out:
        told = _("略过 %(rule)s：%(why)s") % {"rule": skipped.text.id, "why": skipped.missing[0].message}
        errors.print(f"[yellow]![/yellow] {escape(told)}", highlight=False, soft_wrap=True)
    for one in done.unread:
        errors.print(f"[yellow]![/yellow] {one.file}: {one.note}", highlight=False, soft_wrap=True)
    console.print(_("已写出 %s") % out)
    if strict and (done.unread or refused):
        raise typer.Exit(FOUND)


def _print_since(done: "FolderScreening") -> None:
    """What changed since the screening before, and how much of it had to be worked out again."""
    if done.since is None:
        return
    from doudi.screening.trials.comparing import GONE, NEW, STILL

    counts = done.since.counts
    line = _("与 %(day)s 相比：新出现 %(new)d 条，已消失 %(gone)d 条，仍存在 %(still)d 条") % {
        "day": done.since.day,
        "new": counts[NEW],
        "gone": counts[GONE],
        "still": counts[STILL],
    }
    console.print(line, highlight=False)
    basis = done.result.basis
    if basis is not None and done.result.incremental:
        console.print(_("增量筛查：只重算了有变化的 %d 户") % basis.households, highlight=False)
    elif basis is not None:
        console.print(_("本次整体重算：%s") % basis.refused, highlight=False)


def _print_regions(done: "FolderScreening") -> None:
    """The alerts of villages and townships, one line each."""
    from doudi.screening.results.names import place_names

    alerts = done.result.region_alerts.to_pylist()
    if not alerts:
        return
    names, english = place_names(done.registry), asked_language() == "en"
    table = Table(title=_("村乡预警"))
    for heading in (_("级别"), _("区划代码"), _("乡镇、村"), _("原因")):
        table.add_column(heading, overflow="fold", no_wrap=heading == _("区划代码"))
    red, yellow = _("红色"), _("黄色")
    marks = {"red": f"[red]{red}[/red]", "yellow": f"[yellow]{yellow}[/yellow]"}
    for one in alerts:
        code = one["region_code"]
        place = names.get(f"{code[:9]}000", "") + ("" if code.endswith("000") else names.get(code, ""))
        table.add_row(marks[one["level"]], code, place, one["sentence_en"] if english else one["sentence"])
    console.print(table)


def explain(
    registry: Registry,
    feeds: Feeds,
    as_of: AsOf,
    household_no: Annotated[str | None, typer.Argument(help=_("户编号"))] = None,
    region: Annotated[str | None, typer.Option(help=_("改为说明一个村或乡镇(12 位区划代码)"))] = None,
    snapshots: Snapshots = None,
    everything: Annotated[bool, typer.Option("--all", help=_("也列出没有预警的规则"))] = False,
    rules: RulesFolder = None,
) -> None:
    """Every rule for one household, or for one village or township, alerts first."""
    from doudi.screening.commands import explain_household
    from doudi.screening.results.explain import explain_region

    if (household_no is None) == (region is None):
        fail(_("请写户编号，或用 --region 写区划代码，二者写一个"))
    kept = snapshots or registry.resolve().parent / "doudi-snapshots"
    done = screened(registry, feeds, as_of, out=None, snapshots=kept, results=None, rules=rules, policies=True)
    try:
        if household_no is not None:
            shown = explain_household(result=done.result, registry=done.registry, household_no=household_no)
            outcomes, members = shown.outcomes, shown.members
        else:
            outcomes, members = explain_region(done.result, str(region)), {}
    except LookupError as problem:
        fail(str(problem.args[0]))
    console.print(_("户编号 %s") % household_no if household_no is not None else _("区划代码 %s") % region)
    told = [one for one in outcomes if everything or one.outcome != "not_raised"]
    for outcome in told:
        _print_outcome(outcome, members.get(outcome.person_key or 0, ""))
    if not told:
        console.print(_("没有预警，也没有无法判断的规则。用 --all 查看逐条结果。"))
    if household_no is not None:
        _print_entitlements(shown.entitlements, members)


def _print_outcome(outcome: "RuleOutcome", member: str) -> None:
    english = asked_language() == "en"
    title = outcome.title_en if english else outcome.title
    who = f" · {member}" if member else ""
    console.print(f"{MARKS[outcome.outcome]} [bold]{title}[/bold]{who}  [dim]{outcome.rule_id}[/dim]", highlight=False)
    console.print(f"   {outcome.sentence_en if english else outcome.sentence}", highlight=False, soft_wrap=True)
    for one in (*outcome.facts, *outcome.thresholds):
        console.print(f"   [dim]{one.title_en if english else one.title}:{one.text}[/dim]", highlight=False)
    if outcome.legal_basis:
        basis = _("依据：%s") % ";".join(outcome.legal_basis)
        console.print(f"   [dim]{basis}[/dim]", highlight=False, soft_wrap=True)


def _print_entitlements(found: "list[Entitlement]", members: "Mapping[int, str]") -> None:
    """What a household lacks, has wrongly, is to be asked about, and receives."""
    from doudi.standards.codes import EntitlementState

    english = asked_language() == "en"
    for state in EntitlementState:
        rows = [one for one in found if one.state == state.value]
        if rows:
            console.print(f"\n[bold]{state.label_en if english else state.label}[/bold]")
        for one in rows:
            who = members.get(one.person_key or 0, "")
            told = escape(f"{one.sentence_en if english else one.sentence}{f' · {who}' if who else ''}")
            console.print(f"   {told}  [dim]{one.policy_id}[/dim]", highlight=False, soft_wrap=True)


def screened(
    registry: Path,
    feeds: Path,
    as_of: datetime,
    *,
    out: Path | None,
    snapshots: Path | None,
    results: Path | None,
    rules: Path | None,
    previous: Path | None = None,
    skip_missing: bool = False,
    policies: bool = False,
    engine: "Engine | None" = None,
    memory: str | None = None,
) -> "FolderScreening":
    """Screen two folders of sheets with a bar of progress; what is wrong ends the command with a sentence."""
    from doudi.feeds.problems import UnreadableFile
    from doudi.rulebook import MissingParameter, RulebookError
    from doudi.screening.commands import screen_folders
    from doudi.screening.thresholds import MissingParameters

    with progress_bar() as report:
        try:
            return screen_folders(
                rules_root=rules_folder(rules),
                registry=registry,
                feeds=feeds,
                as_of=as_of.date(),
                out=out,
                snapshots=snapshots,
                results=results,
                previous=previous,
                skip_missing=skip_missing,
                policies=policies,
                engine=engine,
                memory=memory,
                progress=lambda share, what: report(what, round(share * STEPS), STEPS),
            )
        except (UnreadableFile, MissingParameter) as problem:
            fail(problem.message)
        except (RulebookError, MissingParameters, MemoryError) as problem:
            fail(str(problem))
        except FileNotFoundError as problem:
            fail(str(problem))
        except OSError as problem:
            fail(f"{problem.strerror}: {problem.filename}")
