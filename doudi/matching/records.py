"""Rows of a feed and registered persons prepared for comparing: the same columns for both, null where unknown."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from doudi.matching.names import NameReader
from doudi.matching.repair import readable_birth
from doudi.standards.resident_id import LENGTH

_VILLAGE, _TOWNSHIP = 12, 9
"""Characters of a village's region code, and those of them that name the township."""


def prepared(
    table: pa.Table,
    reader: NameReader,
    *,
    kept: Sequence[str],
    birth: pa.Array | None = None,
    sex: pa.Array | None = None,
) -> pa.Table:
    """The columns of `comparing.COLUMNS` after those in `kept`.

    Read, where the table has them: name, birth_date, sex, household_no, head_name, village_code or region_code,
    maiden_region_code, phone_key. `birth`, `sex`: used where the table has none.
    """
    names, heads = reader.read(_text(table, "name")), reader.read(_text(table, "head_name"))
    born = _birth(table) if birth is None else pc.coalesce(_birth(table), birth)
    sexes = _text(table, "sex") if sex is None else pc.coalesce(_text(table, "sex"), sex)
    region = _text(table, "village_code" if "village_code" in table.column_names else "region_code")
    own_head = pc.fill_null(pc.equal(names.plain, heads.plain), False)
    columns: dict[str, pa.Array] = {name: _whole(table, name) for name in kept}
    columns |= {
        "name_plain": names.plain,
        "name_look": names.look,
        "name_sound": names.sound,
        "name_order": names.order,
        **{f"name_without_{at + 1}": column for at, column in enumerate(names.without)},
        "birth_year": pc.cast(pc.year(born), pa.int32()),
        "birth_month": pc.cast(pc.month(born), pa.int32()),
        "birth_day": pc.cast(pc.day(born), pa.int32()),
        "birth_number": born.cast(pa.int32()),
        "sex": sexes,
        "household_no": _filled(_text(table, "household_no")),
        # A head's own name says nothing beyond the name itself.
        "head_plain": pc.if_else(own_head, pa.scalar(None, pa.string()), heads.plain),
        "head_sound": pc.if_else(own_head, pa.scalar(None, pa.string()), heads.sound.cast(pa.string())),
        "village": _region(region, _VILLAGE),
        "township": _region(region, _TOWNSHIP),
        "maiden": _region(_text(table, "maiden_region_code"), _VILLAGE),
        "phone_key": _whole(table, "phone_key", pa.int64()),
    }
    return pa.table(columns)


def births_and_sexes(ids: Sequence[str | None], *, on: date) -> tuple[pa.Array, pa.Array]:
    """What written ids tell of birth and sex where they can be read; null where not."""
    births = [readable_birth(one, on=on) for one in ids]
    sexes = [
        None
        if one is None or len(one) != LENGTH or not one[16].isdigit()
        else ("male" if int(one[16]) % 2 else "female")
        for one in ids
    ]
    return pa.array(births, pa.date32()), pa.array(sexes, pa.string())


def _whole(table: pa.Table, name: str, kind: pa.DataType | None = None) -> pa.Array:
    if name not in table.column_names:
        return pa.nulls(table.num_rows, kind or pa.null())
    column = table.column(name).combine_chunks()
    return column if kind is None else column.cast(kind)


def _text(table: pa.Table, name: str) -> pa.Array:
    return _whole(table, name, pa.string())


def _filled(column: pa.Array) -> pa.Array:
    stripped = pc.utf8_trim_whitespace(column)
    return pc.if_else(pc.equal(stripped, ""), pa.scalar(None, pa.string()), stripped)


def _birth(table: pa.Table) -> pa.Array:
    return _whole(table, "birth_date", pa.date32())


def _region(codes: pa.Array, length: int) -> pa.Array:
    """The first characters of a region code; null where the code doesn't name a place so small."""
    short = pc.utf8_slice_codeunits(codes, 0, length)
    ends = pc.utf8_slice_codeunits(codes, length - 3, length)
    small = pc.and_(pc.equal(pc.utf8_length(short), length), pc.not_equal(ends, "000"))
    return pc.if_else(pc.fill_null(small, False), short, pa.scalar(None, pa.string()))


def told(table: pa.Table, name: str) -> pa.Array:
    """Which rows have a value in a column that the table may lack."""
    return pc.is_valid(_whole(table, name))


def numbered(size: int) -> pa.Array:
    """0, 1, 2 …"""
    return pa.array(np.arange(size, dtype=np.int64))
