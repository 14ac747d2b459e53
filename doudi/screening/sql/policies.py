"""Policies as set-based SQL: who is entitled, what tells that it is received, and what comes of the two.

One table a policy (`policy_table`) with a row for everybody who is entitled, receives it, or cannot be judged. Columns
are those facts the policy uses and `eligible`, `received`, `wrong` (receiving it is not right), `beside` (something
goes before it), `yuan` (a year), `state`. Unknown is not false.
"""
# ruff: noqa: S608 - every name in these statements is an identifier that the rulebook has checked

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from doudi.rulebook import Fact, Policy
from doudi.rulebook.loading import MEMBER_FACT
from doudi.rulebook.policies import COUNTRY
from doudi.rulebook.receipts import GRACE, LEFT_ON, RECEIVED, RECEIVED_LAST, RECEIVED_TIMES, RECEIVED_YUAN
from doudi.screening.sql.counting import DIALECT
from doudi.screening.sql.facts import FactSql
from doudi.screening.sql.narrowing import columns_of, conjuncts
from doudi.screening.sql.rules import RuleSql, union_all
from doudi.screening.sql.writing import text
from doudi.standards.periods import Month
from doudi.standards.regions import RegionCode

POLICY_PERSONS = "policy_persons"
DEPARTED = "policy_departed"
_NOTHING = {RECEIVED: "BOOLEAN", RECEIVED_TIMES: "DOUBLE", RECEIVED_YUAN: "DOUBLE", RECEIVED_LAST: "DATE"}


def policy_table(policy_id: str) -> str:
    """The table of a policy's subjects."""
    return "policy__" + policy_id.replace(".", "__")


def departed_table(policy_id: str) -> str:
    """The table of payments of a policy to persons who are no members any more."""
    return "departed__" + policy_id.replace(".", "__")


@dataclass(frozen=True)
class EntitlementSql:
    """Writes the tables of policies. `policies` are those of a screening, by id; `rules` compiles their conditions."""

    policies: Mapping[str, Policy]
    writer: FactSql
    rules: RuleSql
    absent: Mapping[str, Mapping[str, str]]
    """Policy → fact of its conditions → the absent source that makes it unknown for everybody."""
    _receipts: dict[tuple[str, str], tuple[str, list[str]]] = field(default_factory=dict)

    # ---- everybody, and those who left

    def persons(self) -> str:
        """The members with the facts of persons that policies use."""
        wanted = {name for one in self.policies.values() for name in one.facts}
        mine = {name for name in wanted if self.writer.facts[name].subject == "person"} - {MEMBER_FACT}
        return f"SELECT * FROM ({self.writer.person_sql(mine, members_only=True)}) p WHERE {MEMBER_FACT}"

    def departed(self) -> str:
        """Registered persons who are members of no household (any more), with the day they left."""
        persons = self.writer.person_sql({LEFT_ON})
        return (
            f"SELECT d.* FROM ({persons}) d WHERE NOT d.{MEMBER_FACT} "
            "AND d.person_key NOT IN (SELECT person_key FROM members)"
        )

    # ---- one policy

    def table(self, policy: Policy) -> str:
        """The subjects of a policy: entitled, receiving, or impossible to judge."""
        unknown = "f.eligible" if self.absent[policy.id] else "f.eligible IS NOT FALSE"
        judged = judged_sql(policy, self.rules, self._receiving(policy))
        kept = f"SELECT f.* FROM ({judged}) f WHERE {unknown} OR f.received"
        return f"SELECT f.*, {state_sql(policy)} AS state FROM ({self._beside(policy, kept)}) f"

    def _receiving(self, policy: Policy) -> str:
        """The facts, with what is received of the policy."""
        base = f"SELECT {', '.join(self._columns(policy))} FROM {self._rows(policy)}"
        if policy.received is not None:
            return base
        received = self.rules.condition(policy.receives) if policy.receives is not None else "CAST(NULL AS BOOLEAN)"
        amount = "CAST(NULL AS DOUBLE)"
        if policy.received_amount is not None:
            amount = f"CASE WHEN {received} THEN {policy.received_amount.sql(DIALECT, self.rules.bindings())} END"
        return (
            f"SELECT b.*, {received} AS {RECEIVED}, CAST(NULL AS DOUBLE) AS {RECEIVED_TIMES}, "
            f"CAST({amount} AS DOUBLE) AS {RECEIVED_YUAN}, CAST(NULL AS DATE) AS {RECEIVED_LAST} FROM ({base}) b"
        )

    def _columns(self, policy: Policy) -> list[str]:
        person = policy.subject == "person"
        keys = "p.person_key" if person else "CAST(NULL AS BIGINT) AS person_key"
        columns = ["h.household_key", keys, "h.region_code"]
        for name in policy.facts:
            table = "p" if self.writer.facts[name].subject == "person" else "h"
            columns.append(f'{table}."{name}"')
            if name in self.writer.gapped:
                columns.append(f'{table}."gap_{name}"')
        varying = [name for name in policy.parameters if name in self.rules.thresholds.varying]
        if policy.received and policy.received.most_times in self.rules.thresholds.varying:
            varying.append(str(policy.received.most_times))
        columns += [f'h."{column}"' for name in dict.fromkeys(varying) for column in (name, f"{name}__json")]
        if policy.received is None:
            return columns
        return columns + ([f"p.{name}" for name in _NOTHING] if person else self._receipt(policy, "household_key")[1])

    def _rows(self, policy: Policy) -> str:
        rows = "household_facts h"
        if policy.subject == "person":
            rows = f"({self._possible(policy)}) p JOIN household_facts h ON h.household_key = p.household_key"
        elif policy.received is not None:
            rows = _with_receipt(rows, self._receipt(policy, "household_key")[0], "h.household_key")
        return f"{rows} WHERE {where}" if (where := self.where_in_force(policy)) else rows

    def _possible(self, policy: Policy) -> str:
        """The persons who may be entitled as far as their own facts tell, or who receive it."""
        rows, receives = f"{POLICY_PERSONS} p", ""
        if policy.received is not None:
            query, columns = self._receipt(policy, "person_key")
            rows = f"(SELECT p.*, {', '.join(columns)} FROM {_with_receipt(rows, query, 'p.person_key')}) p"
            receives = f" OR p.{RECEIVED}"
        elif policy.receives is not None:
            return f"SELECT * FROM {rows}"
        own = [
            f"{part} IS NOT FALSE"
            for tree, part in zip(
                conjuncts(policy.eligible.bound(self.rules.bindings())), self.rules.parts(policy.eligible), strict=True
            )
            if not any(self._of_household(name) for name in columns_of(tree))
        ]
        return f"SELECT p.* FROM {rows}" + (f" WHERE ({' AND '.join(own)}){receives}" if own else "")

    def _of_household(self, name: str) -> bool:
        return name in self.writer.facts and self.writer.facts[name].subject == "household"

    def _receipt(self, policy: Policy, key: str) -> tuple[str, list[str]]:
        """The query of what is received, and its columns as seen from a row joined to it as `g`."""
        if (policy.id, key) not in self._receipts:
            receipt = policy.received
            assert receipt is not None  # noqa: S101 - asked only of policies with one
            query, columns = self.writer.receipt(receipt.facts, key)
            there = {fact.id for fact in receipt.facts}
            nothing = [f"CAST(NULL AS {kind}) AS {name}" for name, kind in _NOTHING.items() if name not in there]
            self._receipts[policy.id, key] = query, columns + nothing
        return self._receipts[policy.id, key]

    def where_in_force(self, policy: Policy) -> str:
        """SQL of where a policy holds, over `h.region_code`; empty: everywhere."""
        here = "" if any(one == COUNTRY for one in policy.regions) else _within(policy.regions)
        closer = [
            region for one in self.policies.values() if one.replaces == policy.id for region in one.regions
        ]  # fmt: skip
        return " AND ".join(part for part in (here, f"NOT {_within(closer)}" if closer else "") if part)

    # ---- what goes before it

    def before(self, policy: Policy) -> tuple[Policy, ...]:
        """The policies of the screening that go before one."""
        return tuple(one for one in self.policies.values() if policy.id in one.excludes)

    def _beside(self, policy: Policy, rows: str) -> str:
        """The rows, with the title of a policy that the subject has (`beside`) or is due (`due_beside`) instead.

        One that is only presumed to be due takes nothing away from another.

        `shared`: such a policy is told by the very same rows of the feed, which are not counted twice.
        """
        before = self.before(policy)
        if not before:
            return (
                "SELECT f.*, CAST(NULL AS TEXT) AS beside, CAST(NULL AS TEXT) AS beside_en, FALSE AS due_beside, "
                f"FALSE AS shared FROM ({rows}) f"
            )
        same = policy.subject == "person" and all(one.subject == "person" for one in before)
        key = "person_key" if same else "household_key"
        others: list[str] = []
        for one in before:
            alike = _told_alike(one, policy)
            shared = "TRUE" if alike else "FALSE"
            due = "FALSE" if one.presumed else "COALESCE(eligible, FALSE)"
            has = f"{RECEIVED} AND eligible" if alike else f"{RECEIVED} AND wrong IS NOT TRUE"
            others.append(
                f"SELECT {key}, CASE WHEN {has} THEN {text(one.title)} END AS title, "
                f"CASE WHEN {has} THEN {text(one.title_en)} END AS title_en, {due} AS due, "
                f"{shared} AND COALESCE(eligible, FALSE) AS shared FROM {policy_table(one.id)}"
            )
        return (
            "SELECT f.*, x.title AS beside, x.title_en AS beside_en, COALESCE(x.due, FALSE) AS due_beside, "
            f"COALESCE(x.shared, FALSE) AS shared FROM ({rows}) f LEFT JOIN (SELECT {key}, MIN(title) AS title, "
            f"MIN(title_en) AS title_en, BOOL_OR(due) AS due, BOOL_OR(shared) AS shared FROM ({union_all(others)}) o "
            f"GROUP BY {key}) x ON x.{key} = f.{key}"
        )

    # ---- payments to those who left

    def departed_of(self, policy: Policy) -> str:
        """Payments of a policy to persons who left, after the months in which they are still right; empty: none.

        A list that gives no day of payment says how it was in the month before the screening's.
        """
        if policy.received is None:
            return ""
        query, columns = self._receipt(policy, "person_key")
        if not query:
            return ""
        day = self.writer.as_of
        listed = f"DATE '{(Month(day) - 1).first_day.isoformat()}'"
        grace = self.rules.bindings().get(GRACE)
        months = grace.sql(dialect=DIALECT) if grace is not None else f'f."{GRACE}"'
        carried = f', d."{GRACE}"' if grace is None else ""
        where = self.where_in_force(policy)
        base = (
            f"SELECT d.household_key, d.person_key, h.region_code, d.{LEFT_ON}{carried}, {', '.join(columns)} "
            f"FROM {DEPARTED} d JOIN ({query}) g ON g.person_key = d.person_key "
            "JOIN household_facts h ON h.household_key = d.household_key" + (f" WHERE {where}" if where else "")
        )
        paid = f"COALESCE(f.{RECEIVED_LAST}, {listed})"
        late = f"{_month_number(paid)} > {_month_number(f'f.{LEFT_ON}')} + {months}"
        return (
            f"SELECT f.*, CASE WHEN f.{LEFT_ON} IS NULL THEN 'cannot_tell' ELSE 'over' END AS state FROM ({base}) f "
            f"WHERE f.{RECEIVED} AND ({late}) IS NOT FALSE"
        )


def judged_sql(policy: Policy, rules: RuleSql, rows: str) -> str:
    """Rows with facts and what is received, and whether the policy's condition holds, it is wrong, and how much."""
    return (
        f"SELECT f.*, {rules.condition(policy.eligible)} AS eligible, {_wrong(policy, rules)} AS wrong, "
        f"{_too_often(policy, rules)} AS too_often, {_amount(policy, rules)} AS yuan FROM ({rows}) f"
    )


def _amount(policy: Policy, rules: RuleSql) -> str:
    """Yuan a year; unknown when a part of the formula is."""
    if policy.benefit is None:
        return "CAST(NULL AS DOUBLE)"
    formula = f"ROUND(CAST({policy.benefit.sql(DIALECT, rules.bindings())} AS DOUBLE), 2)"
    gaps = [f'"gap_{name}"' for name in sorted(policy.benefit.columns) if name in rules.gapped]
    return f"CASE WHEN NOT ({' OR '.join(gaps)}) THEN {formula} END" if gaps else formula


def _wrong(policy: Policy, rules: RuleSql) -> str:
    """SQL of whether receiving it is not right."""
    wrong = f"NOT ({rules.condition(policy.eligible)})"
    if policy.over_when is not None:
        wrong = rules.condition(policy.over_when)
    elif policy.never_over:
        wrong = "FALSE"
    return f"(({wrong}) OR {_too_often(policy, rules)})"


def _too_often(policy: Policy, rules: RuleSql) -> str:
    """SQL of whether there are more rows than the policy's `most_times`."""
    if policy.received is None or policy.received.most_times is None:
        return "FALSE"
    most = rules.bindings().get(policy.received.most_times)
    limit = most.sql(dialect=DIALECT) if most is not None else f'f."{policy.received.most_times}"'
    return f"(f.{RECEIVED_TIMES} > {limit})"


def state_sql(policy: Policy) -> str:
    """SQL of what comes of it for a row with `eligible`, `received`, `wrong` and what goes before; unknown: nothing."""
    missing = "cannot_tell" if policy.presumed else "gap"
    return (
        "CASE WHEN f.shared THEN NULL "
        f"WHEN f.{RECEIVED} THEN CASE WHEN f.wrong OR f.beside IS NOT NULL THEN 'over' "
        "WHEN f.wrong IS NULL OR f.eligible IS NULL THEN 'cannot_tell' WHEN f.eligible THEN 'received' END "
        "WHEN f.beside IS NOT NULL OR f.due_beside THEN NULL "
        f"WHEN f.eligible THEN CASE WHEN f.{RECEIVED} IS NULL THEN 'cannot_tell' ELSE '{missing}' END "
        "WHEN f.eligible IS NULL THEN 'cannot_tell' END"
    )


def _told_alike(one: Policy, other: Policy) -> bool:
    """Whether the same rows of a feed tell that two policies are received."""
    if one.received is None or other.received is None:
        return False
    mine, theirs = one.received.any, other.received.any
    return mine.source.id == theirs.source.id and _where(mine) == _where(theirs)


def _where(fact: Fact) -> str:
    return fact.where.text if fact.where is not None else ""


def _with_receipt(rows: str, query: str, key: str) -> str:
    """Rows joined to what is received as `g`; without the source there is nothing to join."""
    return f"{rows} LEFT JOIN ({query}) g ON g.{key.partition('.')[2]} = {key}" if query else rows


def _month_number(day: str) -> str:
    return f"(YEAR({day}) * 12 + MONTH({day}))"


def _within(regions: Iterable[RegionCode]) -> str:
    parts = [f"SUBSTRING(h.region_code, 1, {len(one.prefix)}) = '{one.prefix}'" for one in regions]
    return f"({' OR '.join(parts)})"
