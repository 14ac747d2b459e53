"""Records that nobody has labelled are linked by what they have in common."""

import random
from datetime import date, timedelta

import pyarrow as pa
import pytest

from doudi.matching.likeness import Likeness, link_alike

PEOPLE = 600
ALIKE = Likeness(
    columns=("first", "last", "born"),
    levels={
        "first": {
            "missing": "first_l IS NULL OR first_r IS NULL",
            "same": "first_l = first_r",
            "swapped": "first_l = last_r AND last_l = first_r",
        },
        "last": {"missing": "last_l IS NULL OR last_r IS NULL", "same": "last_l = last_r"},
        "born": {
            "missing": "born_l IS NULL OR born_r IS NULL",
            "same": "born_l = born_r",
            "near": "damerau_levenshtein(born_l, born_r) <= 1",
        },
    },
    blocks=(("first", "last"), ("born",), ("first|last", "last|first")),
    rare={"last": "last"},
)


def records() -> pa.Table:
    """Everybody once, soundly written."""
    dice = random.Random(3)
    return pa.table(
        {
            "first": [f"名{dice.randrange(80)}" for _ in range(PEOPLE)],
            "last": [f"姓{int(dice.triangular(0, 60, 0))}" for _ in range(PEOPLE)],
            "born": [(date(1950, 1, 1) + timedelta(days=dice.randrange(20_000))).isoformat() for _ in range(PEOPLE)],
        }
    )


def spoiled(table: pa.Table) -> pa.Table:
    """Each record once more: one in three with a slip in the birth date, with names swapped, or without birth date."""
    rows = table.to_pylist()
    for number, row in enumerate(rows):
        if number % 9 == 0:
            row["born"] = row["born"][:8] + row["born"][9] + row["born"][8]
        elif number % 9 == 3:
            row["first"], row["last"] = row["last"], row["first"]
        elif number % 9 == 6:
            row["born"] = None
    return pa.Table.from_pylist(rows, table.schema)


def test_two_files_are_linked_without_being_told_who_is_who() -> None:
    left = records()
    found, weights = link_alike(ALIKE, left, spoiled(left))
    likely = [(one["a"], one["b"]) for one in found.to_pylist() if one["score"] >= 0.5]
    right = sum(a == b for a, b in likely)
    assert right >= 0.97 * PEOPLE
    assert right >= 0.98 * len(likely)
    assert weights.share == pytest.approx(1 / PEOPLE, rel=0.1), "one in six hundred pairs is of one person"
    assert weights.m["born"]["same"] == pytest.approx(0.87, abs=0.05)


def test_duplicates_in_one_file_are_pairs_that_stand_once_and_never_of_a_record_with_itself() -> None:
    table = pa.concat_tables([records(), spoiled(records()).slice(0, 90)])
    found, _weights = link_alike(ALIKE, table)
    pairs = [(one["a"], one["b"]) for one in found.to_pylist()]
    assert all(a < b for a, b in pairs)
    assert len(pairs) == len(set(pairs))
    likely = {(one["a"], one["b"]) for one in found.to_pylist() if one["score"] >= 0.5}
    assert len(likely & {(number, PEOPLE + number) for number in range(90)}) >= 85
    assert len(likely) <= 92


def test_nothing_in_common_means_no_pairs() -> None:
    left = pa.table({"first": ["甲"], "last": ["乙"], "born": ["1950-01-01"]})
    right = pa.table({"first": ["丙"], "last": ["丁"], "born": ["1990-12-31"]})
    assert link_alike(ALIKE, left, right)[0].num_rows == 0
