"""Two screenings side by side: which alerts and households are new, gone, still there, graver or milder.

Two alerts are the same when rule, household and person are. Signals that only ask for verification (level
`exclusion`) make no household flagged; a household's level is that of its gravest alert.
"""
# ruff: noqa: S608 - every name in these statements is written here

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import pyarrow as pa

from doudi.screening.engines.duckdb import DuckDb
from doudi.screening.inputs import RegistryTables, Rows, columns_of

NEW, GONE, STILL = "new", "gone", "still"
"""States of an alert."""
ENTER, LEAVE, UP, DOWN, STAY = "enter", "leave", "up", "down", "stay"
"""States of a household: flagged only after, only before, graver, milder, as it was."""
_RANK: Final = "CASE {0} WHEN 'red' THEN 2 WHEN 'yellow' THEN 1 WHEN 'exclusion' THEN 0 END"
_ALERT_COLUMNS = (
    "rule_id", "level", "risk", "department", "household_key", "person_key", "region_code", "sentence", "sentence_en",
)  # fmt: skip


class Comparison:
    """Alerts `before` and `after` in one database, with the registry's households; `close` frees it.

    `persons`: household_key and how many members count (table `persons`, one row a household).
    """

    def __init__(self, before: pa.Table, after: pa.Table, *, registry: RegistryTables, persons: pa.Table) -> None:
        self._engine = DuckDb(files=_files(registry.household))
        self._engine.add("before_", before.select(_ALERT_COLUMNS))
        self._engine.add("after_", after.select(_ALERT_COLUMNS))
        self._engine.add("raw_household", registry.household)
        self._engine.add("counted", persons)
        self._types = _known(registry.household, ("household_type", "monitor_type"))
        self._engine.run(f"CREATE TEMP TABLE alerts AS {_COMPARED}")
        self._engine.run(f"CREATE TEMP TABLE homes AS {self._households()}")

    def close(self) -> None:
        self._engine.close()

    @property
    def alerts(self) -> pa.Table:
        """One row an alert of either: rule, keys, region, risk, department, levels, `state`, sentences (the later)."""
        return self._engine.arrow("SELECT * FROM alerts ORDER BY rule_id, household_key, person_key NULLS FIRST")

    @property
    def households(self) -> pa.Table:
        """One row a household flagged in either: key, region, types, `persons`, levels, `state`, rules new and gone."""
        return self._engine.arrow("SELECT * FROM homes ORDER BY region_code, household_key")

    def _households(self) -> str:
        types = ", ".join(f"ANY_VALUE(h.{name}) AS {name}" for name in self._types)
        flagged = "level_before IN ('red', 'yellow')", "level_after IN ('red', 'yellow')"
        levels = ", ".join(
            f"MAX(CASE WHEN {is_flagged} THEN {_RANK.format(f'level_{when}')} END) AS rank_{when}"
            for is_flagged, when in zip(flagged, ("before", "after"), strict=True)
        )
        return f"""
            SELECT household_key, region_code, {", ".join(self._types)}{", " if self._types else ""}
              CAST(persons AS BIGINT) AS persons, {_level("before")}, {_level("after")},
              CASE WHEN rank_before IS NULL THEN '{ENTER}' WHEN rank_after IS NULL THEN '{LEAVE}'
                WHEN rank_after > rank_before THEN '{UP}' WHEN rank_after < rank_before THEN '{DOWN}'
                ELSE '{STAY}' END AS state, rules_new, rules_gone, sentence, sentence_en
            FROM (
              SELECT a.household_key, MAX(a.region_code) AS region_code, {types}{", " if types else ""}
                COALESCE(MAX(c.persons), 0) AS persons, {levels},
                LIST(DISTINCT rule_id ORDER BY rule_id) FILTER (WHERE a.state = '{NEW}') AS rules_new,
                LIST(DISTINCT rule_id ORDER BY rule_id) FILTER (WHERE a.state = '{GONE}') AS rules_gone,
                ARG_MAX(sentence, weight) AS sentence, ARG_MAX(sentence_en, weight) AS sentence_en
              FROM (SELECT *, {_WEIGHT} AS weight FROM alerts
                    WHERE level_before IN ('red', 'yellow') OR level_after IN ('red', 'yellow')) a
              LEFT JOIN raw_household h ON h.household_key = a.household_key
              LEFT JOIN counted c ON c.household_key = a.household_key
              GROUP BY a.household_key
            ) found"""

    def has(self, column: str) -> bool:
        """Whether the registry tells a type by which `counts` can be asked."""
        return column in self._types

    def counts(self, column: str) -> pa.Table:
        """Households and persons before, after, entering and leaving by a column of `households` (null: empty text)."""
        return self._engine.arrow(
            f"SELECT COALESCE(CAST({column} AS VARCHAR), '') AS value, {_COUNTED} FROM homes GROUP BY 1 ORDER BY 1"
        )

    def by_township(self) -> pa.Table:
        """The same by the township's 12-digit code."""
        code = "CONCAT(SUBSTRING(region_code, 1, 9), '000')"
        return self._engine.arrow(f"SELECT {code} AS value, {_COUNTED} FROM homes GROUP BY 1 ORDER BY 1")

    def by_rule(self) -> pa.Table:
        """For each rule: alerts and households before and after, households that it newly raises and no longer raises.

        `up` and `down`: households whose gravest alert of this rule changed its level.
        """
        return self._by_alert("rule_id")

    def by_risk(self) -> pa.Table:
        """The same by type of risk; signals left out."""
        return self._by_alert("risk", "WHERE COALESCE(level_after, level_before) <> 'exclusion'")

    def _by_alert(self, column: str, where: str = "") -> pa.Table:
        before, after = _RANK.format("level_before"), _RANK.format("level_after")
        return self._engine.arrow(f"""
            SELECT value, CAST(SUM(alerts_before) AS BIGINT) AS alerts_before,
              CAST(SUM(alerts_after) AS BIGINT) AS alerts_after,
              COUNT(was) AS households_before, COUNT(will) AS households_after,
              COUNT(CASE WHEN was IS NULL THEN 1 END) AS enter, COUNT(CASE WHEN will IS NULL THEN 1 END) AS leave,
              COUNT(CASE WHEN will > was THEN 1 END) AS up, COUNT(CASE WHEN will < was THEN 1 END) AS down
            FROM (
              SELECT {column} AS value, household_key, MAX({before}) AS was, MAX({after}) AS will,
                COUNT(level_before) AS alerts_before, COUNT(level_after) AS alerts_after
              FROM alerts {where} GROUP BY 1, 2
            ) one GROUP BY value ORDER BY value""")

    def total(self) -> dict[str, int]:
        """All households together."""
        table = self._engine.arrow(f"SELECT {_COUNTED} FROM homes")
        return {name: int(table[name][0].as_py() or 0) for name in table.column_names}


def alerts_alike(before: pa.Table, after: pa.Table) -> pa.Table:
    """Every alert of two lists with its `state` (new, gone, still) and both levels; see `Comparison.alerts`."""
    engine = DuckDb()
    try:
        engine.add("before_", before.select(_ALERT_COLUMNS))
        engine.add("after_", after.select(_ALERT_COLUMNS))
        return engine.arrow(f"{_COMPARED} ORDER BY rule_id, household_key, person_key NULLS FIRST")
    finally:
        engine.close()


def _files(rows: Rows) -> Iterable[Path]:
    return () if isinstance(rows, pa.Table) else rows


def _known(rows: Rows, names: Iterable[str]) -> list[str]:
    there = columns_of(rows)
    return [name for name in names if name in there]


def _level(when: str) -> str:
    return f"CASE rank_{when} WHEN 2 THEN 'red' WHEN 1 THEN 'yellow' END AS level_{when}"


_COMPARED = f"""
    SELECT COALESCE(a.rule_id, b.rule_id) AS rule_id, COALESCE(a.household_key, b.household_key) AS household_key,
      COALESCE(a.person_key, b.person_key) AS person_key, COALESCE(a.region_code, b.region_code) AS region_code,
      COALESCE(a.risk, b.risk) AS risk, COALESCE(a.department, b.department) AS department,
      b.level AS level_before, a.level AS level_after,
      CASE WHEN b.level IS NULL THEN '{NEW}' WHEN a.level IS NULL THEN '{GONE}' ELSE '{STILL}' END AS state,
      COALESCE(a.sentence, b.sentence) AS sentence, COALESCE(a.sentence_en, b.sentence_en) AS sentence_en
    FROM (SELECT *, COALESCE(person_key, 0) AS whose FROM after_) a
    FULL JOIN (SELECT *, COALESCE(person_key, 0) AS whose FROM before_) b
      ON a.rule_id = b.rule_id AND a.household_key = b.household_key AND a.whose = b.whose"""
_WEIGHT = (
    f"CASE WHEN state = '{STILL}' THEN 0 ELSE 4 END + COALESCE({_RANK.format('level_after')}, "
    f"{_RANK.format('level_before')}, 0)"
)
"""Which reason is told of a household: one that changed before one that did not, then the gravest."""
_COUNTED = ", ".join(
    f"COUNT(CASE WHEN {condition} THEN 1 END) AS {name}, "
    f"CAST(COALESCE(SUM(CASE WHEN {condition} THEN persons END), 0) AS BIGINT) AS persons_{name}"
    for name, condition in {
        "before": "level_before IS NOT NULL",
        "after": "level_after IS NOT NULL",
        ENTER: f"state = '{ENTER}'",
        LEAVE: f"state = '{LEAVE}'",
        UP: f"state = '{UP}'",
        DOWN: f"state = '{DOWN}'",
    }.items()
)
