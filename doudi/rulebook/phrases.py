"""The turns of phrase that `wording.py` builds sentences from, in Chinese and in English."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

Verbs = Mapping[str, Mapping[str, str]]
"""Manner (amount, years, persons …) → kind of comparison → pattern with the two sides."""


@dataclass(frozen=True)
class Phrases:
    """One language. Patterns take the values in order."""

    and_: str
    or_: str
    all_of: str
    any_of: str
    is_: str
    is_not: str
    one_of_these: str
    none_of_these: str
    between: str
    not_between: str
    contains: str
    contains_not: str
    unknown: str
    known: str
    or_unknown: str
    unknown_counts: str
    unknown_counts_not: str
    otherwise: str
    always: str
    never: str
    not_true: str
    yes_word: str
    no_word: str
    nothing: str
    as_of: str
    when: str
    else_: str
    steps: str
    verbs: Verbs
    functions: Mapping[str, str]
    yes: Callable[[str], str]
    no: Callable[[str], str]
    separator: str
    bracket: str
    quote: str
    day: Callable[[date], str]

    def brackets(self, text: str) -> str:
        return self.bracket.format(text)

    def quoted(self, text: str) -> str:
        return self.quote.format(text)

    def listed(self, parts: Sequence[str]) -> str:
        return self.separator.join(parts)

    def verb(self, comparison: str, manner: str) -> str:
        """The pattern of a comparison (`LT`, `GTE` …) between values of a manner."""
        return self.verbs.get(manner, {}).get(comparison) or self.verbs["amount"][comparison]


_KINDS_OF_PEOPLE = ("户", "人", "儿童", "学生", "在校生", "对象", "人员", "成员")
_JOINED = "、或和且及"


def _so(title: str) -> str:
    """A yes-or-no title as a condition: 正在监测; what names a kind of people 属于“脱贫户”."""
    if any(mark in title for mark in _JOINED):
        return f"符合“{title}”"
    return f"属于“{title}”" if title.endswith(_KINDS_OF_PEOPLE) and not title.startswith("有") else title


def _not_so(title: str) -> str:
    """A yes-or-no title turned round: 有学籍 → 没有学籍; one that can't be turned is quoted."""
    if any(mark in title for mark in _JOINED):
        return f"没有“{title}”的情况"
    for start, turned in _TURNED:
        if title.startswith(start):
            return turned + title[len(start) :]
    return f"不属于“{title}”" if title.endswith(_KINDS_OF_PEOPLE) else f"没有“{title}”的情况"


_TURNED = (
    ("有", "没有"),
    ("正在", "没有在"),
    ("已经", "尚未"),
    ("已", "尚未"),
    ("参加", "没有参加"),
    ("持有", "没有持有"),
    ("被", "没有被"),
    ("享受", "没有享受"),
    ("领取", "没有领取"),
    ("纳入", "没有纳入"),
    ("符合", "不符合"),
    ("属于", "不属于"),
    ("算", "不算"),
    ("是", "不是"),
    ("愿意", "不愿意"),
)


def _verbs(lt: str, lte: str, gt: str, gte: str, eq: str, neq: str) -> dict[str, str]:
    return {"LT": lt, "LTE": lte, "GT": gt, "GTE": gte, "EQ": eq, "NEQ": neq}


_SAME, _NOT_SAME = "{}等于{}", "{}不等于{}"
ZH: Final = Phrases(
    and_="，且",
    or_="，或",
    all_of="下面每条都要满足",
    any_of="下面满足任何一条",
    is_="{}是{}",
    is_not="{}不是{}",
    one_of_these="{}是下列之一：{}",
    none_of_these="{}不是下列任何一种：{}",
    between="{}在{}至{}之间（含两端）",
    not_between="{}不在{}至{}之间",
    contains="{}包括{}",
    contains_not="{}不包括{}",
    unknown="没有“{}”的数据",
    known="有“{}”的数据",
    or_unknown="（或没有数据）",
    unknown_counts="（没有数据时算符合）",
    unknown_counts_not="（没有数据时算不符合）",
    otherwise="（没有数据时看：{}）",
    always="任何情况",
    never="从不",
    not_true="“{}”不成立",
    yes_word="是",
    no_word="否",
    nothing="没有数据",
    as_of="筛查日",
    when="{}时为{}",
    else_="其他情况为{}",
    steps="，",
    verbs={
        "amount": _verbs("{}低于{}", "{}不高于{}", "{}高于{}", "{}不低于{}", _SAME, _NOT_SAME),
        "years": _verbs("{}不满{}", "{}不超过{}", "{}超过{}", "{}满{}", "{}正好{}", "{}不是{}"),
        "persons": _verbs("{}少于{}", "{}不多于{}", "{}多于{}", "{}不少于{}", _SAME, _NOT_SAME),
        "households": _verbs("{}少于{}", "{}不多于{}", "{}多于{}", "{}不少于{}", _SAME, _NOT_SAME),
        "months": _verbs("{}不满{}", "{}不超过{}", "{}超过{}", "{}满{}", _SAME, _NOT_SAME),
        "days": _verbs("{}不满{}", "{}不超过{}", "{}超过{}", "{}满{}", _SAME, _NOT_SAME),
        "times": _verbs("{}少于{}", "{}不超过{}", "{}超过{}", "{}达到{}", _SAME, _NOT_SAME),
        "minutes": _verbs("{}不满{}", "{}不超过{}", "{}超过{}", "{}达到{}", _SAME, _NOT_SAME),
        "date": _verbs("{}早于{}", "{}不晚于{}", "{}晚于{}", "{}不早于{}", "{}就是{}", "{}不是{}"),
        "code": _verbs("{}低于{}", "{}不高于{}", "{}高于{}", "{}不低于{}", "{}是{}", "{}不是{}"),
    },
    functions={
        "COALESCE": "{}（没有数据时用{}）",
        "NULLIF": "{}（等于{}时视为没有数据）",
        "ABS": "{}的绝对值",
        "ROUND": "{}（四舍五入到{}位小数）",
        "GREATEST": "{}中最大的",
        "LEAST": "{}中最小的",
        "AGE_ON": "{}到{}的周岁",
        "WHOLE_MONTHS": "{}到{}的整月数",
        "WHOLE_DAYS": "{}到{}的天数",
        "SUM": "{}的合计",
        "COUNT": "条数",
        "COUNT_IF": "“{}”的个数",
        "MIN": "最小的{}",
        "MAX": "最大的{}",
        "BOOL_OR": "有一条符合：{}",
        "BOOL_AND": "每条都符合：{}",
    },
    yes=_so,
    no=_not_so,
    separator="、",
    bracket="（{}）",
    quote="“{}”",
    day=lambda day: f"{day.year}年{day.month}月{day.day}日",
)
_AMOUNT = _verbs(
    "{} is below {}", "{} is at most {}", "{} is above {}", "{} is at least {}", "{} is {}", "{} is not {}"
)
EN: Final = Phrases(
    and_=", and ",
    or_=", or ",
    all_of="all of these",
    any_of="any of these",
    is_="{} is {}",
    is_not="{} is not {}",
    one_of_these="{} is one of {}",
    none_of_these="{} is none of {}",
    between="{} is between {} and {} (both included)",
    not_between="{} is not between {} and {}",
    contains="{} includes {}",
    contains_not="{} does not include {}",
    unknown="no data on “{}”",
    known="there is data on “{}”",
    or_unknown=" (or not known)",
    unknown_counts=" (counts as met when not known)",
    unknown_counts_not=" (counts as not met when not known)",
    otherwise=" (when not known: {})",
    always="always",
    never="never",
    not_true="not: {}",
    yes_word="yes",
    no_word="no",
    nothing="not known",
    as_of="the day of the screening",
    when="{1} when {0}",
    else_="otherwise {}",
    steps="; ",
    verbs={
        "amount": _AMOUNT,
        "date": _verbs(
            "{} is before {}", "{} is not after {}", "{} is after {}", "{} is not before {}", "{} is {}", "{} is not {}"
        ),
    },
    functions={
        "COALESCE": "{} ({} when not known)",
        "NULLIF": "{} (not known when it is {})",
        "ABS": "{} without its sign",
        "ROUND": "{} rounded to {} decimals",
        "GREATEST": "the largest of {}",
        "LEAST": "the smallest of {}",
        "AGE_ON": "age from {} on {}",
        "WHOLE_MONTHS": "whole months from {} to {}",
        "WHOLE_DAYS": "days from {} to {}",
        "SUM": "sum of {}",
        "COUNT": "number of rows",
        "COUNT_IF": "number of “{}”",
        "MIN": "smallest {}",
        "MAX": "largest {}",
        "BOOL_OR": "any row with: {}",
        "BOOL_AND": "every row with: {}",
    },
    yes=lambda title: f"{title}: yes",
    no=lambda title: f"{title}: no",
    separator=", ",
    bracket=" ({})",
    quote="“{}”",
    day=lambda day: day.isoformat(),
)
PHRASES: Final[Mapping[str, Phrases]] = {"zh": ZH, "en": EN}
