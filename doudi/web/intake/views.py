from typing import Any

from django.http import HttpRequest, HttpResponse


def batches(request: HttpRequest, **found: Any) -> HttpResponse:
    return HttpResponse(status=501)


def batch_new(request: HttpRequest, **found: Any) -> HttpResponse:
    return HttpResponse(status=501)


def batch(request: HttpRequest, **found: Any) -> HttpResponse:
    return HttpResponse(status=501)


def batch_confirm(request: HttpRequest, **found: Any) -> HttpResponse:
    return HttpResponse(status=501)


def batch_discard(request: HttpRequest, **found: Any) -> HttpResponse:
    return HttpResponse(status=501)


def batch_undo(request: HttpRequest, **found: Any) -> HttpResponse:
    return HttpResponse(status=501)


def rejects(request: HttpRequest, **found: Any) -> HttpResponse:
    return HttpResponse(status=501)
