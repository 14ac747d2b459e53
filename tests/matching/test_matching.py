"""Rows find their person, or are left to a person's decision, or to nobody; never to somebody else."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from doudi.matching.matching import DECISIONS
from tests.matching.people import (
    MODEL,
    OTHER_VILLAGE,
    VILLAGE,
    an_id,
    crowd,
    key_of,
    matched,
    person,
)

PEOPLE = crowd()
SOMEBODY = PEOPLE[37]


def _only(rows: list[dict[str, Any]], people: list[dict[str, Any]], **other: Any) -> dict[str, Any]:
    (link,) = matched(rows, people, **other).links.to_pylist()
    assert isinstance(link, dict)
    return link


def _slips(number: str) -> Iterator[str]:
    """Every single slip of the hand in an id."""
    for at, digit in enumerate(number):
        yield number[:at] + number[at + 1 :]
        for other in "0123456789":
            yield number[:at] + other + number[at:]
            if other != digit:
                yield number[:at] + other + number[at + 1 :]
        if at < 17 and number[at + 1] != digit:
            yield number[:at] + number[at + 1] + digit + number[at + 2 :]


def test_sound_ids_link_and_say_so() -> None:
    found = matched([{"id_text": SOMEBODY["id"], "name": SOMEBODY["name"]}], PEOPLE)
    (link,) = found.links.to_pylist()
    assert (link["person_key"], link["method"], link["band"]) == (key_of(SOMEBODY), "exact", "sure")
    assert link["household_key"] == SOMEBODY["household_key"]
    assert link["model_version"] == MODEL.version
    assert json.loads(link["evidence"]) == {"number": "same", "name": "same", "birth": "same", "sex": "same"}
    assert found.counts["sure"] == found.counts["exact"] == 1
    assert found.linked.num_rows == 1


def test_any_single_slip_finds_the_person_or_leaves_it_open_but_never_finds_another() -> None:
    slips = sorted(set(_slips(SOMEBODY["id"])))
    rows = [{"id_text": slip, "name": SOMEBODY["name"], "village_code": VILLAGE} for slip in slips]
    links = matched(rows, PEOPLE).links.to_pylist()
    sure = [link for link in links if link["band"] == "sure"]
    assert {link["person_key"] for link in sure} == {key_of(SOMEBODY)}
    assert len(sure) == len(slips)
    assert all(link["slip"] or link["method"] == "exact" for link in sure)


def test_slips_among_people_of_the_same_name_one_slip_apart_are_never_taken_for_the_other() -> None:
    """The worst village: registered persons whose ids are one slip of the hand apart, all of one name or twins."""
    near = [one for one in (f"{SOMEBODY['id'][:14]}{order:03d}" for order in range(1, 999, 2)) if len(one) == 17]
    ids = [an_id(int(one[14:]), born=one[6:14]) for one in near][:60]
    people = [*PEOPLE, *(person(one, SOMEBODY["name"]) for one in ids if one != SOMEBODY["id"])]
    known = {one["id"]: key_of(one) for one in people}
    rows = [{"id_text": slip, "name": SOMEBODY["name"]} for slip in sorted(set(_slips(ids[7]))) if slip not in known]
    links = matched(rows, people).links.to_pylist()
    assert {link["person_key"] for link in links if link["band"] == "sure"} <= {known[ids[7]]}
    assert {link["band"] for link in links} >= {"doubtful"}


def test_twins_one_slip_apart_are_for_a_person_to_decide() -> None:
    twin = an_id((int(SOMEBODY["id"][14:17]) + 2), born=SOMEBODY["id"][6:14])
    other = person(twin, SOMEBODY["name"][:2] + "民", household_no=SOMEBODY["household_no"])
    written = SOMEBODY["id"][:17] + twin[17]  # the order of one, the check character of the other
    found = matched([{"id_text": written, "name": SOMEBODY["name"]}], [*PEOPLE, other])
    (link,) = found.links.to_pylist()
    assert link["band"] == "doubtful"
    assert set(found.candidates["person_key"].to_pylist()) == {key_of(SOMEBODY), key_of(other)}
    assert found.candidates["rank"].to_pylist() == [1, 2]
    assert found.candidates["person_key"][0].as_py() == key_of(SOMEBODY)


def test_an_id_put_right_whose_person_bears_another_name_is_nobody() -> None:
    link = _only([{"id_text": SOMEBODY["id"][:-1], "name": "欧阳春晓"}], PEOPLE)
    assert (link["band"], link["person_key"]) == ("none", None)


def test_an_id_put_right_that_contradicts_the_birth_date_is_doubtful() -> None:
    row = {"id_text": SOMEBODY["id"][:-1], "name": SOMEBODY["name"], "birth_date": date(1931, 5, 5)}
    assert _only([row], PEOPLE)["band"] == "doubtful"


def test_an_id_put_right_needs_a_name_or_the_household() -> None:
    broken = SOMEBODY["id"][:-1]
    assert _only([{"id_text": broken}], PEOPLE)["band"] == "none"
    assert _only([{"id_text": broken, "village_code": VILLAGE}], PEOPLE)["band"] == "doubtful"
    assert _only([{"id_text": broken, "household_no": SOMEBODY["household_no"]}], PEOPLE)["band"] == "sure"


def test_the_id_of_somebody_else_in_the_household_is_doubtful() -> None:
    child = person(an_id(555, born="20120304"), "王小宝", household_no=SOMEBODY["household_no"])
    rows = [{"id_text": SOMEBODY["id"], "name": "王小宝"}]
    found = matched(rows, [*PEOPLE, child])
    assert found.links["band"].to_pylist() == ["doubtful"]


def test_an_id_whose_person_has_quite_another_name_is_doubtful() -> None:
    assert _only([{"id_text": SOMEBODY["id"], "name": "欧阳春晓"}], PEOPLE)["band"] == "doubtful"


def test_a_namesake_s_id_is_doubtful_when_the_birth_date_is_the_other_s() -> None:
    namesake = person(an_id(801, born="20010203"), SOMEBODY["name"])
    row = {"id_text": SOMEBODY["id"], "name": SOMEBODY["name"], "birth_date": namesake["birth_date"]}
    assert _only([row], [*PEOPLE, namesake])["band"] == "doubtful"


def test_without_an_id_name_birth_and_village_link() -> None:
    one = person(an_id(611, born="19770707"), "欧阳春晓")
    row = {"name": "欧阳春小", "birth_date": one["birth_date"], "sex": one["sex"], "village_code": VILLAGE}
    link = _only([row], [*PEOPLE, one])
    assert (link["band"], link["method"], link["person_key"]) == ("sure", "probable", key_of(one))
    assert json.loads(link["evidence"])["name"] == "sound"


def test_without_an_id_a_namesake_of_the_village_is_doubtful_at_most() -> None:
    row = {"name": SOMEBODY["name"], "village_code": VILLAGE}
    assert _only([row], PEOPLE)["band"] != "sure"
    born = SOMEBODY["birth_date"] + timedelta(days=400)
    assert _only([row | {"birth_date": born}], PEOPLE)["band"] != "sure"


def test_two_of_the_same_name_and_birth_in_a_village_are_doubtful() -> None:
    other = person(an_id(901, born=SOMEBODY["id"][6:14]), SOMEBODY["name"], sex=SOMEBODY["sex"])
    row = {"name": SOMEBODY["name"], "birth_date": SOMEBODY["birth_date"], "village_code": VILLAGE}
    found = matched([row], [*PEOPLE, other])
    assert found.links["band"].to_pylist() == ["doubtful"]
    assert set(found.candidates["person_key"].to_pylist()) == {key_of(SOMEBODY), key_of(other)}


def test_a_sound_id_that_nobody_has_is_never_linked_by_likeness() -> None:
    stranger = an_id(333, born=SOMEBODY["id"][6:14])
    row = {"id_text": stranger, "name": SOMEBODY["name"], "village_code": VILLAGE, "head_name": SOMEBODY["head_name"]}
    found = matched([row], PEOPLE)
    assert found.links["band"].to_pylist() != ["sure"]
    elsewhere = matched([{"id_text": stranger, "name": "欧阳春晓", "village_code": OTHER_VILLAGE}], PEOPLE)
    assert elsewhere.links["band"].to_pylist() == ["none"]
    assert elsewhere.counts["not_registered"] == 1


def test_a_person_registered_without_an_id_is_found_by_likeness() -> None:
    child = person(an_id(777, born="20190909"), "欧阳春晓", id_form="missing")
    row = {"id_text": an_id(445, born="20190909"), "name": "欧阳春晓", "village_code": VILLAGE}
    link = _only([row], [*PEOPLE, child])
    assert (link["band"], link["method"], link["person_key"]) == ("sure", "probable", key_of(child))


def test_a_maiden_village_speaks_for_a_married_woman() -> None:
    wife = person(an_id(900, born="19850505"), "欧阳春晓", region_code=OTHER_VILLAGE, maiden_region_code=VILLAGE)
    people = [one | {"maiden_region_code": None} for one in PEOPLE] + [wife]
    row = {"name": "欧阳春晓", "birth_date": date(1985, 5, 5), "village_code": VILLAGE}
    link = _only([row], people)
    assert json.loads(link["evidence"])["home"] == "maiden"
    assert link["person_key"] == key_of(wife)


def test_a_decision_is_remembered_for_the_same_row_and_no_other() -> None:
    row = {"id_text": SOMEBODY["id"], "name": "欧阳春晓", "village_code": VILLAGE}
    written = _only([row], PEOPLE)["written_key"]

    def decided(person_key: int | None) -> pa.Table:
        return pa.table({"written_key": [written], "person_key": [person_key]}, schema=DECISIONS)

    link = _only([row], PEOPLE, decisions=decided(key_of(PEOPLE[3])))
    assert (link["band"], link["method"], link["person_key"]) == ("sure", "decided", key_of(PEOPLE[3]))
    assert link["household_key"] == PEOPLE[3]["household_key"]
    nobody = _only([row], PEOPLE, decisions=decided(None))
    assert (nobody["band"], nobody["method"], nobody["person_key"]) == ("none", "decided", None)
    gone = _only([row], PEOPLE, decisions=decided(12345))
    assert gone["method"] == "exact"
    other = _only([row | {"name": "欧阳春雨"}], PEOPLE, decisions=decided(None))
    assert other["method"] == "exact"


def test_the_last_decision_counts() -> None:
    row = {"name": "欧阳春晓"}
    written = _only([row], PEOPLE)["written_key"]
    both = pa.table({"written_key": [written] * 2, "person_key": [None, key_of(PEOPLE[3])]}, schema=DECISIONS)
    assert _only([row], PEOPLE, decisions=both)["person_key"] == key_of(PEOPLE[3])


def test_rows_that_tell_nothing_have_no_written_key_and_no_link() -> None:
    for told in ({}, {"id_text": "无", "birth_date": SOMEBODY["birth_date"], "sex": SOMEBODY["sex"]}):
        link = _only([told | {"village_code": VILLAGE}], PEOPLE)
        assert (link["written_key"], link["band"], link["method"]) == (None, "none", None)


def test_two_rows_may_be_about_one_person_and_keep_their_order() -> None:
    rows = [{"id_text": one["id"], "name": one["name"]} for one in (PEOPLE[9], PEOPLE[2], PEOPLE[9])]
    links = matched(rows, PEOPLE).links
    assert links["row"].to_pylist() == [2, 3, 4]
    assert links["person_key"].to_pylist() == [key_of(PEOPLE[9]), key_of(PEOPLE[2]), key_of(PEOPLE[9])]


def test_a_person_in_two_households_is_the_one_of_the_household_in_which_active() -> None:
    again = SOMEBODY | {"household_no": "999", "household_key": 999, "status": "active"}
    people = [*(one for one in PEOPLE if one is not SOMEBODY), SOMEBODY | {"status": "moved_out"}, again]
    assert _only([{"id_text": SOMEBODY["id"], "name": SOMEBODY["name"]}], people)["household_key"] == 999


def test_no_rows_and_nobody_registered() -> None:
    assert matched([], PEOPLE).links.num_rows == 0
    empty = [PEOPLE[0]]
    assert matched([{"name": "欧阳春晓"}], empty).links["band"].to_pylist() == ["none"]
