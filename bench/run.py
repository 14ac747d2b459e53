"""Every benchmark in turn, each in a process of its own; the tables are printed and kept in bench/results/.

    python bench/run.py            # the sizes that the README speaks of
    python bench/run.py --quick    # small sizes, to see that everything works

Ends with 1 when a benchmark fails; the others still run.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
BENCHMARKS = (
    "import_sheet.py",
    "screening.py",
    "incremental.py",
    "checks.py",
    "matching_county.py",
    "matching_febrl.py",
    "rule_engines.py",
)


def run(script: Path, options: list[str], results: Path) -> bool:
    """Run one benchmark, show its output as it comes, keep it when it succeeds."""
    print(f"\n== {script.stem} {' '.join(options)}".rstrip(), flush=True)
    started = time.perf_counter()
    lines: list[str] = []
    command = [sys.executable, str(script), *options]
    utf8 = os.environ | {"PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=utf8, encoding="utf-8") as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            lines.append(line)
    took = f"{time.perf_counter() - started:.1f} s"
    if process.returncode:
        print(f"{script.name} failed with exit code {process.returncode} after {took}", file=sys.stderr)
        return False
    print(f"({script.stem}: {took})", flush=True)
    name = f"{script.stem}-quick" if "--quick" in options else script.stem
    results.mkdir(exist_ok=True)
    (results / f"{name}.txt").write_text("".join(lines), encoding="utf-8")
    return True


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small sizes")
    options = ["--quick"] if parser.parse_args().quick else []
    succeeded = [run(HERE / name, options, HERE / "results") for name in BENCHMARKS]
    return 0 if all(succeeded) else 1


if __name__ == "__main__":
    sys.exit(main())
