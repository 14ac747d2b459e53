"""Conditions in words: every rule reads as plain sentences, and each turn of phrase says what the formula says."""

import re
from pathlib import Path

import pytest

from doudi.rulebook import Rulebook, load_rulebook, parse_predicate
from doudi.rulebook.evaluation import evaluate
from doudi.rulebook.wording import Words

RULES = Path(__file__).resolve().parents[2] / "rules"
BOOK: Rulebook = load_rulebook(RULES)
ZH, EN = Words(BOOK.facts, BOOK.parameters), Words(BOOK.facts, BOOK.parameters, "en")


def conditions() -> list[tuple[str, str]]:
    found = []
    for rule in BOOK.rules.values():
        found.append((rule.id, rule.when.text))
        if rule.escalate is not None:
            found.append((f"{rule.id} escalate", rule.escalate.when.text))
    for policy in BOOK.policies.values():
        parts = {"eligible": policy.eligible, "receives": policy.receives, "over": policy.over_when}
        found += [(f"{policy.id} {part}", formula.text) for part, formula in parts.items() if formula is not None]
    return found


def amounts() -> list[tuple[str, str]]:
    return [(one.id, one.benefit.text) for one in BOOK.policies.values() if one.benefit is not None]


@pytest.mark.parametrize(("name", "formula"), conditions())
def test_a_condition_reads_without_identifiers(name, formula):
    told = ZH.sentence(formula)
    assert not re.search(r"[a-z]{2,}|_|\b(AND|OR|NOT|NULL|IN|CASE)\b|[<>=]", told), told
    english = EN.sentence(formula)
    assert not re.search(r"[a-z]_[a-z]|\b(AND|OR|NOT|NULL|CASE)\b|[<>=]|[\u4e00-\u9fff]", english), english


@pytest.mark.parametrize(("name", "formula"), amounts())
def test_a_benefit_reads_without_identifiers(name, formula):
    assert not re.search(r"[a-z]{2,}|_|[<>=]", ZH.expression(formula)), ZH.expression(formula)


SAID = [
    (
        "per_capita_income_last_year < monitoring_line AND NOT is_monitored",
        "去年人均纯收入低于“防止返贫监测线”，且没有在监测",
    ),
    ("per_capita_income_last_year <= 5000", "去年人均纯收入不高于 5,000 元"),
    ("5000 >= per_capita_income_last_year", "去年人均纯收入不高于 5,000 元"),
    ("age >= 60", "年龄满 60岁"),
    ("age < 16", "年龄不满 16岁"),
    ("member_count > 3", "家庭成员人数多于 3人"),
    ("relief_times_12m >= 2", "12个月临时救助次数达到 2次"),
    ("NOT (age >= 60)", "年龄不满 60岁"),
    ("transfer_share > 0.5", "转移性收入占比高于 50%"),
    ("development_measures = 'not_yet'", "开发式帮扶措施是尚未实施"),
    ("development_measures <> 'not_yet'", "开发式帮扶措施不是尚未实施"),
    ("per_capita_income_last_year IS NULL", "没有“去年人均纯收入”的数据"),
    ("per_capita_income_last_year IS NOT NULL", "有“去年人均纯收入”的数据"),
    ("is_monitored IS NOT TRUE", "没有在监测（或没有数据）"),
    ("COALESCE(on_payroll, FALSE)", "财政供养（没有数据时算不符合）"),
    ("on_payroll = FALSE", "没有“财政供养”的情况"),
    ("NOT on_school_roll", "没有学籍"),
    ("NOT attends_school", "没有“在读或休学”的情况"),
    ("NOT is_alleviated", "不属于“脱贫户”"),
    ("NOT finished_compulsory", "尚未完成九年义务教育"),
    ("age BETWEEN 6 AND 15", "年龄在 6岁至 15岁之间（含两端）"),
    ("NOT (is_monitored OR is_alleviated)", "没有在监测，且不属于“脱贫户”"),
    ("is_monitored AND (is_alleviated OR on_payroll)", "正在监测，且（属于“脱贫户”，或财政供养）"),
    (
        "medical_self_paid_12m > monitoring_line * member_count",
        "12个月医疗自付高于“防止返贫监测线” × 家庭成员人数",
    ),
    (
        "per_capita_income_last_year <= per_capita_income_before_last * (1 - 0.3)",
        "去年人均纯收入不高于前年人均纯收入 ×（1 − 0.3）",
    ),
    ("GREATEST(medical_self_paid_12m, disaster_loss_12m) > 100", "12个月医疗自付、12个月受灾损失中最大的高于 100 元"),
    ("CASE WHEN is_monitored THEN 1 ELSE 2 END > 1", "（正在监测时为 1，其他情况为 2）高于 1"),
    ("left_on < DATE '2023-08-01'", "最近一次注销或迁出的日期早于2023年8月1日"),
    ("WHOLE_MONTHS(left_on, returned_on) >= 6", "最近一次注销或迁出的日期到最近一次迁入的日期的整月数满 6个月"),
]


@pytest.mark.parametrize(("formula", "told"), SAID)
def test_what_a_formula_says(formula, told):
    assert ZH.sentence(formula) == told


def test_nested_conditions_are_a_list_within_a_list():
    clause = ZH.clause("is_monitored AND (is_alleviated OR NOT (on_payroll AND owns_flat))")
    assert [(depth, one.joint) for depth, one in clause.lines()] == [
        (0, "all"),
        (1, ""),
        (1, "any"),
        (2, ""),
        (2, "any"),
        (3, ""),
        (3, ""),
    ]
    assert clause.text == "下面每条都要满足"
    assert clause.parts[1].text == "下面满足任何一条"


@pytest.mark.parametrize(("name", "formula"), conditions())
def test_the_parts_together_say_what_the_whole_says(name, formula):
    """Each part is a condition of its own; joined by all and any they come to what the whole condition comes to."""
    types = {one.id: one.type for one in (*BOOK.facts.values(), *BOOK.parameters.values())}
    clause = ZH.clause(formula)
    columns = sorted(parse_predicate(formula, types).columns)
    for number in range(24):
        row = {name: value_of(types[name], number * 7 + place * 3) for place, name in enumerate(columns)}
        assert joined(clause, types, row) == evaluate(parse_predicate(formula, types).tree, row), row


def value_of(kind, number):
    from datetime import date

    if number % 5 == 4:
        return None
    match kind.kind.value:
        case "boolean":
            return number % 2 == 0
        case "number":
            return (0.0, 0.2, 3.0, 7100.0, 20000.0)[number % 5]
        case "date":
            return date(2023, 1 + number % 12, 1)
        case "month":
            return f"2023-{1 + number % 12:02d}"
        case "texts":
            return sorted(kind.codes or {"a"})[: number % 3]
        case _:
            return sorted(kind.codes or {"a"})[number % len(kind.codes or {"a"})]


def joined(clause, types, row):
    if not clause.joint:
        return evaluate(parse_predicate(clause.formula, types).tree, row)
    values = [joined(part, types, row) for part in clause.parts]
    deciding = clause.joint == "any"
    if deciding in values:
        return deciding
    return None if None in values else not deciding


def test_values_of_parameters_stand_beside_their_names():
    words = Words(BOOK.facts, BOOK.parameters, values={"monitoring_line": "7,100 元"})
    told = words.sentence("per_capita_income_last_year < monitoring_line")
    assert told == "去年人均纯收入低于“防止返贫监测线”（7,100 元）"


def test_english_has_units_and_singulars():
    assert EN.sentence("member_count = 1") == "Members is 1 person"
    assert EN.sentence("NOT (age >= 60 OR is_monitored)") == "Age is below 60 years, and Enrolled for monitoring: no"
