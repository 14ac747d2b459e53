"""The mark that every file taken out of the system carries: who took it, when, and what it may be used for."""

from django.utils import timezone
from django.utils.translation import gettext as _

from doudi.web.accounts.scope import Officer


def taken_by(actor: Officer) -> str:
    """The sentence for a cell, the page's foot and the properties of a file."""
    return _("由 %(who)s(%(username)s)于 %(when)s 导出，含个人信息，仅限工作使用，不得外传") % {
        "who": actor.name,
        "username": actor.username,
        "when": timezone.localtime().strftime("%Y-%m-%d %H:%M"),
    }
