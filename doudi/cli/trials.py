"""The commands `what-if` and `look-back`: questions to the rules over a folder of data, without a database."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from doudi.cli.language import _, asked_language
from doudi.cli.output import console, fail, progress_bar
from doudi.cli.places import RulesFolder, rules_folder

STEPS = 1000
Folder = Annotated[
    Path,
    typer.Option(
        help=_("数据文件夹：registry 和 feeds（表格），或 registry 和 snapshots"), exists=True, file_okay=False
    ),
]
Out = Annotated[Path | None, typer.Option("--out", "-o", help=_("工作簿写到哪里（.xlsx）"), dir_okay=False)]


def what_if(
    folder: Folder,
    as_of: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help=_("以哪一天为准"))],
    values: Annotated[
        list[str] | None, typer.Option("--set", help=_("改参数：编号=值，如 monitoring_line=8000；可写多次"))
    ] = None,
    region: Annotated[str, typer.Option(help=_("参数改在哪个地区（行政区划代码）；默认是数据所在的全县"))] = "",
    rule_file: Annotated[
        list[Path] | None, typer.Option(help=_("用这个文件代替同编号的规则、政策或参数"), dir_okay=False, exists=True)
    ] = None,
    off: Annotated[list[str] | None, typer.Option(help=_("停用规则：编号；可写多次"))] = None,
    benefit: Annotated[list[str] | None, typer.Option(help=_("改政策待遇：政策编号=每年多少元（金额或算式）"))] = None,
    out: Out = None,
    rules: RulesFolder = None,
) -> None:
    """Try a change against today; nothing is kept but the workbook."""
    from doudi.screening.trials.commands import what_if_folder

    _only_xlsx(out)
    with _told() as tell:
        tried = what_if_folder(
            rules_root=rules_folder(rules),
            folder=folder,
            as_of=as_of.date(),
            values=values or (),
            region=region,
            files=rule_file or (),
            off=off or (),
            benefits=benefit or (),
            out=out,
            progress=tell,
        )
    found = tried.found
    for one in found.changes:
        console.print(one, highlight=False)
    console.print(
        _(
            "现在 %(before)d 户，改后 %(after)d 户；"
            "新进 %(enter)d 户（%(persons)d 人），退出 %(leave)d 户，净增 %(net)d 户"
        )
        % {**found.total, "persons": found.total["persons_enter"], "net": found.net},
        highlight=False,
    )
    if found.extra_cost is not None:
        console.print(_("费用变化：每年 %s 元") % f"{found.extra_cost:+,.2f}", highlight=False)
    table = Table()
    for heading in (_("乡镇"), _("现在"), _("改后"), _("新进"), _("退出"), _("升级"), _("降级")):
        table.add_column(heading, justify="left" if heading == _("乡镇") else "right")
    for line in found.by_township:
        counts = [str(line[key]) for key in ("before", "after", "enter", "leave", "up", "down")]
        table.add_row(tried.places.get(line["value"], line["value"]), *counts)
    console.print(table)
    if out is not None:
        console.print(_("已写出 %s") % out)


def look_back(
    folder: Folder,
    first: Annotated[str, typer.Option("--from", help=_("从哪个月，如 2022-10"))],
    last: Annotated[str, typer.Option("--to", help=_("到哪个月，如 2023-07；纳入情况也只看到这个月"))],
    window: Annotated[
        int | None, typer.Option(min=1, max=60, help=_("观察期（月）；默认用参数 look_back_window_months"))
    ] = None,
    out: Out = None,
    rules: RulesFolder = None,
) -> None:
    """Run today's rules over past months and hold them against who was enrolled later."""
    from doudi.screening.trials.commands import look_back_folder

    _only_xlsx(out)
    with _told() as tell:
        looked = look_back_folder(
            rules_root=rules_folder(rules),
            folder=folder,
            first=first,
            last=last,
            window=window,
            out=out,
            progress=tell,
        )
    total = looked.found.total
    console.print(
        _(
            "后来纳入 %(truth)d 户：纳入前能发现 %(found)d 户（%(recall)s），"
            "提前 %(lead)s 个月（中位），没有发现 %(never)d 户"
        )
        % {**total, "recall": _percent(total["recall"]), "lead": _number(total["lead_median"])},
        highlight=False,
    )
    console.print(
        _(
            "预警过 %(raised)d 户：期内纳入 %(hits)d 户，未纳入 %(not_enrolled)d 户，"
            "观察期未满 %(waiting)d 户；准确率 %(precision)s"
        )
        % {**total, "precision": _percent(total["precision"])},
        highlight=False,
    )
    table = Table()
    headings = (
        _("规则"),
        _("预警"),
        _("期内纳入"),
        _("未纳入"),
        _("准确率"),
        _("发现率"),
        _("提前月数"),
        _("最先发现"),
    )
    for heading in headings:
        table.add_column(heading, justify="left" if heading == headings[0] else "right", overflow="fold")
    for line in sorted(looked.found.by_rule, key=lambda one: -one["found"]):
        rule = looked.rulebook.rules[line["value"]]
        table.add_row(
            rule.title_en if asked_language() == "en" else rule.title,
            *(str(line[key]) for key in ("raised", "hits", "not_enrolled")),
            _percent(line["precision"]),
            _percent(line["recall"]),
            _number(line["lead_median"]),
            str(line["first"]),
        )
    console.print(table)
    for sentence in looked.caveats:
        console.print(f"[dim]{sentence}[/dim]", highlight=False, soft_wrap=True)
    if out is not None:
        console.print(_("已写出 %s") % out)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.0%}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:g}"


def _only_xlsx(out: Path | None) -> None:
    if out is not None and out.suffix.lower() != ".xlsx":
        fail(_("--out 应是 .xlsx 文件，例如 result.xlsx"))


@contextmanager
def _told() -> Iterator[Any]:
    """Progress on the terminal; what the input or the rules refuse ends the command with a sentence."""
    from doudi.feeds.problems import UnreadableFile
    from doudi.rulebook import MissingParameter, RulebookError
    from doudi.rulebook.drafting import ChangeRefused
    from doudi.screening.thresholds import MissingParameters

    with progress_bar() as report:
        try:
            yield lambda share, what: report(what, round(share * STEPS), STEPS)
        except (UnreadableFile, MissingParameter, ChangeRefused) as problem:
            fail(problem.message)
        except (RulebookError, MissingParameters) as problem:
            fail(str(problem))
        except OSError as problem:
            fail(f"{problem.strerror}: {problem.filename}")
