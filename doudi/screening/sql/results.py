"""The statements that read a result's tables out of what a plan has made."""
# ruff: noqa: S608 - every name in these statements is an identifier that the rulebook has checked

from collections.abc import Container, Mapping

from doudi.screening.plan import Plan
from doudi.screening.sql.regions import REGION_FACTS
from doudi.screening.sql.rules import outcome_column
from doudi.screening.sql.writing import text

_KEYS = {
    "household_facts": ("household_key", "region_code"),
    "person_facts": ("household_key", "person_key"),
}


def unknown_sql(plan: Plan) -> str:
    """One row a rule and subject that could not be judged."""
    return (
        "SELECT rule_id, household_key, person_key, region_code, "
        "STRING_SPLIT(missing_facts, ',') AS missing_facts, CAST(NULL AS VARCHAR) AS source, "
        f"CAST(1 AS BIGINT) AS subjects FROM ({plan.queries['cannot_tell']}) c"
    )


def facts_sql(plan: Plan, table: str) -> str:
    """Keys and facts of `household_facts` or `person_facts`."""
    subject = table.removesuffix("_facts")
    names = [f'"{fact.id}"' for fact in plan.facts.values() if fact.subject == subject]
    return f"SELECT {', '.join([*_KEYS[table], *names])} FROM {table}"


def outcomes_sql(plan: Plan, table: str, known: Container[str]) -> str:
    """What every rule came to in a table of facts, and which facts have gaps; `known`: the columns it has."""
    keys = ["household_key"] if table == "household_facts" else ["household_key", "person_key"]
    rules = [outcome_column(rule.id) for rule in plan.rules if plan.table_of(rule) == table]
    subjects = {"household_facts": ["household"], "person_facts": ["person"]}.get(table, ["household", "person"])
    gaps = [f"gap_{name}" for name in sorted(plan.gapped) if plan.facts[name].subject in subjects]
    selected = ", ".join(f'"{name}"' for name in (*keys, *rules, *gaps) if name in known)
    return f"SELECT {selected} FROM {table}"


def region_facts_sql(plan: Plan) -> str:
    """Level, code, facts, gaps and outcomes of every village and township."""
    regional = plan.regional
    columns = ["level", "region_code", *regional.facts, *(f"gap_{name}" for name in sorted(regional.gapped))]
    columns += [outcome_column(rule.id) for rule in regional.rules]
    selected = ", ".join(f'"{name}"' for name in columns)
    return f"SELECT {selected} FROM {REGION_FACTS}"


def unmatched_sql(tables: Mapping[str, str], key: str, registered: str) -> str:
    """One row a feed: rows, rows that name somebody (by `key`), rows that name somebody in the table `registered`.

    `tables`: feed → its table.
    """
    counted = " UNION ALL ".join(
        f"SELECT {text(feed)} AS feed, {key}, COUNT(*) AS times FROM {table} GROUP BY {key}"
        for feed, table in tables.items()
    )
    total = (
        ("rows", "n.times"),
        ("named", f"CASE WHEN n.{key} IS NOT NULL THEN n.times END"),
        ("known", f"CASE WHEN p.{key} IS NOT NULL THEN n.times END"),
    )
    sums = ", ".join(f"CAST(SUM({sql}) AS BIGINT) AS {name}" for name, sql in total)
    return (
        f"SELECT n.feed, {sums} FROM ({counted}) n "
        f"LEFT JOIN (SELECT DISTINCT {key} FROM {registered}) p ON p.{key} = n.{key} GROUP BY n.feed"
    )
