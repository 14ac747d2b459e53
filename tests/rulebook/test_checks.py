"""Files of checks: what is refused, where, and what to do about it."""

import pytest

from doudi.rulebook import RulebookError, build_rulebook

from .conftest import LIMIT, MEMBER

CHECK = """id: work.months_without_capacity
title: 没有劳动能力却有务工时间
title_en: Months worked without capacity
severity: error
subject: person
number: C32
responsible: village
source: [{document: 文件}]
in_force: {from: 2021-01-01}
facts: [labour, months]
parameters: [limit_yuan]
when: labour IN ('none', 'lost') AND months > limit_yuan
because: "{labour:label}，务工{months:months}，超过{limit_yuan:yuan}"
because_en: "{labour:label}, {months:months} worked, more than {limit_yuan:yuan}"
columns: [person.labour, person.work_months]
repair:
  column: person.work_months
  to: 0
  when: labour = 'none'
  because: "{labour:label}的人不务工"
verify: [问本人]
cases:
  - {name: 有, on: 2023-08-01, region: "140000000000", given: {labour: none, months: 101}, then: raised, repaired: 0}
  - {name: 无, on: 2023-08-01, region: "140000000000", given: {labour: none, months: 100}, then: not_raised}
  - {name: 不知道, on: 2023-08-01, region: "140000000000", given: {labour: null, months: 101}, then: cannot_tell}
"""
FACT = """id: {0}
title: 事实
title_en: A fact
subject: {1}
from: {2}
expression: {3}
"""
RULE = """id: medical.phones
title: 规则
title_en: A rule
level: yellow
risk: illness
subject: household
department: health
legal_basis: [{document: 文件}]
in_force: {from: 2021-01-01}
facts: [phones]
when: phones > 1
because: "{phones:number}"
because_en: "{phones:number}"
verify: [问本人]
cases:
  - {name: 有, on: 2023-08-01, region: "140000000000", given: {phones: 2}, then: raised}
  - {name: 无, on: 2023-08-01, region: "140000000000", given: {phones: 1}, then: not_raised}
  - {name: 不知道, on: 2023-08-01, region: "140000000000", given: {phones: null}, then: cannot_tell}
"""
NAME = "checks/work.months_without_capacity.yaml"
TEXTS = {
    "facts/is_member.yaml": MEMBER,
    "facts/labour.yaml": FACT.format("labour", "person", "registry.person", "labour") + "codes: labour\n",
    "facts/months.yaml": FACT.format("months", "person", "registry.person", "work_months") + "unit: months\n",
    "facts/phones.yaml": FACT.format("phones", "household", "same_phone", "households") + "no_rows: 1\n",
    "parameters/limit_yuan.yaml": LIMIT,
    NAME: CHECK,
}


def test_a_sound_check_loads_beside_the_rules_and_is_none_of_them() -> None:
    book = build_rulebook(TEXTS)
    check = book.checks["work.months_without_capacity"]
    assert (check.topic, check.severity, check.number) == ("work", "error", "C32")
    assert check.repair is not None
    assert (check.repair.column, check.repair.fact, check.repair.constant) == ("person.work_months", None, 0)
    assert not book.rules


@pytest.mark.parametrize(
    ("old", "new", "line", "code", "remedy"),
    [
        ("facts: [labour", "facts: [labor", 10, "unknown_name", "是不是 labour？"),
        ("months > limit", "month > limit", 12, "unknown_column", "是不是 months？"),
        ("'lost'", "'lots'", 12, "unknown_code", "是不是 'lost'？"),
        ("responsible: village", "responsible: helth", 7, "value_error", "是不是 health？"),
        ("severity: error", "severity: fatal", 4, "literal_error", "请改正"),
        ("columns: [person.labour,", "columns: [person.labor,", 15, "unknown_column", "是不是 person.labour？"),
        ("columns: [person.labour,", "columns: [person.work_months,", 15, "unused", "删去一个"),
        ("person.work_months]", "income.wage_income]", 17, "repair", "把它写进 columns，或改正 repair"),
        ("column: person.work_months", "column: qqq", 17, "unknown_column", "写成 person.字段"),
        ("to: 0", "to: many", 18, "type", "改正数值"),
        ("to: 0", "to: labour", 18, "type", "改用同类的事实"),
        ("to: 0", "to: phones", 18, "unknown_name", "把 phones 写进 facts"),
        ("when: labour = 'none'", "when: labour = 'non'", 19, "unknown_code", "是不是 'none'？"),
        (", repaired: 0", "", 22, "case", "在结果为 raised 的例子里写 repaired"),
        ("then: not_raised", "then: not_raised, repaired: 0", 24, "case", "只在有 repair 的核查"),
        ("then: cannot_tell", "then: not_raised", 22, "case", "补一个例子"),
        ("subject: person", "subject: household", 10, "subject", "先建 from: members 或 registered 的户事实汇总"),
        ("number: C32", "nummer: C32", 6, "extra_forbidden", "请删除或改正拼写"),
        ("source: [{document: 文件}]\n", "", 1, "missing", "请补上"),
    ],
)
def test_a_mistake_is_refused_with_file_line_and_remedy(old: str, new: str, line: int, code: str, remedy: str) -> None:
    assert old in CHECK
    with pytest.raises(RulebookError) as refused:
        build_rulebook(TEXTS | {NAME: CHECK.replace(old, new, 1)})
    told = [(one.file, one.line, one.code) for one in refused.value.problems]
    assert (f"rules/{NAME}", line, code) in told
    assert any(remedy in one.remedy for one in refused.value.problems if one.code == code)


def test_a_topic_must_be_one_of_the_list() -> None:
    texts = TEXTS | {"checks/wrok.months.yaml": CHECK.replace("work.months_without_capacity", "wrok.months")}
    with pytest.raises(RulebookError, match="没有代码 wrok；是不是 work？"):
        build_rulebook(texts)


def test_a_check_that_can_always_be_told_needs_no_example_of_not_knowing() -> None:
    text = CHECK.replace("when: labour IN ('none', 'lost') AND months > limit_yuan", "when: labour IS NULL").replace(
        "given: {labour: none, months: 101}, then: raised", "given: {labour: null, months: 101}, then: raised"
    )
    text = text.replace("facts: [labour, months]\nparameters: [limit_yuan]\n", "facts: [labour]\n")
    text = text.replace(", months: 101", "").replace(", months: 100", "")
    for told in (
        "，务工{months:months}，超过{limit_yuan:yuan}",
        ", {months:months} worked, more than {limit_yuan:yuan}",
    ):
        text = text.replace(told, "")
    text = "\n".join(line for line in text.splitlines() if "不知道" not in line)
    assert len(build_rulebook(TEXTS | {NAME: text}).checks["work.months_without_capacity"].cases) == 2


def test_rules_must_do_without_facts_that_compare_rows_of_the_registry() -> None:
    with pytest.raises(RulebookError, match="要与登记簿的其他行比较，只有核查"):
        build_rulebook(TEXTS | {"screening/medical.phones.yaml": RULE})


def test_totals_are_no_cells_to_be_corrected() -> None:
    text = CHECK.replace("person.labour, person.work_months]", "person.work_months, income.net_income]")
    with pytest.raises(RulebookError, match=r"登记簿里没有可以更正的 income\.net_income"):
        build_rulebook(TEXTS | {NAME: text})
