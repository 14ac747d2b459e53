"""Who is entitled to what: the policies of a screening, as steps of its plan and as a table of its result."""
# ruff: noqa: S608 - every name in these statements is an identifier that the rulebook has checked

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from doudi.rulebook import Fact, Policy, Rulebook
from doudi.rulebook.loading import MEMBER_FACT
from doudi.rulebook.policies import COUNTRY
from doudi.rulebook.receipts import GRACE, LEFT_ON
from doudi.screening.sql.facts import FactSql
from doudi.screening.sql.policies import DEPARTED, POLICY_PERSONS, EntitlementSql, departed_table, policy_table
from doudi.screening.sql.policy_words import EntitlementWords
from doudi.screening.sql.rules import RuleSql, union_all
from doudi.screening.sql.writing import text
from doudi.screening.thresholds import Thresholds
from doudi.standards.codes import EntitlementState
from doudi.standards.regions import RegionCode

if TYPE_CHECKING:
    from doudi.screening.run import ScreeningResult

ENTITLEMENTS_SCHEMA: Final = pa.schema(
    [
        ("policy_id", pa.string()),
        ("policy_version", pa.string()),
        ("household_key", pa.int64()),
        ("person_key", pa.int64()),
        ("region_code", pa.string()),
        ("state", pa.string()),
        ("amount", pa.float64()),
        ("received", pa.float64()),
        ("department", pa.string()),
        ("facts", pa.string()),
        ("thresholds", pa.string()),
        ("legal_basis", pa.string()),
        ("sentence", pa.string()),
        ("sentence_en", pa.string()),
        ("missing_facts", pa.list_(pa.string())),
    ]
)
"""One row a policy and subject. `state`: gap, over, cannot_tell, received; `amount`: yuan a year entitled, null in kind
or when not filed; `received`: yuan in the months that count, null when nothing tells."""
STATES = tuple(str(state.value) for state in EntitlementState)
TITLE = "核对政策"


@dataclass(frozen=True)
class EntitlementPlan:
    """The policies of a screening, and the statements that judge them."""

    policies: tuple[Policy, ...]
    versions: Mapping[str, str]
    absent: Mapping[str, Mapping[str, str]]
    """Policy → fact of its conditions → the absent source that makes it unknown for everybody."""
    unpaid: Mapping[str, str]
    """Policy → the absent feed that would tell who receives it."""
    steps: tuple[tuple[str, str, str], ...]
    """Name, SQL and title."""
    queries: Mapping[str, str]
    """Table that the steps make → query of its rows for people, `missing_facts` with commas."""

    @property
    def query(self) -> str:
        """All rows in one query; empty without policies."""
        return union_all(list(self.queries.values()))


NO_POLICIES: Final = EntitlementPlan((), {}, {}, {}, (), {})


def policies_for(
    rulebook: Rulebook, named: Iterable[str] | None, region_codes: Iterable[str], *, as_of: date
) -> tuple[Policy, ...]:
    """The policies in force on a day somewhere in the data; `named`: only these (None: all)."""
    wanted = None if named is None else set(named)
    codes = tuple(region_codes)
    return tuple(
        policy
        for policy in rulebook.policies_on(as_of)
        if (wanted is None or policy.id in wanted)
        and any(one == COUNTRY or any(one.covers(code) for code in codes) for one in policy.regions)
    )


def facts_needed(policies: Iterable[Policy]) -> set[str]:
    """The facts that a screening must work out for policies."""
    chosen = tuple(policies)
    names = {name for policy in chosen for name in policy.facts}
    return names | ({LEFT_ON, MEMBER_FACT} if any(policy.received for policy in chosen) else set())


def parameters_needed(rulebook: Rulebook, policies: Iterable[Policy]) -> dict[str, tuple[RegionCode, ...]]:
    """Parameter → the regions in which policies must have a value of it; amounts need none anywhere."""
    found: dict[str, set[RegionCode]] = {}
    for policy in policies:
        needed = set(policy.needed_parameters) | ({GRACE} if policy.received is not None else set())
        for name in policy.all_parameters | needed:
            found.setdefault(name, set()).update(policy.regions if name in needed else ())
    return {name: tuple(sorted(regions)) for name, regions in found.items()}


def apart(policies: Iterable[Policy]) -> tuple[Fact, ...]:
    """The facts that are worked out for one policy alone."""
    return tuple(fact for policy in policies if policy.received is not None for fact in policy.received.facts)


def plan_entitlements(
    policies: tuple[Policy, ...], rulebook: Rulebook, *, writer: FactSql, thresholds: Thresholds
) -> EntitlementPlan:
    """Compile policies. `writer` has written the facts of persons and households."""
    if not policies:
        return NO_POLICIES
    by_id = {policy.id: policy for policy in policies}
    rules = RuleSql(writer.facts, thresholds, writer.gapped, {}, {}, rulebook.code_labels, writer.as_of)
    absent = {policy.id: _absent(policy, writer) for policy in policies}
    versions = {policy.id: policy_version(policy, rulebook, thresholds) for policy in policies}
    sql = EntitlementSql(by_id, writer, rules, absent)
    words = EntitlementWords(rules, versions)
    steps: list[tuple[str, str, str]] = []
    if any(policy.subject == "person" for policy in policies):
        steps.append((POLICY_PERSONS, sql.persons(), TITLE))
    ordered = _in_order(policies, sql.before)
    steps += [(policy_table(policy.id), sql.table(policy), TITLE) for policy in ordered]
    gone = {policy.id: query for policy in policies if (query := sql.departed_of(policy))}
    if gone:
        steps.append((DEPARTED, sql.departed(), TITLE))
        steps += [(departed_table(name), query, TITLE) for name, query in gone.items()]
    queries = {(table := policy_table(policy.id)): words.rows(policy, table) for policy in policies}
    queries |= {(table := departed_table(name)): words.departed(by_id[name], table) for name in gone}
    unpaid = {
        policy.id: source
        for policy in policies
        if policy.received is not None and (source := writer.lacks(policy.received.any)) is not None
    }
    return EntitlementPlan(policies, versions, absent, unpaid, tuple(steps), queries)


def _in_order(policies: Iterable[Policy], before: Callable[[Policy], Iterable[Policy]]) -> list[Policy]:
    """Each policy after those that go before it."""
    done: dict[str, Policy] = {}

    def place(policy: Policy) -> None:
        if policy.id not in done:
            for one in before(policy):
                place(one)
            done[policy.id] = policy

    for policy in policies:
        place(policy)
    return list(done.values())


def _absent(policy: Policy, writer: FactSql) -> dict[str, str]:
    found = {name: writer.lacks(writer.facts[name]) for name in policy.facts if name in policy.eligible.columns}
    return {name: source for name, source in found.items() if source is not None}


def policy_version(policy: Policy, rulebook: Rulebook, thresholds: Thresholds) -> str:
    """Version and a digest of everything that decides what a policy says: itself, its facts, its parameter values."""
    facts = rulebook.facts_of((*policy.facts, MEMBER_FACT))
    names = sorted(policy.all_parameters | {name for fact in facts.values() for name in fact.parameters})
    content = {
        "policy": {key: value for key, value in policy.document.content.items() if key != "cases"},
        "facts": {name: dict(fact.document.content) for name, fact in facts.items()},
        "parameters": {
            region: {name: str(values[name].value) for name in names if name in values}
            for region, values in thresholds.by_region.items()
        },
    }
    digest = hashlib.sha256(json.dumps(content, sort_keys=True, default=str, ensure_ascii=False).encode()).hexdigest()
    return f"{policy.version}-{digest[:12]}"


# ---- of a result


def entitlements(result: "ScreeningResult") -> pa.Table:
    """The rows of a screening, in no particular order (see `ENTITLEMENTS_SCHEMA`)."""
    queries = result.plan.entitlement.queries
    if not queries:
        return ENTITLEMENTS_SCHEMA.empty_table()
    columns = ", ".join(
        f"STRING_SPLIT({name}, ',') AS {name}" if name == "missing_facts" else name
        for name in ENTITLEMENTS_SCHEMA.names
    )
    counted = union_all([f"SELECT {text(table)} AS name, COUNT(*) AS rows FROM {table}" for table in queries])
    filled = result.engine.column(f"SELECT name FROM ({counted}) c WHERE rows > 0")
    tables = [result.engine.arrow(f"SELECT {columns} FROM ({queries[name]}) e") for name in sorted(filled)]
    return pa.concat_tables([ENTITLEMENTS_SCHEMA.empty_table(), *(one.cast(ENTITLEMENTS_SCHEMA) for one in tables)])


def counts(result: "ScreeningResult") -> dict[str, Any]:
    """Rows and yuan by policy and state, as the summary of a screening keeps them; empty without policies.

    `yuan` is what is due in a year for a gap, and what was received for the other states.
    """
    if not result.plan.entitlement.policies:
        return {}
    return {"policies": by_policy(result.entitlements, [one.id for one in result.plan.entitlement.policies])}


def by_policy(table: pa.Table, policy_ids: Iterable[str]) -> dict[str, dict[str, dict[str, float]]]:
    """Policy → state → rows and yuan."""
    yuan = pc.if_else(pc.equal(table["state"], "gap"), table["amount"], table["received"])
    narrow = table.select(["policy_id", "state"]).append_column("yuan", pc.fill_null(yuan, 0.0))
    grouped = narrow.group_by(["policy_id", "state"]).aggregate([("yuan", "sum"), ("yuan", "count")])
    found: dict[str, dict[str, dict[str, float]]] = {name: {} for name in policy_ids}
    for row in grouped.to_pylist():
        counted = {"rows": row["yuan_count"], "yuan": round(row["yuan_sum"], 2)}
        found.setdefault(row["policy_id"], {})[row["state"]] = counted
    return found
