"""Code lists: every spelling means one member, several joined ones are taken apart."""

import pytest

from doudi.standards import codes
from doudi.standards.codes import CODE_LISTS, HealthCondition, RiskType


@pytest.mark.parametrize("name", CODE_LISTS)
def test_every_spelling_in_a_list_means_one_member(name: str) -> None:
    for member in CODE_LISTS[name]:
        for spelling in (member.value, member.label, member.label_en, *member.aliases):
            assert codes.find(name, spelling) is member
            assert codes.find(name, f" {spelling}　") is member


@pytest.mark.parametrize("name", CODE_LISTS)
def test_a_member_is_its_identifier(name: str) -> None:
    assert all(member == member.value == str(member) for member in CODE_LISTS[name])


@pytest.mark.parametrize(
    ("name", "text", "identifier"),
    [
        ("household_type", "脱贫户", "alleviated"),
        ("monitor_type", "边缘易致贫户", "marginal"),
        ("relation", "之外孙女", "daughters_daughter"),
        ("student_status", "初三", "grade_9"),
        ("disability_grade", "２级", "2"),
        ("risk_type", "因 病", "illness"),
        ("person_status", "在册", "active"),
        ("housing_grade", "c级", "C"),
    ],
)
def test_labels_and_aliases_are_found(name: str, text: str, identifier: str) -> None:
    assert codes.find(name, text) == identifier


def test_an_unknown_text_means_nothing() -> None:
    assert codes.find("risk_type", "外星人") is None


def test_several_joined_codes() -> None:
    members, unknown = HealthCondition.several_named("长期慢性病、残疾;慢性病 ？")
    assert members == (HealthCondition.CHRONIC_DISEASE, HealthCondition.DISABLED)
    assert unknown == ("？",)
    assert RiskType.several_named("") == ((), ())


def test_spellings_translate_whole_columns() -> None:
    assert RiskType.spellings()[codes.folded("因病")] == "illness"
