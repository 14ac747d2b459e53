"""What a row says and what the registry says, side by side, each differing character marked."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby

from doudi.web.protection.masking import mask_resident_id

LEFT_BY_SPREADSHEET = re.compile(r"\d(?:\.\d{1,5})?[eE]\+?\d{2}")
SHORTEST_MASKED = 12
MOST_LENGTHS_APART = 3


@dataclass(frozen=True)
class Piece:
    """A stretch of text; `differs` when the other side does not have it there."""

    text: str
    differs: bool


@dataclass(frozen=True)
class Compared:
    """One thing that both sides say. `known` is false when one of them says nothing: then there is no difference."""

    label: str
    written: tuple[Piece, ...]
    registered: tuple[Piece, ...]
    known: bool

    @property
    def agrees(self) -> bool:
        return self.known and not any(piece.differs for piece in (*self.written, *self.registered))


def compared(label: str, written: str, registered: str) -> Compared:
    """Two texts, character by character."""
    return _compared(label, written, registered, written, registered)


def compared_id(label: str, written: str, registered: str) -> Compared:
    """Two resident ids: compared in full, shown masked, so that a hidden digit can differ without being shown."""
    if (
        written and registered and abs(len(written) - len(registered)) > MOST_LENGTHS_APART
    ):  # nothing to lay side by side
        shown, known = mask_written(written), mask_resident_id(registered)
        return Compared(label, (Piece(shown, differs=True),), _plain(known), known=True)
    return _compared(
        label, written.upper(), registered.upper(), mask_written(written).upper(), mask_resident_id(registered)
    )


def mask_written(text: str) -> str:
    """An id as a department wrote it: what would be hidden of a sound one is hidden, whatever is wrong with it.

    What a spreadsheet left of one (`1.49901E+17`) tells no more than the county, and is shown.
    """
    digits = text.strip()
    if LEFT_BY_SPREADSHEET.fullmatch(digits):
        return digits
    if len(digits) < SHORTEST_MASKED:
        return mask_resident_id(digits)
    return digits[:6] + "*" * (len(digits) - 10) + digits[-4:]


def _compared(label: str, written: str, registered: str, shown: str, shown_registered: str) -> Compared:
    if not written or not registered:
        return Compared(label, _plain(shown), _plain(shown_registered), known=False)
    if len(written) != len(shown) or len(registered) != len(shown_registered):  # what is masked keeps its length
        differs = written != registered
        return Compared(label, (Piece(shown, differs),), (Piece(shown_registered, differs),), known=True)
    if len(written) == len(registered) and shown != written:  # numbers, place by place
        differs_at = [one != other for one, other in zip(written, registered, strict=True)]
        return Compared(label, _marked(shown, differs_at), _marked(shown_registered, differs_at), known=True)
    left: list[Piece] = []
    right: list[Piece] = []
    for kind, i1, i2, j1, j2 in SequenceMatcher(None, written, registered, autojunk=False).get_opcodes():
        differs = kind != "equal"
        if i2 > i1:
            left.append(Piece(shown[i1:i2], differs))
        if j2 > j1:
            right.append(Piece(shown_registered[j1:j2], differs))
    return Compared(label, tuple(left), tuple(right), known=True)


def _marked(text: str, differs_at: Sequence[bool]) -> tuple[Piece, ...]:
    stretches = groupby(zip(text, differs_at, strict=True), key=lambda pair: pair[1])
    return tuple(Piece("".join(character for character, _differs in some), differs) for differs, some in stretches)


def _plain(text: str) -> tuple[Piece, ...]:
    return (Piece(text, differs=False),) if text else ()


def in_words(lines: Sequence[Compared]) -> tuple[list[str], list[str]]:
    """The labels that agree and those that differ, for people who read rather than look."""
    agree = [line.label for line in lines if line.agrees]
    differ = [line.label for line in lines if line.known and not line.agrees]
    return agree, differ
