"""Every example in every rule's file, one test each."""

from pathlib import Path

import pytest

from doudi.rulebook import build_rulebook, load_rulebook
from doudi.screening.cases import CaseResult, run_cases

RULEBOOK = load_rulebook(Path(__file__).parents[2] / "rules")
RESULTS = run_cases(RULEBOOK)


@pytest.mark.parametrize("result", RESULTS, ids=[f"{one.rule_id}-{one.case.name}" for one in RESULTS])
def test_an_example_comes_to_what_the_rule_says(result: CaseResult) -> None:
    assert result.passed, result.problem


def test_no_rule_is_without_examples() -> None:
    assert {one.rule_id for one in RESULTS} == set(RULEBOOK.rules)


def test_a_wrong_example_is_named_with_file_and_line() -> None:
    name = "screening/income.under_line_not_enrolled.yaml"
    texts = dict(RULEBOOK.texts)
    texts[name] = texts[name].replace("per_capita_income_last_year: 7100", "per_capita_income_last_year: 7098")
    (failed,) = [one for one in run_cases(build_rulebook(texts)) if not one.passed]
    line = next(number for number, text in enumerate(texts[name].splitlines(), 1) if "正好等于监测线" in text)
    assert failed.problem.startswith(f"rules/{name}:{line}: ")
    assert "应为不预警，结果是预警" in failed.problem


def test_an_example_on_a_day_without_a_parameter_says_which_file_to_edit() -> None:
    name = "screening/income.under_line_not_enrolled.yaml"
    texts = dict(RULEBOOK.texts)
    texts[name] = texts[name].replace("on: 2023-08-01", "on: 2025-08-01")
    results = run_cases(build_rulebook(texts), rules=["income.under_line_not_enrolled"])
    assert all("monitoring_line.yaml" in one.problem for one in results)
