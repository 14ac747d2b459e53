"""Commands of the fictitious county: synth and demo."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from doudi.cli.language import _
from doudi.cli.output import console, fail, progress_bar
from doudi.cli.places import RulesFolder, rules_folder

LAST_SCREENED_DAY = datetime(2023, 8, 1)  # the demo county's story plays in the summer of 2023


def synth(
    out: Annotated[Path, typer.Option(help=_("写到哪个文件夹"), file_okay=False)],
    households: Annotated[int, typer.Option(min=1, help=_("户数"))] = 2000,
    seed: Annotated[int, typer.Option(help=_("种子：同一个种子造出同一个县"))] = 1,
    dirt: Annotated[float, typer.Option(min=0, max=1, help=_("有毛病的行所占比例"))] = 0.02,
    slips: Annotated[
        float,
        typer.Option(
            min=0, max=1, help=_("每项核查有多大比例的户填错（大于0时每项至少一户，标准答案在 truth/slips.csv）")
        ),
    ] = 0.0,
    as_of: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help=_("筛查日期"))] = LAST_SCREENED_DAY,
    snapshots: Annotated[bool, typer.Option("--snapshots", help=_("不写表格，直接写干净的快照(可达百万人)"))] = False,
    months: Annotated[int, typer.Option(min=1, max=36, help=_("快照写几个月（回测用，只用于 --snapshots）"))] = 1,
    counties: Annotated[
        int | None,
        typer.Option(
            min=1, max=99, help=_("造几个县，每县各有 --households 户，按 county=149901 分文件夹，供 --province 用")
        ),
    ] = None,
    rules: RulesFolder = None,
) -> None:
    """Write a fictitious county, or several."""
    from doudi.synth.province import write_province
    from doudi.synth.snapshots import write_snapshots
    from doudi.synth.write import write_county

    if counties is not None and (not snapshots or months > 1):
        fail(_("--counties 只与 --snapshots 一起用，而且只写一个月"))
    with progress_bar() as report:
        try:
            if counties is not None:
                several = write_province(
                    counties=counties,
                    households=households,
                    seed=seed,
                    out=out,
                    rules_root=rules_folder(rules),
                    as_of=as_of.date(),
                    progress=report,
                )
                persons = sum(one.persons for one in several)
                console.print(_("已写出 %(n)d 个县共 %(p)d 人：%(out)s") % {"n": counties, "p": persons, "out": out})
                return
            if snapshots:
                written = write_snapshots(
                    households=households,
                    seed=seed,
                    out=out,
                    rules_root=rules_folder(rules),
                    as_of=as_of.date(),
                    months=months,
                    slips=slips,
                    progress=report,
                )
            else:
                written = write_county(
                    households=households,
                    seed=seed,
                    out=out,
                    rules_root=rules_folder(rules),
                    dirt=dirt,
                    slips=slips,
                    as_of=as_of.date(),
                    progress=report,
                )
        except (ValueError, OSError) as problem:
            fail(str(problem))
    console.print(
        _("已写出 %(households)d 户 %(persons)d 人：%(out)s(弄脏 %(stains)d 处，标准答案在 truth/)")
        % {"households": written.households, "persons": written.persons, "out": out, "stains": written.dirtied}
    )


def demo(
    households: Annotated[int, typer.Option(min=100, help=_("户数"))] = 2000,
    seed: Annotated[int, typer.Option(help=_("种子"))] = 7,
    data: Annotated[Path, typer.Option(help=_("演示数据放在哪里"), file_okay=False)] = Path("var/demo"),
    host: Annotated[str, typer.Option(help=_("监听的地址"))] = "127.0.0.1",
    port: Annotated[int, typer.Option(help=_("端口"))] = 8000,
    fresh: Annotated[bool, typer.Option("--fresh", help=_("丢掉上次的演示数据，重新造"))] = False,
    serve: Annotated[bool, typer.Option(help=_("造好后启动网站"))] = True,
) -> None:
    """Make the demo county, load it through the same import as everybody's, compare with the truth, serve it."""
    from doudi.cli.demonstration import prepare_demo, show_sign_ins

    with progress_bar() as report:
        outcome = prepare_demo(households=households, seed=seed, folder=data, fresh=fresh, report=report)
    console.print(outcome.sentence, highlight=False)
    console.print(outcome.score_table, highlight=False, soft_wrap=True)
    show_sign_ins(f"http://{host}:{port}/")
    if serve:
        from doudi.cli.service import serve as serve_site

        serve_site(host=host, port=port, threads=8)
