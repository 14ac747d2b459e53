"""The ways in which a person's name is written otherwise than in the registry."""

from collections.abc import Callable, Mapping
from functools import lru_cache

import numpy as np
from opencc import OpenCC
from pypinyin import lazy_pinyin

Slip = Callable[[str, np.random.Generator], str | None]
_LOOKS: Mapping[str, str] = dict(
    pair.split("→")
    for pair in (
        "军→车", "才→寸", "玉→王", "永→水", "金→全", "平→乎", "宇→字", "民→氏", "贵→责", "云→去",
        "川→州", "芳→芬", "林→材", "李→季", "余→佘", "陈→阵", "沈→沉", "冯→马", "戴→代", "傅→付",
        "阎→闫", "萧→肖", "汪→江", "卢→芦", "雨→两", "子→孑", "夏→复", "田→由", "杜→社", "徐→除",
    )
)  # fmt: skip
"""Right character → one that is taken for it; some are surnames' common short forms."""
_NICKNAMES = ("小宝", "大妮", "二娃", "老三", "狗蛋", "石头")


def homophone(name: str, rng: np.random.Generator) -> str | None:
    """One character of the given name another of the same sound, as pinyin keyboards offer them."""
    at = int(rng.integers(1, len(name)))
    same = [one for one in _by_sound().get(lazy_pinyin(name[at])[0], ()) if one != name[at]]
    return name[:at] + same[int(rng.integers(0, len(same)))] + name[at + 1 :] if same else None


def look_alike(name: str, rng: np.random.Generator) -> str | None:
    places = [at for at, one in enumerate(name) if one in _LOOKS]
    at = places[int(rng.integers(0, len(places)))] if places else -1
    return None if at < 0 else name[:at] + _LOOKS[name[at]] + name[at + 1 :]


def traditional(name: str, rng: np.random.Generator) -> str | None:
    written = _to_traditional().convert(name)
    return written if written != name else None


def spaced(name: str, rng: np.random.Generator) -> str | None:
    """Blanks or dots inside, as between the parts of names of other nationalities, or to fill up a column."""
    mark = (" ", "  ", "\u3000", "·", "•", "．")[int(rng.integers(0, 6))]
    return name[0] + mark + name[1:]


def one_wrong(name: str, rng: np.random.Generator) -> str | None:
    everything = [one for group in _by_sound().values() for one in group]
    at = int(rng.integers(1, len(name)))
    return name[:at] + everything[int(rng.integers(0, len(everything)))] + name[at + 1 :]


def nickname(name: str, rng: np.random.Generator) -> str | None:
    return name[0] + _NICKNAMES[int(rng.integers(0, len(_NICKNAMES)))]


def empty(name: str, rng: np.random.Generator) -> str | None:
    return ""


SLIPS: Mapping[str, tuple[float, Slip]] = {
    "homophone": (0.02, homophone),
    "look_alike": (0.03, look_alike),
    "traditional": (0.02, traditional),
    "spaced": (0.01, spaced),
    "one_wrong": (0.008, one_wrong),
    "nickname": (0.003, nickname),
    "empty": (0.002, empty),
}
"""Kind → share of the rows of a feed that it is tried on."""


@lru_cache(maxsize=1)
def _by_sound() -> Mapping[str, tuple[str, ...]]:
    """Characters in common use (first level of GB 2312) by sound without tone."""
    groups: dict[str, list[str]] = {}
    for high in range(0xB0, 0xD8):
        for low in range(0xA1, 0xFF):
            try:
                one = bytes((high, low)).decode("gb2312")
            except UnicodeDecodeError:
                continue
            groups.setdefault(lazy_pinyin(one)[0], []).append(one)
    return {sound: tuple(group) for sound, group in groups.items()}


@lru_cache(maxsize=1)
def _to_traditional() -> OpenCC:
    return OpenCC("s2t")
