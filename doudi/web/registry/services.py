"""Looking at what is masked: with a reason, within one's villages, and never unnoticed."""

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Officer, require
from doudi.web.audit.services import audit_record
from doudi.web.refusal import ActionRefused
from doudi.web.registry.queries import household_visible

SHORTEST_REASON = 4


@dataclass(frozen=True)
class Unmasked:
    """The full numbers of a household and, by person's primary key, of its members."""

    household: dict[str, str]
    members: dict[int, dict[str, str]]


@transaction.atomic
def household_unmask(*, actor: Officer, household_no: str, reason: str) -> Unmasked:
    """Show full ids, phones and the account of one household; the audit line is kept or nothing is shown.

    Raises `NotAllowed`, `NotFound`, or `ActionRefused` (`reason_needed`).
    """
    require(actor, Action.HOUSEHOLD_UNMASK)
    household = household_visible(actor=actor, household_no=household_no, action=Action.HOUSEHOLD_UNMASK)
    if len(reason.strip()) < SHORTEST_REASON:
        raise ActionRefused("reason_needed", _("请写明查看的原因，例如“入户核查”。"))
    shown = Unmasked(
        household={
            "phone": household.phone or "",
            "bank_account": household.bank_account or "",
            "helper_phone": household.helper_phone or "",
        },
        members={
            person.pk: {
                "resident_id": person.resident_id or "",
                "phone": person.phone or "",
                "disability_certificate": person.disability_certificate or "",
            }
            for person in household.members.all()
        },
    )
    audit_record(
        action="unmask",
        actor=actor,
        region_code=household.region_code,
        subject_type="household",
        subject_id=household.household_no,
        detail={"reason": reason.strip()[:200], "members": len(shown.members)},
    )
    return shown
