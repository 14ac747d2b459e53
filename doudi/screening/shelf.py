"""The folder of snapshots that stands beside a screening without a database: what was read once is found again."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from doudi.feeds.contract import Contract
from doudi.feeds.folder import FolderFile, month_of_delivery, read_folder, sheet_paths
from doudi.feeds.places import place_rows
from doudi.feeds.problems import Problem, UnreadableFile
from doudi.feeds.registry import assemble, write_registry
from doudi.feeds.sheet import SheetReading, read_sheet
from doudi.feeds.snapshot import (
    FORMAT,
    REJECTS,
    Snapshot,
    contract_fingerprint,
    key_check,
    list_snapshots,
    write_snapshot,
)
from doudi.feeds.work_places import locate_work
from doudi.matching.model import Model
from doudi.screening.books.alerts import Intake
from doudi.screening.inputs import RegistryTables, Rows
from doudi.screening.matching.folder import FolderMatching, note
from doudi.standards.pseudonym import Pseudonymiser
from doudi.standards.regions import RegionTree

Progress = Callable[[float, str], None]
"""Hears the share done and what is being done."""
_KEPT_PROBLEMS = 5_000


@dataclass(frozen=True)
class Shelf:
    """The folder of snapshots, where what was read once is found again by the hash of its file."""

    root: Path
    contracts: Mapping[str, Contract]
    pseudonymiser: Pseudonymiser

    def registry(
        self, folder: Path, as_of: date, tell: Progress
    ) -> tuple[RegistryTables, tuple[Intake, ...], tuple[Problem, ...]]:
        paths = sheet_paths(folder) if folder.is_dir() else []
        if not paths:
            raise UnreadableFile("empty", f"{folder} 里没有登记簿表格，请放入户信息、人口信息、收入台账等表格后重试")
        digest = hashlib.sha256(key_check(self.pseudonymiser).encode())
        for name in sorted(name for name in self.contracts if name.startswith("registry_")):
            digest.update(contract_fingerprint(self.contracts[name]).encode())
        for path in paths:
            digest.update(f"{path.name}\0{_sha256(path)}".encode())
        home = self.root / "registry" / digest.hexdigest()[:16]
        notes = home.with_suffix(".json")
        if home.is_dir() and notes.is_file():
            kept = json.loads(notes.read_text(encoding="utf-8"))
            problems = tuple(Problem(**one) for one in kept["problems"])
            return RegistryTables.from_folder(home), tuple(Intake(**one) for one in kept["intake"]), problems
        files: list[FolderFile] = list(
            read_folder(folder, contracts=self.contracts, as_of=as_of, progress=lambda name, share: tell(share, name))
        )
        readings = [one.reading for one in files if one.reading and one.reading.contract.id.startswith("registry_")]
        if not any(one.contract.id == "registry_household" for one in readings):
            reasons = "；".join(f"{one.path.name}：{one.problem.message}" for one in files if one.problem)
            raise UnreadableFile("empty", f"{folder} 里没有读到户信息表{'（' + reasons + '）' if reasons else ''}")
        tell(1.0, "核对登记簿")
        book = assemble(readings)
        write_registry(book, home, pseudonymiser=self.pseudonymiser)
        intake = tuple(_came_in(file) for file in files)
        problems = (*book.rejects, *book.warnings)
        content = {
            "intake": [asdict(one) for one in intake],
            "problems": [asdict(one) for one in problems[:_KEPT_PROBLEMS]],
        }
        notes.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        return RegistryTables.from_folder(home), intake, problems

    def feeds(
        self,
        folder: Path,
        as_of: date,
        tell: Progress,
        *,
        regions: Rows | None = None,
        registry: RegistryTables | None = None,
        model: Model | None = None,
    ) -> tuple[list[Snapshot], tuple[Intake, ...]]:
        """The departments' sheets as snapshots; rows about villages are looked up in the registry's `regions`.

        With a `registry` and a matching `model` rows are matched to its persons beyond their ids.
        """
        known = self._known()
        tree = _tree(regions)
        matching: FolderMatching | None = None
        if registry is not None and model is not None:
            matching = FolderMatching(registry, model, self.root, self.contracts, self.pseudonymiser, tree)
        found: dict[tuple[str, str], tuple[Snapshot, str]] = {}
        intake: list[Intake] = []
        paths = sheet_paths(folder) if folder.is_dir() else []
        for number, path in enumerate(paths):
            tell(number / len(paths), path.name)
            snapshot, came_in = self._feed(path, as_of, known, tree, matching)
            intake.append(came_in)
            if snapshot is None:
                continue
            key = (snapshot.feed, str(snapshot.month))
            if key in found:
                earlier = found[key][1]
                note = f"与 {earlier} 是同一月份的同一数据，只用了 {path.name}；分乡镇的表请合并成一份"
                whole = f"{came_in.note}；{note}" if came_in.note else note
                intake[-1] = replace(came_in, note=whole)
            found[key] = (snapshot, path.name)
        snapshots = [snapshot for snapshot, _name in found.values()]
        return snapshots, tuple(_matched(intake, snapshots, matching.finish()) if matching else intake)

    def _known(self) -> dict[str, Snapshot]:
        """Snapshots by the hash of their file, of those that would be read the same way today."""
        check = key_check(self.pseudonymiser)
        return {
            str(one.manifest["sha256"]): one
            for one in list_snapshots(self.root, superseded=True)
            if one.manifest["format"] == FORMAT
            and one.manifest["key_check"] == check
            and one.feed in self.contracts
            and self.contracts[one.feed].subject != "region"
            and one.manifest["contract"] == contract_fingerprint(self.contracts[one.feed])
        }

    def _feed(
        self,
        path: Path,
        as_of: date,
        known: Mapping[str, Snapshot],
        tree: RegionTree | None,
        matching: FolderMatching | None = None,
    ) -> tuple[Snapshot | None, Intake]:
        snapshot, reading = known.get(_sha256(path)), None
        if snapshot is None:
            try:
                reading = read_sheet(path, contracts=self.contracts)
            except UnreadableFile as problem:
                return None, Intake(path.name, "", "", 0, 0, 0, problem.message)
            if reading.contract.id.startswith("registry_"):
                return None, Intake(path.name, reading.title, "", 0, 0, 0, "这是登记簿的表，请放进登记簿文件夹")
            if tree is not None and reading.contract.subject == "region":
                reading = place_rows(reading, tree)
            reading = locate_work(reading, tree)
            month = month_of_delivery(path.name, reading.title, as_of=as_of)
            snapshot = write_snapshot(reading, self.root, month=month, pseudonymiser=self.pseudonymiser)
        if matching is not None:
            matching.take(snapshot, path, reading)
        counts = snapshot.manifest
        return snapshot, Intake(
            file=path.name,
            title=str(counts["title"]),
            month=str(snapshot.month),
            rows_read=int(counts["rows_read"]),
            rows_accepted=int(counts["rows_accepted"]),
            rows_rejected=int(counts["rows_rejected"]),
            note=_sent_back(snapshot),
            feed=snapshot.feed,
        )


def _sent_back(snapshot: Snapshot) -> str:
    return f"退回明细：{snapshot.rejects}" if snapshot.rejects else ""


def _matched(
    intake: list[Intake], snapshots: list[Snapshot], counts: Mapping[Path, Mapping[str, int]]
) -> Iterator[Intake]:
    """What came in, with what matching found told and the workbook of what goes back as it is now."""
    kept = {(one.feed, str(one.month)): one for one in snapshots}
    last = {(one.feed, one.month): at for at, one in enumerate(intake)}
    for at, one in enumerate(intake):
        snapshot = kept.get((one.feed, one.month)) if last[one.feed, one.month] == at else None
        if snapshot is None or not counts.get(snapshot.folder):
            yield one
            continue
        settled = int(snapshot.linked.get("settled", 0))
        before, now = f"退回明细：{snapshot.folder / REJECTS}", _sent_back(snapshot)
        parts = (note(counts[snapshot.folder]), one.note.replace(before, now))
        yield replace(
            one,
            rows_accepted=one.rows_accepted + settled,
            rows_rejected=one.rows_rejected - settled,
            note="；".join(part for part in parts if part),
        )


def _tree(regions: Rows | None) -> RegionTree | None:
    if regions is None:
        return None
    table = regions if isinstance(regions, pa.Table) else pa.concat_tables(map(pq.read_table, regions))
    return RegionTree(zip(table["region_code"].to_pylist(), table["name"].to_pylist(), strict=True))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _came_in(file: FolderFile) -> Intake:
    reading: SheetReading | None = file.reading
    if reading is None:
        return Intake(file.path.name, "", str(file.month), 0, 0, 0, file.problem.message if file.problem else "")
    counts = (reading.rows_read, reading.rows_accepted, reading.rows_rejected)
    return Intake(file.path.name, reading.contract.title, "", *counts)
