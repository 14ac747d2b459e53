"""A screening's result as a folder: Parquet tables, what they rest on (manifest.json), the rules (rules.json).

Facts and outcomes are sorted by household. An incremental result holds those of the households worked out again, and
names the folder it stands on; `doudi.screening.results.kept` reads both kinds.
"""

import json
import os
import secrets
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from doudi.screening.engines.duckdb import DuckDb
from doudi.screening.entitlement import entitlements as fresh_entitlements
from doudi.screening.incremental.basis import keep_digests, paths_of
from doudi.screening.results.kept import INPUTS, RECOMPUTED
from doudi.screening.thresholds import plain

if TYPE_CHECKING:
    from doudi.screening.run import ScreeningResult

ROWS_A_GROUP = 20_000
"""Small groups in results sorted by household: the page of one household reads one group, not the county."""


def write_result(result: "ScreeningResult", folder: Path) -> Path:
    """Keep a result in a new folder; one that is there is replaced. Whole or not at all."""
    writing = folder.with_name(f".writing-{folder.name}-{secrets.token_hex(4)}")
    writing.mkdir(parents=True, mode=0o700)
    try:
        for name, table in _tables(result).items():
            pq.write_table(table, writing / f"{name}.parquet", compression="zstd", row_group_size=ROWS_A_GROUP)
        (writing / "rules.json").write_text(json.dumps(dict(result.rulebook.texts), ensure_ascii=False), "utf-8")
        content = json.dumps(manifest_of(result), ensure_ascii=False, indent=1)
        (writing / "manifest.json").write_text(content + "\n", encoding="utf-8")
        for path in writing.iterdir():
            with path.open("rb") as file:
                os.fsync(file.fileno())
        if folder.exists():
            shutil.rmtree(folder)
        writing.rename(folder)
    finally:
        shutil.rmtree(writing, ignore_errors=True)
    return folder


def _tables(result: "ScreeningResult") -> dict[str, pa.Table]:
    tables = {
        "alerts": result.alerts,
        "cannot_tell": result.cannot_tell,
        "household_facts": result.fresh_facts("household"),
        "person_facts": result.fresh_facts("person"),
        "region_alerts": result.region_alerts,
        "region_cannot_tell": result.region_cannot_tell,
        "region_facts": result.region_facts,
    }
    if result.plan.entitlement.policies:
        tables["entitlements"] = fresh_entitlements(result).sort_by("household_key")
    for name in sorted({result.plan.table_of(rule) for rule in result.plan.rules}):
        tables[name.replace("_facts", "_outcomes")] = result.outcomes(name)
    if isinstance(result.engine, DuckDb):
        keep_digests(result.engine, result.plan)
        tables[INPUTS.removesuffix(".parquet")] = result.engine.arrow("SELECT * FROM digests_now")
    if result.incremental:
        keys = result.engine.arrow("SELECT household_key FROM recomputed ORDER BY household_key")
        tables[RECOMPUTED.removesuffix(".parquet")] = keys
    return tables


def manifest_of(result: "ScreeningResult") -> dict[str, Any]:
    """What the result rests on: rules and versions, parameter values by region, deliveries, counts."""
    plan = result.plan
    return {
        "format": 2,
        "rulebook": result.rulebook.digest,
        "rules": dict(plan.versions),
        "left_out": {one.text.id: list(one.parameters) for one in result.left_out},
        "gapped": sorted(plan.gapped),
        "absent": {rule: dict(facts) for rule, facts in plan.absent.items() if facts},
        "regional": {
            "rules": dict(plan.regional.versions),
            "gapped": sorted(plan.regional.gapped),
            "absent": {rule: dict(facts) for rule, facts in plan.regional.absent.items() if facts},
        },
        "policies": dict(plan.entitlement.versions),
        "region_digits": plan.thresholds.prefix,
        "parameters": {
            region: {name: plain(value.value) for name, value in values.items()}
            for region, values in plan.thresholds.by_region.items()
        },
        "feeds": {
            feed: {"months": list(rows.months), "deliveries": list(rows.deliveries), "files": paths_of(rows.rows)}
            for feed, rows in result.feeds.items()
        },
        "columns": {table: sorted(names) for table, names in plan.columns.items()},
        "engine": result.engine.name,
        **_origin(result),
        "unmatched": result.unmatched,
        "summary": result.summary,
    }


def _origin(result: "ScreeningResult") -> dict[str, Any]:
    """How the result came about: upon which earlier one, or why not."""
    basis = result.basis
    if basis is None:
        return {}
    if not result.incremental:
        return {"whole_because": basis.refused}
    return {"basis": basis.kept.folder.name, "recomputed": basis.households, "changes": basis.reasons}
