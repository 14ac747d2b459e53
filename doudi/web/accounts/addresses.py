"""Every address of the site states the action it needs; `address()` is the only way to add one.

The check happens before the view runs: nobody signed in → sign-in page; no post with the action → 403. Which rows a
person sees is narrowed afterwards by `visible_to` of the models.
"""

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import URLPattern, URLResolver, get_resolver, path
from django.utils.translation import gettext as _

from doudi.web.accounts.roles import Action
from doudi.web.refusal import NotAllowed

View = Callable[..., HttpResponseBase]


def guarded(view: View, action: Action) -> View:
    """`view`, answered only to those who may do `action`."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        officer = request.officer  # type: ignore[attr-defined]
        if action is not Action.PUBLIC and officer.user_id is None:
            if request.headers.get("HX-Request"):
                response = HttpResponse(status=204)
                response["HX-Redirect"] = redirect_to_login(request.headers.get("HX-Current-URL", "/"))["Location"]
                return response
            return redirect_to_login(request.get_full_path())
        if not officer.may(action):
            raise NotAllowed("not_allowed", _("您的岗位没有此项权限，如确需办理请联系安全管理员。"))
        return view(request, *args, **kwargs)

    answer.action = action  # type: ignore[attr-defined]
    return answer


def address(route: str, view: View, *, name: str, action: Action, kwargs: dict[str, Any] | None = None) -> URLPattern:
    """One address with the action it needs. Use this instead of Django's `path`."""
    return path(route, guarded(view, action), kwargs, name=name)


def all_addresses(urlconf: str | None = None) -> Iterator[tuple[str, str, Action | None]]:
    """Every address as (name with namespace, route, action); the action is None where none was stated."""

    def walk(resolver: URLResolver, namespace: str, route: str) -> Iterator[tuple[str, str, Action | None]]:
        for entry in resolver.url_patterns:
            here = route + str(entry.pattern)
            if isinstance(entry, URLResolver):
                inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
                yield from walk(entry, inner, here)
            else:
                yield f"{namespace}{entry.name or ''}", here, getattr(entry.callback, "action", None)

    yield from walk(get_resolver(urlconf), "", "/")
