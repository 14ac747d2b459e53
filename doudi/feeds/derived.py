"""What checks need to know of ids, certificates and phones, worked out of them when they are read.

Screening never sees an id, a certificate number or a phone; these columns say what is sound about them, whose birth
date, sex and area they state, and by a keyed number whether two are the same. `recomputing.recomputed` works them out
again when a cell has been corrected. A column is null when nothing is known: the sheet lacked it, or it was read before
the column existed.

`id_form`: sound, missing, placeholder, length, characters, birth_date, checksum (`resident_id.IdProblem`) or old15 (an
old number of 15 digits, lengthened); `certificate_form`, `phone_form`, `helper_phone_form`: none, sound or unsound;
`name_form`: sound, digits, characters (neither Chinese nor ·), short (one character) or missing. `id_birth_date`,
`id_sex`, `id_area` (6 digits) are those of a usable id; `certificate_kind`, `certificate_grade` those of a usable
certificate; `certificate_of_id`: its first 18 characters are the person's own id.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from doudi.feeds.values import Cell, plain, says_nothing
from doudi.standards import resident_id
from doudi.standards.codes import DisabilityKind, Sex

FORMS: Final[Mapping[str, Mapping[str, str]]] = {
    "registry_person": {
        "resident_id": "id_form",
        "disability_certificate": "certificate_form",
        "phone": "phone_form",
    },
    "registry_household": {"phone": "phone_form", "helper_phone": "helper_phone_form"},
}
"""By contract: columns whose cells are judged as they are written, and the column that says how they are."""

DERIVED_FROM: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "person": {
        "name_form": ("name",),
        "id_form": ("resident_id",),
        "id_birth_date": ("resident_id",),
        "id_sex": ("resident_id",),
        "id_area": ("resident_id",),
        "certificate_form": ("disability_certificate",),
        "certificate_kind": ("disability_certificate",),
        "certificate_grade": ("disability_certificate",),
        "certificate_of_id": ("disability_certificate", "resident_id"),
        "phone_form": ("phone",),
        "phone_key": ("phone",),
    },
    "household": {
        "region_form": ("region_code",),
        "phone_form": ("phone",),
        "phone_key": ("phone",),
        "helper_phone_form": ("helper_phone",),
    },
}
"""By table: each derived column and the cells it comes from."""

_KINDS = {str(kind.number): str(kind.value) for kind in DisabilityKind}
_CHINESE = r"^[\x{3007}\x{3400}-\x{9fff}\x{20000}-\x{323af}·]+$"


def form(column_type: str, written: Cell, parsed: str | None) -> str:
    """How one cell of type resident_id, phone or disability_certificate is; `parsed`: what could be made of it."""
    if column_type != "resident_id":
        return "sound" if parsed is not None else "none" if says_nothing(written) else "unsound"
    if parsed is not None:
        old = isinstance(written, str) and len(plain(written)) == resident_id.OLD_LENGTH
        return "old15" if old else "sound"
    if says_nothing(written):
        return "missing"
    checked = resident_id.check(plain(written))
    return checked.problem.value if checked.problem else "characters"  # a number that lost its last digits


def forms(column_type: str, written: Sequence[Cell], parsed: pa.Array) -> pa.Array:
    """`form` of many; sound cells, nearly all of them, are only looked at when an old number may hide there."""
    found = np.full(len(written), "sound", dtype=object)
    unread: NDArray[np.bool_] = pc.is_null(parsed).to_numpy(zero_copy_only=False)
    for at in np.flatnonzero(unread).tolist():
        found[at] = form(column_type, written[at], None)
    if column_type == "resident_id":
        for at in np.flatnonzero(~unread).tolist():
            cell = written[at]
            if not isinstance(cell, str) or len(cell) != resident_id.LENGTH:
                found[at] = form(column_type, cell, "usable")
    return pa.array(found, pa.string())


def with_person_columns(persons: pa.Table) -> pa.Table:
    """Persons with plain ids, with the columns that follow from ids and certificates; forms are there already."""
    ids, certificates = persons["resident_id"], persons["disability_certificate"]
    kinds = pa.array(list(_KINDS), pa.string())
    kind = pc.index_in(pc.utf8_slice_codeunits(certificates, 18, 19), value_set=kinds)
    columns = {
        "name_form": _name_forms(persons["name"]),
        "id_birth_date": _birth_dates(ids),
        "id_sex": pc.case_when(
            pc.make_struct(
                pc.is_in(pc.utf8_slice_codeunits(ids, 16, 17), value_set=pa.array(list("13579"))),
                pc.is_valid(ids),
            ),
            pa.scalar(str(Sex.MALE.value)),
            pa.scalar(str(Sex.FEMALE.value)),
        ),
        "id_area": pc.utf8_slice_codeunits(ids, 0, 6),
        "certificate_kind": pa.chunked_array([pa.array(list(_KINDS.values()))]).take(kind),
        "certificate_grade": pc.utf8_slice_codeunits(certificates, 19, 20),
        "certificate_of_id": pc.equal(pc.utf8_slice_codeunits(certificates, 0, 18), ids),
    }
    for name, column in columns.items():
        persons = _put(persons, name, column)
    return persons


def _name_forms(names: pa.ChunkedArray) -> pa.ChunkedArray:
    distinct = names.combine_chunks().dictionary_encode()
    texts = distinct.dictionary
    cases = {
        "missing": pc.fill_null(pc.equal(texts, ""), True),
        "digits": pc.match_substring_regex(texts, r"[0-9０-９]"),
        "characters": pc.invert(pc.match_substring_regex(texts, _CHINESE)),
        "short": pc.less(pc.utf8_length(texts), 2),
    }
    labels = [pa.scalar(name) for name in cases]
    told = pc.case_when(pc.make_struct(*cases.values()), *labels, pa.scalar("sound"))
    return pc.fill_null(pa.chunked_array([told.take(distinct.indices)]), "missing")


def _birth_dates(ids: pa.ChunkedArray) -> pa.ChunkedArray:
    digits = pc.utf8_slice_codeunits(ids, 6, 14)
    return pc.strptime(digits, format="%Y%m%d", unit="s", error_is_null=True).cast(pa.date32())


def _put(table: pa.Table, name: str, column: Any) -> pa.Table:
    at = table.column_names.index(name) if name in table.column_names else None
    return table.append_column(name, column) if at is None else table.set_column(at, name, column)
