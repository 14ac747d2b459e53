"""What a code list is: an enum whose members carry a Chinese label, an English label and other spellings."""

import re
import unicodedata
from enum import StrEnum
from functools import cache
from typing import Self

_BLANKS = re.compile(r"\s+")
_SEVERAL = re.compile(r"[、,，;；|/\\+＋\n]+|\s+")


def folded(text: str) -> str:
    """A spelling reduced to what counts: half-width, no blanks, lower case."""
    return _BLANKS.sub("", unicodedata.normalize("NFKC", text)).strip("'\"’“”·").casefold()


class CodeList(StrEnum):
    """A list of codes; the value is the identifier that data and rules use.

    Members are written `NAME = identifier, Chinese label, English label, *aliases`; aliases are other spellings that
    sheets use.
    """

    label: str
    label_en: str
    aliases: tuple[str, ...]

    def __new__(cls, identifier: str, label: str, label_en: str, *aliases: str) -> Self:
        member = str.__new__(cls, identifier)
        member._value_ = identifier
        member.label = label
        member.label_en = label_en
        member.aliases = aliases
        return member

    @classmethod
    def named(cls, text: str) -> Self | None:
        """The member that a text names by label, alias, English label or identifier, else None."""
        return _spellings(cls).get(folded(text))  # type: ignore[return-value]

    @classmethod
    def several_named(cls, text: str) -> tuple[tuple[Self, ...], tuple[str, ...]]:
        """Members of a text that joins several (、 , ; / blanks), without repeats; and the parts that are none."""
        members: list[Self] = []
        unknown: list[str] = []
        whole = cls.named(text)
        for part in [text] if whole else _SEVERAL.split(text.strip()):
            member = cls.named(part)
            if member is not None and member not in members:
                members.append(member)
            elif member is None and part:
                unknown.append(part)
        return tuple(members), tuple(unknown)

    @classmethod
    def spellings(cls) -> dict[str, str]:
        """Every known spelling, folded (see `folded`), and the identifier it means; for translating whole columns."""
        return {spelling: str(member.value) for spelling, member in _spellings(cls).items()}


@cache
def _spellings(list_type: type[CodeList]) -> dict[str, CodeList]:
    found: dict[str, CodeList] = {}
    for member in list_type:
        for spelling in (member.label, member.value, member.label_en, *member.aliases):
            other = found.setdefault(folded(spelling), member)
            if other is not member:
                raise ValueError(f"{list_type.__name__}: {spelling} means both {other.value} and {member.value}")
    return found
