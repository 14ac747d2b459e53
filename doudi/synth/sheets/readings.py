"""A true table as if it had been read from a clean sheet, so that it is kept the way everything read is kept."""

import hashlib

import numpy as np
import pyarrow as pa

from doudi.feeds.cleaning import ARROW_TYPES, clean_column
from doudi.feeds.columns import RawColumn, RawSheet
from doudi.feeds.contract import Contract
from doudi.feeds.derived import FORMS, forms
from doudi.feeds.sheet import SheetReading

_FIRST_ROW = 2


def as_read(contract: Contract, table: pa.Table, *, name: str) -> SheetReading:
    """All rows accepted, nothing rejected. `name` stands for the contents: the same name means the same delivery."""
    count = table.num_rows
    rows = np.arange(_FIRST_ROW, count + _FIRST_ROW, dtype=np.int32)
    columns: dict[str, pa.Array | pa.ChunkedArray] = {"row": pa.array(rows)}
    for column in contract.columns:
        kind = ARROW_TYPES[column.type]
        given = column.id in table.column_names
        columns[column.id] = table[column.id].cast(kind) if given else pa.nulls(count, kind)
    missing = tuple(column.id for column in contract.columns if column.id not in table.column_names)
    accepted = pa.table(columns)
    return SheetReading(
        contract=contract,
        table=accepted,
        returned=accepted.slice(0, 0),
        rejects=(),
        warnings=(),
        raw=RawSheet((), (), rows),
        rejected=np.zeros(count, dtype=np.bool_),
        sha256=hashlib.sha256(name.encode()).hexdigest(),
        file_name=name,
        sheet_name="",
        title=contract.title,
        rows_read=count,
        rows_ignored=0,
        missing_columns=missing,
        unknown_headers=(),
    )


def with_forms(contract: Contract, table: pa.Table) -> pa.Table:
    """A registry table with its ids, certificates and phones read, and how they are written (`derived.FORMS`)."""
    for name, form in FORMS.get(contract.id, {}).items():
        written = table[name].combine_chunks().dictionary_encode()
        codes = written.indices.fill_null(len(written.dictionary)).to_numpy().astype(np.int32)
        contents = [*written.dictionary.to_pylist(), ""]
        everywhere = np.ones(table.num_rows, dtype=np.bool_)
        rows = np.arange(table.num_rows, dtype=np.int32)
        raw = RawColumn(contents, codes)
        column = contract.by_id[name]
        read = clean_column(column, raw, header=column.header, factor=1.0, wanted=everywhere, rows=rows)
        told = forms(column.type, contents, read.distinct).take(pa.array(codes))
        table = table.set_column(table.column_names.index(name), name, read.array()).append_column(form, told)
    return table
