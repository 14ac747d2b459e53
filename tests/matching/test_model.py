"""The matching model is data: mistakes in it are told by file, line and remedy; links are kept with its version."""

import shutil
from pathlib import Path

import pytest

from doudi.matching.model import LEVELS, load_model
from doudi.rulebook.document import RulebookError

RULES = Path(__file__).parents[2] / "rules"


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    shutil.copytree(RULES / "matching", tmp_path / "matching")
    return tmp_path


def _changed(rules: Path, name: str, old: str, new: str) -> None:
    path = rules / "matching" / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_every_level_has_a_title_in_both_languages_and_points_the_right_way() -> None:
    model = load_model(RULES)
    for field, levels in LEVELS.items():
        weights = [model.fields[field].level(level).weight for level in levels]
        assert weights[0] == max(weights) > 0 > weights[-1]
        assert all(model.title(field, level) and model.fields[field].level(level).title_en for level in levels)


def test_the_version_names_both_files(rules: Path) -> None:
    before = load_model(rules).version
    _changed(rules, "names.yaml", "version: 1", "version: 7")
    assert load_model(rules).version != before


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("persons.yaml", "m: 0.985, u: 0.5", "m: 0.885, u: 0.5", "sex 各级的 m 之和是0.9000；应为1"),
        (
            "persons.yaml",
            "id: maiden,",
            "id: elsewhere,",
            "home 应依次有 household、head_village、head、village、maiden",
        ),
        ("persons.yaml", "sure: 0.999 ", "sure: 0.3 ", "直接对上的概率不能低于交人判断的概率"),
        ("persons.yaml", "margin: 10.0", "margin: -1.0", "margin"),
        ("persons.yaml", "lunar_days", "lunar_day", "lunar_day"),
        ("names.yaml", "  - 萧肖", "  - 萧肖\n  - 肖消", "形近字“肖”写在了两组里"),
    ],
)
def test_mistakes_are_told(rules: Path, name: str, old: str, new: str, told: str) -> None:
    _changed(rules, name, old, new)
    with pytest.raises(RulebookError) as caught:
        load_model(rules)
    assert told in str(caught.value)
    assert f"matching/{name}:" in str(caught.value)


def test_the_more_persons_the_less_one_of_them_is_meant() -> None:
    weights = load_model(RULES)
    assert weights.prior_weight(1_000_000) < weights.prior_weight(1_000) < 0
