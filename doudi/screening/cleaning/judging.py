"""A plan of checks run: the tables made, the checks held against them, one row an issue."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from doudi.rulebook.checks import Check
from doudi.rulebook.sources import HOUSEHOLD, INCOME, PERSON
from doudi.screening.cleaning.plan import CheckPlan
from doudi.screening.cleaning.statements import table_of
from doudi.screening.engines.duckdb import DuckDb, Progress
from doudi.screening.engines.engine import Engine
from doudi.screening.sql.sources import table_name
from doudi.screening.tables import check_whole

ISSUES_SCHEMA: Final = pa.schema(
    [
        ("check_id", pa.string()),
        ("check_version", pa.string()),
        ("severity", pa.string()),
        ("topic", pa.string()),
        ("subject", pa.string()),
        ("responsible", pa.string()),
        ("household_key", pa.int64()),
        ("person_key", pa.int64()),
        ("region_code", pa.string()),
        ("columns", pa.list_(pa.string())),
        ("facts", pa.string()),
        ("thresholds", pa.string()),
        ("sentence", pa.string()),
        ("sentence_en", pa.string()),
        ("repair_column", pa.string()),
        ("repair_value", pa.string()),
        ("repair_because", pa.string()),
        ("legal_basis", pa.string()),
    ]
)
"""An issue of a household has no `person_key`. `repair_column` is null when no repair is sure; `repair_value` is the
value as text (a code, a day as 2023-08-01), null to empty the cell. `facts`, `thresholds`, `legal_basis` are JSON."""

TOGETHER: Final = 12
"""Checks asked in one statement, so that the engine has work for all its cores."""


def judge(
    engine: Engine, plan: CheckPlan, *, households: Iterable[int] | None = None, progress: Progress | None = None
) -> tuple[dict[str, tuple[int, int]], pa.Table]:
    """Run every statement over the tables that the engine has; check → raised and unknown, and the issues.

    `households`: only these are judged.
    """
    tell = progress or (lambda share, what: None)
    if plan.thresholds.varying:
        engine.add("parameters_here", plan.thresholds.table())
    whole = [*plan.shared, *plan.steps]
    for number, step in enumerate(whole):
        if number == len(plan.shared) and households is not None:
            _narrow(engine, plan, households)
        tell(number / len(whole) * 0.7, step.title)
        engine.make(step)
    check_whole(engine)
    few = households is not None
    counts = _counted(engine, plan, plan.checks) if few else {}
    certain: frozenset[str] = frozenset() if few else _always_told(engine, plan)
    asked = [check for check in plan.checks if not few or counts[check.id][0]]
    parts: list[pa.Table] = []
    for start in range(0, len(asked), TOGETHER):
        some = asked[start : start + TOGETHER]
        tell(0.7 + start / len(asked) * 0.3, some[0].title)
        parts.append(engine.arrow(plan.sql.all_issues(some)))
        if not few:
            found = _rows_of(parts[-1])
            unknown = _unknown(engine, plan, [check for check in some if check.id not in certain])
            counts |= {check.id: (found.get(check.id, 0), unknown.get(check.id, 0)) for check in some}
    tell(1.0, "完成")
    return counts, _with_heads(pa.concat_tables(parts), asked, plan.versions) if parts else ISSUES_SCHEMA.empty_table()


def _rows_of(issues: pa.Table) -> dict[str, int]:
    """Check → how many issues."""
    return {one["values"]: one["counts"] for one in pc.value_counts(issues["check_id"]).to_pylist()}


def _unknown(engine: Engine, plan: CheckPlan, checks: Sequence[Check]) -> dict[str, int]:
    """Check → how many rows it cannot be told for."""
    if not checks:
        return {}
    asked = ", ".join(f"({plan.sql.unknown(check)})" for check in checks)
    return dict(zip((check.id for check in checks), engine.row(f"SELECT {asked}"), strict=True))


def _always_told(engine: Engine, plan: CheckPlan) -> frozenset[str]:
    """The checks that come to yes or no for everybody, as far as the values that are there show it.

    They need no count of those who cannot be told, which is dear for millions; of a few households it is cheaper to
    count than to ask.
    """
    full: dict[str, set[str]] = {}
    for table, (names, query) in plan.sql.filling(plan.checks).items():
        total, *filled = engine.row(query)
        full[table] = {name for name, count in zip(names, filled, strict=True) if count == total}
    told = [check for check in plan.checks if plan.sql.always_told(check, full[table_of(check)])]
    return frozenset(check.id for check in told)


def _counted(engine: Engine, plan: CheckPlan, checks: Sequence[Check]) -> dict[str, tuple[int, int]]:
    counts: dict[str, tuple[int, int]] = {}
    for mine, query in plan.sql.counting(checks):
        total, *numbers = engine.row(query)
        for at, check in enumerate(mine):
            counts[check.id] = (numbers[2 * at], total - numbers[2 * at + 1])
    return counts


def _narrow(engine: Engine, plan: CheckPlan, households: Iterable[int]) -> None:
    """Leave only some households in."""
    if not isinstance(engine, DuckDb):
        raise ValueError("只核查部分户时请用 DuckDB")
    engine.add("households_judged", pa.table({"household_key": pa.array(list(households), pa.int64())}))
    for source in (HOUSEHOLD, PERSON, INCOME):
        engine.narrow(table_name(source), "household_key IN (SELECT household_key FROM households_judged)")
    for source in {fact.source.id for fact in plan.facts.values() if fact.source.is_feed}:
        if table_name(source) in plan.columns:
            engine.narrow(table_name(source), "person_key IN (SELECT person_key FROM registry_person)")


def _with_heads(found: pa.Table, checks: list[Check], versions: Mapping[str, str]) -> pa.Table:
    """The issues with what is the same for all issues of a check."""
    at = pc.index_in(found["check_id"].combine_chunks(), pa.array([check.id for check in checks]))
    repairs = [check.repair.column if check.repair else None for check in checks]
    heads = {
        "check_version": [versions[check.id] for check in checks],
        "severity": [check.severity for check in checks],
        "topic": [check.topic for check in checks],
        "subject": [check.subject for check in checks],
        "responsible": [check.responsible for check in checks],
        "legal_basis": [_basis(check) for check in checks],
    }
    columns = {name: pa.array(values, pa.string()).take(at) for name, values in heads.items()}
    columns["columns"] = pa.array([list(check.columns) for check in checks], pa.list_(pa.string())).take(at)
    repaired = found["repaired"].combine_chunks()
    proposed = pa.array(repairs, pa.string()).take(at)
    columns["repair_column"] = pc.if_else(repaired, proposed, pa.scalar(None, pa.string()))
    whole = {name: columns[name] if name in columns else found[name] for name in ISSUES_SCHEMA.names}
    return pa.table(whole).cast(ISSUES_SCHEMA)


def _basis(check: Check) -> str:
    return json.dumps([one.model_dump(exclude_defaults=True) for one in check.legal_basis], ensure_ascii=False)
