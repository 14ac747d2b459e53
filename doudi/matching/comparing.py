"""What two records are compared by: one condition for each level of each field, in SQL that every engine reads.

The conditions name the columns of a pair with the suffixes `_l` (the department's row) and `_r` (the registered
person). The same conditions are judged here (pairs that an id proposed) and by Splink (pairs that likeness proposed).
"""

from collections.abc import Mapping

from doudi.matching.model import Model

COLUMNS = (
    "name_plain", "name_look", "name_sound", "name_order", "name_without_1", "name_without_2", "name_without_3",
    "name_without_4", "birth_year", "birth_month", "birth_day", "birth_number", "sex", "household_no", "head_plain",
    "head_sound", "village", "township", "maiden", "phone_key",
)  # fmt: skip
"""Columns of a prepared record; `doudi.matching.records` makes them."""


def _same(column: str) -> str:
    return f"{column}_l = {column}_r"


def _any(*conditions: str) -> str:
    return "(" + " OR ".join(conditions) + ")"


_LEFT_OUT = [f"name_without_{number}" for number in range(1, 5)]
_ONE_OTHER = _any(*(_same(column) for column in _LEFT_OUT))
_ONE_MORE = _any(
    *(f"name_plain_l = {column}_r" for column in _LEFT_OUT[1:]),
    *(f"name_plain_r = {column}_l" for column in _LEFT_OUT[1:]),
)
_HEADS = _any(_same("head_plain"), _same("head_sound"))


def conditions(model: Model) -> Mapping[str, Mapping[str, str]]:
    """Field → level → condition; a level counts when no earlier one does. `missing`: the field says nothing."""
    return {
        "name": {
            "missing": "name_plain_l IS NULL OR name_plain_r IS NULL",
            "same": _same("name_plain"),
            "variant": _same("name_look"),
            "sound": _same("name_sound"),
            "near": _any(_ONE_OTHER, _ONE_MORE, f"({_same('name_order')})"),
        },
        "birth": {
            "missing": "birth_number_l IS NULL OR birth_number_r IS NULL",
            "same": _same("birth_number"),
            "part": _any(
                f"({_same('birth_year')} AND {_any(_same('birth_month'), _same('birth_day'))})",
                f"({_same('birth_month')} AND {_same('birth_day')})",
                f"({_same('birth_year')} AND birth_month_l = birth_day_r AND birth_day_l = birth_month_r)",
            ),
            "near": f"abs(birth_number_l - birth_number_r) <= {model.persons.lunar_days}",
        },
        "sex": {"missing": "sex_l IS NULL OR sex_r IS NULL", "same": _same("sex")},
        "home": {
            "missing": " AND ".join(
                f"({one}_l IS NULL OR {one}_r IS NULL)" for one in ("household_no", "head_plain", "village", "township")
            ),
            "household": _same("household_no"),
            "head_village": f"{_HEADS} AND {_same('village')}",
            "head": _HEADS,
            "village": _same("village"),
            "maiden": "village_l = maiden_r",
            "township": _same("township"),
        },
        "phone": {"missing": "phone_key_l IS NULL OR phone_key_r IS NULL", "same": _same("phone_key")},
    }


def level_case(levels: Mapping[str, str]) -> str:
    """The level of one field as text: the first whose condition holds, else `other`; NULL when it says nothing."""
    when = " ".join(f"WHEN {condition} THEN '{level}'" for level, condition in levels.items() if level != "missing")
    return f"CASE WHEN {levels['missing']} THEN NULL {when} ELSE 'other' END"


def weight_case(model: Model, field: str, column: str) -> str:
    """Bits that the level in a column speaks for the same person; 0 when the field says nothing."""
    when = " ".join(f"WHEN '{level.id}' THEN {level.weight!r}" for level in model.fields[field].levels)
    return f"CASE {column} {when} ELSE 0.0 END"


def compared(model: Model, pairs: str, rows: str, persons: str, *, number: str) -> str:
    """SELECT of pairs with the level of each field, `weight` in bits and `evidence` as JSON.

    `pairs`: relation with row, person_key and further columns, kept; `number`: level of the resident id, as SQL text.
    """
    fields = conditions(model)
    both = ", ".join(f"l.{one} AS {one}_l, r.{one} AS {one}_r" for one in COLUMNS)
    levels = ", ".join(f"{level_case(levels)} AS {field}" for field, levels in fields.items())
    weight = " + ".join(weight_case(model, field, field) for field in ("number", *fields))
    return f"""
        SELECT *, {weight} AS weight FROM (
            SELECT * EXCLUDE ({", ".join(f"{one}_l, {one}_r" for one in COLUMNS)}), {levels}, {number} AS number
            FROM (SELECT p.*, {both} FROM {pairs} p JOIN {rows} l ON l.row = p.row
                JOIN {persons} r ON r.person_key = p.person_key))
    """  # noqa: S608 - made of constants


def evidence_json(columns: str = "") -> str:
    """The levels of a compared pair as one JSON text; fields that say nothing are left out."""
    parts = ", ".join(
        f"CASE WHEN {columns}{field} IS NULL THEN NULL ELSE '\"{field}\":\"' || {columns}{field} || '\"' END"
        for field in ("number", "name", "birth", "sex", "home", "phone")
    )
    return f"'{{' || concat_ws(',', {parts}) || '}}'"
