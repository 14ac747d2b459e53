"""Why a household is or is not on the list: every rule with what it found, in words."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from doudi.rulebook import Rule, Rulebook, build_rulebook
from doudi.rulebook.loading import MEMBER_FACT
from doudi.rulebook.value_types import ValueType
from doudi.screening.results.kept import KeptResult
from doudi.screening.run import ScreeningResult
from doudi.screening.sql.regions import REGION_FACTS
from doudi.screening.sql.rules import ESCALATED, OUTCOMES, PERSONS_WITH_HOUSEHOLD, outcome_column, table_of
from doudi.screening.sql.writing import sentence, written
from doudi.standards.regions import RegionCode

Row = Mapping[str, Any]
NO_REGION = "000000000000"
_ORDER = {"raised": 0, "cannot_tell": 1, "not_raised": 2}
_LEVELS = {"red": 0, "yellow": 1, "exclusion": 2}


@dataclass(frozen=True, slots=True)
class Shown:
    """A fact or threshold with its name; `text` is how it is written. `known` is False for what could not be told."""

    id: str
    title: str
    title_en: str
    value: Any
    text: str
    known: bool = True
    verified: bool = True


@dataclass(frozen=True, slots=True)
class RuleOutcome:
    """One rule for the household, or for one of its members: raised, not_raised or cannot_tell."""

    rule_id: str
    rule_version: str
    title: str
    title_en: str
    outcome: str
    level: str
    """Of the alert when raised, else the rule's ordinary level."""
    person_key: int | None
    facts: tuple[Shown, ...]
    thresholds: tuple[Shown, ...]
    sentence: str
    sentence_en: str
    missing: tuple[str, ...]
    """Titles of the facts that could not be told."""
    absent_sources: tuple[str, ...]
    """Titles of the feeds or tables that are not there at all."""
    legal_basis: tuple[str, ...]
    verify: tuple[str, ...]


@dataclass(frozen=True)
class _Kept:
    """Everything of one result that concerns one household."""

    rulebook: Rulebook
    as_of: date
    versions: Mapping[str, str]
    absent: Mapping[str, Mapping[str, str]]
    rows: Mapping[str, list[dict[str, Any]]]
    """Table of facts → its rows, with outcomes and gaps."""


def explain(result: ScreeningResult | Path, household_key: int) -> list[RuleOutcome]:
    """What every rule of a screening found for a household and its members; alerts first.

    `result` is a fresh one or the folder one was written to. Raises LookupError for a household that is not in it.
    """
    kept = _written(result, household_key) if isinstance(result, Path) else _fresh(result, household_key)
    if not kept.rows["household_facts"]:
        raise LookupError("筛查结果里没有这一户，请检查户编号，或重新筛查")
    outcomes = [outcome for rule in _rules(kept) for outcome in _of_rule(rule, kept)]
    return sorted(outcomes, key=lambda one: (_ORDER[one.outcome], _LEVELS[one.level], one.rule_id, one.person_key or 0))


def explain_region(result: ScreeningResult | Path, region_code: str) -> list[RuleOutcome]:
    """What every rule across households found for a village or township; alerts first. Raises LookupError."""
    kept = _written_region(result, region_code) if isinstance(result, Path) else _fresh_region(result, region_code)
    if not kept.rows[REGION_FACTS]:
        raise LookupError("筛查结果里没有这个村或乡镇，请检查 12 位区划代码")
    (row,) = kept.rows[REGION_FACTS]
    rules = [rule for rule in _rules(kept) if row["level"] in rule.levels]
    outcomes = [_outcome(rule, kept, row, int(row[outcome_column(rule.id)]), region_code) for rule in rules]
    return sorted(outcomes, key=lambda one: (_ORDER[one.outcome], _LEVELS[one.level], one.rule_id))


def _fresh_region(result: ScreeningResult, region_code: str) -> _Kept:
    plan = result.plan.regional
    rows = result.region_facts.filter(pc.equal(result.region_facts["region_code"], region_code)).to_pylist()
    return _Kept(result.rulebook, result.plan.as_of, plan.versions, plan.absent, {REGION_FACTS: rows})


def _written_region(folder: Path, region_code: str) -> _Kept:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    rulebook = build_rulebook(json.loads((folder / "rules.json").read_text(encoding="utf-8")))
    path = folder / f"{REGION_FACTS}.parquet"
    filters = [("region_code", "=", region_code)]
    rows = pq.read_table(path, filters=filters).to_pylist() if path.is_file() else []
    regional = manifest.get("regional", {"rules": {}, "absent": {}})
    absent = {rule: regional["absent"].get(rule, {}) for rule in regional["rules"]}
    as_of = date.fromisoformat(manifest["summary"]["as_of"])
    return _Kept(rulebook, as_of, regional["rules"], absent, {REGION_FACTS: rows})


def _fresh(result: ScreeningResult, household_key: int) -> _Kept:
    plan = result.plan
    if result.basis is not None and result.stands(household_key):
        return _written(result.basis.kept.folder, household_key)
    tables = {"household_facts", "person_facts"} | {plan.table_of(rule) for rule in plan.rules}
    rows = {table: result.rows_of(table, household_key) for table in tables}
    return _Kept(result.rulebook, plan.as_of, plan.versions, plan.absent, rows)


def _written(folder: Path, household_key: int) -> _Kept:
    kept = KeptResult(folder)
    manifest = kept.manifest
    rulebook = build_rulebook(json.loads((folder / "rules.json").read_text(encoding="utf-8")))

    def read(name: str) -> list[dict[str, Any]]:
        return kept.rows(name, household_key)

    households = _merged(read("household_facts"), read("household_outcomes"))
    persons = _merged(read("person_facts"), read("person_outcomes"))
    home = households[0] if households else {}
    both = _merged([{**home, **person} for person in persons], read("person_household_outcomes"))
    rows = {"household_facts": households, "person_facts": persons, PERSONS_WITH_HOUSEHOLD: both}
    absent = {rule: manifest["absent"].get(rule, {}) for rule in manifest["rules"]}
    as_of = date.fromisoformat(manifest["summary"]["as_of"])
    return _Kept(rulebook, as_of, manifest["rules"], absent, rows)


def _merged(rows: list[dict[str, Any]], more: list[dict[str, Any]]) -> list[dict[str, Any]]:
    by_key = {(row["household_key"], row.get("person_key")): row for row in more}
    return [{**row, **by_key.get((row["household_key"], row.get("person_key")), {})} for row in rows]


def _rules(kept: _Kept) -> Iterator[Rule]:
    return (kept.rulebook.rules[name] for name in kept.versions)


def _of_rule(rule: Rule, kept: _Kept) -> Iterator[RuleOutcome]:
    region = str(kept.rows["household_facts"][0].get("region_code") or NO_REGION)
    for row in kept.rows[table_of(rule, kept.rulebook.facts)]:
        code = row.get(outcome_column(rule.id))
        if code is not None and not (rule.subject == "person" and row.get(MEMBER_FACT) is False):
            yield _outcome(rule, kept, row, int(code), region)


def _outcome(rule: Rule, kept: _Kept, row: Row, code: int, region: str) -> RuleOutcome:
    book = kept.rulebook
    found = OUTCOMES[code]
    absent = kept.absent[rule.id]
    facts = tuple(_fact(book, name, row) for name in rule.facts)
    parameters = {
        name: book.parameters[name].value(region=RegionCode(region), on=kept.as_of) for name in rule.parameters
    }
    thresholds = tuple(
        Shown(
            name,
            book.parameters[name].title,
            book.parameters[name].title_en,
            value.value,
            written(value.value, book.parameters[name].unit, "zh"),
            verified=value.verified,
        )
        for name, value in parameters.items()
    )
    missing = tuple(fact.title for fact in facts if not fact.known) if found == "cannot_tell" else ()
    sources = tuple(dict.fromkeys(book.sources[name].title for name in absent.values()))
    values = {name: row.get(name) for name in rule.facts} | {name: one.value for name, one in parameters.items()}
    zh, en = _sentences(rule, found, values, missing, sources if found == "cannot_tell" else (), book)
    escalated = code == ESCALATED and rule.escalate is not None
    return RuleOutcome(
        rule_id=rule.id,
        rule_version=kept.versions[rule.id],
        title=rule.title,
        title_en=rule.title_en,
        outcome=found,
        level=rule.escalate.level if escalated and rule.escalate else rule.level,
        person_key=row.get("person_key") if rule.subject == "person" else None,
        facts=facts,
        thresholds=thresholds,
        sentence=zh,
        sentence_en=en,
        missing=missing,
        absent_sources=sources if found == "cannot_tell" else (),
        legal_basis=tuple(f"{basis.document} {basis.article}".strip() for basis in rule.legal_basis),
        verify=rule.verify,
    )


def _fact(book: Rulebook, name: str, row: Row) -> Shown:
    fact = book.facts[name]
    value = row.get(name)
    form = fact.unit if fact.type.kind is ValueType.NUMBER else "label"
    text = written(value, form, "zh", book.code_labels.get(name))
    gap = bool(row.get(f"gap_{name}"))
    if gap and value is not None:
        text = f"{text}（有缺项）"
    return Shown(name, fact.title, fact.title_en, value, text, known=value is not None and not gap)


def _sentences(
    rule: Rule,
    found: str,
    values: Mapping[str, Any],
    missing: tuple[str, ...],
    sources: tuple[str, ...],
    book: Rulebook,
) -> tuple[str, str]:
    if found == "raised":
        return (
            sentence(rule.because, values, "zh", book.code_labels),
            sentence(rule.because_en, values, "en", book.code_labels),
        )
    if found == "not_raised":
        return "没有达到预警条件", "The condition is not met"
    if sources:
        return f"没有{'、'.join(sources)}的数据，无法判断", "Cannot tell: the source has not been handed in"
    return f"缺少{'、'.join(missing) or '数据'}，无法判断", "Cannot tell: data is missing"
