"""Twenty rules, from feeds whose events are not yet summed up to flagged households: doudi against other tools.

    python bench/rule_engines.py                    # 0.1 and 1 million persons
    python bench/rule_engines.py --persons 0.1 1 3  # and 3, with some 12 GB of memory
    python bench/rule_engines.py --quick            # a small county, to see that everything works

Contenders (bench/twenty/): doudi on DuckDB, reading of the rulebook included; one DuckDB query written by hand; a
vectorised pandas script; OpenFisca-core fed by pandas, with whole columns as inputs; GoRules' zen-engine fed by pandas,
one document a household, in batches over all cores. Each runs in a process of its own, in turn, on the same files;
seconds are wall clock from before the first file is opened to the pairs of rule and household in memory (imports of
libraries not counted), the median of the runs; memory is the peak of the process. All must flag the same pairs.

OpenFisca, zen-engine and pandas come from bench/requirements.lock into an environment of their own beside the data.
"""

import argparse
import csv
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from other_tools import python_with

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
DATA = HERE / "data"
AS_OF = date(2023, 8, 1)
HOUSEHOLDS_A_MILLION = 280_000
COUNTY = "149901000000"
AIMS = {"openfisca": 10.0, "zen": 50.0, "hand query": 1.5}
"""At a million persons: OpenFisca and zen-engine take at least so many times as long, doudi at most so many times the
hand-written query."""


@dataclass(frozen=True)
class Contender:
    name: str
    script: str
    title: str
    own: bool
    """Whether it runs in the product's environment."""


CONTENDERS = (
    Contender("doudi", "doudi_run.py", "doudi (DuckDB)", True),
    Contender("hand query", "hand_query.py", "one DuckDB query by hand", True),
    Contender("pandas", "pandas_script.py", "pandas script", False),
    Contender("openfisca", "openfisca_rules.py", "OpenFisca-core fed by pandas", False),
    Contender("zen", "zen_rules.py", "zen-engine fed by pandas", False),
)


@dataclass
class Size:
    """A county and what was measured on it."""

    folder: Path
    persons: int
    households: int
    rows: int
    runs: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    pairs: int = 0

    def seconds(self, name: str) -> float:
        return statistics.median(one["seconds"] for one in self.runs[name])

    def memory(self, name: str) -> float:
        return max(one["peak_mb"] for one in self.runs[name])


def other_python() -> Path:
    """The environment of the other tools, made when it is not there or the lock has changed."""
    return python_with(HERE / "requirements.lock", DATA / "engines")


def county(households: int, seed: int) -> Size:
    """In a process of its own, kept for the next time."""
    folder = DATA / f"engines-{households}-{seed}"
    if not (folder / "truth" / "summary.json").is_file():
        print(f"making {households:,} households …", flush=True)
        size = ["--households", str(households), "--seed", str(seed), "--as-of", AS_OF.isoformat()]
        command = "import sys; from doudi.cli import main; sys.argv[0] = 'doudi'; main()"
        subprocess.run([sys.executable, "-c", command, "synth", "--snapshots", "--out", str(folder), *size], check=True)
    truth = json.loads((folder / "truth" / "summary.json").read_text(encoding="utf-8"))
    return Size(folder, truth["persons"], truth["households"], sum(truth["rows"].values()))


def prepare(folder: Path) -> None:
    """The twenty rules with what they need as a rulebook of their own; for the other tools its numbers on the day."""
    from twenty.shared import PARAMETERS, RULES

    from doudi.rulebook import load_rulebook
    from doudi.rulebook.loading import MEMBER_FACT

    book = load_rulebook(ROOT / "rules")
    facts = book.facts_of((MEMBER_FACT, *(name for rule in RULES for name in book.rules[rule].facts)))
    parameters = {name for rule in RULES for name in book.rules[rule].parameters}
    parameters |= {name for fact in facts.values() for name in fact.parameters}
    feeds = {fact.source.id for fact in facts.values() if fact.source.is_feed}
    needed = {"screening": RULES, "facts": facts, "parameters": parameters, "feeds": feeds}
    shutil.rmtree(folder / "rules", ignore_errors=True)
    for kind, names in needed.items():
        (folder / "rules" / kind).mkdir(parents=True, exist_ok=True)
        for name in names:
            path = f"{kind}/{name}.yaml"
            (folder / "rules" / path).write_text(book.texts[path], encoding="utf-8")
    values = {name: book.parameters[name].value(region=COUNTY, on=AS_OF).value for name in PARAMETERS}
    plain = {
        name: value.isoformat() if isinstance(value, date) else list(value) if isinstance(value, tuple) else value
        for name, value in values.items()
    }
    (folder / "numbers.json").write_text(json.dumps(plain, indent=1), encoding="utf-8")


def run(contender: Contender, size: Size, python: Path, out: Path) -> dict[str, Any]:
    command = [str(sys.executable if contender.own else python), str(HERE / "twenty" / contender.script)]
    command += [str(size.folder), AS_OF.isoformat(), str(size.folder / "numbers.json"), str(out)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=os.environ | {"PYTHONUTF8": "1"})
    if done.returncode:
        raise SystemExit(f"{contender.title} failed")
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def pairs_in(path: Path) -> set[tuple[str, int]]:
    table = pq.read_table(path, columns=["rule_id", "household_key"])
    listed = list(zip(table["rule_id"].to_pylist(), table["household_key"].to_pylist(), strict=True))
    if len(set(listed)) != len(listed):
        raise SystemExit(f"{path.name}: a pair is flagged twice")
    return set(listed)


def differences(own: set[tuple[str, int]], other: set[tuple[str, int]], title: str) -> list[str]:
    """By rule, what only one of the two flags; empty when they agree."""
    rules = sorted({rule for rule, _ in own ^ other})
    return [
        f"{title}, {rule}: {sum(one == rule for one, _ in own - other)} only by doudi, "
        f"{sum(one == rule for one, _ in other - own)} only by it"
        for rule in rules
    ]


def measure(size: Size, repeat: int, python: Path) -> list[str]:
    """Run all contenders in turn; gives the differences between what they flag."""
    prepare(size.folder)
    outputs = {one.name: size.folder / f"flagged-{one.name.replace(' ', '-')}.parquet" for one in CONTENDERS}
    for number in range(repeat):
        for contender in CONTENDERS:
            found = run(contender, size, python, outputs[contender.name])
            size.runs.setdefault(contender.name, []).append(found)
            told = f"{found['seconds']:.2f} s, {found['peak_mb']:.0f} MB"
            print(f"{size.persons:,} persons, {number + 1}/{repeat} {contender.name}: {told}", flush=True)
    own = pairs_in(outputs["doudi"])
    size.pairs = len(own)
    return [
        line
        for contender in CONTENDERS[1:]
        for line in differences(own, pairs_in(outputs[contender.name]), contender.title)
    ]


def report(sizes: list[Size], repeat: int) -> list[str]:
    lines = [
        "# Twenty rules in five tools",
        "",
        f"As of {AS_OF}, {os.cpu_count()} cores, Python {platform.python_version()}. Median of {repeat} processes.",
    ]
    for size in sizes:
        lines += [
            "",
            f"{size.persons:,} persons in {size.households:,} households, {size.rows:,} rows of feeds; "
            f"{size.pairs:,} pairs of rule and household flagged, the same by all.",
            "",
            "| tool | seconds (median) | fastest | CPU seconds | peak MB | time against doudi |",
            "|---|---:|---:|---:|---:|---:|",
        ]
        for one in CONTENDERS:
            runs = size.runs[one.name]
            cpu = statistics.median(each["cpu_seconds"] for each in runs)
            fastest, ratio = min(each["seconds"] for each in runs), size.seconds(one.name) / size.seconds("doudi")
            lines.append(
                f"| {one.title} | {size.seconds(one.name):.2f} | {fastest:.2f} | {cpu:.2f} "
                f"| {size.memory(one.name):.0f} | {ratio:.2f} |"
            )
    lines += ["", *verdicts(sizes), ""]
    return lines


def verdicts(sizes: list[Size]) -> list[str]:
    """The aims, at the largest size up to a million persons, and how time grows."""
    size = next((one for one in reversed(sizes) if one.persons <= 1_200_000), sizes[0])
    doudi = size.seconds("doudi")
    openfisca, zen = size.seconds("openfisca") / doudi, size.seconds("zen") / doudi
    hand = doudi / size.seconds("hand query")
    lines = [
        f"At {size.persons:,} persons:",
        "",
        f"- at least {AIMS['openfisca']:g} times faster than OpenFisca: {openfisca:.1f}, "
        f"{_reached(openfisca >= AIMS['openfisca'])}",
        f"- at least {AIMS['zen']:g} times faster than the engine that goes row by row: {zen:.1f}, "
        f"{_reached(zen >= AIMS['zen'])}",
        f"- within {AIMS['hand query']:g} times of the hand-written query: {hand:.2f}, "
        f"{_reached(hand <= AIMS['hand query'])}",
    ]
    for smaller, larger in pairwise(sizes):
        persons, seconds = larger.persons / smaller.persons, larger.seconds("doudi") / smaller.seconds("doudi")
        lines.append(
            f"- {persons:.1f} times the persons take {seconds:.1f} times as long, {_linear(seconds <= persons)}"
        )
    return lines


def _reached(yes: bool) -> str:
    return "reached" if yes else "not reached"


def _linear(yes: bool) -> str:
    return "linear or better" if yes else "worse than linear"


def keep(sizes: list[Size], lines: list[str], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "rule_engines.md").write_text("\n".join(lines), encoding="utf-8")
    with (folder / "rule_engines.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["persons", "tool", "run", "seconds", "cpu_seconds", "peak_mb"])
        for size in sizes:
            for name, runs in size.runs.items():
                for number, one in enumerate(runs, start=1):
                    row = [size.persons, name, number, *(round(one[key], 3) for key in ("seconds", "cpu_seconds"))]
                    writer.writerow([*row, round(one["peak_mb"])])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--persons", type=float, nargs="+", default=[0.1, 1.0], help="millions of persons")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--quick", action="store_true", help="a small county")
    given = parser.parse_args()
    if given.quick:
        given.persons, given.repeat = [0.01], 1
    sys.path.insert(0, str(HERE))
    python = other_python()
    sizes = [county(round(millions * HOUSEHOLDS_A_MILLION), given.seed) for millions in given.persons]
    told = [line for size in sizes for line in measure(size, given.repeat, python)]
    if told:
        raise SystemExit("not all flag the same households:\n" + "\n".join(told))
    lines = report(sizes, given.repeat)
    keep(sizes, lines, DATA if given.quick else HERE / "results")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
