"""What a trial reads from a folder: sheets as departments send them, or Parquet as `doudi synth --snapshots` writes it.

folder/registry + folder/feeds       sheets; what is read is kept in folder/doudi-snapshots
folder/registry + folder/snapshots   Parquet
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from doudi.feeds.contract import load_contracts
from doudi.feeds.problems import UnreadableFile
from doudi.feeds.snapshot import Snapshot, list_snapshots
from doudi.screening.inputs import RegistryTables
from doudi.screening.matching.folder import model_in
from doudi.screening.shelf import Progress, Shelf
from doudi.standards.periods import Month
from doudi.standards.pseudonym import Pseudonymiser
from doudi.standards.regions import RegionCode, RegionLevel


@dataclass(frozen=True)
class TrialInputs:
    """The registry and all deliveries. `registries`: the registry as it was kept in earlier months, if it was."""

    registry: RegistryTables
    snapshots: tuple[Snapshot, ...]
    registries: dict[Month, RegistryTables]


def trial_inputs(folder: Path, *, rules_root: Path, as_of: date, tell: Progress) -> TrialInputs:
    """Read a folder. Raises UnreadableFile when it holds no registry."""
    registry, feeds = folder / "registry", folder / "feeds"
    if (folder / "snapshots").is_dir() and (registry / "household.parquet").is_file():
        found = tuple(list_snapshots(folder / "snapshots"))
        return TrialInputs(RegistryTables.from_folder(registry), found, dict(_kept(folder / "registries")))
    if not registry.is_dir():
        raise UnreadableFile("empty", f"{folder} 里没有 registry 文件夹（户籍台账），请检查路径")
    kept = folder / "doudi-snapshots"
    kept.mkdir(exist_ok=True)
    shelf = Shelf(kept, load_contracts(rules_root), Pseudonymiser.for_folder(kept))
    tables, _intake, _problems = shelf.registry(registry, as_of, lambda share, what: tell(share * 0.5, what))
    reading = lambda share, what: tell(0.5 + share * 0.5, what)  # noqa: E731
    snapshots, _came_in = shelf.feeds(feeds, as_of, reading, registry=tables, model=model_in(rules_root))
    return TrialInputs(tables, tuple(snapshots), {})


def _kept(folder: Path) -> Iterator[tuple[Month, RegistryTables]]:
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if (path / "household.parquet").is_file():
            yield Month(path.name), RegistryTables.from_folder(path)


def region_of(codes: list[str]) -> RegionCode:
    """The smallest region that holds all of these: where a value tried out applies unless another is named."""
    known = [RegionCode(code) for code in codes]
    if not known:
        return RegionCode("0" * 12)
    for level in reversed(list(RegionLevel)):
        found = {region.at(level) for region in known}
        if len(found) == 1 and (region := found.pop()) is not None:
            return region
    return RegionCode("0" * 12)
