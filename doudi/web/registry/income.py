"""How income adds up, in SQL: one formula for the generated columns on both databases."""

from typing import Any

from django.db.models import DecimalField, F, Func

COMPONENTS = ("wage_income", "production_gross", "production_cost", "property_income", "transfer_income")
"""The five columns of which net income is made; production cost is subtracted."""


def money(**options: Any) -> DecimalField:
    """A column of yuan with fen, NULL where nothing was reported."""
    return DecimalField(max_digits=14, decimal_places=2, null=True, blank=True, **options)


def _net(columns: list[str]) -> str:
    """A component left blank counts as nothing; with all blank the income is unknown (as in `doudi.feeds.income`)."""
    wage, gross, cost, property_, transfer = (f"COALESCE({column}, 0)" for column in columns)
    known = f"COALESCE({', '.join(columns)}) IS NOT NULL"
    return f"CASE WHEN {known} THEN {wage} + {gross} - {cost} + {property_} + {transfer} END"


class NetIncome(Func):
    """Wage + production gross − production cost + property + transfer, in yuan; NULL when nothing was reported."""

    columns: tuple[str, ...] = COMPONENTS

    def __init__(self, *_ignored: Any, **extra: Any) -> None:
        extra.setdefault("output_field", DecimalField(max_digits=14, decimal_places=2))
        super().__init__(*(F(column) for column in self.columns), **extra)

    def as_sql(self, compiler: Any, connection: Any, **_ignored: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        return f"ROUND({_net(self._compiled(compiler))}, 2)", []

    def _compiled(self, compiler: Any) -> list[str]:
        return [compiler.compile(part)[0] for part in self.source_expressions]


class PerCapitaIncome(NetIncome):
    """Net income ÷ members living on it, in yuan with fen; NULL when either is missing or there is no member."""

    columns = (*COMPONENTS, "members")

    def as_sql(self, compiler: Any, connection: Any, **_ignored: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        *components, members = self._compiled(compiler)
        net = _net(components)
        whole = f"CAST({net} AS REAL)" if connection.vendor == "sqlite" else f"({net})"
        return f"CASE WHEN {members} > 0 THEN ROUND({whole} / {members}, 2) END", []
