"""What the contenders have in common: the rules, the numbers they compare with, and how a run is measured and kept."""

import json
import resource
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

RULES = (
    "income.under_line_not_enrolled", "income.under_watch_line", "income.fell_sharply", "income.rests_on_transfers",
    "medical.self_paid_high", "medical.single_bill_high", "medical.uninsured", "health.new_major_disease",
    "health.chronic_without_contract", "education.school_age_without_roll", "education.dropped_out",
    "disability.severe_new_certificate", "disability.several_in_household", "civil.relief_repeated",
    "civil.dibao_stopped", "housing.dangerous_only_home", "water.days_without", "employment.main_earner_lost_job",
    "disaster.heavy_loss", "registry.high_dependency",
)  # fmt: skip
PARAMETERS = (
    "monitoring_line", "low_income_watch_line", "income_fall_yellow", "transfer_share_high", "self_paid_yellow",
    "self_paid_months", "single_bill_high", "newborn_grace_days", "new_event_months", "follow_up_months",
    "school_age_from", "school_age_to", "school_entry_day", "severe_disability_grades", "disabled_several",
    "relief_times", "relief_months", "dibao_stop_months", "water_days_yellow", "job_loss_months_yellow",
    "disaster_loss_yellow", "disaster_months", "dependency_ratio_high", "non_member_statuses",
)  # fmt: skip
Numbers = dict[str, Any]
Flagged = Callable[[Path, date, Numbers], Any]
"""Gives a table with `rule_id` and `household_key`, each pair once."""


def peak_mb() -> float:
    """Peak memory of this process. Linux's own count: that of getrusage starts at the parent's peak."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024)


def measured(flagged: Flagged, keep: Callable[[Any, Path], None]) -> None:
    """Run a contender: `FOLDER AS_OF NUMBERS.json OUT.parquet`; prints seconds and memory as JSON.

    The clock runs from before the first file is opened to the pairs in memory; imports of libraries are not counted.
    """
    folder, day, numbers, out = Path(sys.argv[1]), date.fromisoformat(sys.argv[2]), sys.argv[3], Path(sys.argv[4])
    values = json.loads(Path(numbers).read_text(encoding="utf-8"))
    started, busy = time.perf_counter(), time.process_time()
    found = flagged(folder, day, values)
    seconds, cpu = time.perf_counter() - started, time.process_time() - busy
    more = found if isinstance(found, dict) else {"pairs": found}
    keep(more.pop("pairs"), out)
    print(json.dumps({"seconds": seconds, "cpu_seconds": cpu, "peak_mb": peak_mb(), **more}))
