"""What the checks find in a small village: whom, why, and what they propose."""

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from doudi.rulebook import Rulebook, build_rulebook
from doudi.screening.cleaning.run import CleaningResult

from .conftest import SOUND_PERSON, Found

Checked = Callable[..., CleaningResult]
FoundBy = Callable[[CleaningResult], Found]


def issues(result: CleaningResult) -> list[dict[str, Any]]:
    return list(result.issues.to_pylist())


def test_sound_data_raises_nothing(checked: Checked) -> None:
    result = checked("identity.birth_against_id", "household.heads_several", "household.size_differs")
    assert result.issues.num_rows == 0
    assert result.counts == dict.fromkeys(result.judged, (0, 0))
    assert result.clean.to_pylist() == [
        {"region_code": "149901001001", "households": 1, "clean": 1, "errors": 0, "doubts": 0}
    ]


def test_an_issue_tells_its_cells_reason_and_repair(county: Any, checked: Checked) -> None:
    county.persons[0]["birth_date"] = date(1983, 5, 10)
    (issue,) = issues(checked("identity.birth_against_id"))
    assert (issue["household_key"], issue["person_key"], issue["region_code"]) == (1, 11, "149901001001")
    assert (issue["severity"], issue["topic"], issue["responsible"]) == ("error", "identity", "village")
    assert issue["columns"] == ["person.birth_date", "person.resident_id"]
    assert issue["sentence"] == "登记的出生日期1983-05-10与证件号码中的1983-05-01不一致"
    assert issue["sentence_en"] == "Registered birth date 1983-05-10, but the id says 1983-05-01"
    assert json.loads(issue["facts"])["birth_date"] == "1983-05-10"
    assert (issue["repair_column"], issue["repair_value"]) == ("person.birth_date", "1983-05-01")
    assert issue["repair_because"] == "证件号码通过校验，出生日期以证件为准，应为1983-05-01"


def test_no_repair_is_proposed_where_it_is_not_sure(county: Any, checked: Checked) -> None:
    county.persons[0] |= {"status": "moved_out", "status_on": None}
    (issue,) = issues(checked("household.gone_without_date"))
    assert (issue["repair_column"], issue["repair_value"], issue["repair_because"]) == (None, None, None)


def test_a_repair_can_empty_a_cell(county: Any, checked: Checked) -> None:
    county.households[0] |= {"risk_1": "illness", "risk_2": "illness"}
    (issue,) = issues(checked("monitoring.risk_twice"))
    assert (issue["repair_column"], issue["repair_value"]) == ("household.risk_2", None)


def test_a_number_is_proposed_without_needless_zeros(county: Any, checked: Checked) -> None:
    county.households[0]["size_now"] = 10.0
    county.persons += [{**county.persons[0], "person_key": key, "relation": "son"} for key in range(12, 20)]
    (issue,) = issues(checked("household.size_differs"))
    assert (issue["repair_column"], issue["repair_value"]) == ("household.size_now", "9")


# ---- rows compared


def test_both_entries_of_one_person_are_named(county: Any, checked: Checked, found: FoundBy) -> None:
    county.household(2)
    county.person(11, 2, **SOUND_PERSON)
    check = "identity.in_two_households"
    assert found(checked(check)) == {(check, 1, 11), (check, 2, 11)}
    county.persons[1]["status"] = "moved_out"
    assert found(checked(check)) == set()


def test_who_is_dead_in_one_place_is_not_present_in_another(county: Any, checked: Checked, found: FoundBy) -> None:
    county.household(2)
    county.person(11, 2, status="dead")
    assert found(checked("identity.dead_elsewhere")) == {("identity.dead_elsewhere", 1, 11)}


def test_copied_incomes_are_seen_within_a_village_only(county: Any, checked: Checked, found: FoundBy) -> None:
    same = {"wage_income": 30000.0, "production_gross": 500.0, "property_income": 10.0}
    county.incomes.clear()
    for key in range(2, 14):
        county.household(key, region_code="149901001001" if key < 13 else "149901001002")
        county.income(key, **same)
    result = checked("income.copied")
    assert found(result) == {("income.copied", key, None) for key in range(2, 13)}
    assert "本村有11户" in issues(result)[0]["sentence"]


def test_a_phone_of_several_households(county: Any, checked: Checked, found: FoundBy) -> None:
    county.households[0]["phone_key"] = 77
    county.household(2, phone_key=77)
    county.household(3, phone_key=78)
    county.household(4, phone_key=None)
    county.household(5, phone_key=None)
    check = "household.phone_shared"
    assert found(checked(check)) == {(check, 1, None), (check, 2, None)}


def test_twins_of_another_name_are_no_double_entry(county: Any, checked: Checked, found: FoundBy) -> None:
    born = {"birth_date": date(2010, 1, 1), "relation": "son"}
    county.person(12, 1, name="王大", **born)
    county.person(13, 1, name="王二", **born)
    check = "identity.same_name_in_household"
    assert found(checked(check)) == set()
    county.persons[2]["name"] = "王大"
    assert found(checked(check)) == {(check, 1, 12), (check, 1, 13)}


# ---- what cannot be told


def test_a_column_that_nobody_handed_in_is_no_empty_cell(county: Any, checked: Checked) -> None:
    county.persons[0]["ethnic"] = None
    assert checked("household.ethnic_missing").raised == {"household.ethnic_missing": 1}
    result = checked("household.ethnic_missing", without=["person.ethnic"])
    assert (result.raised, result.cannot_tell) == ({}, {"household.ethnic_missing": 1})


def test_one_feed_can_decide_while_another_is_absent(county: Any, checked: Checked) -> None:
    county.row("population_change", 11, change="death", changed_on=date(2023, 3, 1))
    county.without("death_certificate")
    (issue,) = issues(checked("household.dead_still_active"))
    assert (issue["repair_column"], issue["repair_value"]) == ("person.status", "dead")


def test_nobody_is_not_concluded_from_what_is_known_in_part(county: Any, checked: Checked) -> None:
    county.incomes[0]["minimum_living_payment"] = 4000.0
    check = "income.dibao_payment_without"
    assert checked(check).raised == {check: 1}
    county.persons[0]["minimum_living"] = None
    result = checked(check)
    assert (result.raised, result.cannot_tell) == ({}, {check: 1})


def test_somebody_is_enough_though_others_are_unknown(county: Any, checked: Checked) -> None:
    county.persons[0]["minimum_living"] = True
    county.person(12, 1, **(SOUND_PERSON | {"minimum_living": None, "relation": "spouse"}))
    assert checked("income.dibao_without_payment").raised == {"income.dibao_without_payment": 1}


def test_a_check_without_a_parameter_value_is_left_out_and_named(county: Any, checked: Checked) -> None:
    texts = dict(county.rulebook.texts)
    name = "parameters/oldest_age.yaml"
    texts[name] = texts[name].replace('region: "000000000000"', 'region: "520000000000"')
    result = checked("identity.age_too_high", "identity.sex_against_id", rulebook=build_rulebook(texts))
    assert result.judged == ("identity.sex_against_id",)
    assert result.plan.left_out == {"identity.age_too_high": ("oldest_age",)}


# ---- who is judged


def test_who_left_is_asked_only_by_checks_of_everybody_listed(county: Any, checked: Checked, found: FoundBy) -> None:
    county.person(12, 1, status="dead", status_on=None, name_form="digits")
    result = checked("identity.name_digits", "household.gone_without_date")
    assert found(result) == {("household.gone_without_date", 1, 12)}


def test_an_error_makes_a_household_unclean_and_a_doubt_does_not(county: Any, checked: Checked) -> None:
    county.household(2)
    county.person(21, 2, **(SOUND_PERSON | {"name_form": "digits"}))
    county.household(3, region_code="149901001002")
    county.person(31, 3, **(SOUND_PERSON | {"phone_form": "unsound"}))
    result = checked("identity.name_digits", "identity.phone_unsound")
    assert result.clean.to_pylist() == [
        {"region_code": "149901001001", "households": 2, "clean": 1, "errors": 1, "doubts": 0},
        {"region_code": "149901001002", "households": 1, "clean": 1, "errors": 0, "doubts": 1},
    ]
    assert result.summary["clean_share"] == pytest.approx(2 / 3)


def test_one_household_is_judged_as_the_whole_registry_judges_it(
    county: Any, checked: Checked, rulebook: Rulebook
) -> None:
    county.household(2, phone_key=5)
    county.person(11, 2, **(SOUND_PERSON | {"birth_date": date(1983, 5, 10), "relation": None}))
    county.person(12, 2, status="dead", status_on=None)
    county.income(2)
    county.household(3, phone_key=5)
    county.person(31, 3, **SOUND_PERSON)
    whole, one = checked(), checked(households=[2])
    again = checked(households=[2])

    def of_second(result: CleaningResult) -> list[dict[str, Any]]:
        rows = [issue for issue in issues(result) if issue["household_key"] == 2]
        return sorted(rows, key=lambda issue: (issue["check_id"], issue["person_key"] or 0))

    assert whole.judged == tuple(check.id for check in rulebook.checks_on(date(2023, 8, 1)))
    expected = of_second(whole)
    assert {"identity.in_two_households", "household.phone_shared", "household.relation_missing"} <= {
        issue["check_id"] for issue in expected
    }
    assert of_second(one) == of_second(again) == expected
    assert len(issues(one)) == len(expected)
