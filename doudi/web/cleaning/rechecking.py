"""What becomes of issues when cells of their households change: judged again at once, in the same transaction."""

from collections.abc import Mapping, Sequence

from django.utils import timezone

from doudi.web.accounts.scope import Officer
from doudi.web.cleaning.models import (
    STANDING,
    Correction,
    CorrectionBatch,
    How,
    Issue,
    IssueEvent,
    IssueState,
    IssueStep,
)
from doudi.web.jobs.progress import Report
from doudi.web.registry.models import Household


def after_corrections(
    *,
    actor: Officer,
    batch: CorrectionBatch,
    corrections: Sequence[Correction],
    households: Mapping[int, Household],
    report: Report,
) -> None:
    """Close the issues that were mended, reopen those whose mending was taken back, find new ones."""
    for household in households.values():
        moved = Issue.objects.filter(household=household).exclude(region_code=household.region_code)
        moved.update(region_code=household.region_code)
    named = {one.issue_id for one in corrections if one.issue_id is not None}
    undoing = batch.how == How.UNDO
    issues = list(Issue.objects.filter(pk__in=named))
    for issue in issues:
        if undoing and issue.state == IssueState.CORRECTED:
            issue.state, issue.gone_on = IssueState.OPEN, None
        elif not undoing and issue.state in STANDING:
            issue.state, issue.gone_on = IssueState.CORRECTED, timezone.localdate()
        else:
            continue
        issue.save(update_fields=["state", "gone_on"])
    IssueEvent.objects.bulk_create(
        IssueEvent(
            issue=issue,
            step=IssueStep.UNDONE if undoing else IssueStep.CORRECTED,
            actor_name=actor.name,
            at=batch.at,
        )
        for issue in issues
    )
