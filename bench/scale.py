"""How does a screening grow from one to ten million persons: DuckDB and Apache Spark on this machine.

    python bench/scale.py 1 2 5 10                    # millions of persons; each size is a row a contender
    python bench/scale.py 0.1 --county-persons 50000 --contenders duckdb spark --keep
    python bench/scale.py 10 --data /big/disk --memory 8GB

A province of counties of about --county-persons each is made for a size, screened by every contender in a process of
its own, and removed again (unless --keep). All contenders read the same Parquet files and write alerts, what could not
be told and the alerts of villages and townships of every county as Parquet:

    duckdb     one county after another, as `doudi screen --province` does
    whole      all counties as one, on DuckDB: what one very large county would take
    spark      all counties at once, as `doudi screen --province --engine spark` does

Seconds are wall clock from before the rulebook is loaded until the last file is written; memory is the peak of the
process with those it started (for Spark the Java machine). Numbers of alerts must be the same. Results are kept a
size at a time in bench/results/scale.jsonl, so that a run that was broken off goes on where it stopped (--again makes
measured ones anew); the table is in bench/results/scale.md.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RULES = ROOT / "rules"
RESULTS = ROOT / "bench" / "results"
AS_OF = date(2023, 8, 1)
CONTENDERS = ("duckdb", "whole", "spark")
PERSONS_A_HOUSEHOLD = 3.6
SEED = 7


# ---- the data, and one contender, each in a process of its own


def make_data(root: Path, persons: int, county_persons: int) -> None:
    from doudi.synth.province import write_province

    counties = max(1, round(persons / county_persons))
    households = round(persons / counties / PERSONS_A_HOUSEHOLD)
    write_province(counties=counties, households=households, seed=SEED, out=root, rules_root=RULES, as_of=AS_OF)
    (root / "whole").touch()


def run_one(contender: str, root: Path, out: Path, memory: str | None) -> dict[str, Any]:
    started = time.perf_counter()
    from doudi.rulebook import load_rulebook
    from doudi.screening.engines.province import screen_province

    rulebook = load_rulebook(RULES)
    if contender == "whole":
        return as_one(rulebook, root, out, memory, started)
    together = None
    if contender == "spark":
        from doudi.screening.engines.spark_session import spark_session

        session = spark_session(memory=memory.lower().removesuffix("b") if memory else None)
        from doudi.screening.engines.province_spark import Cluster

        together = Cluster(session, rulebook, AS_OF)
    told = screen_province(rulebook=rulebook, root=root, out=out, as_of=AS_OF, together=together, memory=memory)
    return {
        "seconds": time.perf_counter() - started,
        **{name: told[name] for name in ("persons", "households", "alerts")},
    }


def as_one(rulebook: Any, root: Path, out: Path, memory: str | None, started: float) -> dict[str, Any]:
    """All counties as if they were one; persons have keys of their own in each."""
    import pyarrow.parquet as pq

    from doudi.screening.engines.province import county_folders
    from doudi.screening.inputs import FeedRows, RegistryTables
    from doudi.screening.run import screen

    counties = county_folders(root, rulebook, as_of=AS_OF)
    registry = RegistryTables(
        *(
            tuple(path for one in counties for path in getattr(one.registry, name))
            for name in ("household", "person", "income")
        ),
        distinct=True,
    )
    feeds = [
        FeedRows(feed, tuple(path for one in counties for path in one.feeds[feed].rows)) for feed in counties[0].feeds
    ]
    result = screen(rulebook=rulebook, registry=registry, feeds=feeds, as_of=AS_OF, memory=memory)
    out.mkdir()
    for name in ("alerts", "cannot_tell", "region_alerts", "region_cannot_tell"):
        pq.write_table(getattr(result, name), out / f"{name}.parquet", compression="zstd")
    seconds = time.perf_counter() - started
    households, persons = result.people
    found = {"seconds": seconds, "persons": persons, "households": households, "alerts": result.alerts.num_rows}
    result.close()
    return found


# ---- measuring


def peak_memory(process: "subprocess.Popen[str]", peak: list[int]) -> None:
    """Watch a process and those it started; the most resident bytes of all of them together."""
    while process.poll() is None:
        resident = sum(resident_bytes(one) for one in family(process.pid))
        peak[0] = max(peak[0], resident)
        time.sleep(0.2)


def family(pid: int) -> Iterator[int]:
    """A process and those it started, save copies of itself that are about to become another program."""
    yield pid
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in map(int, (task / "children").read_text().split()):
                if command_of(child) != command_of(pid):
                    yield from family(child)
    except OSError:
        return


def command_of(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def resident_bytes(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError, ValueError):
        return 0


def in_fresh_process(arguments: list[str], temporary: Path) -> tuple[dict[str, Any], float]:
    """What the last line of a process says, and its peak memory in MB."""
    environment = os.environ | {"TMPDIR": str(temporary), "SPARK_LOCAL_DIRS": str(temporary)}
    with subprocess.Popen(
        [sys.executable, __file__, *arguments], stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment
    ) as process:
        peak = [0]
        watcher = threading.Thread(target=peak_memory, args=(process, peak))
        watcher.start()
        lines = (process.stdout.read() if process.stdout else "").strip().splitlines()
        process.wait()
        watcher.join()
    if process.returncode or not lines:
        raise RuntimeError(f"ended with {process.returncode}")
    found: dict[str, Any] = json.loads(lines[-1])
    return found, peak[0] / 2**20


def measure(size: float, given: argparse.Namespace, known: list[dict[str, Any]]) -> None:
    wanted = [
        name
        for name in given.contenders
        if given.again or not any(one["millions"] == size and one["contender"] == name for one in known)
    ]
    if not wanted:
        print(f"{size} million: measured before", flush=True)
        return
    home = (given.data or ROOT / "bench" / "data") / f"scale-{size}"
    data, temporary = home / "province", home / "tmp"
    try:
        temporary.mkdir(parents=True, exist_ok=True)
        if not (data / "whole").is_file():
            print(f"{size} million: making the data in {data} …", flush=True)
            shutil.rmtree(data, ignore_errors=True)
            sizes = [str(round(size * 1e6)), str(given.county_persons)]
            in_fresh_process(["--make", str(data), *sizes], temporary)
        on_disk = sum(path.stat().st_size for path in data.rglob("*.parquet")) / 2**20
        for name in wanted:
            out = home / f"out-{name}"
            shutil.rmtree(out, ignore_errors=True)
            limit = ["--memory", given.memory] if given.memory else []
            try:
                found, peak = in_fresh_process(["--one", name, str(data), str(out), *limit], temporary)
            except RuntimeError as problem:
                print(f"{size} million, {name}: {problem}", flush=True)
                row = {"millions": size, "contender": name, "failed": str(problem)}
            else:
                counties = len(list(data.glob("county=*")))
                row = {"millions": size, "contender": name, **found, "peak_mb": round(peak), "counties": counties}
                print(f"{size} million, {name}: {found['seconds']:.1f} s, {peak:.0f} MB", flush=True)
            row |= {"input_mb": round(on_disk), "memory": given.memory or ""}
            known[:] = [one for one in known if (one["millions"], one["contender"]) != (size, name)] + [row]
            save(known)
            shutil.rmtree(out, ignore_errors=True)
    finally:
        if not given.keep:
            shutil.rmtree(home, ignore_errors=True)
    numbers = {one["contender"]: one["alerts"] for one in known if one["millions"] == size and "alerts" in one}
    if len(set(numbers.values())) > 1:
        raise SystemExit(f"the numbers of alerts are not the same: {numbers}")


def save(known: list[dict[str, Any]]) -> None:
    RESULTS.mkdir(parents=True, exist_ok=True)
    known.sort(key=lambda one: (one["millions"], CONTENDERS.index(one["contender"])))
    (RESULTS / "scale.jsonl").write_text("".join(json.dumps(one) + "\n" for one in known), encoding="utf-8")
    (RESULTS / "scale.md").write_text("\n".join(table(known)) + "\n", encoding="utf-8")


def table(known: list[dict[str, Any]]) -> list[str]:
    lines = [
        f"{os.cpu_count()} cores, {os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB, "
        f"Python {platform.python_version()}.",
        "",
        "| persons | counties | Parquet in, MB | engine | seconds | persons a second | peak MB | alerts |",
        "|---:|---:|---:|---|---:|---:|---:|---:|",
    ]
    names = {"duckdb": "DuckDB, county after county", "whole": "DuckDB, all as one", "spark": "Spark, all at once"}
    for one in known:
        name = names[one["contender"]]
        if "failed" in one:
            lines.append(f"| {one['millions']} million | | {one['input_mb']} | {name} | {one['failed']} | | | |")
            continue
        lines.append(
            f"| {one['persons']:,} | {one['counties']} | {one['input_mb']:,} | {name} | {one['seconds']:.1f} "
            f"| {one['persons'] / one['seconds']:,.0f} | {one['peak_mb']:,} | {one['alerts']:,} |"
        )
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", type=float, nargs="*", default=[1.0], help="millions of persons")
    parser.add_argument("--county-persons", type=int, default=330_000)
    parser.add_argument("--contenders", nargs="+", choices=CONTENDERS, default=list(CONTENDERS))
    parser.add_argument("--memory", help="limit of DuckDB's memory or Spark's driver, such as 8GB")
    parser.add_argument("--data", type=Path, help="where data is made and spilled (bench/data)")
    parser.add_argument("--keep", action="store_true", help="leave the data there")
    parser.add_argument("--again", action="store_true", help="measure what was measured before")
    given = parser.parse_args()
    kept = RESULTS / "scale.jsonl"
    known = [json.loads(line) for line in kept.read_text(encoding="utf-8").splitlines()] if kept.is_file() else []
    for size in given.sizes:
        measure(size, given, known)
    print("\n".join(table(known)))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--make"]:
        make_data(Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
        print("{}")
    elif sys.argv[1:2] == ["--one"]:
        limit_of_memory = sys.argv[6] if len(sys.argv) > 5 else None
        print(json.dumps(run_one(sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]), limit_of_memory)))
    else:
        main()
