from typing import Any

from django.http import HttpRequest, HttpResponse


def job(request: HttpRequest, **found: Any) -> HttpResponse:
    return HttpResponse(status=501)
