from typing import Any

from django.http import HttpRequest, HttpResponse


def sign_in(request: HttpRequest, **found: Any) -> HttpResponse:
    return HttpResponse(status=501)


def sign_out(request: HttpRequest, **found: Any) -> HttpResponse:
    return HttpResponse(status=501)


def account(request: HttpRequest, **found: Any) -> HttpResponse:
    return HttpResponse(status=501)
