"""Every rule held to the examples in its own file, through the same compiled condition that screens a county."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pyarrow as pa

from doudi.rulebook import Case, MissingParameter, ParameterValue, Rule, Rulebook
from doudi.rulebook.checks import Check
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
    tried = Tried.of(rule, rulebook)
    outcomes = _outcomes(rule, rulebook, tried, engine)
    return [
        _result(rule, case, tried.refused.get(number, ""), outcomes.get(number))
        for number, case in enumerate(rule.cases)
    ]


def _outcomes(rule: Rule, rulebook: Rulebook, tried: "Tried", engine: DuckDb) -> dict[int, int]:
    if not tried.values:
        return {}
    sql = tried.sql(rule, rulebook)
    tried.give(rule, rulebook, engine)
    rows = engine.arrow(
        f"SELECT number, {sql.outcome(rule)} AS outcome FROM given JOIN parameters_here USING (region_key)"  # noqa: S608
    )
    return dict(zip(rows["number"].to_pylist(), rows["outcome"].to_pylist(), strict=True))


@dataclass(frozen=True)
class Tried:
    """The examples of a rule or check that can be tried, each in a region of its own named by its number."""

    refused: dict[int, str]
    """Number → why it cannot be tried."""
    values: dict[str, dict[str, ParameterValue]]
    """Number → the parameters that hold where and when it plays."""

    @classmethod
    def of(cls, text: Rule | Check, rulebook: Rulebook) -> "Tried":
        refused: dict[int, str] = {}
        values: dict[str, dict[str, ParameterValue]] = {}
        for number, case in enumerate(text.cases):
            if not text.dated(case.on):
                refused[number] = f"{'规则' if isinstance(text, Rule) else '核查'}在 {case.on} 不施行，请改例子的日期"
                continue
            try:
                values[str(number)] = {
                    name: rulebook.parameters[name].value(region=case.region, on=case.on) for name in text.parameters
                }
            except MissingParameter as error:
                refused[number] = error.message
        return cls(refused, values)

    def thresholds(self, text: Rule | Check, rulebook: Rulebook) -> Thresholds:
        parameters = {name: rulebook.parameters[name] for name in text.parameters}
        return Thresholds(text.cases[int(next(iter(self.values)))].on, 12, parameters, self.values)

    def sql(self, text: Rule | Check, rulebook: Rulebook) -> RuleSql:
        """Writes the condition over the tables that `give` makes."""
        thresholds = self.thresholds(text, rulebook)
        return RuleSql(rulebook.facts, thresholds, set(), {text.id: {}}, {text.id: ""}, {}, thresholds.as_of)

    def give(self, text: Rule | Check, rulebook: Rulebook, engine: DuckDb) -> None:
        """Make the tables `given` (one row an example) and `parameters_here`."""
        numbers = [int(number) for number in self.values]
        given = {
            "number": pa.array(numbers, pa.int32()),
            "region_key": pa.array(list(self.values), pa.string()),
            MEMBER_FACT: pa.array([True] * len(numbers)),
        }
        given |= {
            name: given_column(rulebook.facts[name].type.kind, [text.cases[one].given[name] for one in numbers])
            for name in text.facts
        }
        engine.add("given", pa.table(given))
        engine.add("parameters_here", self.thresholds(text, rulebook).table())


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
