"""The `doudi` command: one thin function a command, each importing what it needs only when it runs."""

import sys

import typer

from doudi import __version__
from doudi.cli import (
    accounts,
    cleaning,
    county,
    data,
    employment,
    matching,
    parameters,
    policies,
    reproduce,
    rules,
    screening,
    service,
    trials,
)
from doudi.cli.language import _
from doudi.cli.output import fail

app = typer.Typer(
    name="doudi",
    help=_("兜底：把部门表格和户籍台账变成说得清理由的预警名单。每条命令加 --help 看用法。"),
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"doudi {__version__}")
        raise typer.Exit


@app.callback()
def everything(
    version: bool = typer.Option(False, "--version", help=_("显示版本"), callback=_version, is_eager=True),
) -> None:
    """The options of the program itself."""


app.command(help=_("造一个虚构的县：各部门会送来的表格、其中的脏数据和标准答案"))(county.synth)
app.command("import", help=_("把表格导入数据库：先看会增加、改变什么，确认后写入；可在网页撤销"))(data.import_sheets)
app.command(help=_("筛查：读表格、清洗、比对规则，写出预警工作簿。不需要数据库和服务器"))(screening.screen)
app.add_typer(matching.app, name="match", help=_("匹配：部门数据的一行是登记簿中的哪个人；存疑的由人认定"))
app.command(help=_("登记簿内疑似重复的人和户"))(matching.duplicates)
app.command(help=_("说明一户为什么在(或不在)名单上"))(screening.explain)
app.command(help=_("复核：按结果里保存的规则和事实，把每条预警重新判断一遍，列出不一致的"))(reproduce.reproduce)
app.command("what-if", help=_("政策推演：改一条线、一条规则或一项待遇，看哪些户进、哪些户出、花多少钱；不动真实数据"))(
    trials.what_if
)
app.command("look-back", help=_("回测：用今天的规则看过去几个月，后来纳入的户能不能早发现、早多少、多报多少"))(
    trials.look_back
)
app.add_typer(parameters.app, name="parameters", help=_("参数：某地某天各项标准取什么值、出自哪里、缺哪些"))
app.add_typer(rules.app, name="rules", help=_("规则：列出、看懂、检查、跑用例"))
app.add_typer(policies.app, name="policies", help=_("政策：列出、看懂、检查、跑用例"))
app.command(help=_("核对政策：谁应享未享、谁不应享而享，写出工作簿。不需要数据库和服务器"))(policies.gaps)
app.command(help=_("就业数据比对：登记簿、务工登记、社保、补助名单、走访各说什么，哪里矛盾，谁去年务工今年没有"))(
    employment.employment
)
app.command(help=_("核查登记簿的数据：哪户哪人哪一栏有错、为什么、怎么改，写出问题清单。不需要数据库和服务器"))(
    cleaning.clean
)
app.add_typer(cleaning.app, name="checks", help=_("数据核查：列出、看懂、跑用例"))
app.command(help=_("启动网站和后台进程"))(service.serve)
app.command(help=_("造好虚构县，导入，筛查，与标准答案对照，然后启动网站"))(county.demo)
app.command(help=_("检查设置有没有不妥，用白话说明"))(service.check)
app.add_typer(accounts.app, name="accounts", help=_("账号和岗位"))
app.add_typer(service.audit, name="audit", help=_("审计日志"))
app.command(
    help=_("Django 的管理命令，例如 doudi manage migrate"),
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
)(service.manage)


def main() -> None:
    """Run the command line; an interruption ends it quietly with 130."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(0)


__all__ = ["app", "fail", "main"]
