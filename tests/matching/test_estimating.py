"""What a county's own data say about the model: shares of levels among the same and among different persons."""

import pytest

from doudi.matching.estimating import estimated
from tests.matching.people import HIDDEN, MODEL, ON, VILLAGE, crowd, registry, sheet

PEOPLE = crowd()


def test_shares_come_from_pairs_of_which_each_is_known() -> None:
    rows = [{"id_text": one["id"], "name": one["name"], "village_code": VILLAGE} for one in PEOPLE]
    rows[0] |= {"name": "欧阳春晓", "birth_date": PEOPLE[0]["birth_date"]}
    found = estimated(
        sheet(rows), registry(PEOPLE), pseudonymiser=HIDDEN, model=MODEL, on=ON, random_pairs=20_000
    ).to_pylist()
    by = {(one["field"], one["level"]): one for one in found}
    assert by["name", "same"]["m_here"] == pytest.approx(0.99)
    assert by["name", "other"]["m_here"] == pytest.approx(0.01)
    assert by["name", "same"]["u_here"] == 0.0
    assert by["name", "near"]["u_here"] == pytest.approx(9 / 99, abs=0.01), "ten given names, each with ten surnames"
    assert by["home", "village"]["m_here"] == 1.0
    assert by["birth", "same"]["same"] == 1, "a birth date read from the id proves nothing"
    assert by["phone", "same"]["m_here"] is None
    assert by["name", "same"]["m"] == MODEL.fields["name"].level("same").m


def test_without_rows_nothing_is_estimated() -> None:
    found = estimated(sheet([]), registry(PEOPLE), pseudonymiser=HIDDEN, model=MODEL, on=ON)
    assert set(found["m_here"].to_pylist()) == {None}
