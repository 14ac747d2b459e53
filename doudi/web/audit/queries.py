"""Reading the audit log."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Officer, require
from doudi.web.audit.models import AuditEntry

ACTION_NAMES = {
    "sign_in": _("登录"),
}


@dataclass(frozen=True)
class AuditLine:
    """One line of the log for people."""

    number: int
    at: datetime
    action: str
    actor: str
    username: str
    address: str
    region_code: str
    subject_type: str
    subject_id: str
    detail: dict[str, Any]


@dataclass(frozen=True)
class AuditPage:
    lines: list[AuditLine]
    older: int | None
    """Number to pass as `before` for the next page, or None at the beginning of the log."""


def audit_page(
    *,
    actor: Officer,
    action: str = "",
    username: str = "",
    subject_id: str = "",
    before: int | None = None,
    size: int = 50,
) -> AuditPage:
    """The newest lines first, in the regions of the auditor. One SQL statement."""
    require(actor, Action.AUDIT_SEE)
    entries = AuditEntry.objects.order_by("-number")
    if action:
        entries = entries.filter(action=action)
    if username:
        entries = entries.filter(username=username)
    if subject_id:
        entries = entries.filter(subject_id=subject_id)
    if before is not None:
        entries = entries.filter(number__lt=before)
    rows = list(entries[: size + 1])
    lines = [
        AuditLine(
            number=row.number,
            at=row.at,
            action=row.action,
            actor=row.actor_name,
            username=row.username,
            address=row.address,
            region_code=row.region_code,
            subject_type=row.subject_type,
            subject_id=row.subject_id,
            detail=json.loads(row.detail),
        )
        for row in rows[:size]
    ]
    return AuditPage(lines=lines, older=lines[-1].number if len(rows) > size else None)
