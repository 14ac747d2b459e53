"""Where somebody works, from what a sheet says: 广东深圳龙岗区坂田街道, 山西省晋中市, 本县, 日本 … → a region code.

Only what the text surely tells: a name that several regions bear (鼓楼区, 朝阳区) gives them all and no single code,
unless a province or city before it decides. A street, a factory or a road named after a city (北京路) is no place.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import cast

from babel import Locale

from doudi.standards.codes import WorkArea
from doudi.standards.gazetteer import MUNICIPALITIES, OUTSIDE_THE_BORDER, Entry, with_local
from doudi.standards.regions import RegionCode, RegionLevel, RegionTree

_BLANKS = re.compile(r"[\s·．.]+")
_BETWEEN = re.compile(r"[,，、;；:：/\\|>＞()（）\[\]【】\"“”\-—~]+")
_BEFORE = re.compile(
    r"^(?:务工地点?|地址|地点|工作地点?|现居|中国|中华人民共和国|在|去|到|往|于|赴|驻|[,，、;；:：/\\(（\[【\-—]+)"
)
"""One word or mark that may stand before a place."""
_NAMED_AFTER = re.compile(r"^(?:[东西南北中环一二三四五]{0,2}(?:路|街|大道|大街|巷|胡同|桥|饭店|面馆|拉面|小吃|烤鸭))")
_SMALLER = re.compile(r"^(?:镇|乡|街道|村|社区|庄|屯)")
_OF_A_PLACE = re.compile(r"^$|^[^\u4e00-\u9fff]|镇|乡|街道|村|工业|开发区|园区|市场|码头|矿|打工|务工|上班|干活")
_LEADS_IN = frozenset("在去到往于赴驻,，、;；:：/\\(（[【-—")
_LONGEST_NAME = 20
_SHORTEST = 2
_ABBREVIATIONS = {
    letter: code
    for code, letters in (
        ("11", "京"), ("12", "津"), ("13", "冀"), ("14", "晋"), ("21", "辽"), ("22", "吉"), ("23", "黑"), ("31", "沪"),
        ("32", "苏"), ("33", "浙"), ("34", "皖"), ("35", "闽"), ("36", "赣"), ("37", "鲁"), ("41", "豫"), ("42", "鄂"),
        ("43", "湘"), ("44", "粤"), ("45", "桂"), ("46", "琼"), ("50", "渝"), ("51", "川蜀"), ("52", "贵黔"),
        ("53", "云滇"), ("54", "藏"), ("61", "陕秦"), ("62", "甘陇"), ("63", "青"), ("64", "宁"), ("65", "新"),
    )
    for letter in letters
}  # fmt: skip
_FURTHER = {"内蒙": "15", "蒙": "15", "港": "81", "香港": "81", "澳": "82", "澳门": "82", "台湾": "71"}
_HERE = {
    "本村": WorkArea.TOWNSHIP, "本村内": WorkArea.TOWNSHIP, "村内": WorkArea.TOWNSHIP, "家门口": WorkArea.TOWNSHIP,
    "本乡": WorkArea.TOWNSHIP, "本镇": WorkArea.TOWNSHIP, "本乡镇": WorkArea.TOWNSHIP, "本乡内": WorkArea.TOWNSHIP,
    "镇内": WorkArea.TOWNSHIP, "本镇内": WorkArea.TOWNSHIP, "县城": WorkArea.COUNTY, "本县县城": WorkArea.COUNTY,
    "县里": WorkArea.COUNTY, "本县城": WorkArea.COUNTY,
}  # fmt: skip
_OWN_COUNTY = frozenset({"本县", "县域内", "本县内", "本区", "本县区"})
_FOREIGN = {"阿联酋", "迪拜", "欧洲", "非洲", "东南亚", "中东", "国外", "境外", "海外", "出国", "港澳台"}


@dataclass(frozen=True, slots=True)
class Place:
    """What a text says. `codes`: the regions it may mean, one where it is clear, none where it names none.

    `area`: the distance itself, where the text says that instead of a place (省外, 本乡, 国外).
    """

    codes: tuple[RegionCode, ...] = ()
    area: WorkArea | None = None
    own_county: bool = False
    county_town: bool = False
    """The text means the town of that county: near for its people, but outside their township."""

    @property
    def code(self) -> RegionCode | None:
        """The one region meant; of several that lie in one province or city, that one. None: cannot tell."""
        if len(self.codes) <= 1:
            return self.codes[0] if self.codes else None
        shared = set.intersection(*({one, *one.ancestors} for one in self.codes))
        deepest = max(shared, key=lambda one: len(one.prefix))
        return deepest if deepest.prefix and len(deepest.prefix) < len(RegionCode("0" * 12)) else None

    @property
    def ambiguous(self) -> bool:
        """Whether several regions bear the name, so that nobody can tell which is meant."""
        return len(self.codes) > 1

    @property
    def unknown(self) -> bool:
        return not self.codes and self.area is None and not self.own_county


class PlaceFinder:
    """Reads texts of places. `regions`: codes and names of the registry: its county with townships and villages."""

    def __init__(self, regions: Iterable[tuple[str, str]] = ()) -> None:
        pairs = [(code, name) for code, name in regions if name and name.strip()]
        self._names: dict[str, list[tuple[Entry, bool]]] = {}
        for entry in with_local(pairs):
            self._names.setdefault(entry.name, []).append((entry, True))
            for short in entry.shorts:
                self._names.setdefault(short, []).append((entry, short == f"{entry.shorts[0]}{entry.name[-1]}"))
        self._below = [
            (code, name)
            for code, name in ((RegionCode(one), name.strip()) for one, name in pairs)
            if code.level in (RegionLevel.TOWNSHIP, RegionLevel.VILLAGE)
        ]
        self._local = RegionTree(pairs)
        self._known: dict[str, Place] = {}

    def find(self, text: str | None) -> Place:
        """What a text says of a place; asked again, the answer is remembered. An empty text says nothing."""
        if text is None:
            return Place()
        if text not in self._known:
            self._known[text] = self._found(text)
        return self._known[text]

    def _found(self, text: str) -> Place:
        written = _BLANKS.sub("", unicodedata.normalize("NFKC", text))
        if not written:
            return Place()
        if written in _HERE:
            return Place(area=_HERE[written])
        if written in _OWN_COUNTY:
            return Place(own_county=True)
        stated = WorkArea.named(written)
        if stated is not None:
            return Place(area=cast(WorkArea, stated))
        if written.isdigit():
            return self._by_number(written)
        named = written
        while not self._begins_with_name(named) and (before := _BEFORE.match(named)):
            named = named[before.end() :]
        whole = _ABBREVIATIONS.get(named) or _FURTHER.get(named)
        if whole:
            return _meant([Entry(RegionCode(whole), named)])
        if any(named.startswith(name) for _code, name in self._below):
            return self._at_home(named)
        best = self._chains(named, 0, None, at_start=True)
        if not best and not self._below_named(named):
            best = self._anywhere(named)
        if best:
            return self._deepened(named, best)
        return self._at_home(named)

    def _begins_with_name(self, text: str) -> bool:
        """Whether a text starts with a region written out in full, such as 于都县, which is not 于 and 都县."""
        lengths = range(_SHORTEST + 1, min(_LONGEST_NAME, len(text)) + 1)
        return any(full for length in lengths for _entry, full in self._names.get(text[:length], ()))

    def _by_number(self, digits: str) -> Place:
        try:
            return _meant([Entry(RegionCode(digits), digits)])
        except ValueError:
            return Place()

    def _chains(
        self, text: str, at: int, within: Entry | None, *, at_start: bool = False
    ) -> list[tuple[int, Entry, bool]]:
        """Every way to read names from a place on, each inside the one before: where it ends and the last name."""
        found: list[tuple[int, Entry, bool]] = []
        for length in range(min(_LONGEST_NAME, len(text) - at), _SHORTEST - 1, -1):
            for entry, full in self._names.get(text[at : at + length], ()):
                rest = text[at + length :]
                if not self._fits(entry, full, rest, within, at_start=at_start):
                    continue
                gap = _BETWEEN.match(rest)
                following = at + length + (gap.end() if gap else 0)
                found += self._chains(text, following, entry) or [(at + length, entry, full)]
        return found

    @staticmethod
    def _fits(entry: Entry, full: bool, rest: str, within: Entry | None, *, at_start: bool) -> bool:
        if within is not None and (entry.code == within.code or not within.code.covers(entry.code)):
            return False
        if full:
            return not _NAMED_AFTER.match(rest) or entry.name.endswith("市")
        if _NAMED_AFTER.match(rest) or _SMALLER.match(rest):
            return False
        if entry.level is RegionLevel.COUNTY and within is None:
            return at_start and (not rest if entry.district else bool(_OF_A_PLACE.search(rest)))
        return True

    def _anywhere(self, text: str) -> list[tuple[int, Entry, bool]]:
        """Names further on: after 在 or a bracket, or written out in full."""
        for at in range(1, len(text) - 1):
            found = self._chains(text, at, None)
            if text[at - 1] not in _LEADS_IN:
                found = [one for one in found if self._written_out(text, at)]
            if found:
                return found
        return []

    def _written_out(self, text: str, at: int) -> bool:
        return any(
            full and entry.name == text[at : at + length] and len(entry.name) > _SHORTEST
            for length in range(min(_LONGEST_NAME, len(text) - at), _SHORTEST, -1)
            for entry, full in self._names.get(text[at : at + length], ())
        )

    def _deepened(self, text: str, chains: list[tuple[int, Entry, bool]]) -> Place:
        """The longest reading; in the registry's own county down to township and village."""
        end = max(one[0] for one in chains)
        place = _meant(self._likely([entry for ending, entry, _full in chains if ending == end], bare=text[:end]))
        code = place.code
        if not place.ambiguous and text[end:].startswith("县城"):
            return replace(place, county_town=True)
        if code is not None and not place.ambiguous and code in self._local:
            below = self._below_named(text[end:], within=code)
            return Place((below,)) if below else place
        return place

    def _likely(self, found: list[Entry], *, bare: str) -> list[Entry]:
        """Of regions of one name those that can be meant: what is above what it contains, what is before what was."""
        found = [entry for entry in found if entry.level is RegionLevel.PROVINCE] or found
        found = [entry for entry in found if entry.current] or self._succeeded(found)
        cities = [entry for entry in found if entry.level is RegionLevel.CITY]
        if cities and all(bare in entry.shorts for entry in found):
            districts = [one for one, _full in self._names.get(bare, ()) if one.district and one.current]
            capital = [one for one in districts if one.code[:2] in MUNICIPALITIES]
            found = [*cities, *capital]
        return [
            one for one in found if not any(other.code != one.code and other.code.covers(one.code) for other in found)
        ]

    def _succeeded(self, gone: list[Entry]) -> list[Entry]:
        """What stands today where regions that are no more stood, where exactly one in the province bears the name."""
        found: list[Entry] = []
        for entry in gone:
            wanted = {entry.name, *entry.shorts}
            heirs = {
                one.code: one
                for name in wanted
                for one, _full in self._names.get(name, ())
                if one.current and one.code[:2] == entry.code[:2]
            }
            found += heirs.values() if len(heirs) == 1 else [entry]
        return found

    def _at_home(self, text: str) -> Place:
        """A township or village of the registry's own county, or a country."""
        if text in _FOREIGN or any(text.startswith(name) for name in self._countries):
            return Place(area=WorkArea.ABROAD)
        below = self._below_named(text)
        return Place((below,)) if below else Place()

    def _below_named(self, text: str, *, within: RegionCode | None = None) -> RegionCode | None:
        """The one township, or village in it, that a text names in full; None when it names none or several bear it."""
        scope = [(code, name) for code, name in self._below if within is None or within.covers(code)]
        for level in (RegionLevel.TOWNSHIP, RegionLevel.VILLAGE):
            named = [(code, name) for code, name in scope if code.level is level and name in text]
            longest = max((len(name) for _code, name in named), default=0)
            codes = [code for code, name in named if len(name) == longest]
            if len(codes) == 1:
                deeper = (
                    self._below_named(text.replace(named[0][1], "", 1), within=codes[0])
                    if level is RegionLevel.TOWNSHIP
                    else None
                )
                return deeper or codes[0]
            if codes and level is RegionLevel.TOWNSHIP:
                return None
        return None

    @cached_property
    def _countries(self) -> frozenset[str]:
        names: dict[str, str] = dict(Locale("zh").territories)
        states = {
            names[code] for code in names if len(code) == 2 and code.isalpha() and code not in ("CN", "HK", "MO", "TW")
        }
        return frozenset(states | _FOREIGN)


def _meant(found: list[Entry]) -> Place:
    codes = tuple(sorted({entry.code for entry in found}))
    if codes and all(code[:2] in OUTSIDE_THE_BORDER for code in codes):
        return Place(codes, WorkArea.ABROAD)
    return Place(codes)


# ---- how far away


def possible_areas(place: Place, home: RegionCode) -> frozenset[WorkArea]:
    """The distances that a place can have from a home (a village, or at least a county). Empty: nothing said."""
    if place.area is not None:
        return frozenset({place.area})
    if place.own_county:
        return frozenset({WorkArea.TOWNSHIP, WorkArea.COUNTY})
    found = frozenset[WorkArea]().union(*(_distance(code, home) for code in place.codes))
    return found - {WorkArea.TOWNSHIP} if place.county_town else found


def work_area(place: Place, home: RegionCode) -> WorkArea | None:
    """How far away somebody from a home works (务工区域). None when the text does not tell it surely."""
    found = possible_areas(place, home)
    return next(iter(found)) if len(found) == 1 else None


_NEAR = (WorkArea.TOWNSHIP, WorkArea.COUNTY, WorkArea.CITY, WorkArea.PROVINCE)


def _distance(code: RegionCode, home: RegionCode) -> frozenset[WorkArea]:
    if code[:2] != home[:2]:
        return frozenset({WorkArea.ABROAD if code[:2] in OUTSIDE_THE_BORDER else WorkArea.OTHER_PROVINCE})
    one_city = code[:2] in MUNICIPALITIES
    if code.level is RegionLevel.PROVINCE:
        return frozenset(_NEAR[:3] if one_city else _NEAR)
    if code[:4] != home[:4] and not one_city:
        return frozenset({WorkArea.PROVINCE})
    if code.level is RegionLevel.CITY:
        return frozenset(_NEAR[:3])
    if code[:6] != home[:6]:
        ruled_by_province = code[2:4] == "90"
        return frozenset({WorkArea.PROVINCE if ruled_by_province else WorkArea.CITY})
    if code.level is RegionLevel.COUNTY or home.level is RegionLevel.COUNTY:
        return frozenset(_NEAR[:2])
    return frozenset({WorkArea.TOWNSHIP if code[:9] == home[:9] else WorkArea.COUNTY})
