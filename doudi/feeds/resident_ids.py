"""Many resident ids at once. What is plainly sound is recognised in bulk; everything else is left to `standards`."""

from collections.abc import Sequence
from datetime import date

import numpy as np

from doudi.feeds.values import Cell
from doudi.standards.resident_id import EARLIEST_BIRTH_YEAR, LENGTH, PLACEHOLDER_PREFIX

_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2], np.int32)
_CHECK_CHARACTERS = np.frombuffer(b"10X98765432", np.uint8)
"""GB 11643: sum of weighted digits modulo 11 → the 18th character."""
_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


def sound_ids(contents: Sequence[Cell]) -> list[str | None]:
    """For each text of exactly 18 sound characters (checksum, birth date) itself with upper-case X, else None."""
    found: list[str | None] = [None] * len(contents)
    numbers = [
        number
        for number, content in enumerate(contents)
        if isinstance(content, str)
        and len(content) == LENGTH
        and content.isascii()
        and content.isalnum()
        and not content.startswith(PLACEHOLDER_PREFIX)
    ]
    if not numbers:
        return found
    texts = [str(contents[number]).upper() for number in numbers]
    characters = np.frombuffer("".join(texts).encode("ascii"), np.uint8).reshape(-1, LENGTH)
    digits = characters[:, :17].astype(np.int32) - 48
    sound = ((digits >= 0) & (digits <= 9)).all(axis=1)
    sound &= characters[:, 17] == _CHECK_CHARACTERS[(digits * _WEIGHTS).sum(axis=1) % 11]
    sound &= (characters[:, 1:] != characters[:, :1]).any(axis=1)
    sound &= _is_birth_date(digits[:, 6:14])
    for number, text, ok in zip(numbers, texts, sound.tolist(), strict=True):
        if ok:
            found[number] = text
    return found


def _is_birth_date(digits: np.ndarray) -> np.ndarray:
    year = digits[:, :4] @ np.array([1000, 100, 10, 1])
    month = digits[:, 4] * 10 + digits[:, 5]
    day = digits[:, 6] * 10 + digits[:, 7]
    today = date.today()
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0)) & (month == 2)
    within = (month >= 1) & (month <= 12) & (year >= EARLIEST_BIRTH_YEAR)
    longest = _DAYS[np.where(within, month, 0)] + leap
    past = year * 10_000 + month * 100 + day <= today.year * 10_000 + today.month * 100 + today.day
    return np.asarray(within & (day >= 1) & (day <= longest) & past)
