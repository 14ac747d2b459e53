"""Apache Spark runs a plan over Parquet files, on one machine or a cluster. Everything particular to Spark is here.

Every table of a plan is kept as Parquet in a scratch folder: later statements read only the columns they name, plans
stay short however many tables went before, and what an executor has done outlives it. Statements run as SQL expressions
alone: no Python touches a row.

Rows of several counties carry the column `county`. Their keys are then mixed with it, so that nobody is joined across
counties by accident: a person registered in two counties is two persons, each judged by the rows of the own county.
`unmixed` gives the keys back.
"""
# ruff: noqa: S608 - every name in these statements is an identifier that the rulebook has checked

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import from_arrow_schema
from pyspark.sql.types import DecimalType, NullType, StringType, StructType, TimestampNTZType, TimestampType

from doudi.rulebook.value_types import ColumnType
from doudi.screening.engines.spark_sql import spark_sql
from doudi.screening.inputs import Rows
from doudi.screening.plan import Step
from doudi.screening.sql.sources import SQL_TYPES

COUNTY: Final = "county"
COUNTIES_OF_HOUSEHOLDS: Final = "counties_of_households"
"""Table of mixed household keys and their counties, where rows carry one."""
_KEYS: Final = ("household_key", "person_key")
_RAW: Final = "raw_"
"""Tables of this beginning become tables of the screening only by `typed`, which mixes their keys."""


class Spark:
    """The tables of one screening in a Spark session. The session stays open when the screening is closed."""

    def __init__(self, session: SparkSession, *, scratch: Path | None = None) -> None:
        """`scratch` must be a folder that driver and executors share; without one it is a temporary folder here."""
        self.session = session.newSession()
        self.name = f"spark {session.version}"
        for name, value in _FOR_PLANS.items():
            self.session.conf.set(name, value)
        self._folder = tempfile.TemporaryDirectory(prefix="doudi-spark-", dir=scratch, ignore_cleanup_errors=True)
        self._scratch = Path(self._folder.name)
        self._made: set[str] = set()
        self._mixed = False

    # ---- tables

    def add(self, name: str, rows: Rows) -> None:
        if isinstance(rows, pa.Table):
            named = name.startswith(_RAW) and COUNTY in rows.column_names  # by the registry's sheet, not by us
            frame = self.session.createDataFrame(_plain(rows.drop_columns([COUNTY]) if named else rows))
        else:
            frame = self._read(rows)
        if COUNTY in frame.columns and not name.startswith(_RAW):
            names = [f"{mixed(one)} AS {one}" if one in _KEYS else one for one in frame.columns if one != COUNTY]
            frame = frame.selectExpr(*names)
        frame.createOrReplaceTempView(name)

    def _read(self, paths: Sequence[Path]) -> DataFrame:
        """Files of one schema are read as one; columns that some lack are unknown there."""
        schemas: dict[str, tuple[StructType, list[str]]] = {}
        for path in paths:
            schema = StructType([one for one in spark_schema(pq.read_schema(path)).fields if one.name != COUNTY])
            schemas.setdefault(schema.simpleString(), (schema, []))[1].append(str(Path(path).resolve()))
        frames: list[DataFrame] = []
        for schema, files in schemas.values():
            reader = self.session.read
            if all(f"/{COUNTY}=" in file for file in files):
                schema = schema.add(COUNTY, StringType())
                reader = reader.option("basePath", files[0].partition(f"/{COUNTY}=")[0])
            frames.append(reader.schema(schema).parquet(*files))
        whole = frames[0]
        for frame in frames[1:]:
            whole = whole.unionByName(frame, allowMissingColumns=True)
        return whole

    def typed(self, name: str, source: str, columns: Mapping[str, ColumnType]) -> None:
        fields = {field.name: field for field in self.session.table(source).schema.fields}
        self._mixed = self._mixed or COUNTY in fields
        selected = [COUNTY] if COUNTY in fields else []
        for column, declared in columns.items():
            quoted = f"`{column}`"
            if column not in fields:
                quoted = f"CAST(NULL AS {_type(declared)})"
            elif isinstance(fields[column].dataType, (DecimalType, NullType, TimestampType, TimestampNTZType)):
                quoted = f"CAST({quoted} AS {_type(declared)})"
            elif column in _KEYS and COUNTY in fields:
                quoted = mixed(quoted)
            selected.append(f"{quoted} AS `{column}`")
        self._view(name, f"SELECT {', '.join(selected)} FROM {source}")
        if name == "registry_household" and COUNTY in fields:
            kept = self.session.sql(f"SELECT DISTINCT household_key, {COUNTY} FROM {name}")
            self._keep(COUNTIES_OF_HOUSEHOLDS, kept)

    def once_a_household(self) -> None:
        rows, persons = self.row("SELECT COUNT(*), COUNT(DISTINCT person_key) FROM registry_person")
        if rows == persons:
            return
        names = self.session.table("registry_person").columns
        columns = ", ".join(f"`{name}`" for name in names)
        order = ", ".join(f"`{name}` ASC NULLS LAST" for name in names)
        self._view(
            "registry_person",
            f"SELECT {columns} FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY household_key, person_key "
            f"ORDER BY {order}) AS row_of_person FROM registry_person) p WHERE row_of_person = 1",
        )

    # ---- statements

    def make(self, step: Step) -> None:
        if step.name not in self._made:
            self._keep(step.name, self.session.sql(spark_sql(step.sql)))
            self._made.add(step.name)

    def _keep(self, name: str, frame: DataFrame) -> None:
        path = str(self._scratch / name)
        frame.write.mode("overwrite").parquet(path)
        self.session.read.schema(frame.schema).parquet(path).createOrReplaceTempView(name)

    def _view(self, name: str, sql: str) -> None:
        self.session.sql(sql).createOrReplaceTempView(name)

    # ---- results

    def frame(self, sql: str) -> DataFrame:
        """The rows of a query, still with Spark."""
        return self.session.sql(spark_sql(sql))

    def unmixed(self, frame: DataFrame) -> DataFrame:
        """The rows of a result with the keys as the registries have them, and the county of their household."""
        if not self._mixed:
            return frame
        whose = self.session.table(COUNTIES_OF_HOUSEHOLDS).withColumnRenamed(COUNTY, "county_of_household")
        joined = frame.join(whose, "household_key", "left")
        selected = [
            f"{mixed(f'`{name}`', 'county_of_household')} AS `{name}`" if name in _KEYS else f"`{name}`"
            for name in frame.columns
        ]
        return joined.selectExpr(*selected, f"county_of_household AS {COUNTY}")

    def columns(self, name: str) -> frozenset[str]:
        return frozenset(self.session.table(name).columns)

    def arrow(self, sql: str) -> pa.Table:
        return self.frame(sql).toArrow()

    def row(self, sql: str) -> tuple[Any, ...]:
        return tuple(self.frame(sql).collect()[0])

    def column(self, sql: str) -> list[Any]:
        return [row[0] for row in self.frame(sql).collect()]

    def close(self) -> None:
        self._folder.cleanup()


_FOR_PLANS: Final = {
    "spark.sql.ansi.enabled": "false",  # a division by nothing is unknown, as in every statement of a plan
    "spark.sql.adaptive.enabled": "true",
    "spark.sql.codegen.maxFields": "1000",
    "spark.sql.debug.maxToStringFields": "10",
    "spark.sql.session.timeZone": "UTC",
}


def mixed(key: str, county: str = COUNTY) -> str:
    """SQL of a key mixed with the county; mixing a mixed key gives the plain one back."""
    return f"{key} ^ XXHASH64({county})"


def _type(declared: ColumnType) -> str:
    return {"TEXT": "STRING", "TEXT[]": "ARRAY<STRING>"}.get(SQL_TYPES[declared.kind], SQL_TYPES[declared.kind])


def spark_schema(schema: pa.Schema) -> StructType:
    """The types of Parquet or Arrow columns in Spark."""
    return from_arrow_schema(_plain_schema(schema))


def _plain(table: pa.Table) -> pa.Table:
    return table.cast(_plain_schema(table.schema))


def _plain_schema(schema: pa.Schema) -> pa.Schema:
    """Dictionaries as what they stand for and columns without a type as texts: Spark knows neither."""
    fields: list[pa.Field] = []
    for field in schema:
        kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        if pa.types.is_null(kind):
            kind = pa.string()
        fields.append(pa.field(field.name, kind))
    return pa.schema(fields)
