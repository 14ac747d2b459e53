"""The registry and the feeds given to an engine: which columns there are, and one typed table a source."""

from collections.abc import Mapping
from dataclasses import replace

from doudi.rulebook import Rulebook
from doudi.rulebook.sources import HOUSEHOLD, INCOME, PERSON, REGISTRY
from doudi.rulebook.value_types import NUMBER, TEXT, ColumnType
from doudi.screening.engines.duckdb import KEYS
from doudi.screening.engines.engine import Engine
from doudi.screening.inputs import FeedRows, RegistryTables, Rows, columns_of, never_null
from doudi.screening.sql.sources import Holding, table_name

FURTHER: Mapping[str, Mapping[str, ColumnType]] = {
    HOUSEHOLD: {"phone_key": NUMBER},
}
"""Columns of the registry's tables that no fact reads by itself, but tables of shared things do."""


def raw_tables(registry: RegistryTables, feeds: Mapping[str, FeedRows]) -> dict[str, Rows]:
    """Source → rows, of the registry and the feeds that stand."""
    tables: dict[str, Rows] = {HOUSEHOLD: registry.household, PERSON: registry.person, INCOME: registry.income}
    return tables | {feed: rows.rows for feed, rows in feeds.items()}


def add_raw(
    engine: Engine, raw: Mapping[str, Rows], feeds: Mapping[str, FeedRows], rulebook: Rulebook
) -> dict[str, Holding]:
    """Make every source known to the engine as `raw_…`; what each holds. Raises ValueError for a lacking key."""
    holdings = {source: _holding(source, rows, feeds, rulebook) for source, rows in raw.items()}
    for source, rows in raw.items():
        engine.add(f"raw_{table_name(source)}", rows)
    years = engine.column("SELECT DISTINCT income_year FROM raw_registry_income WHERE income_year IS NOT NULL")
    holdings[INCOME] = replace(holdings[INCOME], years=frozenset(map(int, years)))
    return holdings


def regions_of(engine: Engine) -> list[str]:
    """The regions in which households live."""
    return engine.column("SELECT DISTINCT region_code FROM raw_registry_household WHERE region_code IS NOT NULL")


def add_typed(
    engine: Engine, raw: Mapping[str, Rows], wanted: Mapping[str, frozenset[str]], rulebook: Rulebook
) -> None:
    """Make the tables of the screening, each with its keys and the columns wanted of it (by table name)."""
    for source in raw:
        declared = {**rulebook.sources[source].columns, **FURTHER.get(source, {})}
        columns = {name: declared[name] for name in sorted(wanted[table_name(source)])}
        for key in _keys(source, rulebook):
            columns[key] = TEXT if key == "region_code" else NUMBER
        engine.typed(table_name(source), f"raw_{table_name(source)}", columns)


def check_whole(engine: Engine) -> None:
    """A household must have stayed one row, or everything of it would count twice."""
    rows, households = engine.row(
        "SELECT (SELECT COUNT(*) FROM household_facts), (SELECT COUNT(DISTINCT household_key) FROM registry_household)"
    )
    if rows != households:
        raise ValueError("登记簿里同一户出现多次，或同一户同一收入年度有多条收入，请清理后重新导入")


def _keys(source: str, rulebook: Rulebook) -> tuple[str, ...]:
    """The columns that a table must have besides those that facts read."""
    own = ("region_code",) if rulebook.sources[source].subject == "region" else ("person_key",)
    return KEYS.get(source, own)


def _holding(source: str, rows: Rows, feeds: Mapping[str, FeedRows], rulebook: Rulebook) -> Holding:
    columns = columns_of(rows)
    required = set(_keys(source, rulebook))
    if lacking := sorted(required - columns):
        title = REGISTRY[source].title if source in REGISTRY else source
        raise ValueError(f"{title}缺少字段：{'、'.join(lacking)}，请重新导入")
    lacked = feeds[source].lacking if source in feeds else frozenset()
    return Holding(columns - lacked, never_null(rows))
