"""Many counties at once, and the engine that screens: what `doudi screen --province … --engine …` does."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from doudi.cli.language import _
from doudi.cli.output import console, fail, progress_bar
from doudi.cli.places import rules_folder

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from doudi.screening.engines.engine import Engine

STEPS = 1000


class EngineName(StrEnum):
    """Engines by the name that the command line knows them by."""

    DUCKDB = "duckdb"
    SPARK = "spark"


@dataclass(frozen=True)
class SparkOptions:
    """How Spark is reached: master, `name=value` settings, memory of the driver."""

    master: str | None
    conf: tuple[str, ...]
    memory: str | None

    def session(self) -> "SparkSession":
        """The session; what is missing for one ends the command with a sentence."""
        from doudi.screening.engines.spark_session import SparkUnavailable, spark_session

        if unreadable := [one for one in self.conf if "=" not in one.strip("=")]:
            fail(_("--spark-conf 应写成 名称=值：%s") % unreadable[0])
        options = dict(one.split("=", 1) for one in self.conf)
        memory = self.memory.lower().removesuffix("b") if self.memory else None
        try:
            return spark_session(self.master, memory=memory, options=options)
        except SparkUnavailable as problem:
            fail(str(problem))


def engine_for(spark: SparkOptions | None) -> "Engine | None":
    """The engine for one county; None: DuckDB."""
    if spark is not None:
        session = spark.session()
        from doudi.screening.engines.spark import Spark

        return Spark(session)
    return None


def screen_counties(
    province: Path,
    results: Path,
    as_of: datetime,
    *,
    facts: bool,
    policies: bool,
    spark: SparkOptions | None,
    memory: str | None,
    rules: Path | None,
) -> None:
    """Screen every county below a folder; print a line for each."""
    from doudi.rulebook import MissingParameter, RulebookError, load_rulebook
    from doudi.screening.engines.province import Together, screen_province
    from doudi.screening.thresholds import MissingParameters

    named = None if policies else ()
    with progress_bar() as report:
        try:
            rulebook = load_rulebook(rules_folder(rules))
            together: Together | None = None
            if spark is not None:
                session = spark.session()
                from doudi.screening.engines.province_spark import Cluster

                together = Cluster(session, rulebook, as_of.date(), policies=named, facts=facts)
            told = screen_province(
                rulebook=rulebook,
                root=province,
                out=results,
                as_of=as_of.date(),
                together=together,
                policies=named,
                facts=facts,
                memory=memory,
                progress=lambda share, what: report(what, round(share * STEPS), STEPS),
            )
        except MissingParameter as problem:
            fail(problem.message)
        except (RulebookError, MissingParameters, ValueError, FileNotFoundError, MemoryError) as problem:
            fail(str(problem))
        except OSError as problem:
            fail(f"{problem.strerror}: {problem.filename}")
    table = Table()
    for heading in (_("县"), _("户数"), _("人数"), _("预警"), _("无法判断")):
        table.add_column(heading)
    for code, one in told["counties"].items():
        numbers = (one["households"], one["persons"], one["alerts"], one["cannot_tell"])
        table.add_row(code, *map(str, numbers))
    console.print(table)
    console.print(
        _("%(counties)d 个县 %(households)d 户 %(persons)d 人，预警 %(alerts)d 条，用时 %(seconds).0f 秒：%(out)s")
        % {**told, "counties": len(told["counties"]), "out": results},
        highlight=False,
        soft_wrap=True,
    )
