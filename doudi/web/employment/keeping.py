"""A comparison kept in the database in place of the one before, or one person's line renewed after a correction."""

import json
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from django.utils import timezone
from django.utils.translation import gettext as _

from doudi.web.discovery.keys import register_keys
from doudi.web.employment.models import EmploymentFigure, EmploymentLine, EmploymentRun
from doudi.web.jobs.progress import Report
from doudi.web.registry.bulk import insert_rows, next_id

if TYPE_CHECKING:
    from doudi.screening.employment.comparing import Comparison

FIGURES_A_STEP = 2_000
LEFT_OUT = frozenset({"household_key", "person_key", "region_code", "conflicts", "stopped"})


def keep_comparison(run: EmploymentRun, comparison: "Comparison", *, report: Report) -> None:
    """Write the lines and figures of a run; those of earlier runs go. Inside the caller's transaction."""
    EmploymentLine.objects.all().delete()
    EmploymentFigure.objects.all().delete()
    _keep_lines(run, comparison, report)
    EmploymentFigure.objects.bulk_create(
        (EmploymentFigure(run=run, **row) for row in comparison.figures.to_pylist() if row["region_code"]),
        batch_size=FIGURES_A_STEP,
    )
    run.counts = comparison.counts() | {
        "stopped": comparison.stopped.num_rows,
        "persons": comparison.conflicts.num_rows,
    }
    run.months = {feed: months[-1] for feed, months in comparison.feeds.items() if months}
    if comparison.before is not None:
        run.months["before"] = comparison.before


def sources_of(line: dict[str, Any]) -> dict[str, Any]:
    """What a line says, as JSON holds it: without what nothing is known of."""
    kept = {name: value for name, value in line.items() if name not in LEFT_OUT and value is not None}
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in kept.items()}


def kinds_of(conflicts: list[str]) -> str:
    return f",{','.join(conflicts)}," if conflicts else ""


def renew_line(line: EmploymentLine, found: dict[str, Any] | None) -> None:
    """Write anew what a person's sources say; None: nothing says anything any more."""
    line.kinds = kinds_of(found["conflicts"]) if found else ""
    line.stopped = bool(found and found["stopped"])
    if found:
        line.sources = sources_of(found)
    line.settled_at = None if line.kinds or line.stopped else timezone.now()
    line.save(update_fields=["kinds", "stopped", "sources", "settled_at"])


def _keep_lines(run: EmploymentRun, comparison: "Comparison", report: Report) -> None:
    wanted = comparison.lines.filter(
        pc.or_(pc.greater(pc.list_value_length(comparison.lines["conflicts"]), 0), comparison.lines["stopped"])
    )
    engine = duckdb.connect()
    texts = [json.dumps(sources_of(row), ensure_ascii=False) for row in wanted.to_pylist()]
    kinds = [kinds_of(row) for row in wanted["conflicts"].to_pylist()]
    short = wanted.select(["household_key", "person_key", "region_code", "stopped", "alleviated", "monitored"])
    engine.register(
        "line",
        short.append_column("sources", pa.array(texts, pa.string())).append_column(
            "kinds", pa.array(kinds, pa.string())
        ),
    )
    register_keys(engine, "line")
    rows = engine.sql(
        """
        SELECT h.household_id, p.person_id, l.region_code, l.kinds, l.stopped, l.alleviated, l.monitored, l.sources
        FROM line l JOIN household h USING (household_key)
        JOIN (SELECT person_key, household_id, min(person_id) AS person_id FROM person GROUP BY ALL) p
          ON p.person_key = l.person_key AND p.household_id = h.household_id
        ORDER BY l.region_code, h.household_id, p.person_id
        """
    ).to_arrow_table()
    engine.close()
    first, count = next_id(EmploymentLine), rows.num_rows
    same = {"id": pa.array(range(first, first + count), pa.int64()), "run_id": pa.array([run.pk] * count, pa.int64())}
    columns = same | {name: rows.column(name) for name in rows.column_names}
    insert_rows(EmploymentLine, pa.table(columns), report=report, phase=_("写入就业数据矛盾"))
