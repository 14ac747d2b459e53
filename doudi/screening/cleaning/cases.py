"""Every check held to the examples in its own file, and to the repairs that they say it proposes."""

from collections.abc import Iterable

from doudi.rulebook import Rulebook
from doudi.rulebook.checks import Check, CheckCase
from doudi.screening.cases import OUTCOME_LABELS, CaseResult, Tried
from doudi.screening.cleaning.statements import CheckSql, value_text
from doudi.screening.engines.duckdb import DuckDb

_LABELS = OUTCOME_LABELS | {"raised": "有问题", "not_raised": "没有问题"}


def run_check_cases(rulebook: Rulebook, *, checks: Iterable[str] | None = None) -> list[CaseResult]:
    """All examples of the checks (or of those named), in order; one query a check."""
    wanted = list(rulebook.checks.values()) if checks is None else [rulebook.checks[name] for name in checks]
    engine = DuckDb(threads=1)
    try:
        return [result for check in wanted for result in _run(check, rulebook, engine)]
    finally:
        engine.close()


def _run(check: Check, rulebook: Rulebook, engine: DuckDb) -> list[CaseResult]:
    tried = Tried.of(check, rulebook)
    found: dict[int, tuple[bool | None, bool, str | None]] = {}
    if tried.values:
        sql = tried.sql(check, rulebook)
        tried.give(check, rulebook, engine)
        checks = CheckSql(sql)
        repaired, value = checks.repair_of(check)
        rows = engine.arrow(
            f"SELECT f.number, {checks.condition(check)} AS met, {repaired} AS repaired, {value} AS value "  # noqa: S608
            "FROM (SELECT * FROM given JOIN parameters_here USING (region_key)) f"
        )
        found = {one["number"]: (one["met"], one["repaired"], one["value"]) for one in rows.to_pylist()}
    return [_result(check, case, tried.refused.get(at, ""), found.get(at)) for at, case in enumerate(check.cases)]


def _result(
    check: Check, case: CheckCase, refused: str, found: tuple[bool | None, bool, str | None] | None
) -> CaseResult:
    place = f"{case.file}:{case.line}: {check.id}「{case.name}」"
    if refused or found is None:
        return CaseResult(check.id, case, "error", None, f"{place}{refused or '没有结果'}")
    met, repaired, value = found
    outcome = "cannot_tell" if met is None else "raised" if met else "not_raised"
    problem = ""
    if outcome != case.then:
        problem = f"应为{_LABELS[case.then]}，结果是{_LABELS[outcome]}"
    elif case.tells_repair:
        wanted = None if case.repaired is None else value_text(case.repaired)
        if not repaired:
            problem = f"应建议改为{wanted or '空'}，结果没有建议"
        elif value != wanted:
            problem = f"应建议改为{wanted or '空'}，结果建议改为{value or '空'}"
    if problem:
        problem = f"{place}{problem}，请核对条件或例子"
    return CaseResult(check.id, case, outcome, None, problem)
