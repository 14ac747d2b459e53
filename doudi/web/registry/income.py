"""How income adds up, in SQL: one formula for the generated columns on both databases."""

from typing import Any

from django.db.models import DecimalField, F, Func

COMPONENTS = ("wage_income", "production_gross", "production_cost", "property_income", "transfer_income")
"""The five columns of which net income is made; production cost is subtracted."""

_NET = "(%(expressions)s)"


def money(**options: Any) -> DecimalField:  # type: ignore[type-arg]
    """A column of yuan with fen, NULL where nothing was reported."""
    return DecimalField(max_digits=14, decimal_places=2, null=True, blank=True, **options)


class NetIncome(Func):
    """Wage + production gross − production cost + property + transfer, in yuan; NULL when a component is missing."""

    def __init__(self, *_ignored: Any, **extra: Any) -> None:
        extra.setdefault("output_field", DecimalField(max_digits=14, decimal_places=2))
        super().__init__(*(F(column) for column in COMPONENTS), **extra)

    def _sum(self, compiler: Any, connection: Any) -> str:
        wage, gross, cost, property_, transfer = (compiler.compile(part)[0] for part in self.source_expressions)
        return f"({wage} + {gross} - {cost} + {property_} + {transfer})"

    def as_sql(self, compiler: Any, connection: Any, **_ignored: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        return f"ROUND({self._sum(compiler, connection)}, 2)", []


class PerCapitaIncome(NetIncome):
    """Net income ÷ members living on it, in yuan with fen; NULL when either is missing or there is no member."""

    def __init__(self, *_ignored: Any, **extra: Any) -> None:
        extra.setdefault("output_field", DecimalField(max_digits=14, decimal_places=2))
        Func.__init__(self, *(F(column) for column in (*COMPONENTS, "members")), **extra)

    def as_sql(self, compiler: Any, connection: Any, **_ignored: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        *parts, members = (compiler.compile(part)[0] for part in self.source_expressions)
        wage, gross, cost, property_, transfer = parts
        net = f"({wage} + {gross} - {cost} + {property_} + {transfer})"
        if connection.vendor == "sqlite":
            return f"ROUND(CAST({net} AS REAL) / NULLIF({members}, 0), 2)", []
        return f"ROUND({net} / NULLIF({members}, 0), 2)", []
