"""From alerts to clues: one open clue a household, however many rules it meets and however often it is screened."""

import json
from collections import Counter, defaultdict
from datetime import date
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from django.db.models import Max
from django.utils.translation import gettext as _

from doudi.web.discovery.changes import since_runs
from doudi.web.discovery.keys import register_keys
from doudi.web.discovery.models import Alert, Channel, Clue, ClueState, RunTally, ScreeningRun
from doudi.web.discovery.queries import LEVEL_ORDER, RAISING
from doudi.web.discovery.region_alerts import keep_region_alerts
from doudi.web.discovery.rulebook import rule_title, rules_for_choice
from doudi.web.jobs.progress import Report
from doudi.web.registry.bulk import insert_rows, next_id, update_rows

if TYPE_CHECKING:
    from doudi.screening.run import ScreeningResult


def keep_results(run: ScreeningRun, *, result: "ScreeningResult", report: Report) -> dict[str, Any]:
    """Write alerts, clues and counts of a run, in the caller's transaction; gives the counts."""
    engine = duckdb.connect()
    engine.register("alert", result.alerts)
    engine.register("cannot_tell", result.cannot_tell)
    alerts = _with_database_keys(engine)
    report(_("整理线索"), 0, 0)
    clue_of = _keep_clues(run, alerts.filter(pc.is_in(alerts.column("level"), value_set=pa.array(RAISING))), report)
    report(_("写入预警"), 0, alerts.num_rows)
    since = since_runs(run, alerts)
    _keep_alerts(run, alerts, clue_of, since, report)
    _keep_tallies(run, engine)
    of_regions = keep_region_alerts(run, result)
    levels = Counter(alerts.column("level").to_pylist())
    return {
        "alerts": levels["red"] + levels["yellow"],
        "red": levels["red"],
        "yellow": levels["yellow"],
        "exclusions": levels["exclusion"],
        "households_with_alerts": len(clue_of),
        "cannot_tell": int(pc.sum(result.cannot_tell.column("subjects")).as_py() or 0),
        **of_regions,
    }


def _with_database_keys(engine: duckdb.DuckDBPyConnection) -> pa.Table:
    """The alerts with the primary keys of household and person, gravest first within a household."""
    register_keys(engine, "alert")
    return engine.sql(
        "SELECT a.*, h.household_id, p.person_id FROM alert a JOIN household h USING (household_key) "
        "LEFT JOIN (SELECT person_key, household_id, min(person_id) AS person_id FROM person GROUP BY ALL) p "
        "ON p.person_key = a.person_key AND p.household_id = h.household_id "
        "ORDER BY h.household_id, CASE a.level WHEN 'red' THEN 0 WHEN 'yellow' THEN 1 ELSE 2 END, a.rule_id, "
        "p.person_id"
    ).to_arrow_table()


def _keep_clues(run: ScreeningRun, alerts: pa.Table, report: Report) -> dict[int, int]:
    """Open, update or let lapse; gives the clue of every household with an alert."""
    rules: dict[int, list[str]] = defaultdict(list)
    level: dict[int, str] = {}
    region: dict[int, str] = {}
    for household, rule_id, grade, code in zip(
        *(alerts.column(name).to_pylist() for name in ("household_id", "rule_id", "level", "region_code")), strict=True
    ):
        if rule_id not in rules[household]:
            rules[household].append(rule_id)
        if household not in level or LEVEL_ORDER[grade] < LEVEL_ORDER[level[household]]:
            level[household] = grade
        region[household] = code
    known = _present_clues()
    fresh = [household for household in rules if household not in known]
    _open_clues(run, fresh, rules, level, region)
    seen = [clue for household, clue in known.items() if household in rules]
    for clue in seen:
        now = rules[clue.household_id]
        back = set(now)
        clue.vanished = [gone for gone in clue.vanished if gone["rule_id"] not in back]
        clue.vanished += [_gone(rule_id, run) for rule_id in clue.rules if rule_id not in back]
        clue.rules, clue.level, clue.state = now, level[clue.household_id], ClueState.OPEN
        clue.level_order, clue.region_code = LEVEL_ORDER[clue.level], region[clue.household_id]
        clue.last_run, clue.last_seen_on = run, run.as_of
    lost = [
        clue
        for household, clue in known.items()
        if household not in rules and clue.state == ClueState.OPEN and clue.channel == Channel.DEPARTMENT_SCREENING
    ]
    for clue in lost:
        clue.vanished = [*clue.vanished, *(_gone(rule_id, run) for rule_id in clue.rules)]
        clue.rules, clue.state = [], ClueState.LAPSED
    _save_clues([*seen, *lost], report)
    return dict(Clue.objects.filter(last_run=run).values_list("household_id", "pk"))


def _present_clues() -> dict[int, Clue]:
    """Of each household the clue that further alerts join: the open one, else the last one that lapsed."""
    last = Clue.objects.order_by().values("household_id").annotate(newest=Max("pk")).values("newest")
    return {clue.household_id: clue for clue in Clue.objects.filter(pk__in=last)}


def _gone(rule_id: str, run: ScreeningRun) -> dict[str, Any]:
    return {"rule_id": rule_id, "title": rule_title(rule_id).title, "run": run.pk, "on": run.as_of.isoformat()}


def _open_clues(
    run: ScreeningRun, fresh: list[int], rules: dict[int, list[str]], level: dict[int, str], region: dict[int, str]
) -> None:
    first = next_id(Clue)
    same = len(fresh)
    day = [_day(run.as_of)] * same
    insert_rows(
        Clue,
        pa.table(
            {
                "id": pa.array(range(first, first + same), pa.int64()),
                "household_id": pa.array(fresh, pa.int64()),
                "region_code": [region[household] for household in fresh],
                "channel": [Channel.DEPARTMENT_SCREENING.value] * same,
                "state": [ClueState.OPEN.value] * same,
                "level": [level[household] for household in fresh],
                "level_order": [LEVEL_ORDER[level[household]] for household in fresh],
                "rules": [json.dumps(rules[household]) for household in fresh],
                "first_run_id": pa.array([run.pk] * same, pa.int64()),
                "last_run_id": pa.array([run.pk] * same, pa.int64()),
                "opened_on": day,
                "last_seen_on": day,
                "vanished": ["[]"] * same,
            }
        ),
    )


def _save_clues(clues: list[Clue], report: Report) -> None:
    if not clues:
        return
    update_rows(
        Clue,
        pa.table(
            {
                "id": pa.array([clue.pk for clue in clues], pa.int64()),
                "region_code": [clue.region_code for clue in clues],
                "state": [str(clue.state) for clue in clues],
                "level": [str(clue.level) for clue in clues],
                "level_order": [clue.level_order for clue in clues],
                "rules": [json.dumps(clue.rules) for clue in clues],
                "last_run_id": pa.array([clue.last_run_id for clue in clues], pa.int64()),
                "last_seen_on": [_day(clue.last_seen_on) for clue in clues],
                "vanished": [json.dumps(clue.vanished, ensure_ascii=False) for clue in clues],
            }
        ),
        report=report,
        phase=_("整理线索"),
    )


def _day(day: date) -> str:
    return day.isoformat()


def _keep_alerts(run: ScreeningRun, alerts: pa.Table, clue_of: dict[int, int], since: pa.Array, report: Report) -> None:
    households = alerts.column("household_id").to_pylist()
    first = next_id(Alert)
    columns = {name: alerts.column(name) for name in ("household_id", "person_id", "region_code", "rule_id", "level")}
    text = {name: _texts(alerts, name) for name in ("rule_version", "risk", "department", "sentence", "sentence_en")}
    data = {
        name: _texts(alerts, name, empty=empty)
        for name, empty in (("facts", "{}"), ("thresholds", "{}"), ("legal_basis", "[]"))
    }
    insert_rows(
        Alert,
        pa.table(
            {
                "id": pa.array(range(first, first + len(households)), pa.int64()),
                "run_id": pa.array([run.pk] * len(households), pa.int64()),
                "clue_id": pa.array([clue_of.get(household) for household in households], pa.int64()),
                "since_run_id": since,
                **columns,
                **text,
                **data,
            }
        ),
        report=report,
        phase=_("写入预警"),
    )


def _texts(alerts: pa.Table, name: str, *, empty: str = "") -> list[str]:
    return [empty if value is None else str(value) for value in alerts.column(name).to_pylist()]


def _keep_tallies(run: ScreeningRun, engine: duckdb.DuckDBPyConnection) -> None:
    rows = engine.sql(
        """
        WITH raising AS (
            SELECT *, CASE level WHEN 'red' THEN 0 ELSE 1 END AS grade FROM alert WHERE level IN ('red', 'yellow')
        ), graded AS (
            SELECT *, CASE level WHEN 'red' THEN 0 WHEN 'yellow' THEN 1 ELSE 2 END AS grade FROM alert
        ), by_rule AS (
            SELECT region_code, rule_id, level, any_value(department) AS department, count(*) AS alerts,
                   count(DISTINCT household_key) FILTER (WHERE grade = gravest) AS households
            FROM (SELECT *, min(grade) OVER (PARTITION BY rule_id, household_key) AS gravest FROM graded)
            GROUP BY region_code, rule_id, level
        ), unknown AS (
            SELECT region_code, rule_id, count(DISTINCT household_key) AS cannot_tell
            FROM cannot_tell WHERE household_key IS NOT NULL GROUP BY region_code, rule_id
        ), worst AS (
            SELECT region_code, '' AS department, household_key, min(grade) AS grade, count(*) AS alerts
            FROM raising GROUP BY region_code, household_key
            UNION ALL
            SELECT region_code, department, household_key, min(grade), count(*)
            FROM raising WHERE coalesce(department, '') <> '' GROUP BY region_code, department, household_key
        )
        SELECT region_code, rule_id, level, coalesce(department, '') AS department, alerts, households, 0 AS cannot_tell
        FROM by_rule
        UNION ALL
        SELECT region_code, rule_id, '', '', 0, 0, cannot_tell FROM unknown
        UNION ALL
        SELECT region_code, '', CASE grade WHEN 0 THEN 'red' ELSE 'yellow' END, department, sum(alerts)::BIGINT,
               count(*), 0
        FROM worst GROUP BY region_code, department, grade
        """
    ).fetchall()
    responsible = {rule.id: str(rule.department or "") for rule in rules_for_choice()}
    RunTally.objects.bulk_create(
        (
            RunTally(
                run=run,
                region_code=code,
                rule_id=rule_id,
                level=level,
                department=department or responsible.get(rule_id, ""),
                alerts=alerts,
                households=households,
                cannot_tell=cannot_tell,
            )
            for code, rule_id, level, department, alerts, households, cannot_tell in rows
        ),
        batch_size=2_000,
    )
