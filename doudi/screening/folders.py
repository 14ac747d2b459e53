"""Two folders of sheets, the registry's and the departments', read for a screening or for checking the data."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from doudi.feeds.contract import load_contracts
from doudi.feeds.problems import Problem
from doudi.feeds.snapshot import Snapshot
from doudi.screening.books.alerts import Intake
from doudi.screening.inputs import RegistryTables
from doudi.screening.matching.folder import model_in
from doudi.screening.shelf import Progress, Shelf
from doudi.standards.pseudonym import Pseudonymiser


@dataclass(frozen=True)
class ReadFolders:
    """What the folders hold. `problems` are those of the registry's rows."""

    registry: RegistryTables
    snapshots: tuple[Snapshot, ...]
    intake: tuple[Intake, ...]
    problems: tuple[Problem, ...]

    @property
    def unread(self) -> list[Intake]:
        """Files of which nothing could be used."""
        return [one for one in self.intake if one.note and not one.rows_read]


def read_folders(
    *, rules_root: Path, registry: Path, feeds: Path, as_of: date, kept: Path, progress: Progress
) -> ReadFolders:
    """Read the sheets; `kept` is where what was read is kept: a file that has not changed is not read again.

    Raises UnreadableFile when no registry can be read, ContractError.
    """
    contracts = load_contracts(rules_root)
    kept.mkdir(parents=True, exist_ok=True)
    shelf = Shelf(kept, contracts, Pseudonymiser.for_folder(kept))
    tables, of_registry, problems = shelf.registry(registry, as_of, lambda share, what: progress(share * 0.5, what))
    found, of_feeds = shelf.feeds(
        feeds,
        as_of,
        lambda share, what: progress(0.5 + share * 0.5, what),
        regions=tables.regions,
        registry=tables,
        model=model_in(rules_root),
    )
    return ReadFolders(tables, tuple(found), (*of_registry, *of_feeds), problems)
