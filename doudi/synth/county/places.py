"""The townships and villages of the county, and which household lives where."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from doudi.synth.county.arrays import Ints, chance
from doudi.synth.county.identity import AREA
from doudi.synth.county.names import CITY, COUNTY, PROVINCE, township_names, village_names

HOUSEHOLDS_A_VILLAGE = 325
VILLAGES_A_TOWNSHIP = 28
FEWEST_TOWNSHIPS, USUAL_MOST_TOWNSHIPS, FEWEST_VILLAGES = 3, 12, 3
_MOST_BELOW_ONE = 900


@dataclass(frozen=True, slots=True)
class Places:
    """Villages by index, and the village index of every household (in order of village)."""

    townships: tuple[tuple[str, str], ...]
    villages: tuple[tuple[str, str], ...]
    township_of_village: Ints
    village_of_household: Ints

    def table(self) -> pa.Table:
        """The region sheet: county, townships, villages with their codes, and the levels above."""
        above = [("14" + "0" * 10, PROVINCE), (AREA[:4] + "0" * 8, CITY), (AREA + "0" * 6, COUNTY)]
        rows = sorted([*above, *self.townships, *self.villages])
        return pa.table({"region_code": [code for code, _ in rows], "name": [name for _, name in rows]})


def make_places(households: int, seed: int) -> Places:
    """Villages of about 250–400 households; never fewer than three townships of three villages."""
    rng = chance(seed, "places")
    wanted = max(FEWEST_TOWNSHIPS * FEWEST_VILLAGES, round(households / HOUSEHOLDS_A_VILLAGE))
    count = int(np.clip(round(wanted / VILLAGES_A_TOWNSHIP), FEWEST_TOWNSHIPS, USUAL_MOST_TOWNSHIPS))
    count = max(count, -(-wanted // _MOST_BELOW_ONE))
    shares = np.full(count, wanted // count) + (np.arange(count) < wanted % count)
    townships: list[tuple[str, str]] = []
    villages: list[tuple[str, str]] = []
    owner: list[int] = []
    for number, (name, share) in enumerate(zip(township_names(count), shares.tolist(), strict=True)):
        code = f"{AREA}{number + 1:03d}"
        townships.append((code + "000", name))
        villages += [(f"{code}{i + 1:03d}", village) for i, village in enumerate(village_names(rng, share))]
        owner += [number] * share
    weights = rng.uniform(250, 400, size=len(villages))
    edges = np.round(np.cumsum(weights) / weights.sum() * households).astype(np.int64)
    sizes = np.diff(np.concatenate(([0], edges)))
    return Places(
        townships=tuple(townships),
        villages=tuple(villages),
        township_of_village=np.array(owner, dtype=np.int64),
        village_of_household=np.repeat(np.arange(len(villages)), sizes),
    )
