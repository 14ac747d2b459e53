"""Rows that say where somebody works: the text becomes a region code, and how far from home that is.

A contract with the columns `place`, `place_code`, `place_area` asks for it. Where the sheet brings a code, that counts;
else what the text surely says. Home is the row's township and village, else the county the registry is of.
"""

from collections.abc import Iterator
from dataclasses import replace

import pyarrow as pa

from doudi.feeds.contract import Contract
from doudi.feeds.sheet import SheetReading
from doudi.standards.places import Place, PlaceFinder, work_area
from doudi.standards.regions import RegionCode, RegionLevel, RegionTree

TEXT, CODE, AREA = "place", "place_code", "place_area"


def tells_places(contract: Contract) -> bool:
    """Whether rows of this feed say where somebody works."""
    return {TEXT, CODE, AREA} <= contract.by_id.keys()


def locate_work(reading: SheetReading, regions: RegionTree | None) -> SheetReading:
    """The reading with `place_code` and `place_area` filled in. `regions`: those of the registry.

    Other feeds come back as they are. Without regions no home is known, and so only distances that a text states.
    """
    if not tells_places(reading.contract):
        return reading
    tree = regions if regions is not None else RegionTree(())
    finder, homes = PlaceFinder(_pairs(tree)), Homes(tree)
    worked_out = frozenset() if TEXT in reading.missing_columns else frozenset({CODE, AREA})
    return replace(
        reading,
        table=_located(reading.table, finder, homes),
        returned=_located(reading.returned, finder, homes),
        missing_columns=tuple(name for name in reading.missing_columns if name not in worked_out),
    )


def _pairs(tree: RegionTree) -> Iterator[tuple[str, str]]:
    for code in tree.codes:
        yield code, tree.name(code) or ""


class Homes:
    """The code of the village, township or county that a row is from."""

    def __init__(self, tree: RegionTree) -> None:
        self._tree = tree
        counties = [code for code in self._tree.codes if code.level is RegionLevel.COUNTY]
        self._county = counties[0] if len(counties) == 1 else None
        self._known: dict[tuple[str, str], RegionCode | None] = {}

    def of(self, township: str | None, village: str | None) -> RegionCode | None:
        """None where the registry has no regions, or several counties and the names tell none of them."""
        key = (township or "", village or "")
        if key not in self._known:
            self._known[key] = self._found(*key)
        return self._known[key]

    def _found(self, township: str, village: str) -> RegionCode | None:
        if not len(self._tree) or not (township or village):
            return self._county
        place = self._tree.find_path(township, village) or (self._tree.find(township) if township else None)
        return place if place is not None and place.at(RegionLevel.COUNTY) is not None else self._county


def _located(table: pa.Table, finder: PlaceFinder, homes: Homes) -> pa.Table:
    if not table.num_rows:
        return table
    texts, codes = table[TEXT].to_pylist(), table[CODE].to_pylist()
    home_names = [
        table[name].to_pylist() if name in table.column_names else [None] * len(texts)
        for name in ("township", "village")
    ]
    known: dict[tuple[str | None, RegionCode | None], tuple[str | None, str | None]] = {}
    found: list[tuple[str | None, str | None]] = []
    for text, code, township, village in zip(texts, codes, *home_names, strict=True):
        asked = (code or text, homes.of(township, village))
        if asked not in known:
            known[asked] = _told(finder.find(asked[0]), asked[1])
        found.append((code or known[asked][0], known[asked][1]))
    table = _put(table, CODE, [code for code, _area in found])
    return _put(table, AREA, [area for _code, area in found])


def _told(place: Place, home: RegionCode | None) -> tuple[str | None, str | None]:
    """Code and distance as text, as far as a place tells them."""
    area = work_area(place, home) if home is not None else place.area
    return (str(place.code) if place.code is not None else None), (str(area.value) if area is not None else None)


def _put(table: pa.Table, name: str, values: list[str | None]) -> pa.Table:
    at = table.column_names.index(name)
    return table.set_column(at, name, pa.array(values, pa.string()))
