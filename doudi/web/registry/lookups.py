"""`name__prefix="王"`: begins with, in a way an index answers on both databases."""

from typing import Any

from django.db.models import CharField, Lookup

LAST_CHARACTER = "\U0010ffff"


@CharField.register_lookup
class Prefix(Lookup):
    """PostgreSQL answers LIKE from a pattern index; SQLite answers a range from any index."""

    lookup_name = "prefix"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        column, parameters = self.process_lhs(compiler, connection)
        first = str(self.rhs)
        return f"({column} >= %s AND {column} < %s)", (*parameters, first, *parameters, first + LAST_CHARACTER)

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        column, parameters = self.process_lhs(compiler, connection)
        return f"{column} LIKE %s", (*parameters, connection.ops.prep_for_like_query(self.rhs) + "%")
