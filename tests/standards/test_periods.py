"""Income years, months and ages at their boundaries."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doudi.standards.periods import IncomeYear, Month, age_on, months_between

days = st.dates(date(1950, 1, 1), date(2090, 12, 31))


def test_the_income_year_2022_runs_from_october_2021_to_september_2022() -> None:
    assert (IncomeYear(2022).starts, IncomeYear(2022).ends) == (date(2021, 10, 1), date(2022, 9, 30))


@pytest.mark.parametrize(
    ("as_of", "year"),
    [
        (date(2023, 8, 1), 2022),
        (date(2022, 9, 30), 2021),
        (date(2022, 10, 1), 2022),
        (date(2023, 1, 1), 2022),
        (date(2023, 10, 1), 2023),
    ],
)
def test_the_last_completed_income_year(as_of: date, year: int) -> None:
    assert IncomeYear.last_completed(as_of) == IncomeYear(year)


@given(days)
def test_every_day_lies_in_exactly_one_income_year(day: date) -> None:
    year = IncomeYear.of(day)
    assert day in year
    assert day not in year.previous
    assert year.previous.ends + timedelta(days=1) == year.starts
    assert IncomeYear.last_completed(day) == year.previous


@pytest.mark.parametrize(
    "text", ["2023-07", "202307", "2023.7", "2023年7月", "２０２３年７月", 202307, date(2023, 7, 31)]
)
def test_a_month_is_read_in_every_common_shape(text: str | int | date) -> None:
    assert str(Month(text)) == "2023-07"


@pytest.mark.parametrize("text", ["", "2023", "2023-13", "2023-00", "七月"])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="不是月份"):
        Month(text)


@given(days, st.integers(-400, 400))
def test_month_arithmetic_is_reversible_and_ordered(day: date, months: int) -> None:
    month = Month(day)
    assert (month + months) - months == month
    assert months_between(month, month + months) == months
    assert month.first_day <= day <= month.last_day


@pytest.mark.parametrize(
    ("earlier", "later", "months"),
    [
        (date(2023, 1, 31), date(2023, 2, 28), 1),
        (date(2023, 1, 31), date(2023, 2, 27), 0),
        (date(2023, 1, 15), date(2023, 7, 14), 5),
        (date(2023, 1, 15), date(2023, 7, 15), 6),
        (date(2023, 7, 15), date(2023, 1, 15), -6),
    ],
)
def test_whole_months_between_days(earlier: date, later: date, months: int) -> None:
    assert months_between(earlier, later) == months


@given(days, days)
def test_age_grows_on_the_birthday(birth: date, day: date) -> None:
    age = age_on(birth, day)
    assert abs(day.year - birth.year - age) <= 1
    assert age_on(birth, birth) == 0


def test_born_on_29_february() -> None:
    assert age_on(date(2008, 2, 29), date(2023, 2, 28)) == 14
    assert age_on(date(2008, 2, 29), date(2023, 3, 1)) == 15
