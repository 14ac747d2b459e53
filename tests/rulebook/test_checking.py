"""What is doubtful about rules that can be used, and that no broken file hides the mistakes of another."""

from collections.abc import Mapping
from datetime import date

import pytest

from doudi.rulebook import RulebookError, build_rulebook, parse_predicate
from doudi.rulebook.checking import doubts
from doudi.rulebook.predicate import conjuncts
from doudi.rulebook.trying import verdict
from doudi.rulebook.value_types import BOOLEAN, NUMBER, TEXT, ColumnType, ValueType

from .conftest import LIMIT, MEMBER

FEED = """id: bills
title: 账单
title_en: Bills
department: health
subject: person
kind: events
columns:
  - {id: paid, header: 金额, type: money}
  - {id: paid_on, header: 日期, type: date}
"""
SPENT = """id: spent
title: 花费
title_en: Spent
subject: household
unit: yuan
from: bills
expression: SUM(paid)
window: {column: paid_on, months: 12}
no_rows: 0
"""
BILLS = (
    SPENT.replace("id: spent", "id: bill_count").replace("unit: yuan", "unit: times").replace("SUM(paid)", "COUNT(*)")
)
RULE = """id: medical.spent
title: 花费高
title_en: Spent much
level: yellow
escalate: {level: red, when: spent > 500}
risk: illness
subject: household
department: health
legal_basis: [{document: 文件}]
in_force: {from: 2021-01-01}
facts: [spent, bill_count]
parameters: [limit_yuan]
when: spent > limit_yuan AND bill_count > 1
because: "花费 {spent:yuan}，超过 {limit_yuan:yuan}"
because_en: "Spent {spent:yuan}, more than {limit_yuan:yuan}"
verify: [看单据]
cases:
  - {name: 超过, on: 2023-08-01, region: "140000000000", given: {spent: 101, bill_count: 2}, then: raised}
  - {name: 正好, on: 2023-08-01, region: "140000000000", given: {spent: 100, bill_count: 2}, then: not_raised}
  - {name: 缺失, on: 2023-08-01, region: "140000000000", given: {spent: null, bill_count: 2}, then: cannot_tell}
"""
TEXTS = {
    "feeds/bills.yaml": FEED,
    "facts/is_member.yaml": MEMBER,
    "facts/spent.yaml": SPENT,
    "facts/bill_count.yaml": BILLS,
    "parameters/limit_yuan.yaml": LIMIT,
    "screening/medical.spent.yaml": RULE,
}
RULE_FILE, LIMIT_FILE = "screening/medical.spent.yaml", "parameters/limit_yuan.yaml"
TODAY = date(2024, 7, 1)


def found(changes: Mapping[str, str]) -> list[tuple[str, int, str, str]]:
    told = doubts(build_rulebook({**TEXTS, **changes}), on=TODAY)
    assert all(one.remedy for one in told)
    return [(one.file.removeprefix("rules/"), one.line, one.code, one.severity) for one in told]


def rule(old: str, new: str) -> dict[str, str]:
    assert old in RULE
    return {RULE_FILE: RULE.replace(old, new)}


def test_a_sound_rulebook_raises_no_doubt() -> None:
    assert found({}) == []


WHEN = "when: spent > limit_yuan AND bill_count > 1"


@pytest.mark.parametrize(
    ("changes", "line", "code"),
    [
        (rule(WHEN, "when: (spent >= 0 OR spent < 0) AND bill_count > 1 AND spent > limit_yuan"), 13, "constant"),
        (rule(WHEN, "when: spent > limit_yuan AND bill_count > 5 AND bill_count < 3"), 13, "contradiction"),
        (rule(WHEN, "when: spent > limit_yuan AND bill_count > 1 AND 2 > 1"), 13, "constant"),
        (rule(WHEN, "when: spent > limit_yuan AND bill_count > 1 AND bill_count < bill_count"), 13, "constant"),
        (rule(WHEN, "when: spent > limit_yuan AND spent < 50 AND bill_count > 1"), 13, "contradiction"),
        (rule("when: spent > 500}", "when: spent < 50}"), 5, "escalate"),
        (rule("when: spent > 500}", "when: spent > 50}"), 5, "escalate"),
        (rule("level: red", "level: yellow"), 5, "escalate"),
        (rule(WHEN, "when: spent > bill_count AND spent > limit_yuan"), 13, "unit"),
        (rule(WHEN, "when: spent + bill_count > limit_yuan"), 13, "unit"),
        (rule("when: spent > 500}", "when: bill_count > limit_yuan}"), 5, "unit"),
        (rule("Spent {spent:yuan}, more", "Spent more"), 15, "sentences"),
        (
            {"facts/spent.yaml": SPENT.replace("no_rows", "where: paid > 0 AND paid < 0\nno_rows")},
            9,
            "contradiction",
        ),
    ],
)
def test_a_condition_that_says_the_same_of_everybody_is_doubted(changes: dict[str, str], line: int, code: str) -> None:
    (file,) = changes
    assert (file, line, code, "warning") in found(changes)


def test_examples_that_contradict_each_other_are_refused() -> None:
    twice = RULE + (
        '  - {name: 又, on: 2023-08-01, region: "140000000000", given: {spent: 101, bill_count: 2}, then: not_raised}\n'
    )
    assert (RULE_FILE, 21, "case", "error") in found({RULE_FILE: twice})


def test_two_rules_with_one_condition_are_doubted_while_both_hold() -> None:
    other = RULE.replace("id: medical.spent", "id: medical.twin")
    later = other.replace("in_force: {from: 2021-01-01}", "in_force: {from: 2024-01-01}")
    ended = RULE.replace("in_force: {from: 2021-01-01}", "in_force: {from: 2021-01-01, until: 2023-12-31}")
    twin = "screening/medical.twin.yaml"
    assert (twin, 10, "twin", "warning") in found({twin: other})
    assert (twin, 10, "twin", "warning") in found({twin: later})
    assert found({twin: later, RULE_FILE: ended}) == []


def test_a_value_written_again_without_change_is_doubted() -> None:
    again = LIMIT + '  - {region: "000000000000", from: 2023-01-01, value: 100, source: {document: 又}}\n'
    assert found({LIMIT_FILE: again}) == [(LIMIT_FILE, 7, "repeated", "warning")]


def entry(region: str, start: str, more: str = "") -> str:
    return f'  - {{region: "{region}", from: {start}, value: 100, source: {{document: 文件}}{more}}}\n'


HEAD = LIMIT.split("  - ")[0]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (entry("000000000000", "2022-01-01"), "000000000000 2021-01-01 至 2021-12-31"),
        (entry("000000000000", "2021-01-01", ", until: 2023-06-30"), "000000000000 自 2023-07-01 起"),
        (
            entry("000000000000", "2021-01-01", ", until: 2021-12-31") + entry("000000000000", "2023-01-01"),
            "000000000000 2022-01-01 至 2022-12-31",
        ),
        (entry("140000000000", "2021-06-01"), "140000000000 2021-01-01 至 2021-05-31"),
        (
            entry("000000000000", "2021-01-01").replace("value: 100", "value: 200")
            + entry("140000000000", "2021-01-01").replace("value: 100", "value: null"),
            "",
        ),
    ],
)
def test_days_without_a_value_are_told_while_the_rule_is_in_force(values: str, said: str) -> None:
    told = doubts(build_rulebook({**TEXTS, LIMIT_FILE: HEAD + values}), on=TODAY)
    if not said:
        assert told == []
        return
    (problem,) = told
    assert (problem.code, problem.severity) == ("missing_value", "warning")
    assert problem.message.endswith(said)
    assert "parameters/limit_yuan.yaml" in problem.remedy


def test_a_rule_that_ended_needs_no_later_value() -> None:
    until = {LIMIT_FILE: HEAD + entry("000000000000", "2021-01-01", ", until: 2023-06-30")}
    assert found(until | rule("{from: 2021-01-01}", "{from: 2021-01-01, until: 2023-06-30}")) == []
    assert found(until | rule("level: yellow\n", "state: draft\nlevel: yellow\n")) == []


def test_a_broken_file_hides_no_mistake_of_the_others_and_brings_none() -> None:
    with pytest.raises(RulebookError) as refused:
        build_rulebook(
            {
                **TEXTS,
                "feeds/bills.yaml": "id: bills\ncolumns: [\n",
                "parameters/other.yaml": LIMIT.replace("id: limit_yuan", "id: other").replace(
                    "unit: yuan", "unit: mile"
                ),
                "facts/is_member.yaml": MEMBER.replace("'active'", "'activ'"),
                "screening/medical.other.yaml": RULE.replace("id: medical.spent", "id: medical.other").replace(
                    "legal_basis: [{document: 文件}]\n", ""
                ),
            }
        )
    told = {(one.file.removeprefix("rules/"), one.code) for one in refused.value.problems}
    assert told == {
        ("feeds/bills.yaml", "yaml"),
        ("parameters/other.yaml", "literal_error"),
        ("facts/is_member.yaml", "unknown_code"),
        ("screening/medical.other.yaml", "missing"),
    }


def test_an_id_that_another_file_has_names_that_file() -> None:
    with pytest.raises(RulebookError, match=r"medical\.spent 已有自己的文件 screening/medical\.spent\.yaml"):
        build_rulebook({**TEXTS, "screening/medical.copy.yaml": RULE})


TYPES = {
    "a": NUMBER,
    "b": NUMBER,
    "yes": BOOLEAN,
    "kind": ColumnType(ValueType.TEXT, frozenset({"x", "y"})),
    "free": TEXT,
}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a > 1", "varies"),
        ("a >= 0 OR a < 0", "always"),
        ("a > 1 OR a <= 1 OR yes", "always"),
        ("a > 5 AND a < 3", "never"),
        ("a > b AND b > a", "never"),
        ("a + b = 7", "varies"),
        ("a / b > 0.6", "varies"),
        ("a > b * 12", "varies"),
        ("a <= b * (1 - 0.3)", "varies"),
        ("a BETWEEN 5 AND 3", "never"),
        ("yes OR NOT yes", "always"),
        ("yes AND NOT yes", "never"),
        ("yes IS NULL OR yes IS NOT NULL", "always"),
        ("kind = 'x' AND kind = 'y'", "never"),
        ("kind IN ('x', 'y')", "always"),
        ("kind <> 'x'", "varies"),
        ("free = 'z'", "varies"),
        ("free <> 'z' OR free = 'z'", "always"),
        ("COALESCE(a, 0) >= 7100", "varies"),
        ("COALESCE(yes, FALSE) OR COALESCE(NOT yes, TRUE)", "always"),
    ],
)
def test_conditions_that_hold_for_all_or_none_are_told_from_others(text: str, said: str) -> None:
    assert verdict(conjuncts(parse_predicate(text, TYPES).tree), TYPES, {}) == said
