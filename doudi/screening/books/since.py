"""What is new, gone and still there since an earlier screening, and the workbook sheet that tells it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import pyarrow as pa

from doudi.screening.books.workbook import LEVEL_LABELS, Book, Cells
from doudi.screening.inputs import RegistryTables
from doudi.screening.results.kept import KeptResult
from doudi.screening.results.names import household_names, person_names
from doudi.screening.run import ScreeningResult
from doudi.screening.trials.comparing import GONE, NEW, STILL, alerts_alike

LABELS: Mapping[str, str] = {NEW: "新出现", GONE: "已消失", STILL: "仍存在"}


@dataclass(frozen=True)
class Since:
    """A screening beside an earlier one. Raises FileNotFoundError, BrokenBasis when that cannot be read."""

    result: ScreeningResult
    earlier: Path

    @cached_property
    def day(self) -> date:
        """The day of the earlier screening."""
        return date.fromisoformat(KeptResult(self.earlier).manifest["summary"]["as_of"])

    @cached_property
    def alerts(self) -> pa.Table:
        """Every alert of either with its `state` (see `comparing.Comparison.alerts`)."""
        return alerts_alike(KeptResult(self.earlier).table("alerts"), self.result.alerts)

    @cached_property
    def counts(self) -> dict[str, int]:
        """State → alerts."""
        found = Counter(self.alerts["state"].to_pylist())
        return {state: found[state] for state in LABELS}

    def write_sheet(self, book: Book, registry: RegistryTables) -> None:
        """The alerts that are new or gone, or changed their level."""
        table = self.alerts
        homes = household_names(registry, table["household_key"].to_pylist())
        people = person_names(registry, table["person_key"].drop_null().to_pylist())
        rules = self.result.rulebook.rules

        def rows() -> Iterable[Cells]:
            for one in table.to_pylist():
                if one["state"] == STILL and one["level_before"] == one["level_after"]:
                    continue
                home = homes.get(one["household_key"])
                yield (
                    LABELS[one["state"]],
                    home.township if home else "",
                    home.village if home else "",
                    home.household_no if home else "（已不在登记簿）",
                    home.head_name if home else "",
                    people.get(one["person_key"], ""),
                    rules[one["rule_id"]].title if one["rule_id"] in rules else one["rule_id"],
                    LEVEL_LABELS.get(one["level_before"], ""),
                    LEVEL_LABELS.get(one["level_after"], ""),
                    one["sentence"],
                )

        counts = "，".join(f"{LABELS[state]} {count} 条" for state, count in self.counts.items())
        columns = (
            ("变化", 10), ("乡镇", 14), ("村", 14), ("户编号", 20), ("户主", 10), ("涉及成员", 10), ("规则", 28),
            ("上次级别", 10), ("本次级别", 10), ("原因", 60),
        )  # fmt: skip
        lead = [f"与 {self.day.isoformat()} 的筛查相比", f"预警：{counts}"]
        book.sheet("与上次比较", columns, rows(), lead=lead)
