"""Policies over people: who lacks what, who has it wrongly, what goes before what, and what nobody can tell."""

import json
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import sqlglot

from doudi.rulebook import Rulebook, build_rulebook
from doudi.screening.books.policies import coverage
from doudi.screening.entitlement import ENTITLEMENTS_SCHEMA
from doudi.screening.entitlement_cases import run_policy_cases
from doudi.screening.results.policies import entitlements_of
from doudi.screening.run import ScreeningResult, screen

AS_OF = date(2023, 8, 1)
YULU, AGED = "education.yulu_plan", "minimum_living.elderly_allowance"
DIBAO, TEKUN = "minimum_living.dibao", "minimum_living.extreme_hardship"
Found = Callable[..., dict[tuple[str, int | None], dict[str, Any]]]


@pytest.fixture
def found(village: Any) -> Found:
    """Policy and person → the row, of a screening with these policies."""

    def of(*policies: str, as_of: date = AS_OF) -> dict[tuple[str, int | None], dict[str, Any]]:
        result = screened(village, policies, as_of)
        try:
            rows = result.entitlements.to_pylist()
        finally:
            result.close()
        assert len({(row["policy_id"], row["household_key"], row["person_key"]) for row in rows}) == len(rows)
        return {(row["policy_id"], row["person_key"]): row for row in rows}

    return of


def screened(village: Any, policies: Iterable[str] | None, as_of: date = AS_OF) -> ScreeningResult:
    return screen(
        rulebook=village.rulebook,
        registry=village.tables(),
        feeds=village.feed_rows(),
        as_of=as_of,
        rules=(),
        policies=policies,
        threads=1,
    )


def pupil(village: Any, key: int = 12, household_type: str = "alleviated") -> None:
    village.households[0]["household_type"] = household_type
    village.person(
        key, 1, birth_date=date(2006, 5, 1), education=None, student_status="vocational_2", labour="none", work_months=0
    )


def paid(village: Any, person: int, policy: str, on: date, amount: float | None = 150.0) -> None:
    village.row("assistance_payment", person, policy=policy, amount=amount, paid_on=on)


def test_without_being_asked_for_policies_cost_nothing(village: Any) -> None:
    result = screened(village, ())
    assert result.entitlements.schema == ENTITLEMENTS_SCHEMA
    assert result.entitlements.num_rows == 0
    assert not [step for step in result.plan.steps if step.name.startswith("policy")]
    assert "policies" not in result.summary


def test_a_gap_says_why_how_much_and_by_what(village: Any, found: Found) -> None:
    pupil(village)
    row = found(YULU)[YULU, 12]
    assert (row["state"], row["amount"], row["received"]) == ("gap", 3000.0, 0.0)
    assert row["sentence"] == (
        "脱贫户或监测对象，在中职、高职或技师学院就读，应享受“雨露计划职业教育补助”（每年约 3,000 元），没有享受记录"
    )
    assert row["sentence_en"].endswith(
        "“Yulu plan for vocational schooling” (about 3,000 yuan a year) is due, nothing was received"
    )
    assert json.loads(row["facts"])["in_policy_scope"] is True
    assert json.loads(row["thresholds"])["yulu_plan_yearly"]["value"] == 3000
    assert json.loads(row["legal_basis"])[0]["document"].startswith("关于加强雨露计划")
    assert (row["household_key"], row["region_code"], row["department"]) == (1, "149901001001", "rural_revitalisation")
    assert row["missing_facts"] is None


def test_who_was_paid_has_it_and_who_is_not_due_it_has_it_wrongly(village: Any, found: Found) -> None:
    pupil(village)
    paid(village, 12, "yulu_plan", date(2023, 4, 1), 3000.0)
    assert (found(YULU)[YULU, 12]["state"], found(YULU)[YULU, 12]["received"]) == ("received", 3000.0)
    village.households[0]["household_type"] = "ordinary"
    row = found(YULU)[YULU, 12]
    assert (row["state"], row["amount"], row["received"]) == ("over", 0.0, 3000.0)
    assert row["sentence"] == "不是享受政策的脱贫户或监测对象，仍在享受“雨露计划职业教育补助”，已领 3,000 元"


def test_a_payment_outside_the_months_that_count_is_none(village: Any, found: Found) -> None:
    pupil(village)
    paid(village, 12, "yulu_plan", date(2022, 7, 31))
    assert found(YULU)[YULU, 12]["state"] == "gap"
    village.feeds["assistance_payment"][0]["paid_on"] = date(2022, 8, 1)
    assert found(YULU)[YULU, 12]["state"] == "received"


def test_unknown_is_not_false(village: Any, found: Found) -> None:
    pupil(village)
    village.households[0]["household_type"] = None
    row = found(YULU)[YULU, 12]
    assert (row["state"], row["missing_facts"]) == ("cannot_tell", ["in_policy_scope"])
    village.households[0]["household_type"] = "alleviated"
    village.without("assistance_payment")
    row = found(YULU)[YULU, 12]
    assert (row["state"], row["received"], row["missing_facts"]) == ("cannot_tell", None, ["received"])
    assert row["sentence"].endswith("没有数据说明是否已享受，请核对")


def test_where_a_whole_source_is_missing_nobody_is_listed_for_want_of_it(village: Any, found: Found) -> None:
    village.without("disability_certificate")
    assert ("disability.care_allowance", 11) not in found("disability.care_allowance")


def test_an_amount_of_which_a_part_is_unknown_is_unknown(village: Any, found: Found) -> None:
    pupil(village)
    paid(village, 12, "yulu_plan", date(2023, 4, 1), 3000.0)
    paid(village, 12, "yulu_plan", date(2023, 5, 1), None)
    row = found(YULU)[YULU, 12]
    assert (row["state"], row["received"]) == ("received", None)


def test_a_yearly_payment_made_twice_is_one_too_many(village: Any, found: Found) -> None:
    village.households[0]["household_type"] = "alleviated"
    for month in (3, 4):
        paid(village, 11, "job_retention", date(2023, month, 1), 1200.0)
    row = found("jobs.retention")["jobs.retention", 11]
    assert (row["state"], row["received"]) == ("over", 2400.0)
    assert row["sentence"] == "“务工稳岗补助”有2次享受记录，超过规定，已领 2,400 元"


def test_the_dead_and_those_who_left_get_nothing_after_the_month(village: Any, found: Found) -> None:
    village.person(12, 1, birth_date=date(1938, 5, 1), status="dead")
    village.row("population_change", 12, change="death", changed_on=date(2023, 3, 5))
    paid(village, 12, "elderly_allowance", date(2023, 3, 31))
    assert found(AGED) == {}
    paid(village, 12, "elderly_allowance", date(2023, 6, 30))
    row = found(AGED)[AGED, 12]
    assert (row["state"], row["amount"], row["received"]) == ("over", 0.0, 150.0)
    assert row["sentence"] == "已于 2023-03-05 死亡、迁出或服刑，2023-06-30 仍在发放“高龄津贴”，已领 150 元"


def test_who_left_on_an_unknown_day_is_to_be_checked(village: Any, found: Found) -> None:
    village.person(12, 1, birth_date=date(1938, 5, 1), status="dead")
    paid(village, 12, "elderly_allowance", date(2023, 6, 30))
    row = found(AGED)[AGED, 12]
    assert (row["state"], row["missing_facts"]) == ("cannot_tell", ["left_on"])


def test_the_dead_are_found_on_lists_without_a_day_of_payment_too(village: Any, found: Found) -> None:
    village.person(12, 1, birth_date=date(1970, 5, 1), status="dead")
    village.row("population_change", 12, change="death", changed_on=date(2023, 3, 5))
    village.row("disability_certificate", 12, disability_kind="limb", disability_grade="1", care_allowance=True)
    row = found("disability.care_allowance")["disability.care_allowance", 12]
    assert row["state"] == "over"
    assert "名单上仍在发放“重度残疾人护理补贴”" in row["sentence"]


def test_a_household_policy_paid_to_somebody_dead_is_found(village: Any, found: Found) -> None:
    village.person(12, 1, birth_date=date(1938, 5, 1), status="dead")
    village.row("population_change", 12, change="death", changed_on=date(2022, 10, 5))
    paid(village, 12, "winter_relief", date(2022, 12, 1), 500.0)
    assert found("temporary_relief.winter_relief")["temporary_relief.winter_relief", 12]["state"] == "over"


def poor_old_alone(village: Any) -> None:
    village.persons[0] |= {"birth_date": date(1945, 5, 1), "labour": "none", "work_months": 0.0}
    village.incomes[0] |= {"net_income": 3000.0, "per_capita_income": 3000.0, "members": 1.0}


def test_extreme_hardship_goes_before_minimum_living(village: Any, found: Found) -> None:
    poor_old_alone(village)
    rows = found(DIBAO, TEKUN)
    assert (rows[TEKUN, 11]["state"], rows[DIBAO, 11]["state"]) == ("cannot_tell", "gap")  # hardship is only presumed
    for kind in ("extreme_hardship", "minimum_living"):
        village.row("civil_assistance", 11, kind=kind, amount=600.0, paid_on=date(2023, 7, 1))
    rows = found(DIBAO, TEKUN)
    assert (rows[TEKUN, 11]["state"], rows[DIBAO, 11]["state"]) == ("received", "over")
    assert rows[DIBAO, 11]["sentence"].startswith("已享受“特困人员救助供养”，不能同时享受“农村最低生活保障”")
    village.feeds["civil_assistance"].pop()
    assert (DIBAO, 11) not in found(DIBAO, TEKUN)


def test_of_policies_told_by_the_same_rows_only_the_highest_counts(village: Any, found: Found) -> None:
    full, part, third = (f"medical.premium_aid_{one}" for one in ("full", "part", "alleviated"))
    village.households[0] |= {"household_type": "alleviated", "monitor_type": "marginal"}
    village.row("civil_assistance", 11, kind="extreme_hardship", amount=600.0, paid_on=date(2023, 7, 1))
    village.row("medical_enrolment", 11, insured=True, premium_aid=True, premium_aid_amount=350.0)
    states = {policy: row["state"] for (policy, _person), row in found(full, part, third).items()}
    assert states == {full: "received"}
    village.feeds["civil_assistance"].clear()
    states = {policy: row["state"] for (policy, _person), row in found(full, part, third).items()}
    assert states == {part: "received"}


def test_amounts_that_a_county_has_not_filed_are_unknown_and_said_to_be(village: Any, found: Found) -> None:
    village.households[0] |= {"household_type": "alleviated", "region_code": "140821001001"}
    village.persons[0]["work_area"] = "other_province"
    row = found("jobs.transport_subsidy")["jobs.transport_subsidy", 11]
    assert (row["state"], row["amount"]) == ("gap", None)
    assert "（金额待县里填写）" in row["sentence"]
    later = found("jobs.transport_subsidy", as_of=date(2024, 9, 1))["jobs.transport_subsidy", 11]
    assert later["amount"] == 1500.0


def test_a_policy_of_another_county_concerns_nobody_here(village: Any) -> None:
    village.households[0]["region_code"] = "140821001001"
    result = screened(village, ["medical.supplementary_insurance"])
    assert result.plan.entitlement.policies == ()
    result.close()


def test_a_county_s_own_policy_takes_the_place_of_the_general_one(village: Any, rulebook: Rulebook) -> None:
    own = rulebook.texts[f"policies/{AGED}.yaml"].replace(f"id: {AGED}", f"id: {AGED}_here\nreplaces: {AGED}")
    own = own.replace("eligible: age >= elderly_allowance_age", "eligible: age >= elderly_allowance_age - 10")
    own = own.replace("in_force: {from: 2021-01-01}", 'in_force: {from: 2021-01-01}\nregion: "149901001000"')
    own = own[: own.index("cases:")] + (
        "cases:\n"
        + "".join(
            f'  - {{name: {then}, on: 2023-08-01, region: "149901001000", given: {given}, then: {then}}}\n'
            for then, given in (
                ("gap", "{age: 71, received: false}"), ("received", "{age: 71, received: true}"),
                ("none", "{age: 69, received: false}"), ("cannot_tell", "{age: null, received: false}"),
            )
        )
    )  # fmt: skip
    village.rulebook = build_rulebook({**rulebook.texts, f"policies/{AGED}_here.yaml": own})
    assert all(one.passed for one in run_policy_cases(village.rulebook, policies=[f"{AGED}_here"]))
    village.persons[0]["birth_date"] = date(1950, 5, 1)
    village.household(2, region_code="149901002001")
    village.person(21, 2, birth_date=date(1940, 5, 1))
    result = screened(village, [AGED, f"{AGED}_here"])
    rows = {(row["policy_id"], row["person_key"]) for row in result.entitlements.to_pylist()}
    assert rows == {(f"{AGED}_here", 11), (AGED, 21)}
    result.close()


def test_the_result_is_kept_and_a_household_s_rows_are_found_again(village: Any, tmp_path: Path) -> None:
    pupil(village)
    village.household(2, household_type="alleviated")
    village.person(21, 2, birth_date=date(1940, 5, 1))
    result = screened(village, None)
    folder = result.write(tmp_path / "result")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["policies"][YULU].startswith("1-")
    assert manifest["summary"]["policies"][YULU] == {"gap": {"rows": 1, "yuan": 3000.0}}
    kept = pq.read_table(folder / "entitlements.parquet")
    assert kept["household_key"].to_pylist() == sorted(kept["household_key"].to_pylist())
    for source in (result, folder):
        mine = entitlements_of(source, 2)
        assert AGED in [one.policy_id for one in mine if one.state == "gap"]
        assert {one.person_key for one in mine} <= {21, None}
    result.close()


def test_coverage_counts_those_known_to_be_due_it_only() -> None:
    assert coverage({"received": {"rows": 3}, "gap": {"rows": 1}, "cannot_tell": {"rows": 9}}) == 0.75
    assert coverage({"over": {"rows": 2}}) is None


def test_every_statement_of_policies_can_be_told_to_spark(village: Any) -> None:
    result = screened(village, None)
    statements = [step.sql for step in result.plan.steps if step.name.startswith(("policy", "departed"))]
    statements += result.plan.entitlement.queries.values()
    assert len(statements) > 150
    for sql in statements:
        assert sqlglot.transpile(sql, read="duckdb", write="spark")[0]
    result.close()


def test_every_example_of_every_policy_comes_out(rulebook: Rulebook) -> None:
    results = run_policy_cases(rulebook)
    assert not [one.problem for one in results if not one.passed]
    assert len(results) > 300


def test_an_example_that_does_not_come_out_is_named_with_its_line(rulebook: Rulebook) -> None:
    path = f"policies/{YULU}.yaml"
    wrong = build_rulebook({**rulebook.texts, path: rulebook.texts[path].replace("amount: 3000", "amount: 2999")})
    (problem,) = [one.problem for one in run_policy_cases(wrong, policies=[YULU]) if not one.passed]
    assert problem.startswith(f"rules/{path}:")
    assert "金额应为 2999.0，结果是 3000.0" in problem
