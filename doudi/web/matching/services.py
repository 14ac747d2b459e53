"""Deciding about doubtful rows: this person, nobody, or back to the desk. Each in one transaction, and audited."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Officer, require
from doudi.web.audit.services import audit_record
from doudi.web.jobs.models import Job, JobState
from doudi.web.jobs.services import job_queue
from doudi.web.matching.models import (
    Band,
    FeedLink,
    LinkCandidate,
    LinkDecision,
    LinkEvent,
    LinkState,
    MatchRun,
    Method,
)
from doudi.web.refusal import ActionRefused, NotFound

MOST_AT_ONCE = 500
Who = tuple[int, int] | None
"""Person and household by their keys; None: nobody."""


@dataclass(frozen=True)
class Decided:
    """What a decision did: links decided (rows that say the same go along), and those somebody else was faster with."""

    links: int
    taken: int = 0


def link_choose(*, actor: Officer, link_id: int, rank: int, request_key: UUID) -> Decided:
    """The row is about the candidate of that rank; `rank` 0: about nobody of the registry.

    Rows of other standing tables that say the very same go along, and those of months to come. The same key again does
    nothing. Raises `NotFound`, `ActionRefused` (`already_decided`, `no_candidate`, `not_standing`).
    """
    with transaction.atomic():
        if _done_before(request_key):
            return Decided(0)
        link = _locked(actor, [link_id]).first()
        if link is None:
            raise NotFound("no_such_row", _("没有这一行，或不在您的管辖范围内。"))
        _refuse_unless_open(link)
        who = _candidate(link, rank) if rank else None
        count = _decide(actor, [(link, who)], request_key)
        _audit(actor, action="match_decide", links=[link], detail={"rows": count, "nobody": who is None})
    return Decided(count)


def links_choose(*, actor: Officer, link_ids: Collection[int], nobody: bool, request_key: UUID) -> Decided:
    """Decide many rows at once: each about its likeliest candidate, or all about nobody. All of it or nothing.

    Rows somebody else decided meanwhile are left alone and counted. Raises `ActionRefused` (`nothing_chosen`,
    `too_many`).
    """
    require(actor, Action.MATCH_DECIDE)
    if not link_ids:
        raise ActionRefused("nothing_chosen", _("请先勾选要认定的行。"))
    if len(link_ids) > MOST_AT_ONCE:
        raise ActionRefused("too_many", _("一次最多认定 %d 行。") % MOST_AT_ONCE)
    with transaction.atomic():
        if _done_before(request_key):
            return Decided(0)
        links = list(_locked(actor, link_ids).filter(run__snapshot__standing=True))
        waiting = [link for link in links if link.state == LinkState.OPEN]
        best = {one.link_id: one for one in LinkCandidate.objects.filter(link__in=waiting, rank=1)}
        choices: list[tuple[FeedLink, Who]] = []
        for link in waiting:
            if nobody:
                choices.append((link, None))
            elif (first := best.get(link.pk)) is not None:
                choices.append((link, (first.person_key, first.household_key)))
        count = _decide(actor, choices, request_key)
        if choices:
            decided = [link for link, _who in choices]
            _audit(actor, action="match_decide", links=decided, detail={"rows": count, "nobody": nobody})
    return Decided(count, taken=len(links) - len(waiting))


def link_undo(*, actor: Officer, link_id: int, request_key: UUID) -> FeedLink:
    """Take a link or a decision back: the row waits at the desk again, and what was remembered is forgotten.

    Rows that were decided along with it go back as well. Raises `NotFound`, `ActionRefused` (`not_decided`).
    """
    with transaction.atomic():
        link = _locked(actor, [link_id]).first()
        if link is None:
            raise NotFound("no_such_row", _("没有这一行，或不在您的管辖范围内。"))
        if _done_before(request_key):
            return link
        if link.state == LinkState.OPEN:
            raise ActionRefused("not_decided", _("这一行还没有认定，不用撤销。"))
        _refuse_unless_standing(link)
        together = _saying_the_same([link], waiting=False)
        _remember(actor, [(link, None)], disputed=True)
        for one in together:
            _reopen(actor, one, request_key)
        _changed(actor, together)
        _audit(actor, action="match_undo", links=[link], detail={"rows": len(together)})
    link.refresh_from_db()
    return link


def _reopen(actor: Officer, link: FeedLink, request_key: UUID) -> None:
    """Back to the desk; the person it was linked to is among the candidates."""
    before = link.person_key, link.household_key
    offered = set(link.candidates.values_list("person_key", "household_key"))
    if before[0] is not None and before not in offered:
        last = link.candidates.order_by("-rank").values_list("rank", flat=True).first() or 0
        LinkCandidate.objects.create(
            link=link,
            rank=last + 1,
            person_key=before[0],
            household_key=before[1] or 0,
            score=link.score or 0,
            evidence=link.evidence,
        )
    LinkEvent.objects.create(
        link=link,
        kind=LinkEvent.Kind.UNDONE,
        person_key=before[0],
        household_key=before[1],
        by=actor.name,
        request_key=request_key,
    )
    link.state, link.band, link.method = LinkState.OPEN, Band.DOUBTFUL, ""
    link.person_key = link.household_key = None
    link.decided_by_id, link.decided_name, link.decided_at = None, "", None
    link.save()


def _decide(actor: Officer, choices: Sequence[tuple[FeedLink, Who]], request_key: UUID) -> int:
    """Decide, along with the rows that say the same; gives how many rows. In the caller's transaction."""
    chosen = {(link.run.region_code, link.written_key): (link, who) for link, who in choices}
    together = {link.pk: link for link in _saying_the_same([link for link, _who in choices], waiting=True)}
    now = timezone.now()
    events = []
    for link in together.values():
        first, who = chosen[link.run.region_code, link.written_key]
        link.person_key, link.household_key = who or (None, None)
        link.state = LinkState.NOBODY if who is None else LinkState.LINKED
        link.band, link.method = (Band.NONE if who is None else Band.SURE), Method.DECIDED
        link.decided_by_id, link.decided_name, link.decided_at = actor.user_id, actor.name, now
        events.append(
            LinkEvent(
                link=link,
                kind=LinkEvent.Kind.NOBODY if who is None else LinkEvent.Kind.CHOSEN,
                person_key=link.person_key,
                household_key=link.household_key,
                by=actor.name,
                at=now,
                note="" if first.pk == link.pk else _("与第 %d 行写的相同，一并认定") % first.row,
                request_key=request_key,
            )
        )
    fields = ["person_key", "household_key", "state", "band", "method", "decided_by", "decided_name", "decided_at"]
    FeedLink.objects.bulk_update(together.values(), fields, batch_size=200)
    LinkEvent.objects.bulk_create(events, batch_size=200)
    _remember(actor, [chosen[key] for key in chosen])
    _changed(actor, list(together.values()))
    return len(together)


def _remember(actor: Officer, choices: Iterable[tuple[FeedLink, Who]], *, disputed: bool = False) -> None:
    for link, who in choices:
        place = {"region_code": link.run.region_code, "written_key": link.written_key}
        LinkDecision.objects.filter(**place, undone_at__isnull=True).update(
            undone_at=timezone.now(), undone_name=actor.name
        )
        person_key, household_key = who or (None, None)
        LinkDecision.objects.create(
            **place,
            person_key=person_key,
            household_key=household_key,
            disputed=disputed,
            link=link,
            decided_by_id=actor.user_id,
            decided_name=actor.name,
        )


def _saying_the_same(links: Sequence[FeedLink], *, waiting: bool) -> list[FeedLink]:
    """Rows of the place's standing tables that say the very same: those that wait, or those that are settled.

    Whosever tables they are: what is decided is who somebody is.
    """
    keys = {(link.run.region_code, link.written_key) for link in links}
    found = (
        FeedLink.objects.filter(written_key__in={key for _region, key in keys}, run__snapshot__standing=True)
        .select_for_update(of=("self",))
        .select_related("run")
        .order_by("pk")
    )
    found = found.filter(state=LinkState.OPEN) if waiting else found.exclude(state=LinkState.OPEN)
    return [link for link in found if (link.run.region_code, link.written_key) in keys]


def _changed(actor: Officer, links: Sequence[FeedLink]) -> None:
    """The linked data beside the snapshots is behind now: a job writes it anew."""
    runs = {link.run_id: link.run for link in links}
    MatchRun.objects.filter(pk__in=runs).update(changes=F("changes") + 1)
    waiting = set(
        Job.objects.filter(kind="matching.write", state=JobState.QUEUED).values_list("arguments__run", flat=True)
    )
    for run in runs.values():
        if run.pk not in waiting:
            job_queue(
                actor=actor,
                kind="matching.write",
                title=_("更新“%(title)s”%(month)s 的对应结果") % {"title": run.feed_title, "month": run.month},
                region_code=run.region_code,
                arguments={"run": run.pk},
            )


def _locked(actor: Officer, link_ids: Collection[int]) -> "QuerySet[FeedLink]":
    return (
        FeedLink.objects.visible_to(actor, Action.MATCH_DECIDE)
        .filter(pk__in=link_ids)
        .select_for_update(of=("self",))
        .select_related("run__snapshot")
        .order_by("pk")
    )


def _candidate(link: FeedLink, rank: int) -> tuple[int, int]:
    found = link.candidates.filter(rank=rank).first()
    if found is None:
        raise ActionRefused("no_candidate", _("没有第 %d 个候选人，请刷新页面。") % rank)
    return found.person_key, found.household_key


def _refuse_unless_open(link: FeedLink) -> None:
    _refuse_unless_standing(link)
    if link.state != LinkState.OPEN:
        raise ActionRefused(
            "already_decided",
            _("这一行已由 %(who)s 认定，如有不同意见请先撤销。") % {"who": link.decided_name or _("系统")},
        )


def _refuse_unless_standing(link: FeedLink) -> None:
    if not link.run.snapshot.standing:
        raise ActionRefused("not_standing", _("这份表已被新的导入替换或撤销，不能再认定。"))


def _done_before(request_key: UUID) -> bool:
    return LinkEvent.objects.filter(request_key=request_key).exists()


def _audit(actor: Officer, *, action: str, links: Sequence[FeedLink], detail: dict[str, object]) -> None:
    audit_record(
        action=action,
        actor=actor,
        region_code=links[0].run.region_code,
        subject_type="feed_row",
        subject_id=str(links[0].pk) if len(links) == 1 else "",
        detail={**detail, "links": [link.pk for link in links[:50]]},
    )
