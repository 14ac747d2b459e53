"""How values stand in a sentence, in Chinese and English: once as SQL for millions of alerts, once in Python for one.

Both must write the same text (a test holds them to it). Two functions differ between engines and are defined by each
(`duckdb.MACROS`): `doudi_grouped` writes 7,100 or 6,999.50, `doudi_plain` 3 or 0.61.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from doudi.rulebook.parameters import UNITS
from doudi.rulebook.rules import Sentence, Slot

UNKNOWN: Final = {"zh": "未知", "en": "unknown"}
_YES_NO: Final = {"zh": ("是", "否"), "en": ("yes", "no")}
_PLURALS: Final = ("months", "days", "times", "persons", "households", "years", "minutes")


def text(value: str) -> str:
    """A SQL text literal."""
    return "'" + value.replace("'", "''") + "'"


def _unit(unit: str, language: str) -> str:
    return UNITS.get(unit, ("", ""))[0 if language == "zh" else 1]


def written(value: Any, form: str, language: str, labels: Mapping[str, str] | None = None) -> str:
    """A value as a sentence shows it; `form` is a unit or `number`, `date`, `label`."""
    if value is None:
        return UNKNOWN[language]
    if isinstance(value, bool):
        return _YES_NO[language][0 if value else 1]
    if isinstance(value, (date, str)):
        return (labels or {}).get(str(value), str(value))
    if isinstance(value, (list, tuple)):
        return "、".join((labels or {}).get(str(one), str(one)) for one in value)
    number = float(value)
    if form == "yuan":
        return f"{_grouped(number)} {_unit(form, language)}"
    if form == "share":
        return f"{_plain(number * 100, 1)}%"
    if form == "number":
        return _plain(number, 2)
    unit = _unit(form, language)
    if language == "zh" or form == "percent":
        return f"{_plain(number, 2)}{unit}"
    if form in _PLURALS:
        return f"{_plain(number, 2)} {unit[:-1] if number == 1 else unit}"
    return f"{_plain(number, 2)} {unit}".rstrip()


def _rounded(number: float, decimals: int) -> Decimal:
    return Decimal(repr(number)).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def _grouped(number: float) -> str:
    amount = _rounded(number, 2)
    return f"{amount:,.0f}" if amount == amount.to_integral_value() else f"{amount:,.2f}"


def _plain(number: float, decimals: int) -> str:
    amount = f"{_rounded(number, decimals):f}"
    return amount.rstrip("0").rstrip(".") if "." in amount else amount


@dataclass(frozen=True, slots=True)
class Shown:
    """A value in SQL: the expression, its kind, and its labels if it holds codes."""

    sql: str
    kind: str
    """number, text, boolean, date, month or texts (see `ValueType`)."""
    labels: Mapping[str, str] | None = None
    share: bool = False
    """A number that is a share of 1: kept with four decimals, so that it stays a percentage with two."""


def written_sql(shown: Shown, form: str, language: str) -> str:
    """SQL text that writes the value as `written` does."""
    known, unknown = _known_sql(shown, form, language), text(UNKNOWN[language])
    return f"CASE WHEN {shown.sql} IS NULL THEN {unknown} ELSE {known} END"


def _known_sql(shown: Shown, form: str, language: str) -> str:
    value = shown.sql
    if shown.kind == "boolean":
        yes, no = _YES_NO[language]
        return f"CASE WHEN {value} THEN {text(yes)} WHEN NOT {value} THEN {text(no)} END"
    if shown.kind in ("text", "month"):
        if not shown.labels:
            return value
        pairs = " ".join(f"WHEN {text(code)} THEN {text(label)}" for code, label in shown.labels.items())
        return f"CASE {value} {pairs} ELSE {value} END"
    if shown.kind != "number":
        return f"CAST({value} AS TEXT)"
    if form == "yuan":
        return f"CONCAT(doudi_grouped({value}), {text(' ' + _unit(form, language))})"
    if form == "share":
        return f"CONCAT(doudi_plain(ROUND({value} * 100, 1)), '%')"
    plain = f"doudi_plain({value})"
    unit = _unit(form, language)
    if form == "number" or not unit:
        return plain
    if language == "zh" or form == "percent":
        return f"CONCAT({plain}, {text(unit)})"
    if form in _PLURALS:
        one = f"CASE WHEN {value} = 1 THEN {text(' ' + unit[:-1])} ELSE {text(' ' + unit)} END"
        return f"CONCAT({plain}, {one})"
    return f"CONCAT({plain}, {text(' ' + unit)})"


def sentence(parts: Sentence, values: Mapping[str, Any], language: str, labels: Mapping[str, Mapping[str, str]]) -> str:
    """The sentence with the values filled in."""
    return "".join(
        written(values.get(part.name), part.format, language, labels.get(part.name)) if isinstance(part, Slot) else part
        for part in parts
    )


def sentence_sql(parts: Sentence, shown: Mapping[str, "Shown | str"], language: str) -> str:
    """SQL text of the sentence; a value given as plain `str` is already written out."""
    pieces: list[str] = []
    fixed = ""
    for part in parts:
        value = shown[part.name] if isinstance(part, Slot) else part
        if isinstance(value, str):
            fixed += value
            continue
        if fixed:
            pieces.append(text(fixed))
            fixed = ""
        assert isinstance(part, Slot)  # noqa: S101 - plain parts are str
        pieces.append(written_sql(value, part.format, language))
    if fixed or not pieces:
        pieces.append(text(fixed))
    return pieces[0] if len(pieces) == 1 else f"CONCAT({', '.join(pieces)})"


def json_sql(shown: Mapping[str, Shown]) -> str:
    """SQL text of a JSON object of the values."""
    pieces: list[str] = []
    lead = "{"
    for name, value in shown.items():
        pieces += [text(f'{lead}"{name}":'), _json_value(value)]
        lead = ","
    return f"CONCAT({', '.join(pieces)}, '}}')" if pieces else "'{}'"


def _json_value(shown: Shown) -> str:
    value = shown.sql
    if shown.kind == "number":
        plain = f"CAST(CAST({value} AS DECIMAL(18, 4)) AS TEXT)" if shown.share else f"doudi_plain({value})"
        return f"COALESCE({plain}, 'null')"
    if shown.kind == "boolean":
        return f"CASE WHEN {value} THEN 'true' WHEN NOT {value} THEN 'false' ELSE 'null' END"
    plain = f"CAST({value} AS TEXT)"
    if shown.kind != "date":
        plain = f"""REPLACE(REPLACE({plain}, '\\', '\\\\'), '"', '\\"')"""
    if shown.kind in ("text", "texts") and not shown.labels:  # free text of a sheet can have several lines
        for code, written_as in ((10, "n"), (13, "r"), (9, "t")):
            plain = f"REPLACE({plain}, CHR({code}), '\\{written_as}')"
    return f"CASE WHEN {value} IS NULL THEN 'null' ELSE CONCAT('\"', {plain}, '\"') END"
