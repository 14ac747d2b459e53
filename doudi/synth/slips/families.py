"""Slips in who people are and who belongs to a household."""

from collections.abc import Mapping
from typing import Any

from doudi.standards.resident_id import check_character
from doudi.synth.slips.recipes import Slip, blank, gone, household, person

_ELSEWHERE = "529901"
"""Of another province, in a county that does not exist: such a number belongs to nobody."""
_OF_MAN_OR_WOMAN = "CASE sex WHEN 'male' THEN '{}' ELSE '{}' END"
_OF_A_DEAD = "(SELECT max(home) FROM persons WHERE status = 'dead')"
_LAST_HOME = "(SELECT max(home) FROM persons d WHERE d.active)"
_LARGEST = "(SELECT arg_max(home, members) FROM homes)"
_OLDER_SPOUSE = "relation = 'spouse' AND birth_date <= head_birth"


def _issued_elsewhere(row: Mapping[str, Any]) -> str:
    first17 = _ELSEWHERE + row["resident_id"][6:17]
    return first17 + check_character(first17)


def _as_relation(man: str, woman: str) -> dict[str, str]:
    return {"relation": _OF_MAN_OR_WOMAN.format(man, woman)}


IDENTITY: tuple[Slip, ...] = (
    person("identity.age_doubtful", "relation <> 'head' AND age >= 60", {"birth_date": "DATE '1921-03-04'"}),
    person("identity.age_too_high", "relation <> 'head' AND age >= 60", {"birth_date": "DATE '1901-03-04'"}),
    person(
        "identity.birth_against_id", "age BETWEEN 20 AND 55 AND relation <> 'spouse'", {"birth_date": "birth_date - 31"}
    ),
    person("identity.birth_missing", "relation <> 'head'", blank("birth_date", "resident_id")),
    person("identity.born_in_future", "relation <> 'head' AND age < 12", {"birth_date": "DATE '2030-12-01'"}),
    person(
        "identity.dead_elsewhere",
        f"relation NOT IN ('head', 'spouse') AND home <> {_OF_A_DEAD}",
        {"resident_id": "(SELECT arg_max(resident_id, home) FROM persons d WHERE d.status = 'dead')"},
        leaves=_OF_A_DEAD,
    ),
    person(
        "identity.id_birth_invalid", "TRUE", {"resident_id": "left(resident_id, 10) || '13' || right(resident_id, 6)"}
    ),
    person("identity.id_characters", "TRUE", {"resident_id": "left(resident_id, 8) || 'O' || right(resident_id, 9)"}),
    person(
        "identity.id_checksum",
        "TRUE",
        {"resident_id": "left(resident_id, 17) || CASE WHEN right(resident_id, 1) = '0' THEN '1' ELSE '0' END"},
    ),
    person("identity.id_length", "TRUE", {"resident_id": "left(resident_id, 17)"}),
    person("identity.id_missing", "age > 10", blank("resident_id")),
    person(
        "identity.id_of_other_province", "relation IN ('head', 'son', 'daughter')", {"resident_id": _issued_elsewhere}
    ),
    person(
        "identity.id_old15",
        "year(birth_date) BETWEEN 1930 AND 1999",
        {"resident_id": "left(resident_id, 6) || substr(resident_id, 9, 9)"},
    ),
    person(
        "identity.in_two_households",
        f"relation NOT IN ('head', 'spouse') AND home <> {_LAST_HOME}",
        {"resident_id": "(SELECT arg_max(resident_id, place) FROM persons d WHERE d.active)"},
        leaves=_LAST_HOME,
    ),
    person("identity.name_characters", "relation <> 'head'", {"name": "name || 'A'"}),
    person("identity.name_digits", "relation <> 'head'", {"name": "name || '2'"}),
    person("identity.name_short", "relation <> 'head'", {"name": "left(name, 1)"}),
    person("identity.phone_unsound", "phone IS NOT NULL", {"phone": "'138001'"}),
    person(
        "identity.same_name_in_household",
        "one_before AND relation NOT IN ('spouse', 'head')",
        {"name": "name_before", "birth_date": "birth_before"},
    ),
    person(
        "identity.sex_against_id",
        "relation = 'head' AND members = 1",
        {"sex": "CASE sex WHEN 'male' THEN 'female' ELSE 'male' END"},
    ),
    person("identity.sex_missing", "relation NOT IN ('head', 'spouse')", blank("sex", "resident_id")),
)

HOUSEHOLDS: tuple[Slip, ...] = (
    person(
        "household.child_too_old", "relation = 'spouse' AND birth_date > head_birth", _as_relation("son", "daughter")
    ),
    gone("household.dead_still_active", "status = 'dead'", {"status": "'active'", "status_on": "NULL"}),
    person("household.ethnic_missing", "TRUE", blank("ethnic")),
    person(
        "household.gone_without_date",
        "relation IN ('son', 'daughter') AND age >= 20",
        {"status": "'moved_out'"} | blank("status_on"),
    ),
    person(
        "household.grandchild_too_old",
        "relation IN ('son', 'daughter') AND date_diff('year', head_birth, birth_date) < 27",
        _as_relation("grandson", "granddaughter"),
    ),
    person("household.grandparent_too_young", _OLDER_SPOUSE, _as_relation("grandfather", "grandmother")),
    person(
        "household.head_gone",
        "relation = 'head' AND adults >= 2",
        {"status": "'moved_out'", "status_on": "DATE '2023-03-01'"},
    ),
    person(
        "household.head_is_child",
        "relation = 'head' AND spouses = 1 AND adults >= 3",
        {"birth_date": "DATE '2012-05-05'"},
    ),
    person("household.head_missing", "relation = 'head' AND members >= 2", {"relation": "'other'"}),
    household("household.head_name_differs", "TRUE", {"head_name": "'张某某'"}),
    person("household.heads_several", "relation = 'spouse'", {"relation": "'head'"}),
    gone("household.moved_still_active", "status = 'moved_out'", {"status": "'active'", "status_on": "NULL"}),
    person("household.no_members", "members = 1", {"status": "'moved_out'", "status_on": "DATE '2023-03-01'"}),
    person("household.only_children", "members = 1", {"birth_date": "DATE '2012-05-05'"}),
    person("household.parent_too_young", _OLDER_SPOUSE, _as_relation("father", "mother")),
    person(
        "household.parents_several",
        "fathers = 1 AND sex = 'male' AND relation NOT IN ('father', 'head')",
        {"relation": "'father'"},
    ),
    household("household.phone_missing", "monitor_type IS NOT NULL AND phone IS NOT NULL", blank("phone")),
    household("household.phone_shared", "TRUE", {"phone": "'19900001111'"}, least=2),
    household("household.phone_unsound", "phone IS NOT NULL", {"phone": "'138001'"}),
    person("household.relation_missing", "relation <> 'head'", blank("relation")),
    person(
        "household.relation_of_men",
        "relation IN ('daughter', 'granddaughter') AND sex = 'female'",
        {"relation": "CASE relation WHEN 'daughter' THEN 'son' ELSE 'grandson' END"},
    ),
    person(
        "household.relation_of_women",
        "relation IN ('son', 'grandson') AND sex = 'male'",
        {"relation": "CASE relation WHEN 'son' THEN 'daughter' ELSE 'granddaughter' END"},
    ),
    household("household.size_differs", "members > 0", {"size_now": "members + 1"}),
    person(
        "household.size_large",
        f"relation NOT IN ('head', 'spouse') AND home <> {_LARGEST}",
        {"household_no": "(SELECT arg_max(household_no, members) FROM homes)"},
        least=13,
        leaves=_LARGEST,
        hits="(SELECT arg_max(household_no, members) FROM homes)",
    ),
    person(
        "household.spouse_same_sex",
        "relation = 'spouse'",
        {"sex": "CASE sex WHEN 'male' THEN 'female' ELSE 'male' END"},
    ),
    person("household.spouse_too_young", "relation = 'spouse'", {"birth_date": "DATE '2009-06-01'"}),
    person(
        "household.spouses_several",
        "spouses = 1 AND relation IN ('son', 'daughter') AND age >= 25",
        {"relation": "'spouse'"},
    ),
    person(
        "household.status_in_future",
        "relation IN ('son', 'daughter') AND age >= 20",
        {"status": "'moved_out'", "status_on": "DATE '2031-01-01'"},
    ),
)

REGIONS: tuple[Slip, ...] = (
    household("region.code_missing", "TRUE", blank("region_code")),
    household("region.code_unknown", "TRUE", {"region_code": "left(region_code, 6) || '199299'"}),
    household(
        "region.name_differs",
        "region_code <> (SELECT max(region_code) FROM homes)",
        {"region_code": "(SELECT max(region_code) FROM homes)"},
    ),
    household("region.not_village", "TRUE", {"region_code": "left(region_code, 9) || '000'"}),
)
