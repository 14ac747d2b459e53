from typing import Any

from django.http import HttpRequest, HttpResponse


def entries(request: HttpRequest, **found: Any) -> HttpResponse:
    return HttpResponse(status=501)


def verify(request: HttpRequest, **found: Any) -> HttpResponse:
    return HttpResponse(status=501)
