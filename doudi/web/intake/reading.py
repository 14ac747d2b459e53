"""Reading the files of an import: which sheet is it, which rows are good, what would they change."""

import io
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from django.conf import settings
from django.utils.translation import gettext as _

from doudi.feeds.contract import Contract, ContractError, load_contracts
from doudi.feeds.derived import DERIVED_FROM
from doudi.feeds.places import place_rows
from doudi.feeds.problems import Problem, UnreadableFile
from doudi.feeds.registry import assemble
from doudi.feeds.rejects import write_rejects
from doudi.feeds.sheet import SheetReading, read_sheet
from doudi.feeds.work_places import locate_work, tells_places
from doudi.standards.regions import RegionCode, RegionTree
from doudi.web.intake.models import ImportBatch, ImportFile
from doudi.web.intake.targets import HOUSEHOLD, INCOME, PERSON, REGION, Target, shaped
from doudi.web.jobs.progress import Report
from doudi.web.protection.models import VaultFile
from doudi.web.protection.vault import vault_read, vault_remove, vault_store
from doudi.web.refusal import ActionRefused
from doudi.web.regions.models import Region
from doudi.web.registry.finding import pseudonymiser

REGISTRY_PREFIX = "registry_"
MOST_NOTES = 20
MOST_OF_A_PROBLEM = 2000


@dataclass
class ReadBatch:
    """What reading found: registry sheets in the shape of the tables, department sheets to be staged, notes."""

    sheets: dict[str, pa.Table] = field(default_factory=dict)
    feeds: list[tuple[ImportFile, SheetReading]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    problems: int = 0


def contracts() -> dict[str, Contract]:
    try:
        return load_contracts(settings.DOUDI_RULES_DIR)
    except ContractError as problem:
        message = _("列约定文件有错，没有读取：%s") % str(problem)[:MOST_OF_A_PROBLEM]
        raise ActionRefused("contracts", message) from problem


def read_batch(batch: ImportBatch, *, registry_allowed: bool, report: Report) -> ReadBatch:
    """Read every file of the import; the files' rows are filled in but not saved."""
    result = ReadBatch()
    registry: list[tuple[ImportFile, SheetReading]] = []
    known = contracts()
    for file in batch.files.select_related("original"):
        reading = _read_file(file, known, report)
        if reading is None or not _is_theirs(file, reading, batch, registry_allowed=registry_allowed):
            result.problems += 1
        elif reading.contract.id.startswith(REGISTRY_PREFIX):
            registry.append((file, reading))
        else:
            result.feeds.append((file, reading))
        file.save()
    if registry:
        _assemble(batch, registry, result, report)
    result.feeds = [(file, _placed(reading, batch, result)) for file, reading in result.feeds]
    for file, reading in [*registry, *result.feeds]:
        file.rows_read = reading.rows_read - reading.rows_ignored
        file.rows_accepted, file.rows_rejected = reading.rows_accepted, reading.rows_rejected
        file.notes = [*file.notes, *reasons_counted(reading.warnings)][:MOST_NOTES]
        file.reasons = reasons_counted(reading.rejects)
        if reading.rows_rejected:
            file.rejects = _keep_rejects(file, reading)
        file.save()
    return result


def _read_file(file: ImportFile, known: dict[str, Contract], report: Report) -> SheetReading | None:
    step = _("读取 %s") % file.name
    report(step, 0, 0)
    try:
        reading = read_sheet(
            vault_read(file.original),
            contracts=known,
            file_name=file.name,
            progress=lambda _doing, share: report(step, round(share * 100), 100),
        )
    except UnreadableFile as problem:
        file.problem_code, file.problem = problem.code, problem.message
        return None
    file.feed, file.feed_title = reading.contract.id, reading.contract.title
    file.problem_code = file.problem = ""
    file.notes = []
    return reading


def _placed(reading: SheetReading, batch: ImportBatch, result: ReadBatch) -> SheetReading:
    """Rows about villages, and places of work, with their codes, by the regions known and those coming in beside."""
    if reading.contract.subject != "region" and not tells_places(reading.contract):
        return reading
    regions = dict(Region.objects.values_list("code", "name"))
    if (coming := result.sheets.get(REGION.name)) is not None:
        regions |= dict(zip(coming.column("code").to_pylist(), coming.column("name").to_pylist(), strict=True))
    if tells_places(reading.contract):
        return locate_work(reading, RegionTree(regions.items()))
    return place_rows(reading, RegionTree(regions.items()), within=batch.region_code)


def take_in(file: ImportFile, reading: SheetReading, feed: dict[str, Any]) -> None:
    """Rows that were to go back for their id alone but whose person was found count as passed; not saved."""
    settled = frozenset((feed.get("matching") or {}).pop("settled", ()))
    if not settled:
        return
    feed["rows"] += len(settled)
    file.rows_accepted = reading.rows_accepted + len(settled)
    file.rows_rejected = reading.rows_rejected - len(settled)
    file.reasons = reasons_counted(problem for problem in reading.rejects if problem.row not in settled)
    file.notes = [_("证件号码有误但已认出是谁的行：%d 行，按通过计算") % len(settled), *file.notes]
    replaced, file.rejects = file.rejects, _keep_rejects(file, reading, settled) if file.rows_rejected else None
    file.save()
    if replaced is not None:
        vault_remove(replaced)


def reasons_counted(problems: Iterable[Problem]) -> list[str]:
    """What is wrong and in how many rows, without the cells' content: that may be an id."""
    counts = Counter((problem.header, problem.reason) for problem in problems)
    return [
        _("%(what)s(%(count)d 行)") % {"what": f"“{header}”:{reason}" if header else reason, "count": count}
        for (header, reason), count in counts.most_common(MOST_NOTES)
    ]


def _keep_rejects(file: ImportFile, reading: SheetReading, settled: frozenset[int] = frozenset()) -> VaultFile:
    with tempfile.TemporaryDirectory(dir=settings.DOUDI_DATA_DIR) as folder:
        path = Path(folder) / "rejects.xlsx"
        write_rejects(reading, path, without=settled)
        return vault_store(name=f"{Path(file.name).stem}_退回.xlsx", content=io.BytesIO(path.read_bytes()))


def _is_theirs(file: ImportFile, reading: SheetReading, batch: ImportBatch, *, registry_allowed: bool) -> bool:
    """Whether the uploader may hand in this table; says so on the file when not."""
    if reading.contract.id.startswith(REGISTRY_PREFIX):
        if registry_allowed:
            return True
        file.problem_code, file.problem = "not_allowed", _("农户和人口数据只能由县乡村振兴服务中心导入。")
        return False
    if batch.department in {"", str(reading.contract.department)}:
        return True
    file.problem_code = "other_department"
    file.problem = _("“%s”不属于您的部门，不能导入。") % reading.contract.title
    return False


def _assemble(
    batch: ImportBatch, readings: list[tuple[ImportFile, SheetReading]], result: ReadBatch, report: Report
) -> None:
    """Put the registry's sheets together and drop what lies outside the import's region."""
    report(_("核对户、人口和收入"), 0, 0)
    registry = assemble([reading for _file, reading in readings])
    for position, (file, reading) in enumerate(readings):
        readings[position] = file, with_rejects(reading, registry.rejects)
        doubts = [problem for problem in registry.warnings if problem.sheet == reading.file_name]
        file.notes = reasons_counted(doubts)
    keyed = registry.keyed(pseudonymiser())
    tables = {
        REGION: registry.regions,
        HOUSEHOLD: _with(registry.households, keyed["household"], "household_key", "phone_key"),
        PERSON: _with(registry.persons, keyed["person"], "person_key", "phone_key"),
        INCOME: registry.incomes,
    }
    for target, table in tables.items():
        if table.num_rows:
            sheet = shaped(target, table, without={*_missing(target, readings), "level", "full_name"})
            result.sheets[target.name] = _inside(batch, target, sheet, result)


SOURCES = {
    REGION: {"registry_region"},
    HOUSEHOLD: {"registry_household"},
    PERSON: {"registry_person"},
    INCOME: {"registry_household", "registry_income"},
}
WORKED_OUT = frozenset(
    {"region_code", "birth_date", "sex", "status", "insured_medical", "insured_pension", "transfer_income", "size_year"}
)
"""Columns that putting the sheets together fills even where the sheets lack them."""


def _missing(target: Target, readings: list[tuple[ImportFile, SheetReading]]) -> set[str]:
    """The columns that no sheet of the target has: importing leaves them as they are."""
    lacking = [set(reading.missing_columns) for _file, reading in readings if reading.contract.id in SOURCES[target]]
    missing = (set.intersection(*lacking) if lacking else set()) - WORKED_OUT
    derived = DERIVED_FROM.get(target.name, {})
    if target is HOUSEHOLD and not any(reading.contract.id in SOURCES[REGION] for _file, reading in readings):
        missing = missing | {"region_form"}  # without a sheet of regions nothing was looked up anew
    return missing | {name for name, bases in derived.items() if missing.intersection(bases)}


def with_rejects(reading: SheetReading, problems: Iterable[Problem]) -> SheetReading:
    """The reading with the rows left out when the sheets were put together among its rejects."""
    theirs = [problem for problem in problems if problem.sheet == reading.file_name]
    if not theirs:
        return reading
    rows = np.isin(reading.raw.rows, [problem.row for problem in theirs])
    gone = pa.array([problem.row for problem in theirs], pa.int32())
    return replace(
        reading,
        rejects=(*reading.rejects, *theirs),
        rejected=reading.rejected | rows,
        table=reading.table.filter(pc.invert(pc.is_in(reading.table.column("row"), value_set=gone))),
    )


def _with(table: pa.Table, keyed: pa.Table, *names: str) -> pa.Table:
    for name in names:
        table = table.append_column(name, keyed.column(name))
    return table


def _inside(batch: ImportBatch, target: Target, sheet: pa.Table, result: ReadBatch) -> pa.Table:
    """Regions and households of the import's region only; what lies outside is named in the notes."""
    column = {REGION.name: "code", HOUSEHOLD.name: "region_code"}.get(target.name)
    if column is None or column not in sheet.column_names:
        return sheet
    area = RegionCode(batch.region_code)
    above = set(area.ancestors)
    inside = [
        code is not None and (area.covers(code) or (target is REGION and code in above))
        for code in sheet.column(column).to_pylist()
    ]
    outside = inside.count(False)
    if outside:
        result.notes.append(
            _("%(title)s表有 %(count)d 行不在本次导入的地区内，没有导入。") % {"title": target.title, "count": outside}
        )
    return sheet.filter(pa.array(inside, pa.bool_()))
