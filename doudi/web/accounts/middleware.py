"""What happens around every request: who is acting, how long a silent session lasts, how a refusal is shown."""

import ipaddress
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _

from doudi.web.accounts.scope import NOBODY, officer_of
from doudi.web.refusal import ActionRefused

Answer = Callable[[HttpRequest], HttpResponse]
POLLED = frozenset({"jobs:job"})
"""Addresses that a waiting page asks by itself: they don't count as a sign of life."""


def client_address(request: HttpRequest) -> str | None:
    """The address of the person's machine; a forwarded one is believed only from as many proxies as were declared."""
    found = request.META.get("REMOTE_ADDR") or ""
    if settings.DOUDI_PROXIES:
        forwarded = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
        if len(forwarded) >= settings.DOUDI_PROXIES:
            found = forwarded[-settings.DOUDI_PROXIES]
    try:
        return str(ipaddress.ip_address(found))
    except ValueError:
        return None


class OfficerMiddleware:
    """Puts `request.officer` in place and lets a session end after half an hour without a deliberate request."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        where = client_address(request)
        request.officer = officer_of(user, address=where) if user.is_authenticated else NOBODY  # type: ignore
        response = self.get_response(request)
        if user.is_authenticated:
            patch_cache_control(response, private=True, no_store=True)
            match = request.resolver_match
            if match is None or match.view_name not in POLLED:
                request.session.modified = True
        return response


class RefusalMiddleware:
    """Shows an `ActionRefused` that a view let through: the sentence on a page or partial, the code in a header."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, ActionRefused):
            return None
        return refusal_response(request, code=exception.code, message=exception.message, status=exception.status)


def refusal_response(request: HttpRequest, *, code: str, message: str, status: int) -> HttpResponse:
    """The page of a refusal (`refused.html`: `code`, `message`, `status`)."""
    response = render(request, "refused.html", {"code": code, "message": message, "status": status}, status=status)
    response["X-Refusal"] = code
    return response


def locked_out(
    request: HttpRequest, credentials: dict | None = None, *_args: object, **_kwargs: object
) -> HttpResponse:
    """The answer to a sign-in after too many failures."""
    minutes = int(settings.AXES_COOLOFF_TIME * 60)
    message = _("密码连续输错 %(times)d 次，该账号已在本机锁定，请 %(minutes)d 分钟后再试，或请安全管理员解锁。") % {
        "times": settings.AXES_FAILURE_LIMIT,
        "minutes": minutes,
    }
    return refusal_response(request, code="locked_out", message=message, status=429)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The answer when a form is sent from a page that is too old or from elsewhere."""
    message = _("页面已过期，请返回刷新后重新提交。")
    return refusal_response(request, code="stale_form", message=message, status=403)
