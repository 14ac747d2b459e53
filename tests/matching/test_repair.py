"""What an unsound id may have meant: the id behind any single slip is among the candidates, and they stay few."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doudi.matching.repair import meant_ids, readable_birth
from doudi.standards.resident_id import check, check_character

ON = date(2023, 8, 1)
MOST = 200
SOUND = "14990119900307001" + check_character("14990119900307001")


@st.composite
def sound_ids(draw: st.DrawFn) -> str:
    born = draw(st.dates(date(1920, 1, 1), date(2023, 7, 31)))
    first17 = f"{draw(st.integers(110101, 659004))}{born:%Y%m%d}{draw(st.integers(1, 998)):03d}"
    return first17 + check_character(first17)


@given(sound_ids(), st.integers(0, 17), st.sampled_from("0123456789X"))
def test_one_character_replaced(number: str, at: int, other: str) -> None:
    if other == "X" and at < 17:
        other = "7"
    written = number[:at] + other + number[at + 1 :]
    if written == number:
        assert meant_ids(written, most=MOST, on=ON) == {}
        return
    assert not check(written, on=ON).ok, "a single slip is never sound"
    found = meant_ids(written, most=MOST, on=ON)
    assert number in found
    assert len(found) <= 40


@given(sound_ids(), st.integers(0, 15))
def test_neighbours_swapped(number: str, at: int) -> None:
    written = number[:at] + number[at + 1] + number[at] + number[at + 2 :]
    assert (number in meant_ids(written, most=MOST, on=ON)) == (written != number)


@given(sound_ids(), st.integers(0, 17))
def test_one_left_out(number: str, at: int) -> None:
    assert number in meant_ids(number[:at] + number[at + 1 :], most=MOST, on=ON)


@given(sound_ids(), st.integers(0, 17), st.sampled_from("0123456789"))
def test_one_too_many(number: str, at: int, extra: str) -> None:
    assert number in meant_ids(number[:at] + extra + number[at:], most=MOST, on=ON)


@given(sound_ids())
def test_last_digits_lost_by_a_spreadsheet(number: str) -> None:
    if check(number[:15] + "000", on=ON).ok:
        return
    found = meant_ids(number[:15] + "000", most=MOST, on=ON)
    assert number in found
    assert len(found) <= MOST


@pytest.mark.parametrize(
    ("written", "slip"),
    [
        (SOUND.replace("0", "O"), "字母或符号应为数字"),
        (SOUND.replace("1", "l", 1), "字母或符号应为数字"),
        (SOUND[:-1], "少写了最后一位"),
        (SOUND[:-2] + "**", "有几位用星号遮住"),
        (SOUND[:10] + SOUND[11] + SOUND[10] + SOUND[12:], "第11、12位颠倒"),
    ],
)
def test_the_slip_is_named(written: str, slip: str) -> None:
    assert meant_ids(written, most=MOST, on=ON)[SOUND] == slip


@pytest.mark.parametrize("written", [None, "", "无", "999999199003070012", SOUND, "1.49901E+17", "12345", "身份证丢失"])
def test_nothing_is_made_of_nothing(written: str | None) -> None:
    assert meant_ids(written, most=MOST, on=ON) == {}


def test_more_ids_than_allowed_are_no_choice() -> None:
    assert meant_ids(SOUND[:15] + "000", most=20, on=ON) == {}


def test_nobody_is_meant_who_was_not_born_by_then() -> None:
    found = meant_ids(SOUND[:6] + "20230900" + SOUND[14:], most=MOST, on=ON)
    assert all(one[6:14] <= "20230801" for one in found)


def test_an_old_number_has_other_candidates_since_nothing_proves_it() -> None:
    first17 = "14990119550604012"
    meant = first17 + check_character(first17)
    assert meant in meant_ids("149901550604013", most=MOST, on=ON)


def test_the_birth_date_is_read_from_a_damaged_number() -> None:
    assert readable_birth(SOUND[:14] + "****", on=ON) == date(1990, 3, 7)
    assert readable_birth("14990l1990O3070", on=ON) == date(1990, 3, 7)
    assert readable_birth("1499011990130700", on=ON) is None
