"""The site's addresses, how each is asked, who asks, and what an answer shows."""

import io
from typing import Any

import openpyxl
from django.test import Client
from django.urls import reverse

from doudi.web.accounts.addresses import all_addresses
from doudi.web.accounts.roles import Role

from .world import (
    COUNTY,
    FAR_VILLAGE,
    HEADS,
    ISSUE_PAGES,
    NEXT_VILLAGE,
    OTHER_COUNTY,
    OTHER_COUNTY_VILLAGE,
    TOWNSHIP,
    VILLAGE,
    World,
)

ADDRESSES = {name: action for name, _route, action in all_addresses()}
NEEDS_ARGUMENTS = {name for name, route, _action in all_addresses() if "<" in route}
POSTS = {
    *(f"cleaning:{page}" for page in (*ISSUE_PAGES[1:], "accept", "send", "task_withdraw", "undo")),
    *(f"sheets:{page}" for page in ("workbook_apply", "workbook_discard", "photo_new", "photo_remove")),
    *(f"matching:{page}" for page in ("links_decide", "link_decide", "link_undo", "again")),
    *(f"matching:{page}" for page in ("find", "pair_decide", "pair_undo")),
    "trials:delete",
    "employment:compare",
    "employment:take",
    "registry:unmask",
    "intake:confirm",
    "intake:discard",
    "intake:undo",
    "rulekeeping:count",
    "rulekeeping:change_rebase",
    "rulekeeping:change_move",
    "audit:verify",
    "accounts:sign_out",
    "set_language",
}
REGIONS = {
    Role.VILLAGE_CADRE: VILLAGE,
    Role.TOWNSHIP_OFFICER: TOWNSHIP,
}
OFFICERS = [
    (Role.VILLAGE_CADRE, VILLAGE, {VILLAGE}),
    (Role.TOWNSHIP_OFFICER, TOWNSHIP, {VILLAGE, NEXT_VILLAGE}),
    (Role.COUNTY_OFFICER, COUNTY, {VILLAGE, NEXT_VILLAGE, FAR_VILLAGE}),
    (Role.COUNTY_OFFICER, OTHER_COUNTY, {OTHER_COUNTY_VILLAGE}),
    (Role.LEADER, COUNTY, {VILLAGE, NEXT_VILLAGE, FAR_VILLAGE}),
    (Role.UPPER_VIEWER, "149900000000", set(HEADS)),
    (Role.DEPARTMENT_OFFICER, COUNTY, set()),
    (Role.SYSTEM_ADMIN, COUNTY, set()),
    (Role.SECURITY_ADMIN, COUNTY, set()),
    (Role.AUDITOR, COUNTY, set()),
]


def ask(client: Client, world: World, name: str, village: str = VILLAGE, **extra: Any) -> Any:
    address = reverse(name, kwargs=world.arguments(village).get(name, {}))
    if name in POSTS:
        return client.post(address, {"reason": "入户核查", "language": "en", **extra})
    return client.get(address, extra)


def seen_on(response: Any) -> str:
    """Everything a person could read in an answer: the page, or every cell of a workbook."""
    content = b"".join(response.streaming_content) if response.streaming else response.content
    if content.startswith(b"PK"):
        book = openpyxl.load_workbook(io.BytesIO(content))
        return str([row for sheet in book for row in sheet.iter_rows(values_only=True)])
    return content.decode()
