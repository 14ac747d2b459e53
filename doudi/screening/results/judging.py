"""One rule judged for one household or person at hand, in Python: what the database does for a county, seen from near.

Used where a single case is shown part by part: a rule tried with one's own values, an old alert judged again.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from doudi.rulebook import Parameter, Policy, Rule, Rulebook, parse_predicate
from doudi.rulebook.evaluation import evaluate
from doudi.rulebook.facts import AS_OF
from doudi.rulebook.value_types import DATE, ColumnType
from doudi.rulebook.wording import Clause
from doudi.screening.sql.narrowing import columns_of, conjuncts
from doudi.screening.sql.writing import sentence


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a rule comes to. `level` is that of the alert; empty unless raised."""

    outcome: str
    """raised, not_raised or cannot_tell"""
    level: str
    sentence: str
    sentence_en: str


@dataclass(frozen=True, slots=True)
class PartJudged:
    """One clause of a condition with what it comes to; None: cannot be told."""

    clause: Clause
    truth: bool | None
    parts: tuple["PartJudged", ...] = ()

    def lines(self, depth: int = 0) -> list[tuple[int, "PartJudged"]]:
        """Every clause with how far in it stands, the heads of lists before their parts."""
        return [(depth, self), *(line for part in self.parts for line in part.lines(depth + 1))]


def judge(
    rule: Rule, book: Rulebook, values: Mapping[str, Any], thresholds: Mapping[str, Any], *, gaps: Collection[str] = ()
) -> Judgement:
    """The outcome of a rule for values of its facts and parameters. `gaps`: facts of which a part is missing."""
    row = {**values, **thresholds}
    truth = _all(_with_gaps(part, row, gaps) for part in conjuncts(rule.when.tree))
    if truth is not True:
        return Judgement("cannot_tell" if truth is None else "not_raised", "", "", "")
    urgent = rule.escalate is not None and evaluate(rule.escalate.when.tree, row) is True
    level = rule.escalate.level if urgent and rule.escalate else rule.level
    told = (sentence(parts, row, language, book.code_labels) for parts, language in _sentences(rule))
    return Judgement("raised", level, *told)


def judge_parts(
    clause: Clause,
    types: Mapping[str, ColumnType],
    values: Mapping[str, Any],
    *,
    gaps: Collection[str] = (),
) -> PartJudged:
    """Each clause of a condition for itself. `types` and `values` are of facts and parameters together."""
    if not clause.joint:
        tree = parse_predicate(clause.formula, {**types, AS_OF: DATE}).tree
        return PartJudged(clause, _with_gaps(tree, values, gaps))
    parts = tuple(judge_parts(part, types, values, gaps=gaps) for part in clause.parts)
    truths = [part.truth for part in parts]
    truth = _all(truths) if clause.joint == "all" else _not(_all(_not(one) for one in truths))
    return PartJudged(clause, truth, parts)


def types_of(rule: Rule, book: Rulebook) -> dict[str, ColumnType]:
    """The types of what a rule's conditions may name."""
    found: dict[str, ColumnType] = {name: book.facts[name].type for name in rule.facts}
    return found | {name: book.parameters[name].type for name in rule.parameters}


def parameters_of(rule: Rule | Policy, book: Rulebook) -> dict[str, Parameter]:
    """The own parameters of a rule or policy, then those of the facts it uses."""
    names = [*rule.parameters]
    for fact in book.facts_of(rule.facts).values():
        names += sorted(fact.parameters)
    return {name: book.parameters[name] for name in dict.fromkeys(names)}


def _sentences(rule: Rule) -> tuple[tuple[Any, str], ...]:
    return (rule.because, "zh"), (rule.because_en, "en")


def _with_gaps(tree: exp.Expression, row: Mapping[str, Any], gaps: Collection[str]) -> bool | None:
    """As the database does: a part that is false only for want of data is unknown."""
    truth: bool | None = evaluate(tree, row)
    return None if truth is False and columns_of(tree) & set(gaps) else truth


def _all(truths: Any) -> bool | None:
    found = list(truths)
    return False if False in found else None if None in found else True


def _not(truth: bool | None) -> bool | None:
    return None if truth is None else not truth
