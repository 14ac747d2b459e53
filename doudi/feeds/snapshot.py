"""Snapshots: one immutable folder for each delivery of a feed, with data, counts, source hash and rejects.

    <root>/<feed>/<YYYY-MM>/<12 hex digits>/{data.parquet, manifest.json, rejects.xlsx}
                                            {links-….parquet, data-….parquet, rejects-….xlsx, linked.json}

The 12 digits come of source file, contract and key, so that the same delivery is kept once. Resident ids, phones and
accounts are never in a snapshot: `person_key` and `resident_hash` stand for the person, and without the secret nobody
gets back from them. A folder appears whole or not at all.

When rows were matched to persons beyond their id, the links stand beside (see `doudi.matching.links`) and `linked.json`
names the data with them in. The data as delivered is never changed.
"""

import hashlib
import json
import os
import secrets
import shutil
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from doudi.feeds.contract import WITHHELD_TYPES, Contract
from doudi.feeds.problems import Problem
from doudi.feeds.rejects import HIDDEN, problems_as_rows, write_rejects
from doudi.feeds.sheet import SheetReading
from doudi.standards.periods import Month
from doudi.standards.pseudonym import Pseudonymiser

DATA = "data.parquet"
RETURNED = "returned"
"""Column: the row was sent back, and what it says is known only in part."""
ID_UNREADABLE = "id_unreadable"
"""Column: the row was sent back for its resident id alone; once its person is known it is as good as any."""
FORMAT = 2
"""2: rows whose id cannot be read are kept too, without a person."""
LINKED = "linked.json"
MANIFEST = "manifest.json"
REJECTS = "rejects.xlsx"
_WRITING = ".writing-"
_STALE_AFTER = 24 * 3600
_LISTED_PROBLEMS = 1_000
_ID_IN_TEXT = r"[0-9]{17}[0-9Xx]"


@dataclass(frozen=True)
class Snapshot:
    """One delivery of a feed for a month. `manifest` holds counts, source hash, columns and key check."""

    feed: str
    month: Month
    folder: Path
    manifest: dict[str, Any]

    @property
    def data(self) -> Path:
        """The rows: with the persons that matching found in them, where there was matching."""
        return self.folder / str(self.linked.get("data") or DATA)

    @property
    def delivered(self) -> Path:
        """The rows as they came, linked by nothing but their id."""
        return self.folder / DATA

    @property
    def linked(self) -> dict[str, Any]:
        """What matching left: the names of its files and its counts (see `doudi.matching.links`); empty without it."""
        try:
            content = json.loads((self.folder / LINKED).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        return dict(content)

    @property
    def rejects(self) -> Path | None:
        """The workbook for the department, without rows whose person was found after all."""
        linked = self.linked
        if "rejects" in linked:
            return self.folder / linked["rejects"] if linked["rejects"] else None
        path = self.folder / REJECTS
        return path if path.exists() else None

    @property
    def kind(self) -> str:
        """`events` or `state`, see `Contract.kind`."""
        return str(self.manifest["kind"])

    @property
    def subject(self) -> str:
        return str(self.manifest["subject"])

    @property
    def rows(self) -> int:
        return int(self.manifest["rows_accepted"])

    @property
    def received_at(self) -> str:
        return str(self.manifest["received_at"])

    @property
    def missing_columns(self) -> tuple[str, ...]:
        """Columns of the contract that the sheet did not have: unknown, not empty."""
        return tuple(self.manifest["missing_columns"])

    def table(self) -> pa.Table:
        return pq.read_table(self.data)


def key_check(pseudonymiser: Pseudonymiser) -> str:
    """Tells whether two snapshots were written under the same secret, without telling the secret."""
    return pseudonymiser.resident_hash("key check")[:16]


def snapshot_table(reading: SheetReading, pseudonymiser: Pseudonymiser) -> pa.Table:
    """The rows as they are kept: keys instead of resident ids, without phones and accounts.

    A row that was sent back stays, marked `returned`, with what could be read of it, when it tells whom it is about:
    that the department has a row on the person is known, so the person must not be taken for one without a row. One
    whose id cannot be read stays without a person, until one is found for it.
    """
    table = pa.concat_tables([reading.table, reading.returned])
    sent_back = np.repeat([False, True], [reading.table.num_rows, reading.returned.num_rows])
    columns: dict[str, pa.Array | pa.ChunkedArray] = {"row": table.column("row"), RETURNED: pa.array(sent_back)}
    if "resident_id" in table.column_names:
        keys, hashes = person_keys(table.column("resident_id"), pseudonymiser)
        columns |= {"person_key": keys, "resident_hash": hashes}
    for column in reading.contract.columns:
        if column.type not in WITHHELD_TYPES:
            cells = table.column(column.id)
            if column.type in ("text", "name") and not column.id.endswith("_no"):
                cells = _without_ids(cells)
            columns[column.id] = cells
    columns[ID_UNREADABLE] = pc.is_in(table.column("row"), pa.array(sorted(reading.id_alone), pa.int32()))
    return pa.table(columns)


def person_keys(ids: pa.ChunkedArray, pseudonymiser: Pseudonymiser) -> tuple[pa.Array, pa.Array]:
    """Key (BIGINT) and keyed hash (hex) of normalised ids; null for null. The key is the head of the hash."""
    distinct = ids.combine_chunks().dictionary_encode()
    hashes = pseudonymiser.resident_hashes(distinct.dictionary.to_pylist())
    heads = bytes.fromhex("".join(str(one)[:16] for one in hashes))
    keys = np.frombuffer(heads, dtype=">i8").astype(np.int64)
    return pa.array(keys).take(distinct.indices), pa.array(hashes, pa.string()).take(distinct.indices)


def write_snapshot(
    reading: SheetReading,
    root: Path,
    *,
    month: Month,
    pseudonymiser: Pseudonymiser,
    before_rename: Callable[[], None] | None = None,
) -> Snapshot:
    """Keep a reading. The same file again is kept once, and counts as the newest delivery of its month.

    `before_rename` is called when everything is written but nothing can be seen yet.
    """
    contract = reading.contract
    key = key_check(pseudonymiser)
    identity = f"{reading.sha256} {contract_fingerprint(contract)} {key}{_places(reading)} {FORMAT}"
    digest = hashlib.sha256(identity.encode()).hexdigest()[:12]
    folder = root / contract.id / str(month) / digest
    manifest = _manifest(reading, month, key)
    if (folder / MANIFEST).exists():
        return _received_again(folder, manifest["received_at"])
    root.mkdir(parents=True, exist_ok=True)
    _sweep(root)
    writing = root / f"{_WRITING}{secrets.token_hex(8)}"
    writing.mkdir(mode=0o700)
    try:
        pq.write_table(
            snapshot_table(reading, pseudonymiser), writing / DATA, compression="zstd", row_group_size=122_880
        )
        if reading.rows_rejected:
            write_rejects(reading, writing / REJECTS, redacted=True)
        _write_json(writing / MANIFEST, manifest)
        for path in writing.iterdir():
            to_disk(path)
        if before_rename:
            before_rename()
        folder.parent.mkdir(parents=True, exist_ok=True)
        try:
            writing.rename(folder)
        except OSError:  # somebody else was faster with the same delivery
            if not (folder / MANIFEST).exists():
                raise
        to_disk(folder.parent)
    finally:
        shutil.rmtree(writing, ignore_errors=True)
    return _load(folder)


def _places(reading: SheetReading) -> str:
    """Of a sheet about regions, or about work places, also what was found for its rows with the list of regions."""
    found = [name for name in ("region_code", "place_code", "place_area") if name in reading.contract.by_id]
    if not found or (reading.contract.subject != "region" and "place_area" not in found):
        return ""
    return " " + ",".join(str(cell) for name in found for cell in reading.table.column(name).to_pylist())


def list_snapshots(root: Path, *, superseded: bool = False) -> list[Snapshot]:
    """Snapshots by feed and month: for each month the newest delivery, with `superseded` the older ones too."""
    found = [_load(path.parent) for path in root.glob(f"[!.]*/[!.]*/[!.]*/{MANIFEST}")]
    found.sort(key=lambda one: (one.feed, str(one.month), one.received_at))
    if superseded:
        return found
    return list({(one.feed, one.month): one for one in found}.values())


def contract_fingerprint(contract: Contract) -> str:
    """Changes when the contract says anything different."""
    content = contract.model_dump_json(exclude={"file"})
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _manifest(reading: SheetReading, month: Month, key: str) -> dict[str, Any]:
    contract = reading.contract
    return {
        "format": FORMAT,
        "feed": contract.id,
        "title": contract.title,
        "department": contract.department,
        "subject": contract.subject,
        "kind": contract.kind,
        "month": str(month),
        "received_at": datetime.now(UTC).isoformat(timespec="microseconds"),
        "file_name": reading.file_name,
        "sheet_name": reading.sheet_name,
        "sha256": reading.sha256,
        "contract": contract_fingerprint(contract),
        "key_check": key,
        "rows_read": reading.rows_read,
        "rows_accepted": reading.rows_accepted,
        "rows_rejected": reading.rows_rejected,
        "rows_ignored": reading.rows_ignored,
        "missing_columns": list(reading.missing_columns),
        "unknown_headers": list(reading.unknown_headers),
        "reject_reasons": _counted(reading.rejects),
        "warning_reasons": _counted(reading.warnings),
        "rejects": list(problems_as_rows(reading.rejects[:_LISTED_PROBLEMS])),
        "warnings": list(problems_as_rows(reading.warnings[:_LISTED_PROBLEMS])),
    }


def _counted(problems: tuple[Problem, ...]) -> list[dict[str, object]]:
    counts = Counter((problem.header, problem.reason) for problem in problems)
    return [{"column": header, "reason": reason, "rows": rows} for (header, reason), rows in counts.most_common(100)]


def _without_ids(cells: pa.ChunkedArray) -> pa.ChunkedArray:
    """Texts with resident ids, written where they do not belong, taken out."""
    if not pc.any(pc.match_substring_regex(cells, _ID_IN_TEXT)).as_py():
        return cells
    return pc.replace_substring_regex(cells, _ID_IN_TEXT, HIDDEN)


def _received_again(folder: Path, received_at: str) -> Snapshot:
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8")) | {"received_at": received_at}
    waiting = folder / f"{_WRITING}{secrets.token_hex(8)}"
    _write_json(waiting, manifest)
    to_disk(waiting)
    waiting.replace(folder / MANIFEST)
    return _load(folder)


def _load(folder: Path) -> Snapshot:
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return Snapshot(manifest["feed"], Month(manifest["month"]), folder, manifest)


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def to_disk(path: Path) -> None:
    """Make sure that what was written survives a power cut."""
    if path.is_dir() and os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sweep(root: Path) -> None:
    """Remove what writers left behind that were killed more than a day ago."""
    for left in root.glob(f"{_WRITING}*"):
        if time.time() - left.stat().st_mtime > _STALE_AFTER:
            shutil.rmtree(left, ignore_errors=True)
