"""Reading the files of an import: which sheet is it, which rows are good, what would they change."""

import io
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.conf import settings
from django.utils.translation import gettext as _

from doudi.feeds.contract import Contract, load_contracts
from doudi.feeds.registry import assemble
from doudi.feeds.rejects import write_rejects
from doudi.feeds.sheet import SheetReading, UnreadableFile, read_sheet
from doudi.standards.regions import RegionCode
from doudi.web.intake.models import ImportBatch, ImportFile
from doudi.web.intake.targets import HOUSEHOLD, INCOME, PERSON, REGION, Target, shaped
from doudi.web.jobs.progress import Report
from doudi.web.protection.models import VaultFile
from doudi.web.protection.vault import vault_read, vault_store
from doudi.web.registry.finding import pseudonymiser

REGISTRY_PREFIX = "registry_"
MOST_NOTES = 20


@dataclass
class ReadBatch:
    """What reading found: registry sheets in the shape of the tables, department sheets to be staged, notes."""

    sheets: dict[str, pa.Table] = field(default_factory=dict)
    feeds: list[tuple[ImportFile, SheetReading]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    problems: int = 0


def contracts() -> dict[str, Contract]:
    return load_contracts(settings.DOUDI_RULES_DIR)


def read_batch(batch: ImportBatch, *, registry_allowed: bool, report: Report) -> ReadBatch:
    """Read every file of the import; the files' rows are filled in but not saved."""
    result = ReadBatch()
    registry: list[tuple[ImportFile, SheetReading]] = []
    known = contracts()
    for file in batch.files.select_related("original"):
        reading = _read_file(file, known, report)
        if reading is None:
            result.problems += 1
        elif not _is_theirs(file, reading, batch, registry_allowed=registry_allowed):
            result.problems += 1
        elif reading.contract.id.startswith(REGISTRY_PREFIX):
            registry.append((file, reading))
        else:
            result.feeds.append((file, reading))
        file.save()
    if registry:
        _assemble(batch, registry, result, report)
    return result


def _read_file(file: ImportFile, known: dict[str, Contract], report: Report) -> SheetReading | None:
    step = _("读取 %s") % file.name
    report(step, 0, 0)
    try:
        reading = read_sheet(
            vault_read(file.original),
            contracts=known,
            file_name=file.name,
            progress=lambda done, total: report(step, done, total),
        )
    except UnreadableFile as problem:
        file.problem_code, file.problem = problem.code, problem.message
        return None
    file.feed, file.feed_title = reading.contract.id, reading.contract.title
    file.rows_read, file.rows_accepted = reading.rows_read, reading.rows_accepted
    file.rows_rejected = reading.rows_rejected
    file.notes = [str(note) for note in reading.warnings[:MOST_NOTES]]
    file.problem_code = file.problem = ""
    if reading.rows_rejected:
        file.rejects = _keep_rejects(file, reading)
    return reading


def _keep_rejects(file: ImportFile, reading: SheetReading) -> VaultFile:
    with tempfile.TemporaryDirectory(dir=settings.DOUDI_DATA_DIR) as folder:
        path = Path(folder) / "rejects.xlsx"
        write_rejects(reading, path)
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
    file.problem = _("“%s”不属于您的部门,不能导入。") % reading.contract.title
    return False


def _assemble(
    batch: ImportBatch, readings: list[tuple[ImportFile, SheetReading]], result: ReadBatch, report: Report
) -> None:
    """Put the registry's sheets together and drop what lies outside the import's region."""
    report(_("核对户、人口和收入"), 0, 0)
    registry = assemble([reading for _file, reading in readings])
    result.notes += [str(note) for note in getattr(registry, "warnings", ())][:MOST_NOTES]
    missing = {
        target.name: set(reading.missing_columns)
        for _file, reading in readings
        for target in (_target(reading.contract.id),)
    }
    keys = pseudonymiser()
    for target, table in (
        (REGION, registry.regions),
        (HOUSEHOLD, registry.households),
        (INCOME, registry.incomes),
        (PERSON, registry.persons),
    ):
        if table is None or table.num_rows == 0:
            continue
        sheet = shaped(target, table, without={*missing.get(target.name, ()), "level", "full_name"})
        sheet = _inside(batch, target, sheet, result)
        if target is HOUSEHOLD:
            numbers = sheet.column("household_no").to_pylist()
            sheet = _with(sheet, "household_key", pa.array(keys.household_keys(numbers), pa.int64()))
        elif target is PERSON:
            sheet = _with(sheet, "person_key", pa.array(person_keys(sheet), pa.int64()))
        result.sheets[target.name] = sheet


def _target(contract_id: str) -> Target:
    return {"registry_region": REGION, "registry_household": HOUSEHOLD, "registry_income": INCOME}.get(
        contract_id, PERSON
    )


def _with(table: pa.Table, name: str, column: pa.Array) -> pa.Table:
    if name in table.column_names:
        table = table.drop_columns([name])
    return table.append_column(name, column)


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
            _("%(title)s表有 %(count)d 行不在本次导入的地区内,没有导入。") % {"title": target.title, "count": outside}
        )
    return sheet.filter(pa.array(inside, pa.bool_()))


def person_keys(sheet: pa.Table) -> list[int]:
    """A key for each person, all different: of the resident id, else of the number in the registry, else of the place."""
    keys = pseudonymiser()
    rows = sheet.num_rows
    ids = sheet.column("resident_id").to_pylist() if "resident_id" in sheet.column_names else [None] * rows
    numbers = sheet.column("person_no").to_pylist() if "person_no" in sheet.column_names else [None] * rows
    households, names = sheet.column("household_no").to_pylist(), sheet.column("name").to_pylist()
    found: list[int] = []
    seen: set[int] = set()
    for position, key in enumerate(keys.person_keys(ids)):
        if key is None or key in seen:
            key = keys.person_key_without_id(numbers[position] or f"{households[position]}/{names[position]}")
        if key in seen:
            key = keys.person_key_without_id(f"{households[position]}/{names[position]}/{position}")
        seen.add(key)
        found.append(key)
    return found


__all__ = ["ReadBatch", "contracts", "person_keys", "read_batch"]
