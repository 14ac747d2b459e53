"""Writing the differences of an import into the registry, and taking them back: always inside one transaction."""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from django.db import connection
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from doudi.standards.regions import RegionCode
from doudi.web.intake.differences import Difference, TableDifference
from doudi.web.intake.models import FeedSnapshot, ImportBatch, RowImage
from doudi.web.intake.targets import HOUSEHOLD, INCOME, PERSON, REGION, Target
from doudi.web.jobs.progress import Report
from doudi.web.protection.sm4 import encrypt_text
from doudi.web.refusal import ActionRefused
from doudi.web.regions.models import Region
from doudi.web.registry.bulk import insert_rows, keep_images, next_id, restore_images, update_rows
from doudi.web.registry.models import Household, HouseholdIncome, Person, RegistryState

STEPS = {"region": "写入行政区划", "household": "写入户", "person": "写入人口", "income": "写入收入"}
ROWS_A_STEP = 20_000


def lock_registry() -> RegistryState:
    """Take the registry's turn for the rest of the transaction; the next importer waits here."""
    state = RegistryState.objects.select_for_update().filter(pk=1).first()
    if state is None:
        RegistryState.objects.bulk_create([RegistryState(pk=1)], ignore_conflicts=True)
        state = RegistryState.objects.select_for_update().get(pk=1)
    return state


def registry_changed(state: RegistryState) -> None:
    """Count the change and work out the villages' sizes anew."""
    state.version += 1
    state.changed_at = timezone.now()
    state.save()
    with connection.cursor() as cursor:
        cursor.execute('DELETE FROM "registry_villagetally"')
        cursor.execute(
            'INSERT INTO "registry_villagetally" (region_code, households, persons) '
            'SELECT h.region_code, COUNT(*), COALESCE(SUM(m.persons), 0) FROM "registry_household" h LEFT JOIN ('
            '  SELECT household_id, COUNT(*) AS persons FROM "registry_person" '
            "  WHERE status IS NULL OR status NOT IN ('dead', 'moved_out') GROUP BY household_id"
            ") m ON m.household_id = h.id GROUP BY h.region_code"
        )


def encrypted(difference: Difference, report: Report) -> dict[str, pa.Table]:
    """The rows to write, their encrypted columns as ciphertext. Slow, so done before the transaction."""
    return {name: _encrypted_rows(table, report) for name, table in difference.tables.items()}


def _encrypted_rows(table: TableDifference, report: Report) -> pa.Table:
    rows = table.rows
    for column in table.target.encrypted:
        if column not in rows.column_names:
            continue
        place = f"{table.target.place}.{column}"
        sealed: list[str | None] = []
        for batch in rows.select([column]).to_batches(max_chunksize=ROWS_A_STEP):
            sealed += [encrypt_text(text, place) if text else None for text in batch.column(0).to_pylist()]
            report(_("加密证件号码和电话"), len(sealed), rows.num_rows)
        rows = rows.set_column(rows.column_names.index(column), column, pa.array(sealed, pa.string()))
    return rows


def write_difference(*, batch: ImportBatch, difference: Difference, rows: dict[str, pa.Table], report: Report) -> None:
    """Insert what is new, update what differs, keep images of what was. The caller holds the registry's lock."""
    numbers = difference.known_households
    if "region" in rows:
        _write_regions(batch, difference.tables["region"], rows["region"])
    if "household" in rows:
        fresh = _rows_with(rows["household"], "added")
        first = next_id(Household)
        fresh = fresh.append_column("id", pa.array(range(first, first + fresh.num_rows), pa.int64()))
        numbers = pa.concat_tables([numbers, fresh.select(["id", "household_no"])])
        _insert(HOUSEHOLD, batch, fresh, report)
        _update(HOUSEHOLD, batch, difference.tables["household"], _rows_with(rows["household"], "changed"), report)
    for target in (PERSON, INCOME):
        if target.name not in rows:
            continue
        found = _with_household_id(rows[target.name], numbers)
        fresh = _rows_with(found, "added")
        first = next_id(target.model)
        fresh = fresh.append_column("id", pa.array(range(first, first + fresh.num_rows), pa.int64()))
        _insert(target, batch, fresh, report)
        _update(target, batch, difference.tables[target.name], _rows_with(found, "changed"), report)


def _rows_with(rows: pa.Table, status: str) -> pa.Table:
    return rows.filter(pc.equal(rows.column("_status"), status))


def _with_household_id(rows: pa.Table, numbers: pa.Table) -> pa.Table:
    position = pc.index_in(rows.column("household_no"), value_set=numbers.column("household_no").combine_chunks())
    return rows.append_column("household_id", numbers.column("id").take(position)).drop_columns(["household_no"])


def _insert(target: Target, batch: ImportBatch, rows: pa.Table, report: Report) -> None:
    number = pa.array([batch.pk] * rows.num_rows, pa.int64())
    rows = rows.drop_columns([name for name in ("_id", "_status") if name in rows.column_names])
    rows = rows.append_column("created_batch", number).append_column("changed_batch", number)
    insert_rows(target.model, rows, report=report, phase=STEPS[target.name], own_ids=target is not REGION)


def _update(target: Target, batch: ImportBatch, difference: TableDifference, rows: pa.Table, report: Report) -> None:
    if rows.num_rows == 0:
        return
    keep_images(target.model, name=target.name, batch_id=batch.pk, ids=rows.column("_id").to_pylist())
    rows = rows.drop_columns(["_status"])
    if target is REGION:
        rows = rows.drop_columns(["_id"])
    else:
        rows = rows.rename_columns(["id" if name == "_id" else name for name in rows.column_names])
    rows = rows.append_column("changed_batch", pa.array([batch.pk] * rows.num_rows, pa.int64()))
    update_rows(target.model, rows, key="code" if target is REGION else "id", report=report, phase=STEPS[target.name])


def _write_regions(batch: ImportBatch, difference: TableDifference, rows: pa.Table) -> None:
    known = set(Region.objects.values_list("code", flat=True)) | set(rows.column("code").to_pylist())
    levels, parents = [], []
    for code in rows.column("code").to_pylist():
        region = RegionCode(code)
        levels.append(str(region.level))
        parents.append(next((str(above) for above in region.ancestors if above in known), None))
    for name, values in (("level", levels), ("parent_id", parents)):
        if name in rows.column_names:
            rows = rows.drop_columns([name])
        rows = rows.append_column(name, pa.array(values, pa.string()))
    _insert(REGION, batch, _rows_with(rows, "added"), lambda *_parts: None)
    _update(REGION, batch, difference, _rows_with(rows, "changed"), lambda *_parts: None)


# --- taking back ----------------------------------------------------------------------------------------------------

MODELS: dict[str, Any] = {"region": Region, "household": Household, "person": Person, "income": HouseholdIncome}


def refuse_if_built_upon(batch: ImportBatch) -> None:
    """Raise `ActionRefused` when later work rests on what this import wrote."""
    for model in MODELS.values():
        later = model.objects.filter(created_batch=batch.pk).exclude(changed_batch=batch.pk)
        touched = later.values_list("changed_batch", flat=True).first()
        if touched is not None:
            raise ActionRefused(
                "changed_later",
                _("第 %(later)d 批导入之后又改动了本批写入的数据，请先撤销第 %(later)d 批。") % {"later": touched},
            )
    for name, model in MODELS.items():
        images = RowImage.objects.filter(batch=batch, table=name)
        if not images.exists():
            continue
        if model.objects.filter(changed_batch=batch.pk).exclude(created_batch=batch.pk).count() < images.count():
            raise ActionRefused("changed_later", _("之后的导入又改动了本批改过的数据，请先撤销之后的导入。"))
    if FeedSnapshot.objects.filter(batch=batch, replaced_by__isnull=False).exists():
        raise ActionRefused("replaced_later", _("本批的部门数据已被之后的导入替换，请先撤销之后的导入。"))
    from doudi.web.cleaning.models import Correction
    from doudi.web.discovery.models import Alert

    if corrected_since(batch, Correction.objects.in_force()):
        raise ActionRefused("corrected_later", _("本批写入的数据之后有人更正过，请先在“更正记录”里撤销这些更正。"))
    if Correction.objects.filter(household__created_batch=batch.pk).exists():
        raise ActionRefused(
            "corrected_later", _("本批新增的农户有更正记录，记录要保留，不能整批撤销；请改正表格后重新导入。")
        )
    used = Alert.objects.filter(household__created_batch=batch.pk).values("household_id").distinct().count()
    if used:
        raise ActionRefused(
            "screened", _("本批新增的 %d 户已有筛查结果或线索，不能整批撤销；请改正表格后重新导入。") % used
        )


def corrected_since(batch: ImportBatch, corrections: Any) -> bool:
    """Whether a person corrected a cell of a row that this import wrote, after it. At most three SQL statements."""
    since = corrections if batch.applied_at is None else corrections.filter(at__gte=batch.applied_at)
    return any(
        since.filter(table=name, row_id__in=MODELS[name].objects.filter(changed_batch=batch.pk).values("pk")).exists()
        for name in ("household", "person", "income")
    )


def take_back(batch: ImportBatch, report: Report) -> dict[str, int]:
    """Remove what the import added, put back what it changed. The caller holds the registry's lock."""
    from doudi.web.cleaning.models import Issue
    from doudi.web.discovery.models import Alert

    counts: dict[str, int] = {}
    Issue.objects.filter(Q(person__created_batch=batch.pk) | Q(household__created_batch=batch.pk)).delete()
    Alert.objects.filter(person__created_batch=batch.pk).update(person=None)
    for name in ("income", "person", "household"):
        report(_("撤销新增的数据"), 0, 0)
        table = MODELS[name]._meta.db_table
        with connection.cursor() as cursor:
            cursor.execute(f'DELETE FROM "{table}" WHERE created_batch = %s', [batch.pk])  # noqa: S608
            counts[f"{name}_removed"] = cursor.rowcount
    for name, model in MODELS.items():
        report(_("恢复改动前的数据"), 0, 0)
        counts[f"{name}_restored"] = restore_images(model, name=name, batch_id=batch.pk)
    counts["region_removed"] = _remove_unused_regions(batch)
    RowImage.objects.filter(batch=batch).delete()
    return counts


def _remove_unused_regions(batch: ImportBatch) -> int:
    added = Region.objects.filter(created_batch=batch.pk)
    used: set[RegionCode] = set()
    inhabited = set(Household.objects.order_by().values_list("region_code", flat=True).distinct())
    kept = inhabited | set(Region.objects.exclude(created_batch=batch.pk).values_list("code", flat=True))
    for code in kept:
        region = RegionCode(code)
        used |= {region, *region.ancestors}
    gone = [code for code in added.values_list("code", flat=True) if RegionCode(code) not in used]
    Region.objects.filter(parent_id__in=gone).update(parent=None)
    Region.objects.filter(code__in=gone).update(changed_batch=F("created_batch"))
    removed, _models = Region.objects.filter(code__in=gone).delete()
    return removed
