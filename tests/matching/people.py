"""A small registry for tests of matching, and rows about its persons."""

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from doudi.matching.matching import Matching, match
from doudi.matching.model import load_model
from doudi.standards.pseudonym import Pseudonymiser
from doudi.standards.resident_id import birth_date, check_character, sex

ON = date(2023, 8, 1)
MODEL = load_model(Path(__file__).parents[2] / "rules")
HIDDEN = Pseudonymiser.from_secret("tests of matching only")
VILLAGE, OTHER_VILLAGE = "149901001001", "149901002001"
SURNAMES, GIVEN = (
    "王李张刘陈杨赵黄周吴",
    ("建军", "秀英", "志明", "玉兰", "海涛", "晓红", "福生", "桂花", "文博", "思雨"),
)
_ROWS = pa.schema(
    [
        ("row", pa.int32()), ("id_text", pa.string()), ("name", pa.string()), ("birth_date", pa.date32()),
        ("sex", pa.string()), ("household_no", pa.string()), ("head_name", pa.string()), ("village_code", pa.string()),
    ]
)  # fmt: skip


def an_id(number: int, *, born: str = "") -> str:
    """A sound id, another for each number."""
    day = born or f"{1950 + number * 7 % 60}{number % 12 + 1:02d}{number * 5 % 28 + 1:02d}"
    first17 = f"149901{day}{number % 1000:03d}"
    return first17 + check_character(first17)


def person(resident_id: str, name: str, **other: Any) -> dict[str, Any]:
    """A registered person, alone in a household of the village unless told otherwise."""
    home = other.pop("household_no", f"14{resident_id[6:]}")
    return {
        "id": resident_id, "name": name, "household_no": home, "household_key": HIDDEN.household_key(home),
        "sex": sex(resident_id).value, "birth_date": birth_date(resident_id), "region_code": VILLAGE, "head_name": name,
        "status": "active", "id_form": "sound",
    } | other  # fmt: skip


def crowd(count: int = 100) -> list[dict[str, Any]]:
    """So many persons of different names and births."""
    names = [surname + given for surname in SURNAMES for given in GIVEN]
    return [person(an_id(number), names[number % len(names)]) for number in range(count)]


def key_of(one: dict[str, Any]) -> int:
    return HIDDEN.person_key(one["id"])


def registry(people: list[dict[str, Any]]) -> pa.Table:
    columns = [name for name in people[0] if name != "id"]
    table = pa.table({name: [one[name] for one in people] for name in columns})
    return table.append_column("person_key", pa.array([key_of(one) for one in people], pa.int64()))


def sheet(rows: list[dict[str, Any]]) -> pa.Table:
    """Rows of a department; what they don't tell is null."""
    lines = [{"row": at + 2} | one for at, one in enumerate(rows)]
    return pa.Table.from_pylist(lines, schema=_ROWS)


def matched(rows: list[dict[str, Any]], people: list[dict[str, Any]], **other: Any) -> Matching:
    return match(sheet(rows), registry(people), pseudonymiser=HIDDEN, model=MODEL, on=ON, **other)
