"""The made-up county: nobody real, everybody plausible, the same from the same seed."""

from collections import Counter
from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from doudi.standards import resident_id
from doudi.standards.codes import CODE_LISTS
from doudi.standards.periods import age_on
from doudi.standards.regions import RegionCode, RegionTree
from doudi.synth.county.whole import County, make_county
from doudi.synth.tables.departments import department_tables
from doudi.synth.tables.registry import registry_tables

AS_OF = date(2023, 8, 1)


@pytest.fixture(scope="session")
def families(tables: dict[str, pa.Table]) -> dict[str, list[dict[str, object]]]:
    found: dict[str, list[dict[str, object]]] = {}
    for person in tables["registry_person"].to_pylist():
        found.setdefault(person["household_no"], []).append(person)
    return found


def test_every_id_is_valid_distinct_and_of_an_area_that_does_not_exist(tables: dict[str, pa.Table]) -> None:
    ids = tables["registry_person"]["resident_id"].to_pylist()
    assert len(set(ids)) == len(ids)
    assert all(resident_id.check(one, on=AS_OF).ok and one.startswith("149901") for one in ids)


def test_ids_agree_with_birth_date_and_sex(tables: dict[str, pa.Table]) -> None:
    for person in tables["registry_person"].to_pylist():
        assert resident_id.birth_date(person["resident_id"]) == person["birth_date"]
        assert resident_id.sex(person["resident_id"]) == person["sex"]


def test_certificates_belong_to_their_holders(tables: dict[str, pa.Table]) -> None:
    rows = tables["disability_certificate"].to_pylist()
    assert rows
    for row in rows:
        parts = resident_id.certificate_parts(row["certificate_no"])
        assert (parts.resident_id, parts.kind, str(parts.grade)) == (
            row["resident_id"],
            row["disability_kind"],
            row["disability_grade"],
        )


def test_phones_are_of_a_range_never_given_out(tables: dict[str, pa.Table]) -> None:
    phones = [one for one in tables["registry_person"]["phone"].to_pylist() if one]
    assert all(len(one) == 11 and one.startswith("154") for one in phones)


def test_each_household_has_one_head_and_at_most_one_spouse_of_the_other_sex(families: dict[str, list[dict]]) -> None:
    for members in families.values():
        count = Counter(one["relation"] for one in members)
        assert count["head"] == 1
        assert count["spouse"] <= 1
        sexes = {one["sex"] for one in members if one["relation"] in ("head", "spouse")}
        assert len(sexes) == 1 + count["spouse"]


def test_relations_fit_sexes_and_ages(families: dict[str, list[dict]]) -> None:
    male = {"son", "son_in_law", "grandson", "daughters_son", "father"}
    female = {"daughter", "daughter_in_law", "granddaughter", "daughters_daughter", "mother"}
    for members in families.values():
        head = next(one for one in members if one["relation"] == "head")
        for one in members:
            years = (one["birth_date"] - head["birth_date"]).days / 365.25
            if one["relation"] in ("son", "daughter"):
                assert years >= 17
            if one["relation"] in ("father", "mother"):
                assert years <= -17
            if one["relation"] in ("grandson", "granddaughter", "daughters_son", "daughters_daughter"):
                assert years >= 34
            assert one["relation"] not in male or one["sex"] == "male"
            assert one["relation"] not in female or one["sex"] == "female"


def test_pupils_and_children_have_no_capacity_for_work_and_do_not_work(tables: dict[str, pa.Table]) -> None:
    for person in tables["registry_person"].to_pylist():
        age = age_on(person["birth_date"], AS_OF)
        if person["student_status"] or age < 16:
            assert person["labour"] == "none"
            assert person["work_months"] == 0
        if person["labour"] in ("none", "lost"):
            assert person["work_months"] == 0
        assert not (person["education"] and person["student_status"])
        assert "healthy" not in person["health"] or person["health"] == ["healthy"]


def test_wage_income_is_what_the_members_earned(tables: dict[str, pa.Table], families: dict[str, list[dict]]) -> None:
    for household in tables["registry_household"].to_pylist():
        members = families[household["household_no"]]
        assert household["wage_income"] == sum(one["work_months"] * (one["wage_month"] or 0) for one in members)


def test_components_add_up(tables: dict[str, pa.Table]) -> None:
    transfers = ("family_planning_payment", "minimum_living_payment", "extreme_hardship_payment", "pension_payment",
                 "ecological_payment", "kin_support", "reward_payment", "other_transfer")  # fmt: skip
    for name in ("registry_household", "registry_income"):
        for row in tables[name].to_pylist():
            assert row["transfer_income"] == sum(row[one] for one in transfers)
            net = row["wage_income"] + row["production_gross"] - row["production_cost"]
            assert row["net_income"] == net + row["property_income"] + row["transfer_income"]
            assert row["per_capita_income"] == pytest.approx(row["net_income"] / row["size_year"], abs=0.006)
            assert min(row["production_gross"], row["production_cost"], row["property_income"]) >= 0


def test_sizes_are_those_of_the_members_present(tables: dict[str, pa.Table], families: dict[str, list[dict]]) -> None:
    for household in tables["registry_household"].to_pylist():
        members = families[household["household_no"]]
        assert household["size_now"] == sum(one["status"] in ("active", "in_army") for one in members)
        assert household["size_year"] >= 1


def test_the_shares_of_the_county_are_plausible() -> None:
    county = make_county(households=20_000, seed=3, as_of=AS_OF)
    income, households = county.economy.year.per_capita, county.households
    assert 2.9 < county.persons / households < 3.7
    assert 0.025 < (income < 7100).mean() < 0.045
    assert 0.05 < (income < 8000).mean() < 0.09
    assert 0.15 < county.economy.alleviated.mean() < 0.20
    assert 0.018 < county.monitoring.enrolled.mean() < 0.032
    assert 0.25 < (county.people.work_months > 0).mean() < 0.45
    assert 0.015 < county.people.disabled.mean() < 0.04


def test_codes_in_the_tables_are_known(tables: dict[str, pa.Table]) -> None:
    lists = {"household_type": "household_type", "monitor_type": "monitor_type", "risk_1": "risk_type",
             "relation": "relation", "labour": "labour", "work_area": "work_area", "status": "person_status",
             "education": "education", "student_status": "student_status", "dev_status": "dev_status"}  # fmt: skip
    for name in ("registry_household", "registry_person"):
        for column, code_list in lists.items():
            if column in tables[name].column_names:
                known = {member.value for member in CODE_LISTS[code_list]} | {None}
                assert set(tables[name][column].unique().to_pylist()) <= known


def test_small_counties_still_have_three_townships_of_three_villages() -> None:
    places = make_county(households=40, seed=1, as_of=AS_OF).places
    tree = RegionTree((row["region_code"], row["name"]) for row in places.table().to_pylist())
    townships = tree.children("149901")
    assert len(townships) == 3
    assert all(len(tree.children(township)) == 3 for township in townships)
    assert all(RegionCode("149901").covers(code) for code, _ in places.villages)


def test_villages_have_250_to_400_households() -> None:
    places = make_county(households=30_000, seed=1, as_of=AS_OF).places
    sizes = np.bincount(places.village_of_household)
    assert sizes.min() > 230
    assert sizes.max() < 420


def test_the_same_seed_gives_the_same_county_and_another_a_different_one(
    county: County, tables: dict[str, pa.Table]
) -> None:
    again = make_county(households=county.households, seed=county.seed, as_of=AS_OF)
    same = registry_tables(again) | department_tables(again)
    assert all(same[name].equals(table) for name, table in tables.items())
    other = make_county(households=county.households, seed=county.seed + 1, as_of=AS_OF)
    assert not registry_tables(other)["registry_person"].equals(tables["registry_person"])


def test_a_county_without_households_is_refused() -> None:
    with pytest.raises(ValueError, match="户数"):
        make_county(households=0, seed=1, as_of=AS_OF)
