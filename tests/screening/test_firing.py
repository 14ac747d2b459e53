"""Rules held against a county: what never fires, always fires or makes no difference is named with file and line."""

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from doudi.feeds.snapshot import list_snapshots
from doudi.rulebook import build_rulebook, load_rulebook
from doudi.screening.firing import check_on_county
from doudi.screening.inputs import RegistryTables
from doudi.synth.snapshots import write_snapshots

RULES = Path(__file__).parents[2] / "rules"
AS_OF = date(2023, 8, 1)
LINE = "screening/income.under_line_not_enrolled.yaml"
BILLS = "screening/medical.self_paid_high.yaml"


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("firing") / "county"
    write_snapshots(households=400, seed=3, out=folder, rules_root=RULES, as_of=AS_OF)
    return folder


def told(county: Path, changes: Mapping[str, tuple[str, str]], *, without: str = "") -> list[tuple[str, int, str, str]]:
    """What is said of the files changed, with parts of files replaced; `without`: a feed that the county lacks."""
    texts = dict(load_rulebook(RULES).texts)
    for path, (old, new) in changes.items():
        assert len(re.findall(old, texts[path])) == 1
        texts[path] = re.sub(old, new, texts[path])
    found = check_on_county(
        build_rulebook(texts),
        registry=RegistryTables.from_folder(county / "registry"),
        snapshots=[one for one in list_snapshots(county / "snapshots") if one.feed != without],
        as_of=AS_OF,
        rules=[Path(path).stem for path in (LINE, BILLS)],
    )
    assert all(one.severity == "warning" and one.line >= 1 and one.remedy for one in found)
    shown = [(one.file.removeprefix("rules/"), one.line, one.code, one.message) for one in found]
    return [one for one in shown if one[0] in changes or one[0] in (LINE, BILLS)]


def test_rules_that_fire_and_make_a_difference_are_not_doubted(county: Path) -> None:
    assert told(county, {}) == []


def test_a_condition_that_nobody_meets_is_named_with_the_part_to_blame(county: Path) -> None:
    ((file, line, code, message),) = told(
        county, {LINE: (r"when: .* AND", "when: per_capita_income_last_year < 1 AND")}
    )
    assert (file, line, code) == (LINE, 15, "never_fires")
    assert "per_capita_income_last_year < 1 总是不成立" in message


def test_a_condition_that_everybody_meets_is_named(county: Path) -> None:
    change = (r"when: .*", "when: per_capita_income_last_year >= 0 OR is_monitored OR monitoring_line > 0")
    ((file, line, code, message),) = told(county, {LINE: change})
    assert (file, line, code) == (LINE, 15, "constant")
    assert message == "条件在全县总是成立"


def test_a_part_that_makes_no_difference_is_named(county: Path) -> None:
    change = (r"when: (.*) AND", r"when: \1 AND per_capita_income_last_year > -999999 AND")
    ((file, _line, code, message),) = told(county, {LINE: change})
    assert (file, code) == (LINE, "constant")
    assert (
        "per_capita_income_last_year > -999999 总是成立" in message
        or "per_capita_income_last_year > (-999999)" in message
    )


@pytest.mark.parametrize(
    ("escalation", "said"),
    [
        (
            "medical_self_paid_12m > self_paid_red * 999999 OR medical_self_paid_12m > monitoring_line * 999999",
            "没有一条升级",
        ),
        (
            "medical_self_paid_12m > self_paid_red / 9999 OR medical_self_paid_12m > monitoring_line / 9999",
            "每一条都升级",
        ),
    ],
)
def test_an_escalation_that_never_or_always_comes_is_named(county: Path, escalation: str, said: str) -> None:
    change = (r"  when: medical_self_paid_12m > self_paid_red .*", f"  when: {escalation}")
    ((file, line, code, message),) = told(county, {BILLS: change})
    assert (file, line, code) == (BILLS, 8, "escalate")
    assert message.endswith(said)


def test_a_fact_that_is_the_same_for_everybody_is_named(county: Path) -> None:
    fact = "facts/member_count.yaml"
    found = told(county, {fact: (r"expression: .*", "expression: COUNT(*) - COUNT(*)")})
    assert (fact, 7, "constant", "在全县总是 0.0") in found


def test_a_rule_whose_data_the_county_lacks_is_said_to_be_untried(county: Path) -> None:
    ((file, line, code, message),) = told(county, {}, without="medical_settlement")
    assert (file, line, code) == (BILLS, 16, "no_data")
    assert "medical_settlement" in message
