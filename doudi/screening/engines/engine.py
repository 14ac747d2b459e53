"""What a screening asks of the engine that runs its plan: `duckdb.DuckDb` in process, `spark.Spark` on a cluster."""

from collections.abc import Mapping
from typing import Any, Protocol

import pyarrow as pa

from doudi.rulebook.value_types import ColumnType
from doudi.screening.engines.duckdb import Progress
from doudi.screening.inputs import Rows
from doudi.screening.plan import Plan, Step


class Engine(Protocol):
    """Tables by name and the statements over them, which are in the portable part of DuckDB's SQL."""

    name: str
    """Which engine it is, with its version."""

    def add(self, name: str, rows: Rows) -> None:
        """Make a table known under a name, with the columns it has."""

    def typed(self, name: str, source: str, columns: Mapping[str, ColumnType]) -> None:
        """Make a table of the screening out of a raw one: decimals as doubles, what is lacking as unknown."""

    def once_a_household(self) -> None:
        """Leave a person registered twice in one household in once, so that nothing is counted double."""

    def make(self, step: Step) -> None:
        """Make the table of one statement, unless it is there."""

    def columns(self, name: str) -> frozenset[str]:
        """The columns of a table or view."""

    def arrow(self, sql: str) -> pa.Table:
        """All rows of a query."""

    def row(self, sql: str) -> tuple[Any, ...]:
        """The one row of an aggregate query."""

    def column(self, sql: str) -> list[Any]:
        """The only column of a query."""

    def close(self) -> None:
        """Free what the tables hold."""


def execute(engine: Engine, plan: Plan, progress: Progress | None = None) -> None:
    """Run every statement of a plan, each making its table."""
    if plan.thresholds.varying:
        engine.add("parameters_here", plan.thresholds.table())
    for number, step in enumerate(plan.steps):
        if progress:
            progress(number / len(plan.steps), step.title)
        engine.make(step)
    if progress:
        progress(1.0, "完成")
