"""Commands about parameters: which values hold somewhere on a day, and the history of one."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from doudi.cli.language import _, asked_language
from doudi.cli.output import FOUND, console, errors, fail
from doudi.cli.places import COUNTRY, RulesFolder, rules_folder

if TYPE_CHECKING:
    from doudi.rulebook import Rulebook

app = typer.Typer(invoke_without_command=True)


@app.callback()
def parameters(
    context: typer.Context,
    region: Annotated[str, typer.Option(help=_("行政区划代码(2、4、6、9 或 12 位)"))] = COUNTRY,
    on: Annotated[datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help=_("哪一天；默认今天"))] = None,
    missing: Annotated[bool, typer.Option("--missing", help=_("只看没有值的；有缺时以退出码 1 结束"))] = False,
    unverified: Annotated[bool, typer.Option("--unverified", help=_("只看还没有核实的"))] = False,
    out: Annotated[Path | None, typer.Option("-o", "--out", help=_("也写成 Excel(.xlsx)"), dir_okay=False)] = None,
    rules: RulesFolder = None,
) -> None:
    """Every parameter with the value that holds somewhere on a day."""
    if context.invoked_subcommand is not None:
        return
    from doudi.screening.parameter_table import held_on, level_text, since_text, write_held

    if out is not None and out.suffix.lower() != ".xlsx":
        fail(_("-o 应是 .xlsx 文件，例如 parameters.xlsx"))
    day, language = (on or datetime.now()).date(), asked_language()
    book = _rulebook(rules)
    try:
        held = held_on(book, region=region, on=day)
    except ValueError as problem:
        fail(str(problem))
    lacking = [one for one in held if one.value is None]
    shown = [one for one in held if one.value is not None and not missing and not (unverified and one.value.verified)]
    if shown:
        table = Table(title=_("%(region)s，%(day)s") % {"region": region, "day": day}, title_justify="left")
        for heading in (_("参数"), _("名称"), _("数值"), _("哪一级"), _("起始"), _("出处"), _("核实")):
            table.add_column(heading, overflow="fold")
        for one in shown:
            value = one.value
            assert value is not None  # noqa: S101 - chosen so
            name = one.parameter.title_en if language == "en" else one.parameter.title
            source = value.source.document if value.source else ""
            checked = _("已核实") if value.verified else _("待核实")
            place = f"{level_text(value.region, language)} {value.region.prefix}".strip()
            cells = (one.parameter.id, name, one.text(language), place, since_text(value, language), source, checked)
            table.add_row(*map(escape, cells))
        console.print(table)
    for one in lacking:
        used = _("；用到它的有 %s") % "、".join(one.used_by) if one.used_by else ""
        errors.print(f"[red]✗[/red] {escape(one.problem + used)}", highlight=False, soft_wrap=True)
    waiting = sum(one.value is not None and not one.value.verified for one in held)
    console.print(
        _("共 %(all)d 个参数，缺值 %(lacking)d 个，待核实 %(waiting)d 个")
        % {"all": len(held), "lacking": len(lacking), "waiting": waiting}
    )
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        write_held(held, out, region=region, on=day)
        console.print(_("已写出 %s") % out)
    if missing and lacking:
        raise typer.Exit(FOUND)


@app.command(help=_("看一个参数的全部数值：各地区、各时间、出处"))
def show(
    parameter_id: Annotated[str, typer.Argument(help=_("参数的编号，如 monitoring_line"))],
    rules: RulesFolder = None,
) -> None:
    """The history of one parameter."""
    from difflib import get_close_matches

    from doudi.screening.parameter_table import history, level_text

    book, language = _rulebook(rules), asked_language()
    if parameter_id not in book.parameters:
        near = get_close_matches(parameter_id, book.parameters, n=5)
        fail(_("没有参数 %s") % parameter_id + (_("；是不是：%s？") % "、".join(near) if near else ""))
    parameter = book.parameters[parameter_id]
    title = parameter.title_en if language == "en" else parameter.title
    console.print(f"[bold]{escape(title)}[/bold]  {parameter.id}", highlight=False)
    if parameter.description:
        console.print(parameter.description, highlight=False, markup=False)
    table = Table()
    for heading in (_("地区"), _("哪一级"), _("起始"), _("截止"), _("数值"), _("出处"), _("核实")):
        table.add_column(heading, overflow="fold")
    for one in history(parameter):
        since = _("%d 收入年度") % one.income_year if one.income_year is not None else one.since.isoformat()
        source = f"{one.document}（{one.note}）" if one.note else one.document
        checked = _("已核实") if one.verified else _("待核实")
        until = one.until.isoformat() if one.until else ""
        cells = (str(one.region), level_text(one.region, language), since, until, one.text(language), source, checked)
        table.add_row(*map(escape, cells))
    console.print(table)
    console.print(_("文件：%s") % parameter.file, highlight=False, markup=False, soft_wrap=True)


def _rulebook(rules: Path | None) -> "Rulebook":
    from doudi.rulebook import RulebookError, load_rulebook

    try:
        return load_rulebook(rules_folder(rules))
    except RulebookError as problem:
        fail(str(problem))
