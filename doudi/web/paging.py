"""Pages of long lists without counting a million rows: the count stops at a limit; beyond it, narrow the filter."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, cast

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet

COUNT_LIMIT = 10_000


class CappedPaginator(Paginator[Any]):
    """`count` is at most `COUNT_LIMIT` + 1; then `is_capped` and the pages end at the limit."""

    @cached_property
    def count(self) -> int:
        rows = cast("QuerySet[Any]", self.object_list)
        return int(rows.order_by()[: COUNT_LIMIT + 1].count())

    @property
    def is_capped(self) -> bool:
        return self.count > COUNT_LIMIT

    @cached_property
    def num_pages(self) -> int:
        return max(1, -(-min(self.count, COUNT_LIMIT) // self.per_page))


def page_of(
    rows: QuerySet[Any], *, page: int | str, size: int, make: Callable[[Sequence[Any]], list[Any]] | None = None
) -> Page[Any]:
    """One page; a number out of range gives the nearest one. `make` turns the page's rows into what the page shows.

    Two SQL statements, and those of `make`.
    """
    found = CappedPaginator(rows, size).get_page(page)
    found.object_list = list(found.object_list)
    if make is not None:
        found.object_list = make(found.object_list)
    return found
