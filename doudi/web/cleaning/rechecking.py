"""What becomes of issues when cells of their households change: judged again at once, in the same transaction."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

from doudi.web.accounts.scope import Officer
from doudi.web.cleaning.checking import check_households, checks_concerned, neighbours
from doudi.web.cleaning.merging import Merging, merge_issues
from doudi.web.cleaning.models import (
    STANDING,
    CleaningRun,
    Correction,
    CorrectionBatch,
    How,
    Issue,
    IssueEvent,
    IssueState,
    IssueStep,
)
from doudi.web.cleaning.tasking import tasks_settle
from doudi.web.jobs.progress import Report, ignore
from doudi.web.refusal import ActionRefused
from doudi.web.registry.finding import pseudonymiser
from doudi.web.registry.models import Household, Person

log = logging.getLogger("doudi.cleaning")


@dataclass(frozen=True)
class _Occasion:
    actor: Officer
    batch: CorrectionBatch
    corrections: Sequence[Correction]

    @property
    def undoing(self) -> bool:
        return self.batch.how == How.UNDO


def after_corrections(
    *,
    actor: Officer,
    batch: CorrectionBatch,
    corrections: Sequence[Correction],
    households: Mapping[int, Household],
    report: Report = ignore,
) -> None:
    """Close the issues that were mended, reopen those whose mending was taken back, find new ones.

    Without a run of the checks so far, or when the checks cannot be run now, the issues named by the corrections are
    taken as mended; the next run judges them.
    """
    for household in households.values():
        moved = Issue.objects.filter(household=household).exclude(region_code=household.region_code)
        moved.update(region_code=household.region_code)
    occasion = _Occasion(actor, batch, corrections)
    run = CleaningRun.objects.all().latest_done()
    report(_("重新检查"), 0, 0)
    if run is None or not _judged_again(occasion, set(households), run):
        _taken_as_mended(occasion)
    named = {one.issue_id for one in corrections if one.issue_id is not None}
    _note_what_stayed(occasion, named)
    tasks_settle(Issue.objects.filter(household_id__in=list(households)))


def _judged_again(occasion: _Occasion, touched: set[int], run: CleaningRun) -> bool:
    """Hold the households against the checks concerned and bring their issues up to it; False when that failed."""
    keys = touched | neighbours(touched, wide=False) | _once_the_same(occasion.corrections)
    try:
        checks = _checks_for(occasion.corrections, keys, run.as_of)
        checked = check_households(keys, checks=checks, as_of=run.as_of)
    except ActionRefused as refused:
        log.warning("households were not judged again after a correction: %s", refused.message)
        return False
    merge_issues(
        checked.found,
        occasion=Merging(
            on=timezone.localdate(),
            at=occasion.batch.at,
            actor_name=occasion.actor.name,
            back=IssueStep.UNDONE if occasion.undoing else IssueStep.AGAIN,
            by_correction=not occasion.undoing,
            as_of=run.as_of,
        ),
        households=keys,
        judged=checked.judged,
    )
    return True


def _checks_for(corrections: Iterable[Correction], keys: set[int], as_of: date) -> set[str]:
    """The checks that name a changed cell, and those with an issue of these households."""
    checks = checks_concerned({f"{one.table}.{one.column}" for one in corrections}, as_of)
    return checks | set(Issue.objects.filter(household_id__in=list(keys)).values_list("check_id", flat=True))


def _once_the_same(corrections: Iterable[Correction]) -> set[int]:
    """Households that shared a person or phone with a cell as it was before: what was said of them may be over."""
    found: set[int] = set()
    for one in corrections:
        if one.before and one.column == "resident_id":
            key = pseudonymiser().person_key(one.before)
            found |= set(Person.objects.filter(person_key=key).values_list("household_id", flat=True))
        elif one.before and one.table == "household" and one.column == "phone":
            phone = pseudonymiser().phone_key(one.before)
            found |= set(Household.objects.filter(phone_key=phone).values_list("pk", flat=True))
    return found


def _taken_as_mended(occasion: _Occasion) -> None:
    named = {one.issue_id for one in occasion.corrections if one.issue_id is not None}
    for issue in Issue.objects.filter(pk__in=named):
        if occasion.undoing and issue.state == IssueState.CORRECTED:
            issue.state, issue.gone_on, step = IssueState.OPEN, None, IssueStep.UNDONE
        elif not occasion.undoing and issue.state in STANDING:
            issue.state, issue.gone_on, step = IssueState.CORRECTED, timezone.localdate(), IssueStep.CORRECTED
        else:
            continue
        issue.save(update_fields=["state", "gone_on"])
        IssueEvent.objects.create(issue=issue, step=step, actor_name=occasion.actor.name, at=occasion.batch.at)


def _note_what_stayed(occasion: _Occasion, named: set[int]) -> None:
    """Say on the issues that were corrected and hold all the same that this was so."""
    if occasion.undoing:
        return
    cells: dict[int | None, int] = defaultdict(int)
    for one in occasion.corrections:
        cells[one.issue_id] += 1
    stayed = Issue.objects.filter(pk__in=named, state__in=STANDING)
    IssueEvent.objects.bulk_create(
        IssueEvent(
            issue=issue,
            step=IssueStep.CORRECTED,
            note=_("改了 %d 个单元格，问题仍在。") % cells[issue.pk],
            actor_name=occasion.actor.name,
            at=occasion.batch.at,
        )
        for issue in stayed
    )
