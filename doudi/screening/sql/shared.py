"""What rows of the registry have in common with others: the statements of the tables `shared_<source>`.

Each has at most one row a person (of a household) or household; who shares nothing may have none. They are made over
the whole registry, also where only some households are judged.
"""
# ruff: noqa: S608 - fixed text; years are numbers

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from doudi.rulebook.sources import HOUSEHOLD, INCOME, PERSON

_COUNTED = "COALESCE(status, 'active')"
_INCOMES = ("wage_income", "production_gross", "production_cost", "property_income", "transfer_income")


@dataclass(frozen=True, slots=True)
class Shared:
    """How a table of shared things is made: the columns it reads of each registry table, and its statement."""

    reads: Mapping[str, frozenset[str]]
    sql: Callable[[int], str]
    """Of the last completed income year."""
    never_null: frozenset[str] = frozenset()


def _same_person(_year: int) -> str:
    several = (
        "SELECT r.* FROM registry_person r JOIN ("
        "SELECT person_key FROM registry_person GROUP BY person_key HAVING COUNT(*) > 1"
        ") d ON d.person_key = r.person_key"
    )
    return (
        "SELECT p.person_key, p.household_key, n.households, n.active_households, n.dead_entries "
        "FROM registry_person p JOIN ("
        "SELECT person_key, COUNT(DISTINCT household_key) AS households, "
        f"COUNT(DISTINCT CASE WHEN {_COUNTED} = 'active' THEN household_key END) AS active_households, "
        f"COUNT(CASE WHEN {_COUNTED} = 'dead' THEN 1 END) AS dead_entries "
        f"FROM ({several.replace('r.*', 'r.person_key, r.household_key, r.status')}) s GROUP BY person_key"
        ") n ON n.person_key = p.person_key"
    )


def _same_name(_year: int) -> str:
    return (
        "SELECT p.person_key, p.household_key, n.persons FROM registry_person p JOIN ("
        "SELECT household_key, name, birth_date, COUNT(*) AS persons FROM registry_person "
        f"WHERE name IS NOT NULL AND birth_date IS NOT NULL AND {_COUNTED} = 'active' "
        "GROUP BY household_key, name, birth_date HAVING COUNT(*) > 1"
        ") n ON n.household_key = p.household_key AND n.name = p.name AND n.birth_date = p.birth_date"
    )


def _head_written(_year: int) -> str:
    return (
        "SELECT h.household_key, COUNT(CASE WHEN p.relation = 'head' AND p.name = h.head_name THEN 1 END) "
        "AS heads_so_named, COUNT(CASE WHEN p.name = h.head_name THEN 1 END) AS members_so_named "
        "FROM registry_household h JOIN registry_person p ON p.household_key = h.household_key "
        f"WHERE h.head_name IS NOT NULL AND p.name IS NOT NULL AND {_COUNTED.replace('status', 'p.status')} = 'active' "
        "GROUP BY h.household_key"
    )


def _same_phone(_year: int) -> str:
    return (
        "SELECT h.household_key, n.households FROM registry_household h JOIN ("
        "SELECT phone_key, COUNT(*) AS households FROM registry_household WHERE phone_key IS NOT NULL "
        "GROUP BY phone_key HAVING COUNT(*) > 1) n ON n.phone_key = h.phone_key"
    )


def _income_twins(year: int) -> str:
    amounts = [f"COALESCE(i.{name}, 0) AS {name}" for name in _INCOMES]
    rows = (
        f"SELECT i.household_key, h.region_code, {', '.join(amounts)} FROM registry_income i "
        f"JOIN registry_household h ON h.household_key = i.household_key WHERE i.income_year = {int(year)}"
    )
    keys = ", ".join(("region_code", *_INCOMES))
    anything = " OR ".join(f"{name} <> 0" for name in _INCOMES)
    same = " AND ".join(f"n.{name} = i.{name}" for name in ("region_code", *_INCOMES))
    return (
        f"SELECT i.household_key, n.households FROM ({rows}) i JOIN ("
        f"SELECT {keys}, COUNT(*) AS households FROM ({rows}) a WHERE {anything} GROUP BY {keys} HAVING COUNT(*) > 1"
        f") n ON {same}"
    )


def _helper_load(_year: int) -> str:
    township = "SUBSTRING(region_code, 1, 9)"
    return (
        "SELECT h.household_key, n.households FROM registry_household h JOIN ("
        f"SELECT helper_name, {township} AS township, COUNT(*) AS households FROM registry_household "
        f"WHERE helper_name IS NOT NULL GROUP BY helper_name, {township}"
        f") n ON n.helper_name = h.helper_name AND n.township = SUBSTRING(h.region_code, 1, 9)"
    )


def _id_place(_year: int) -> str:
    same = [f"SUBSTRING(h.region_code, 1, {length}) = SUBSTRING(p.id_area, 1, {length})" for length in (2, 6)]
    return (
        f"SELECT p.person_key, p.household_key, {same[0]} AS same_province, {same[1]} AS same_county "
        "FROM registry_person p JOIN registry_household h ON h.household_key = p.household_key "
        f"WHERE NOT ({same[1]})"
    )


_NAMES = frozenset({"name", "birth_date", "status"})
TABLES: Final[Mapping[str, Shared]] = {
    "same_person": Shared({PERSON: frozenset({"status"})}, _same_person,
                          frozenset({"households", "active_households", "dead_entries"})),
    "same_name": Shared({PERSON: _NAMES}, _same_name, frozenset({"persons"})),
    "head_written": Shared({HOUSEHOLD: frozenset({"head_name"}), PERSON: frozenset({"name", "relation", "status"})},
                           _head_written, frozenset({"heads_so_named", "members_so_named"})),
    "same_phone": Shared({HOUSEHOLD: frozenset({"phone_key"})}, _same_phone, frozenset({"households"})),
    "income_twins": Shared({INCOME: frozenset(_INCOMES)}, _income_twins, frozenset({"households"})),
    "helper_load": Shared({HOUSEHOLD: frozenset({"helper_name"})}, _helper_load, frozenset({"households"})),
    "id_place": Shared({PERSON: frozenset({"id_area"})}, _id_place, frozenset({"same_province", "same_county"})),
}  # fmt: skip
"""Source of `rulebook.sources.SHARED` → how it is made. Tables always have their keys (`duckdb.KEYS`) besides."""
