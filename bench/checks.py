"""How fast is the registry's data checked? Every check over a million synthetic persons in 300,000 households, wrong
cells among them; and the checks that a plain pandas script has (bench/checks_pandas.py), against that script.

    python bench/checks.py [--households 300000] [--repeat 5] [--data FOLDER] [--seed 7] [--quick]

Every contender runs in a fresh process, in turn, on the same Parquet files; seconds are wall clock from before the
first file is opened to the issues in memory (doudi: with facts, two sentences and proposed repairs, loading of the
rulebook included), the median of the repeats; memory is the peak of the process. The rows that pandas and doudi find
must be the same, check by check. Aims: every check in under 10 seconds; the checks that pandas has no slower than it.
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
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

ROOT = Path(__file__).resolve().parents[1]
RULES = ROOT / "rules"
AS_OF = date(2023, 8, 1)
SLIPS = 0.002
AIM_SECONDS = 10.0
CONTENDERS = ("all", "same", "pandas")
TITLES = {
    "all": "doudi, every check",
    "same": "doudi, the checks that pandas has",
    "pandas": "pandas script, rows only",
}


def make_data(folder: Path, households: int, seed: int) -> None:
    """In a process of its own: the peak memory of the contenders would start from this one's otherwise."""
    if not (folder / "truth" / "summary.json").is_file():
        print(f"making {households} households in {folder} …", flush=True)
        size = ["--households", str(households), "--seed", str(seed), "--slips", str(SLIPS)]
        command = "import sys; from doudi.cli import main; sys.argv[0] = 'doudi'; main()"
        day = ["--as-of", AS_OF.isoformat()]
        subprocess.run(
            [sys.executable, "-c", command, "synth", "--snapshots", "--out", folder, *size, *day], check=True
        )


def run_doudi(folder: Path, out: Path, checks: list[str] | None) -> dict[str, Any]:
    from doudi.feeds.snapshot import list_snapshots
    from doudi.rulebook import load_rulebook
    from doudi.screening.cleaning.run import check_data
    from doudi.screening.inputs import RegistryTables

    started = time.perf_counter()
    result = check_data(
        rulebook=load_rulebook(RULES),
        registry=RegistryTables.from_folder(folder / "registry"),
        snapshots=list_snapshots(folder / "snapshots"),
        as_of=AS_OF,
        checks=checks,
    )
    issues, share = result.issues, result.summary["clean_share"]
    seconds = time.perf_counter() - started
    pq.write_table(issues.select(["check_id", "household_key", "person_key"]), out)
    return {
        "seconds": seconds,
        "issues": issues.num_rows,
        "checks": len(result.judged),
        "raised": len(result.raised),
        "clean_share": share,
        "cannot_tell": sum(result.cannot_tell.values()),
    }


def run_pandas(folder: Path, out: Path) -> dict[str, Any]:
    import pandas as pd

    sys.path.insert(0, str(Path(__file__).parent))
    from checks_pandas import flagged

    started = time.perf_counter()
    rows = flagged(folder, pd.Timestamp(AS_OF))
    seconds = time.perf_counter() - started
    rows.to_parquet(out)
    return {"seconds": seconds, "issues": len(rows), "checks": len(set(rows["check_id"]))}


def pandas_checks() -> list[str]:
    """The checks that the pandas script has, by its text."""
    import re

    text = (Path(__file__).parent / "checks_pandas.py").read_text(encoding="utf-8")
    named = set(re.findall(r'wrong\(\s*"([a-z_.0-9]+)"', text))
    for prefix, names in (("identity.id_", ("length", "characters", "old15", "checksum")),
                          ("identity.name_", ("digits", "characters"))):  # fmt: skip
        named |= {f"{prefix}{name}" for name in names}
    return sorted(named)


def run_one(contender: str, folder: Path, out: Path) -> None:
    if contender == "pandas":
        found = run_pandas(folder, out)
    else:
        found = run_doudi(folder, out, None if contender == "all" else pandas_checks())
    usage = resource.getrusage(resource.RUSAGE_SELF)
    found["peak_mb"] = usage.ru_maxrss / 1024
    found["cpu_seconds"] = usage.ru_utime + usage.ru_stime
    print(json.dumps(found))


def in_fresh_process(contender: str, folder: Path, out: Path) -> dict[str, Any]:
    command = [sys.executable, __file__, "--one", contender, "--data", str(folder), "--out", str(out)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def differences(one: Path, other: Path) -> list[str]:
    """What one finds and the other does not, by check; empty when they agree."""

    def rows(path: Path) -> set[tuple[str, int, int | None]]:
        table: pa.Table = pq.read_table(path)
        persons = table["person_key"].cast(pa.int64(), safe=False).to_pylist()
        keys = (table["check_id"].to_pylist(), table["household_key"].to_pylist(), persons)
        return set(zip(*keys, strict=True))

    left, right = rows(one), rows(other)
    only, missed = Counter(row[0] for row in left - right), Counter(row[0] for row in right - left)
    return [f"{name}: {only[name]} only doudi, {missed[name]} only pandas" for name in sorted({*only, *missed})]


def measure(folder: Path, repeat: int) -> dict[str, list[dict[str, Any]]]:
    outputs = {name: folder / f"issues-{name}.parquet" for name in CONTENDERS}
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in CONTENDERS}
    for number in range(repeat):
        for name in CONTENDERS:
            one = in_fresh_process(name, folder, outputs[name])
            found[name].append(one)
            print(f"{number + 1}/{repeat} {name}: {one['seconds']:.2f} s, {one['peak_mb']:.0f} MB", flush=True)
    if told := differences(outputs["same"], outputs["pandas"]):
        raise SystemExit("doudi and pandas do not find the same rows:\n" + "\n".join(told))
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
    folder = given.data or ROOT / "bench" / "data" / f"checks-{given.households}-{given.seed}"
    make_data(folder, given.households, given.seed)
    report(folder, measure(folder, given.repeat), keep=not given.quick)


def report(folder: Path, found: dict[str, list[dict[str, Any]]], *, keep: bool) -> None:
    truth = json.loads((folder / "truth" / "summary.json").read_text(encoding="utf-8"))
    seconds = {name: statistics.median(one["seconds"] for one in runs) for name, runs in found.items()}
    last = {name: runs[-1] for name, runs in found.items()}
    rows = [
        {
            "contender": name,
            "checks": last[name]["checks"],
            "issues": last[name]["issues"],
            "seconds": round(seconds[name], 3),
            "fastest": round(min(one["seconds"] for one in runs), 3),
            "cpu_seconds": round(statistics.median(one["cpu_seconds"] for one in runs), 2),
            "peak_mb": round(max(one["peak_mb"] for one in runs)),
        }
        for name, runs in found.items()
    ]
    results = ROOT / "bench" / "results" if keep else folder
    results.mkdir(parents=True, exist_ok=True)
    with (results / "checks.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    ratio = seconds["pandas"] / seconds["same"]
    every = last["all"]
    lines = [
        "# Checks of the registry's data",
        "",
        f"{truth['persons']:,} persons in {truth['households']:,} households, {len(truth['rows'])} feeds with "
        f"{sum(truth['rows'].values()):,} rows, as of {AS_OF}; {every['raised']} of {every['checks']} checks "
        f"find something, {every['clean_share']:.1%} of the households are without an error. {os.cpu_count()} "
        f"cores, Python {platform.python_version()}. Median of {len(found['all'])} fresh processes.",
        "",
        "| contender | checks | issues | seconds (median) | fastest | CPU seconds | peak MB |",
        "|---|---:|---:|---:|---:|---:|---:|",
        *(
            f"| {TITLES[str(row['contender'])]} | {row['checks']} | {row['issues']:,} | {row['seconds']} "
            f"| {row['fastest']} | {row['cpu_seconds']} | {row['peak_mb']} |"
            for row in rows
        ),
        "",
        f"- every check in under {AIM_SECONDS:.0f} s: {seconds['all']:.2f} s, {_reached(seconds['all'] < AIM_SECONDS)}",
        f"- no slower than pandas on the same checks: {ratio:.1f} times as fast, {_reached(ratio >= 1)}",
        "- doudi and the pandas script find the same rows; doudi tells why, proposes repairs, counts what is unknown",
        "",
    ]
    (results / "checks.md").write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))


def _reached(yes: bool) -> str:
    return "reached" if yes else "not reached"


if __name__ == "__main__":
    main()
