"""Sheets of a folder matched to the folder's registry, so that a screening misses nobody for a slip in an id."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from doudi.feeds.contract import Contract
from doudi.feeds.sheet import SheetReading, read_sheet
from doudi.feeds.snapshot import Snapshot
from doudi.matching.decisions import DecisionFile
from doudi.matching.deliveries import Delivery, decide_all, match_deliveries
from doudi.matching.links import linked_now, linked_upon
from doudi.matching.model import Model, load_model
from doudi.matching.rows import registry_persons
from doudi.screening.inputs import RegistryTables, Rows
from doudi.standards.pseudonym import Pseudonymiser
from doudi.standards.regions import RegionTree

ROWS_AT_ONCE = 300_000
"""So many rows are read before they are matched together: more would be held in memory."""


@dataclass
class FolderMatching:
    """Takes deliveries one after the other; what was matched upon the same registry and model is not matched again.

    `root`: the folder of snapshots, where decisions stand too.
    """

    registry: RegistryTables
    model: Model
    root: Path
    contracts: Mapping[str, Contract]
    pseudonymiser: Pseudonymiser
    tree: RegionTree | None = None
    _waiting: list[Delivery] = field(default_factory=list)
    _seen: list[Snapshot] = field(default_factory=list)

    @property
    def basis(self) -> str:
        """What the links rest on: the registry's sheets by their hash, and the model. Empty for tables in memory."""
        persons = self.registry.person
        return "" if isinstance(persons, pa.Table) else f"registry {persons[0].parent.name} model {self.model.version}"

    @cached_property
    def persons(self) -> pa.Table:
        """The registered persons, see `doudi.matching.rows.PERSONS`."""
        return registry_persons(_table(self.registry.household), _table(self.registry.person))

    def take(self, snapshot: Snapshot, path: Path, reading: SheetReading | None = None, *, again: bool = False) -> None:
        """Match a delivery, now or together with the next ones. `path`: its sheet, read again when need be.

        `again`: even when it was matched upon the same registry and model before.
        """
        contract = self.contracts[snapshot.feed]
        if contract.subject == "region" or "resident_id" not in contract.by_id:
            return
        self._seen.append(snapshot)
        if linked_upon(snapshot.folder, self.basis) and not again:
            return
        self._waiting.append(Delivery(snapshot, reading or read_sheet(path, contract=contract)))
        if sum(one.reading.rows_read for one in self._waiting) >= ROWS_AT_ONCE:
            self._match()

    def finish(self) -> dict[Path, dict[str, int]]:
        """Match what waits, put all decisions in; gives the counts of each snapshot (see `links.counts_of`)."""
        self._match()
        file = DecisionFile.beside(self.root)
        if file.path.is_file():
            decide_all(self._seen, file.table(), self.persons)
        return {one.folder: dict(linked_now(one.folder).get("counts", {})) for one in self._seen}

    def _match(self) -> None:
        waiting, self._waiting = self._waiting, []
        if waiting:
            match_deliveries(
                waiting,
                self.persons,
                pseudonymiser=self.pseudonymiser,
                model=self.model,
                basis=self.basis,
                tree=self.tree,
            )


def model_in(rules_root: Path) -> Model | None:
    """The matching model of a folder of rules; None where there is none: then only ids link. Raises RulebookError."""
    return load_model(rules_root) if (rules_root / "matching").is_dir() else None


def note(counts: Mapping[str, int]) -> str:
    """What matching found beyond the ids, for the list of files; empty when there was nothing to find."""
    parts = (
        ("识别证件号码笔误对上", "repaired"),
        ("按姓名等信息对上", "probable"),
        ("人工认定", "decided"),
        ("存疑待认定", "doubtful"),
    )
    told = [f"{what}{counts[name]:,}行" for what, name in parts if counts.get(name)]
    return "，".join(told)


def _table(rows: Rows) -> pa.Table:
    if isinstance(rows, pa.Table):
        return rows
    return pa.concat_tables([pq.read_table(path) for path in rows])
