"""Resident ids: what is repaired, what is refused, and with which sentence."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doudi.standards import resident_id as ids
from doudi.standards.codes import DisabilityKind, Sex
from doudi.standards.resident_id import IdProblem, ResidentIdError

DAY = date(2023, 8, 1)
FULL_WIDTH = str.maketrans("0123456789Xx", "０１２３４５６７８９Ｘｘ")


def make_id(area: str = "149901", born: date = date(1980, 1, 1), order: int = 17) -> str:
    first17 = f"{area}{born:%Y%m%d}{order:03d}"
    return first17 + ids.check_character(first17)


valid_ids = st.builds(
    make_id,
    area=st.integers(110000, 659999).map(str),
    born=st.dates(date(1900, 1, 1), DAY),
    order=st.integers(0, 999),
)


@given(valid_ids)
def test_a_valid_id_is_accepted_whatever_its_area(id18: str) -> None:
    assert ids.check(id18, on=DAY) == ids.IdCheck(id18)


@given(
    valid_ids,
    st.sampled_from(["{}", " {} ", "'{}", "\t{}\n", "‘{}’", '"{}"', "{}\u200b"]),
    st.booleans(),
    st.booleans(),
)
def test_width_case_blanks_and_quotes_do_not_matter(id18: str, frame: str, wide: bool, small: bool) -> None:
    written = frame.format(id18.translate(FULL_WIDTH) if wide else id18)
    assert ids.normalise(written.lower() if small else written) == id18


@given(valid_ids, st.integers(0, 9))
def test_blanks_inside_do_not_matter(id18: str, at: int) -> None:
    assert ids.normalise(f"{id18[:at]} {id18[at:]}") == id18


@given(valid_ids, st.integers(0, 17), st.integers(1, 9))
def test_one_changed_digit_is_refused(id18: str, place: int, step: int) -> None:
    digit = 0 if id18[place] == "X" else int(id18[place])
    changed = str((digit + step) % 10)
    assert not ids.check(id18[:place] + changed + id18[place + 1 :], on=DAY).ok


@given(valid_ids, st.integers(0, 15))
def test_two_neighbouring_digits_swapped_are_refused(id18: str, place: int) -> None:
    swapped = id18[:place] + id18[place + 1] + id18[place] + id18[place + 2 :]
    assert swapped == id18 or not ids.check(swapped, on=DAY).ok


@given(st.dates(date(1911, 1, 1), date(1999, 12, 31)), st.integers(0, 995))
def test_an_old_15_digit_number_becomes_the_18_digit_one(born: date, order: int) -> None:
    id18 = make_id(born=born, order=order)
    assert ids.normalise(id18[:6] + id18[8:17]) == id18


@given(valid_ids)
def test_birth_date_and_sex_are_read_from_the_number(id18: str) -> None:
    assert f"{ids.birth_date(id18):%Y%m%d}" == id18[6:14]
    assert ids.sex(id18) is (Sex.MALE if id18[16] in "13579" else Sex.FEMALE)


@given(st.text(max_size=30))
def test_no_text_whatever_raises(text: str) -> None:
    checked = ids.check(text, on=DAY)
    assert checked.ok == (checked.message == "")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", IdProblem.LENGTH),
        ("14990119800101001", IdProblem.LENGTH),
        ("1499011980010100171", IdProblem.LENGTH),
        ("1.49901198001010E+17", IdProblem.CHARACTERS),
        ("14990119800101OO17", IdProblem.CHARACTERS),
        ("X49901198001010017", IdProblem.CHARACTERS),
        ("149901198013010017", IdProblem.BIRTH_DATE),
        ("149901198002300017", IdProblem.BIRTH_DATE),
        (make_id(born=date(2023, 8, 2)), IdProblem.BIRTH_DATE),
        (make_id()[:-1] + "0", IdProblem.CHECKSUM),
        ("999999198001010017", IdProblem.PLACEHOLDER),
        ("000000000000000000", IdProblem.PLACEHOLDER),
        ("无", IdProblem.PLACEHOLDER),
    ],
)
def test_what_is_wrong_is_named(text: str, problem: IdProblem) -> None:
    checked = ids.check(text, on=DAY)
    assert checked.problem is problem
    assert "身份证" in checked.message


def test_a_number_cell_read_as_text_keeps_its_digits() -> None:
    assert ids.normalise("149901800101001.0") == make_id(order=1)


def test_a_wrong_number_raises_with_code_and_sentence() -> None:
    with pytest.raises(ResidentIdError) as refused:
        ids.parse("123")
    assert refused.value.code == "length"
    assert "18位" in refused.value.message


@pytest.mark.parametrize(("ending", "grade", "reissued"), [("42", 2, 0), ("41B1", 1, 1)])
def test_a_disability_certificate_tells_kind_and_grade(ending: str, grade: int, reissued: int) -> None:
    parts = ids.certificate_parts(f" {make_id().lower()}{ending}")
    assert parts == ids.CertificateParts(make_id(), DisabilityKind.LIMB, grade, reissued)


@pytest.mark.parametrize(
    ("text", "code"),
    [(make_id(), "length"), (make_id() + "85", "characters"), (make_id()[:-1] + "042", "checksum")],
)
def test_a_wrong_certificate_is_refused(text: str, code: str) -> None:
    with pytest.raises(ResidentIdError) as refused:
        ids.certificate_parts(text)
    assert refused.value.code == code
