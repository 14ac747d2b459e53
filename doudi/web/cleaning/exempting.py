"""Leaving an issue as it is until a day, with the reason and the proof; and taking that back."""

from datetime import date
from typing import BinaryIO

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Officer, require
from doudi.web.audit.services import audit_record
from doudi.web.cleaning.models import STANDING, Exemption, Issue, IssueEvent, IssueState, IssueStep
from doudi.web.cleaning.proofs import proof_store
from doudi.web.cleaning.tasking import tasks_settle
from doudi.web.refusal import ActionRefused, NotFound

SHORTEST_REASON = 4


@transaction.atomic
def issue_exempt(
    *, actor: Officer, issue_id: int, reason: str, expires_on: date, file_name: str = "", file: BinaryIO | None
) -> Exemption:
    """Not to be raised again before `expires_on`; the proof is kept encrypted. Asked twice, it stays one exemption.

    Raises `NotFound`, `NotAllowed`, `ActionRefused` (`reason_needed`, `past_day`, `proof_needed`, `wrong_state` …).
    """
    issue = _locked(actor, issue_id)
    present = issue.exemptions.filter(lifted_at=None).first()
    if issue.state == IssueState.EXEMPTED and present is not None:
        return present
    if issue.state not in STANDING:
        raise ActionRefused("wrong_state", _("这个问题现在是“%s”，不用豁免。") % IssueState(issue.state).label)
    if len(reason.strip()) < SHORTEST_REASON:
        raise ActionRefused("reason_needed", _("请写明豁免的理由，至少 4 个字。"))
    if expires_on <= timezone.localdate():
        raise ActionRefused("past_day", _("有效期至少要到明天。"))
    if file is None:
        raise ActionRefused("proof_needed", _("请上传凭证的照片或 PDF，例如证件、证明。"))
    exemption = Exemption.objects.create(
        issue=issue,
        reason=reason.strip(),
        proof=proof_store(name=file_name, content=file),
        expires_on=expires_on,
        actor_id=actor.user_id,
        actor_name=actor.name,
    )
    issue.state, issue.exempt_until = IssueState.EXEMPTED, expires_on
    issue.save(update_fields=["state", "exempt_until"])
    IssueEvent.objects.create(
        issue=issue,
        step=IssueStep.EXEMPTED,
        note=_("%(reason)s（有效期至 %(day)s）") % {"reason": exemption.reason, "day": expires_on.isoformat()},
        file=exemption.proof,
        actor_name=actor.name,
    )
    tasks_settle(Issue.objects.filter(pk=issue.pk))
    _audit(issue, actor, action="issue_exempt", expires_on=expires_on.isoformat())
    return exemption


@transaction.atomic
def exemption_lift(*, actor: Officer, issue_id: int) -> Issue:
    """Raise an exempted issue again at once. Raises `NotFound`, `NotAllowed`, `ActionRefused` (`wrong_state`)."""
    issue = _locked(actor, issue_id)
    if issue.state == IssueState.OPEN:
        return issue
    if issue.state != IssueState.EXEMPTED:
        raise ActionRefused("wrong_state", _("这个问题没有豁免。"))
    issue.exemptions.filter(lifted_at=None).update(lifted_at=timezone.now(), lifted_by=actor.name)
    issue.state, issue.exempt_until = IssueState.OPEN, None
    issue.save(update_fields=["state", "exempt_until"])
    IssueEvent.objects.create(issue=issue, step=IssueStep.LIFTED, actor_name=actor.name)
    _audit(issue, actor, action="exemption_lift")
    return issue


def _locked(actor: Officer, issue_id: int) -> Issue:
    issue = Issue.objects.visible_to(actor).select_for_update().filter(pk=issue_id).first()
    if issue is None:
        raise NotFound("no_such_issue", _("没有这个问题，或不在您的管辖范围内。"))
    require(actor, Action.CLEANING_EXEMPT, issue.region_code)
    return issue


def _audit(issue: Issue, actor: Officer, *, action: str, **detail: str) -> None:
    audit_record(
        action=action,
        actor=actor,
        region_code=issue.region_code,
        subject_type="issue",
        subject_id=str(issue.pk),
        detail={"check": issue.check_id, **detail},
    )
