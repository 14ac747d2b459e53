"""The registry from its sheets: regions, households, persons and yearly incomes, checked against each other."""

import os
import secrets
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from doudi.feeds.derived import with_person_columns
from doudi.feeds.income import COMPONENTS, INCOME_COLUMNS, TOTALS, assemble_incomes
from doudi.feeds.problems import Problem
from doudi.feeds.recomputing import member_keys, phone_keys
from doudi.feeds.regions_of_households import assemble_regions, place_households
from doudi.feeds.sheet import SheetReading
from doudi.standards.pseudonym import Pseudonymiser

_INCOME_OF_HOUSEHOLD = ("income_year", *COMPONENTS, *TOTALS)
_BOTH_INSURANCES = {
    "insured_medical": ("insured_medical_resident", "insured_medical_worker"),
    "insured_pension": ("insured_pension_resident", "insured_pension_worker"),
}


@dataclass(frozen=True)
class Registry:
    """Everything the registry's sheets say, with plain ids, as the database keeps them encrypted.

    `rejects` are rows left out although they could be read, `warnings` what is doubtful in rows kept; both name the
    file. Any of the tables may be empty.
    """

    regions: pa.Table
    households: pa.Table
    persons: pa.Table
    incomes: pa.Table
    rejects: tuple[Problem, ...]
    warnings: tuple[Problem, ...]

    def keyed(self, pseudonymiser: Pseudonymiser) -> dict[str, pa.Table]:
        """The tables `regions`, `household`, `person`, `income` for screening: with keys, without ids and phones."""
        household_key = _household_keys(self.households.column("household_no"), pseudonymiser)
        of_person = _household_keys(self.persons.column("household_no"), pseudonymiser)
        of_income = _household_keys(self.incomes.column("household_no"), pseudonymiser)
        return {
            "regions": self.regions,
            "household": _open(self.households, "household")
            .add_column(0, "household_key", household_key)
            .append_column("phone_key", phone_keys(self.households.column("phone"), pseudonymiser)),
            "person": _open(self.persons, "person")
            .add_column(0, "household_key", of_person)
            .add_column(0, "person_key", member_keys(self.persons, pseudonymiser))
            .append_column("phone_key", phone_keys(self.persons.column("phone"), pseudonymiser)),
            "income": self.incomes.add_column(0, "household_key", of_income),
        }


def assemble(readings: Iterable[SheetReading]) -> Registry:
    """Put the registry's sheets together; of each kind there may be none, one or several (say one a township).

    Left out: a repeated 户编号, a person whose 户编号 no household has, a person twice in one household. Doubtful: a
    household without members, with no head or several, with another number of members than it says; the same id in two
    households; birth date or sex against the id; a region code that is not in the region sheet (found by the names
    where possible); totals that are not the sum of their parts. Sheets that are not there are not missed.
    """
    by_kind: dict[str, list[SheetReading]] = {}
    for reading in readings:
        for one in (reading, reading.companion):
            if one is not None:
                by_kind.setdefault(one.contract.id, []).append(one)
    sources: list[str] = []
    rejects: list[Problem] = []
    warnings: list[Problem] = []
    with duckdb.connect() as database:
        for kind, name in (
            ("registry_household", "all_households"),
            ("registry_person", "all_persons"),
            ("registry_income", "all_incomes"),
        ):
            _register(database, name, by_kind.get(kind, []), sources)
        regions = assemble_regions(by_kind.get("registry_region", []))
        repeating = {number for number, one in enumerate(by_kind.get("registry_household", [])) if one.companion}
        rejects += _distinct_households(database, sources, repeating)
        households, doubts = place_households(_fetch(database, "SELECT * FROM households"), regions, sources)
        regions, warnings = regions.completed(households), [*warnings, *doubts]
        rejects += _persons(database, sources, with_households=bool(by_kind.get("registry_household")))
        if by_kind.get("registry_person"):
            warnings += _doubtful_persons(database, sources, with_households=bool(by_kind.get("registry_household")))
        incomes, doubts = _incomes(database, sources)
        warnings += doubts
        persons = with_person_columns(
            _fetch(database, "SELECT * EXCLUDE (source, row) FROM persons ORDER BY source, row")
        )
    return Registry(
        regions=regions.table,
        households=households.drop_columns(["source", "row", *_INCOME_OF_HOUSEHOLD]),
        persons=with_person_columns(persons),
        incomes=incomes,
        rejects=tuple(rejects),
        warnings=tuple(warnings),
    )


def write_registry(registry: Registry, root: Path, *, pseudonymiser: Pseudonymiser) -> Path:
    """Write the keyed tables as `root/{regions,household,person,income}.parquet`, all or none; returns the folder.

    What stood there before is replaced by one rename.
    """
    root.parent.mkdir(parents=True, exist_ok=True)
    writing = root.with_name(f".writing-{secrets.token_hex(8)}")
    writing.mkdir(mode=0o700)
    try:
        for name, table in registry.keyed(pseudonymiser).items():
            pq.write_table(table, writing / f"{name}.parquet", compression="zstd", row_group_size=122_880)
        old = None
        if root.exists():
            old = root.with_name(f".old-{secrets.token_hex(8)}")
            os.replace(root, old)
        os.replace(writing, root)
        if old:
            shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(writing, ignore_errors=True)
    return root


def _register(database: duckdb.DuckDBPyConnection, name: str, readings: list[SheetReading], sources: list[str]) -> None:
    """A relation of all rows of the readings, with `source` (which file) and `row`."""
    tables = []
    for reading in readings:
        sources.append(reading.file_name)
        tables.append(
            reading.table.append_column("source", pa.array([len(sources) - 1] * reading.rows_accepted, pa.int32()))
        )
    database.register(name, pa.concat_tables(tables) if tables else _nothing(name))


def _nothing(name: str) -> pa.Table:
    shared = [("source", pa.int32()), ("row", pa.int32()), ("household_no", pa.string())]
    size = [("size_year", pa.int64()), ("size_now", pa.int64()), ("income_year", pa.int64())]
    money = [(one, pa.float64()) for one in (*COMPONENTS, *TOTALS)]
    texts = [(one, pa.string()) for one in ("name", "resident_id", "person_no", "relation", "status", "sex")]
    texts += [(one, pa.string()) for one in ("disability_certificate", "phone")]
    flags = [(one, pa.bool_()) for parts in _BOTH_INSURANCES.values() for one in parts]
    flags += [(one, pa.bool_()) for one in _BOTH_INSURANCES]
    names = ("province", "city", "county", "township", "village", "region_code", "head_name", "phone")
    places = [(one, pa.string()) for one in names]
    fields = {
        "all_households": [*shared, *size, *money, *places],
        "all_persons": [*shared, *texts, ("birth_date", pa.date32()), *flags],
        "all_incomes": [*shared, *size[:1], *size[2:], *money],
    }[name]
    return pa.schema(fields).empty_table()


def _fetch(database: duckdb.DuckDBPyConnection, query: str) -> pa.Table:
    return database.sql(query).arrow().read_all()


def _distinct_households(database: duckdb.DuckDBPyConnection, sources: list[str], repeating: set[int]) -> list[Problem]:
    """Fill the relation `households`; returns the rows left out. Files in `repeating` have a row for each member."""
    database.execute("""
        CREATE TEMP TABLE households AS SELECT * FROM all_households
        QUALIFY row_number() OVER (PARTITION BY household_no ORDER BY source, row) = 1 ORDER BY source, row
    """)
    repeated = database.sql("""
        SELECT source, row, household_no FROM all_households ANTI JOIN households USING (source, row) ORDER BY 1, 2
    """).fetchall()
    return [
        Problem(row, "户编号", number, "户编号重复，只采用第一行", "请核对后删除重复的户", sources[source])
        for source, row, number in repeated
        if source not in repeating
    ]


def _persons(database: duckdb.DuckDBPyConnection, sources: list[str], *, with_households: bool) -> list[Problem]:
    """Fill the relation `persons`, blank status as active, birth and sex by the id; returns the rows left out."""
    insured = ", ".join(
        f"coalesce({whole}, {first} OR {second}, {first}, {second}) AS {whole}"
        for whole, (first, second) in _BOTH_INSURANCES.items()
    )
    database.execute(f"""
        CREATE TEMP TABLE judged AS SELECT all_persons.*,
            {"households.household_no IS NULL" if with_households else "FALSE"} AS is_unknown,
            coalesce(resident_id, person_no) IS NOT NULL AND row_number() OVER (PARTITION BY
                all_persons.household_no, coalesce(resident_id, person_no) ORDER BY source, row) > 1 AS is_repeated
        FROM all_persons LEFT JOIN (SELECT household_no FROM households) households USING (household_no)
    """)  # noqa: S608 - fixed text
    database.execute(f"""
        CREATE TEMP TABLE persons AS SELECT * EXCLUDE (is_unknown, is_repeated) REPLACE (
            coalesce(status, 'active') AS status, {insured},
            coalesce(birth_date, try_strptime(substr(resident_id, 7, 8), '%Y%m%d')::DATE) AS birth_date,
            coalesce(sex, CASE try_cast(substr(resident_id, 17, 1) AS INT) % 2
                WHEN 1 THEN 'male' WHEN 0 THEN 'female' END) AS sex)
        FROM judged WHERE NOT is_unknown AND NOT is_repeated ORDER BY source, row
    """)  # noqa: S608 - names of columns only
    left_out = database.sql("""
        SELECT source, row, household_no, name, is_unknown FROM judged WHERE is_unknown OR is_repeated ORDER BY 1, 2
    """).fetchall()
    return [
        Problem(row, "户编号", number, "户信息表里没有这个户编号", "请核对户编号，或补报该户", sources[source])
        if unknown
        else Problem(row, "姓名", name, "同一户内重复登记", "请删除重复的一行", sources[source])
        for source, row, number, name, unknown in left_out
    ]


def _doubtful_persons(
    database: duckdb.DuckDBPyConnection, sources: list[str], *, with_households: bool
) -> list[Problem]:
    found: list[Problem] = []
    for source, row, name, others in database.sql("""
        SELECT source, row, name, string_agg(DISTINCT other, '、') FROM (
            SELECT one.source, one.row, one.name, two.household_no AS other
            FROM persons one JOIN persons two USING (resident_id)
            WHERE one.household_no <> two.household_no AND one.status = 'active' AND two.status = 'active')
        GROUP BY ALL ORDER BY 1, 2
    """).fetchall():
        found.append(
            Problem(row, "姓名", name, f"同一证件号码还登记在户{others}", "请核对后只保留在一户", sources[source])
        )
    for source, row, name, birth_differs in database.sql("""
        SELECT source, row, name, birth <> birth_date FROM (
            SELECT *, try_strptime(substr(resident_id, 7, 8), '%Y%m%d')::DATE AS birth,
                CASE WHEN try_cast(substr(resident_id, 17, 1) AS INT) % 2 = 1 THEN 'male' ELSE 'female' END AS own_sex
            FROM persons WHERE resident_id IS NOT NULL)
        WHERE birth <> birth_date OR own_sex <> sex ORDER BY 1, 2
    """).fetchall():
        what = "出生日期" if birth_differs else "性别"
        found.append(Problem(row, what, name, f"{what}与证件号码不一致", "请对照证件核对", sources[source]))
    if with_households:
        found += _doubtful_households(database, sources)
    return found


def _doubtful_households(database: duckdb.DuckDBPyConnection, sources: list[str]) -> list[Problem]:
    found: list[Problem] = []
    for source, row, number, members, heads, size in database.sql("""
        SELECT source, row, households.household_no, coalesce(members, 0), coalesce(heads, 0), size_now
        FROM households LEFT JOIN (
            SELECT household_no, count(*) FILTER (status = 'active') AS members,
                count(*) FILTER (relation = 'head' AND status = 'active') AS heads
            FROM persons GROUP BY household_no) USING (household_no)
        WHERE members IS NULL OR heads <> 1 OR members <> size_now ORDER BY 1, 2
    """).fetchall():
        sheet = sources[source]
        if members == 0:
            found.append(Problem(row, "户编号", number, "人口信息表里没有这一户的在册成员", "请补报家庭成员", sheet))
            continue
        if heads != 1:
            what = "没有户主" if heads == 0 else f"有{heads}个户主"
            found.append(Problem(row, "户编号", number, f"这一户{what}", "请核对与户主关系，每户只能有一个户主", sheet))
        if size is not None and size != members:
            found.append(
                Problem(
                    row,
                    "户编号",
                    number,
                    f"家庭人口数{size}与在册成员{members}人不一致",
                    "请核对家庭人口数和成员",
                    sheet,
                )
            )
    return found


def _incomes(database: duckdb.DuckDBPyConnection, sources: list[str]) -> tuple[pa.Table, list[Problem]]:
    columns = ", ".join(("source", "row", "household_no", "income_year", "size_year", *COMPONENTS, *TOTALS))
    own = columns + ", size_now"
    database.execute(f"CREATE TEMP VIEW household_income AS SELECT {own} FROM households")  # noqa: S608
    qualified = ", ".join(f"all_incomes.{one}" for one in columns.split(", "))
    database.execute(f"""
        CREATE TEMP VIEW earlier_income AS
        SELECT {qualified}, coalesce(households.size_year, households.size_now) AS size_now
        FROM all_incomes LEFT JOIN households USING (household_no)
    """)  # noqa: S608 - names of columns only
    return assemble_incomes(database, sources)


def _open(table: pa.Table, kind: str) -> pa.Table:
    """A table without ids, phones and accounts."""
    withheld = WITHHELD[kind]
    return table.drop_columns([name for name in table.column_names if name in withheld])


WITHHELD = {
    "household": frozenset({"head_resident_id", "phone", "bank_account", "helper_phone", "bank_name"}),
    "person": frozenset({"resident_id", "phone", "disability_certificate"}),
}
"""Columns of type `contract.WITHHELD_TYPES` in the registry's contracts."""


def _household_keys(numbers: pa.ChunkedArray, pseudonymiser: Pseudonymiser) -> pa.Array:
    distinct = numbers.combine_chunks().dictionary_encode()
    return pa.array(pseudonymiser.household_keys(distinct.dictionary.to_pylist()), pa.int64()).take(distinct.indices)


__all__ = ["INCOME_COLUMNS", "Registry", "assemble", "write_registry"]
