"""Who is registered twice is proposed with the reason; twins, namesakes and those who left are not."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from doudi.matching.duplicate_model import DuplicateModel, load_duplicate_model
from doudi.matching.duplicates import find_duplicates
from doudi.matching.model import Model, load_model

RULES = Path(__file__).parents[2] / "rules"
VILLAGE, NEXT_VILLAGE, FAR = "149901001001", "149901001002", "149901009001"
SCHEMA = pa.schema(
    [
        ("person_key", pa.int64()), ("household_key", pa.int64()), ("household_no", pa.string()), ("name", pa.string()),
        ("sex", pa.string()), ("birth_date", pa.date32()), ("relation", pa.string()), ("region_code", pa.string()),
        ("head_name", pa.string()), ("status", pa.string()), ("id_form", pa.string()),
    ]
)  # fmt: skip


class County:
    """A few persons among many whom nobody could take for them."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        for number in range(3000):
            self.person(10_000 + number, 5_000 + number // 3, f"{chr(0x4E00 + number)}{chr(0x6E00 + number % 1200)}",
                        born=date(1930, 1, 1) + timedelta(days=5 * number))  # fmt: skip

    def person(
        self, key: int, home: int, name: str, *, born: date = date(1980, 5, 6), village: str = VILLAGE, **more: Any
    ) -> None:
        ordinary = {"person_key": key, "household_key": home, "household_no": f"H{home}", "name": name, "sex": "male",
                    "birth_date": born, "relation": "head", "region_code": village, "head_name": f"户主{home}",
                    "status": "active", "id_form": "sound"}  # fmt: skip
        self.rows.append(ordinary | more)

    def proposals(self, model: Model, duplicates: DuplicateModel, **more: Any) -> list[dict[str, Any]]:
        table = pa.Table.from_pylist(self.rows, SCHEMA)
        return list(find_duplicates(table, model=model, duplicates=duplicates, **more).proposals.to_pylist())


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model(RULES)


@pytest.fixture(scope="module")
def duplicates() -> DuplicateModel:
    return load_duplicate_model(RULES)


@pytest.fixture
def county() -> County:
    return County()


def test_one_id_in_two_households(county: County, model: Model, duplicates: DuplicateModel) -> None:
    county.person(7, 2, "王建国", village=FAR)
    county.person(7, 1, "王建国")
    [one] = county.proposals(model, duplicates)
    assert (one["a_household"], one["b_household"], one["a_person"], one["b_person"]) == (1, 2, 7, 7)
    assert (one["kind"], one["suggestion"], one["reason"]) == ("person", "merge", "同一证件号码在两户都在册")


def test_one_id_of_two_persons_has_to_be_put_right(county: County, model: Model, duplicates: DuplicateModel) -> None:
    county.person(7, 1, "王建国")
    county.person(7, 2, "李秀英", born=date(1990, 1, 1), sex="female")
    [one] = county.proposals(model, duplicates)
    assert (one["suggestion"], one["band"]) == ("correct", "doubtful")


def test_a_row_without_an_id_beside_one_with_it(county: County, model: Model, duplicates: DuplicateModel) -> None:
    county.person(9, 1, "王建国", relation="son", id_form="missing")
    county.person(7, 1, "王建国", relation="son")
    [one] = county.proposals(model, duplicates)
    assert (one["a_person"], one["b_person"], one["band"], one["stays"]) == (7, 9, "sure", "a")
    assert one["reason"] == "姓名相同，出生日期相同，户编号相同，其中一人没有有效证件号码"


@pytest.mark.parametrize("names", [("王小明", "王小红"), ("王伟", "王玮"), ("王小明", "王晓鸣")])
def test_twins_are_two_persons(
    county: County, model: Model, duplicates: DuplicateModel, names: tuple[str, str]
) -> None:
    for key, name in enumerate(names, 7):
        county.person(key, 1, name, relation="son")
    assert county.proposals(model, duplicates) == []


def test_twins_of_whom_one_has_no_id_are_never_sure(county: County, model: Model, duplicates: DuplicateModel) -> None:
    county.person(7, 1, "王伟", relation="son")
    county.person(8, 1, "王玮", relation="son", id_form="missing")
    county.person(17, 3, "赵小明", relation="son")
    county.person(18, 3, "赵小红", relation="son", id_form="missing")
    found = county.proposals(model, duplicates)
    assert [(one["a_person"], one["band"]) for one in found] == [(7, "doubtful")], "the same sound could be a slip"


def test_namesakes_of_one_birthday_far_apart(county: County, model: Model, duplicates: DuplicateModel) -> None:
    for key in range(40):
        county.person(7 + key, 1 + key, "王伟", born=date(1980, 5, 6), village=f"1499010{key + 10}001")
    assert county.proposals(model, duplicates) == []


@pytest.mark.parametrize("status", ["dead", "moved_out"])
def test_who_left_is_no_duplicate(county: County, model: Model, duplicates: DuplicateModel, status: str) -> None:
    county.person(7, 1, "王建国", status=status)
    county.person(7, 2, "王建国")
    assert county.proposals(model, duplicates) == []


def test_a_daughter_who_married_is_proposed_to_leave_her_parents(
    county: County, model: Model, duplicates: DuplicateModel
) -> None:
    county.person(7, 1, "王秀英", sex="female", relation="daughter")
    county.person(7, 2, "王秀英", sex="female", relation="spouse", village=NEXT_VILLAGE)
    [one] = county.proposals(model, duplicates)
    assert (one["suggestion"], one["stays"]) == ("move", "b")
    assert one["reason"] == "同一人在原来的家和婚后的家都在册"


def test_a_household_registered_twice_is_one_proposal(county: County, model: Model, duplicates: DuplicateModel) -> None:
    family = [("王建国", "head"), ("李秀英", "spouse"), ("王小明", "son")]
    for home in (1, 2):
        for at, (name, relation) in enumerate(family):
            born = date(1980 + 5 * at, 5, 6)
            county.person(7 + at if home == 1 else 70 + at, home, name, relation=relation, born=born,
                          id_form="sound" if home == 1 else "missing", head_name="王建国")  # fmt: skip
    [one] = county.proposals(model, duplicates)
    assert (one["kind"], one["a_household"], one["b_household"], one["a_person"]) == ("household", 1, 2, None)
    assert (one["band"], one["reason"]) == ("sure", "两户户主是同一人，一户3人、另一户3人，其中3人相同")


def test_a_household_split_off_with_its_members_left_behind(
    county: County, model: Model, duplicates: DuplicateModel
) -> None:
    county.person(5, 1, "王德山", born=date(1950, 1, 1))
    for home, relations in ((1, ("son", "daughter_in_law")), (2, ("head", "spouse"))):
        county.person(7, home, "王建国", relation=relations[0])
        county.person(8, home, "李秀英", relation=relations[1], born=date(1982, 2, 2))
    [one] = county.proposals(model, duplicates)
    assert (one["kind"], one["band"], one["stays"]) == ("split", "doubtful", "a")


def test_a_pair_decided_to_be_two_persons_is_not_proposed_again(
    county: County, model: Model, duplicates: DuplicateModel
) -> None:
    county.person(7, 1, "王建国", id_form="missing")
    county.person(8, 2, "王建国")
    assert len(county.proposals(model, duplicates)) == 1
    assert county.proposals(model, duplicates, settled=[(8, 7)]) == []
