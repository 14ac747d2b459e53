"""Every policy held to the examples in its own file, through the same compiled conditions that judge a county."""
# ruff: noqa: S608 - every name in these statements is an identifier that the rulebook has checked

from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa

from doudi.rulebook import MissingParameter, Policy, Rulebook
from doudi.rulebook.policies import PolicyCase
from doudi.rulebook.receipts import RECEIVED, RECEIVED_LAST, RECEIVED_TIMES, RECEIVED_YUAN
from doudi.screening.cases import given_column
from doudi.screening.engines.duckdb import DuckDb
from doudi.screening.sql.policies import judged_sql, state_sql
from doudi.screening.sql.rules import RuleSql
from doudi.screening.thresholds import Thresholds, unknown_value
from doudi.standards.codes import EntitlementState

NONE = "none"
LABELS = {str(state.value): state.label for state in EntitlementState} | {NONE: "无关"}


@dataclass(frozen=True, slots=True)
class PolicyCaseResult:
    """What an example came to. `problem` is empty when it came to what the file says."""

    policy_id: str
    case: PolicyCase
    outcome: str
    amount: float | None
    problem: str

    @property
    def passed(self) -> bool:
        return not self.problem


def run_policy_cases(rulebook: Rulebook, *, policies: Iterable[str] | None = None) -> list[PolicyCaseResult]:
    """All examples of the policies (or of those named), in order; one query a policy."""
    names = rulebook.policies if policies is None else policies
    engine = DuckDb(threads=1)
    try:
        return [result for name in names for result in _run(rulebook.policies[name], rulebook, engine)]
    finally:
        engine.close()


def _run(policy: Policy, rulebook: Rulebook, engine: DuckDb) -> list[PolicyCaseResult]:
    refused: dict[int, str] = {}
    values: dict[str, dict[str, object]] = {}
    for number, case in enumerate(policy.cases):
        if not policy.dated(case.on):
            refused[number] = f"政策在 {case.on} 不施行，请改例子的日期"
        elif not any(region.covers(case.region) for region in policy.regions):
            refused[number] = f"政策在 {case.region} 不施行，请改例子的地区"
        else:
            try:
                values[str(number)] = _values(policy, case, rulebook)
            except MissingParameter as error:
                refused[number] = error.message
    found = _outcomes(policy, rulebook, values, engine) if values else {}
    return [
        _result(policy, case, refused.get(number, ""), *found.get(number, (None, None)))
        for number, case in enumerate(policy.cases)
    ]


def _values(policy: Policy, case: PolicyCase, rulebook: Rulebook) -> dict[str, object]:
    """Parameter → value there; an amount that nobody has filed is unknown. Raises MissingParameter for others."""
    found: dict[str, object] = {}
    for name in policy.all_parameters:
        try:
            found[name] = rulebook.parameters[name].value(region=case.region, on=case.on)
        except MissingParameter:
            if name in policy.needed_parameters:
                raise
            found[name] = unknown_value(rulebook.parameters[name], case.region, case.on)
    return found


def _outcomes(
    policy: Policy, rulebook: Rulebook, values: dict[str, dict[str, object]], engine: DuckDb
) -> dict[int, tuple[str | None, float | None]]:
    numbers = [int(number) for number in values]
    day = policy.cases[numbers[0]].on
    parameters = {name: rulebook.parameters[name] for name in policy.all_parameters}
    thresholds = Thresholds(day, 12, parameters, values)  # type: ignore[arg-type]
    cases = [policy.cases[number] for number in numbers]
    given = pa.table(
        {"number": pa.array(numbers, pa.int32()), "region_key": pa.array(list(values), pa.string())}
        | {
            name: given_column(rulebook.facts[name].type.kind, [one.given[name] for one in cases])
            for name in policy.facts
        }
        | {
            RECEIVED: pa.array([one.given.get(RECEIVED) for one in cases], pa.bool_()),
            RECEIVED_TIMES: pa.array([_number(one.given.get(RECEIVED_TIMES)) for one in cases], pa.float64()),
            RECEIVED_YUAN: pa.nulls(len(cases), pa.float64()),
            RECEIVED_LAST: pa.nulls(len(cases), pa.date32()),
        }
    )
    rules = RuleSql(rulebook.facts, thresholds, set(), {}, {}, {}, day)
    engine.add("given", given)
    engine.add("parameters_here", thresholds.table())
    base = "SELECT * FROM given JOIN parameters_here USING (region_key)"
    if policy.receives is not None:
        received = f"{rules.condition(policy.receives)} AS {RECEIVED}"
        base = f"SELECT * REPLACE ({received}) FROM ({base}) b"
    judged = judged_sql(policy, rules, base)
    alone = f"SELECT f.*, CAST(NULL AS TEXT) AS beside, FALSE AS due_beside, FALSE AS shared FROM ({judged}) f"
    rows = engine.arrow(f"SELECT number, {state_sql(policy)} AS state, yuan, eligible FROM ({alone}) f")
    return {
        row["number"]: (row["state"] or NONE, row["yuan"] if row["eligible"] and row["state"] != "over" else 0.0)
        for row in rows.to_pylist()
    }


def _number(value: object) -> float | None:
    return None if value is None else float(str(value))


def _result(
    policy: Policy, case: PolicyCase, refused: str, outcome: str | None, amount: float | None
) -> PolicyCaseResult:
    problem = refused
    if not problem and outcome != case.then:
        problem = f"应为{LABELS[case.then]}，结果是{LABELS[outcome or NONE]}"
    elif not problem and case.tells_amount and amount != case.amount:
        problem = f"金额应为 {case.amount}，结果是 {amount}"
    if problem:
        problem = f"{case.file}:{case.line}: {policy.id}「{case.name}」{problem}，请核对条件或例子"
    return PolicyCaseResult(policy.id, case, "error" if refused else outcome or NONE, amount, problem)
