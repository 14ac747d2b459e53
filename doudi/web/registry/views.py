from typing import Any

from django.http import HttpRequest, HttpResponse


def households(request: HttpRequest, **found: Any) -> HttpResponse:
    return HttpResponse(status=501)


def household(request: HttpRequest, **found: Any) -> HttpResponse:
    return HttpResponse(status=501)


def unmask(request: HttpRequest, **found: Any) -> HttpResponse:
    return HttpResponse(status=501)
