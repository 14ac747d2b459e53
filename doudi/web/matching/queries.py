"""What the pages of matching read, narrowed to what the actor may see."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Officer
from doudi.web.intake.differences import registry_version
from doudi.web.matching.comparing import mask_written
from doudi.web.matching.models import FeedLink, LinkState, MatchRun
from doudi.web.paging import page_of
from doudi.web.refusal import NotFound
from doudi.web.regions.queries import PlaceNames
from doudi.web.registry.models import Person

MONTHS_SHOWN = 12


@dataclass(frozen=True)
class Matched:
    """One table of a month as the overview shows it: how its rows were linked, and how far the desk is."""

    run: MatchRun
    waiting: int
    chosen: int
    nobody: int
    behind: bool
    """The registry changed since: matching again may find more."""

    @property
    def desk(self) -> int:
        """Rows that are or were for a person to decide."""
        return self.waiting + self.chosen + self.nobody

    @property
    def settled(self) -> int:
        """Of those the ones that were decided."""
        return self.chosen + self.nobody

    @property
    def not_found(self) -> int:
        return self.run.not_registered + self.run.unreadable


@dataclass(frozen=True)
class Month:
    month: str
    tables: list[Matched]


def overview(*, actor: Officer) -> list[Month]:
    """The standing tables by month, newest first. Three SQL statements."""
    version = registry_version()
    runs = list(
        MatchRun.objects.visible_to(actor).filter(snapshot__standing=True).order_by("-month", "department", "feed")
    )
    months = sorted({run.month for run in runs}, reverse=True)[:MONTHS_SHOWN]
    runs = [run for run in runs if run.month in months]
    decided = Q(decided_at__isnull=False)
    desk: dict[int, dict[str, Any]] = {
        row["run_id"]: dict(row)
        for row in FeedLink.objects.filter(run__in=runs)
        .values("run_id")
        .annotate(
            waiting=Count("pk", filter=Q(state=LinkState.OPEN)),
            chosen=Count("pk", filter=decided & Q(state=LinkState.LINKED)),
            nobody=Count("pk", filter=decided & Q(state=LinkState.NOBODY)),
        )
    }
    found: dict[str, list[Matched]] = {month: [] for month in months}
    for run in runs:
        row = desk.get(run.pk, {})
        counts = (row.get("waiting", 0), row.get("chosen", 0), row.get("nobody", 0))
        found[run.month].append(Matched(run, *counts, behind=run.registry_version < version))
    return [Month(month, tables) for month, tables in found.items()]


@dataclass(frozen=True)
class FeedChoice:
    """A table in a filter."""

    run_id: int
    title: str
    month: str


def feed_choices(*, actor: Officer) -> list[FeedChoice]:
    """The standing tables with rows that were not simply linked by id. One SQL statement."""
    runs = MatchRun.objects.visible_to(actor).filter(snapshot__standing=True).order_by("-month", "feed")
    return [FeedChoice(pk, title, month) for pk, title, month in runs.values_list("pk", "feed_title", "month")]


@dataclass(frozen=True)
class LinkFilter:
    """What a person narrows the list by; without a state: what waits for a decision."""

    state: str = ""
    run_id: int | None = None
    method: str = ""
    q: str = ""


def links_matching(*, actor: Officer, chosen: LinkFilter, action: Action = Action.MATCH_SEE) -> QuerySet[FeedLink]:
    """The rows a filter leaves: waiting ones in the order of the sheets, settled ones the latest first."""
    links = FeedLink.objects.visible_to(actor, action).filter(run__snapshot__standing=True)
    if chosen.run_id is not None:
        links = links.filter(run=chosen.run_id)
    if chosen.method:
        links = links.filter(method=chosen.method)
    if chosen.q:
        links = links.filter(name__startswith=chosen.q.strip())
    if chosen.state == "settled":
        return links.exclude(state=LinkState.OPEN).order_by("-decided_at", "-run__month", "run_id", "row")
    if chosen.state != "all":
        links = links.filter(state=LinkState.OPEN)
    return links.order_by("-run__month", "run_id", "row")


@dataclass(frozen=True)
class LinkRow:
    """A row of the list: what was written, and whom it is or may be about."""

    link: FeedLink
    id_masked: str
    person: Person | None
    village: str
    township: str
    candidates: int

    @property
    def best(self) -> str:
        return self.person.name if self.person is not None else ""


def link_page(*, actor: Officer, chosen: LinkFilter, page: int | str = 1, size: int = 30) -> Page[Any]:
    """One page of the list. Five SQL statements (count, rows, candidates, persons, places)."""
    links = links_matching(actor=actor, chosen=chosen).select_related("run").prefetch_related("candidates")
    return page_of(links, page=page, size=size, make=_link_rows)


def _link_rows(links: Sequence[FeedLink]) -> list[LinkRow]:
    shown: dict[int, tuple[int | None, int | None]] = {}
    for link in links:
        first = next(iter(link.candidates.all()), None)
        if link.person_key is not None:
            shown[link.pk] = link.person_key, link.household_key
        else:
            shown[link.pk] = (first.person_key, first.household_key) if first is not None else (None, None)
    persons = persons_of(shown.values())
    places = PlaceNames(person.household.region_code for person in persons.values())
    rows = []
    for link in links:
        person = persons.get(shown[link.pk])
        code = person.household.region_code if person is not None else ""
        rows.append(
            LinkRow(
                link=link,
                id_masked=mask_written(link.id_written or ""),
                person=person,
                village=places.name(code) if code else "",
                township=places.above(code) if code else "",
                candidates=len(link.candidates.all()),
            )
        )
    return rows


Keys = tuple[int | None, int | None]


def persons_of(keys: Iterable[Keys]) -> dict[Keys, Person]:
    """Registered persons by person and household key. One SQL statement."""
    wanted = {key for key in keys if key[0] is not None}
    if not wanted:
        return {}
    found = Person.objects.filter(person_key__in={key[0] for key in wanted}).select_related("household")
    by_keys: dict[Keys, Person] = {}
    for person in found.order_by("pk"):
        key = person.person_key, person.household.household_key
        if key in wanted:
            by_keys.setdefault(key, person)
    return by_keys


def link_visible(*, actor: Officer, link_id: int, action: Action = Action.MATCH_SEE) -> FeedLink:
    """One row the actor may see. One SQL statement. Raises `NotFound`."""
    link = FeedLink.objects.visible_to(actor, action).select_related("run__snapshot").filter(pk=link_id).first()
    if link is None:
        raise NotFound("no_such_row", _("没有这一行，或不在您的管辖范围内。"))
    return link


def next_waiting(*, actor: Officer, after: FeedLink, chosen: LinkFilter) -> int | None:
    """The next waiting row of the filter behind this one, else the first. At most two SQL statements."""
    waiting = links_matching(actor=actor, chosen=LinkFilter(run_id=chosen.run_id, q=chosen.q)).exclude(pk=after.pk)
    run = after.run
    behind = waiting.filter(
        Q(run_id=run.pk, row__gt=after.row) | Q(run__month=run.month, run_id__gt=run.pk) | Q(run__month__lt=run.month)
    )
    found = behind.values_list("pk", flat=True).first()
    return found if found is not None else waiting.values_list("pk", flat=True).first()


def waiting_count(*, actor: Officer, chosen: LinkFilter) -> int:
    """How many rows of the filter still wait. One SQL statement."""
    return links_matching(actor=actor, chosen=LinkFilter(run_id=chosen.run_id, q=chosen.q)).count()


def run_visible(*, actor: Officer, run_id: int, action: Action = Action.MATCH_SEE) -> MatchRun:
    """One matched table the actor may see. One SQL statement. Raises `NotFound`."""
    run = MatchRun.objects.visible_to(actor, action).select_related("snapshot", "original__original").filter(pk=run_id)
    found = run.first()
    if found is None:
        raise NotFound("no_such_table", _("没有这份表，或不在您的管辖范围内。"))
    return found
