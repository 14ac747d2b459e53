"""A rulebook held against a county: rules that never or always fire there, parts of conditions that decide nothing,
facts that are the same for everybody.

A county at hand, or a made-up one, proves nothing; but a rule that raises nobody in a county with every trouble there
is has a slip in it more often than not.
"""
# ruff: noqa: S608 - every name in these statements is an identifier that the rulebook has checked

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from sqlglot import exp

from doudi.feeds.snapshot import Snapshot
from doudi.rulebook import Fact, Predicate, Problem, Rule, Rulebook
from doudi.rulebook.checking import shown
from doudi.rulebook.document import Document, Path_
from doudi.rulebook.facts import AS_OF
from doudi.rulebook.loading import MEMBER_FACT
from doudi.rulebook.policies import Policy
from doudi.rulebook.predicate import conjuncts
from doudi.screening.inputs import RegistryTables, region_codes
from doudi.screening.results.left_out import without_missing
from doudi.screening.run import ScreeningResult, screen
from doudi.screening.sql.counting import DIALECT
from doudi.screening.sql.regions import REGION_FACTS
from doudi.screening.sql.rules import ESCALATED, RAISED, outcome_column
from doudi.screening.sql.writing import text
from doudi.screening.thresholds import literal

_MAKE = "重看条件和引用的事实；确实少见就不必改"


def check_on_county(
    rulebook: Rulebook,
    *,
    registry: RegistryTables,
    snapshots: Iterable[Snapshot],
    as_of: date,
    rules: Iterable[str] | None = None,
) -> list[Problem]:
    """What is doubtful about rules, policies and facts when seen over a county, or about some rules and their facts.

    Raises as `screen` does.
    """
    usable, left_out = without_missing(rulebook, region_codes(registry), as_of=as_of)
    policies = None if rules is None else ()
    result = screen(
        rulebook=usable, registry=registry, snapshots=snapshots, as_of=as_of, rules=rules, policies=policies
    )
    try:
        found = list(_Look(result, usable).problems())
        for one in left_out:
            message = f"参数 {'、'.join(one.parameters)} 在这个县没有值，没有试"
            found.append(_doubt(one.text.document, "no_value", message, "补上数值再试", ("parameters",)))
    finally:
        result.close()
    return sorted(set(found), key=lambda one: (one.file, one.line))


@dataclass(frozen=True)
class _Counts:
    """Of how many subjects something is true, false, unknown."""

    yes: int
    no: int
    unknown: int

    @property
    def said(self) -> str:
        """What is odd about it; empty when nothing is, or when there is nobody to say it of."""
        known = [(self.yes, "总是成立"), (self.no, "总是不成立"), (self.unknown, "总是判断不了")]
        there = [what for count, what in known if count]
        return there[0] if len(there) == 1 else ""


@dataclass
class _Look:
    result: ScreeningResult
    rulebook: Rulebook

    def problems(self) -> Iterator[Problem]:
        plan = self.result.plan
        for step in plan.on_demand:  # the tables of every person, which a screening itself does without
            self.result.engine.make(step)
        for rule in (*plan.rules, *plan.regional.rules):
            yield from self._rule(rule)
        for policy in plan.entitlement.policies:
            yield from self._policy(policy)
        for fact in (*plan.facts.values(), *plan.regional.facts.values()):
            yield from self._fact(fact)

    # ---- where facts stand

    def _rows_of_rule(self, rule: Rule) -> str:
        """SQL of the rows that a rule is asked about."""
        if rule.regional:
            levels = ", ".join(text(level) for level in rule.levels)
            return f"(SELECT * FROM {REGION_FACTS} WHERE level IN ({levels})) f"
        table = self.result.plan.table_of(rule)
        return f"{table} f" if rule.subject == "household" else f"(SELECT * FROM {table} WHERE {MEMBER_FACT}) f"

    def _rows_of_policy(self, policy: Policy) -> str:
        if policy.subject == "household":
            return "household_facts f"
        facts = self.result.plan.facts
        homes = [f'h."{name}"' for name in policy.facts if facts[name].subject == "household"]
        joined = ", ".join(["p.*", *homes])
        return (
            f"(SELECT {joined} FROM person_facts p JOIN household_facts h ON h.household_key = p.household_key "
            f"WHERE p.{MEMBER_FACT}) f"
        )

    def _counted(self, conditions: Sequence[exp.Expression], rows: str) -> list[_Counts]:
        columns = []
        for condition in conditions:
            sql = condition.sql(dialect=DIALECT)
            columns += [f"COUNT(*) FILTER (WHERE {sql})", f"COUNT(*) FILTER (WHERE NOT ({sql}))", "COUNT(*)"]
        numbers = self.result.engine.row(f"SELECT {', '.join(columns)} FROM {rows}")
        return [
            _Counts(yes, no, every - yes - no)
            for yes, no, every in zip(numbers[::3], numbers[1::3], numbers[2::3], strict=True)
        ]

    def _bound(self, predicate: Predicate) -> exp.Expression:
        plan = self.result.plan
        return predicate.bound({AS_OF: literal(plan.as_of), **plan.thresholds.fixed})

    # ---- rules, policies, facts

    def _rule(self, rule: Rule) -> Iterator[Problem]:
        plan = self.result.plan
        absent = (plan.regional.absent if rule.regional else plan.absent)[rule.id]
        if absent:
            sources = "、".join(sorted(set(absent.values())))
            message = f"没有 {sources} 的数据（或其中一列），这条规则没有试"
            yield _doubt(rule.document, "no_data", message, "给县里加上这些数据", ("facts",))
            return
        rows, column = self._rows_of_rule(rule), f'"{outcome_column(rule.id)}"'
        raised, urgent = self.result.engine.row(
            f"SELECT COUNT(*) FILTER (WHERE {column} IN ({RAISED}, {ESCALATED})), "
            f"COUNT(*) FILTER (WHERE {column} = {ESCALATED}) FROM {rows}"
        )
        yield from self._condition(rule.document, rule.when, rows, "when", "全县没有一条预警" if not raised else "")
        if raised and rule.escalate is not None and urgent in (0, raised):
            message = f"全县 {raised} 条预警，{'每一条都升级' if urgent else '没有一条升级'}"
            yield _doubt(rule.document, "escalate", message, "核对升级的条件和界线", ("escalate", "when"))

    def _policy(self, policy: Policy) -> Iterator[Problem]:
        if set(policy.facts) <= set(self.result.plan.facts) - self._without_data:
            yield from self._condition(policy.document, policy.eligible, self._rows_of_policy(policy), "eligible")

    def _condition(
        self, document: Document, predicate: Predicate, rows: str, key: str, never: str = ""
    ) -> Iterator[Problem]:
        """One line for a condition that is the same for all, with the parts to blame; else one for each such part."""
        parts = [shown(part) for part in conjuncts(predicate.tree)]
        bound = self._bound(predicate)
        *each, whole = self._counted([*conjuncts(bound), bound], rows)
        odd = [f"{part} {counts.said}" for part, counts in zip(parts, each, strict=True) if counts.said]
        if said := never or (whole.said and f"条件在全县{whole.said}"):
            message = said + (f"（{'，'.join(odd)}）" if odd and len(parts) > 1 else "")
            yield _doubt(document, "never_fires" if never else "constant", message, _MAKE, (key,))
            return
        for one in odd:
            yield _doubt(document, "constant", f"条件的一部分在全县不起作用：{one}", _MAKE, (key,))

    @cached_property
    def _without_data(self) -> frozenset[str]:
        """Facts that the rules tell already to be without data, with those they are made of."""
        plan = self.result.plan
        absent = {name for facts in (*plan.absent.values(), *plan.regional.absent.values()) for name in facts}
        return frozenset(absent | set(self.rulebook.facts_of(frozenset(absent))))

    def _fact(self, fact: Fact) -> Iterator[Problem]:
        if fact.id in self._without_data:
            return
        table = {"household": "household_facts", "person": "person_facts"}.get(fact.subject, REGION_FACTS)
        value = f'CAST("{fact.id}" AS TEXT)'
        kinds, example, there, everybody = self.result.engine.row(
            f"SELECT COUNT(DISTINCT {value}), MIN({value}), COUNT({value}), COUNT(*) FROM {table}"
        )
        if not there:
            yield _doubt(fact.document, "constant", "在全县总是未知", "核对来源、窗口和字段", ("expression",))
        elif kinds == 1 and there == everybody:
            yield _doubt(fact.document, "constant", f"在全县总是 {example}", "核对来源、窗口和条件", ("expression",))


def _doubt(document: Document, code: str, message: str, remedy: str, at: Path_) -> Problem:
    return document.problem(code, message, remedy, at=at, severity="warning")
