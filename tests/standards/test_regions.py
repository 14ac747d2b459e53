"""Region codes: levels, ancestry, names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doudi.standards.regions import RegionCode, RegionLevel, RegionTree, parse_region_code

codes = st.builds(
    lambda parts, depth: RegionCode("".join(parts)[: (2, 4, 6, 9, 12)[depth]]),
    st.tuples(
        st.integers(10, 99).map(str),
        st.integers(1, 99).map("{:02d}".format),
        st.integers(1, 99).map("{:02d}".format),
        st.integers(1, 999).map("{:03d}".format),
        st.integers(1, 999).map("{:03d}".format),
    ),
    st.integers(0, 4),
)


@given(codes)
def test_a_region_is_covered_by_itself_and_all_above(code: RegionCode) -> None:
    assert code.covers(code)
    assert all(above.covers(code) and not code.covers(above) for above in code.ancestors)
    assert code.ancestors[-1].level is RegionLevel.COUNTRY


@given(codes, codes, codes)
def test_covering_passes_down(a: RegionCode, b: RegionCode, c: RegionCode) -> None:
    if a.covers(b) and b.covers(c):
        assert a.covers(c)


@given(codes, codes)
def test_covering_is_the_same_as_being_an_ancestor(a: RegionCode, b: RegionCode) -> None:
    assert a.covers(b) == (a in (b, *b.ancestors))


@given(codes)
def test_ancestors_are_the_chain_of_parents(code: RegionCode) -> None:
    assert code.parent == code.ancestors[0]
    assert [above.level for above in reversed(code.ancestors)] == list(RegionLevel)[: len(code.ancestors)]
    assert RegionCode(code.prefix) == code


def test_levels_and_prefix() -> None:
    village = RegionCode("149901001002")
    assert [str(village.at(level)) for level in list(RegionLevel)[1:]] == [
        "140000000000",
        "149900000000",
        "149901000000",
        "149901001000",
        "149901001002",
    ]
    assert village.at(RegionLevel.TOWNSHIP) == "149901001"[:9] + "000"
    assert RegionCode("14").at(RegionLevel.COUNTY) is None
    assert RegionCode("149901").prefix == "149901"


def test_a_township_right_below_its_city_has_the_city_as_parent() -> None:
    assert RegionCode("149900003000").parent == RegionCode("1499")


@pytest.mark.parametrize("text", ["", "1", "14990", "14990100100", "1499010010021", "甲4", "１４"])
def test_what_is_no_code_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="行政区划代码不对"):
        RegionCode(text)


@pytest.mark.parametrize(
    "text", [" 149901001002 ", "'149901001002", "１４９９０１００１００２", "149901001002.0", 149901001002]
)
def test_codes_are_read_as_sheets_hold_them(text: str | int) -> None:
    assert parse_region_code(text) == "149901001002"


@pytest.fixture
def tree() -> RegionTree:
    return RegionTree(
        [
            ("149901", "示例县"),
            ("149901001", "示例甲乡"),
            ("149901002", "示例乙镇"),
            ("149901001001", "演示一村"),
            ("149901001002", "演示二村"),
            ("149901002001", "演示一村"),
            ("149901002002", "样板村村民委员会"),
        ]
    )


def test_a_name_is_found_inside_its_parent(tree: RegionTree) -> None:
    assert tree.find("演示一村", within="149901001") == "149901001001"
    assert tree.find("演示一", within="149901002") == "149901002001"
    assert tree.find_path("示例县", "示例乙镇", "样板") == "149901002002"
    assert tree.find_path("", "示例甲", "演示二村委会") == "149901001002"


def test_a_name_that_means_several_regions_means_none(tree: RegionTree) -> None:
    assert tree.find("演示一村") is None
    assert tree.find("没有的村") is None


def test_children_and_full_names(tree: RegionTree) -> None:
    assert tree.children("149901") == ("149901001000", "149901002000")
    assert tree.children("000000000000") == ("149901000000",)
    assert tree.full_name("149901001001") == "示例县示例甲乡演示一村"
