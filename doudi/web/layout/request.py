"""A request as the views get it: with the acting officer and what HTMX says about itself."""

from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from doudi.web.accounts.models import User
from doudi.web.accounts.scope import Officer


class OfficerRequest(HttpRequest):
    """What the middleware makes of every request. Only for annotations."""

    officer: Officer
    htmx: HtmxDetails
    session: SessionBase
    user: User


def wants_part(request: OfficerRequest) -> bool:
    """Whether only the changing part of a page is asked for, not the page."""
    return bool(request.htmx) and not request.htmx.boosted and not request.htmx.history_restore_request
