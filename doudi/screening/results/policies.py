"""What a screening found about policies for one household."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from doudi.screening.run import ScreeningResult
from doudi.standards.codes import EntitlementState


@dataclass(frozen=True, slots=True)
class Entitlement:
    """What became of one policy for a household or a member."""

    policy_id: str
    person_key: int | None
    state: str
    amount: float | None
    received: float | None
    sentence: str
    sentence_en: str


def entitlements_of(result: ScreeningResult | Path, household_key: int) -> list[Entitlement]:
    """The rows about one household: what it lacks first, then what it has wrongly, what is to be checked, what it has.

    `result` is a fresh one or the folder one was written to; without policies in it there are none.
    """
    order = [str(state.value) for state in EntitlementState]
    found = [
        Entitlement(
            row["policy_id"],
            row["person_key"],
            row["state"],
            row["amount"],
            row["received"],
            row["sentence"],
            row["sentence_en"],
        )
        for row in _rows(result, household_key)
    ]
    return sorted(found, key=lambda one: (order.index(one.state), one.policy_id, one.person_key or 0))


def _rows(result: ScreeningResult | Path, household_key: int) -> list[Mapping[str, Any]]:
    table: pa.Table
    if isinstance(result, ScreeningResult):
        table = result.entitlements
        table = table.filter(pc.equal(table["household_key"], household_key))
    else:
        path = result / "entitlements.parquet"
        if not path.is_file():
            return []
        table = pq.read_table(path, filters=[("household_key", "=", household_key)])
    rows: list[Mapping[str, Any]] = table.to_pylist()
    return rows
