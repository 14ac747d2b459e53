"""The sheets of policies in a workbook: each policy's counts, then 应享未享, 不应享而享, 待核对 by name."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from doudi.rulebook.policies import PERIODS
from doudi.screening.books.workbook import Book, Cells, book_at, label
from doudi.screening.entitlement import by_policy
from doudi.screening.inputs import RegistryTables
from doudi.screening.results.names import HouseholdName, household_names, person_names
from doudi.screening.run import ScreeningResult
from doudi.standards.codes import EntitlementState

LISTED = (EntitlementState.GAP, EntitlementState.OVER, EntitlementState.CANNOT_TELL)
"""States that become a sheet of names; those who have what is due are only counted."""
CANNOT_TELL_SHEET = "政策待核对"


def write_gaps(result: ScreeningResult, registry: RegistryTables, path: Path) -> Path:
    """A workbook of policies alone. Replaces a file of that name only when finished."""
    with book_at(path) as book:
        write_policy_sheets(book, result, registry)
    return path


def write_policy_sheets(book: Book, result: ScreeningResult, registry: RegistryTables) -> None:
    """Add the sheets 政策享受情况, 应享未享, 不应享而享 and 政策待核对 to a workbook."""
    table = result.entitlements
    _counts(book, result, table)
    homes = household_names(registry, table["household_key"].to_pylist())
    people = person_names(registry, table["person_key"].drop_null().to_pylist())
    for state in LISTED:
        rows = table.filter(pc.equal(table["state"], state.value))
        name = CANNOT_TELL_SHEET if state is EntitlementState.CANNOT_TELL else state.label
        book.sheet(name, _COLUMNS, _named(rows, result, homes, people))


_COLUMNS = (
    ("乡镇", 14), ("村", 14), ("户编号", 20), ("户主", 10), ("对象", 10), ("政策", 28), ("原因", 60),
    ("每年应享（元）", 14), ("已领（元）", 12), ("责任部门", 12), ("怎么申请", 44), ("凭证材料", 30),
    ("帮扶责任人", 12), ("政策编号", 32),
)  # fmt: skip


def coverage(counts: Mapping[str, Mapping[str, float]]) -> float | None:
    """应享尽享率: received ÷ eligible, where eligible is received or gap; None when nobody is."""
    received, gap = (counts.get(state, {}).get("rows", 0) for state in ("received", "gap"))
    return received / (received + gap) if received + gap else None


def _counts(book: Book, result: ScreeningResult, table: pa.Table) -> None:
    plan = result.plan.entitlement
    counted = by_policy(table, [policy.id for policy in plan.policies])

    def rows() -> Iterable[Cells]:
        for policy in plan.policies:
            counts = counted[policy.id]
            share = coverage(counts)
            absent = {*plan.absent[policy.id].values(), *([plan.unpaid[policy.id]] if policy.id in plan.unpaid else [])}
            note = "、".join(result.rulebook.sources[name].title for name in sorted(absent))
            if not policy.told:
                note = "没有数据说明谁已享受，符合条件的列为待核对"
            elif note:
                note = f"没有“{note}”的数据"
            yield (
                label("policy_area", policy.area),
                policy.title,
                "每人" if policy.subject == "person" else "每户",
                PERIODS[policy.period][0] if policy.period else "实物或服务",
                *(counts.get(str(state.value), {}).get("rows", 0) for state in EntitlementState),
                None if share is None else f"{share:.1%}",
                counts.get("gap", {}).get("yuan", 0),
                counts.get("over", {}).get("yuan", 0),
                label("department", policy.department),
                note,
                "；".join(f"{one.document} {one.article}".strip() for one in policy.legal_basis),
                policy.id,
            )

    columns = (
        ("领域", 14), ("政策", 30), ("对象", 8), ("发放", 12), *((state.label, 12) for state in EntitlementState),
        ("应享尽享率", 12), ("缺口（元/年）", 14), ("不应享已领（元）", 14), ("责任部门", 12), ("说明", 40),
        ("依据", 50), ("政策编号", 32),
    )  # fmt: skip
    lead = [
        f"政策享受情况（截至 {result.plan.as_of.isoformat()}）",
        "应享尽享率 = 已享受 ÷（已享受 + 应享未享）；待核对的不算在内。不应享而享是提请核实的线索，不是结论。",
    ]
    book.sheet("政策享受情况", columns, rows(), lead=lead)


def _named(
    table: pa.Table, result: ScreeningResult, homes: Mapping[int, HouseholdName], people: Mapping[int, str]
) -> Iterable[Cells]:
    policies = result.rulebook.policies
    ordered = table.sort_by([("region_code", "ascending"), ("household_key", "ascending"), ("policy_id", "ascending")])
    for batch in ordered.to_batches(max_chunksize=10_000):
        for one in batch.to_pylist():
            policy = policies[one["policy_id"]]
            home = homes.get(one["household_key"])
            days = f"，{policy.apply.days} 天内办结" if policy.apply.days is not None else ""
            yield (
                home.township if home else "",
                home.village if home else "",
                home.household_no if home else "",
                home.head_name if home else "",
                people.get(one["person_key"], "") if one["person_key"] is not None else "全家",
                policy.title,
                one["sentence"],
                one["amount"],
                one["received"],
                label("department", one["department"]),
                f"{policy.apply.where}：{policy.apply.how}{days}",
                "、".join(policy.evidence),
                home.helper_name if home else "",
                policy.id,
            )
