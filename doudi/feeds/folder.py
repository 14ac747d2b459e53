"""All sheets of a folder, as a data officer collects them: each file's feed and month found out, bad ones named."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from doudi.feeds.contract import Contract
from doudi.feeds.problems import Limits, UnreadableFile
from doudi.feeds.sheet import Progress, SheetReading, read_sheet
from doudi.standards.periods import Month

SUFFIXES = frozenset({".xlsx", ".xls", ".xlsm", ".et", ".csv", ".tsv", ".txt"})
"""Names of files that are taken for sheets; others are passed over."""
_MONTH_SHAPES = (
    re.compile(r"(?<!\d)(20\d{2})\s*[年.\-_/]\s*(1[0-2]|0?[1-9])\s*(?:月|(?![\d年]))"),
    re.compile(r"(?<!\d)(20\d{2})(1[0-2]|0[1-9])(?:[0-3]\d)?(?!\d)"),
)


@dataclass(frozen=True)
class FolderFile:
    """One file of a folder: what was read from it, or why nothing was. `month` is the month of the delivery."""

    path: Path
    month: Month
    reading: SheetReading | None = None
    problem: UnreadableFile | None = None


def month_named(text: str) -> Month | None:
    """The month that a file name or title line names (202307, 2023-07, 2023年7月), else None; of several the last."""
    folded = unicodedata.normalize("NFKC", text)
    for shape in _MONTH_SHAPES:
        found = shape.findall(folded)
        if found:
            return Month(int(found[-1][0]), int(found[-1][1]))
    return None


def month_of_delivery(file_name: str, title: str, *, as_of: date) -> Month:
    """By the file's name, else its title line, else the month in which the day before `as_of` lies."""
    named = month_named(Path(file_name).stem) or month_named(title)
    return named or Month(as_of - timedelta(days=1))


def read_folder(
    folder: Path,
    *,
    contracts: Mapping[str, Contract],
    as_of: date,
    limits: Limits | None = None,
    progress: Progress | None = None,
) -> Iterator[FolderFile]:
    """Read every sheet in a folder and below it, in order of their names; a file that cannot be read stops no other.

    `progress` hears the file's name and the share of files done.
    """
    paths = sheet_paths(folder)
    for number, path in enumerate(paths):
        if progress:
            progress(path.name, number / len(paths))
        try:
            reading = read_sheet(path, contracts=contracts, limits=limits)
        except UnreadableFile as problem:
            yield FolderFile(path, month_of_delivery(path.name, "", as_of=as_of), problem=problem)
        except OSError as error:
            refused = UnreadableFile("corrupt", f"打不开文件({error.strerror or '读取失败'}),请检查文件权限后重试")
            yield FolderFile(path, month_of_delivery(path.name, "", as_of=as_of), problem=refused)
        else:
            yield FolderFile(path, month_of_delivery(path.name, reading.title, as_of=as_of), reading=reading)
    if progress:
        progress("", 1.0)


def sheet_paths(folder: Path) -> list[Path]:
    """The files of a folder that are taken for sheets; hidden ones and Excel's lock files (~$…) are not."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and path.suffix.lower() in SUFFIXES and not path.name.startswith((".", "~$"))
    )
