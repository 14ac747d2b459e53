"""The resident ids that may have been meant by an unsound one: one slip of the hand or of a spreadsheet away.

The checksum (GB 11643, ISO 7064 MOD 11-2) tells which digit a place would need, so that each place is tried once, not
ten times: a number has a few dozen candidates. Whether one of them is anybody is for the registry to say.
"""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from operator import mul

from doudi.standards.resident_id import (
    LENGTH,
    OLD_LENGTH,
    PLACEHOLDER_PREFIX,
    check,
    check_character,
    normalise,
)

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2, 1)
_INVERSE = tuple(next(other for other in range(1, 11) if weight * other % 11 == 1) for weight in _WEIGHTS)
_SOUND = 1
"""Sum of weighted digits modulo 11 of a sound id."""
_LOOKS = str.maketrans(
    {"O": "0", "Q": "0", "D": "0", "I": "1", "L": "1", "|": "1", "!": "1", "Z": "2", "S": "5", "B": "8", "〇": "0"}
)
_CROSSES = str.maketrans({"×": "X", "✕": "X", "Χ": "X", "Х": "X", "╳": "X", "㐅": "X", "乂": "X"})
_JUNK = re.compile(r"[^0-9A-Z*?|!#]+")
_TAIL_ZEROED = re.compile(r"^([0-9]{15})000$")
_SCIENTIFIC = re.compile(r"^([0-9])\.([0-9]+)E\+?17$")
_LEAST_KNOWN = 15
"""Fewer known leading digits leave more possible ids than are worth trying."""


def cleaned(text: str) -> str:
    """The characters of a written id: half-width, upper case, without blanks and marks."""
    if text.isascii() and text.isalnum():
        return text.upper()
    half = unicodedata.normalize("NFKC", text.translate(_CROSSES)).upper().translate(_CROSSES)
    return _JUNK.sub("", half)


def may_be_old(text: str) -> bool:
    """Whether a text is a number of the old kind, which has no checksum to prove it."""
    written = cleaned(text)
    return len(written) == OLD_LENGTH and written.isdigit()


def meant_ids(text: str | None, *, most: int, on: date) -> dict[str, str]:
    """Sound ids that the text may stand for → the slip in Chinese. Empty for a sound id and for what is none at all.

    A number of the old kind has no checksum: others may be meant even when it could be one as it stands.

    `on`: nobody was born after it. Never more than `most`, the likelier slips first; empty when there were more ids of
    the same kind than that, since any choice among them would be arbitrary.
    """
    if not text:
        return {}
    written = cleaned(text)
    if check(text, on=on).ok and not may_be_old(text):
        return {}
    if len(written) < _LEAST_KNOWN - 1 or written.startswith(PLACEHOLDER_PREFIX):
        return {}
    found: dict[str, str] = {}
    for meant, slip in _slips(text, written):
        if meant not in found and _sound(meant, on):
            found[meant] = slip
            if len(found) > most:
                return {}
    return found


def readable_birth(text: str | None, *, on: date) -> date | None:
    """The birth date in digits 7–14 of a written id, however unsound the rest of it; None when they are no date."""
    if not text:
        return None
    written = text if len(text) == LENGTH and text.isascii() and text.isalnum() else cleaned(text)
    if len(written) < 14 or written.startswith(PLACEHOLDER_PREFIX):
        return None
    day = _day(written[6:14].upper().translate(_LOOKS))
    return day if day is not None and day <= on else None


@lru_cache(maxsize=1 << 17)
def _day(digits: str) -> date | None:
    """The date of eight digits since 1900, or None; a county has a few ten thousand different ones."""
    if not digits.isdigit() or digits < "1900":
        return None
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return None


def _sound(number: str, on: date) -> bool:
    """Whether 18 characters are the id of somebody born since 1900 and by a day."""
    if len(number) != LENGTH or number.startswith(PLACEHOLDER_PREFIX):
        return False
    day = _day(number[6:14])
    if day is None or day > on or not (number[:17].isdigit() and number[17] in "0123456789X"):
        return False
    return _residue(number) == _SOUND


def _slips(text: str, written: str) -> Iterator[tuple[str, str]]:
    looks = written[:-1].translate(_LOOKS) + (
        written[-1] if written[-1] in "0123456789X" else written[-1].translate(_LOOKS)
    )
    if looks != written or cleaned(text) != normalise(text):
        yield normalise(looks), "字母或符号应为数字"
    scientific = _SCIENTIFIC.match(text.strip().upper())
    if scientific:
        looks = (scientific[1] + scientific[2])[:LENGTH]
        yield from _completed(looks, "表格软件改成了科学计数")
        return
    zeroed = _TAIL_ZEROED.match(looks)
    if "*" in looks or "?" in looks:
        yield from _unmasked(looks)
        return
    if not looks[:-1].isdigit() or looks[-1] not in "0123456789X":
        return
    if len(looks) == LENGTH:
        yield from _replaced(looks)
        yield from _swapped(looks)
    elif len(looks) == LENGTH - 1:
        yield looks + check_character(looks) if looks.isdigit() else "", "少写了最后一位"
        yield from _inserted(looks)
    elif len(looks) == LENGTH + 1:
        for at in range(len(looks)):
            if at == 0 or looks[at] != looks[at - 1]:
                yield looks[:at] + looks[at + 1 :], f"第{at + 1}位多写了一位"
    if zeroed:
        yield from _completed(zeroed[1], "表格软件丢了后三位")
    elif len(looks) == OLD_LENGTH + 1 and looks.isdigit():
        yield from _completed(looks, "后两位没有写")
    elif len(looks) == OLD_LENGTH and looks.isdigit():
        yield from _completed(looks, "后三位没有写")
        yield from _old_slips(looks)


def _residue(number: str) -> int:
    total = sum(map(mul, _WEIGHTS, map(int, number[:17])))
    return (total + _digit(number[17])) % 11


def _digit(character: str) -> int:
    return 10 if character == "X" else int(character)


def _replaced(number: str) -> Iterator[tuple[str, str]]:
    """One character wrong: the checksum says which character each place would have to have."""
    if "X" in number[:-1]:
        return
    missing = (_SOUND - _residue(number)) % 11
    for at in range(LENGTH):
        meant = (_digit(number[at]) + missing * _INVERSE[at]) % 11
        if meant == 10 and at < LENGTH - 1:
            continue
        character = "X" if meant == 10 else str(meant)
        yield number[:at] + character + number[at + 1 :], f"第{at + 1}位应为{character}"


def _swapped(number: str) -> Iterator[tuple[str, str]]:
    for at in range(LENGTH - 1):
        first, second = number[at], number[at + 1]
        if first != second and "X" not in (first, second):
            yield number[:at] + second + first + number[at + 2 :], f"第{at + 1}、{at + 2}位颠倒"


def _inserted(number: str) -> Iterator[tuple[str, str]]:
    """One digit left out: at each place the one digit that the checksum asks for."""
    for at in range(LENGTH - 1):
        held = number[:at] + "0" + number[at:]
        if "X" in held[:-1]:
            continue
        meant = (_SOUND - _residue(held)) * _INVERSE[at] % 11
        if meant < 10:
            yield number[:at] + str(meant) + number[at:], f"第{at + 1}位漏写{meant}"


def _completed(known: str, slip: str) -> Iterator[tuple[str, str]]:
    """All ids that begin with the known digits (15 and more): a hundred for 15."""
    if len(known) < _LEAST_KNOWN:
        return
    open_places = LENGTH - 1 - len(known)
    if open_places <= 0:
        yield known[: LENGTH - 1] + check_character(known[: LENGTH - 1]), slip
        return
    for number in range(10**open_places):
        first17 = known + str(number).zfill(open_places)
        yield first17 + check_character(first17), slip


def _unmasked(number: str) -> Iterator[tuple[str, str]]:
    """Digits hidden by * or ?, as printed lists have them: up to three of them are tried."""
    places = [at for at, one in enumerate(number) if one in "*?"]
    if len(number) != LENGTH or len(places) > 3:
        return
    head = [at for at in places if at < LENGTH - 1]
    for filling in range(10 ** len(head)):
        digits = list(number)
        for at, one in zip(head, str(filling).zfill(len(head)) if head else "", strict=True):
            digits[at] = one
        first17 = "".join(digits[: LENGTH - 1])
        if not first17.isdigit():
            return
        last = check_character(first17)
        if digits[-1] in ("*", "?", last):
            yield first17 + last, "有几位用星号遮住"


def _old_slips(number: str) -> Iterator[tuple[str, str]]:
    """One slip in a number of the old kind, which has no checksum: every digit of every place."""
    for at in range(OLD_LENGTH):
        for digit in "0123456789":
            if digit != number[at]:
                yield normalise(number[:at] + digit + number[at + 1 :]), f"旧证号第{at + 1}位应为{digit}"
