"""Rules as set-based SQL: an outcome column for each rule beside the facts, then alerts and what could not be told."""
# ruff: noqa: S608 - every name in these statements is an identifier that the rulebook has checked

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from sqlglot import exp

from doudi.rulebook import Fact, Predicate, Rule
from doudi.rulebook.facts import AS_OF
from doudi.rulebook.loading import MEMBER_FACT
from doudi.rulebook.rules import Escalation, Sentence, Slot
from doudi.screening.sql.counting import DIALECT
from doudi.screening.sql.facts import FactSql
from doudi.screening.sql.narrowing import columns_of, conjuncts, surely_false
from doudi.screening.sql.writing import Shown, json_sql, sentence_sql, text, written
from doudi.screening.thresholds import Thresholds, literal

NOT_RAISED, RAISED, ESCALATED, CANNOT_TELL, NO_DATA = range(5)
"""Outcome codes in the tables of facts. `NO_DATA`: cannot tell because a whole source (or column) is absent."""
OUTCOMES = ("not_raised", "raised", "raised", "cannot_tell", "cannot_tell")
"""What each code means to people."""
PERSONS_WITH_HOUSEHOLD = "person_household_facts"
_HEADS = ("rule_id", "rule_version", "level", "risk", "department")


def outcome_column(rule_id: str) -> str:
    return "outcome__" + rule_id.replace(".", "__")


def table_of(rule: "Judged", facts: Mapping[str, Fact]) -> str:
    """The table that holds a rule's facts and outcome."""
    if rule.subject == "household":
        return "household_facts"
    mixed = any(facts[name].subject == "household" for name in rule.facts)
    return PERSONS_WITH_HOUSEHOLD if mixed else "person_facts"


def with_household(base: str, rules: list[Rule], facts: Mapping[str, Fact], gapped: set[str]) -> str:
    """Rows of persons with the facts of their households that the rules use."""
    wanted = sorted({name for rule in rules for name in rule.facts if facts[name].subject == "household"})
    columns = [f'h."{name}"' for name in wanted] + [f'h."gap_{name}"' for name in wanted if name in gapped]
    return (
        f"SELECT p.*, {', '.join(columns)} FROM ({base}) p JOIN household_facts h ON h.household_key = p.household_key"
    )


def union_all(parts: list[str]) -> str:
    return " UNION ALL ".join(part for part in parts if part)


def found_table(rule_id: str) -> str:
    """The table of the persons that a rule is met by, or cannot be judged for."""
    return "found__" + rule_id.replace(".", "__")


class Telling(Protocol):
    """A rule, or whatever else tells people by facts and parameters why something is so."""

    @property
    def facts(self) -> tuple[str, ...]: ...

    @property
    def parameters(self) -> tuple[str, ...]: ...

    @property
    def because(self) -> Sentence: ...

    @property
    def because_en(self) -> Sentence: ...


class Judged(Telling, Protocol):
    """A rule, or whatever else persons or households are held against (a check of data)."""

    @property
    def id(self) -> str: ...

    @property
    def subject(self) -> str: ...

    @property
    def when(self) -> Predicate: ...

    @property
    def escalate(self) -> Escalation | None: ...

    @property
    def of_members(self) -> bool:
        """Whether only persons who count as members are judged."""


@dataclass(frozen=True)
class RuleSql:
    """Writes the SQL of rules over tables of facts."""

    facts: Mapping[str, Fact]
    thresholds: Thresholds
    gapped: set[str]
    absent: Mapping[str, Mapping[str, str]]
    versions: Mapping[str, str]
    labels: Mapping[str, Mapping[str, str]]
    as_of: date

    def outcomes(self, base: str, rules: Sequence[Judged]) -> str:
        """The table of facts with an outcome column for each rule."""
        if not rules:
            return base
        columns = [f'{self.outcome(rule)} AS "{outcome_column(rule.id)}"' for rule in rules]
        return f"SELECT *, {', '.join(columns)} FROM ({base}) facts"

    def bindings(self) -> dict[str, exp.Expression]:
        return {AS_OF: literal(self.as_of), **self.thresholds.fixed}

    def parts(self, condition: Predicate) -> list[str]:
        """The parts of a condition that must all hold; one that is false only for want of data is unknown."""
        parts: list[str] = []
        for part in conjuncts(condition.bound(self.bindings())):
            gaps = " OR ".join(f'"gap_{name}"' for name in sorted(columns_of(part)) if name in self.gapped)
            sql = f"({part.sql(dialect=DIALECT)})"
            parts.append(f"(CASE WHEN {sql} THEN TRUE WHEN {gaps} THEN NULL ELSE {sql} END)" if gaps else sql)
        return parts

    def condition(self, condition: Predicate) -> str:
        """SQL of a condition over rows of facts: true, false or (for want of data) unknown."""
        return " AND ".join(self.parts(condition))

    def outcome(self, rule: Judged) -> str:
        """SQL of the outcome code."""
        when = self.condition(rule.when)
        unknown = NO_DATA if self.absent[rule.id] else CANNOT_TELL
        outcome = f"COALESCE(CAST(({when}) AS TINYINT), {unknown})"  # true is RAISED, false NOT_RAISED
        if rule.escalate is not None:
            urgent = rule.escalate.when.sql(DIALECT, self.bindings())
            outcome = f"CASE WHEN {when} AND ({urgent}) THEN {ESCALATED} ELSE {outcome} END"
        if rule.of_members:
            outcome = f"CASE WHEN {MEMBER_FACT} THEN {outcome} ELSE {NOT_RAISED} END"
        return f"CAST({outcome} AS TINYINT)"

    # ---- persons

    def found(self, rule: Rule, writer: FactSql) -> str:
        """The persons that a person rule is met by or cannot be judged for, with the facts it uses.

        Parts of its condition that are surely false for a person without rows in a feed leave such persons out early.
        """
        needed = {name for name in rule.facts if self.facts[name].subject == "person"}
        base = writer.person_sql(needed - {MEMBER_FACT}, inner=self._needed_feeds(rule), members_only=True)
        if table_of(rule, self.facts) == PERSONS_WITH_HOUSEHOLD:
            base = with_household(base, [rule], self.facts, self.gapped)
        possible = " AND ".join(f"{part} IS NOT FALSE" for part in self.parts(rule.when))
        column = f'{self.outcome(rule)} AS "{outcome_column(rule.id)}"'
        found = f"SELECT *, {column} FROM ({base}) f WHERE {MEMBER_FACT} AND {possible}"
        return f'SELECT * FROM ({found}) f WHERE "{outcome_column(rule.id)}" IN ({RAISED}, {ESCALATED}, {CANNOT_TELL})'

    def _needed_feeds(self, rule: Rule) -> set[str]:
        """Feeds in which a person must have a row for the rule to be met or unknown."""
        needed: set[str] = set()
        for part in conjuncts(rule.when.bound(self.bindings())):
            names = columns_of(part)
            facts = [self.facts[name] for name in names if name in self.facts]
            feeds = {fact.source.id for fact in facts if fact.subject == "person" and fact.source.is_feed}
            others = len(facts) < len(names) or any(fact.source.id not in feeds for fact in facts)
            if others or len(feeds) != 1 or names & set(self.absent[rule.id]):
                continue
            without = {fact.id: exp.Null() if fact.no_rows is None else literal(fact.no_rows) for fact in facts}
            if all(fact.subject == "person" for fact in facts) and surely_false(part, without):
                needed |= feeds
        return needed

    # ---- alerts

    def alerts(self, rules: list[Rule], *, attached: bool = False) -> str:
        """All alerts of the rules; `attached`: only in households that have an alert of risk."""
        return union_all([self._alerts_of(rule, attached=attached) for rule in rules]) or (
            "" if attached else _NO_ALERTS
        )

    def _alerts_of(self, rule: Rule, *, attached: bool) -> str:
        person, rows, region = self._subject(rule)
        told = self.told(rule)
        about = {"household_key": "f.household_key", "person_key": person, "region_code": region}
        columns = {name: told[name] for name in _HEADS} | about | told
        return self._met(rule, columns, rows, attached=attached)

    def told(self, rule: Rule) -> dict[str, str]:
        """Column → SQL of all that an alert of the rule says but whom it is about, over rows of facts `f`."""
        sources = [source.model_dump(exclude_defaults=True) for source in rule.legal_basis]
        return {
            **self._heads(rule),
            "facts": json_sql({name: self.fact(name) for name in rule.facts}),
            "thresholds": self.thresholds_json(rule),
            "legal_basis": text(json.dumps(sources, ensure_ascii=False)),
            "sentence": sentence_sql(rule.because, self.shown(rule, "zh"), "zh"),
            "sentence_en": sentence_sql(rule.because_en, self.shown(rule, "en"), "en"),
        }

    def _heads(self, rule: Rule) -> dict[str, str]:
        level = text(rule.level)
        if rule.escalate is not None:
            urgent = f'f."{outcome_column(rule.id)}" = {ESCALATED}'
            level = f"CASE WHEN {urgent} THEN {text(rule.escalate.level)} ELSE {level} END"
        return {
            "rule_id": text(rule.id),
            "rule_version": text(self.versions[rule.id]),
            "level": level,
            "risk": text(rule.risk),
            "department": text(rule.department),
        }

    @staticmethod
    def _met(rule: Rule, columns: Mapping[str, str], rows: str, *, attached: bool) -> str:
        selected = ", ".join(f"{sql} AS {name}" for name, sql in columns.items())
        met = f'f."{outcome_column(rule.id)}" IN ({RAISED}, {ESCALATED})'
        return f"SELECT {selected} FROM {rows} WHERE {met}{_ATTACHED if attached else ''}"

    def raised(self, rules: list[Rule], *, attached: bool = False) -> str:
        """The alerts without their words: who, by which rule, how urgent, what risk, whose. Empty without rules."""
        parts = []
        for rule in rules:
            person, rows, region = self._subject(rule)
            about = {"household_key": "f.household_key", "person_key": person, "region_code": region}
            heads = {name: sql for name, sql in self._heads(rule).items() if name != "rule_version"}
            parts.append(self._met(rule, heads | about, rows, attached=attached))
        return union_all(parts)

    def flagged(self, rules: list[Rule], *, attached: bool = False) -> str:
        """Which rule is met in which household, each pair once. Empty without rules."""
        columns = {"household_key": "f.household_key"}
        parts = []
        for rule in rules:
            rows = "household_facts f" if rule.subject == "household" else f"{found_table(rule.id)} f"
            met = self._met(rule, {"rule_id": text(rule.id)} | columns, rows, attached=attached)
            parts.append(met if rule.subject == "household" else met.replace("SELECT", "SELECT DISTINCT", 1))
        return union_all(parts)

    def _subject(self, rule: Rule) -> tuple[str, str, str]:
        """SQL of the person, the rows and the region that a rule speaks of."""
        if rule.subject == "household":
            return "CAST(NULL AS BIGINT)", "household_facts f", "f.region_code"
        joined = f"{found_table(rule.id)} f LEFT JOIN household_facts h ON h.household_key = f.household_key"
        return "f.person_key", joined, "h.region_code"

    def at_risk(self, rules: list[Rule]) -> str:
        """The households with an alert of risk, to which signals are attached."""
        homes = [outcome_column(rule.id) for rule in rules if rule.subject == "household"]
        met = f"IN ({RAISED}, {ESCALATED})"
        parts = [
            f'SELECT household_key FROM {found_table(rule.id)} WHERE "{outcome_column(rule.id)}" {met}'
            for rule in rules
            if rule.subject == "person"
        ]
        if homes:
            anything = " OR ".join(f'"{name}" {met}' for name in homes)
            parts.append(f"SELECT household_key FROM household_facts WHERE {anything}")
        return union_all(parts) or "SELECT household_key FROM registry_household WHERE FALSE"

    def fact(self, name: str) -> Shown:
        fact = self.facts[name]
        return Shown(f'f."{name}"', fact.type.kind.value, self.labels.get(name), share=fact.unit == "share")

    def shown(self, rule: Telling, language: str) -> dict[str, Shown | str]:
        """Facts as columns; parameters already written out where they are the same everywhere."""
        shown: dict[str, Shown | str] = {name: self.fact(name) for name in rule.facts}
        forms = {part.name: part.format for part in (*rule.because, *rule.because_en) if isinstance(part, Slot)}
        for name in rule.parameters:
            if name in self.thresholds.varying:
                shown[name] = Shown(f'f."{name}"', self.thresholds.parameters[name].type.kind.value)
            else:
                value = next(iter(self.thresholds.by_region.values()))[name].value
                shown[name] = written(value, forms.get(name, "number"), language)
        return shown

    def thresholds_json(self, rule: Telling) -> str:
        fixed = self.thresholds.told(rule.parameters)
        pieces: list[str] = []
        lead = "{"
        for name in rule.parameters:
            if name in fixed:
                pieces.append(text(f'{lead}"{name}":{fixed[name]}'))
            else:
                pieces += [text(f'{lead}"{name}":'), f'f."{name}__json"']
            lead = ","
        if all(name in fixed for name in rule.parameters):
            return text("{" + ",".join(f'"{name}":{fixed[name]}' for name in rule.parameters) + "}")
        return f"CONCAT({', '.join(pieces)}, '}}')"

    # ---- what could not be told

    def cannot_tell(self, rules: list[Rule], *, attached: bool = False) -> str:
        parts = [self._cannot_tell(rule, attached=attached) for rule in rules if not self.absent[rule.id]]
        return union_all(parts) or ("" if attached else _NOTHING_UNKNOWN)

    def _cannot_tell(self, rule: Rule, *, attached: bool) -> str:
        person, rows, region = self._subject(rule)
        return (
            f"SELECT {text(rule.id)} AS rule_id, f.household_key, {person} AS person_key, {region} AS region_code, "
            f"{self.missing(rule)} AS missing_facts "
            f'FROM {rows} WHERE f."{outcome_column(rule.id)}" = {CANNOT_TELL}{_ATTACHED if attached else ""}'
        )

    def missing(self, rule: Telling) -> str:
        """SQL of the facts that a rule lacks in a row `f`, with commas between them; all of its facts if none shows."""
        missing: list[str] = []
        for name in rule.facts:
            gap = f' OR f."gap_{name}"' if name in self.gapped else ""
            missing.append(f"CASE WHEN f.\"{name}\" IS NULL{gap} THEN '{name}' END")
        named = f"CONCAT_WS(',', {', '.join(missing)})"
        return f"CASE WHEN {named} = '' THEN {text(','.join(rule.facts))} ELSE {named} END"

    def counting(self, rules: list[Rule]) -> dict[str, str]:
        queries: dict[str, str] = {}
        for table in ("household_facts", "person_facts", PERSONS_WITH_HOUSEHOLD):
            mine = [outcome_column(rule.id) for rule in rules if table_of(rule, self.facts) == table]
            if mine:
                counted = [f'COUNT(CASE WHEN "{name}" = {NO_DATA} THEN 1 END) AS "{name}"' for name in mine]
                queries[table] = f"SELECT {', '.join(counted)} FROM {table}"
        return queries


_ATTACHED = " AND f.household_key IN (SELECT household_key FROM households_at_risk)"
_NO_ALERTS = (
    "SELECT '' AS rule_id, '' AS rule_version, '' AS level, '' AS risk, '' AS department, household_key, "
    "CAST(NULL AS BIGINT) AS person_key, region_code, '' AS facts, '' AS thresholds, '' AS legal_basis, "
    "'' AS sentence, '' AS sentence_en FROM registry_household WHERE FALSE"
)
_NOTHING_UNKNOWN = (
    "SELECT '' AS rule_id, household_key, CAST(NULL AS BIGINT) AS person_key, region_code, '' AS missing_facts "
    "FROM registry_household WHERE FALSE"
)
