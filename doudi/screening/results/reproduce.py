"""An alert raised long ago, judged again by what the screening kept: the rule's text, the parameters, the facts.

`rules.json` of a result folder holds every file of the rulebook as it was, `household_facts.parquet` and its fellows
the facts as they were worked out; neither changes when rules, parameters or the registry change afterwards.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from doudi.rulebook import Rule, Rulebook, build_rulebook
from doudi.rulebook.value_types import ColumnType, ValueType
from doudi.screening.results import kept
from doudi.screening.results.judging import Judgement, judge
from doudi.screening.sql.rules import table_of
from doudi.standards.regions import RegionCode


class NotKept(LookupError):  # noqa: N818 - named for what is wrong
    """A folder that does not hold what is needed to judge its alerts again; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Reproduced:
    """An alert beside what the kept rule says of the kept facts today."""

    rule_id: str
    household_key: int | None
    """None for an alert of a village or township."""
    person_key: int | None
    region_code: str
    recorded: Judgement
    again: Judgement
    facts: Mapping[str, Any]
    thresholds: Mapping[str, Any]

    @property
    def equal(self) -> bool:
        return self.recorded == self.again


@dataclass
class KeptAlerts:
    """The alerts of a result folder with what they rest on, read as far as needed."""

    folder: Path

    @cached_property
    def result(self) -> kept.KeptResult:
        self._file("manifest.json")
        return kept.KeptResult(self.folder)

    @property
    def manifest(self) -> dict[str, Any]:
        return self.result.manifest

    @cached_property
    def rulebook(self) -> Rulebook:
        """The rulebook as it was."""
        return build_rulebook(json.loads(self._file("rules.json").read_text(encoding="utf-8")), prefix="")

    @property
    def as_of(self) -> date:
        return date.fromisoformat(self.manifest["summary"]["as_of"])

    @property
    def deliveries(self) -> set[str]:
        """The names of the snapshot folders that were screened."""
        return {name for feed in self.manifest["feeds"].values() for name in feed["deliveries"]}

    def _file(self, name: str) -> Path:
        path = self.folder / name
        if not path.is_file():
            raise NotKept(f"{self.folder} 里没有 {name}，请指定 doudi screen --results 留下的结果文件夹")
        return path

    def alerts(self, *, rule_id: str | None = None, household_key: int | None = None) -> list[dict[str, Any]]:
        """The alerts of the screening, or those of one rule or household."""
        filters = [
            (column, "=", value)
            for column, value in (("rule_id", rule_id), ("household_key", household_key))
            if value is not None
        ]
        return list(pq.read_table(self._file("alerts.parquet"), filters=filters or None).to_pylist())

    def region_alerts(self, *, rule_id: str | None = None) -> list[dict[str, Any]]:
        """The alerts of villages and townships; none in results of before there were such rules."""
        path = self.folder / "region_alerts.parquet"
        if not path.is_file():
            return []
        filters = [("rule_id", "=", rule_id)] if rule_id is not None else None
        return list(pq.read_table(path, filters=filters).to_pylist())

    def reproduce(self, *, rule_id: str | None = None, household_key: int | None = None) -> Iterator[Reproduced]:
        """Every alert judged again. Raises NotKept."""
        by_rule: dict[str, list[dict[str, Any]]] = {}
        for alert in self.alerts(rule_id=rule_id, household_key=household_key):
            by_rule.setdefault(alert["rule_id"], []).append(alert)
        for name, alerts in sorted(by_rule.items()):
            rule = self.rulebook.rules[name]
            facts = self._facts(rule, alerts)
            yield from self._judged(
                rule, [(one, facts.get((one["household_key"], one["person_key"]))) for one in alerts]
            )
        if household_key is None:
            yield from self._reproduce_regions(rule_id)

    def _reproduce_regions(self, rule_id: str | None) -> Iterator[Reproduced]:
        by_rule: dict[str, list[dict[str, Any]]] = {}
        for alert in self.region_alerts(rule_id=rule_id):
            by_rule.setdefault(alert["rule_id"], []).append(alert)
        if not by_rule:
            return
        rows = pq.read_table(self._file("region_facts.parquet")).to_pylist()
        facts = {(row["level"], row["region_code"]): row for row in rows}
        for name, alerts in sorted(by_rule.items()):
            of_alerts = [(one, facts.get((one["region_level"], one["region_code"]))) for one in alerts]
            yield from self._judged(self.rulebook.rules[name], of_alerts)

    def _judged(self, rule: Rule, alerts: list[tuple[dict[str, Any], dict[str, Any] | None]]) -> Iterator[Reproduced]:
        """Alerts of one rule with the row of facts of each, None where none was kept."""
        values_at: dict[str, dict[str, Any]] = {}
        for alert, row in alerts:
            region = str(alert["region_code"])
            if region not in values_at:
                values_at[region] = {
                    name: self.rulebook.parameters[name].value(region=RegionCode(region), on=self.as_of).value
                    for name in rule.parameters
                }
            facts = {name: (row or {}).get(name) for name in rule.facts}
            gaps = [name for name in rule.facts if (row or {}).get(f"gap_{name}")]
            recorded = Judgement("raised", alert["level"], alert["sentence"], alert["sentence_en"])
            again = judge(rule, self.rulebook, facts, values_at[region], gaps=gaps)
            yield Reproduced(
                rule.id,
                alert.get("household_key"),
                alert.get("person_key"),
                region,
                recorded,
                again,
                facts,
                values_at[region],
            )

    def _facts(self, rule: Rule, alerts: list[dict[str, Any]]) -> dict[tuple[int, int | None], dict[str, Any]]:
        """Household and person → the facts of the rule, with their gaps."""
        facts = self.rulebook.facts
        homes = [name for name in rule.facts if facts[name].subject == "household"]
        own = [name for name in rule.facts if facts[name].subject == "person"]
        households = pa.array(sorted({alert["household_key"] for alert in alerts}), pa.int64())
        table = table_of(rule, facts)
        outcomes = table.replace("_facts", "_outcomes")
        of_home = self._rows("household_facts", homes, households)
        if rule.subject == "household":
            gaps = self._rows(outcomes, [f"gap_{name}" for name in homes], households)
            return {key: {**row, **gaps.get(key, {})} for key, row in of_home.items()}
        of_person = self._rows("person_facts", own, households)
        gaps = self._rows(outcomes, [f"gap_{name}" for name in rule.facts], households)
        return {key: {**of_home.get((key[0], None), {}), **row, **gaps.get(key, {})} for key, row in of_person.items()}

    def _rows(
        self, name: str, columns: list[str], households: pa.Array
    ) -> dict[tuple[int, int | None], dict[str, Any]]:
        """Rows of the households, each from the folder in which it was last worked out."""
        found: dict[tuple[int, int | None], dict[str, Any]] = {}
        wanted = households
        for part in self.result.chain:
            here = wanted
            if part.manifest.get("basis"):
                again = part.recomputed
                here = wanted.filter(pc.is_in(wanted, again))
                wanted = wanted.filter(pc.invert(pc.is_in(wanted, again)))
            for row in _read(part.folder / f"{name}.parquet", columns, here):
                found[row["household_key"], row.get("person_key")] = row
        return found


def _read(path: Path, columns: list[str], households: pa.Array) -> list[dict[str, Any]]:
    if not path.is_file() or not len(households):
        return []
    there = set(pq.read_schema(path).names)
    keys = [key for key in ("household_key", "person_key") if key in there]
    wanted = [*keys, *(column for column in columns if column in there)]
    if len(households) < FEW:
        filters = [("household_key", "in", households.to_pylist())]
        return list(pq.read_table(path, columns=wanted, filters=filters).to_pylist())
    table = pq.read_table(path, columns=wanted)
    return list(table.filter(pc.is_in(table["household_key"], households)).to_pylist())


FEW = 1000
"""So many households are looked up in the sorted files group by group; more are picked from the whole."""


def value_from_json(value: Any, column: ColumnType) -> Any:
    """A fact as an alert keeps it, in the kind that rules compare: days as dates, numbers as floats."""
    if value is None:
        return None
    if column.kind is ValueType.DATE:
        return date.fromisoformat(str(value))
    return float(value) if column.kind is ValueType.NUMBER else value
