"""Every example in every check's file, one test each, with the repairs they name."""

from pathlib import Path

import pytest

from doudi.rulebook import build_rulebook, load_rulebook
from doudi.screening.cases import CaseResult
from doudi.screening.cleaning.cases import run_check_cases
from doudi.standards.codes import CODE_LISTS

RULEBOOK = load_rulebook(Path(__file__).parents[3] / "rules")
RESULTS = run_check_cases(RULEBOOK)


@pytest.mark.parametrize("result", RESULTS, ids=[f"{one.rule_id}-{one.case.name}" for one in RESULTS])
def test_an_example_comes_to_what_the_check_says(result: CaseResult) -> None:
    assert result.passed, result.problem


def test_no_check_is_without_examples_and_no_topic_without_checks() -> None:
    assert {one.rule_id for one in RESULTS} == set(RULEBOOK.checks)
    assert {check.topic for check in RULEBOOK.checks.values()} == set(CODE_LISTS["check_topic"])


def test_every_repair_is_held_by_an_example() -> None:
    tried = {one.rule_id for one in RESULTS if one.case.tells_repair}  # type: ignore[attr-defined]
    assert tried == {check.id for check in RULEBOOK.checks.values() if check.repair is not None}


def test_a_wrong_repair_in_an_example_is_named_with_file_and_line() -> None:
    name = "checks/identity.sex_against_id.yaml"
    texts = dict(RULEBOOK.texts)
    texts[name] = texts[name].replace("repaired: female", "repaired: male")
    (failed,) = [
        one for one in run_check_cases(build_rulebook(texts), checks=["identity.sex_against_id"]) if not one.passed
    ]
    line = next(number for number, text in enumerate(texts[name].splitlines(), 1) if "repaired: male" in text)
    assert failed.problem.startswith(f"rules/{name}:{line}: ")
    assert "应建议改为male，结果建议改为female" in failed.problem
