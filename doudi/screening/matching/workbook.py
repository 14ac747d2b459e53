"""The workbook in which a person decides doubtful rows without the web: a line for every candidate, and back again.

The last column names row and candidate by keys and must stay; the others may be moved, and everything may be sorted.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from doudi.feeds.problems import Limits
from doudi.feeds.snapshot import Snapshot
from doudi.feeds.values import plain
from doudi.feeds.workbook import open_grids, open_source
from doudi.matching.decisions import DECIDED, DOUBTFUL, Decision
from doudi.matching.links import candidates_of, links_of
from doudi.matching.model import Model
from doudi.screening.books.workbook import Cells, book_at, label

CHOICE, KEY = "认定", "识别码（勿改）"
YES, BACK = "是", "撤销"
NOBODY = "以上都不是"
COLUMNS = (
    (CHOICE, 8), ("数据", 20), ("月份", 10), ("行号", 8), ("表中姓名", 12), ("表中村", 18), ("候选", 8),
    ("登记姓名", 12), ("性别", 6), ("出生日期", 12), ("户编号", 18), ("户主", 12), ("依据", 50), ("把握", 10),
    (KEY, 26),
)  # fmt: skip
_LEAD = (
    "存疑待认定的行",
    f"在对的候选一行的“{CHOICE}”栏写“{YES}”；都不对，在“{NOBODY}”一行写“{YES}”；撤销以前的认定写“{BACK}”。没有把握的留空。",
)


class UnclearChoices(ValueError):  # noqa: N818 - named for what is wrong
    """A workbook that decides nothing clearly; `message` says where, and what to do."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


@dataclass(frozen=True)
class Choices:
    """What was decided in a workbook: `decisions` of rows, `taken_back` of them decisions undone."""

    decisions: tuple[Decision, ...]

    @property
    def taken_back(self) -> int:
        return sum(one.taken_back for one in self.decisions)


def write_doubtful(snapshots: Iterable[Snapshot], persons: pa.Table, path: Path, *, model: Model) -> int:
    """Write the rows that wait for a decision, then those decided; gives how many wait. `persons`: `rows.PERSONS`."""
    waiting: list[Cells] = []
    done: list[Cells] = []
    rows = 0
    for snapshot in snapshots:
        links, candidates = links_of(snapshot.folder), candidates_of(snapshot.folder)
        if links is None or candidates is None:
            continue
        told = _told(snapshot)
        doubtful = links.filter(pc.equal(links["band"], DOUBTFUL))
        rows += doubtful.num_rows
        waiting += _candidate_lines(snapshot, doubtful, candidates, told, persons, model)
        decided = links.filter(pc.fill_null(pc.equal(links["method"], DECIDED), False))
        done += _decided_lines(snapshot, decided, told, persons)
    with book_at(path) as book:
        book.sheet("存疑待认定", COLUMNS, waiting, lead=_LEAD)
        book.sheet("已认定", COLUMNS, done, lead=("已认定的行", _LEAD[1]))
    return rows


def read_choices(path: Path, *, by: str, at: datetime) -> Choices:
    """What stands in a workbook that came back. The same workbook read twice says the same.

    Raises UnreadableFile for what is no workbook; UnclearChoices when it is none of ours, its keys are gone, or a row
    was decided for two persons.
    """
    chosen: dict[int, tuple[int | None, bool, int]] = {}
    found = False
    with open_source(path) as stream:
        for grid in open_grids(stream, Limits()):
            header: Mapping[str, int] = {}
            for number, row in enumerate(grid.rows(), 1):
                cells = [plain(cell) for cell in row]
                if not header:
                    header = {text: at for at, text in enumerate(cells) if text} if CHOICE in cells else {}
                    if header and KEY not in header:
                        raise UnclearChoices(f"“{grid.name}”缺少“{KEY}”一列，认不出是哪些行，请重新导出后填写")
                    found |= bool(header)
                    continue
                _take(chosen, cells, header, number, grid.name)
    if not found:
        raise UnclearChoices(f"没有找到“{CHOICE}”一栏，这不是存疑待认定的工作簿，请用 doudi match run --out 导出")
    return Choices(
        tuple(Decision(key, person, by, at, taken_back=back) for key, (person, back, _line) in chosen.items())
    )


def _take(
    chosen: dict[int, tuple[int | None, bool, int]],
    cells: Sequence[str],
    header: Mapping[str, int],
    number: int,
    sheet: str,
) -> None:
    choice, key = (cells[header[name]] if header[name] < len(cells) else "" for name in (CHOICE, KEY))
    if not choice:
        return
    if choice not in (YES, BACK):
        raise UnclearChoices(f"“{sheet}”第{number}行的“{CHOICE}”只能写“{YES}”或“{BACK}”，写的是“{choice[:20]}”")
    try:
        written, person = key.split("/")
        decision = (int(written), int(person) if person != "-" else None)
    except ValueError as error:
        raise UnclearChoices(f"“{sheet}”第{number}行的识别码被改动，认不出是哪一行，请重新导出") from error
    before = chosen.get(decision[0])
    now = (decision[1], choice == BACK, number)
    if before is not None and before[:2] != now[:2]:
        raise UnclearChoices(f"“{sheet}”第{before[2]}行和第{number}行是同一行数据，却认定为两个人，请只留一个")
    chosen[decision[0]] = now


def _told(snapshot: Snapshot) -> dict[int, Mapping[str, Any]]:
    """Row number → what the department's row says of the person."""
    columns = [
        name for name in ("row", "name", "township", "village") if name in pq.read_schema(snapshot.delivered).names
    ]
    return {one["row"]: one for one in pq.read_table(snapshot.delivered, columns=columns).to_pylist()}


def _candidate_lines(
    snapshot: Snapshot, links: pa.Table, candidates: pa.Table, told: Mapping[int, Mapping[str, Any]],
    persons: pa.Table, model: Model,
) -> Iterator[Cells]:  # fmt: skip
    registered = _registered(persons, candidates)
    by_row: dict[int, list[Mapping[str, Any]]] = {}
    for one in candidates.to_pylist():
        by_row.setdefault(one["row"], []).append(one)
    for link in links.to_pylist():
        if link["written_key"] is None:
            continue
        row = _row(snapshot, link, told)
        for one in by_row.get(link["row"], []):
            person = registered.get((one["person_key"], one["household_key"]), {})
            evidence = json.loads(one.get("evidence") or "{}")
            because = "，".join(model.title(field, level) for field, level in evidence.items())
            yield ("", *row, one["rank"], *_person(person), because, _percent(one.get("score")), _key(link, one))
        yield ("", *row, NOBODY, *[""] * 7, f"{link['written_key']}/-")


def _decided_lines(
    snapshot: Snapshot, links: pa.Table, told: Mapping[int, Mapping[str, Any]], persons: pa.Table
) -> Iterator[Cells]:
    registered = _registered(persons, links)
    for link in links.to_pylist():
        person = registered.get((link["person_key"], link["household_key"]), {})
        who = f"{link.get('decided_by') or ''}认定"
        decision = "" if person else "查无此人"
        yield ("", *_row(snapshot, link, told), decision, *_person(person), who, "", _key(link, link))


def _row(snapshot: Snapshot, link: Mapping[str, Any], told: Mapping[int, Mapping[str, Any]]) -> tuple[Any, ...]:
    said = told.get(link["row"], {})
    place = f"{said.get('township') or ''}{said.get('village') or ''}"
    return (snapshot.manifest["title"], str(snapshot.month), link["row"], said.get("name") or "", place)


def _person(person: Mapping[str, Any]) -> tuple[Any, ...]:
    if not person:
        return ("",) * 5
    sex = label("sex", person["sex"]) if person.get("sex") else ""
    return (person["name"], sex, person.get("birth_date"), person.get("household_no"), person.get("head_name"))


def _key(link: Mapping[str, Any], who: Mapping[str, Any]) -> str:
    return f"{link['written_key']}/{who['person_key'] if who['person_key'] is not None else '-'}"


def _percent(score: float | None) -> str:
    if score is None:
        return ""
    return "99.9%以上" if score > 0.999 else f"{score:.1%}"


def _registered(persons: pa.Table, named: pa.Table) -> dict[tuple[int, int], Mapping[str, Any]]:
    found = persons.filter(pc.is_in(persons["person_key"], named["person_key"].combine_chunks()))
    return {(one["person_key"], one["household_key"]): one for one in found.to_pylist()}
