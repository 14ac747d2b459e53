"""Region codes (行政区划代码): 12 digits, 2 province, 2 city, 2 county, 3 township, 3 village; zeros below."""

import re
import unicodedata
from collections.abc import Iterable
from enum import StrEnum
from typing import Self

_ENDS = (0, 2, 4, 6, 9, 12)
_SEPARATORS = re.compile(r"[\s'’]+")
_OFFICE = re.compile(r"(村民委员会|居民委员会|村委会|居委会|行政村)$")
_KIND = re.compile(r"(?<=..)(社区|村|镇|乡|街道办事处|街道)$")


class RegionLevel(StrEnum):
    """How far down a region lies."""

    COUNTRY = "country"
    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"
    TOWNSHIP = "township"
    VILLAGE = "village"


_LEVELS = tuple(RegionLevel)


class RegionCode(str):
    """A region by its 12 digits. Made of 2, 4, 6, 9 or 12 digits; `000000000000` is the whole country."""

    __slots__ = ()

    def __new__(cls, digits: str) -> Self:
        """Raises ValueError when the text is no region code."""
        if len(digits) not in _ENDS[1:] or not (digits.isascii() and digits.isdigit()):
            raise ValueError(f"行政区划代码不对：{digits}（应为2、4、6、9或12位数字）")
        return super().__new__(cls, digits.ljust(12, "0"))

    @property
    def level(self) -> RegionLevel:
        return _LEVELS[self._depth]

    @property
    def prefix(self) -> str:
        """The digits that this region and everything in it begin with; empty for the country."""
        return self[: _ENDS[self._depth]]

    @property
    def parent(self) -> "RegionCode | None":
        """The region next above that exists in the code; None for the country."""
        if self._depth == 0:
            return None
        return RegionCode(self[: _ENDS[self._depth - 1]].ljust(12, "0"))

    @property
    def ancestors(self) -> tuple["RegionCode", ...]:
        """All regions above, nearest first, the country last."""
        above: list[RegionCode] = []
        region = self.parent
        while region is not None:
            above.append(region)
            region = region.parent
        return tuple(above)

    def at(self, level: RegionLevel) -> "RegionCode | None":
        """The region of a level that this one is or lies in; None when this one lies above the level."""
        return next((region for region in (self, *self.ancestors) if region.level is level), None)

    def covers(self, other: "RegionCode | str") -> bool:
        """Whether the other region is this one or lies in it."""
        return RegionCode(other).startswith(self.prefix)

    @property
    def _depth(self) -> int:
        for depth in range(len(_ENDS) - 1, 0, -1):
            if self[_ENDS[depth - 1] : _ENDS[depth]].strip("0"):
                return depth
        return 0


def parse_region_code(text: str | int | float) -> RegionCode:
    """A code as sheets hold it: blanks, full-width digits, leading apostrophe, trailing `.0`. Raises ValueError."""
    cleaned = _SEPARATORS.sub("", unicodedata.normalize("NFKC", str(text)))
    return RegionCode(cleaned.removesuffix(".0"))


def plain_name(name: str) -> str:
    """A region's name without its kind, as people write it in sheets: 示例甲乡 and 示例甲 are the same."""
    cleaned = _SEPARATORS.sub("", unicodedata.normalize("NFKC", name))
    return _KIND.sub("", _OFFICE.sub("", cleaned) or cleaned)


class RegionTree:
    """The regions in use, by code and name; answers which code a name means inside a parent."""

    def __init__(self, regions: Iterable[tuple[str, str]]) -> None:
        """Pairs of code and name; of a repeated code the last counts. Raises ValueError for what is no code."""
        self._names = {RegionCode(code): name.strip() for code, name in regions}
        self._children: dict[RegionCode, list[RegionCode]] = {}
        for code in sorted(self._names):
            for above in code.ancestors:
                if above in self._names or above.level is RegionLevel.COUNTRY:
                    self._children.setdefault(above, []).append(code)
                    break

    def __contains__(self, code: object) -> bool:
        return code in self._names

    def __len__(self) -> int:
        return len(self._names)

    @property
    def codes(self) -> tuple[RegionCode, ...]:
        """All codes in order, a region before what lies in it."""
        return tuple(sorted(self._names))

    def name(self, code: str) -> str | None:
        return self._names.get(RegionCode(code))

    def full_name(self, code: str, separator: str = "") -> str:
        """The names from the top down to the region, as far as they are known."""
        region = RegionCode(code)
        chain = (*reversed(region.ancestors), region)
        return separator.join(self._names[part] for part in chain if part in self._names)

    def children(self, code: str) -> tuple[RegionCode, ...]:
        """The regions next below, in order of their codes."""
        return tuple(self._children.get(RegionCode(code), ()))

    def find(self, name: str, *, within: str = "000000000000") -> RegionCode | None:
        """The one region of that name in another, at any depth; the nearest level wins. None: no such, or several."""
        wanted, plain = _SEPARATORS.sub("", unicodedata.normalize("NFKC", name)), plain_name(name)
        layer = self.children(within)
        while layer:
            for matches in (
                [code for code in layer if self._names[code] == wanted],
                [code for code in layer if plain_name(self._names[code]) == plain],
            ):
                if matches:
                    return matches[0] if len(matches) == 1 else None
            layer = tuple(below for code in layer for below in self.children(code))
        return None

    def find_path(self, *names: str, within: str = "000000000000") -> RegionCode | None:
        """The region at the end of a path of names, say township then village; empty names are passed over."""
        code: RegionCode | None = RegionCode(within)
        for name in names:
            if code is not None and name.strip():
                code = self.find(name, within=code)
        return code
