"""What the command `doudi employment` does: two folders of sheets in, the comparison and its workbook out."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from doudi.rulebook import load_rulebook
from doudi.screening.books.alerts import Intake
from doudi.screening.books.employment import write_employment
from doudi.screening.employment.comparing import Comparison, compare
from doudi.screening.folders import read_folders
from doudi.screening.inputs import RegistryTables
from doudi.screening.results.names import place_names

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class FolderComparison:
    """`places`: region code → name."""

    comparison: Comparison
    registry: RegistryTables
    places: dict[str, str]
    intake: tuple[Intake, ...]


def compare_folders(
    *,
    rules_root: Path,
    registry: Path,
    feeds: Path,
    as_of: date,
    out: Path | None = None,
    snapshots: Path | None = None,
    progress: Progress | None = None,
) -> FolderComparison:
    """Read the sheets (what was read before is not read again), compare, write the workbook `out`.

    Raises UnreadableFile when no registry can be read, RulebookError, MissingParameter.
    """
    tell = progress or (lambda share, what: None)
    rulebook = load_rulebook(rules_root)
    kept = snapshots or (out.parent if out else Path()) / "doudi-snapshots"
    read = read_folders(
        rules_root=rules_root,
        registry=registry,
        feeds=feeds,
        as_of=as_of,
        kept=kept,
        progress=lambda share, what: tell(share * 0.9, what),
    )
    tell(0.9, "比对就业数据")
    comparison = compare(rulebook, registry=read.registry, snapshots=read.snapshots, as_of=as_of)
    if out is not None:
        write_employment(comparison, read.registry, out)
    tell(1.0, "完成")
    return FolderComparison(comparison, read.registry, place_names(read.registry), read.intake)
