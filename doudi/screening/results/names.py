"""Names for the keys in a result: which household, where, whose head, which person; never an id in full."""

from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from doudi.screening.inputs import RegistryTables, Rows, columns_of
from doudi.standards.regions import RegionTree


@dataclass(frozen=True, slots=True)
class HouseholdName:
    """A household as people know it."""

    household_no: str
    head_name: str
    township: str
    village: str
    helper_name: str


def _read(rows: Rows, columns: Iterable[str], key: str, keys: pa.Array) -> list[dict[str, object]]:
    wanted = [name for name in columns if name in columns_of(rows)]
    parts = (
        [rows.select(wanted)] if isinstance(rows, pa.Table) else [pq.read_table(path, columns=wanted) for path in rows]
    )
    table = pa.concat_tables(parts, promote_options="default")
    return list(table.filter(pc.is_in(table[key], keys)).to_pylist())


def household_names(registry: RegistryTables, keys: Iterable[int]) -> dict[int, HouseholdName]:
    """Names of the households with these keys; those that the registry does not have are left out."""
    tree = _tree(registry)
    columns = ("household_key", "household_no", "head_name", "region_code", "helper_name")
    found: dict[int, HouseholdName] = {}
    for row in _read(registry.household, columns, "household_key", _keys(keys)):
        code = str(row.get("region_code") or "")
        village, township = code, f"{code[:9]}000"
        found[int(str(row["household_key"]))] = HouseholdName(
            household_no=str(row.get("household_no") or ""),
            head_name=str(row.get("head_name") or ""),
            township=_place(tree, township),
            village=_place(tree, village),
            helper_name=str(row.get("helper_name") or ""),
        )
    return found


def person_names(registry: RegistryTables, keys: Iterable[int]) -> dict[int, str]:
    rows = _read(registry.person, ("person_key", "name"), "person_key", _keys(keys))
    return {int(str(row["person_key"])): str(row.get("name") or "") for row in rows}


def household_key_of(registry: RegistryTables, household_no: str) -> int:
    """The key of the household with a number. Raises LookupError."""
    rows = _read(
        registry.household, ("household_key", "household_no"), "household_no", pa.array([household_no.strip()])
    )
    if not rows:
        raise LookupError(f"登记簿里没有户编号 {household_no}，请检查号码")
    return int(str(rows[0]["household_key"]))


def place_names(registry: RegistryTables) -> dict[str, str]:
    """Region code → name, of all regions that the registry lists."""
    if registry.regions is None:
        return {}
    rows = registry.regions
    table = rows if isinstance(rows, pa.Table) else pa.concat_tables([pq.read_table(path) for path in rows])
    return {
        code: name
        for code, name in zip(table["region_code"].to_pylist(), table["name"].to_pylist(), strict=True)
        if code and name
    }


def _keys(keys: Iterable[int]) -> pa.Array:
    return pa.array(sorted({key for key in keys if key is not None}), pa.int64())


def _tree(registry: RegistryTables) -> RegionTree:
    if registry.regions is None:
        return RegionTree([])
    rows = registry.regions
    table = rows if isinstance(rows, pa.Table) else pa.concat_tables([pq.read_table(path) for path in rows])
    pairs = zip(table["region_code"].to_pylist(), table["name"].to_pylist(), strict=True)
    return RegionTree([(code, name) for code, name in pairs if code and name])


def _place(tree: RegionTree, code: str) -> str:
    try:
        return tree.name(code) or ""
    except ValueError:
        return ""
