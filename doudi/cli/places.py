"""Where the rules are: `--rules`, else DOUDI_RULES_DIR, else the folder delivered with doudi."""

import os
from pathlib import Path
from typing import Annotated

import typer

from doudi.cli.language import _

DELIVERED = Path(__file__).resolve().parents[2] / "rules"
RulesFolder = Annotated[
    Path | None, typer.Option("--rules", help=_("规则文件夹；默认用随程序提供的规则"), exists=True, file_okay=False)
]


def rules_folder(given: Path | None) -> Path:
    """The folder of the rules that a command uses."""
    return given or Path(os.environ.get("DOUDI_RULES_DIR") or DELIVERED)


COUNTRY = "000000000000"
"""The region code of the whole country."""
