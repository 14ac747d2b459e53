"""The texts in force written as files, so that what was approved on the pages can go back into the rules folder."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from doudi.web.discovery.rulebook import current_rulebook, rulebook_of_files
from doudi.web.rulekeeping.queries import head_rulebook


@dataclass(frozen=True)
class Written:
    """How many files were written, and which of them differ from those of the rules folder."""

    all: int
    changed: tuple[str, ...]


def export_texts(folder: Path, *, on: date | None = None) -> Written:
    """Every file of the rulebook of a day (without one: with everything approved) under `folder`, in its place."""
    book = current_rulebook(on) if on is not None else head_rulebook()
    files = rulebook_of_files().texts
    for path, text in book.texts.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return Written(len(book.texts), tuple(sorted(path for path, text in book.texts.items() if files.get(path) != text)))
