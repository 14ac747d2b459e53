"""Keys and derived columns of registry rows: of tables when they are read, of one row when a cell is corrected."""

from collections.abc import Collection, Mapping
from typing import Any

import pyarrow as pa

from doudi.feeds.derived import DERIVED_FROM, FORMS, form, with_person_columns
from doudi.feeds.snapshot import person_keys
from doudi.standards.pseudonym import Pseudonymiser


def phone_keys(phones: pa.ChunkedArray, pseudonymiser: Pseudonymiser) -> pa.Array:
    """Keyed numbers of phones: the same phone has the same everywhere; null for null."""
    distinct = phones.combine_chunks().dictionary_encode()
    keys = pseudonymiser.phone_keys(distinct.dictionary.to_pylist())
    return pa.array(keys, pa.int64()).take(distinct.indices)


def member_keys(persons: pa.Table, pseudonymiser: Pseudonymiser) -> pa.Array:
    """Key of each person: of the resident id; without one of the person's number, else of household, name and birth."""
    keys, _ = person_keys(persons.column("resident_id"), pseudonymiser)
    if not keys.null_count:
        return keys
    found = keys.to_pylist()
    needed = persons.select(["household_no", "person_no", "name", "birth_date"])
    for at in [at for at, key in enumerate(found) if key is None]:
        row = needed.slice(at, 1).to_pylist()[0]
        number = row["person_no"] or f"{row['household_no']}/{row['name']}/{row['birth_date']}"
        found[at] = pseudonymiser.person_key_without_id(number)
    return pa.array(found, pa.int64())


def recomputed(
    table: str,
    changed: Collection[str],
    cells: Mapping[str, Any],
    *,
    pseudonymiser: Pseudonymiser,
    known_regions: Collection[str] | None = None,
) -> dict[str, Any]:
    """The derived columns of one row of `person` or `household` that follow from the changed cells, and `person_key`.

    `cells`: the row after the change, values as the contract's parser gives them and texts in the clear: of a person
    household_no, person_no, name, birth_date, resident_id, disability_certificate, phone as far as they concern the
    change. Columns that no changed cell concerns are not among the result. `known_regions`: the codes that exist;
    without them the form of a region code is unknown. Tables without derived columns give nothing.
    """
    wanted = {name for name, bases in DERIVED_FROM.get(table, {}).items() if set(bases) & set(changed)}
    found: dict[str, Any] = {}
    if table == "person":
        found = _of_person(cells, pseudonymiser)
        if "resident_id" in changed:
            wanted.add("person_key")
    elif table == "household":
        phone, code = cells.get("phone"), cells.get("region_code")
        found = {
            "phone_form": form("phone", phone, phone),
            "phone_key": None if phone is None else pseudonymiser.phone_key(phone),
            "helper_phone_form": form("phone", cells.get("helper_phone"), cells.get("helper_phone")),
            "region_form": _region_form(code, known_regions),
        }
    return {name: found[name] for name in sorted(wanted)}


def _of_person(cells: Mapping[str, Any], pseudonymiser: Pseudonymiser) -> dict[str, Any]:
    texts = ("household_no", "person_no", "name", "resident_id", "disability_certificate", "phone")
    row = pa.table(
        {
            **{name: pa.array([cells.get(name)], pa.string()) for name in texts},
            "birth_date": pa.array([cells.get("birth_date")], pa.date32()),
        }
    )
    found: dict[str, Any] = with_person_columns(row).to_pylist()[0]
    for column, name in FORMS["registry_person"].items():
        found[name] = form(column, cells.get(column), cells.get(column))
    phone = cells.get("phone")
    found["phone_key"] = None if phone is None else pseudonymiser.phone_key(phone)
    found["person_key"] = member_keys(row, pseudonymiser)[0].as_py()
    return found


def _region_form(code: str | None, known: Collection[str] | None) -> str | None:
    if code is None:
        return "missing"
    if known is None:
        return None
    return "known" if code in known else "unknown"
