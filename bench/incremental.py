"""A screening upon the month before's against a whole one, over the same data, each in a fresh process.

Every table changes: of the registry and of each department's table one row in a hundred has other values, and all of
them are delivered anew. Measured is what a county waits for: screening and keeping the result. Two cases: late data on
the same day, and the next month, when birthdays and months gone by move households besides. Both ways must give the
same alerts, row by row.

    bench/incremental.py [--households 300000] [--repeat 5] [--share 0.01] [--quick]
"""

import argparse
import csv
import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "bench"))

FIRST, LATER = date(2023, 7, 1), date(2023, 8, 1)
AIM = 8.0
CASES = {"same_day": FIRST, "next_month": LATER}
NAMES = {"same_day": "late data, the same day", "next_month": "the next month"}


def changed(table: pa.Table, rng: np.random.Generator, share: float) -> pa.Table:
    """The table with other values in a share of its rows, keys as they were."""
    rows = np.flatnonzero(rng.random(table.num_rows) < share)
    if not len(rows):
        return table
    source = rng.permutation(table.num_rows)[: len(rows)]
    take = np.arange(table.num_rows)
    take[rows] = source
    columns = {}
    for name in table.column_names:
        keep = name.endswith(("_key", "_hash", "_no")) or name in ("row", "region_code", "income_year", "name")
        columns[name] = table[name] if keep else pc.take(table[name], pa.array(take))
    return pa.table(columns)


def make_data(folder: Path, households: int, share: float) -> None:
    """The county before and after; kept between runs."""
    from screening import make_data as make_county

    start = ROOT / "bench" / "data" / f"screening-{households}-7"
    make_county(start, households, 7)
    if (folder / "done").exists():
        return
    shutil.rmtree(folder, ignore_errors=True)
    rng = np.random.default_rng(11)
    for path in sorted(start.rglob("*.parquet")):
        if path.parent.name == "truth":
            continue
        after = folder / path.relative_to(start)
        if path.name == "data.parquet":
            after = after.parent.with_name("f" * 12) / path.name
            after.parent.mkdir(parents=True, exist_ok=True)
            manifest = json.loads((path.parent / "manifest.json").read_text(encoding="utf-8"))
            manifest["received_at"] = "2023-08-31T00:00:00+00:00"
            (after.parent / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")
        after.parent.mkdir(parents=True, exist_ok=True)
        table = pq.read_table(path)
        pq.write_table(table if path.name == "regions.parquet" else changed(table, rng, share), after)
    (folder / "done").write_text("", encoding="utf-8")


def screened(folder: Path, day: date, out: Path, previous: Path | None) -> dict[str, Any]:
    from doudi.feeds.snapshot import list_snapshots
    from doudi.rulebook import load_rulebook
    from doudi.screening.inputs import RegistryTables
    from doudi.screening.run import screen

    rulebook = load_rulebook(ROOT / "rules")
    started = time.perf_counter()
    result = screen(
        rulebook=rulebook,
        registry=RegistryTables.from_folder(folder / "registry"),
        snapshots=list_snapshots(folder / "snapshots"),
        as_of=day,
        previous=previous,
    )
    found = time.perf_counter() - started
    result.write(out)
    seconds = time.perf_counter() - started
    basis = result.basis
    if previous is not None and not result.incremental:
        raise SystemExit(f"a whole screening was made: {basis.refused if basis else ''}")
    return {
        "seconds": seconds,
        "screening_seconds": found,
        "households": result.summary["households"],
        "persons": result.summary["persons"],
        "recomputed": basis.households if basis else result.summary["households"],
        "alerts": result.alerts.num_rows,
        "rules": len(result.plan.rules),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def in_fresh_process(folder: Path, day: date, out: Path, previous: Path | None) -> dict[str, Any]:
    command = [sys.executable, __file__, "--one", day.isoformat(), "--data", str(folder), "--out", str(out)]
    command += ["--previous", str(previous)] if previous else []
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def differences(one: Path, other: Path) -> int:
    """Alerts that only one of two results has."""
    import duckdb

    with duckdb.connect() as engine:
        left, right = (f"SELECT * FROM read_parquet('{path / 'alerts.parquet'}')" for path in (one, other))
        sql = f"SELECT COUNT(*) FROM (({left} EXCEPT ALL {right}) UNION ALL ({right} EXCEPT ALL {left})) d"
        (count,) = engine.execute(sql).fetchall()[0]
    return int(count)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--households", type=int, default=300_000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--share", type=float, default=0.01)
    parser.add_argument("--quick", action="store_true", help="a small county, to see that everything works")
    parser.add_argument("--one", type=date.fromisoformat, help=argparse.SUPPRESS)
    parser.add_argument("--data", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--previous", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(screened(given.data, given.one, given.out, given.previous)))
        return
    if given.quick:
        given.households, given.repeat = 3_000, 1
    measure(given.households, given.repeat, given.share, keep=not given.quick)


def measure(households: int, repeat: int, share: float, *, keep: bool) -> None:
    start = ROOT / "bench" / "data" / f"screening-{households}-7"
    after = ROOT / "bench" / "data" / f"incremental-{households}-{share}"
    make_data(after, households, share)
    results = after / "results"
    shutil.rmtree(results, ignore_errors=True)
    results.mkdir()
    in_fresh_process(start, FIRST, results / "before", None)
    found: dict[str, dict[str, list[dict[str, Any]]]] = {case: {"whole": [], "upon": []} for case in CASES}
    for number in range(repeat):
        for case, day in CASES.items():
            for way, previous in (("whole", None), ("upon", results / "before")):
                one = in_fresh_process(after, day, results / f"{case}-{way}", previous)
                found[case][way].append(one)
                print(f"{number + 1}/{repeat} {NAMES[case]}, {way}: {one['seconds']:.2f} s", flush=True)
    for case in CASES:
        if count := differences(results / f"{case}-whole", results / f"{case}-upon"):
            raise SystemExit(f"{NAMES[case]}: {count} alerts differ between a whole screening and one upon the last")
    report(found, share, keep=keep)


def report(found: dict[str, dict[str, list[dict[str, Any]]]], share: float, *, keep: bool) -> None:
    def middle(case: str, way: str, name: str) -> float:
        return statistics.median(one[name] for one in found[case][way])

    last = found["same_day"]["whole"][-1]
    lines = [
        "# Incremental screening",
        "",
        f"{last['persons']:,} persons in {last['households']:,} households, {last['rules']} rules; {share:.0%} of the "
        f"rows of every table changed, all delivered anew. {os.cpu_count()} cores, Python {platform.python_version()}. "
        f"Median of {len(found['same_day']['whole'])} fresh processes. Seconds: screening and keeping the result.",
        "",
        "| case | households worked out again | whole, s | of it screening | upon the last, s | of it screening "
        "| times cheaper |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    rows = []
    for case, name in NAMES.items():
        whole, upon = middle(case, "whole", "seconds"), middle(case, "upon", "seconds")
        row = {
            "case": case,
            "recomputed": found[case]["upon"][-1]["recomputed"],
            "whole_seconds": round(whole, 3),
            "whole_screening": round(middle(case, "whole", "screening_seconds"), 3),
            "upon_seconds": round(upon, 3),
            "upon_screening": round(middle(case, "upon", "screening_seconds"), 3),
            "times": round(whole / upon, 2),
        }
        rows.append(row)
        lines.append(
            f"| {name} | {row['recomputed']:,} | {row['whole_seconds']} | {row['whole_screening']} "
            f"| {row['upon_seconds']} | {row['upon_screening']} | {row['times']} |"
        )
    reached = "reached" if float(str(rows[0]["times"])) >= AIM else "not reached"
    lines += [
        "",
        f"- at least {AIM:.0f} times cheaper at {share:.0%} change, the same day: {rows[0]['times']} times, {reached}",
        "- both ways give the same alerts, word for word",
        "",
    ]
    where = ROOT / "bench" / "results" if keep else ROOT / "bench" / "data"
    where.mkdir(parents=True, exist_ok=True)
    with (where / "incremental.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    (where / "incremental.md").write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
