"""The English of the pages and of the command line: `python tools/translations.py extract|compile|check`.

Chinese is the source language: what stands in templates and Python is the Chinese sentence. `extract` brings the
catalogues (`CATALOGUES`) up to date and keeps what is translated, `compile` writes the .mo files that are read at run
time (only when they are older), `check` names every message that has no complete English and exits with 1.
"""

import io
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import babel.messages.extract
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
KEYWORDS = {
    **babel.messages.extract.DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
}
CHANGES_WITH_EVERY_RUN = re.compile(
    r'^"(POT-Creation-Date|PO-Revision-Date|Generated-By|Last-Translator|Language-Team|Report-Msgid-Bugs-To):.*\n',
    re.MULTILINE,
)
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|\{(\w*)[^}]*\}|%[sd]")
HEADER = "# English of the doudi interface. The msgids are the Chinese sentences of templates and Python."


@dataclass(frozen=True)
class Place:
    """A part of the program with a catalogue of its own."""

    folder: Path
    domain: str
    keywords: Mapping[str, Any]

    @property
    def po(self) -> Path:
        return self.folder / "locale" / "en" / "LC_MESSAGES" / f"{self.domain}.po"

    @property
    def mo(self) -> Path:
        return self.po.with_suffix(".mo")


CATALOGUES = (
    Place(ROOT / "doudi" / "web", "django", KEYWORDS),
    Place(ROOT / "doudi" / "cli", "cli", babel.messages.extract.DEFAULT_KEYWORDS),
)


def python_source(path: Path) -> str:
    """Python text to extract from: the file itself, or what Django makes of a template."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return text
    # Only the calls count; indentation of the page must not be read as Python's.
    return "\n".join(line.strip() for line in templatize(text, origin=str(path)).splitlines())


def sources(place: Place) -> Iterator[Path]:
    for pattern in ("**/*.py", "**/templates/**/*.html", "**/templates/**/*.txt"):
        yield from sorted(path for path in place.folder.glob(pattern) if "migrations" not in path.parts)


def extracted(place: Place) -> Catalog:
    """Every message of one part, with the files it stands in."""
    catalog = Catalog(locale="en", project="doudi", header_comment=HEADER, fuzzy=False)
    for path in sources(place):
        stream = io.BytesIO(python_source(path).encode("utf-8"))
        file = path.relative_to(ROOT).as_posix()
        for line, message, comments, context in babel.messages.extract.extract("python", stream, place.keywords):
            catalog.add(message, None, [(file, line)], auto_comments=comments, context=context)
    return catalog


def stored(place: Place) -> Catalog:
    if not place.po.exists():
        return Catalog(locale="en", header_comment=HEADER, fuzzy=False)
    with place.po.open("rb") as stream:
        return read_po(stream, locale="en")


def save(place: Place, catalog: Catalog) -> None:
    buffer = io.BytesIO()
    catalog.header_comment = HEADER
    catalog.obsolete.clear()
    write_po(buffer, catalog, width=110, sort_output=True, include_lineno=False)
    place.po.parent.mkdir(parents=True, exist_ok=True)
    place.po.write_text(CHANGES_WITH_EVERY_RUN.sub("", buffer.getvalue().decode("utf-8")), encoding="utf-8")


def renewed(place: Place) -> Catalog:
    """The stored catalogue brought up to what the sources now say."""
    catalog = stored(place)
    catalog.update(extracted(place), no_fuzzy_matching=True)
    return catalog


def complaint(message: Message) -> str | None:
    """What is wrong with the English of a message, or None."""
    texts = message.string if isinstance(message.string, list | tuple) else (message.string,)
    if not texts or not all(texts):
        return "not translated"
    if message.fuzzy:
        return "marked fuzzy"
    source = message.id if isinstance(message.id, str) else message.id[-1]
    wanted = {found.group(0) for found in PLACEHOLDER.finditer(source)}
    if any({found.group(0) for found in PLACEHOLDER.finditer(text)} - wanted for text in texts):
        return "uses a placeholder that the Chinese does not have"
    if wanted - {found.group(0) for text in texts for found in PLACEHOLDER.finditer(text)}:
        return "lacks a placeholder of the Chinese"
    if any(re.search(r"[\u4e00-\u9fff]", text) for text in texts) and "doudi" not in texts[0]:
        return "still contains Chinese"
    return None


def problems() -> list[str]:
    """One line for each message without complete English."""
    return [
        f"{place.domain}: {wrong}: {message.id!r}"
        for place in CATALOGUES
        for message in renewed(place)
        if message.id and (wrong := complaint(message))
    ]


def main(arguments: list[str]) -> int:
    match arguments:
        case ["extract"]:
            for place in CATALOGUES:
                catalog = renewed(place)
                save(place, catalog)
                missing = sum(1 for message in catalog if message.id and complaint(message))
                print(f"translations: {place.domain}: {len(catalog)} messages, {missing} to translate")
            return 0
        case ["compile"]:
            for place in CATALOGUES:
                if place.mo.exists() and place.mo.stat().st_mtime >= place.po.stat().st_mtime:
                    continue
                with place.mo.open("wb") as stream:
                    write_mo(stream, stored(place))
                print(f"translations: {place.domain}: compiled {len(stored(place))} messages")
            return 0
        case ["check"]:
            found = problems()
            print("\n".join(found) if found else "translations: complete")
            return 1 if found else 0
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
