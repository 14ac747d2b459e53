"""Header texts reduced to what counts, and the unit of money that they carry."""

import re
import unicodedata
from functools import lru_cache

_NOISE = re.compile(r"[\s*＊✱●★:：'\"“”\u200b-\u200f\ufeff]+|[(（]?必填[)）]?|[(（]?选填[)）]?")
_BRACKETS = re.compile(r"[()\[\]{}【】〔〕「」<>《》]")
_UNIT_WORDS = (
    "元/年|元/月|万元/年|元|万元|千元|百元|亿元|亩|公里|km|平方米|㎡|m2|月|个月|天|日|人|分钟|升|升/天|%|岁|"
    "是/否|有/无|yyyymm|yyyymmdd|yyyy-mm-dd|yyyy/mm/dd|年月日|单位元|单位万元|单位千元"
)
_UNIT_BRACKET = re.compile(rf"[(\[【]\s*(?:单位)?({_UNIT_WORDS})\s*[)\]】]", re.IGNORECASE)
_BARE_UNIT = re.compile(r"[,，]?单位[:：]?(万元|千元|百元|亿元|元)")
_FACTORS = {"元": 1.0, "百元": 100.0, "千元": 1_000.0, "万元": 10_000.0, "亿元": 100_000_000.0}


@lru_cache(maxsize=65536)
def header_key(text: str) -> str:
    """A header without blanks, line breaks, asterisks, units and brackets; half-width, lower case. May be empty."""
    folded = unicodedata.normalize("NFKC", text)
    folded = _NOISE.sub("", folded)
    folded = _BARE_UNIT.sub("", _UNIT_BRACKET.sub("", folded))
    return _BRACKETS.sub("", folded).casefold()


def money_factor(text: str) -> float | None:
    """Yuan in one unit of the money that a header or title line names (万元 → 10000), None when it names none."""
    folded = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))
    found = _BARE_UNIT.search(folded) or re.search(
        r"[(\[【](?:单位:?)?(万元|千元|百元|亿元|元)(?:/[年月])?[)\]】]", folded
    )
    return _FACTORS[found[1]] if found else None
