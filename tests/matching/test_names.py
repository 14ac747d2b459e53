"""Names that are the same person's, and names that are not."""

from pathlib import Path

import pyarrow as pa
import pytest

from doudi.matching.model import load_model
from doudi.matching.names import NameReader

READER = NameReader(load_model(Path(__file__).parents[2] / "rules").names)


def _forms(one: str, other: str) -> tuple[dict[str, str | None], dict[str, str | None]]:
    names = READER.read(pa.array([one, other]))
    columns = {"plain": names.plain, "look": names.look, "sound": names.sound, "order": names.order}
    first, second = ({name: column.to_pylist()[at] for name, column in columns.items()} for at in (0, 1))
    return first, second


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("劉廣華", "刘广华"),
        ("买买提·艾力", "买买提艾力"),
        ("买买提•艾力", "买买提．艾力"),
        ("王　强", " 王强 "),
        ("王 强", "王强"),
    ],
)
def test_the_same_name(one: str, other: str) -> None:
    first, second = _forms(one, other)
    assert first["plain"] == second["plain"]


@pytest.mark.parametrize(("one", "other"), [("萧建军", "肖建军"), ("闫志", "阎志"), ("付永", "傅永"), ("陈戌", "陈戍")])
def test_the_same_but_for_look_alikes(one: str, other: str) -> None:
    first, second = _forms(one, other)
    assert first["plain"] != second["plain"]
    assert first["look"] == second["look"]


@pytest.mark.parametrize(("one", "other"), [("王佳怡", "王嘉仪"), ("陈静", "陈敬"), ("林芳", "凌方"), ("张珊", "臧山")])
def test_the_same_sound(one: str, other: str) -> None:
    first, second = _forms(one, other)
    assert first["look"] != second["look"]
    assert first["sound"] == second["sound"]


def test_different_names_have_nothing_in_common() -> None:
    first, second = _forms("王建军", "李秀英")
    assert not set(first.values()) & set(second.values())


def test_words_that_are_no_names_are_nobody() -> None:
    names = READER.read(pa.array(["不详", "", None, "无"]))
    assert names.plain.to_pylist() == [None] * 4
    assert names.sound.to_pylist() == [None] * 4


def test_two_characters_are_never_near() -> None:
    names = READER.read(pa.array(["王强", "王建军"]))
    assert [column.to_pylist() for column in names.without] == [
        [None, "建军"],
        [None, "王军"],
        [None, "王建"],
        [None, None],
    ]
