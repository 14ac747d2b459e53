"""Deciding whether two rows of the registry are one: keep one, deactivate one, or two after all; and taking it back."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Officer, require
from doudi.web.audit.services import audit_record
from doudi.web.intake.writing import lock_registry, registry_changed
from doudi.web.jobs.models import Job, JobState
from doudi.web.jobs.services import job_queue
from doudi.web.matching import merging
from doudi.web.matching.models import DuplicateKind, DuplicateProposal, DuplicateState, FeedLink, MatchRun
from doudi.web.matching.rematching import queue_again
from doudi.web.refusal import ActionRefused, NotFound
from doudi.web.registry.models import Household, Person

MOVED_OUT = "moved_out"
SETTLED = (DuplicateState.SAME, DuplicateState.MERGED, DuplicateState.MOVED)


def duplicates_find(*, actor: Officer) -> Job:
    """Queue a search of the whole registry for duplicates; one that waits or runs already is given back."""
    require(actor, Action.DUPLICATE_DECIDE)
    with transaction.atomic():
        running = Job.objects.filter(
            kind="matching.duplicates", state__in=(JobState.QUEUED, JobState.RUNNING), region_code=str(actor.home)
        ).first()
        if running is not None:
            return running
        job = job_queue(
            actor=actor, kind="matching.duplicates", title=_("查找重复的户和人"), region_code=str(actor.home)
        )
        audit_record(action="duplicate_find", actor=actor, subject_type="registry")
    return job


def duplicate_different(*, actor: Officer, pair_id: int, note: str, request_key: UUID) -> DuplicateProposal:
    """Two after all: remembered, the pair is not proposed again. Raises `NotFound`, `ActionRefused` (`decided`)."""
    with transaction.atomic():
        pair = _open_pair(actor, pair_id, request_key)
        if pair.request_key == request_key:
            return pair
        _settle(actor, pair, DuplicateState.DIFFERENT, note, request_key)
    return pair


def duplicate_merge(
    *, actor: Officer, pair_id: int, right_stays: bool, add_up: bool = False, note: str, request_key: UUID
) -> DuplicateProposal:
    """One person or household: one row stays, the other is taken out, all that pointed to it points to the one.

    All of it in one transaction; every row touched is kept, see `duplicate_undo`. The same key again does nothing.
    Raises `NotFound`, `ActionRefused` (`decided`, `gone`).
    """
    with transaction.atomic():
        state = lock_registry()
        pair = _open_pair(actor, pair_id, request_key)
        if pair.request_key == request_key:
            return pair
        rows = merging.Rows(pair)
        if pair.kind == DuplicateKind.PERSON:
            left, right = both_persons(pair)
            stays, goes = (right, left) if right_stays else (left, right)
            merging.person_merge(rows, stays=stays, goes=goes)
            state_now, what = DuplicateState.SAME, stays.household.household_no
        else:
            one, other = both_households(pair)
            kept, gone = (other, one) if right_stays else (one, other)
            merging.households_merge(rows, stays=kept, goes=gone, add_up=add_up)
            state_now, what = DuplicateState.MERGED, kept.household_no
        registry_changed(state)
        pair.right_stays = right_stays
        _match_again(actor, pair)
        _settle(actor, pair, state_now, note, request_key, stays=what, rows=pair.rows_before.count(), add_up=add_up)
    return pair


def duplicate_moved(
    *, actor: Officer, pair_id: int, right_stays: bool, note: str, request_key: UUID
) -> DuplicateProposal:
    """One person who moved: the row in the household left is marked as moved out, through the door for corrections.

    Raises `NotFound`, `ActionRefused` (`decided`, `gone`, `changed_meanwhile`).
    """
    from doudi.web.cleaning.cells import cell_text
    from doudi.web.cleaning.correcting import CellChange, corrections_apply

    with transaction.atomic():
        lock_registry()
        pair = _open_pair(actor, pair_id, request_key)
        if pair.request_key == request_key:
            return pair
        if pair.kind != DuplicateKind.PERSON:
            raise ActionRefused("not_a_person", _("只有同一人的重复可以按迁出处理。"))
        left, right = both_persons(pair)
        gone = left if right_stays else right
        change = CellChange("person", gone.pk, "status", cell_text(gone.status), MOVED_OUT)
        applied = corrections_apply(actor=actor, changes=[change], how="duplicates", request_key=request_key)
        if applied.conflicts or applied.refused:
            raise ActionRefused("changed_meanwhile", _("这一行刚被别人改动，请刷新后再办。"))
        pair.right_stays = right_stays
        _settle(actor, pair, DuplicateState.MOVED, note, request_key, left=gone.household.household_no)
    return pair


def duplicate_undo(*, actor: Officer, pair_id: int, request_key: UUID) -> DuplicateProposal:
    """Take a decision back: every row as it was, the pair waits again. Undoing twice does nothing.

    Raises `NotFound`, `ActionRefused` (`not_decided`, `changed_later`: then nothing is put back).
    """
    from doudi.web.cleaning.correcting import corrections_undo

    with transaction.atomic():
        state = lock_registry()
        pair = _pair(actor, pair_id)
        if any(line.get("key") == str(request_key) for line in pair.trace):
            return pair
        if pair.state in (DuplicateState.OPEN, DuplicateState.GONE):
            raise ActionRefused("not_decided", _("这一对还没有认定，不用撤销。"))
        undone = 0
        if pair.state == DuplicateState.MOVED and pair.request_key is not None:
            undone = corrections_undo(actor=actor, batch=pair.request_key).cells
        elif pair.state in SETTLED:
            _match_again(actor, pair)
            undone = merging.take_back(pair)
            registry_changed(state)
        _note(actor, pair, "undone", request_key, rows=undone, was=pair.state)
        pair.state, pair.request_key = DuplicateState.OPEN, None
        pair.decided_by_id, pair.decided_name, pair.decided_at, pair.note = None, "", None, ""
        pair.save()
        audit_record(
            action="duplicate_undo",
            actor=actor,
            region_code=pair.region_code,
            subject_type="duplicate",
            subject_id=str(pair.pk),
            detail={"rows": undone},
        )
    return pair


def both_persons(pair: DuplicateProposal) -> tuple[Person, Person]:
    """The two rows as they stand now. Two SQL statements. Raises `ActionRefused` (`gone`)."""
    found = [
        list(
            Person.objects.filter(person_key=person or 0, household__household_key=household)
            .select_related("household")
            .order_by("pk")[:2]
        )
        for person, household in (
            (pair.left_person, pair.left_household),
            (pair.right_person, pair.right_household),
        )
    ]
    same_place = (pair.left_person, pair.left_household) == (pair.right_person, pair.right_household)
    if same_place and len(found[0]) == 2:  # the same id twice within one household
        return found[0][0], found[0][1]
    if same_place or not found[0] or not found[1]:
        raise _gone()
    return found[0][0], found[1][0]


def both_households(pair: DuplicateProposal) -> tuple[Household, Household]:
    """The two households as they stand now. One SQL statement. Raises `ActionRefused` (`gone`)."""
    keys = (pair.left_household, pair.right_household)
    found = {one.household_key: one for one in Household.objects.filter(household_key__in=keys)}
    if len(found) < len(keys):
        raise _gone()
    return found[keys[0]], found[keys[1]]


def _match_again(actor: Officer, pair: DuplicateProposal) -> None:
    """Tables with rows about the person that goes or comes back are matched again, so that screening reads it right."""
    links = pair.rows_before.filter(table=FeedLink._meta.label_lower).values("row_id")
    for run in MatchRun.objects.filter(snapshot__standing=True, links__in=links).distinct():
        queue_again(actor, run)


def _gone() -> ActionRefused:
    return ActionRefused("gone", _("其中一行已不在登记簿中，请重新查找重复。"))


def _pair(actor: Officer, pair_id: int) -> DuplicateProposal:
    pair = DuplicateProposal.objects.visible_to(actor).select_for_update().filter(pk=pair_id).first()
    if pair is None:
        raise NotFound("no_such_pair", _("没有这一对，或不在您的管辖范围内。"))
    return pair


def _open_pair(actor: Officer, pair_id: int, request_key: UUID) -> DuplicateProposal:
    pair = _pair(actor, pair_id)
    if pair.state != DuplicateState.OPEN and pair.request_key != request_key:
        raise ActionRefused(
            "decided", _("这一对已由 %(who)s 认定，如有不同意见请先撤销。") % {"who": pair.decided_name or _("系统")}
        )
    return pair


def _settle(
    actor: Officer, pair: DuplicateProposal, state: DuplicateState, note: str, request_key: UUID, **detail: object
) -> None:
    pair.state, pair.note, pair.request_key = state, note.strip()[:255], request_key
    pair.decided_by_id, pair.decided_name, pair.decided_at = actor.user_id, actor.name, timezone.now()
    _note(actor, pair, state.value, request_key, note=pair.note, **detail)
    pair.save()
    audit_record(
        action="duplicate_decide",
        actor=actor,
        region_code=pair.region_code,
        subject_type="duplicate",
        subject_id=str(pair.pk),
        detail={"state": state.value, **detail},
    )


def _note(actor: Officer, pair: DuplicateProposal, what: str, key: UUID, **detail: object) -> None:
    line = {"what": what, "by": actor.name, "at": timezone.now().isoformat(timespec="seconds"), "key": str(key)}
    pair.trace = [*pair.trace, {**line, **detail}]
