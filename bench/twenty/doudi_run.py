"""The twenty rules in doudi: `doudi_run.py FOLDER AS_OF NUMBERS.json OUT.parquet`; their files are read as well."""

import sys
from datetime import date
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
import pyarrow.parquet as pq

from doudi.feeds.snapshot import list_snapshots
from doudi.rulebook import load_rulebook
from doudi.screening.inputs import RegistryTables
from doudi.screening.run import screen
from twenty.shared import RULES, Numbers, measured


def flagged(folder: Path, as_of: date, _numbers: Numbers) -> dict[str, Any]:
    result = screen(
        rulebook=load_rulebook(folder / "rules"),
        registry=RegistryTables.from_folder(folder / "registry"),
        snapshots=list_snapshots(folder / "snapshots"),
        as_of=as_of,
        rules=RULES,
    )
    return {"pairs": result.flagged, "rules": len(result.plan.rules)}


if __name__ == "__main__":
    measured(flagged, lambda pairs, out: pq.write_table(pairs, out))
