"""Which village a household lies in: by its region code, else by the names in its row."""

from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa

from doudi.feeds.problems import Problem
from doudi.feeds.sheet import SheetReading
from doudi.standards.regions import RegionCode, RegionLevel, RegionTree

_NAMES = ("province", "city", "county", "township", "village")
_LEVELS = (RegionLevel.PROVINCE, RegionLevel.CITY, RegionLevel.COUNTY, RegionLevel.TOWNSHIP, RegionLevel.VILLAGE)
_SCHEMA = pa.schema([("region_code", pa.string()), ("name", pa.string())])


@dataclass(frozen=True)
class Regions:
    """The regions by code; `stated` when they come from a region sheet rather than from the households' rows."""

    names: dict[str, str]
    stated: bool

    @property
    def table(self) -> pa.Table:
        codes = sorted(self.names)
        return pa.table({"region_code": codes, "name": [self.names[code] for code in codes]}, schema=_SCHEMA)

    def completed(self, households: pa.Table) -> "Regions":
        """With the regions that households name although the region sheet does not have them."""
        names = dict(self.names)
        for row in _distinct(households):
            if row["region_code"] is None:
                continue
            village = RegionCode(row["region_code"])
            for level, column in zip(_LEVELS, _NAMES, strict=True):
                region = village.at(level)
                name = row[column]
                if region is not None and name:
                    names.setdefault(str(region), name)
            names.setdefault(str(village), row["village"] or str(village))
        return Regions(names, self.stated)


def assemble_regions(readings: Iterable[SheetReading]) -> Regions:
    """The regions of the region sheets; of a repeated code the first counts."""
    names: dict[str, str] = {}
    for reading in readings:
        for code, name in zip(*(reading.table.column(one).to_pylist() for one in ("region_code", "name")), strict=True):
            names.setdefault(code, name)
    return Regions(names, bool(names))


def place_households(households: pa.Table, regions: Regions, sources: list[str]) -> tuple[pa.Table, list[Problem]]:
    """Households with a sound `region_code` where one can be found, and the rows whose own is missing or doubtful."""
    tree = RegionTree(regions.names.items()) if regions.stated else None
    decided: dict[tuple[str | None, ...], tuple[str | None, str]] = {}
    for row in _distinct(households):
        decided[_place(row)] = _decide(row, tree)
    rows = households.select([*_NAMES, "region_code", "source", "row"]).to_pylist()
    codes, problems = [], []
    for row in rows:
        code, doubt = decided[_place(row)]
        codes.append(code)
        if doubt:
            problems.append(
                Problem(
                    row["row"],
                    "行政区划代码",
                    row["region_code"] or "",
                    doubt,
                    "请核对行政区划代码和乡村名称",
                    sources[row["source"]],
                )
            )
    at = households.column_names.index("region_code")
    return households.set_column(at, "region_code", pa.array(codes, pa.string())), problems


def _decide(row: dict[str, str | None], tree: RegionTree | None) -> tuple[str | None, str]:
    """The code that counts and what is doubtful about it, in words."""
    written = row["region_code"]
    if tree is None:
        return written, "" if written else "没有行政区划代码，也没有行政区划表可以查对"
    if written in tree:
        if RegionCode(written or "").level is RegionLevel.VILLAGE or not row["village"]:
            return written, ""
        inside = tree.find(row["village"], within=written or "")
        return (str(inside), "代码不是村级，已按村名查到") if inside else (written, "代码不是村级，也查不到村名")
    path = [row[name] or "" for name in _NAMES]
    for names in (path[3:], path[2:], path):
        found = tree.find_path(*names) if names[-1] and any(names) else None
        if found is not None and found.level is RegionLevel.VILLAGE:
            return str(found), "代码不在行政区划表里，已按乡村名称查到" if written else ""
    if written:
        return written, "代码不在行政区划表里，也查不到乡村名称"
    township = tree.find_path(path[3]) if path[3] else None
    return (str(township) if township else None), "没有行政区划代码，也查不到村名"


def _place(row: dict[str, str | None]) -> tuple[str | None, ...]:
    return tuple(row[name] for name in (*_NAMES, "region_code"))


def _distinct(households: pa.Table) -> list[dict[str, str | None]]:
    columns = [*_NAMES, "region_code"]
    return households.select(columns).group_by(columns).aggregate([]).to_pylist()
