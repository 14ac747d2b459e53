"""What `doudi match` and `doudi duplicates` do with folders of sheets; the command line only prints it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from doudi.feeds.contract import load_contracts
from doudi.feeds.snapshot import Snapshot, list_snapshots
from doudi.matching.decisions import DecisionFile
from doudi.matching.duplicate_model import load_duplicate_model
from doudi.matching.duplicates import find_duplicates
from doudi.matching.links import linked_now
from doudi.matching.model import load_model
from doudi.matching.rows import registry_persons
from doudi.screening.books.alerts import Intake
from doudi.screening.books.workbook import Cells, book_at
from doudi.screening.folders import read_folders
from doudi.screening.inputs import RegistryTables, Rows
from doudi.screening.matching.workbook import Choices, read_choices, write_doubtful
from doudi.screening.results.names import place_names
from doudi.screening.shelf import Progress, Shelf
from doudi.standards.pseudonym import Pseudonymiser

BANDS = {"sure": "很可能", "doubtful": "存疑"}
SUGGESTIONS = {
    "merge": "合并为一行",
    "move": "按迁出处理",
    "merge_households": "并为一户",
    "correct": "核对证件号码",
}
KINDS = {"person": "同一人登记两次", "household": "同一户登记两次", "split": "一户拆成两户"}


@dataclass(frozen=True)
class MatchedFeed:
    """One delivery with the counts of its links (see `doudi.matching.links.counts_of`)."""

    feed: str
    title: str
    month: str
    counts: Mapping[str, int]


@dataclass(frozen=True)
class MatchedFolders:
    """What matching found. `waiting`: rows in the workbook, when one was written."""

    feeds: tuple[MatchedFeed, ...]
    intake: tuple[Intake, ...]
    waiting: int

    @property
    def total(self) -> dict[str, int]:
        """The counts of all deliveries together."""
        names = {name for one in self.feeds for name in one.counts}
        return {name: sum(one.counts.get(name, 0) for one in self.feeds) for name in names}


def match_folders(
    *,
    rules_root: Path,
    registry: Path,
    feeds: Path,
    as_of: date,
    snapshots: Path,
    out: Path | None = None,
    progress: Progress | None = None,
) -> MatchedFolders:
    """Match the departments' sheets with the registry's persons; what was matched upon the same is not matched again.

    `out`: the workbook of doubtful rows. Raises UnreadableFile, RulebookError, ContractError.
    """
    tell = progress or (lambda share, what: None)
    read = read_folders(
        rules_root=rules_root, registry=registry, feeds=feeds, as_of=as_of, kept=snapshots, progress=tell
    )
    waiting = 0
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        waiting = write_doubtful(read.snapshots, _persons(read.registry), out, model=load_model(rules_root))
    return MatchedFolders(tuple(_matched(one) for one in read.snapshots if one.linked), read.intake, waiting)


def match_status(snapshots: Path) -> list[MatchedFeed]:
    """How the rows of the deliveries that count are linked, of those that were matched."""
    return [_matched(one) for one in list_snapshots(snapshots) if one.linked]


def match_decide(workbook: Path, *, snapshots: Path, by: str, at: datetime) -> tuple[Choices, int]:
    """Remember what was decided in a workbook; gives the decisions and how many were new. Raises UnreadableFile."""
    choices = read_choices(workbook, by=by, at=at)
    return choices, DecisionFile.beside(snapshots).add(choices.decisions)


def duplicates_in_folder(
    *, rules_root: Path, registry: Path, as_of: date, snapshots: Path, out: Path | None = None,
    progress: Progress | None = None,
) -> pa.Table:  # fmt: skip
    """Persons and households registered twice (`duplicates.PROPOSALS`), also as a workbook. Raises UnreadableFile."""
    tell = progress or (lambda share, what: None)
    snapshots.mkdir(parents=True, exist_ok=True)
    shelf = Shelf(snapshots, load_contracts(rules_root), Pseudonymiser.for_folder(snapshots))
    tables, _intake, _problems = shelf.registry(registry, as_of, lambda share, what: tell(share * 0.8, what))
    tell(0.8, "查找重复")
    persons = _persons(tables)
    found = find_duplicates(
        persons, model=load_model(rules_root), duplicates=load_duplicate_model(rules_root)
    ).proposals
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        _write_duplicates(found, persons, tables, out)
    tell(1.0, "完成")
    return found


def _write_duplicates(found: pa.Table, persons: pa.Table, registry: RegistryTables, path: Path) -> None:
    names = place_names(registry)
    homes = {one["household_key"]: one for one in persons.to_pylist()}
    by_person = {(one["person_key"], one["household_key"]): one for one in persons.to_pylist()}

    def side(one: Mapping[str, Any], which: str) -> tuple[Any, ...]:
        home = one[f"{which}_household"]
        person = by_person.get((one[f"{which}_person"], home))
        household = homes.get(home, {})
        return (
            person["name"] if person else household.get("head_name"),
            person["birth_date"] if person else None,
            household.get("household_no"),
            household.get("head_name"),
            names.get(one[f"{which}_region"] or "", one[f"{which}_region"]),
        )

    def lines() -> list[Cells]:
        return [
            (
                KINDS[one["kind"]], BANDS[one["band"]], *side(one, "a"), *side(one, "b"), one["reason"],
                SUGGESTIONS[one["suggestion"]], "前者" if one["stays"] == "a" else "后者",
            )
            for one in found.to_pylist()
        ]  # fmt: skip

    of_one = (("姓名", 12), ("出生日期", 12), ("户编号", 18), ("户主", 12), ("村", 16))
    columns = (
        ("种类", 18), ("把握", 10), *((f"前者{name}", width) for name, width in of_one),
        *((f"后者{name}", width) for name, width in of_one), ("依据", 50), ("建议", 16), ("建议保留", 10),
    )  # fmt: skip
    with book_at(path) as book:
        book.sheet(
            "疑似重复",
            columns,
            lines(),
            lead=("登记簿内疑似重复的人和户", "只提出线索，须逐条核对认定，系统不会自动合并"),
        )


def _matched(snapshot: Snapshot) -> MatchedFeed:
    counts = dict(linked_now(snapshot.folder)["counts"])
    return MatchedFeed(snapshot.feed, str(snapshot.manifest["title"]), str(snapshot.month), counts)


def _persons(registry: RegistryTables) -> pa.Table:
    return registry_persons(_table(registry.household), _table(registry.person))


def _table(rows: Rows) -> pa.Table:
    return rows if isinstance(rows, pa.Table) else pa.concat_tables([pq.read_table(path) for path in rows])
