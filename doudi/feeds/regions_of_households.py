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
    """Households with a sound `region_code` where one can be found, and the rows whose own is missing or doubtful.

    `region_form` says how the code as written was (see `_DOUBTS`); null without a sheet of regions to look it up in.
    """
    tree = RegionTree(regions.names.items()) if regions.stated else None
    decided: dict[tuple[str | None, ...], tuple[str | None, str | None, str]] = {}
    for row in _distinct(households):
        decided[_place(row)] = _decide(row, tree)
    rows = households.select([*_NAMES, "region_code", "source", "row"]).to_pylist()
    codes, forms, problems = [], [], []
    for row in rows:
        code, form, doubt = decided[_place(row)]
        codes.append(code)
        forms.append(form)
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
    placed = households.set_column(at, "region_code", pa.array(codes, pa.string()))
    return placed.append_column("region_form", pa.array(forms, pa.string())), problems


def _decide(row: dict[str, str | None], tree: RegionTree | None) -> tuple[str | None, str | None, str]:
    """The code that counts, how the written one is, and what is doubtful about it, in words."""
    written = row["region_code"]
    if tree is None:
        return written, None, "" if written else "没有行政区划代码，也没有行政区划表可以查对"
    if written in tree:
        if RegionCode(written or "").level is RegionLevel.VILLAGE or not row["village"]:
            return written, _known_form(written or "", row, tree), ""
        inside = tree.find(row["village"], within=written or "")
        doubt = "代码不是村级，已按村名查到" if inside else "代码不是村级，也查不到村名"
        return (str(inside) if inside else written), "not_village", doubt
    path = [row[name] or "" for name in _NAMES]
    form = "unknown" if written else "missing"
    for names in (path[3:], path[2:], path):
        found = tree.find_path(*names) if names[-1] and any(names) else None
        if found is not None and found.level is RegionLevel.VILLAGE:
            return str(found), form, "代码不在行政区划表里，已按乡村名称查到" if written else ""
    if written:
        return written, form, "代码不在行政区划表里，也查不到乡村名称"
    township = tree.find_path(path[3]) if path[3] else None
    return (str(township) if township else None), form, "没有行政区划代码，也查不到村名"


def _known_form(written: str, row: dict[str, str | None], tree: RegionTree) -> str:
    """Of a code that exists: whether it is that of the village which the row names."""
    if RegionCode(written).level is not RegionLevel.VILLAGE:
        return "not_village"
    named = [row[name] or "" for name in _NAMES[3:]]
    if not all(named):
        return "known"
    found = tree.find_path(*named)
    return "other_name" if found is not None and str(found) != written else "known"


def _place(row: dict[str, str | None]) -> tuple[str | None, ...]:
    return tuple(row[name] for name in (*_NAMES, "region_code"))


def _distinct(households: pa.Table) -> list[dict[str, str | None]]:
    columns = [*_NAMES, "region_code"]
    return households.select(columns).group_by(columns).aggregate([]).to_pylist()
