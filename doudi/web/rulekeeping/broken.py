"""What pages of rules show while a rule file or an approved text is wrong: where, what and how to put it right."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from doudi.rulebook import RulebookError
from doudi.web.layout.request import OfficerRequest

View = Callable[..., HttpResponse]


def told_when_broken(view: View) -> View:
    """The view, or the list of what is wrong in the rulebook."""

    @wraps(view)
    def answer(request: OfficerRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except RulebookError as broken:
            return render(request, "rulekeeping/broken.html", {"problems": broken.problems}, status=503)

    return answer
