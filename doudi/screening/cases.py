"""Every rule held to the examples in its own file, through the same compiled condition that screens a county."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pyarrow as pa

from doudi.rulebook import Case, MissingParameter, Rule, Rulebook
from doudi.rulebook.loading import MEMBER_FACT
from doudi.rulebook.value_types import ValueType
from doudi.screening.engines.duckdb import DuckDb
from doudi.screening.sql.rules import ESCALATED, OUTCOMES, RuleSql
from doudi.screening.thresholds import ARROW_TYPES, Thresholds

OUTCOME_LABELS = {"raised": "预警", "not_raised": "不预警", "cannot_tell": "无法判断"}


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What an example came to. `problem` is empty when it came to what the file says."""

    rule_id: str
    case: Case
    outcome: str
    level: str | None
    problem: str

    @property
    def passed(self) -> bool:
        return not self.problem


def run_cases(rulebook: Rulebook, *, rules: Iterable[str] | None = None) -> list[CaseResult]:
    """All examples of the rules (or of those named), in order; one query a rule."""
    wanted = list(rulebook.rules.values()) if rules is None else [rulebook.rules[name] for name in rules]
    engine = DuckDb(threads=1)
    try:
        return [result for rule in wanted for result in _run(rule, rulebook, engine)]
    finally:
        engine.close()


def _run(rule: Rule, rulebook: Rulebook, engine: DuckDb) -> list[CaseResult]:
    refused: dict[int, str] = {}
    values: dict[str, dict[str, object]] = {}
    for number, case in enumerate(rule.cases):
        if not rule.dated(case.on):
            refused[number] = f"规则在 {case.on} 不施行，请改例子的日期"
            continue
        try:
            values[str(number)] = {
                name: rulebook.parameters[name].value(region=case.region, on=case.on) for name in rule.parameters
            }
        except MissingParameter as error:
            refused[number] = error.message
    outcomes = _outcomes(rule, rulebook, values, engine) if values else {}
    return [
        _result(rule, case, refused.get(number, ""), outcomes.get(number)) for number, case in enumerate(rule.cases)
    ]


def _outcomes(rule: Rule, rulebook: Rulebook, values: dict[str, dict[str, object]], engine: DuckDb) -> dict[int, int]:
    parameters = {name: rulebook.parameters[name] for name in rule.parameters}
    day = rule.cases[int(next(iter(values)))].on
    thresholds = Thresholds(day, 12, parameters, values)  # type: ignore[arg-type]
    numbers = [int(number) for number in values]
    given = pa.table(
        {
            "number": pa.array(numbers, pa.int32()),
            "region_key": pa.array(list(values), pa.string()),
            MEMBER_FACT: pa.array([True] * len(numbers)),
        }
        | {
            name: given_column(rulebook.facts[name].type.kind, [rule.cases[one].given[name] for one in numbers])
            for name in rule.facts
        }
    )
    sql = RuleSql(rulebook.facts, thresholds, set(), {rule.id: {}}, {rule.id: ""}, {}, day)
    engine.add("given", given)
    engine.add("parameters_here", thresholds.table())
    rows = engine.arrow(
        f"SELECT number, {sql.outcome(rule)} AS outcome FROM given JOIN parameters_here USING (region_key)"  # noqa: S608
    )
    return dict(zip(rows["number"].to_pylist(), rows["outcome"].to_pylist(), strict=True))


def given_column(kind: ValueType, given: Sequence[object]) -> pa.Array:
    """Values given in examples as a column of their kind."""
    if kind is ValueType.NUMBER:
        given = [None if one is None else float(str(one)) for one in given]
    return pa.array(given, ARROW_TYPES[kind])


def _result(rule: Rule, case: Case, refused: str, code: int | None) -> CaseResult:
    if refused:
        return CaseResult(rule.id, case, "error", None, f"{case.file}:{case.line}: {rule.id}「{case.name}」{refused}")
    outcome = OUTCOMES[code or 0]
    level = None
    if outcome == "raised":
        level = rule.escalate.level if code == ESCALATED and rule.escalate else rule.level
    problem = ""
    if outcome != case.then:
        problem = f"应为{OUTCOME_LABELS[case.then]}，结果是{OUTCOME_LABELS[outcome]}"
    elif case.level is not None and level != case.level:
        problem = f"级别应为 {case.level}，结果是 {level or '无'}"
    if problem:
        problem = f"{case.file}:{case.line}: {rule.id}「{case.name}」{problem}，请核对条件或例子"
    return CaseResult(rule.id, case, outcome, level, problem)
