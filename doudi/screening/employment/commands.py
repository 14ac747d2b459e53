"""What the command `doudi employment` does: two folders of sheets in, the comparison and its workbook out."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from doudi.feeds.contract import load_contracts
from doudi.rulebook import load_rulebook
from doudi.screening.books.alerts import Intake
from doudi.screening.books.employment import write_employment
from doudi.screening.employment.comparing import Comparison, compare
from doudi.screening.inputs import RegistryTables
from doudi.screening.matching.folder import model_in
from doudi.screening.results.names import place_names
from doudi.screening.shelf import Shelf
from doudi.standards.pseudonym import Pseudonymiser

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
    rulebook, contracts = load_rulebook(rules_root), load_contracts(rules_root)
    kept = snapshots or (out.parent if out else Path()) / "doudi-snapshots"
    kept.mkdir(parents=True, exist_ok=True)
    shelf = Shelf(kept, contracts, Pseudonymiser.for_folder(kept))
    tables, _of_registry, _problems = shelf.registry(registry, as_of, lambda share, what: tell(share * 0.4, what))
    reading = lambda share, what: tell(0.4 + share * 0.5, what)  # noqa: E731
    found, intake = shelf.feeds(
        feeds, as_of, reading, regions=tables.regions, registry=tables, model=model_in(rules_root)
    )
    tell(0.9, "比对就业数据")
    comparison = compare(rulebook, registry=tables, snapshots=found, as_of=as_of)
    if out is not None:
        write_employment(comparison, tables, out)
    tell(1.0, "完成")
    return FolderComparison(comparison, tables, place_names(tables), intake)
