"""What people decided about rows that could be about one person or another: remembered for the months to come.

A decision belongs to what stands in the row (id as written, name, birth date, village: `written_key`), not to the
file, so that the same row in next month's sheet needs no second look. `person_key` null: the row is about nobody in the
registry. The last decision on a row counts; one that was taken back does not.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from doudi.feeds.snapshot import to_disk

DECISIONS = pa.schema(
    [
        ("written_key", pa.int64()),
        ("person_key", pa.int64()),
        ("decided_by", pa.string()),
        ("decided_at", pa.timestamp("us", tz="UTC")),
    ]
)
DECIDED = "decided"
"""The method of a link that a person decided."""
SURE, DOUBTFUL, NONE = "sure", "doubtful", "none"
"""Bands of links: taken, for a person to decide, nobody."""
_MATCHED = ("person_key", "household_key", "method", "score", "band")
"""What a decision changes of a link; `matched_…` keeps what matching had said."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One word of a person. `person_key`: null for nobody; `taken_back`: what was decided before counts no more."""

    written_key: int
    person_key: int | None
    decided_by: str
    decided_at: datetime
    taken_back: bool = False


@dataclass(frozen=True)
class DecisionFile:
    """Decisions beside the snapshots of an installation without a database: lines are added, none is changed."""

    path: Path

    @classmethod
    def beside(cls, snapshots: Path) -> "DecisionFile":
        return cls(snapshots / "decisions.jsonl")

    def lines(self) -> list[Decision]:
        """Everything ever decided, in order. A last line that a power cut left half written is passed over."""
        if not self.path.is_file():
            return []
        texts = self.path.read_text(encoding="utf-8").split("\n")
        return [_decision(text) for text in texts[:-1] if text]

    def table(self) -> pa.Table:
        """The decisions that stand, one a row as written."""
        return standing_decisions(self.lines())

    def add(self, decisions: Iterable[Decision]) -> int:
        """Remember; what stands already word by word is not written again. Gives how many were new."""
        standing = {one.written_key: one for one in self.lines()}
        lines: list[str] = []
        for one in decisions:
            before = standing.get(one.written_key)
            if before is not None and (before.person_key, before.taken_back) == (one.person_key, one.taken_back):
                continue
            standing[one.written_key] = one
            content = {
                "written_key": one.written_key,
                "person_key": one.person_key,
                "by": one.decided_by,
                "at": one.decided_at.isoformat(),
                "taken_back": one.taken_back,
            }
            lines.append(json.dumps(content, ensure_ascii=False) + "\n")
        if lines:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._end_last_line()
            with self.path.open("a", encoding="utf-8") as file:
                file.write("".join(lines))
                file.flush()
                os.fsync(file.fileno())
            to_disk(self.path.parent)
        return len(lines)

    def _end_last_line(self) -> None:
        """Drop what a power cut left half written, so that it does not spoil the line after it."""
        if not self.path.is_file():
            return
        with self.path.open("rb+") as file:
            content = file.read()
            file.truncate(content.rfind(b"\n") + 1)


def standing_decisions(decisions: Iterable[Decision]) -> pa.Table:
    """Of all that was decided, in order, what stands: `DECISIONS`, sorted by `written_key`."""
    last = {one.written_key: one for one in decisions}
    standing = [last[key] for key in sorted(last) if not last[key].taken_back]
    columns = [[getattr(one, name) for one in standing] for name in DECISIONS.names]
    return pa.table(columns, schema=DECISIONS)


def decided(links: pa.Table, decisions: pa.Table | None, persons: pa.Table) -> pa.Table:
    """Links with what people decided in them, and what matching had said beside it (`matched_…`).

    `links` have `written_key`; one that was decided before is first set back to what matching said. A decision for a
    person whom the registry no longer has does not count: the row is to be looked at again. `persons`: person_key,
    household_key.
    """
    for name in _MATCHED:
        said = f"matched_{name}"
        if said in links.column_names:
            links = links.set_column(links.column_names.index(name), name, links[said])
        else:
            links = links.append_column(said, links[name])
    found = pa.nulls(links.num_rows, pa.int32())
    if decisions is not None and decisions.num_rows:
        there = pc.or_(
            pc.is_null(decisions["person_key"]),
            pc.is_in(decisions["person_key"], persons["person_key"].combine_chunks()),
        )
        decisions = decisions.filter(there)
        found = pc.index_in(links["written_key"], decisions["written_key"].combine_chunks())
    else:
        decisions = DECISIONS.empty_table()
    is_decided = pc.is_valid(found)
    person = decisions["person_key"].combine_chunks().take(found)
    at = pc.index_in(person, persons["person_key"].combine_chunks(), skip_nulls=True)
    said_now = {
        "person_key": person,
        "household_key": persons["household_key"].combine_chunks().take(at),
        "method": pa.array([DECIDED] * links.num_rows, pa.string()),
        "score": pa.nulls(links.num_rows, links.schema.field("score").type),
        "band": pc.if_else(pc.is_valid(person), SURE, NONE),
    }
    for name, said in said_now.items():
        kind = links.schema.field(name).type
        links = links.set_column(
            links.column_names.index(name), name, pc.if_else(is_decided, said.cast(kind), links[name])
        )
    for name in ("decided_by", "decided_at"):
        values = decisions[name].combine_chunks().take(found)
        where = links.column_names.index(name) if name in links.column_names else None
        links = links.append_column(name, values) if where is None else links.set_column(where, name, values)
    return links


def _decision(text: str) -> Decision:
    line = json.loads(text)
    at = datetime.fromisoformat(line["at"])
    return Decision(line["written_key"], line["person_key"], line["by"], at, line["taken_back"])
