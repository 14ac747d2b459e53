"""What every command shares: the console, progress bars and how an error ends a command.

Exit codes: 0 done; 1 done, and something was found that needs work (failed rule cases, rejected rows with `--strict`);
2 the call or the input could not be used; 130 interrupted.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

FOUND = 1
UNUSABLE = 2

console = Console()
errors = Console(stderr=True)

Report = Callable[[str, int, int], None]


@contextmanager
def progress_bar() -> Iterator[Report]:
    """A bar fed by `report(what, done, total)`; silent when the output is not a terminal."""
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=errors,
        transient=True,
        disable=not errors.is_terminal,
    ) as bar:
        task = bar.add_task("", total=None)

        def report(what: str, done: int, total: int) -> None:
            bar.update(task, description=what, completed=done, total=total or None)

        yield report


def fail(message: str, code: int = UNUSABLE) -> NoReturn:
    """End the command with one sentence on standard error."""
    errors.print(f"[red]✗[/red] {escape(message)}", highlight=False, soft_wrap=True)
    raise typer.Exit(code)
