"""Commands of the running site: serve, check, audit verify, manage."""

from typing import Annotated

import typer

from doudi.cli.language import _
from doudi.cli.output import FOUND, console, fail

audit = typer.Typer(no_args_is_help=True)


def ready() -> None:
    """Bring the database up to date for a command that works on it; end the command when that can't be."""
    from doudi.web.serving import NotReady, prepare

    try:
        prepare()
    except NotReady as problem:
        fail("\n".join(problem.problems))


def serve(
    host: Annotated[str, typer.Option(help=_("监听的地址；默认只供本机"))] = "127.0.0.1",
    port: Annotated[int, typer.Option(help=_("端口"))] = 8000,
    threads: Annotated[int, typer.Option(min=1, help=_("同时应答的线程数"))] = 8,
) -> None:
    """Serve until interrupted."""
    from doudi.web.serving import NotReady
    from doudi.web.serving import serve as serve_site

    try:
        serve_site(
            host=host,
            port=port,
            threads=threads,
            on_ready=lambda address: console.print(_("已启动：%s(按 Ctrl-C 停止)") % address),
        )
    except NotReady as problem:
        fail("\n".join(problem.problems))
    except OSError as problem:
        fail(_("无法在 %(host)s:%(port)d 启动：%(why)s") % {"host": host, "port": port, "why": problem.strerror})


def check() -> None:
    """Say what is misconfigured; exit code 1 when there is an error."""
    from doudi.web.serving import check as check_site

    found = check_site()
    for level, code, sentence, remedy in found:
        mark = "[red]✗[/red]" if level == "error" else "[yellow]![/yellow]"
        console.print(f"{mark} {sentence} [dim]({code})[/dim]", highlight=False)
        if remedy:
            console.print(f"  → {remedy}", highlight=False)
    if not found:
        console.print(_("设置没有发现问题。"))
    if any(level == "error" for level, *_rest in found):
        raise typer.Exit(FOUND)


@audit.command("verify", help=_("核对整条审计日志是否被改动过"))
def audit_verify() -> None:
    """Walk the hash chain; exit code 1 when it is broken."""
    from doudi.web.serving import setup

    setup()
    from doudi.web.audit.services import audit_verify as verify

    report = verify()
    if report.problems:
        for problem in report.problems:
            console.print(f"[red]✗[/red] {problem.message}", highlight=False)
        raise typer.Exit(FOUND)
    console.print(_("审计日志完整，共 %d 条。") % report.checked)


def manage(context: typer.Context) -> None:
    """Pass everything on to Django."""
    from doudi.web.__main__ import manage as run

    run(context.args)
