"""Matching a table that was just read: what the preview says of it, and what waits, encrypted, to be kept.

Nothing of it counts before the import is confirmed. The rows as written hold ids, so they wait in the vault.
"""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc
from django.conf import settings
from django.utils.translation import gettext as _

from doudi.matching.decisions import DOUBTFUL, NONE, SURE
from doudi.web.intake.models import ImportBatch, ImportFile
from doudi.web.jobs.progress import Report
from doudi.web.matching import registered
from doudi.web.protection.models import VaultFile
from doudi.web.protection.vault import vault_read, vault_remove, vault_store
from doudi.web.registry.finding import pseudonymiser

if TYPE_CHECKING:
    from doudi.feeds.sheet import SheetReading
    from doudi.standards.regions import RegionTree

WRITTEN = ("name", "birth_date", "sex", "village", "township", "head_name", "household_no", "relation", "id_text")


@dataclass(frozen=True)
class Staged:
    """Links, candidates and the rows as written of one table."""

    links: pa.Table
    candidates: pa.Table
    written: pa.Table
    """`row` and `WRITTEN`, of rows that are not simply linked by their id."""


@dataclass(frozen=True)
class Matcher:
    """Registered persons and places of one import's region, read once for all of its tables."""

    persons: pa.Table
    tree: "RegionTree"
    region_code: str
    registry_version: int

    @classmethod
    def of(cls, region_code: str) -> "Matcher":
        from doudi.standards.regions import RegionTree
        from doudi.web.intake.differences import registry_version
        from doudi.web.regions.models import Region

        version = registry_version()
        tree = RegionTree(Region.objects.values_list("code", "name"))
        return cls(registered.registered_persons(region_code), tree, region_code, version)


def stage_matching(
    file: ImportFile, reading: "SheetReading", feed: dict[str, Any], folder: Path, matcher: Matcher, report: Report
) -> dict[str, Any] | None:
    """Match the rows of a staged table; gives what the preview says, or None for tables that are not about persons.

    Rows that were to go back for their id alone and are found after all are taken in. `folder`: of the staged snapshot.
    """
    from doudi.matching.links import write_links
    from doudi.matching.rows import can_be_matched

    if feed["same"] or not can_be_matched(reading):
        return None
    report(_("匹配 %s") % file.name, 0, 0)
    staged, said = matched(reading, matcher)
    write_links(folder, staged, basis=basis_of(said), reading=reading)
    sure = pc.filter(staged.links["row"], pc.equal(staged.links["band"], SURE)).to_pylist()
    settled = sorted(reading.id_alone.intersection(sure))
    kept = vault_store(name=_name(file.pk), content=_packed(staged))
    return {**said, "settled": settled, "staged": str(kept.pk)}


def matched(reading: "SheetReading", matcher: Matcher) -> tuple[Staged, dict[str, Any]]:
    """The links of a table's rows as of now, with their counts, the model's version and the registry's."""
    from doudi.matching.matching import match
    from doudi.matching.model import load_model
    from doudi.matching.rows import rows_of

    rows = rows_of(reading, pseudonymiser(), matcher.tree)
    found = match(
        rows,
        matcher.persons,
        pseudonymiser=pseudonymiser(),
        model=load_model(Path(settings.DOUDI_RULES_DIR)),
        decisions=registered.remembered(matcher.region_code),
    )
    staged = with_disputed(found.links, found.candidates, rows, registered.disputed(matcher.region_code))
    said = {**counts(staged.links, rows), "model": found.model_version, "registry_version": matcher.registry_version}
    return staged, said


def basis_of(said: dict[str, Any]) -> str:
    """What links rest on besides the rows, in a few words that are compared."""
    return f"registry {said['registry_version']} model {said['model']}"


def with_disputed(links: pa.Table, candidates: pa.Table, rows: pa.Table, disputed: frozenset[int]) -> Staged:
    """Rows whose link was taken back before wait for a person, however sure they look; the person is a candidate."""
    at = pc.and_(
        pc.is_in(links["written_key"], pa.array(sorted(disputed), pa.int64())), pc.equal(links["band"], SURE)
    ).combine_chunks()
    if disputed and pc.any(at).as_py():
        taken = links.filter(at)
        more = pa.table(
            {
                "row": taken["row"],
                "rank": pa.array([1] * taken.num_rows),
                "person_key": taken["person_key"],
                "household_key": taken["household_key"],
                **{
                    name: taken[name]
                    for name in candidates.column_names
                    if name in ("method", "score", "slip", "evidence")
                },
            }
        ).select(candidates.column_names)
        rest = candidates.filter(pc.invert(pc.is_in(candidates["row"], taken["row"].combine_chunks())))
        candidates = pa.concat_tables([rest, more.cast(candidates.schema)])
        replaced: dict[str, Any] = {"person_key": None, "household_key": None, "band": DOUBTFUL}
        for name, value in replaced.items():
            kind = links.schema.field(name).type
            column = pc.if_else(at, pa.scalar(value, kind), links[name])
            links = links.set_column(links.column_names.index(name), name, column)
    told = links.filter(pc.invert(simply_linked(links)))["row"].combine_chunks()
    written = rows.filter(pc.is_in(rows["row"], told)).select(["row", *(n for n in WRITTEN if n in rows.column_names)])
    return Staged(links, candidates, written)


def simply_linked(links: pa.Table) -> pa.ChunkedArray:
    """Rows of which nothing more needs to be kept: linked by id, or about nobody, without a person's word."""
    exact = pc.and_(pc.equal(links["band"], SURE), pc.equal(links["method"], "exact"))
    decided = pc.equal(pc.fill_null(links["method"], ""), "decided")
    nobody = pc.and_(pc.equal(links["band"], NONE), pc.invert(decided))
    return pc.or_(pc.fill_null(exact, False), nobody)


def counts(links: pa.Table, rows: pa.Table) -> dict[str, int]:
    """Rows by what became of them; those about nobody told apart by whether their id could be read."""
    readable = pc.is_in(links["row"], pc.filter(rows["row"], pc.is_valid(rows["person_key"])).combine_chunks())
    none = pc.equal(links["band"], NONE)
    method = pc.fill_null(links["method"], "")
    decided = pc.equal(method, "decided")
    nobody = pc.and_(none, pc.invert(decided))
    sure = pc.equal(links["band"], SURE)

    def rows_that(condition: pa.ChunkedArray) -> int:
        return int(pc.sum(pc.cast(condition, pa.int64())).as_py() or 0)

    return {
        "rows": links.num_rows,
        "exact": rows_that(pc.and_(sure, pc.equal(method, "exact"))),
        "repaired": rows_that(pc.and_(sure, pc.equal(method, "repaired"))),
        "probable": rows_that(pc.and_(sure, pc.equal(method, "probable"))),
        "remembered": rows_that(decided),
        "doubtful": rows_that(pc.equal(links["band"], DOUBTFUL)),
        "not_registered": rows_that(pc.and_(nobody, readable)),
        "unreadable": rows_that(pc.and_(nobody, pc.invert(readable))),
    }


def staged_of(matching: dict[str, Any]) -> Staged:
    """What waits for the confirmation of an import."""
    return _unpacked(vault_read(VaultFile.objects.get(pk=UUID(matching["staged"]))))


def forget_staged(batch: ImportBatch) -> None:
    """The rows that waited served their purpose, or were given up."""
    names = [_name(file_id) for file_id in batch.files.values_list("pk", flat=True)]
    for kept in VaultFile.objects.filter(name__in=names):
        vault_remove(kept)


def _name(file_id: int) -> str:
    return f"matching-{file_id}.arrow"


def _packed(staged: Staged) -> io.BytesIO:
    out = io.BytesIO()
    for table in (staged.links, staged.candidates, staged.written):
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
            writer.write_table(table)
        content = sink.getvalue()
        out.write(content.size.to_bytes(8, "big"))
        out.write(content)
    out.seek(0)
    return out


def _unpacked(content: bytes) -> Staged:
    source, tables = io.BytesIO(content), []
    while head := source.read(8):
        with pa.ipc.open_stream(source.read(int.from_bytes(head, "big"))) as reader:
            tables.append(reader.read_all())
    return Staged(*tables)
