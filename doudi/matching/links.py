"""The links of a delivery's rows to persons, kept beside its snapshot, and the data with the links in it.

    <snapshot>/links-<12 hex digits>.parquet    one line a row: what matching found and what people decided
               candidates-<…>.parquet           whom a doubtful row may be about
               data-<…>.parquet                 the data as delivered, `person_key` filled in, `linked_by` added;
                                                none where the links say no more than the ids
               rejects-<…>.xlsx                 the workbook for the department, without rows whose person was found
               linked.json                      names the four that count now

The delivered `data.parquet` is never touched. The digits come of the links themselves: the same links make the same
files, and a link taken back leads to the files that stood before it. `linked.json` is replaced in one step, at the end,
so whoever reads meanwhile, or after a kill, sees the links of before, whole. Files that no longer count stay for two
months, so that the next screening can tell what changed since the one that read them.
"""

import hashlib
import json
import os
import secrets
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from doudi.feeds.rejects import write_rejects
from doudi.feeds.sheet import SheetReading
from doudi.feeds.snapshot import DATA, ID_UNREADABLE, LINKED, RETURNED, to_disk
from doudi.matching.decisions import DECIDED, DOUBTFUL, NONE, SURE, decided

FORMAT = 1
LINKED_BY = "linked_by"
"""Column of the linked data: the method by which the row's person was found; null for nobody."""
_ROW_GROUP = 122_880
_STALE_AFTER = 24 * 3600
_SUPERSEDED_AFTER = 62 * 24 * 3600
_WRITING = ".linking-"


class Linked(Protocol):
    """What `doudi.matching.matching.match` gives, as far as it is kept."""

    @property
    def links(self) -> pa.Table: ...
    @property
    def candidates(self) -> pa.Table: ...


def write_links(
    folder: Path,
    matching: Linked,
    *,
    basis: str = "",
    reading: SheetReading | None = None,
    before_rename: Callable[[], None] | None = None,
) -> Path:
    """Keep links beside the snapshot in `folder` and make them count; gives the file of links.

    `basis`: what the links rest on besides the rows (registry, model), in the caller's words, see `linked_upon`. With
    the `reading` the workbook for the department is written anew, without rows that went back for their id alone and
    are surely linked. `before_rename` is called when everything is written but the links of before still count.
    """
    links = _in_order(matching.links, ["row"])
    candidates = _in_order(matching.candidates, ["row", "rank"])
    digest = _digest(links, candidates)
    before = linked_now(folder)
    names = {"links": f"links-{digest}.parquet", "candidates": f"candidates-{digest}.parquet"}
    if _stands(before, names, basis, folder) and (reading is None or "rejects" in before):
        return folder / names["links"]
    _sweep(folder)
    _write(folder / names["links"], lambda path: _parquet(links, path))
    _write(folder / names["candidates"], lambda path: _parquet(candidates, path))
    delivered = pq.read_table(folder / DATA)
    data = linked_data(delivered, links)
    names["data"] = f"data-{digest}.parquet" if _tells_more(delivered, data) else DATA
    if names["data"] != DATA:
        _write(folder / names["data"], lambda path: _parquet(data, path))
    settled = delivered.num_rows and pc.sum(pc.and_not(delivered[RETURNED], data[RETURNED])).as_py()
    content: dict[str, Any] = {"format": FORMAT, **names, "basis": basis, "counts": counts_of(links)}
    content["settled"] = int(settled or 0)
    if reading is not None:
        content["rejects"] = _workbook(folder, digest, links, reading)
    elif "rejects" in before:
        content["rejects"] = before["rejects"]
    if before_rename:
        before_rename()
    _point(folder, content)
    return folder / names["links"]


def decide_again(folder: Path, decisions: pa.Table | None, persons: pa.Table) -> Path | None:
    """The links of a snapshot with the decisions that stand now, those taken back undone; None without links.

    Nothing is matched again. `decisions`: see `decisions.DECISIONS`; `persons`: person_key, household_key.
    """
    before = linked_now(folder)
    if not before:
        return None
    links = decided(pq.read_table(folder / before["links"]), decisions, persons)
    kept = _Kept(links, pq.read_table(folder / before["candidates"]))
    return write_links(folder, kept, basis=before["basis"])


def forget_links(folder: Path) -> None:
    """Take all links of a snapshot back: the data as delivered counts again. The files of links stay."""
    (folder / LINKED).unlink(missing_ok=True)
    to_disk(folder)


def linked_now(folder: Path) -> dict[str, Any]:
    """What `linked.json` says, or empty: format, links, candidates, data, rejects (with a workbook), basis, counts, and
    `settled`, the rows that went back for their id alone and were taken in after all."""
    try:
        return dict(json.loads((folder / LINKED).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}


def links_of(folder: Path) -> pa.Table | None:
    """The links that count now; None where nothing was matched."""
    linked = linked_now(folder)
    return pq.read_table(folder / linked["links"]) if linked else None


def candidates_of(folder: Path) -> pa.Table | None:
    """Whom the doubtful rows may be about; None where nothing was matched."""
    linked = linked_now(folder)
    return pq.read_table(folder / linked["candidates"]) if linked else None


def linked_upon(folder: Path, basis: str) -> bool:
    """Whether the links that count were found upon the same `basis`."""
    return bool(basis) and linked_now(folder).get("basis") == basis


def linked_data(data: pa.Table, links: pa.Table) -> pa.Table:
    """The rows as delivered with the persons of the links in them.

    A surely linked row gets its person, and is no longer one sent back when only its id was at fault. A row whose id
    means a registered person, but which is doubtful or decided to be about nobody, is about nobody until decided. All
    others stay as they are: an id that the registry does not have still names its person.
    """
    at = pc.index_in(data["row"], links["row"].combine_chunks())
    band, method = (links[name].combine_chunks().take(at) for name in ("band", "method"))
    person = links["person_key"].combine_chunks().take(at)
    sure = pc.fill_null(pc.equal(band, SURE), False)
    held = pc.fill_null(pc.or_(pc.equal(band, DOUBTFUL), pc.equal(method, DECIDED)), False)
    own = data["person_key"].combine_chunks()
    key = pc.if_else(sure, person, pc.if_else(held, pa.scalar(None, pa.int64()), own))
    data = data.set_column(data.column_names.index("person_key"), "person_key", key)
    if ID_UNREADABLE in data.column_names:
        settled = pc.and_(sure, data[ID_UNREADABLE].combine_chunks())
        back = pc.and_(data[RETURNED].combine_chunks(), pc.invert(settled))
        data = data.set_column(data.column_names.index(RETURNED), RETURNED, back)
    return data.append_column(LINKED_BY, pc.if_else(sure, method.cast(pa.string()), pa.scalar(None, pa.string())))


def counts_of(links: pa.Table) -> dict[str, int]:
    """Rows by what became of them: exact, repaired, probable, decided, doubtful, none, and all together (rows)."""
    sure = links.filter(pc.equal(links["band"], SURE))
    methods = {one["values"]: one["counts"] for one in pc.value_counts(sure["method"].cast(pa.string())).to_pylist()}
    counted = {method: int(methods.get(method, 0)) for method in ("exact", "repaired", "probable", "decided")}
    for band in (DOUBTFUL, NONE):
        counted[band] = int(pc.sum(pc.equal(links["band"], band)).as_py() or 0)
    return {"rows": links.num_rows, **counted}


def sentence(counts: Mapping[str, int]) -> str:
    """What became of the rows, in one sentence that hides nothing."""
    return (
        f"共{counts['rows']:,}行：证件号码一致{counts['exact']:,}行，识别笔误后对上{counts['repaired']:,}行，"
        f"姓名等信息一致{counts['probable']:,}行，人工认定{counts['decided']:,}行；"
        f"存疑待认定{counts[DOUBTFUL]:,}行，登记簿中查无此人{counts[NONE]:,}行"
    )


def forget_superseded(folder: Path, *, older_than: float) -> int:
    """Remove files of links that no longer count and are so many seconds old; gives how many."""
    linked = linked_now(folder)
    keep = {linked.get(name) for name in ("links", "candidates", "data", "rejects")}
    removed = 0
    for pattern in ("links-*.parquet", "candidates-*.parquet", "data-*.parquet", "rejects-*.xlsx"):
        for path in folder.glob(pattern):
            if path.name not in keep and time.time() - path.stat().st_mtime > older_than:
                path.unlink(missing_ok=True)
                removed += 1
    return removed


class _Kept:
    def __init__(self, links: pa.Table, candidates: pa.Table) -> None:
        self.links, self.candidates = links, candidates


def _in_order(table: pa.Table, columns: list[str]) -> pa.Table:
    """Sorted, with row numbers in the type that snapshots have."""
    at = table.column_names.index("row")
    table = table.set_column(at, "row", table["row"].cast(pa.int32()))
    return table.sort_by([(name, "ascending") for name in columns]).combine_chunks()


def _digest(links: pa.Table, candidates: pa.Table) -> str:
    digest = hashlib.sha256(f"links {FORMAT}".encode())
    for table in (links, candidates):
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema.remove_metadata()) as writer:
            writer.write_table(table.replace_schema_metadata(None))
        digest.update(sink.getvalue())
    return digest.hexdigest()[:12]


def _stands(before: Mapping[str, Any], names: Mapping[str, str], basis: str, folder: Path) -> bool:
    same = all(before.get(part) == name for part, name in names.items()) and before.get("basis") == basis
    return same and all((folder / name).is_file() for name in (*names.values(), before["data"]))


def _tells_more(delivered: pa.Table, linked: pa.Table) -> bool:
    """Whether the links say anything that the ids alone did not; if not, the data as delivered is enough."""
    return any(not delivered[name].equals(linked[name]) for name in ("person_key", RETURNED))


def _workbook(folder: Path, digest: str, links: pa.Table, reading: SheetReading) -> str:
    """The rejects without rows found after all; empty when none are left."""
    found = pc.filter(links["row"], pc.equal(links["band"], SURE)).to_pylist()
    settled = reading.id_alone.intersection(found)
    if len(settled) >= reading.rows_rejected:
        return ""
    name = f"rejects-{digest}.xlsx"
    _write(folder / name, lambda path: write_rejects(reading, path, redacted=True, without=settled))
    return name


def _parquet(table: pa.Table, path: Path) -> None:
    pq.write_table(table, path, compression="zstd", row_group_size=_ROW_GROUP)


def _write(path: Path, write: Callable[[Path], object]) -> None:
    """A file whole or not at all."""
    writing = path.with_name(f"{_WRITING}{secrets.token_hex(8)}{path.suffix}")
    try:
        write(writing)
        to_disk(writing)
        writing.replace(path)
    finally:
        writing.unlink(missing_ok=True)


def _point(folder: Path, content: Mapping[str, Any]) -> None:
    text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
    to_disk(folder)
    _write(folder / LINKED, lambda path: path.write_text(text, encoding="utf-8"))
    to_disk(folder)


def _sweep(folder: Path) -> None:
    """Remove what writers left behind that were killed more than a day ago, and links long superseded."""
    forget_superseded(folder, older_than=_SUPERSEDED_AFTER)
    for left in folder.glob(f"{_WRITING}*"):
        if time.time() - os.stat(left).st_mtime > _STALE_AFTER:
            left.unlink(missing_ok=True)
