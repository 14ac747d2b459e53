"""The county on disk: the sheets that its offices would send, dirt and all, and the truth to hold results against."""

import csv
import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from doudi.feeds.contract import Contract, load_contracts
from doudi.standards.periods import IncomeYear, Month
from doudi.synth.county.arrays import chance
from doudi.synth.county.whole import County, make_county
from doudi.synth.entitlement_truth import entitlements, write_entitlements
from doudi.synth.regional_truth import regions_at_risk
from doudi.synth.sheets.cells import Cell, cells, headers, written_columns
from doudi.synth.sheets.dirt import Sheet, Stain, soil
from doudi.synth.sheets.layout import LAYOUTS, Layout
from doudi.synth.sheets.workbooks import Page, write_page
from doudi.synth.slips.making import Slipped, with_slips
from doudi.synth.slips.truth import stains as slip_stains
from doudi.synth.slips.truth import write_slips
from doudi.synth.tables.departments import department_tables
from doudi.synth.tables.registry import registry_tables
from doudi.synth.tables.work_records import WorkRecords
from doudi.synth.thresholds import Thresholds
from doudi.synth.truth import at_risk

Progress = Callable[[str, int, int], None]
"""Called with what is being written, how many steps are done, and how many there are."""

AT_RISK, REGIONS_AT_RISK, DIRT, SUMMARY = "at_risk.csv", "regions_at_risk.csv", "dirt.csv", "summary.json"
WORK_SLIPS = "work_slips.csv"
DIRT_COLUMNS = (
    "file",
    "sheet",
    "row",
    "household_no",
    "person_no",
    "column",
    "original",
    "written",
    "kind",
    "recoverable",
)


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: folders, counts of households, persons, rows, dirtied rows, and cases at risk by kind."""

    registry: Path
    feeds: Path
    truth: Path
    households: int
    persons: int
    rows: Mapping[str, int]
    dirtied: int
    at_risk: Mapping[str, int]

    @classmethod
    def of(
        cls,
        county: County,
        registry: Path,
        feeds: Path,
        truth: Path,
        *,
        rows: Mapping[str, int],
        stains: Sequence[object],
        risks: pa.Table,
    ) -> "Written":
        kinds = Counter(risks["kind"].to_pylist())
        return cls(
            registry, feeds, truth, county.households, county.persons, rows, len(stains), dict(sorted(kinds.items()))
        )


def write_county(
    *,
    households: int,
    seed: int,
    out: Path,
    rules_root: Path,
    dirt: float = 0.02,
    slips: float = 0.0,
    as_of: date = date(2023, 8, 1),
    progress: Progress | None = None,
) -> Written:
    """Write `out/registry`, `out/feeds` and `out/truth` for a made-up county.

    `dirt`: share of rows with a mistake, 0–1. `slips`: share of households in which each check of the registry's data
    finds something, 0–1; above 0 each check finds something at least once (see `doudi.synth.slips`). The same arguments
    give the same sheets and the same truth. Raises ValueError for a county too large for sheets, and
    `feeds.contract.ContractError` for contracts that cannot be read.
    """
    if not 0 <= dirt <= 1 or not 0 <= slips <= 1:
        raise ValueError("脏数据比例应在0到1之间")
    contracts, thresholds = load_contracts(rules_root), Thresholds.of(rules_root, as_of)
    tell = progress or (lambda what, done, total: None)
    tell("虚构县", 0, len(LAYOUTS) + 1)
    county = make_county(households=households, seed=seed, as_of=as_of)
    tables = registry_tables(county) | department_tables(county)
    folders = {name: out / name for name in ("registry", "feeds", "truth")}
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    slipped = with_slips(county, tables, slips) if slips else Slipped(tables, ())
    stains: list[tuple[str, str, int, Stain]] = []
    for done, (feed, layout) in enumerate(LAYOUTS.items(), 1):
        stem = file_stem(contracts[feed], as_of)
        tell(stem, done, len(LAYOUTS) + 1)
        folder = folders["registry" if feed.startswith("registry_") else "feeds"]
        rate = _rate(contracts[feed], dirt)
        path, page, sheet = _write_sheet(
            contracts[feed],
            slipped.tables[feed],
            layout,
            folder / stem,
            seed=seed,
            dirt=rate,
            as_of=as_of,
            spared=slipped.rows(feed),
        )
        found = (*sheet.stains, *slip_stains(slipped, feed))
        stains += [(path.name, page.name, page.first_row + stain.row, stain) for stain in found]
    records = WorkRecords.of(county, tables)
    a_year_ago = as_of.replace(year=as_of.year - 1, day=1)
    _write_sheet(
        contracts["work_register"],
        records.register_a_year_ago,
        LAYOUTS["work_register"],
        folders["feeds"] / file_stem(contracts["work_register"], a_year_ago),
        seed=seed,
        dirt=0.0,
        as_of=a_year_ago,
    )
    write_work_truth(folders["truth"], records)
    if slips:
        write_slips(folders["truth"], slipped)
    risks = at_risk(county, tables, thresholds)
    write_region_truth(folders["truth"], regions_at_risk(county, tables, rules_root))
    write_entitlements(folders["truth"], entitlements(county, tables, rules_root))
    written = Written.of(
        county,
        *folders.values(),
        rows={feed: tables[feed].num_rows for feed in LAYOUTS},
        stains=stains,
        risks=risks,
    )
    write_truth(written, county, risks, stains, dirt=dirt)
    tell("真相", len(LAYOUTS) + 1, len(LAYOUTS) + 1)
    return written


def file_stem(contract: Contract, as_of: date) -> str:
    """File name without ending: the title, with the month of the data for a feed, the year for yearly incomes."""
    if contract.id == "registry_income":
        return f"{contract.title}_{IncomeYear.last_completed(as_of).previous}"
    if contract.id.startswith("registry_"):
        return contract.title
    return f"{contract.title}_{(Month(as_of) - 1).compact}"


def _rate(contract: Contract, dirt: float) -> float:
    """Region codes come from a published list and are right; so are the few rows about villages."""
    return 0.0 if contract.subject == "region" else dirt


def _write_sheet(
    contract: Contract,
    table: pa.Table,
    layout: Layout,
    path: Path,
    *,
    seed: int,
    dirt: float,
    as_of: date,
    spared: Collection[int] = frozenset(),
) -> tuple[Path, Page, Sheet]:
    columns = written_columns(contract, table, layout)
    rng = chance(seed, f"sheet {contract.id}")
    household_no = (
        table["household_no"].to_pylist() if "household_no" in table.column_names else [None] * table.num_rows
    )
    whose = next((name for name in ("person_no",) if name in table.column_names), None)
    sheet = Sheet(
        contract=contract,
        columns=columns,
        headers=headers(columns, layout, rng),
        cells=[cells(column, table[column.id], layout) for column in columns],
        household_no=household_no,
        person_no=table[whose].to_pylist() if whose else [None] * table.num_rows,
    )
    soil(sheet, dirt, chance(seed, f"dirt {contract.id}"), spared=spared)
    month = Month(as_of) - 1
    title = f"兜底示例县{month.year}年{month.number}月{contract.title}"
    ids = [column.id for column in columns]
    page = Page(
        name=layout.sheet,
        above=((title,) if layout.title else ()) + layout.above,
        spans=tuple((label, ids.index(first), ids.index(last)) for label, first, last in layout.groups),
        headers=tuple(sheet.headers),
        cells=sheet.cells,
        totals=_totals(sheet, table) if layout.totals else (),
        below=layout.below,
        hidden=_code_sheet(sheet) if layout.hidden_sheet else (),
    )
    return write_page(page, path, layout), page, sheet


def _totals(sheet: Sheet, table: pa.Table) -> tuple[Cell, ...]:
    sums = [round(pc.sum(table[one.id]).as_py() or 0, 2) if one.type == "money" else None for one in sheet.columns]
    return ("合计", *sums[1:])


def _code_sheet(sheet: Sheet) -> tuple[tuple[str, ...], ...]:
    """A hidden sheet of codes, as exports carry one for their drop-down lists."""
    lists = [(column.header, *column.labels.values()) for column in sheet.columns if column.type == "code"]
    longest = max(len(one) for one in lists)
    return tuple(tuple(one[row] if row < len(one) else "" for one in lists) for row in range(longest))


def write_truth(
    written: Written, county: County, risks: pa.Table, stains: Sequence[tuple[str, str, int, Stain]], *, dirt: float
) -> None:
    """The truth folder: who is at risk, what was dirtied (`stains` as file, sheet, row, mistake), and the counts."""
    _write_csv(
        written.truth / AT_RISK, risks.column_names, zip(*(column.to_pylist() for column in risks.columns), strict=True)
    )
    _write_csv(
        written.truth / DIRT,
        DIRT_COLUMNS,
        (
            (
                file,
                sheet,
                row,
                one.household_no,
                one.person_no,
                one.column,
                one.original,
                one.written,
                one.kind,
                _yes(one),
            )
            for file, sheet, row, one in stains
        ),
    )
    kinds = Counter(stain.kind for *_, stain in stains)
    summary: dict[str, Any] = {
        "households": written.households,
        "persons": written.persons,
        "seed": county.seed,
        "as_of": county.as_of.isoformat(),
        "dirt": dirt,
        "townships": len(county.places.townships),
        "villages": len(county.places.villages),
        "enrolled": int(county.monitoring.enrolled.sum()),
        "alleviated": int(county.economy.alleviated.sum()),
        "rows": dict(written.rows),
        "dirtied_rows": len(stains),
        "dirt_by_kind": dict(sorted(kinds.items())),
        "at_risk": dict(written.at_risk),
    }
    (written.truth / SUMMARY).write_text(json.dumps(summary, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def write_region_truth(folder: Path, risks: pa.Table) -> None:
    """Which villages and townships are at risk as a whole."""
    columns = (column.to_pylist() for column in risks.columns)
    _write_csv(folder / REGIONS_AT_RISK, risks.column_names, zip(*columns, strict=True))


def write_work_truth(folder: Path, records: WorkRecords) -> None:
    """Whose work is written down in contradictory ways, and in which."""
    county = records.county
    numbers, persons = county.household_no.to_pylist(), county.identity.person_no.to_pylist()
    rows = (
        (kind, numbers[county.members.household[at]], persons[at])
        for kind, flags in records.slips.by_kind.items()
        for at in np.flatnonzero(flags).tolist()
    )
    _write_csv(folder / WORK_SLIPS, ("kind", "household_no", "person_no"), rows)


def _yes(stain: Stain) -> str:
    return "yes" if stain.recoverable else "no"


def _write_csv(path: Path, header: Iterable[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
