"""What is doubtful about a rulebook that can be used: conditions that say the same of everybody, escalations that never
come, two texts for one thing, units that don't go together, examples that contradict, days without a value.

`doubts` needs no data; `doudi.screening.firing` looks at the same things over a county.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, Final

from sqlglot import exp

from doudi.rulebook.checks import Check
from doudi.rulebook.clauses import Sentence, Slot
from doudi.rulebook.document import Document, Path_, Problem
from doudi.rulebook.facts import AS_OF, Fact
from doudi.rulebook.loading import MEMBER_FACT, Rulebook
from doudi.rulebook.parameters import MissingParameter, Parameter
from doudi.rulebook.policies import Policy
from doudi.rulebook.predicate import Predicate, conjuncts
from doudi.rulebook.rules import Rule
from doudi.rulebook.trying import contradictions, verdict
from doudi.rulebook.units import mismatches
from doudi.rulebook.value_types import DATE, ColumnType
from doudi.standards.periods import IncomeYear
from doudi.standards.regions import RegionCode

COUNTRY: Final = RegionCode("000000000000")


def doubts(rulebook: Rulebook, *, on: date) -> list[Problem]:
    """Everything doubtful, in order of file and line; values of parameters are looked for up to the day `on`."""
    found: list[Problem] = []
    for rule in rulebook.rules.values():
        found += _of_rule(rule, rulebook)
    for policy in rulebook.policies.values():
        found += _of_policy(policy, rulebook)
    for check in rulebook.checks.values():
        found += _of_check(check, rulebook)
    for fact in rulebook.facts.values():
        found += _of_fact(fact, rulebook)
    found += _twins(rulebook)
    found += _repeated(rulebook)
    found += missing_values(rulebook, on=on)
    return sorted(set(found), key=lambda one: (one.file, one.line))


# ---- conditions


@dataclass(frozen=True)
class _Looked:
    """Looks at the conditions of one file."""

    document: Document
    types: Mapping[str, ColumnType]
    units: Mapping[str, str]
    values: Mapping[str, list[Any]]

    @classmethod
    def over(cls, document: Document, names: tuple[str, ...], rulebook: Rulebook) -> "_Looked":
        """The facts and parameters that a rule or policy lists."""
        things: dict[str, Fact | Parameter] = {
            name: rulebook.facts[name] if name in rulebook.facts else rulebook.parameters[name] for name in names
        }
        return cls(
            document,
            {name: one.type for name, one in things.items()},
            {name: one.unit for name, one in things.items()},
            {name: _values(one) for name, one in things.items() if isinstance(one, Parameter)},
        )

    def condition(self, predicate: Predicate, *at: str) -> Iterator[Problem]:
        """Parts that hold for everybody or nobody, parts that contradict each other, units that don't go together."""
        parts = conjuncts(predicate.tree)
        sound = []
        for part in parts:
            said = verdict([part], self.types, self.values)
            if said == "varies":
                sound.append(part)
                continue
            what = "总是成立" if said == "always" else "总是不成立"
            yield self._doubt("constant", f"条件{what}：{shown(part)}", "改条件，或删去这一部分", at)
        for one, other in contradictions(sound, self.types, self.values):
            message = f"条件互相矛盾，不会同时成立：{shown(one)} 与 {shown(other)}"
            yield self._doubt("contradiction", message, "改其中一个", at)
        yield from self.measures(predicate.tree, *at)

    def measures(self, tree: exp.Expression, *at: str) -> Iterator[Problem]:
        for left, right, text in mismatches(tree, self.units):
            yield self._doubt("unit", f"单位不同（{left} 与 {right}）：{text}", "换算成同一单位，或改正 unit", at)

    def together(self, trees: list[exp.Expression]) -> str:
        return verdict(trees, self.types, self.values)

    def sentences(self, zh: Sentence, en: Sentence, *at: str) -> Iterator[Problem]:
        one, other = ({part.name for part in said if isinstance(part, Slot)} for said in (zh, en))
        if one != other:
            names = "、".join(sorted(one ^ other))
            yield self._doubt("sentences", f"中英文说明用到的数值不一样：{names}", "两种说明填同样的数值", at)

    def _doubt(self, code: str, message: str, remedy: str, at: Path_) -> Problem:
        return self.document.problem(code, message, remedy, at=at, severity="warning")


def _values(parameter: Parameter) -> list[Any]:
    """All values its file holds; a day of the year stands for that day of one year."""
    found = [entry.value for held in parameter.entries.values() for entry in held if entry.value is not None]
    return [date.fromisoformat(f"2022-{one}") for one in found] if parameter.kind == "yearly_day" else found


def shown(tree: exp.Expression) -> str:
    """A condition as its author wrote it, more or less."""
    return tree.sql(dialect="duckdb").replace('"', "")[:160]


def _of_rule(rule: Rule, rulebook: Rulebook) -> Iterator[Problem]:
    looked = _Looked.over(rule.document, (*rule.facts, *rule.parameters), rulebook)
    yield from looked.condition(rule.when, "when")
    yield from looked.sentences(rule.because, rule.because_en, "because_en")
    yield from _contradicting(rule.cases)
    if rule.escalate is None:
        return
    at = ("escalate", "when")
    urgent = rule.escalate.when.tree
    yield from looked.measures(urgent, *at)
    parts = [*conjuncts(rule.when.tree), urgent]
    if looked.together(parts) == "never":
        message = "升级的条件不会和规则的条件同时成立，永远不会升级"
        yield rule.document.problem("escalate", message, "核对两处的界线", at=at, severity="warning")
    elif looked.together([*parts[:-1], exp.Not(this=exp.Paren(this=urgent.copy()))]) == "never":
        message = f"规则一成立就升级，级别总是 {rule.escalate.level}"
        yield rule.document.problem("escalate", message, "核对两处的界线，或直接改 level", at=at, severity="warning")
    if rule.escalate.level == rule.level:
        message = f"升级后的级别与原来一样（{rule.level}）"
        yield rule.document.problem("escalate", message, "改 level，或删去 escalate", at=at, severity="warning")


def _of_check(check: Check, rulebook: Rulebook) -> Iterator[Problem]:
    looked = _Looked.over(check.document, (*check.facts, *check.parameters), rulebook)
    yield from looked.condition(check.when, "when")
    yield from looked.sentences(check.because, check.because_en, "because_en")
    yield from _contradicting(check.cases)
    if check.repair is not None and check.repair.when is not None:
        yield from looked.measures(check.repair.when.tree, "repair", "when")
        if looked.together([*conjuncts(check.when.tree), check.repair.when.tree]) == "never":
            message = "repair 的条件不会和核查的条件同时成立，永远不会提出修改建议"
            at = ("repair", "when")
            yield check.document.problem("repair", message, "核对两处的条件", at=at, severity="warning")


def _of_policy(policy: Policy, rulebook: Rulebook) -> Iterator[Problem]:
    looked = _Looked.over(policy.document, (*policy.facts, *policy.parameters), rulebook)
    for key, predicate in (
        ("eligible", policy.eligible),
        ("receives", policy.receives),
        ("over_when", policy.over_when),
    ):
        meant = key == "over_when" and isinstance(predicate.tree, exp.Boolean) if predicate is not None else True
        if predicate is not None and not meant:
            yield from looked.condition(predicate, key)
    for key, formula in (("benefit", policy.benefit), ("received_amount", policy.received_amount)):
        if formula is not None:
            yield from looked.measures(formula.tree, key)
    yield from looked.sentences(policy.what, policy.what_en, "what_en")
    yield from looked.sentences(policy.because, policy.because_en, "because_en")
    yield from _contradicting(policy.cases)


def _of_fact(fact: Fact, rulebook: Rulebook) -> Iterator[Problem]:
    if fact.where is None:
        return
    parameters = {name: rulebook.parameters[name] for name in fact.parameters}
    columns = rulebook.facts if fact.uses else {}
    looked = _Looked(
        fact.document,
        {AS_OF: DATE, **fact.source.columns, **{name: one.type for name, one in parameters.items()}},
        {name: one.unit for name, one in columns.items()} | {name: one.unit for name, one in parameters.items()},
        {name: _values(one) for name, one in parameters.items()} | {AS_OF: [date(2023, 8, 1)]},
    )
    yield from looked.condition(fact.where, "where")


def _contradicting(cases: tuple[Any, ...]) -> Iterator[Problem]:
    """Examples with the same facts on the same day in the same region must come to the same."""
    seen: dict[str, Any] = {}
    for case in cases:
        given = repr((sorted(case.given.items()), case.on, case.region))
        other = seen.setdefault(given, case)
        if other.then != case.then:
            message = f"例子“{case.name}”与第{other.line}行的“{other.name}”给的一样，结果却不同"
            yield Problem(case.file, case.line, "case", message, "改正其中一个")


# ---- two texts for one thing


def _twins(rulebook: Rulebook) -> Iterator[Problem]:
    """Texts that say the same of the same at the same time."""
    seen: dict[tuple[str, ...], list[Rule | Policy | Check]] = {}
    for rule in rulebook.rules.values():
        seen.setdefault(("rule", str(rule.subject), rule.when.sql()), []).append(rule)
    for check in rulebook.checks.values():
        seen.setdefault(("check", check.subject, check.among, check.when.sql()), []).append(check)
    for policy in rulebook.policies.values():
        what = policy.benefit.sql() if policy.benefit else policy.title
        key = ("policy", policy.subject, policy.eligible.sql(), what, repr(sorted(policy.regions)))
        seen.setdefault(key, []).append(policy)
    for several in seen.values():
        for number, one in enumerate(several):
            for other in several[:number]:
                if _overlap(one, other):
                    message = f"与 {other.id} 的条件相同，施行日期重叠，同一户会报两次"
                    yield one.document.problem(
                        "twin", message, "合并，或给其中一个写 until", at=("in_force",), severity="warning"
                    )


def _overlap(one: Rule | Policy | Check, other: Rule | Policy | Check) -> bool:
    first, second = sorted((one, other), key=lambda text: text.in_force_from)
    return first.in_force_until is None or first.in_force_until >= second.in_force_from


def _repeated(rulebook: Rulebook) -> Iterator[Problem]:
    """A dated value that is the one before it: an entry that changes nothing, or a new value forgotten."""
    for parameter in rulebook.parameters.values():
        if parameter.by != "day":
            continue
        for held in parameter.entries.values():
            for before, after in pairwise(held):
                if before.value == after.value and before.until is None and before.verified == after.verified:
                    message = f"{after.region} 自 {after.starts} 起的值与前一项（第{before.line}行）相同"
                    yield Problem(parameter.file, after.line, "repeated", message, "改数值，或删去这一项", "warning")


# ---- days without a value


def missing_values(rulebook: Rulebook, *, on: date) -> Iterator[Problem]:
    """Parameters that lack a value somewhere on a day when a rule or policy needs it: one line a parameter.

    Looked at are the whole country (for all that have no value of their own) and the regions that the parameter speaks
    of, up to the day `on`.
    """
    for parameter, places, since, until in _needed(rulebook, on):
        named = {COUNTRY, *parameter.regions, *places}
        regions = sorted(one for one in named if any(place.covers(one) for place in places))
        gaps = {region: list(_gaps(parameter, region, since, until)) for region in regions}
        told = "；".join(f"{region} {'、'.join(map(_span, spans))}" for region, spans in gaps.items() if spans)
        if told:
            message = f"参数“{parameter.title}”在施行期内缺值：{told}"
            remedy = f"在 {parameter.file} 的 values 里补上（地区、起始时间、数值、出处）"
            yield Problem(parameter.file, 1, "missing_value", message, remedy, "warning")


def _needed(rulebook: Rulebook, on: date) -> Iterator[tuple[Parameter, frozenset[RegionCode], date, date]]:
    """Each parameter with where, from when and until when something in force uses it."""
    spans: dict[str, tuple[frozenset[RegionCode], date, date]] = {}
    texts: list[Rule | Policy | Check] = [
        *rulebook.rules.values(),
        *rulebook.policies.values(),
        *rulebook.checks.values(),
    ]
    for text in texts:
        if not (text.in_force(text.in_force_from) and text.in_force_from <= on):
            continue
        until = min(on, text.in_force_until or on)
        places = frozenset(text.regions if isinstance(text, Policy) else [COUNTRY])
        names = set(text.all_parameters if isinstance(text, Policy) else text.parameters)
        names |= {name for fact in rulebook.facts_of((*text.facts, MEMBER_FACT)).values() for name in fact.parameters}
        for name in names:
            known, since, last = spans.get(name, (places, text.in_force_from, until))
            spans[name] = (known | places, min(since, text.in_force_from), max(last, until))
    for name, (places, since, until) in sorted(spans.items()):
        yield rulebook.parameters[name], places, since, until


def _gaps(parameter: Parameter, region: RegionCode, since: date, until: date) -> Iterator[tuple[date, date | None]]:
    """The times without a value between two days; None: to the last day looked at."""
    days = sorted({since, *(day for day in _turns(parameter, since, until) if since < day <= until)})
    begun: date | None = None
    for day in days:
        lacking = not _has_value(parameter, region, day)
        if lacking and begun is None:
            begun = day
        elif not lacking and begun is not None:
            yield begun, day - timedelta(days=1)
            begun = None
    if begun is not None:
        yield begun, None


def _has_value(parameter: Parameter, region: RegionCode, day: date) -> bool:
    try:
        parameter.value(region=region, on=day)
    except MissingParameter:
        return False
    return True


def _turns(parameter: Parameter, since: date, until: date) -> Iterator[date]:
    """Days on which the value can change."""
    if parameter.by == "income_year":
        yield from (IncomeYear(year).starts for year in range(since.year, until.year + 2))
        return
    for held in parameter.entries.values():
        for entry in held:
            yield entry.starts
            if entry.until is not None and entry.until < date.max:
                yield entry.until + timedelta(days=1)


def _span(span: tuple[date, date | None]) -> str:
    since, until = span
    return f"自 {since} 起" if until is None else f"{since} 至 {until}"
