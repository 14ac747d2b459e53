"""Approved texts over the files of `rules/`: which text of each file counts on a day.

Of the changes of a file that have been approved and whose day of effect has come, the one approved last counts. A later
change is always written on the text approved before it, so nothing approved is lost.
"""

import hashlib
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from doudi.web.rulekeeping.models import APPROVED, RuleChange

if TYPE_CHECKING:
    from doudi.rulebook import Rulebook


@dataclass(frozen=True)
class ApprovedText:
    """One approved change as the overlay needs it."""

    change_id: int
    path: str
    text: str
    effective_from: date


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def approved_texts() -> tuple[ApprovedText, ...]:
    """All approved changes in the order of their approval. One SQL statement."""
    rows = RuleChange.objects.filter(state__in=APPROVED).order_by("approved_at", "pk")
    columns = ("pk", "path", "text", "effective_from")
    return tuple(ApprovedText(*row) for row in rows.values_list(*columns))


def texts_on(approved: tuple[ApprovedText, ...], day: date) -> dict[str, str]:
    """Path → text that takes the place of the file on that day."""
    return {one.path: one.text for one in approved if one.effective_from <= day}


def head_text(path: str, files: "Rulebook") -> str:
    """The text a new change starts from: the one approved last, whether or not its day has come, else the file's."""
    last = RuleChange.objects.approved().filter(path=path).last()
    return last.text if last is not None else files.texts.get(path, "")
