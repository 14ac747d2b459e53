from typing import Any

from django.http import HttpRequest, HttpResponse


def clues(request: HttpRequest, **found: Any) -> HttpResponse:
    return HttpResponse(status=501)


def clues_export(request: HttpRequest, **found: Any) -> HttpResponse:
    return HttpResponse(status=501)


def screenings(request: HttpRequest, **found: Any) -> HttpResponse:
    return HttpResponse(status=501)


def screening_new(request: HttpRequest, **found: Any) -> HttpResponse:
    return HttpResponse(status=501)


def screening(request: HttpRequest, **found: Any) -> HttpResponse:
    return HttpResponse(status=501)


def rules(request: HttpRequest, **found: Any) -> HttpResponse:
    return HttpResponse(status=501)


def rule(request: HttpRequest, **found: Any) -> HttpResponse:
    return HttpResponse(status=501)
