"""Facts: windows to the day, members, missing values, absent feeds, rows twice."""

from datetime import date
from typing import Any

import pytest


def fact(village: Any, name: str, *, household: int = 1) -> Any:
    table = village.screen().household_facts
    return next(row for row in table.to_pylist() if row["household_key"] == household)[name]


def person_fact(village: Any, name: str, *, person: int = 11) -> Any:
    return next(row for row in village.screen().person_facts.to_pylist() if row["person_key"] == person)[name]


def bill(village: Any, day: date | None, amount: float | None = 100.0, person: int | None = 11, **more: Any) -> None:
    village.row("medical_settlement", person, settled_on=day, self_paid=amount, **more)


@pytest.mark.parametrize(
    ("day", "counts"),
    [
        (date(2022, 7, 31), False),
        (date(2022, 8, 1), True),
        (date(2023, 8, 1), True),
        (date(2023, 8, 2), False),
    ],
)
def test_a_window_reaches_from_its_first_day_to_the_day_of_screening(village: Any, day: date, counts: bool) -> None:
    bill(village, day)
    assert fact(village, "medical_self_paid_12m") == (100 if counts else 0)


def test_bills_of_all_members_add_up_and_a_missing_amount_is_worked_out(village: Any) -> None:
    village.person(12, 1)
    bill(village, date(2023, 7, 1), 100, 11)
    bill(village, date(2023, 7, 2), None, 12, total_cost=500.0, reimbursed=450.0)
    assert fact(village, "medical_self_paid_12m") == 150


def test_the_same_row_twice_counts_twice_as_departments_send_it(village: Any) -> None:
    bill(village, date(2023, 7, 1))
    bill(village, date(2023, 7, 1))
    assert fact(village, "medical_self_paid_12m") == 200


def test_somebody_registered_twice_in_a_household_counts_once(village: Any) -> None:
    village.person(11, 1)
    bill(village, date(2023, 7, 1))
    assert fact(village, "member_count") == 1
    assert fact(village, "medical_self_paid_12m") == 100


def test_somebody_registered_in_two_households_counts_in_both(village: Any) -> None:
    village.household(2)
    village.person(11, 2)
    bill(village, date(2023, 7, 1))
    assert fact(village, "medical_self_paid_12m", household=2) == 100
    assert fact(village, "medical_self_paid_12m", household=1) == 100


@pytest.mark.parametrize(
    ("status", "counts"),
    [("active", True), (None, True), ("in_army", True), ("missing", True), ("dead", False), ("moved_out", False),
     ("in_prison", False)],
)  # fmt: skip
def test_who_died_or_moved_away_is_no_member(village: Any, status: str | None, counts: bool) -> None:
    village.person(12, 1, status=status)
    bill(village, date(2023, 7, 1), person=12)
    assert fact(village, "member_count") == (2 if counts else 1)
    assert fact(village, "medical_self_paid_12m") == (100 if counts else 0)


def test_the_police_register_can_tell_of_a_death_before_the_registry_does(village: Any) -> None:
    village.person(12, 1)
    village.row("population_change", 12, change="death", changed_on=date(2023, 7, 1))
    assert fact(village, "member_count") == 1


def test_who_moved_away_and_back_is_a_member(village: Any) -> None:
    village.person(12, 1)
    village.row("population_change", 12, change="moved_out", changed_on=date(2023, 5, 1))
    village.row("population_change", 12, change="moved_in", changed_on=date(2023, 6, 1))
    assert fact(village, "member_count") == 2


def test_rows_without_a_person_or_of_strangers_count_nowhere(village: Any) -> None:
    bill(village, date(2023, 7, 1), person=None)
    bill(village, date(2023, 7, 1), person=999)
    result = village.screen()
    assert result.household_facts["medical_self_paid_12m"].to_pylist() == [0]
    assert result.unmatched["medical_settlement"] == {"rows": 2, "without_id": 1, "not_registered": 1}


def test_a_feed_that_was_not_handed_in_leaves_its_facts_unknown(village: Any) -> None:
    village.without("medical_settlement")
    assert fact(village, "medical_self_paid_12m") is None


def test_no_row_in_a_feed_is_what_the_fact_says(village: Any) -> None:
    assert fact(village, "relief_times_12m") == 0
    assert fact(village, "wages_unpaid") is False
    assert person_fact(village, "insured_listed") is None
    assert person_fact(village, "on_school_roll") is False


def test_the_insurers_list_goes_before_the_registry(village: Any) -> None:
    village.person(12, 1, insured_medical=False)
    village.person(13, 1, insured_medical=False)
    village.row("medical_enrolment", 13, insured=True)
    assert person_fact(village, "insured") is None
    assert person_fact(village, "insured", person=12) is False
    assert person_fact(village, "insured", person=13) is True


@pytest.mark.parametrize(
    ("birth", "age"), [(date(1963, 8, 1), 60), (date(1963, 8, 2), 59), (date(2023, 8, 1), 0), (None, None)]
)
def test_ages_are_completed_years_on_the_day(village: Any, birth: date | None, age: int | None) -> None:
    village.person(12, 1, birth_date=birth)
    assert person_fact(village, "age", person=12) == age


def test_an_income_year_that_is_not_there_is_unknown(village: Any) -> None:
    village.incomes = [row for row in village.incomes if row["income_year"] == 2022]
    assert fact(village, "per_capita_income_last_year") == 15000
    assert fact(village, "per_capita_income_before_last") is None


def test_the_income_year_changes_on_the_first_of_october(village: Any) -> None:
    village.income(1, 2023, per_capita_income=1.0)
    facts = {
        day: village.screen("income.rests_on_transfers", as_of=day).household_facts["net_income_last_year"].to_pylist()
        for day in (date(2023, 9, 30), date(2023, 10, 1))
    }
    assert facts == {date(2023, 9, 30): [45000.0], date(2023, 10, 1): [45000.0]}


@pytest.mark.parametrize(
    ("columns", "monitored"),
    [
        ({}, False),
        ({"monitor_type": "marginal"}, True),
        ({"monitor_type": "marginal", "exited_month": "2023-01"}, False),
        ({"monitor_type": "marginal", "risk_cleared": True}, False),
        ({"monitor_type": "marginal", "risk_cleared": False}, True),
    ],
)
def test_an_exited_household_is_not_monitored(village: Any, columns: dict[str, Any], monitored: bool) -> None:
    village.households[0] |= columns
    assert fact(village, "is_monitored") is monitored


@pytest.mark.parametrize("status", ["dead", "active"])
def test_who_died_is_no_member_but_still_counts_among_those_registered(village: Any, status: str) -> None:
    village.person(12, 1, status=status)
    village.row("population_change", 12, change="death", changed_on=date(2023, 7, 1))
    assert fact(village, "member_count") == 1
    assert fact(village, "workers_died") == 1
    assert fact(village, "dead_still_listed") == (1 if status == "active" else 0)
