"""What the lists of matching are narrowed by."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doudi.web.layout.choices import anything
from doudi.web.layout.filters import FilterForm
from doudi.web.matching.models import DuplicateKind, DuplicateState, LinkState, Method
from doudi.web.matching.queries import FeedChoice, LinkFilter


def _chosen_one(label: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, required=False)


class LinkFilterForm(FilterForm):
    """The list of rows: by state, table, month, how they were linked, or a name."""

    q = forms.CharField(
        label=gettext_lazy("姓名"),
        required=False,
        max_length=64,
        widget=forms.TextInput(attrs={"type": "search", "data-search": "", "data-search-first": ""}),
    )
    state = _chosen_one(gettext_lazy("状态"))
    table = _chosen_one(gettext_lazy("数据表"))
    method = _chosen_one(gettext_lazy("方法"))

    def __init__(self, *args: Any, feeds: Iterable[FeedChoice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer(
            {
                "state": [("", str(LinkState.OPEN.label)), ("settled", _("已办")), ("all", _("全部"))],
                "table": [anything(), *((str(feed.run_id), f"{feed.title} {feed.month}") for feed in feeds)],
                "method": [anything(), *Method.choices],
            }
        )

    def chosen(self) -> LinkFilter:
        given = self.given()
        table = given.pop("table", "")
        return LinkFilter(run_id=int(table) if table else None, **given)


class DuplicateFilterForm(FilterForm):
    """The list of pairs: by what may be twice, and what was decided."""

    kind = _chosen_one(gettext_lazy("种类"))
    state = _chosen_one(gettext_lazy("状态"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        states = [("", str(DuplicateState.OPEN.label))]
        states += [(state.value, str(state.label)) for state in DuplicateState if state is not DuplicateState.OPEN]
        self.offer({"kind": [anything(), *DuplicateKind.choices], "state": states})
