"""Signing in, out and failing to leave a line in the audit log."""

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from doudi.web.accounts.middleware import client_address
from doudi.web.accounts.models import User
from doudi.web.accounts.scope import NOBODY, officer_of
from doudi.web.audit.services import audit_record


@receiver(user_logged_in)
def signed_in(*, request: HttpRequest, user: User, **_: Any) -> None:
    audit_record(action="sign_in", actor=officer_of(user, address=client_address(request)))


@receiver(user_logged_out)
def signed_out(*, request: HttpRequest, user: User | None, **_: Any) -> None:
    if user is not None:
        audit_record(action="sign_out", actor=officer_of(user, address=client_address(request)))


@receiver(user_login_failed)
def sign_in_failed(*, credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    where = client_address(request) if request is not None else None
    audit_record(
        action="sign_in_failed",
        actor=NOBODY,
        address=where,
        subject_type="user",
        subject_id=str(credentials.get("username") or "")[:64],
    )
