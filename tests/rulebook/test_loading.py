"""The rulebook as a whole: the one delivered is sound; every mistake is refused with file, line and remedy."""
# ruff: noqa: E501 - one mistake a line

from collections.abc import Mapping
from pathlib import Path

import pytest

from doudi.rulebook import Rulebook, RulebookError, build_rulebook, load_rulebook

from .conftest import LIMIT, MEMBER

RULES = Path(__file__).parents[2] / "rules"

FEED = (
    "id: bills\ntitle: 账单\ntitle_en: Bills\ndepartment: health\nsubject: person\nkind: events\ncolumns:\n"
    + "".join(
        f"  - {{id: {name}, header: {name}, type: {kind}}}\n" for name, kind in (("paid", "money"), ("paid_on", "date"))
    )
)
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
RULE = """id: medical.spent
title: 花费高
title_en: Spent much
level: yellow
risk: illness
subject: household
department: health
legal_basis: [{document: 文件}]
in_force: {from: 2021-01-01}
facts: [spent]
parameters: [limit_yuan]
when: spent > limit_yuan
because: 花费 {spent:yuan}，超过 {limit_yuan:yuan}
because_en: Spent {spent:yuan}, more than {limit_yuan:yuan}
verify: [看单据]
cases:
  - {name: 超过, on: 2023-08-01, region: "140000000000", given: {spent: 101}, then: raised}
  - {name: 正好, on: 2023-08-01, region: "140000000000", given: {spent: 100}, then: not_raised}
  - {name: 缺失, on: 2023-08-01, region: "140000000000", given: {spent: null}, then: cannot_tell}
"""
TEXTS = {
    "feeds/bills.yaml": FEED,
    "facts/is_member.yaml": MEMBER,
    "facts/spent.yaml": SPENT,
    "parameters/limit_yuan.yaml": LIMIT,
    "screening/medical.spent.yaml": RULE,
}


def built(**changes: str) -> Rulebook:
    """The small rulebook with files replaced; keys are file names without folder and suffix, dots as double underscores."""
    texts: dict[str, str] = {}
    for path, text in TEXTS.items():
        name = path.split("/")[1].removesuffix(".yaml").replace(".", "__")
        texts[path] = changes.get(name, text)
    return build_rulebook(texts)


def problems(changes: Mapping[str, str]) -> list[tuple[str, int, str]]:
    with pytest.raises(RulebookError) as refused:
        built(**changes)
    assert all(one.remedy or one.code in ("value_error",) for one in refused.value.problems), refused.value
    return [(one.file.removeprefix("rules/"), one.line, one.code) for one in refused.value.problems]


def test_the_delivered_rulebook_is_sound() -> None:
    rulebook = load_rulebook(RULES)
    assert not rulebook.warnings
    assert len(rulebook.rules) >= 20
    for rule in rulebook.rules.values():
        assert len(rule.cases) >= 3
        assert rule.legal_basis
        assert {case.then for case in rule.cases} == {"raised", "not_raised", "cannot_tell"}


def test_a_sound_small_rulebook_loads_and_names_its_content() -> None:
    rulebook = built()
    assert rulebook.rules["medical.spent"].facts == ("spent",)
    assert rulebook.digest != built(limit_yuan=LIMIT.replace("100", "101")).digest


SCREENING, FACT = "screening/medical.spent.yaml", "facts/spent.yaml"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"medical__spent": RULE.replace("when: spent", "when: spend")}, (SCREENING, 12, "unknown_column")),
        ({"medical__spent": RULE.replace("[spent]", "[spend]")}, (SCREENING, 10, "unknown_name")),
        ({"medical__spent": RULE.replace("when: spent >", "when: spent AND")}, (SCREENING, 12, "type")),
        ({"medical__spent": RULE.replace("spent > limit", "foo(spent) > limit")}, (SCREENING, 12, "unknown_function")),
        ({"medical__spent": RULE.replace("[{document: 文件}]", "[]")}, (SCREENING, 8, "too_short")),
        ({"medical__spent": RULE.replace("legal_basis: [{document: 文件}]\n", "")}, (SCREENING, 1, "missing")),
        ({"medical__spent": RULE.replace("risk: illness", "risk: ilness")}, (SCREENING, 5, "value_error")),
        ({"medical__spent": RULE.replace("level: yellow", "level: orange")}, (SCREENING, 4, "literal_error")),
        ({"medical__spent": RULE.replace("{spent:yuan}，", "{spend:yuan}，")}, (SCREENING, 13, "unknown_name")),
        ({"medical__spent": RULE.replace("{spent:yuan}，", "{spent:furlong}，")}, (SCREENING, 13, "format")),
        ({"medical__spent": RULE.replace("{spent:yuan}，", "{spent，")}, (SCREENING, 13, "format")),
        ({"medical__spent": RULE.replace("spent: 101", "spent: 'x'")}, (SCREENING, 17, "case")),
        ({"medical__spent": RULE.replace("{spent: 101}", "{}")}, (SCREENING, 17, "case")),
        ({"medical__spent": RULE.replace("then: cannot_tell", "then: raised")}, (SCREENING, 16, "case")),
        ({"medical__spent": RULE.replace("id: medical.spent", "id: medical.other")}, (SCREENING, 1, "id")),
        ({"medical__spent": RULE.replace("title: 花费高", "titel: 花费高")}, (SCREENING, 2, "extra_forbidden")),
        ({"medical__spent": RULE + "title: 又一个\n"}, (SCREENING, 20, "yaml")),
        ({"medical__spent": RULE.replace("when:", "  when:")}, (SCREENING, 12, "yaml")),
        ({"medical__spent": RULE.replace("in_force: {from: 2021-01-01}", "in_force: {from: 2021-01-01, until: 2020-01-01}")}, (SCREENING, 9, "dates")),
        ({"medical__spent": RULE.replace("when: spent > limit_yuan", "when: spent > 100")
          .replace("，超过 {limit_yuan:yuan}", "").replace(", more than {limit_yuan:yuan}", "")}, (SCREENING, 11, "unused")),
        ({"spent": SPENT.replace("SUM(paid)", "SUM(payed)")}, (FACT, 7, "unknown_column")),
        ({"spent": SPENT.replace("SUM(paid)", "paid")}, (FACT, 7, "outside_aggregate")),
        ({"spent": SPENT.replace("from: bills", "from: bill")}, (FACT, 6, "source")),
        ({"spent": SPENT.replace("column: paid_on", "column: paid")}, (FACT, 8, "window")),
        ({"spent": SPENT.replace("months: 12", "months: limit_months")}, (FACT, 8, "window")),
        ({"spent": SPENT.replace("no_rows: 0", "no_rows: false")}, (FACT, 9, "no_rows")),
        ({"spent": SPENT.replace("from: bills", "from: facts").replace("SUM(paid)", "spent + 1")
          .replace("window: {column: paid_on, months: 12}\n", "").replace("no_rows: 0\n", "")}, (FACT, 7, "cycle")),
        ({"spent": SPENT.replace("subject: household", "subject: person").replace("from: bills", "from: members")}, (FACT, 1, "value_error")),
        ({"is_member": MEMBER.replace("'active'", "'activ'")}, ("facts/is_member.yaml", 6, "unknown_code")),
    ],
)  # fmt: skip
def test_a_mistake_is_refused_with_file_and_line(changes: dict[str, str], expected: tuple[str, int, str]) -> None:
    assert expected in problems(changes)


def test_all_mistakes_are_listed_at_once() -> None:
    found = problems({"spent": SPENT.replace("SUM(paid)", "SUM(payed)"), "is_member": MEMBER.replace("'active'", "1")})
    assert {file for file, _line, _code in found} == {FACT, "facts/is_member.yaml"}


def test_the_word_on_is_a_key_and_not_a_yes() -> None:
    assert str(built().rules["medical.spent"].cases[0].on) == "2023-08-01"


def test_an_unused_fact_is_a_warning() -> None:
    rulebook = build_rulebook(TEXTS | {"facts/more.yaml": SPENT.replace("id: spent", "id: more")})
    assert [(one.file, one.severity) for one in rulebook.warnings] == [("rules/facts/more.yaml", "warning")]


def test_a_name_that_is_a_column_and_a_parameter_is_refused() -> None:
    texts = TEXTS | {"parameters/paid.yaml": LIMIT.replace("id: limit_yuan", "id: paid")}
    with pytest.raises(RulebookError, match="既是 bills 的字段又是参数"):
        build_rulebook(texts)
