"""Mistakes in policy files: each refused with file, line and remedy."""
# ruff: noqa: E501 - one mistake a line

from datetime import date
from pathlib import Path

import pytest

from doudi.rulebook import Rulebook, RulebookError, build_rulebook, load_rulebook

RULES = Path(__file__).parents[2] / "rules"
PATH = "policies/education.yulu_plan.yaml"


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    return load_rulebook(RULES)


def test_every_area_of_the_field_has_policies_and_each_is_complete(rulebook: Rulebook) -> None:
    areas = {policy.area for policy in rulebook.policies.values()}
    assert areas >= {
        "medical", "education", "housing", "water", "minimum_living", "temporary_relief", "disability", "jobs",
        "subsidies", "industry", "microcredit", "relocation",
    }  # fmt: skip
    assert len(rulebook.policies) >= 48
    for policy in rulebook.policies.values():
        assert policy.legal_basis
        assert policy.evidence
        assert policy.apply.where
        assert {case.then for case in policy.cases} >= {"none", "cannot_tell"}


def test_amounts_without_a_source_hold_in_the_demonstration_county_only(rulebook: Rulebook) -> None:
    told = [
        (parameter.id, str(region))
        for parameter in rulebook.parameters.values()
        for region, held in parameter.entries.items()
        for one in held
        if one.source is not None and "虚构" in one.source.document
    ]
    assert told
    assert {region for _name, region in told} == {"149901000000"}


def test_a_policy_counts_between_its_dates(rulebook: Rulebook) -> None:
    policy = rulebook.policies["medical.premium_aid_alleviated"]
    assert policy in rulebook.policies_on(date(2025, 12, 31))
    assert policy not in rulebook.policies_on(date(2026, 1, 1))


@pytest.mark.parametrize(
    ("before", "after", "at", "said"),
    [
        ("facts: [in_policy_scope,", "facts: [in_policy_scop,", "facts:", "没有名为 in_policy_scop 的事实；是不是 in_policy_scope？"),
        ("eligible: in_yulu_school AND", "eligible: in_yulu_scool AND", "eligible:", "没有名为 in_yulu_scool 的字段；是不是 in_yulu_school？"),
        ("facts: [in_policy_scope, in_yulu_school]", "facts: [in_policy_scope, in_yulu_school, age]", "facts:", "age 列在 facts 里但没有用到；从列表里删去，或在条件中使用"),
        ("area: education", "area: educatoin", "area:", "area 没有代码 educatoin；是不是 education？"),
        ("area: education", "area: jobs", "id:", "id 的前一半应是政策领域 jobs；文件名也一并改"),
        ("from: assistance_payment", "from: assistance_pay", "from: assistance_pay", "没有名为 assistance_pay 的发放数据"),
        ("policy = 'yulu_plan'", "policy = 'yulu'", "where:", "没有代码 'yulu'；是不是 'yulu_plan'？"),
        ("  on: paid_on", "  on: policy", "on:", "不是 assistance_payment 的日期字段"),
        ("  months: payment_year_months\n", "", "received:", "要一起写"),
        ("period: school_year\n", "", "id:", "写了 benefit 就要写 period"),
        ("benefit: yulu_plan_yearly", "benefit: in_policy_scope", "benefit:", "应得到数字，得到的是是否；写成金额的算式"),
        ("benefit: yulu_plan_yearly\n", "benefit: yulu_plan_yearly\nin_kind: true\n", "id:", "也只写一项"),
        ("over: 不是", "excludes: [education.yulu]\nover: 不是", "excludes:", "excludes 里没有名为 education.yulu 的其他政策；检查政策编号"),
        ("over: 不是", "replaces: jobs.workshop\nover: 不是", "replaces:", "的对象（人或户）与本政策不同，不能替代"),
        ("what: \"每学年 {yulu_plan_yearly:yuan}", "what: \"每学年 {in_policy_scope}", "what:", "what 里只能填参数，in_policy_scope 是事实"),
        ("{from: 2021-01-01}", "{from: 2021-01-01, until: 2020-01-01}", "in_force:", "until 早于 from；改正日期"),
        ("given: {in_policy_scope: true, in_yulu_school: true, received: false}", "given: {in_policy_scope: true, in_yulu_school: true}", "given: {in_policy_scope: true, in_yulu_school: true}", "given 与 facts 不一致：缺 received"),
        ("then: over", "then: wrong", "then: wrong", "then 只能是"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line_and_what_to_do(
    rulebook: Rulebook, before: str, after: str, at: str, said: str
) -> None:
    text = rulebook.texts[PATH].replace(before, after, 1)
    assert text != rulebook.texts[PATH]
    with pytest.raises(RulebookError) as refused:
        build_rulebook({**rulebook.texts, PATH: text})
    line = next(number for number, one in enumerate(text.splitlines(), start=1) if one.strip().startswith(at))
    lines = [str(problem) for problem in refused.value.problems]
    assert any(one.startswith(f"rules/{PATH}:{line}: ") and said in one for one in lines), lines


def test_what_nothing_tells_needs_no_example_of_a_gap(rulebook: Rulebook) -> None:
    path = "policies/education.college_loan.yaml"
    text = rulebook.texts[path]
    assert "then: gap" not in text
    assert build_rulebook({**rulebook.texts, path: text}).policies["education.college_loan"].told is False


def test_policies_that_go_before_each_other_are_refused(rulebook: Rulebook) -> None:
    path = "policies/minimum_living.dibao.yaml"
    text = rulebook.texts[path].replace("evidence:", "excludes: [minimum_living.extreme_hardship]\nevidence:", 1)
    with pytest.raises(RulebookError, match="互相排在前面"):
        build_rulebook({**rulebook.texts, path: text})


def test_the_day_of_leaving_is_needed_to_find_payments_to_the_dead(rulebook: Rulebook) -> None:
    texts = {path: text for path, text in rulebook.texts.items() if "payment_after_leaving_months" not in path}
    with pytest.raises(RulebookError, match="缺少参数 payment_after_leaving_months"):
        build_rulebook(texts)
