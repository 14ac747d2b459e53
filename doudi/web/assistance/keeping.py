"""A screening's findings about policies, kept in the database within its transaction."""

from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
from django.utils.translation import gettext as _

from doudi.web.assistance.models import LISTED, STATE_ORDER, EntitlementLine, EntitlementTally
from doudi.web.discovery.keys import register_keys
from doudi.web.discovery.models import ScreeningRun
from doudi.web.jobs.progress import Report
from doudi.web.registry.bulk import insert_rows, next_id

if TYPE_CHECKING:
    from doudi.screening.run import ScreeningResult

TALLIES_A_STEP = 2_000


def keep_entitlements(run: ScreeningRun, *, result: "ScreeningResult", report: Report) -> dict[str, Any]:
    """Write lines and counts of a run in place of the lines of earlier ones; gives the counts of the whole."""
    EntitlementLine.objects.all().delete()
    engine = duckdb.connect()
    engine.register("entitlement", result.entitlements)
    policies = result.rulebook.policies.values()
    areas = {"policy_id": [policy.id for policy in policies], "area": [policy.area for policy in policies]}
    engine.register("policy", pa.table(areas, schema=pa.schema([("policy_id", pa.string()), ("area", pa.string())])))
    register_keys(engine, "entitlement")
    _keep_lines(run, engine, report)
    return _keep_tallies(run, engine)


def _keep_lines(run: ScreeningRun, engine: duckdb.DuckDBPyConnection, report: Report) -> None:
    listed = ", ".join(f"'{state.value}'" for state in LISTED)
    order = " ".join(f"WHEN '{state}' THEN {number}" for state, number in STATE_ORDER.items())
    rows = engine.sql(
        f"""
        SELECT h.household_id, p.person_id, e.region_code, e.policy_id, e.policy_version, coalesce(a.area, '') AS area,
               e.state, CASE e.state {order} END AS state_order, e.department, e.amount, e.received, e.facts,
               e.sentence, e.sentence_en
        FROM entitlement e JOIN household h USING (household_key) LEFT JOIN policy a USING (policy_id)
        LEFT JOIN (SELECT person_key, household_id, min(person_id) AS person_id FROM person GROUP BY ALL) p
               ON p.person_key = e.person_key AND p.household_id = h.household_id
        WHERE e.state IN ({listed})
        ORDER BY state_order, e.region_code, h.household_id, e.policy_id, p.person_id
        """  # noqa: S608 - codes of our own
    ).to_arrow_table()
    first, count = next_id(EntitlementLine), rows.num_rows
    same = {"id": pa.array(range(first, first + count), pa.int64()), "run_id": pa.array([run.pk] * count, pa.int64())}
    columns = same | {name: rows.column(name) for name in rows.column_names}
    insert_rows(EntitlementLine, pa.table(columns), report=report, phase=_("写入政策核对"))


def _keep_tallies(run: ScreeningRun, engine: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    rows = engine.sql(
        "SELECT region_code, policy_id, any_value(department), state, count(*), "
        "coalesce(sum(CASE state WHEN 'gap' THEN amount ELSE received END), 0) FROM entitlement "
        "WHERE region_code IS NOT NULL GROUP BY region_code, policy_id, state"
    ).fetchall()
    EntitlementTally.objects.bulk_create(
        (
            EntitlementTally(
                run=run, region_code=code, policy_id=policy, department=department or "", state=state, count=count,
                yuan=yuan,
            )
            for code, policy, department, state, count, yuan in rows
        ),
        batch_size=TALLIES_A_STEP,
    )  # fmt: skip
    totals: dict[str, int] = {}
    for _code, _policy, _department, state, count, _yuan in rows:
        totals[state] = totals.get(state, 0) + count
    return {"entitlements": totals}
