"""Households whose outcome may differ between two days although none of their rows did: time itself moved them.

A birthday, a window that a bill leaves, a month more since the last visit. Each fact that reads the day is worked out
for both days. Where only its value moved, a rule's condition decides: `age >= 60` moves the few who turn 60, not
everybody who is a day older; and alerts that tell the value are told anew. Whenever this cannot be seen, every subject
whose value moved is worked out again, so that the result is that of a whole screening.
"""
# ruff: noqa: S608 - every name in these statements is an identifier that the rulebook has checked

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from sqlglot import exp

from doudi.rulebook import Fact
from doudi.rulebook.facts import AS_OF
from doudi.rulebook.loading import MEMBER_FACT
from doudi.rulebook.predicate import Expression
from doudi.rulebook.sources import FACTS, HOUSEHOLD, PERSON
from doudi.screening.plan import Plan, Step
from doudi.screening.sql.counting import DIALECT, Counted
from doudi.screening.sql.facts import FactSql
from doudi.screening.sql.narrowing import columns_of
from doudi.screening.sql.sources import Holding, group_table, table_name
from doudi.screening.thresholds import Thresholds, literal


@dataclass(frozen=True, slots=True)
class Moved:
    """Subjects of a fact whose value moved, in a table with `subject_key`, and `before` and `now` if `valued`."""

    fact: Fact
    table: str
    valued: bool
    by_itself: bool = False
    """The value moves with every day, such as days since something."""

    @property
    def homes(self) -> str:
        """Their households."""
        return _homes(f"SELECT subject_key FROM {self.table}", self.fact.subject)


@dataclass(frozen=True)
class Consumer:
    """A rule or policy as far as time matters: its conditions, other formulas, and the facts it tells of.

    `sums`: it adds values up, so that every value that moved matters (a rule across households).
    """

    id: str
    conditions: tuple[Expression, ...]
    formulas: tuple[Expression, ...]
    facts: frozenset[str]
    sums: bool = False


@dataclass(frozen=True)
class Moving:
    """Finds them between the day `before` and the plan's day. `told`: table with household_key and rule_id of what
    was raised or could not be told before. Steps make tables; `households` are queries that yield household_key."""

    plan: Plan
    holdings: Mapping[str, Holding]
    before: date
    told: str

    @cached_property
    def parts(self) -> tuple[tuple[Step, ...], tuple[str, ...]]:
        """The tables to make, in order, and the queries of households over them."""
        steps: list[Step] = []
        homes: list[str] = []
        moved: dict[str, Moved] = {}
        for fact in self.plan.facts.values():
            if self._writers[1].lacks(fact):
                continue
            sql, valued = self._directly(fact) or self._derived(fact, moved) or ("", False)
            if not sql:
                continue
            one = Moved(fact, f"moved__{fact.id}", valued, by_itself=AS_OF in fact.expression.columns)
            steps.append(Step(one.table, sql, "比对日期"))
            moved[fact.id] = one
            homes += self._households(one)
        homes += self._payments()
        return tuple(steps), tuple(homes)

    def _payments(self) -> Iterator[str]:
        """Households about whose payments the days say something else: rows that count, and members who left."""
        policies = self.plan.entitlement.policies
        receipts = [policy.received for policy in policies if policy.received is not None]
        for fact in (fact for receipt in receipts for fact in receipt.facts):
            if self._writers[1].lacks(fact) is None and (found := self._directly(fact)):
                yield Moved(replace(fact, subject="person"), f"({found[0]})", False).homes
        if receipts and (self.before.year, self.before.month) != (self.plan.as_of.year, self.plan.as_of.month):
            everybody, tables = self._worked_out(MEMBER_FACT, self.plan.as_of)
            yield f"{tables} SELECT household_key FROM ({everybody}) one WHERE {MEMBER_FACT} IS NOT TRUE"

    @cached_property
    def _writers(self) -> tuple[FactSql, FactSql]:
        """What writes facts for the day before and for the plan's."""
        return self._writer(self.before, self.plan.facts), self._writer(self.plan.as_of, self.plan.facts)

    def _writer(self, day: date, facts: Mapping[str, Fact]) -> FactSql:
        """A fresh one: it notes what it writes."""
        return FactSql(facts, self.holdings, self._thresholds(day), day)

    def _thresholds(self, day: date) -> Thresholds:
        return replace(self.plan.thresholds, as_of=day)

    # ---- facts that read the day themselves

    def _directly(self, fact: Fact) -> tuple[str, bool] | None:
        reads = AS_OF in fact.expression.columns
        chooses = fact.window is not None or (fact.where is not None and AS_OF in fact.where.columns)
        if not reads and not chooses:
            return None
        if fact.source.is_feed:
            return self._of_rows(fact, reads=reads)
        if fact.source.id in (PERSON, HOUSEHOLD):
            before, now = (fact.expression.sql(DIALECT, self._bindings(fact, day)) for day in self._days)
            rows = f"(SELECT *, {self._key(fact)} AS subject_key FROM {table_name(fact.source.id)}) f"
            return _where_distinct(before, now, rows), True
        return self._worked_out_twice(fact), True

    @property
    def _days(self) -> tuple[date, date]:
        return self.before, self.plan.as_of

    def _key(self, fact: Fact) -> str:
        return "person_key" if fact.subject == "person" else "household_key"

    def _bindings(self, fact: Fact, day: date, alias: str = "f") -> dict[str, exp.Expression]:
        bound = {AS_OF: literal(day), **self._thresholds(day).bindings("q")}
        return bound | {name: exp.column(name, table=alias, quoted=True) for name in fact.columns | fact.uses}

    def _of_rows(self, fact: Fact, *, reads: bool) -> tuple[str, bool]:
        """A fact over a feed: persons with a row that counts on one day only; or whose sum itself moved."""
        rows = f"{table_name(fact.source.id)} f"
        before, now = (self._counted(fact, day) for day in self._days)
        if not reads:
            sides = [one.relevant or "TRUE" for one in (before, now)]
            persons = f"SELECT DISTINCT f.person_key FROM {rows} WHERE ({sides[0]}) IS DISTINCT FROM ({sides[1]})"
            return self._by_subject(persons, fact), False
        columns = [
            f"{one.value} AS {name}, {one.gap or 'FALSE'} AS gap_{name}"
            for one, name in ((before, "before"), (now, "now"))
        ]
        grouped = f"SELECT f.person_key, {', '.join(columns)} FROM {rows} GROUP BY f.person_key"
        differs = "before IS DISTINCT FROM now OR gap_before IS DISTINCT FROM gap_now"
        if fact.subject == "person":
            return f"SELECT person_key AS subject_key, before, now FROM ({grouped}) g WHERE {differs}", True
        return self._by_subject(f"SELECT person_key FROM ({grouped}) g WHERE {differs}", fact), False

    def _counted(self, fact: Fact, day: date) -> Counted:
        return Counted.of(
            fact,
            alias="f",
            bindings=self._bindings(fact, day),
            known=lambda _column: False,
            gapped=(),
            thresholds=self._thresholds(day),
        )

    def _by_subject(self, persons: str, fact: Fact) -> str:
        if fact.subject == "person":
            return f"SELECT person_key AS subject_key FROM ({persons}) one"
        return f"SELECT household_key AS subject_key FROM ({_homes(persons, 'person', key='person_key')}) one"

    def _worked_out_twice(self, fact: Fact) -> str:
        """The general way: the fact with all it is made of, for everybody, on both days."""
        sides: list[str] = []
        for day in self._days:
            body, tables = self._worked_out(fact.id, day)
            gap = f'"gap_{fact.id}"' if fact.id in self._gapped else "FALSE"
            selected = f'{self._key(fact)} AS subject_key, "{fact.id}" AS value, {gap} AS gap'
            sides.append(f"({tables} SELECT {selected} FROM ({body}) one)")
        return (
            "SELECT n.subject_key, b.value AS before, n.value AS now "
            f"FROM {sides[1]} n JOIN {sides[0]} b ON b.subject_key = n.subject_key "
            "WHERE b.value IS DISTINCT FROM n.value OR b.gap IS DISTINCT FROM n.gap"
        )

    def _worked_out(self, name: str, day: date) -> tuple[str, str]:
        """A query of one fact for everybody on a day, and the WITH of the tables it reads."""
        names: set[str] = set()
        waiting = [name, MEMBER_FACT]
        while waiting:
            one = waiting.pop()
            if one not in names:
                names.add(one)
                waiting += self.plan.facts[one].uses
        writer = self._writer(day, {one: fact for one, fact in self.plan.facts.items() if one in names})
        tables = {group_table(feed): sql for feed, sql in writer.groups.items()}
        tables["members"] = writer.members_sql()
        of_person = self.plan.facts[name].subject == "person"
        body = writer.person_sql([name]) if of_person else writer.household_sql()
        return body, f"WITH {', '.join(f'{table} AS ({sql})' for table, sql in tables.items())}"

    @property
    def _gapped(self) -> frozenset[str]:
        return self.plan.gapped

    # ---- facts made of those

    def _derived(self, fact: Fact, moved: Mapping[str, Moved]) -> tuple[str, bool] | None:
        used = [moved[name] for name in sorted(fact.uses) if name in moved]
        if not used:
            return None
        first = used[0]
        alone = len(used) == 1 and first.valued and fact.expression.columns <= {first.fact.id} | self._fixed
        if fact.source.id == FACTS and alone:
            before, now = (self._at(fact.expression, first.fact.id, column) for column in ("before", "now"))
            return _where_distinct(before, now, f"{first.table} f"), True
        trees = [fact.expression.tree] if fact.where is None else [fact.expression.tree, fact.where.tree]
        subjects: list[str] = []
        for one in used:
            flips = self._flips(trees, one) if one.valued else None
            if flips:
                subjects.append(f"SELECT f.subject_key FROM {one.table} f WHERE {' OR '.join(flips)}")
            elif flips is None and (one.valued or one.by_itself):
                return self._worked_out_twice(fact), True
            elif flips is None:
                subjects.append(f"SELECT subject_key FROM {one.table}")
        if not subjects:
            return None
        if fact.subject == first.fact.subject:
            return union(subjects), False
        homes = _homes(union(subjects), first.fact.subject)
        return f"SELECT household_key AS subject_key FROM ({homes}) one", False

    def _flips(self, trees: Iterable[exp.Expression], moved: Moved) -> list[str] | None:
        """Conditions that hold on one of the days only, of those that read a fact; None: it is read otherwise too."""
        found: list[str] = []
        for tree in trees:
            for atom in _atoms(tree, moved.fact.id, self._fixed):
                if atom is None:
                    return None
                before, now = (self._at(atom, moved.fact.id, column) for column in ("before", "now"))
                found.append(f"({before}) IS DISTINCT FROM ({now})")
        return list(dict.fromkeys(found))

    @property
    def _fixed(self) -> set[str]:
        return set(self.plan.thresholds.fixed)

    def _at(self, formula: Expression | exp.Expression, name: str, column: str) -> str:
        """A formula over one fact with its value on one of the days."""
        bound = {name: exp.column(column, table="f", quoted=True), **self.plan.thresholds.fixed}
        tree = formula.tree if isinstance(formula, Expression) else formula
        return (
            tree.copy()
            .transform(
                lambda node: bound[node.name].copy() if isinstance(node, exp.Column) and node.name in bound else node
            )
            .sql(dialect=DIALECT)
        )

    # ---- households that rules see differently

    def _households(self, moved: Moved) -> Iterator[str]:
        consumers = [one for one in self._consumers if moved.fact.id in one.facts]
        if not consumers:
            return
        if not moved.valued:
            yield moved.homes
            return
        flips: list[str] = []
        for consumer in consumers:
            seen = self._flips([one.tree for one in consumer.conditions], moved)
            if seen is None or consumer.sums or any(moved.fact.id in one.columns for one in consumer.formulas):
                yield moved.homes
                return
            flips += seen
        if flips:
            subjects = f"SELECT f.subject_key FROM {moved.table} f WHERE {' OR '.join(dict.fromkeys(flips))}"
            yield _homes(subjects, moved.fact.subject)
        names = ", ".join(f"'{consumer.id}'" for consumer in consumers)
        yield (
            f"SELECT household_key FROM ({moved.homes}) one "
            f"WHERE household_key IN (SELECT household_key FROM {self.told} WHERE rule_id IN ({names}))"
        )

    @cached_property
    def _consumers(self) -> tuple[Consumer, ...]:
        rules = [
            Consumer(rule.id, (rule.when, *((rule.escalate.when,) if rule.escalate else ())), (), frozenset(rule.facts))
            for rule in self.plan.rules
        ]
        policies = [
            Consumer(
                policy.id,
                tuple(one for one in (policy.eligible, policy.receives, policy.over_when) if one is not None),
                tuple(one for one in (policy.benefit, policy.received_amount) if one is not None),
                frozenset(policy.facts),
            )
            for policy in self.plan.entitlement.policies
        ]
        summed = frozenset(name for fact in self.plan.regional.facts.values() for name in fact.uses)
        return (*rules, *policies, Consumer("", (), (), summed, sums=True))


def _atoms(tree: exp.Expression, name: str, fixed: set[str]) -> Iterator[exp.Expression | None]:
    """The largest conditions in a condition that read one fact and fixed values only; None for any other reading of it.

    A condition can only come to something else when one of them does.
    """
    for column in tree.find_all(exp.Column):
        if column.name != name:
            continue
        node: exp.Expression = column
        while (
            node is not tree and isinstance(node.parent, exp.Expression) and columns_of(node.parent) <= {name} | fixed
        ):
            node = node.parent
        yield node if isinstance(node, _CONDITIONS) else None


_CONDITIONS = (exp.Predicate, exp.Connector, exp.Not, exp.Paren)


def _where_distinct(before: str, now: str, rows: str) -> str:
    return (
        f"SELECT * FROM (SELECT f.subject_key, {before} AS before, {now} AS now FROM {rows}) twice "
        "WHERE before IS DISTINCT FROM now"
    )


def _homes(subjects: str, subject: str, key: str = "subject_key") -> str:
    """The households of subjects."""
    if subject == "household":
        return f"SELECT {key} AS household_key FROM ({subjects}) one"
    return f"SELECT p.household_key FROM registry_person p WHERE p.person_key IN (SELECT {key} FROM ({subjects}) one)"


def union(queries: "Iterator[str] | list[str] | tuple[str, ...]") -> str:
    """One query of what any of them yields."""
    return " UNION ALL ".join(queries)
