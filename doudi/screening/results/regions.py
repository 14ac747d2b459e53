"""What a screening found for villages and townships, as tables."""
# ruff: noqa: S608 - every name in these statements is an identifier that the rulebook has checked

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from doudi.screening.sql.regions import REGION_ALERTS, REGION_FACTS, REGION_HOUSEHOLDS
from doudi.screening.sql.results import region_facts_sql
from doudi.screening.sql.rules import NO_DATA, outcome_column

if TYPE_CHECKING:
    from doudi.screening.run import ScreeningResult

_TEXTS = ("rule_id", "rule_version", "level", "risk", "department", "region_level", "region_code")
ALERTS_SCHEMA = pa.schema(
    [(name, pa.string()) for name in _TEXTS]
    + [("households", pa.int64())]
    + [(name, pa.string()) for name in ("facts", "thresholds", "legal_basis", "sentence", "sentence_en")]
)
"""`region_level`: village or township. `households`: how many the alert is about."""
CANNOT_TELL_SCHEMA = pa.schema(
    [
        ("rule_id", pa.string()),
        ("region_level", pa.string()),
        ("region_code", pa.string()),
        ("missing_facts", pa.list_(pa.string())),
        ("source", pa.string()),
        ("subjects", pa.int64()),
    ]
)
"""`source`: the absent feed of a line that stands for `subjects` villages and townships."""


def judge_regions(result: "ScreeningResult") -> None:
    """Work out facts and outcomes of all regions; households that an incremental screening left alone count too."""
    if not result.plan.regional.rules:
        return
    if result.incremental and result.basis is not None:
        _whole_county(result)
    for step in (*result.plan.regional_inputs, *result.plan.regional_steps):
        result.engine.make(step)


def _whole_county(result: "ScreeningResult") -> None:
    """Make the two tables that stand for the households of what was worked out now and of what stands."""
    assert result.basis is not None  # noqa: S101 - asked by `judge_regions`
    homes, alerts = result.plan.regional_inputs
    fresh = result.engine.arrow(homes.sql)
    facts = [name for name in fresh.column_names if not name.startswith("gap_")]
    gaps = ["household_key", *(name for name in fresh.column_names if name.startswith("gap_"))]
    kept = result.basis.kept
    standing = kept.table("household_facts", facts)
    if len(gaps) > 1:
        standing = standing.join(kept.table("household_outcomes", gaps), "household_key")
    whole = result.standing(standing.select(fresh.column_names), fresh)
    known = result.engine.arrow(alerts.sql)
    raised = result.basis.kept.table("alerts", [name for name in known.column_names if name != "is_new"])
    raised = result.standing(raised.select([*(n for n in known.column_names if n != "is_new")]), known.drop("is_new"))
    for name, table in ((REGION_HOUSEHOLDS, whole), (REGION_ALERTS, raised)):
        result.engine.add(f"whole_{name}", table)
    sql = result.plan.regional.alerts_of(f"SELECT * FROM whole_{REGION_ALERTS}")
    result.engine.make(type(homes)(REGION_HOUSEHOLDS, f"SELECT * FROM whole_{REGION_HOUSEHOLDS}", homes.title))
    result.engine.make(type(alerts)(REGION_ALERTS, sql, alerts.title))


def region_alerts(result: "ScreeningResult") -> pa.Table:
    """One row an alert of a village or township, the gravest first."""
    if not result.plan.regional.alerts:
        return ALERTS_SCHEMA.empty_table()
    found = result.engine.arrow(result.plan.regional.alerts).select(ALERTS_SCHEMA.names).cast(ALERTS_SCHEMA)
    return found.sort_by([(name, "ascending") for name in ("level", "region_code", "rule_id")])


def region_cannot_tell(result: "ScreeningResult") -> pa.Table:
    """One row a rule and region that could not be judged; a whole absent source is one row a rule."""
    plan = result.plan.regional
    lines = list(_absences(result))
    if plan.cannot_tell:
        for one in result.engine.arrow(plan.cannot_tell).to_pylist():
            lines.append({**one, "missing_facts": one["missing_facts"].split(","), "source": None, "subjects": 1})
    return pa.Table.from_pylist(lines, CANNOT_TELL_SCHEMA)


def _absences(result: "ScreeningResult") -> Iterable[dict[str, Any]]:
    for rule in result.plan.regional.rules:
        sources: dict[str, list[str]] = {}
        for fact, source in result.plan.regional.absent[rule.id].items():
            sources.setdefault(source, []).append(fact)
        if not sources:
            continue
        undecided = f'SELECT COUNT(*) FROM {REGION_FACTS} WHERE "{outcome_column(rule.id)}" = {NO_DATA}'
        (subjects,) = result.engine.row(undecided)
        for source, facts in sources.items():
            if subjects:
                yield {"rule_id": rule.id, "missing_facts": facts, "source": source, "subjects": subjects}


def region_facts(result: "ScreeningResult") -> pa.Table:
    """One row a village and township: level, region_code, every fact, which of them have gaps, every outcome."""
    plan = result.plan.regional
    if not plan.rules:
        return pa.table({"level": pa.array([], pa.string()), "region_code": pa.array([], pa.string())})
    return result.engine.arrow(f"{region_facts_sql(result.plan)} ORDER BY region_code, level")


def counts(result: "ScreeningResult") -> dict[str, Any]:
    """Counts of alerts of villages and townships for the summary."""
    alerts = result.region_alerts
    by_rule = pc.value_counts(alerts["rule_id"]).to_pylist()
    by_level = pc.value_counts(alerts["level"]).to_pylist()
    return {
        "region_alerts": alerts.num_rows,
        "region_alerts_by_level": {str(one["values"]): one["counts"] for one in by_level},
        "region_alerts_by_rule": {str(one["values"]): one["counts"] for one in by_rule},
        "region_cannot_tell": int(pc.sum(result.region_cannot_tell["subjects"]).as_py() or 0),
    }
