"""The rulebook as a whole: every file of `rules/` read, checked against the others, and frozen."""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from sqlglot import exp

from doudi.rulebook.checks import Check, read_check
from doudi.rulebook.document import Document, Problem, RulebookError, read_document
from doudi.rulebook.facts import Fact, FactFile, build_fact, read_fact_file
from doudi.rulebook.parameters import Parameter, read_parameter
from doudi.rulebook.policies import Policy, check_departed, check_policies, read_policy
from doudi.rulebook.predicate import Predicate
from doudi.rulebook.receipts import GRACE, OF_POLICIES
from doudi.rulebook.rules import Rule, read_rule
from doudi.rulebook.sources import (
    ALERTS,
    FACTS,
    HOUSEHOLDS,
    PERSONS_OF_HOUSEHOLD,
    REGISTRY,
    SHARED,
    Source,
    read_feed,
    registry_cells,
)
from doudi.standards.codes import CODE_LISTS

FOLDERS = ("parameters", "feeds", "facts", "screening", "policies", "checks")
MEMBER_FACT = "is_member"
"""The person fact that says who counts as a member; households sum up members only."""
TOLERANCE = "region_unknown_share"
"""The parameter that says of how large a share of a region's rows a value may be unknown before a fact of the region
counts as incomplete."""
LOOK_BACK_WINDOW = "look_back_window_months"
"""The parameter that says how long before an enrolment an alert still counts as having found the household."""
_PLACE = re.compile(r"(?P<folder>[a-z]+)/(?P<stem>[a-z0-9_]+(?:\.[a-z0-9_]+)*)\.yaml")
RESERVED = frozenset({"as_of", "household_key", "person_key", "region_code", "region_key", "name", "year", "level"})
_Read = TypeVar("_Read")


@dataclass(frozen=True)
class Rulebook:
    """All parameters, facts and rules by id, with the sources they speak of. `digest` names this very content."""

    parameters: Mapping[str, Parameter]
    facts: Mapping[str, Fact]
    rules: Mapping[str, Rule]
    policies: Mapping[str, Policy]
    sources: Mapping[str, Source]
    checks: Mapping[str, Check]
    """What the registry's own data is held against; no part of a screening."""
    digest: str
    texts: Mapping[str, str]
    """Path under the rules folder → text of the file, so that a result can keep what it was made by."""
    warnings: tuple[Problem, ...] = ()

    def rules_on(self, on: date) -> tuple[Rule, ...]:
        """The rules in force on a day, in order of id."""
        return tuple(rule for rule in self.rules.values() if rule.in_force(on))

    def policies_on(self, on: date) -> tuple[Policy, ...]:
        """The policies in force on a day, in order of id."""
        return tuple(policy for policy in self.policies.values() if policy.in_force(on))

    def checks_on(self, on: date) -> tuple[Check, ...]:
        """The checks in force on a day, in order of id."""
        return tuple(check for check in self.checks.values() if check.in_force(on))

    def facts_of(self, names: Iterator[str] | frozenset[str] | tuple[str, ...]) -> dict[str, Fact]:
        """The facts named and all that they are made of, in an order in which they can be worked out."""
        wanted: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name not in wanted:
                wanted.add(name)
                waiting += self.facts[name].uses
        return {name: fact for name, fact in self.facts.items() if name in wanted}

    @cached_property
    def code_labels(self) -> Mapping[str, Mapping[str, str]]:
        """Fact id → code → Chinese label, of the facts that hold codes of a list."""
        return {
            fact.id: {str(member.value): member.label for member in CODE_LISTS[fact.codes]}
            for fact in self.facts.values()
            if fact.codes
        }


def load_rulebook(root: Path) -> Rulebook:
    """Read `rules/`. Raises RulebookError that lists the problems of all files."""
    texts: dict[str, str] = {}
    problems: list[Problem] = []
    for folder in FOLDERS:
        for path in sorted((root / folder).glob("*.yaml")):
            try:
                texts[f"{folder}/{path.name}"] = path.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                problems.append(Problem(str(path), 1, "unreadable", f"读不了文件（{error}）", "存为 UTF-8"))
    if not any(name.startswith("screening/") for name in texts):
        problems.append(Problem(str(root), 1, "empty", "没有规则文件（screening/*.yaml）", "检查规则目录"))
    try:
        rulebook = build_rulebook(texts, prefix=f"{root}/")
    except RulebookError as error:
        raise RulebookError([*problems, *error.problems]) from error
    if problems:
        raise RulebookError(problems)
    return rulebook


def build_rulebook(texts: Mapping[str, str], *, prefix: str = "rules/") -> Rulebook:
    """A rulebook from the texts of its files by path; `prefix` only goes into messages. Raises RulebookError."""
    build = _Build(prefix)
    documents = build.documents(texts)
    of_departments = [one for one in documents["feeds"] if not str(one.content["id"]).startswith("registry_")]
    feeds = build.each(of_departments, read_feed)
    parameters = build.each(documents["parameters"], read_parameter)
    sources = {**REGISTRY, **SHARED, **feeds}
    facts = build.facts(documents["facts"], sources, parameters)
    rules = build.each(documents["screening"], lambda one: read_rule(one, facts=facts, parameters=parameters))
    policies = build.each(
        documents["policies"],
        lambda one: read_policy(one, facts=facts, parameters=parameters, sources=sources),
    )
    cells = registry_cells(documents["feeds"])
    checks = build.each(
        documents["checks"], lambda one: read_check(one, facts=facts, parameters=parameters, cells=cells)
    )
    build.add(check_policies(policies))
    build.add(check_departed(policies, facts, parameters))
    build.whole(facts, parameters)
    build.across_households(facts, parameters, rules)
    build.for_checks_alone(facts, (*rules.values(), *policies.values()))
    if build.problems:
        raise RulebookError(sorted(build.problems, key=lambda one: (one.file, one.line)))
    digest = hashlib.sha256("\0".join(f"{name}\0{texts[name]}" for name in sorted(texts)).encode()).hexdigest()
    used: set[str] = set()
    for rule in rules.values():
        used |= set(rule.facts)
    return Rulebook(
        parameters=MappingProxyType(parameters),
        facts=MappingProxyType(facts),
        rules=MappingProxyType(dict(sorted(rules.items()))),
        policies=MappingProxyType(dict(sorted(policies.items()))),
        sources=MappingProxyType(sources),
        checks=MappingProxyType(dict(sorted(checks.items()))),
        digest=digest,
        texts=MappingProxyType(dict(texts)),
        warnings=tuple(_warnings(rules, policies, checks, facts, parameters)),
    )


_FOLLOWING = ("unknown_name", "unknown_column", "source", "window", "member", "tolerance", "departed")
"""Problems that may only be there because another file could not be read."""


class _Build:
    """Reads the files one after the other. What only fails because another file failed is not told again."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.problems: list[Problem] = []
        self.broken: set[str] = set()
        """Ids of files that could not be used."""

    def failed(self, name: str, problems: Iterable[Problem]) -> None:
        """Note what is wrong with a file, apart from what follows from files noted before."""
        self.add(problems)
        self.broken.add(name)

    def add(self, problems: Iterable[Problem]) -> None:
        self.problems += [one for one in problems if not self._follows(one)]

    def _follows(self, problem: Problem) -> bool:
        words = set(re.findall(r"[a-z][a-z0-9_.]*", problem.message))
        return problem.code in _FOLLOWING and bool(words & self.broken)

    def documents(self, texts: Mapping[str, str]) -> dict[str, list[Document]]:
        found: dict[str, list[Document]] = {folder: [] for folder in FOLDERS}
        for name, text in texts.items():
            place = _PLACE.fullmatch(name)
            if place is None or place["folder"] not in FOLDERS:
                message = f"规则目录里没有这样的位置：{name[:120]}"
                remedy = "文件放在 " + "、".join(FOLDERS) + " 之下，文件名用小写字母、数字、下划线和点"
                self.problems.append(Problem(f"{self.prefix}{name[:120]}", 1, "path", message, remedy))
                continue
            folder, stem = place["folder"], place["stem"]
            try:
                document = read_document(f"{self.prefix}{name}", text)
            except RulebookError as error:
                self.failed(stem, error.problems)
                continue
            own = document.content.get("id")
            if own != stem:
                message = f"id 应与文件名一致：{stem}"
                if f"{folder}/{own}.yaml" in texts:
                    message += f"（{own} 已有自己的文件 {folder}/{own}.yaml）"
                self.failed(stem, [document.problem("id", message, f"写 id: {stem}", at=("id",))])
                continue
            found[folder].append(document)
        return found

    def each(self, documents: list[Document], read: Callable[[Document], _Read]) -> dict[str, _Read]:
        done: dict[str, _Read] = {}
        for document in documents:
            name = str(document.content["id"])
            try:
                done[name] = read(document)
            except RulebookError as error:
                self.failed(name, error.problems)
        return done

    def facts(
        self, documents: list[Document], sources: Mapping[str, Source], parameters: Mapping[str, Parameter]
    ) -> dict[str, Fact]:
        """Facts in an order in which each comes after those it is made of."""
        files = {str(one.content["id"]): (one, file) for one, file in self._forms(documents)}
        done: dict[str, Fact] = {}
        waiting = dict(files)
        while waiting:
            ready = {
                name: pair
                for name, pair in waiting.items()
                if not self._mentions(pair[1], set(waiting) - {name}) and not self._mentions(pair[1], {name})
            }
            if not ready:
                for name, (document, _file) in waiting.items():
                    message = "事实互相引用，算不出来"
                    self.failed(name, [document.problem("cycle", message, "去掉其中一处引用", at=("expression",))])
                break
            for name, (document, file) in ready.items():
                del waiting[name]
                try:
                    done[name] = build_fact(document, file, sources=sources, parameters=parameters, known=done)
                except RulebookError as error:
                    self.failed(name, error.problems)
        return done

    def _forms(self, documents: list[Document]) -> Iterator[tuple[Document, FactFile]]:
        for document in documents:
            try:
                yield document, read_fact_file(document)
            except RulebookError as error:
                self.failed(str(document.content["id"]), error.problems)

    def _mentions(self, file: FactFile, names: set[str]) -> bool:
        if file.from_ not in (FACTS, *PERSONS_OF_HOUSEHOLD, HOUSEHOLDS):
            return False
        words = set(re.findall(r"[a-z][a-z0-9_]*", f"{file.expression} {file.where or ''} {file.by or ''}"))
        return bool(words & names)

    def whole(self, facts: Mapping[str, Fact], parameters: Mapping[str, Parameter]) -> None:
        """What only shows when all files are seen together."""
        for name in sorted(set(facts) & set(parameters)):
            at = facts[name].document
            self.problems.append(at.problem("name", f"{name} 既是事实又是参数", "改其中一个的 id", at=("id",)))
        for name, fact in facts.items():
            if name in RESERVED | OF_POLICIES or name.startswith("gap_"):
                self.problems.append(fact.document.problem("name", f"{name} 是保留的名字", "换一个 id", at=("id",)))
        for name, parameter in parameters.items():
            if name in RESERVED or name.startswith("gap_"):
                self.problems.append(Problem(parameter.file, 1, "name", f"{name} 是保留的名字", "换一个 id"))
        member = facts.get(MEMBER_FACT)
        if any(fact.source.id in PERSONS_OF_HOUSEHOLD or fact.source.is_feed for fact in facts.values()) and (
            member is None or member.subject != "person" or member.type.kind.value != "boolean"
        ):
            message = f"缺少事实 {MEMBER_FACT}（人，是否）：谁算家庭成员"
            problem = Problem(f"{self.prefix}facts", 1, "member", message, "建 rules/facts/is_member.yaml")
            self.add([problem])

    def for_checks_alone(self, facts: Mapping[str, Fact], texts: Iterable[Rule | Policy]) -> None:
        """Screenings don't hold rows of the registry against each other; rules and policies must do without."""
        shared = {name for name, fact in facts.items() if fact.source.is_shared}
        shared |= {name for name, fact in facts.items() if _made_of(name, facts) & shared}
        for text in texts:
            for number, name in enumerate(text.facts):
                if name in shared:
                    message = f"事实 {name} 要与登记簿的其他行比较，只有核查（rules/checks）能用"
                    problem = text.document.problem("subject", message, "从 facts 里删去", at=("facts", number))
                    self.problems.append(problem)

    def across_households(
        self, facts: Mapping[str, Fact], parameters: Mapping[str, Parameter], rules: Mapping[str, Rule]
    ) -> None:
        """What facts and rules of regions refer to besides facts: rules by name, and how much may be unknown."""
        regional = [fact for fact in facts.values() if fact.subject == "region"]
        if regional and (TOLERANCE not in parameters or parameters[TOLERANCE].kind != "number"):
            message = f"缺少参数 {TOLERANCE}（数字）：村、乡的汇总允许多大比例的户缺数据"
            remedy = f"建 rules/parameters/{TOLERANCE}.yaml"
            problem = Problem(f"{self.prefix}parameters", 1, "tolerance", message, remedy)
            self.add([problem])
        for fact in regional:
            if fact.source.id == ALERTS and fact.where is not None:
                for name in _rules_named(fact.where):
                    if name not in rules and name not in self.broken:
                        hint = _nearest(name, rules)
                        problem = fact.document.problem("unknown_name", f"没有规则 {name}", hint, at=("where",))
                        self.problems.append(problem)
        for rule in rules.values():
            named = rule.concerns.rule if rule.concerns else None
            if named is not None and named not in rules and named not in self.broken:
                hint = _nearest(named, rules)
                problem = rule.document.problem("unknown_name", f"没有规则 {named}", hint, at=("concerns", "clues"))
                self.problems.append(problem)


def _made_of(name: str, facts: Mapping[str, Fact]) -> set[str]:
    """All facts that a fact is made of."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        new = set(facts[waiting.pop()].uses) - found
        found |= new
        waiting += new
    return found


def _rules_named(where: Predicate) -> Iterator[str]:
    """The rules that a condition over alerts compares `rule_id` with."""
    for node in where.tree.find_all(exp.EQ, exp.NEQ, exp.In):
        column = node.find(exp.Column)
        if column is not None and column.name == "rule_id":
            yield from (str(one.this) for one in node.find_all(exp.Literal) if one.is_string)


def _nearest(name: str, rules: Mapping[str, Rule]) -> str:
    near = get_close_matches(name, rules, n=1)
    return f"是不是 {near[0]}？" if near else "检查规则编号"


def _warnings(
    rules: Mapping[str, Rule],
    policies: Mapping[str, Policy],
    checks: Mapping[str, Check],
    facts: Mapping[str, Fact],
    parameters: Mapping[str, Parameter],
) -> Iterator[Problem]:
    texts: list[Rule | Check] = [*rules.values(), *checks.values()]
    used = {name for text in texts for name in text.facts}
    used |= {name for policy in policies.values() for name in policy.facts}
    used |= {name for fact in facts.values() for name in fact.uses} | {MEMBER_FACT}
    for name, fact in facts.items():
        if name not in used:
            yield fact.document.problem("unused", f"没有规则用到事实 {name}", "可以删去", severity="warning")
    named = {name for text in texts for name in text.parameters} | {GRACE}
    named |= {name for policy in policies.values() for name in policy.all_parameters}
    named |= {name for fact in facts.values() for name in fact.parameters} | {TOLERANCE, LOOK_BACK_WINDOW}
    for name, parameter in parameters.items():
        if name not in named:
            yield Problem(parameter.file, 1, "unused", f"没有规则用到参数 {name}", "可以删去", "warning")
