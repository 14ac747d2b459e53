"""A department's sheet as bad as they come, about a county's registered persons and others, with the truth of each row.

Ids are spoiled in the usual ways, names written otherwise, births and villages differ, rows carry the id of somebody
else in the household. The registry has twins and namesakes; the sheet has people whom the registry lacks, among them
twins and namesakes of registered ones.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from doudi.standards.codes import Sex
from doudi.standards.pseudonym import Pseudonymiser
from doudi.synth.county.arrays import chance
from doudi.synth.county.people import STATUS
from doudi.synth.county.whole import County
from doudi.synth.sheets import id_slips, name_slips

UNREGISTERED = 0.10
"""Share of the rows that are about nobody in the registry."""
_HELD_OUT = 0.03
"""Share of the county's persons whom the registry lacks."""
_ALIKE = 0.004
"""Twins and namesakes of registered persons, of each kind so many for each row of the feed."""
_OTHERS_ID, _OTHER_VILLAGE, _BIRTH_OTHERWISE = 0.004, 0.04, 0.02
_TOLD: Mapping[str, float] = {
    "birth_date": 0.8, "sex": 0.9, "household_no": 0.25, "head_name": 0.7, "village_code": 0.97,
}  # fmt: skip
"""Column → share of the rows in which it is filled."""
_ROWS = pa.schema(
    [
        ("row", pa.int64()), ("id_text", pa.string()), ("name", pa.string()), ("birth_date", pa.date32()),
        ("sex", pa.string()), ("household_no", pa.string()), ("head_name", pa.string()), ("village_code", pa.string()),
    ]
)  # fmt: skip
_TRUTH = pa.schema(
    [
        ("row", pa.int64()), ("person_key", pa.int64()), ("id_slip", pa.string()), ("name_slip", pa.string()),
        ("kind", pa.string()),
    ]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DirtyFeed:
    """`rows` and `persons` as `match` of `doudi.matching.matching` takes them, `resident_ids` of the persons in order.

    `truth`, one line a row: person_key (null: not registered), id_slip, name_slip (kinds, null for none), kind
    (registered | twin | namesake | stranger | unregistered_twin | unregistered_namesake).
    """

    rows: pa.Table
    truth: pa.Table
    persons: pa.Table
    resident_ids: pa.Array


def make_dirty_feed(county: County, *, rows: int, seed: int, pseudonymiser: Pseudonymiser) -> DirtyFeed:
    """Draw a feed of `rows` rows. The same arguments give the same feed."""
    rng = chance(seed, "dirty feed")
    everybody = _people(county)
    out = rng.random(len(everybody)) < _HELD_OUT
    registered = [one for one, gone in zip(everybody, out.tolist(), strict=True) if not gone]
    strangers = [one for one, gone in zip(everybody, out.tolist(), strict=True) if gone]
    taken = {one["id"] for one in everybody}
    count = max(1, round(rows * _ALIKE))
    twins = [_twin(_any(registered, rng), rng, taken) for _ in range(count)]
    namesakes = [_namesake(_any(registered, rng), rng, taken) for _ in range(count)]
    known = len(registered)
    registered += twins + namesakes
    absent = [("unregistered_twin", _twin(_any(registered[:known], rng), rng, taken)) for _ in range(count)]
    absent += [("unregistered_namesake", _namesake(_any(registered[:known], rng), rng, taken)) for _ in range(count)]
    strange = max(0, round(rows * UNREGISTERED) - len(absent))
    absent += [("stranger", _any(strangers, rng)) for _ in range(strange)]
    picked: list[tuple[str, dict[str, Any]]] = [("twin", one) for one in twins] + [
        ("namesake", one) for one in namesakes
    ]
    picked += [
        ("registered", registered[at]) for at in rng.permutation(known)[: max(0, rows - len(picked) - len(absent))]
    ]
    picked = (picked + absent)[:rows]
    order = rng.permutation(len(picked)).tolist()
    keys = pseudonymiser.person_keys([one["id"] for one in registered])
    by_id = dict(zip((one["id"] for one in registered), keys, strict=True))
    homes: dict[int, list[dict[str, Any]]] = {}
    for one in registered:
        homes.setdefault(one["home"], []).append(one)
    villages = [code for code, _name in county.places.villages]
    written, truth = [], []
    for row, at in enumerate(order):
        kind, one = picked[at]
        line, id_slip, name_slip = _written(one, homes.get(one["home"], []), villages, rng)
        written.append({"row": row, **line})
        truth.append(
            {"row": row, "person_key": by_id.get(one["id"]), "id_slip": id_slip, "name_slip": name_slip, "kind": kind}
        )
    return DirtyFeed(
        rows=pa.Table.from_pylist(written, schema=_ROWS),
        truth=pa.Table.from_pylist(truth, schema=_TRUTH),
        persons=_persons(registered, keys, pseudonymiser),
        resident_ids=pa.array([one["id"] for one in registered], pa.string()),
    )


def _people(county: County) -> list[dict[str, Any]]:
    """Everybody of the county: who they are and where they live."""
    home = county.members.household.tolist()
    village = [county.places.villages[at][0] for at in county.places.village_of_household.tolist()]
    head = county.identity.name.take(pa.array(county.head_rows)).to_pylist()
    number = county.household_no.to_pylist()
    born = county.members.birth_days.astype("datetime64[D]").tolist()
    status = [STATUS[at].value for at in county.people.status.tolist()]
    sexes = [Sex.MALE.value if male else Sex.FEMALE.value for male in county.members.male.tolist()]
    columns = (county.identity.resident_id.to_pylist(), county.identity.name.to_pylist(), born, sexes, status, home)
    return [
        {
            "id": number_of, "name": name, "birth": birth, "sex": sex, "status": state, "home": at,
            "household_no": number[at], "head_name": head[at], "village": village[at],
        }
        for number_of, name, birth, sex, state, at in zip(*columns, strict=True)
    ]  # fmt: skip


def _persons(registered: list[dict[str, Any]], keys: list[int | None], pseudonymiser: Pseudonymiser) -> pa.Table:
    def column(name: str, kind: pa.DataType) -> pa.Array:
        return pa.array([one[name] for one in registered], kind)

    numbers = column("household_no", pa.string())
    distinct = numbers.dictionary_encode()
    homes = pa.array(pseudonymiser.household_keys(distinct.dictionary.to_pylist()), pa.int64()).take(distinct.indices)
    return pa.table(
        {
            "person_key": pa.array(keys, pa.int64()),
            "household_key": homes,
            "status": column("status", pa.string()),
            "household_no": numbers,
            "name": column("name", pa.string()),
            "sex": column("sex", pa.string()),
            "birth_date": column("birth", pa.date32()),
            "region_code": column("village", pa.string()),
            "head_name": column("head_name", pa.string()),
        }
    )


def _any(people: list[dict[str, Any]], rng: np.random.Generator) -> dict[str, Any]:
    return people[int(rng.integers(0, len(people)))]


def _twin(one: dict[str, Any], rng: np.random.Generator, taken: set[str]) -> dict[str, Any]:
    """Same household, sex and day; the name differs in one character."""
    name = one["name"]
    while name == one["name"]:
        name = name_slips.one_wrong(one["name"], rng) or name
    return one | {"name": name, "id": id_slips.sister_id(one["id"], taken)}


def _namesake(one: dict[str, Any], rng: np.random.Generator, taken: set[str]) -> dict[str, Any]:
    """Same name and village, another household; born some days or years away."""
    days = int(rng.integers(1, 4000))
    birth = one["birth"] - timedelta(days=days)
    like = one["id"][:6] + f"{birth:%Y%m%d}" + one["id"][14:]
    apart = {"birth": birth, "home": -1 - len(taken), "household_no": f"9{len(taken):012d}", "head_name": one["name"]}
    return one | apart | {"id": id_slips.sister_id(like, taken)}


def _written(
    one: dict[str, Any], mates: list[dict[str, Any]], villages: list[str], rng: np.random.Generator
) -> tuple[dict[str, Any], str | None, str | None]:
    number, id_slip = _slipped(one["id"], id_slips.SLIPS, rng)
    others = [mate for mate in mates if mate["id"] != one["id"]]
    if id_slip is None and others and rng.random() < _OTHERS_ID:
        number, id_slip = _any(others, rng)["id"], "others_id"
    name, name_slip = _slipped(one["name"], name_slips.SLIPS, rng)
    birth: date = one["birth"]
    if rng.random() < _BIRTH_OTHERWISE:
        birth += timedelta(days=int(rng.choice([-365, -30, -10, -1, 1, 9, 28, 366])))
    village = one["village"]
    if rng.random() < _OTHER_VILLAGE:
        village = villages[int(rng.integers(0, len(villages)))]
    values = {
        "birth_date": birth, "sex": one["sex"], "household_no": one["household_no"], "head_name": one["head_name"],
        "village_code": village,
    }  # fmt: skip
    told = {name: value if rng.random() < _TOLD[name] else None for name, value in values.items()}
    return {"id_text": number or None, "name": name or None, **told}, id_slip, name_slip


def _slipped(text: str, slips: Mapping[str, tuple[float, Any]], rng: np.random.Generator) -> tuple[str, str | None]:
    """The text with one slip at most, each with its own chance."""
    draw, upto = rng.random(), 0.0
    for kind, (share, slip) in slips.items():
        upto += share
        if draw < upto:
            written = slip(text, rng)
            return (text, None) if written is None or written == text else (written, kind)
    return text, None
