"""Several fictitious counties as Parquet, laid out as `doudi screen --province` reads them.

    <out>/county=149901/{registry,snapshots,truth}/…, <out>/county=149902/…

The counties bear the codes from 149901 on; each is made of a seed of its own.
"""

from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from doudi.standards.pseudonym import Pseudonymiser
from doudi.synth.county.identity import AREA
from doudi.synth.snapshots import write_snapshots
from doudi.synth.write import Progress, Written

MOST_COUNTIES = 99


def county_codes(counties: int) -> list[str]:
    """Codes of fictitious counties. Raises ValueError for more than there are codes."""
    if not 1 <= counties <= MOST_COUNTIES:
        raise ValueError(f"虚构县的个数应在 1 到 {MOST_COUNTIES} 之间")
    return [str(int(AREA) + number) for number in range(counties)]


def write_province(
    *,
    counties: int,
    households: int,
    seed: int,
    out: Path,
    rules_root: Path,
    as_of: date = date(2023, 8, 1),
    pseudonymiser: Pseudonymiser | None = None,
    progress: Progress | None = None,
) -> list[Written]:
    """Write `counties` counties of `households` households each. Raises ValueError.

    Without a pseudonymiser each county's keys come of a secret of its own.
    """
    found: list[Written] = []
    for number, code in enumerate(county_codes(counties)):
        if progress:
            progress(code, number, counties)
        folder = out / f"county={code}"
        found.append(
            write_snapshots(
                households=households,
                seed=seed + number,
                out=folder,
                rules_root=rules_root,
                as_of=as_of,
                pseudonymiser=pseudonymiser,
            )
        )
        move_county(folder.rglob("*.parquet"), code)
    return found


def move_county(files: Iterable[Path], code: str) -> None:
    """Give the places in Parquet files the code of another county."""
    for path in files:
        if "region_code" not in pq.read_schema(path).names:
            continue
        table = pq.read_table(path)
        places = table["region_code"]
        moved = pc.if_else(pc.starts_with(places, AREA), pc.binary_replace_slice(places, 0, len(AREA), code), places)
        index = table.column_names.index("region_code")
        table = table.set_column(index, table.schema.field(index), moved.cast(pa.string()))
        pq.write_table(table, path, compression="zstd", row_group_size=122_880)
