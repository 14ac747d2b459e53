"""How fast is a screening? A million synthetic persons in 300,000 households with fifteen feeds, against the same rules
as one plain pandas script (bench/screening_pandas.py) and against the bare time DuckDB needs to scan the columns used.

    python bench/screening.py [--households 300000] [--repeat 5] [--data FOLDER] [--seed 7] [--quick]

Every contender runs in a fresh process, in turn, on the same Parquet files; seconds are wall clock from before the
first file is opened to the flagged households in memory (doudi: alerts with facts, thresholds, legal basis and two
sentences, loading of the rulebook included), the median of the repeats; memory is the peak of the process. The pairs of
rule and household that pandas and doudi flag must be the same. Aims: under 15 seconds, at least 5 times faster than
pandas, within 3 times of the bare scan.
"""

import argparse
import csv
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

ROOT = Path(__file__).resolve().parents[1]
RULES = ROOT / "rules"
AS_OF = date(2023, 8, 1)
AIM_SECONDS, AIM_PANDAS, AIM_SCAN = 15.0, 5.0, 3.0
CONTENDERS = ("doudi", "pandas", "scan")
RULE_IDS = (
    "civil.de_facto_orphan", "civil.dibao_stopped", "civil.relief_large", "civil.relief_repeated",
    "disability.several_in_household", "disability.severe_new_certificate", "disaster.heavy_loss",
    "education.absent_days", "education.dropped_out", "education.school_age_without_roll",
    "employment.main_earner_lost_job", "employment.nobody_works", "employment.wages_unpaid", "exclusion.business",
    "exclusion.payroll", "exclusion.property", "exclusion.vehicle", "health.chronic_without_contract",
    "health.new_major_disease", "housing.dangerous_only_home", "income.fell_sharply", "income.rests_on_transfers",
    "income.under_line_not_enrolled", "income.under_watch_line", "medical.self_paid_high",
    "medical.single_bill_high", "medical.uninsured", "monitoring.enrolled_without_measure",
    "monitoring.exited_near_line", "registry.elderly_only", "registry.high_dependency", "registry.single_elderly",
    "water.days_without", "water.hard_to_get", "water.quality_fails",
)  # fmt: skip
"""The rules that the pandas script has."""


def make_data(folder: Path, households: int, seed: int) -> None:
    """In a process of its own: the peak memory of the contenders would start from this one's otherwise."""
    if not (folder / "truth" / "summary.json").is_file():
        print(f"making {households} households in {folder} …", flush=True)
        size = ["--households", str(households), "--seed", str(seed), "--as-of", AS_OF.isoformat()]
        command = "import sys; from doudi.cli import main; sys.argv[0] = 'doudi'; main()"
        subprocess.run([sys.executable, "-c", command, "synth", "--snapshots", "--out", folder, *size], check=True)


def run_doudi(folder: Path, out: Path) -> dict[str, Any]:
    from doudi.feeds.snapshot import list_snapshots
    from doudi.rulebook import load_rulebook
    from doudi.screening.inputs import RegistryTables
    from doudi.screening.run import screen
    from doudi.screening.sql.sources import table_name

    imported = time.perf_counter()
    result = screen(
        rulebook=load_rulebook(RULES),
        registry=RegistryTables.from_folder(folder / "registry"),
        snapshots=list_snapshots(folder / "snapshots"),
        as_of=AS_OF,
        rules=RULE_IDS,
    )
    screened = time.perf_counter() - imported
    started = time.perf_counter()
    pairs = result.engine.arrow(f"SELECT DISTINCT rule_id, household_key FROM ({result.plan.queries['alerts']})")
    paired = time.perf_counter() - started
    started = time.perf_counter()
    alerts = result.alerts
    told = time.perf_counter() - started
    told_pairs = alerts.select(["rule_id", "household_key"]).group_by(["rule_id", "household_key"]).aggregate([])
    if told_pairs.num_rows != pairs.num_rows:
        raise SystemExit("the alerts and the pairs are not the same")
    pq.write_table(pairs, out)
    used = {table_name(fact.source.id) for fact in result.plan.facts.values()}
    columns = {table: sorted(names) for table, names in result.plan.columns.items() if table in used}
    out.with_suffix(".columns.json").write_text(json.dumps(columns))
    return {
        "seconds": screened + told,
        "pairs_seconds": screened + paired,
        "alerts": alerts.num_rows,
        "pairs": pairs.num_rows,
        "rules": len(result.plan.rules),
        "cannot_tell": result.cannot_tell.num_rows,
    }


def run_pandas(folder: Path, out: Path) -> dict[str, Any]:
    import pandas as pd

    sys.path.insert(0, str(Path(__file__).parent))
    from screening_pandas import flagged

    started = time.perf_counter()
    pairs = flagged(folder, pd.Timestamp(AS_OF))
    seconds = time.perf_counter() - started
    pairs.to_parquet(out)
    return {"seconds": seconds, "pairs": len(pairs)}


def run_scan(folder: Path, columns_file: Path) -> dict[str, Any]:
    """Hash every value of exactly the columns that doudi reads, one query a table."""
    import duckdb

    from doudi.screening.engines.duckdb import KEYS
    from doudi.screening.sql.sources import table_name

    keys = {table_name(source): names for source, names in KEYS.items()}
    wanted = json.loads(columns_file.read_text())
    started = time.perf_counter()
    with duckdb.connect() as engine:
        for table, names in wanted.items():
            if table.startswith("registry_"):
                files = str(folder / "registry" / f"{table.removeprefix('registry_')}.parquet")
            else:
                files = str(folder / "snapshots" / table.removeprefix("feed_") / "*" / "*" / "data.parquet")
            columns = sorted({*names, *keys.get(table, ("person_key",))})
            hashed = ", ".join(f'BIT_XOR(HASH("{column}"))' for column in columns)
            engine.execute(f"SELECT {hashed} FROM read_parquet('{files}')").fetchall()
    return {"seconds": time.perf_counter() - started, "columns": sum(map(len, wanted.values()))}


def run_one(contender: str, folder: Path, out: Path) -> None:
    run = {"doudi": run_doudi, "pandas": run_pandas, "scan": run_scan}[contender]
    found = run(folder, out)
    found["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    usage = resource.getrusage(resource.RUSAGE_SELF)
    found["cpu_seconds"] = usage.ru_utime + usage.ru_stime
    print(json.dumps(found))


def in_fresh_process(contender: str, folder: Path, out: Path) -> dict[str, Any]:
    command = [sys.executable, __file__, "--one", contender, "--data", str(folder), "--out", str(out)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def same_pairs(one: Path, other: Path) -> list[str]:
    """What one flags and the other does not, by rule; empty when they agree."""

    def pairs(path: Path) -> set[tuple[str, int]]:
        table: pa.Table = pq.read_table(path)
        return set(zip(table["rule_id"].to_pylist(), table["household_key"].to_pylist(), strict=True))

    left, right = pairs(one), pairs(other)
    rules = sorted({rule for rule, _ in left ^ right})
    return [
        f"{rule}: {sum(r == rule for r, _ in left - right)} only doudi, "
        f"{sum(r == rule for r, _ in right - left)} only pandas"
        for rule in rules
    ]


def measure(folder: Path, repeat: int) -> dict[str, list[dict[str, Any]]]:
    outputs = {name: folder / f"pairs-{name}.parquet" for name in CONTENDERS}
    outputs["scan"] = outputs["doudi"].with_suffix(".columns.json")
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in CONTENDERS}
    for number in range(repeat):
        for name in CONTENDERS:
            one = in_fresh_process(name, folder, outputs[name])
            found[name].append(one)
            print(f"{number + 1}/{repeat} {name}: {one['seconds']:.2f} s, {one['peak_mb']:.0f} MB", flush=True)
    differences = same_pairs(outputs["doudi"], outputs["pandas"])
    if differences:
        raise SystemExit("doudi and pandas do not flag the same households:\n" + "\n".join(differences))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--households", type=int, default=300_000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--quick", action="store_true", help="a small county, to see that everything works")
    parser.add_argument("--one", choices=CONTENDERS, help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        run_one(given.one, given.data, given.out)
        return
    if given.quick:
        given.households, given.repeat = 3_000, 1
    folder = given.data or ROOT / "bench" / "data" / f"screening-{given.households}-{given.seed}"
    make_data(folder, given.households, given.seed)
    found = measure(folder, given.repeat)
    report(folder, found, keep=not given.quick)


def report(folder: Path, found: dict[str, list[dict[str, Any]]], *, keep: bool) -> None:
    truth = json.loads((folder / "truth" / "summary.json").read_text(encoding="utf-8"))
    seconds = {name: statistics.median(one["seconds"] for one in runs) for name, runs in found.items()}
    memory = {name: max(one["peak_mb"] for one in runs) for name, runs in found.items()}
    ratio, over_scan = seconds["pandas"] / seconds["doudi"], seconds["doudi"] / seconds["scan"]
    pairs_only = statistics.median(one["pairs_seconds"] for one in found["doudi"])
    rows = [
        {
            "contender": name,
            "seconds": round(seconds[name], 3),
            "fastest": round(min(one["seconds"] for one in runs), 3),
            "cpu_seconds": round(statistics.median(one["cpu_seconds"] for one in runs), 2),
            "peak_mb": round(memory[name]),
            "against_doudi": round(seconds[name] / seconds["doudi"], 2),
        }
        for name, runs in found.items()
    ]
    results = ROOT / "bench" / "results" if keep else folder
    results.mkdir(parents=True, exist_ok=True)
    with (results / "screening.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    last = found["doudi"][-1]
    lines = [
        "# Screening",
        "",
        f"{truth['persons']:,} persons in {truth['households']:,} households, {len(truth['rows'])} feeds with "
        f"{sum(truth['rows'].values()):,} rows; {last['rules']} rules, {last['alerts']:,} alerts, as of {AS_OF}. "
        f"{os.cpu_count()} cores, Python {platform.python_version()}. Median of {len(found['doudi'])} fresh processes.",
        "",
        "| contender | seconds (median) | fastest | CPU seconds | peak MB | time against doudi |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    names = {
        "doudi": "doudi screening, with every reason",
        "pandas": "pandas script, pairs only",
        "scan": "DuckDB bare scan",
    }
    for row in rows:
        lines.append(
            f"| {names[str(row['contender'])]} | {row['seconds']} | {row['fastest']} | {row['cpu_seconds']} "
            f"| {row['peak_mb']} | {row['against_doudi']} |"
        )
    lines += [
        "",
        f"- under {AIM_SECONDS:.0f} s: {seconds['doudi']:.2f} s, {_reached(seconds['doudi'] < AIM_SECONDS)}",
        f"- at least {AIM_PANDAS:.0f} times faster than pandas: {ratio:.1f} times, {_reached(ratio >= AIM_PANDAS)}",
        f"- within {AIM_SCAN:.0f} times of the bare scan: {over_scan:.1f} times, {_reached(over_scan <= AIM_SCAN)}",
        f"- pairs only, without facts and sentences, doudi takes {pairs_only:.2f} s: "
        f"{seconds['pandas'] / pairs_only:.1f} times faster than pandas",
        "- doudi and the pandas script flag the same pairs of rule and household",
        "",
    ]
    (results / "screening.md").write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))


def _reached(yes: bool) -> str:
    return "reached" if yes else "not reached"


if __name__ == "__main__":
    main()
