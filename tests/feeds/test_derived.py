"""What is known of ids, certificates and phones without keeping them, and worked out again after a correction."""

from datetime import date

import pytest

from doudi.feeds.recomputing import recomputed
from doudi.feeds.registry import assemble
from doudi.feeds.sheet import read_sheet
from doudi.standards.pseudonym import Pseudonymiser
from doudi.standards.resident_id import check_character

HIDDEN = Pseudonymiser.from_secret("a secret for tests")
FIRST17 = "14990119660312451"
ID = FIRST17 + check_character(FIRST17)
WRONG = FIRST17 + ("0" if ID[-1] != "0" else "1")
OLD = "149901660312451"


@pytest.fixture
def person_contract(contracts):
    return contracts["registry_person"]


def keyed(contract, *rows):
    header = ["户编号", "姓名", "证件号码", "残疾证号", "联系电话", "与户主关系"]
    text = "\n".join(",".join(row) for row in (header, *rows))
    reading = read_sheet(text.encode(), contract=contract, file_name="人口信息.csv")
    return assemble([reading]).keyed(HIDDEN)["person"].to_pylist()


@pytest.mark.parametrize(
    ("written", "form"),
    [
        (ID, "sound"),
        (ID.lower(), "sound"),
        (OLD, "old15"),
        (WRONG, "checksum"),
        (ID[:-1], "length"),
        (ID.replace("1966", "196O"), "characters"),
        ("149901196613024513", "birth_date"),
        ("999999199001010010", "placeholder"),
        ("", "missing"),
        ("不详", "missing"),
    ],
)
def test_how_an_id_is_written_is_kept_without_the_id(person_contract, written, form):
    (row,) = keyed(person_contract, ["1", "王小明", written, "", "", "户主"])
    assert row["id_form"] == form
    assert "resident_id" not in row


def test_birth_date_sex_and_area_of_a_sound_id(person_contract):
    (row,) = keyed(person_contract, ["1", "王小明", ID, ID + "42", "13800000000", "户主"])
    assert (row["id_birth_date"], row["id_sex"], row["id_area"]) == (date(1966, 3, 12), "male", "149901")
    assert (row["certificate_form"], row["certificate_kind"], row["certificate_grade"]) == ("sound", "limb", "2")
    assert row["certificate_of_id"] is True


def test_nothing_is_said_of_an_id_that_cannot_be_used(person_contract):
    (row,) = keyed(person_contract, ["1", "王小明", WRONG, "12345", "12", "户主"])
    assert {row[name] for name in ("id_birth_date", "id_sex", "id_area", "phone_key", "certificate_of_id")} == {None}
    assert (row["certificate_form"], row["phone_form"]) == ("unsound", "unsound")


def test_the_same_phone_has_the_same_key(person_contract):
    one, two, other = keyed(
        person_contract,
        ["1", "王小明", "", "", "13800000000", "户主"],
        ["2", "李小红", "", "", "138-0000-0000", "户主"],
        ["3", "张小军", "", "", "13900000000", "户主"],
    )
    assert one["phone_key"] == two["phone_key"] != other["phone_key"]
    assert "phone" not in one


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("王小明", "sound"),
        ("古丽·买买提", "sound"),
        ("王小明2", "digits"),
        ("Wang明", "characters"),
        ("王", "short"),
    ],
)
def test_how_a_name_is_written(person_contract, name, form):
    (row,) = keyed(person_contract, ["1", name, ID, "", "", "户主"])
    assert row["name_form"] == form


def test_a_sheet_without_phones_says_nothing_of_phones(person_contract):
    reading = read_sheet("户编号,姓名\n1,王小明".encode(), contract=person_contract, file_name="人口信息.csv")
    (row,) = assemble([reading]).keyed(HIDDEN)["person"].to_pylist()
    assert (row["phone_form"], row["id_form"]) == (None, None)


def test_a_corrected_id_gives_what_reading_it_would_have_given(person_contract):
    (read,) = keyed(person_contract, ["1", "王小明", ID, ID + "42", "", "户主"])
    cells = {"household_no": "1", "name": "王小明", "resident_id": ID, "disability_certificate": ID + "42"}
    found = recomputed("person", {"resident_id"}, cells, pseudonymiser=HIDDEN)
    assert found == {name: read[name] for name in found}
    assert set(found) == {"person_key", "id_form", "id_birth_date", "id_sex", "id_area", "certificate_of_id"}


def test_a_correction_says_nothing_of_cells_that_it_did_not_touch():
    cells = {"name": "王小明", "phone": "13800000000"}
    found = recomputed("person", {"phone", "work_months"}, cells, pseudonymiser=HIDDEN)
    assert set(found) == {"phone_form", "phone_key"}
    assert recomputed("income", {"wage_income"}, {}, pseudonymiser=HIDDEN) == {}


def test_a_corrected_region_code_is_looked_up():
    codes = {"149901101201"}
    for code, form in (("149901101201", "known"), ("149901101299", "unknown"), (None, "missing")):
        cells = {"region_code": code}
        found = recomputed("household", {"region_code"}, cells, pseudonymiser=HIDDEN, known_regions=codes)
        assert found == {"region_form": form}
