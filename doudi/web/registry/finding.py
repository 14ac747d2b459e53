"""What a search word means: a whole resident id, a phone, a household number, a name or a place."""

import unicodedata

from django.conf import settings
from django.db.models import Q

from doudi.standards.pseudonym import Pseudonymiser
from doudi.standards.resident_id import LENGTH, normalise
from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Area, Officer, region_condition
from doudi.web.protection.keys import search_hash
from doudi.web.registry.models import Household, Person
from doudi.web.regions.queries import regions_named

PHONE_DIGITS = 11
SHORTEST_MEMBER_NAME = 2


def pseudonymiser() -> Pseudonymiser:
    """The keyed numbers of this installation."""
    return Pseudonymiser.from_secret(settings.SECRET_KEY)


def households_found(q: str, *, actor: Officer, action: Action = Action.HOUSEHOLD_SEE) -> Q:
    """The condition on `Household` for a search word. One SQL statement for place names, when it may be one."""
    text = unicodedata.normalize("NFKC", q).strip()
    compact = normalise(text)
    if len(compact) == LENGTH and compact[:-1].isdigit():
        key = pseudonymiser().resident_hash(compact)
        holders = Person.objects.filter(resident_id_hash=key).values("household_id")
        return Q(pk__in=holders) | Q(household_no__prefix=text)
    if text.isascii() and text.isdigit():
        found = Q(household_no__prefix=text)
        if len(text) == PHONE_DIGITS:
            key = search_hash("phone", text)
            found |= Q(phone_hash=key) | Q(pk__in=Person.objects.filter(phone_hash=key).values("household_id"))
        return found
    found = Q(head_name__prefix=text) | Q(household_no__prefix=text)
    if len(text) >= SHORTEST_MEMBER_NAME:
        found |= Q(pk__in=Person.objects.filter(name__prefix=text).values("household_id"))
        places = regions_named(text, actor=actor, action=action)
        if places:
            found |= region_condition(Area(place) for place in places)
    return found


def households_matching(q: str, *, actor: Officer, action: Action = Action.HOUSEHOLD_SEE) -> Q:
    """The same, as a condition on the primary keys of another table's `household_id`."""
    return Q(household_id__in=Household.objects.filter(households_found(q, actor=actor, action=action)).values("pk"))
