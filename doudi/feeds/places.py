"""Rows about villages and townships: each gets a region code that is in use, or goes back with the reason."""

from dataclasses import replace

import numpy as np
import pyarrow as pa

from doudi.feeds.problems import Problem
from doudi.feeds.sheet import SheetReading
from doudi.standards.regions import RegionCode, RegionLevel, RegionTree

_REMEDY = "请对照行政区划表核对乡镇、村名和代码"


def place_rows(reading: SheetReading, tree: RegionTree, *, within: str = "0" * 12) -> SheetReading:
    """The reading of a sheet about regions with `region_code` filled in, by the code in the row, else by its names.

    Rejected: rows of a village that `tree` doesn't have, that lies outside of `within`, or whose code and names mean
    different villages.
    """
    cells = [reading.table.column(name).to_pylist() for name in ("row", "region_code", "township", "village")]
    codes: list[str | None] = []
    problems: list[Problem] = []
    for row, written, township, village in zip(*cells, strict=True):
        code, reason = _decide(written, township or "", village or "", tree)
        if code is not None and not RegionCode(within).covers(code):
            code, reason = None, "不在本次导入的地区内"
        codes.append(code)
        if code is None:
            named = f"{township or ''}{village or ''}"
            at = "行政区划代码" if written and not named else "行政村"
            problems.append(Problem(row, at, named or written or "", reason, _REMEDY))
    column = reading.table.column_names.index("region_code")
    table = reading.table.set_column(column, "region_code", pa.array(codes, pa.string()))
    lost = [problem.row for problem in problems]
    return replace(
        reading,
        table=table.filter(pa.array([code is not None for code in codes], pa.bool_())),
        rejects=tuple(sorted((*reading.rejects, *problems), key=lambda problem: problem.row)),
        rejected=reading.rejected | np.isin(reading.raw.rows, lost),
    )


def _decide(written: str | None, township: str, village: str, tree: RegionTree) -> tuple[str | None, str]:
    named = tree.find_path(township, village) if village else tree.find(township) if township else None
    if named is not None and named.level not in (RegionLevel.VILLAGE, RegionLevel.TOWNSHIP):
        named = None
    if not written:
        return (str(named), "") if named else (None, _unknown(township, village, tree))
    if written not in tree or RegionCode(written).level not in (RegionLevel.VILLAGE, RegionLevel.TOWNSHIP):
        return (str(named), "") if named else (None, "代码不在行政区划表里，也查不到乡镇、村名")
    if named is not None and named != written:
        return None, f"代码是{tree.name(written)}，与乡镇、村名对不上"
    return written, ""


def _unknown(township: str, village: str, tree: RegionTree) -> str:
    if not township and not village:
        return "没有写乡镇、村名，也没有行政区划代码"
    if township and tree.find(township) is None:
        return "行政区划表里没有这个乡镇"
    return "行政区划表里没有这个村" if township else "没有写乡镇，只凭村名查不到或不止一个"
