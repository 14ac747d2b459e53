"""How fast is an import? A 200,000-row, 40-column workbook is read with all checks and kept as a snapshot, against
openpyxl in read-only mode merely going over the rows of the same file.

    python bench/import_sheet.py [--rows 200000] [--repeat 1] [--keep FILE]

Both run in a fresh process on the same file, one after the other, the fastest of the rounds counts; time is wall clock
from before the imports of the measured part to the end, processor time that of all threads of the whole process (it
says more on a busy machine), memory the peak of the process. The aim is a ratio of at least 3.
"""

import argparse
import importlib.abc
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import xlsxwriter

from doudi.feeds.contract import Contract, load_contracts
from doudi.standards.resident_id import check_character

RULES = Path(__file__).parents[1] / "rules"
FEED = "registry_person"
EXTRA_HEADERS = ("备注", "采集批次", "信息采集人")
AIM = 3.0
RARE = {"student_status": 0.2, "status_on": 0.03, "public_job": 0.06, "absence_reason": 0.02}
DISABLED = ("disability_certificate", "disability_kind", "disability_grade")
FAMILY_NAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN_NAMES = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红建国文辉力"


def write_workbook(path: Path, rows: int, seed: int = 1) -> None:
    """A member sheet of the registry as the national system exports it, two percent of the rows dirtied."""
    random_ = random.Random(seed)
    contract = load_contracts(RULES)[FEED]
    headers = [column.header for column in contract.columns] + list(EXTRA_HEADERS)
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("人口信息")
        sheet.write_string(0, 0, "某县人口信息表")
        for at, header in enumerate(headers):
            sheet.write_string(1, at, header)
        for number in range(rows):
            for at, cell in enumerate(_person(contract, number, random_)):
                if isinstance(cell, str):
                    sheet.write_string(number + 2, at, cell)
                elif cell is not None:
                    sheet.write_number(number + 2, at, cell)


def _person(contract: Contract, number: int, random_: random.Random) -> list[str | float | None]:
    birth = f"{random_.randint(1940, 2020)}{random_.randint(1, 12):02d}{random_.randint(1, 28):02d}"
    first17 = f"149901{birth}{random_.randint(0, 999):03d}"
    resident_id = first17 + check_character(first17)
    disabled = random_.random() < 0.07
    given: dict[str, str | float | None] = {
        "household_no": f"1499{number // 3:08d}",
        "person_no": f"1499{number:010d}",
        "name": random_.choice(FAMILY_NAMES) + "".join(random_.choices(GIVEN_NAMES, k=2)),
        "resident_id": resident_id,
        "birth_date": birth,
        "ethnic": random_.choice(["汉族", "满族", "回族"]),
        "employer": random_.choice(["某某建筑公司", "某某物流", "某某食品厂"]),
        "disability_certificate": resident_id + "43",
        "phone": f"138{random_.randint(0, 99999999):08d}",
        "health": random_.choice(["健康", "长期慢性病", "患有大病、残疾"]),
        "status_on": f"2023.{random_.randint(1, 7)}.{random_.randint(1, 28)}",
        "wage_month": random_.randint(1000, 9000),
    }
    cells: list[str | float | None] = []
    for column in contract.columns:
        if (column.id in DISABLED and not disabled) or random_.random() > RARE.get(column.id, 1):
            cells.append(None)
        elif column.id in given:
            cells.append(given[column.id])
        elif column.type == "code":
            cells.append(random_.choice(list(column.labels.values())))
        elif column.type == "boolean":
            cells.append(random_.choice("是否"))
        else:
            cells.append(random_.randint(0, 12))
    if random_.random() < 0.02:
        dirtied = random_.randrange(5)
        at = next(
            at
            for at, column in enumerate(contract.columns)
            if column.id == ("resident_id", "name", "wage_month", "birth_date", "work_months")[dirtied]
        )
        cells[at] = (float(resident_id[:17] + "0"), None, "三千", "2023年13月", 15)[dirtied]
    return [*cells, "无", f"第{number % 50}批", "张三"]


class WithoutPandas(importlib.abc.MetaPathFinder):
    """pandas is no part of the product, but pyarrow imports it where it finds it, as in a developer's environment."""

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        if fullname.partition(".")[0] == "pandas":
            raise ImportError("not part of the product")


def measure_import(path: Path) -> dict[str, float]:
    sys.meta_path.insert(0, WithoutPandas())
    begun = time.perf_counter()
    from doudi.feeds.sheet import read_sheet
    from doudi.feeds.snapshot import write_snapshot
    from doudi.standards.periods import Month
    from doudi.standards.pseudonym import Pseudonymiser

    steps: list[tuple[str, float]] = []
    reading = read_sheet(
        path,
        contracts=load_contracts(RULES),
        progress=lambda doing, _share: steps.append((doing, time.perf_counter() - begun)),
    )
    read = time.perf_counter() - begun
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        write_snapshot(reading, Path(folder), month=Month("2023-07"), pseudonymiser=Pseudonymiser(b"bench" * 8))
    seconds = time.perf_counter() - begun
    for (doing, start), (_, end) in pairwise(steps):
        print(f"    {doing:<12} {end - start:6.2f} s", file=sys.stderr)
    print(f"    {'写快照':<12} {seconds - read:6.2f} s", file=sys.stderr)
    return {
        "seconds": seconds,
        "rows": reading.rows_accepted,
        "rejected": reading.rows_rejected,
        "warnings": len(reading.warnings),
    }


def measure_openpyxl(path: Path) -> dict[str, float]:
    begun = time.perf_counter()
    import openpyxl

    sheet = openpyxl.load_workbook(path, read_only=True).worksheets[0]
    rows = sum(1 for _ in sheet.iter_rows(values_only=True))
    return {"seconds": time.perf_counter() - begun, "rows": rows - 2}


MEASURES = {"doudi": measure_import, "openpyxl": measure_openpyxl}


def peak_mb() -> float:
    """Peak memory of this process. Linux's own count: that of getrusage starts at the parent's peak."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024)


def in_fresh_process(what: str, path: Path) -> dict[str, float]:
    command = [sys.executable, __file__, "--measure", what, "--keep", str(path)]
    done = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONHASHSEED": "0"}
    )
    return json.loads(done.stdout)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rows", type=int, default=200_000)
    arguments.add_argument("--repeat", type=int, default=1)
    arguments.add_argument("--keep", type=Path, help="the workbook; written when it is not there, and kept")
    arguments.add_argument("--measure", choices=MEASURES, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.measure:
        result = MEASURES[given.measure](given.keep)
        print(json.dumps({**result, "cpu": time.process_time(), "peak_mb": peak_mb()}))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = given.keep or Path(folder) / "人口信息_202307.xlsx"
        if not path.exists():
            print(f"writing {given.rows:,} rows …", file=sys.stderr)
            write_workbook(path, given.rows)
        rounds = [{what: in_fresh_process(what, path) for what in MEASURES} for _ in range(given.repeat)]
    results = {what: [one[what] for one in rounds] for what in MEASURES}
    best = {what: min(several, key=lambda one: one["seconds"]) for what, several in results.items()}
    print(f"{'':<34}{'seconds':>9}{'cpu s':>8}{'rows':>10}{'rejected':>10}{'peak MB':>9}")
    for what, title in (("doudi", "doudi: read, check, keep"), ("openpyxl", "openpyxl read-only: iterate")):
        one = best[what]
        times = f"{one['seconds']:>9.2f}{one['cpu']:>8.2f}"
        print(f"{title:<34}{times}{one['rows']:>10,}{one.get('rejected', 0):>10,}{one['peak_mb']:>9.0f}")
    ratio, cpu_ratio = (best["openpyxl"][one] / best["doudi"][one] for one in ("seconds", "cpu"))
    verdict = "reached" if ratio >= AIM else "MISSED"
    print(f"ratio {ratio:.2f}, of processor time {cpu_ratio:.2f} (aim: at least {AIM:g}) {verdict}")


if __name__ == "__main__":
    main()
