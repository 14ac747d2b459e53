"""The folder a screening left: what it found, for everybody or for one household.

An incremental screening keeps facts and outcomes only of the households it worked out again; for the others it
points to the folder before it (`basis` in manifest.json). Alerts and what could not be told are whole in every folder.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

RECOMPUTED = "recomputed.parquet"
"""The households an incremental screening worked out again, or found gone; no such file: all of them."""
INPUTS = "inputs.parquet"
"""A digest of each household's rows in the registry, by which the next screening sees what changed."""
MOST_STEPS = 12
"""So many incremental screenings at most stand on one whole screening: a year's monthly runs."""


class BrokenBasis(LookupError):  # noqa: N818 - named for what is wrong
    """A folder that another stands on is no longer there."""

    def __init__(self, folder: Path, lacking: str) -> None:
        self.message = f"{folder.name} 是在 {lacking} 的基础上增量筛查的，但那个结果已不在，请重新做一次完整筛查"
        super().__init__(self.message)


@dataclass(frozen=True)
class KeptResult:
    """The result in `folder`. Raises FileNotFoundError when there is none, BrokenBasis when a folder below is gone."""

    folder: Path

    @cached_property
    def manifest(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.folder / "manifest.json").read_text(encoding="utf-8"))
        return content

    @property
    def basis(self) -> "KeptResult | None":
        """The result this one was worked out upon; None for a whole screening."""
        name = self.manifest.get("basis")
        if not name:
            return None
        below = self.folder.parent / str(name)
        if not (below / "manifest.json").is_file():
            raise BrokenBasis(self.folder, str(name))
        return KeptResult(below)

    @cached_property
    def chain(self) -> tuple["KeptResult", ...]:
        """This result and those below it, newest first."""
        found: list[KeptResult] = []
        one: KeptResult | None = self
        while one is not None:
            found.append(one)
            one = one.basis
        return tuple(found)

    @cached_property
    def recomputed(self) -> pa.Array:
        """Keys of the households that were worked out again."""
        column = pq.read_table(self.folder / RECOMPUTED)["household_key"]
        return pa.array(column.combine_chunks(), pa.int64())

    def inputs(self) -> pa.Table:
        """The digest of each household's rows in the registry (see `INPUTS`)."""
        return pq.read_table(self.folder / INPUTS)

    def table(self, name: str, columns: list[str] | None = None) -> pa.Table:
        """A whole table: `alerts`, `household_facts` … Columns that an older part does not have are null."""
        parts: list[pa.Table] = []
        newer: list[pa.Array] = []
        for part in self.chain:
            if (part.folder / f"{name}.parquet").is_file():
                rows = pq.read_table(part.folder / f"{name}.parquet", columns=columns)
                for keys in newer:
                    rows = rows.filter(pc.invert(pc.is_in(rows["household_key"], value_set=keys)))
                parts.append(rows)
            if name in WHOLE or "basis" not in part.manifest:
                break
            newer.append(part.recomputed)
        return pa.concat_tables(parts, promote_options="default") if parts else pa.table({})

    def rows(self, name: str, household_key: int) -> list[dict[str, Any]]:
        """The rows of one household, from the folder in which it was last worked out."""
        part = self if name in WHOLE else self.holding(household_key)
        path = part.folder / f"{name}.parquet"
        if not path.is_file():
            return []
        found: list[dict[str, Any]] = pq.read_table(path, filters=[("household_key", "=", household_key)]).to_pylist()
        return found

    def holding(self, household_key: int) -> "KeptResult":
        """The result in which a household was last worked out."""
        return next(part for part in self._parts() if part._has(household_key))

    def _parts(self) -> Iterator["KeptResult"]:
        yield from self.chain

    def _has(self, household_key: int) -> bool:
        if not self.manifest.get("basis"):
            return True
        wanted = [("household_key", "=", household_key)]
        return bool(pq.read_table(self.folder / RECOMPUTED, filters=wanted).num_rows)


WHOLE = frozenset({"alerts", "cannot_tell", "region_alerts"})
"""Tables that every folder holds whole."""
