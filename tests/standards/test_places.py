"""Texts of work places: read as far as they surely tell, and no further."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doudi.standards.codes import WorkArea
from doudi.standards.gazetteer import current_names, entries, name_of
from doudi.standards.places import Place, PlaceFinder, possible_areas, work_area
from doudi.standards.regions import RegionCode, RegionLevel

HOME = RegionCode("149901002003")
REGIONS = (
    ("140000000000", "示例省"),
    ("149900000000", "演示市"),
    ("149901000000", "兜底示例县"),
    ("149901001000", "示例甲镇"),
    ("149901001001", "例如上庄村"),
    ("149901002000", "演示乙乡"),
    ("149901002003", "假设庄村"),
)
FINDER = PlaceFinder(REGIONS)
COUNTRY = PlaceFinder()
COUNTIES = sorted(
    (code, name) for code, name in current_names().items() if RegionCode(code).level is RegionLevel.COUNTY
)
LISTED = Path(__file__).with_name("work_places.csv")


def listed() -> list[tuple[str, str]]:
    with LISTED.open(encoding="utf-8", newline="") as file:
        return [(row["text"], row["means"]) for row in csv.DictReader(file)]


def test_the_list_of_texts_is_read_without_a_wrong_place_and_with_few_missed() -> None:
    wrong, missed = [], []
    for text, means in listed():
        code = COUNTRY.find(text).code
        found = name_of(code) if code is not None else ""
        if found and found != means:
            wrong.append((text, found))
        elif found != means:
            missed.append(text)
    assert wrong == []
    assert len(missed) <= len(listed()) * 0.02, missed


@given(st.sampled_from(COUNTIES), st.sampled_from(("", "某某街道1号", "XX电子厂", "工业园区")))
def test_a_county_written_out_in_full_is_that_county(county: tuple[str, str], behind: str) -> None:
    code, _name = county
    assert COUNTRY.find(name_of(code) + behind).code == code


def test_of_two_codes_of_one_place_the_one_in_force_is_given() -> None:
    assert COUNTRY.find("湖北省神农架林区").code == "429021000000"
    assert COUNTRY.find("湖北省随州市").code == "421300000000"


@pytest.mark.parametrize("text", ["于都县", "于都县工业园区", "在于都县", "务工地点：于都县"])
def test_a_name_that_begins_like_a_preposition_is_a_name(text: str) -> None:
    assert COUNTRY.find(text).code == "360731000000"


@given(st.sampled_from(COUNTIES))
def test_a_county_named_alone_is_found_or_told_to_be_one_of_several(county: tuple[str, str]) -> None:
    code, name = county
    place = COUNTRY.find(name)
    same = {one for one, other in COUNTIES if other == name}
    if len(same) == 1 and len(name) > 2:
        assert place.code is not None
        assert place.code.covers(code) or RegionCode(code).covers(place.code) or not place.ambiguous
    if len(same) > 1 and len({one[:2] for one in same}) > 1:
        assert place.code is None
        assert {str(one) for one in place.codes} >= same


@given(st.text(max_size=30))
def test_whatever_is_written_is_read_without_failing(text: str) -> None:
    place = FINDER.find(text)
    assert possible_areas(place, HOME) <= frozenset(WorkArea)


@given(st.sampled_from(COUNTIES), st.sampled_from(COUNTIES))
def test_the_distance_is_what_the_codes_say(place: tuple[str, str], home: tuple[str, str]) -> None:
    area = work_area(Place((RegionCode(place[0]),)), RegionCode(home[0]))
    if place[0][:2] != home[0][:2]:
        assert area is WorkArea.OTHER_PROVINCE or place[0][:2] in ("71", "81", "82")
    elif place[0] == home[0]:
        assert area is None
    else:
        assert area in (WorkArea.CITY, WorkArea.PROVINCE)


@pytest.mark.parametrize(
    ("text", "area"),
    [
        ("示例甲镇", "county"),
        ("演示乙乡", "township"),
        ("假设庄村", "township"),
        ("兜底示例县示例甲镇例如上庄村", "county"),
        ("演示市兜底示例县县城", "county"),
        ("县城", "county"),
        ("本乡", "township"),
        ("家门口", "township"),
        ("太原市小店区", "province"),
        ("示例省", None),
        ("演示市", None),
        ("本县", None),
        ("鼓楼区", "other_province"),
        ("城区", None),
        ("内蒙古", "other_province"),
        ("省外", "other_province"),
        ("市内县外", "city"),
        ("日本", "abroad"),
        ("韩国首尔", "abroad"),
        ("蒙古国", "abroad"),
        ("香港", "abroad"),
        ("台湾台北", "abroad"),
        ("境外", "abroad"),
        ("", None),
        ("不详", None),
    ],
)
def test_how_far_from_home(text: str, area: str | None) -> None:
    """Several regions of one name may all lie equally far: then the distance is told, the place is not."""
    assert work_area(FINDER.find(text), HOME) == area


def test_in_a_city_that_is_a_province_the_next_county_is_in_the_city() -> None:
    assert work_area(COUNTRY.find("北京朝阳"), RegionCode("110108001001")) is WorkArea.CITY
    assert work_area(COUNTRY.find("湖北仙桃"), RegionCode("429005001001")) is WorkArea.PROVINCE


def test_old_names_lead_to_what_stands_there_now() -> None:
    gone = COUNTRY.find("山东省莱芜市")
    assert gone.code == "370116000000"
    assert any(one.name == "莱芜市" and not one.current for one in entries())


def test_a_name_of_several_provinces_needs_the_province() -> None:
    assert COUNTRY.find("通州区").ambiguous
    assert COUNTRY.find("通州区").code is None
    assert COUNTRY.find("江苏通州区").code == "320612000000"
    assert COUNTRY.find("江苏鼓楼区").code == "320000000000"
