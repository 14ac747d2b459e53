"""The comparison of employment data as a workbook: figures by township, conflicts by person, who stopped working."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa

from doudi.screening.books.workbook import Book, Cells, book_at, label
from doudi.screening.employment.comparing import Comparison
from doudi.screening.employment.figures import by_township
from doudi.screening.inputs import RegistryTables
from doudi.screening.results.names import household_names, person_names, place_names

SIDES = {"registry": "登记簿", "register": "务工登记", "insured": "社保", "subsidy": "补助名单", "visit": "走访"}
"""Sources, as the columns of a line begin with them, and what they are called."""
_SAYS = {"area": "work_area", "channel": "job_channel"}
_COLUMNS: tuple[tuple[str, int], ...] = (
    ("乡镇", 14), ("村", 14), ("户编号", 20), ("户主", 10), ("姓名", 10), ("矛盾", 30),
    ("登记簿月数", 10), ("务工登记月数", 10), ("社保月数", 10), ("补助名单月数", 10), ("走访月数", 10),
    ("登记簿区域", 12), ("务工登记区域", 12), ("务工登记地点", 24), ("按地点推算", 12), ("补助名单地点", 24),
    ("走访地点", 24),
    ("登记簿单位", 20), ("务工登记单位", 20), ("社保单位", 20), ("走访单位", 20),
    ("登记簿月收入", 12), ("务工登记月收入", 12), ("走访月收入", 12),
    ("登记簿渠道", 12), ("务工登记渠道", 12), ("务工登记状态", 12), ("走访是否务工", 12), ("失业登记", 10),
)  # fmt: skip


def write_employment(comparison: Comparison, registry: RegistryTables, path: Path) -> Path:
    """Replaces a file of that name only when finished."""
    names = place_names(registry)
    with book_at(path) as book:
        _figures(book, comparison, names)
        book.sheet("数据矛盾", _COLUMNS, _lines(comparison.conflicts, registry))
        book.sheet("去年务工今年没有", _STOPPED, _stopped(comparison.stopped, registry))
    return path


def _figures(book: Book, comparison: Comparison, names: dict[str, str]) -> None:
    columns = (
        ("地区", 16), ("有劳动力（人）", 12), ("已就业（人）", 12), ("就业率", 10), ("脱贫人口劳动力", 12),
        ("脱贫人口已就业", 12), ("监测对象劳动力", 12), ("监测对象已就业", 12), ("在外务工（人）", 12),
        ("去年同期在外", 12), ("去年务工今年没有", 14),
        ("有矛盾（人）", 12), ("有劳动力的脱贫和监测户", 16), ("其中无人就业", 12),
    )  # fmt: skip

    def rows() -> Iterable[Cells]:
        for one in by_township(comparison.figures):
            yield (
                names.get(one.code, one.code) if one.code else "合计", one.able, one.employed, one.share_text,
                one.alleviated_able, one.alleviated_employed, one.monitored_able, one.monitored_employed, one.away,
                one.away_before if comparison.before else None, one.stopped if comparison.before else None,
                one.conflicted, one.able_households, one.idle_households,
            )  # fmt: skip

    lead = [
        f"就业情况（截至 {comparison.as_of.isoformat()}）",
        "就业率 = 今年有务工时间的劳动力 ÷ 有劳动能力且不在校的在册人口。矛盾是提请核实的线索，不是结论。",
        f"去年同期：{comparison.before} 的已外出务工信息" if comparison.before else "没有去年同期的已外出务工信息",
    ]
    book.sheet("就业情况", columns, rows(), lead=lead)


def _lines(lines: pa.Table, registry: RegistryTables) -> Iterable[Cells]:
    homes = household_names(registry, lines["household_key"].to_pylist())
    people = person_names(registry, lines["person_key"].to_pylist())
    for one in lines.to_pylist():
        home = homes.get(one["household_key"])
        yield (
            home.township if home else "", home.village if home else "", home.household_no if home else "",
            home.head_name if home else "", people.get(one["person_key"], ""),
            "、".join(label("work_conflict", kind) for kind in one["conflicts"]),
            *(one[f"{side}_months"] for side in SIDES),
            _said(one, "registry_area"), _said(one, "register_area"), one["register_place"],
            _said(one, "register_place_area"), one["subsidy_place"], one["visit_place"],
            *(one[f"{side}_employer"] for side in ("registry", "register", "insured", "visit")),
            *(one[f"{side}_wage"] for side in ("registry", "register", "visit")),
            _said(one, "registry_channel"), _said(one, "register_channel"),
            _yes(one["register_working"], "在外务工", "已返乡"), _yes(one["visit_works"], "在务工", "没有务工"),
            _yes(one["unemployed"], "已登记失业", ""),
        )  # fmt: skip


_STOPPED = (
    ("乡镇", 14), ("村", 14), ("户编号", 20), ("户主", 10), ("姓名", 10), ("去年月数", 10), ("去年地点", 24),
    ("失业登记", 12), ("脱贫户", 10), ("监测对象", 10),
)  # fmt: skip


def _stopped(lines: pa.Table, registry: RegistryTables) -> Iterable[Cells]:
    homes = household_names(registry, lines["household_key"].to_pylist())
    people = person_names(registry, lines["person_key"].to_pylist())
    for one in lines.to_pylist():
        home = homes.get(one["household_key"])
        yield (
            home.township if home else "", home.village if home else "", home.household_no if home else "",
            home.head_name if home else "", people.get(one["person_key"], ""), one["before_months"],
            one["before_place"], _yes(one["unemployed"], "已登记失业", ""), _yes(one["alleviated"], "是", ""),
            _yes(one["monitored"], "是", ""),
        )  # fmt: skip


def _said(line: dict[str, Any], column: str) -> str:
    value = line[column]
    return label(_SAYS[column.rpartition("_")[2]], value) if value else ""


def _yes(value: bool | None, yes: str, no: str) -> str:
    return "" if value is None else yes if value else no
