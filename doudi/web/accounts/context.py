"""What every template knows about the acting person."""

from typing import Any

from django.http import HttpRequest

from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import NOBODY, Officer


class Permissions:
    """`{% if may.CLUE_EXPORT %}`: whether the officer may do the action somewhere."""

    def __init__(self, officer: Officer) -> None:
        self._officer = officer

    def __getitem__(self, name: str) -> bool:
        return self._officer.may(Action[name])


def officer(request: HttpRequest) -> dict[str, Any]:
    acting = getattr(request, "officer", NOBODY)
    return {"officer": acting, "may": Permissions(acting)}
