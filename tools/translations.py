"""The English of the interface: `python tools/translations.py extract|compile|check`.

Chinese is the source language: what stands in templates and Python is the Chinese sentence. `extract` brings
doudi/web/locale/en/LC_MESSAGES/django.po up to date and keeps what is translated, `compile` writes the .mo file that
Django reads (only when it is older), `check` names every message that has no complete English and exits with 1.
"""

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import babel.messages.extract
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "doudi" / "web"
PO = WEB / "locale" / "en" / "LC_MESSAGES" / "django.po"
MO = PO.with_suffix(".mo")
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


def python_source(path: Path) -> str:
    """Python text to extract from: the file itself, or what Django makes of a template."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return text
    # Only the calls count; indentation of the page must not be read as Python's.
    return "\n".join(line.strip() for line in templatize(text, origin=str(path)).splitlines())


def sources() -> Iterator[Path]:
    for pattern in ("**/*.py", "**/templates/**/*.html", "**/templates/**/*.txt"):
        yield from sorted(path for path in WEB.glob(pattern) if "migrations" not in path.parts)


def extracted() -> Catalog:
    """Every message of the pages, with the files it stands in."""
    catalog = Catalog(locale="en", project="doudi", header_comment=HEADER, fuzzy=False)
    for path in sources():
        stream = io.BytesIO(python_source(path).encode("utf-8"))
        place = path.relative_to(ROOT).as_posix()
        for line, message, comments, context in babel.messages.extract.extract("python", stream, KEYWORDS):
            catalog.add(message, None, [(place, line)], auto_comments=comments, context=context)
    return catalog


def stored() -> Catalog:
    if not PO.exists():
        return Catalog(locale="en", header_comment=HEADER, fuzzy=False)
    with PO.open("rb") as stream:
        return read_po(stream, locale="en")


def save(catalog: Catalog) -> None:
    buffer = io.BytesIO()
    catalog.header_comment = HEADER
    catalog.obsolete.clear()
    write_po(buffer, catalog, width=110, sort_output=True, include_lineno=False)
    PO.parent.mkdir(parents=True, exist_ok=True)
    PO.write_text(CHANGES_WITH_EVERY_RUN.sub("", buffer.getvalue().decode("utf-8")), encoding="utf-8")


def renewed() -> Catalog:
    """The stored catalogue brought up to what the sources now say."""
    catalog = stored()
    catalog.update(extracted(), no_fuzzy_matching=True)
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
    return [f"{wrong}: {message.id!r}" for message in renewed() if message.id and (wrong := complaint(message))]


def main(arguments: list[str]) -> int:
    match arguments:
        case ["extract"]:
            catalog = renewed()
            save(catalog)
            missing = sum(1 for message in catalog if message.id and complaint(message))
            print(f"translations: {len(catalog)} messages, {missing} to translate")
            return 0
        case ["compile"]:
            if MO.exists() and MO.stat().st_mtime >= PO.stat().st_mtime:
                return 0
            with MO.open("wb") as stream:
                write_mo(stream, stored())
            print(f"translations: compiled {len(stored())} messages")
            return 0
        case ["check"]:
            found = problems()
            print("\n".join(found) if found else "translations: complete")
            return 1 if found else 0
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
