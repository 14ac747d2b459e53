"""The names of China's provinces, cities and counties with their codes (GB/T 2260), those of former times included.

The list is the one that python-stdnum keeps and renews for resident ids (`stdnum.cn`): every code ever given, with the
years in which it held. A county gone or renamed is still what somebody wrote in a sheet, so old names are known too,
and lead to what stands there now where that is certain.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from stdnum import numdb

from doudi.standards.regions import RegionCode, RegionLevel

MUNICIPALITIES = frozenset({"11", "12", "31", "50"})
"""Provinces that are one city: 北京, 天津, 上海, 重庆."""
OUTSIDE_THE_BORDER = frozenset({"71", "81", "82"})
"""台湾, 香港, 澳门: counted as 境外 where work is counted by distance."""
_PART = re.compile(r"(?:\[(?P<since>\d*)-(?P<until>\d*)\])?(?P<name>.+)")
_UNNAMED = re.compile(r"^(市辖区|市区|县|市|.*直辖.*)$")
_PEOPLES = (
    "蒙古|回|藏|维吾尔|苗|彝|壮|布依|朝鲜|满|侗|瑶|白|土家|哈尼|哈萨克|傣|黎|傈僳|佤|畲|高山|拉祜|水|东乡|纳西|景颇|"
    "柯尔克孜|达斡尔|仫佬|羌|布朗|撒拉|毛南|仡佬|锡伯|阿昌|普米|塔吉克|怒|乌孜别克|俄罗斯|鄂温克|德昂|保安|裕固|京|"
    "塔塔尔|独龙|鄂伦春|赫哲|门巴|珞巴|基诺|各"
)
_AUTONOMOUS = re.compile(rf"(?:(?:{_PEOPLES})族?)*(?:{_PEOPLES})族?自治(?P<kind>区|州|县|旗)$")
_PLAIN_AUTONOMOUS = re.compile(r"自治(?P<kind>区|州|县|旗)$")
_KIND = re.compile(r"(特别行政区|地区|新区|林区|省|市|盟|县|区|旗)$")
_SHORTEST = 2
_SUPERSEDED = frozenset({"422921", "429001"})
"""Without an end in the list, though replaced: 神农架林区 is 429021, 随州市 a city of its own (421300)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One region of the list. `current`: the code still holds; `district`: seldom named without 区."""

    code: RegionCode
    name: str
    current: bool = True

    @property
    def level(self) -> RegionLevel:
        return self.code.level

    @property
    def district(self) -> bool:
        return self.level is RegionLevel.COUNTY and self.name.endswith("区")

    @property
    def shorts(self) -> tuple[str, ...]:
        """How people call it for short: 深圳, 恩施 and 恩施州, 内蒙古. Empty where too little would be left (城区)."""
        autonomous = _AUTONOMOUS.search(self.name)
        if autonomous is None or autonomous.start() < _SHORTEST:  # 内蒙古, whose people is part of its name
            autonomous = _PLAIN_AUTONOMOUS.search(self.name)
        if autonomous:
            stem = self.name[: autonomous.start()]
            found = [stem] if autonomous["kind"] == "区" else [stem, stem + autonomous["kind"]]
        else:
            found = [_KIND.sub("", self.name)]
        return tuple(one for one in found if len(one) >= _SHORTEST and one != self.name)


@cache
def entries() -> tuple[Entry, ...]:
    """Every region that ever had a code and a name of its own, by code."""
    found: dict[tuple[str, str], Entry] = {}
    for one in _listed():
        key = (str(one.code), one.name)
        if key not in found or one.current:
            found[key] = one
    return tuple(found.values())


@cache
def current_names() -> dict[str, str]:
    """Code (12 digits) → the name that holds today."""
    return {str(one.code): one.name for one in entries() if one.current}


def name_of(code: str) -> str:
    """Province, city and county of a code in one line, as far as the list knows them; empty for an unknown code."""
    names = current_names()
    region = RegionCode(code)
    chain = [names.get(str(part), "") for part in (*reversed(region.ancestors), region)]
    return "".join(dict.fromkeys(one for one in chain if one))


def _listed() -> Iterator[Entry]:
    for _length, province, _high, properties, below in numdb.get("cn/loc").prefixes:
        name = _simplified(properties["province"])
        yield Entry(RegionCode(province), name)
        for _digits, rest, _last, county, _none in below:
            for part in county["county"].split(","):
                read = _PART.fullmatch(part)
                if read is None or rest == "0000" or _UNNAMED.match(read["name"]):
                    continue
                current = not read["until"] and province + rest not in _SUPERSEDED
                yield Entry(RegionCode(province + rest), _simplified(read["name"]), current)


def _simplified(name: str) -> str:
    return name.translate(_TRADITIONAL)


_TRADITIONAL = str.maketrans("區達嶺門別員會", "区达岭门别员会")
"""The few characters in which a dozen names of the list are written the old way."""


def with_local(regions: Iterable[tuple[str, str]]) -> tuple[Entry, ...]:
    """The list with the provinces, cities and counties of a registry, whose own names may differ from the list's."""
    known = {(str(one.code), one.name) for one in entries()}
    own = []
    for code, name in regions:
        region = RegionCode(code)
        above_township = region.level in (RegionLevel.PROVINCE, RegionLevel.CITY, RegionLevel.COUNTY)
        if above_township and name.strip() and (str(region), name.strip()) not in known:
            own.append(Entry(region, name.strip()))
    return (*entries(), *own)
