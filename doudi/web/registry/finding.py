"""What a search word means: a whole resident id, a phone, a household number, a name or a place."""

import unicodedata
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet

from doudi.standards.pseudonym import Pseudonymiser
from doudi.standards.resident_id import LENGTH, normalise
from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Area, Officer, region_condition
from doudi.web.protection.keys import search_hash
from doudi.web.regions.queries import regions_named
from doudi.web.registry.models import Household, Person

PHONE_DIGITS = 11
COUNTY_DIGITS = 6
"""Household numbers of a county may all begin with its code."""
SHORTEST_MEMBER_NAME = 2


def pseudonymiser() -> Pseudonymiser:
    """The keyed numbers of this installation."""
    return Pseudonymiser.from_secret(settings.SECRET_KEY)


def households_found(q: str, *, actor: Officer, action: Action = Action.HOUSEHOLD_SEE) -> Q:
    """The condition on `Household` for a search word. One SQL statement for place names, when it may be one.

    What may be found in several ways is a union of primary keys, so that each way is answered by its own index.
    """
    text = _plain(q)
    compact = normalise(text)
    by_number = Household.objects.filter(household_no__prefix=text)
    if len(compact) == LENGTH and compact[:-1].isdigit():
        holders = Person.objects.filter(resident_id_hash=pseudonymiser().resident_hash(compact))
        return _any_of(by_number.values("pk"), holders.values("household_id"))
    if _is_number(text):
        return Q(household_no__prefix=text)
    if text.isascii() and text.isdigit():
        key = search_hash("phone", text)
        callers = Household.objects.filter(phone_hash=key), Person.objects.filter(phone_hash=key)
        return _any_of(by_number.values("pk"), callers[0].values("pk"), callers[1].values("household_id"))
    heads = Household.objects.filter(head_name__prefix=text)
    if len(text) < SHORTEST_MEMBER_NAME:
        return _any_of(by_number.values("pk"), heads.values("pk"))
    members = Person.objects.filter(name__prefix=text).values("household_id")
    found = _any_of(by_number.values("pk"), heads.values("pk"), members)
    places = regions_named(text, actor=actor, action=action)
    return found | region_condition(Area(place) for place in places) if places else found


def _plain(q: str) -> str:
    return unicodedata.normalize("NFKC", q).strip()


def _is_number(text: str) -> bool:
    """Whether a word can only be a household number or the beginning of one."""
    return text.isascii() and text.isdigit() and len(text) not in {PHONE_DIGITS, LENGTH}


def _any_of(first: QuerySet[Any, Any], *others: QuerySet[Any, Any]) -> Q:
    return Q(pk__in=first.order_by().union(*(other.order_by() for other in others)))


def households_matching(q: str, *, actor: Officer, action: Action = Action.HOUSEHOLD_SEE) -> Q:
    """The same, as a condition on the `household` of another table.

    The first digits of a number may be those of every household of the county, so they are compared row by row;
    anything rarer is found first.
    """
    if _is_number(text := _plain(q)) and len(text) <= COUNTY_DIGITS:
        return Q(household__household_no__prefix=text)
    return Q(household_id__in=Household.objects.filter(households_found(q, actor=actor, action=action)).values("pk"))
