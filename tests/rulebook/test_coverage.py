"""The rulebook delivered covers the field: enough rules, departments and risks, and signals that only ask to verify."""

from pathlib import Path

import pytest

from doudi.rulebook import Rulebook, load_rulebook
from doudi.standards.codes import CODE_LISTS

RULES = Path(__file__).parents[2] / "rules"
DEPARTMENTS = {
    "medical_insurance", "health", "education", "disabled_federation", "civil_affairs", "housing", "water",
    "human_resources", "emergency", "public_security", "market_regulation", "agriculture", "complaints",
    "banking_insurance", "finance", "natural_resources", "rural_revitalisation",
}  # fmt: skip
"""Those whose data is screened, and the registry's own."""


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    return load_rulebook(RULES)


def test_there_are_rules_of_every_department_that_hands_in_data(rulebook: Rulebook) -> None:
    early = [rule for rule in rulebook.rules.values() if rule.subject in ("household", "person")]
    assert len(early) >= 65
    assert {rule.department for rule in early} >= DEPARTMENTS


def test_every_risk_of_the_field_has_a_rule(rulebook: Rulebook) -> None:
    assert {str(risk) for risk in CODE_LISTS["risk_type"]} <= {rule.risk for rule in rulebook.rules.values()}


def test_every_sheet_of_a_department_is_used_by_a_rule_or_a_policy(rulebook: Rulebook) -> None:
    read = {fact.source.id for fact in rulebook.facts.values()}
    sheets = {name for name, source in rulebook.sources.items() if source.is_feed}
    assert sheets - read <= {"assistance_payment"}


def test_signals_against_hardship_say_that_they_only_ask_for_verification(rulebook: Rulebook) -> None:
    signals = [rule for rule in rulebook.rules.values() if rule.level == "exclusion"]
    assert {rule.id.split(".")[0] for rule in signals} == {"exclusion"}
    assert len(signals) >= 6
    for rule in signals:
        assert any("只提示核实" in source.note for source in rule.legal_basis), rule.id
        assert "核实" in rule.because_text, rule.id


def test_every_rule_is_tried_at_its_edge_and_without_its_data(rulebook: Rulebook) -> None:
    for rule in rulebook.rules.values():
        assert len(rule.cases) >= 3, rule.id
        assert {case.then for case in rule.cases} == {"raised", "not_raised", "cannot_tell"}, rule.id
