"""Which columns of the registry an import fills, derived from the models, and sheets brought into their shape."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc
from django.db import models

from doudi.web.protection.fields import EncryptedTextField
from doudi.web.protection.keys import search_hash
from doudi.web.regions.models import Region
from doudi.web.registry.bulk import stored_fields
from doudi.web.registry.finding import pseudonymiser
from doudi.web.registry.models import CodesField, Household, HouseholdIncome, Person

TRACKING = frozenset({"id", "created_batch", "changed_batch", "updated_at"})
RENAMED = {"income": {"size_year": "members"}, "region": {"region_code": "code"}}
"""Columns whose name in the sheet is not the one in the model."""


@dataclass(frozen=True)
class Target:
    """One table an import writes. `key`: the columns by which a row of a sheet is known again."""

    name: str
    model: type[models.Model]
    key: tuple[str, ...]
    title: str

    @property
    def place(self) -> str:
        return str(self.model._meta.label_lower)

    @property
    def encrypted(self) -> tuple[str, ...]:
        return tuple(str(f.column) for f in stored_fields(self.model) if isinstance(f, EncryptedTextField))

    @property
    def hashes(self) -> tuple[str, ...]:
        return tuple(f"{column}_hash" for column in self.encrypted)

    @property
    def plain(self) -> tuple[str, ...]:
        """Columns compared and written as they are (keyed hashes included)."""
        left_out = {*TRACKING, *self.encrypted, "household_id"}
        return tuple(f.column for f in stored_fields(self.model) if f.column not in left_out)

    def label(self, column: str) -> str:
        name = column.removesuffix("_hash") if column in self.hashes else column
        return str(next((f.verbose_name for f in self.model._meta.concrete_fields if f.column == name), name))

    def arrow_type(self, column: str) -> pa.DataType:
        return _arrow_type(next(f for f in self.model._meta.concrete_fields if f.column == column))

    def select(self, column: str, alias: str) -> str:
        """The column in SQL, of a type that ADBC gives as Arrow."""
        field = _stored(next(f for f in self.model._meta.concrete_fields if f.column == column))
        text = f'{alias}."{column}"'
        return f'CAST({text} AS DOUBLE PRECISION) AS "{column}"' if isinstance(field, models.DecimalField) else text


REGION = Target("region", Region, ("code",), "行政区划")
HOUSEHOLD = Target("household", Household, ("household_no",), "户")
PERSON = Target("person", Person, ("person_key",), "人口")
INCOME = Target("income", HouseholdIncome, ("household_no", "income_year"), "收入")
TARGETS = (REGION, HOUSEHOLD, PERSON, INCOME)


def _stored(field: "models.Field[object, object]") -> "models.Field[object, object]":
    """The kind of field that a column worked out by the database holds."""
    held = field.output_field if isinstance(field, models.GeneratedField) else None
    return field if held is None else held


@cache
def _arrow_type(field: "models.Field[object, object]") -> pa.DataType:
    field = _stored(field)
    if isinstance(field, models.BooleanField):
        return pa.bool_()
    if isinstance(field, models.DateField):
        return pa.date32()
    if isinstance(field, models.DecimalField | models.FloatField):
        return pa.float64()
    if isinstance(field, models.IntegerField):
        return pa.int64()
    return pa.string()


def shaped(target: Target, sheet: pa.Table, *, without: Iterable[str] = ()) -> pa.Table:
    """A sheet's table with the columns, types and spelling of the target; encrypted columns still plain, with hashes.

    Columns the sheet does not have (`without`, or simply not there) stay away, so that importing leaves them alone.
    """
    renamed = RENAMED.get(target.name, {})
    present = {renamed.get(name, name): sheet.column(name) for name in sheet.column_names if name not in set(without)}
    columns: dict[str, pa.ChunkedArray] = {}
    for field in stored_fields(target.model):
        if field.column in TRACKING or field.column not in present:
            continue
        columns[field.column] = _as_field(present[field.column], field)
    if target in (PERSON, INCOME):
        columns["household_no"] = present["household_no"].cast(pa.string())
    for column in target.encrypted:
        if column in columns:
            columns[f"{column}_hash"] = pa.chunked_array([_hashes(column, columns[column])])
    return pa.table(columns)


def _as_field(column: pa.ChunkedArray, field: "models.Field[object, object]") -> pa.ChunkedArray:
    if isinstance(field, CodesField):
        column = pc.binary_join(column, ",") if pa.types.is_list(column.type) else column
    if isinstance(field, models.DecimalField):
        return pc.round(column.cast(pa.float64()), ndigits=2)
    wanted = _arrow_type(field)
    if column.type != wanted:
        if pa.types.is_integer(wanted) and pa.types.is_floating(column.type):
            column = pc.round(column)
        column = column.cast(wanted)
    if pa.types.is_string(wanted):
        column = pc.utf8_trim_whitespace(column)
        if field.max_length:
            column = pc.utf8_slice_codeunits(column, 0, field.max_length)
        if field.null:
            column = pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)
        else:
            column = pc.fill_null(column, "")
    return column


def _hashes(column: str, values: pa.ChunkedArray) -> pa.Array:
    texts = values.to_pylist()
    if column == "resident_id":
        return pa.array(pseudonymiser().resident_hashes(texts), pa.string())
    kind = "phone" if column.endswith("phone") else column
    make: Callable[[str], str] = lambda text: search_hash(kind, text)  # noqa: E731
    return pa.array([None if text is None else make(text) for text in texts], pa.string())
