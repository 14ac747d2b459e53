"""Every address × every role: who gets in.

Addresses are taken from the site itself, so that a new one without a line in `World.arguments` fails here.
"""

import pytest
from django.test import Client
from django.urls import reverse

from doudi.web.accounts.roles import PERMISSIONS, Action, Role

from .addresses import ADDRESSES, NEEDS_ARGUMENTS, REGIONS, ask
from .world import COUNTY

pytestmark = pytest.mark.django_db


def test_the_matrix_knows_every_address(world):
    assert set(world.arguments()) == NEEDS_ARGUMENTS
    assert None not in ADDRESSES.values()


@pytest.mark.parametrize("name", sorted(ADDRESSES))
def test_without_signing_in_there_is_only_the_door(world, name):
    response = ask(Client(), world, name)
    if ADDRESSES[name] is Action.PUBLIC:
        assert response.status_code in {200, 204, 302}
        return
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("accounts:sign_in"))
    fragment = Client().get(reverse(name, kwargs=world.arguments().get(name, {})), HTTP_HX_REQUEST="true")
    assert fragment.status_code == 204
    assert fragment["HX-Redirect"].startswith(reverse("accounts:sign_in"))
    assert fragment.content == b""


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("name", sorted(ADDRESSES))
def test_a_role_opens_what_the_table_says(world, make, signed_in, name, role):
    action = ADDRESSES[name]
    client = signed_in(make.user(role, REGIONS.get(role, COUNTY)))
    response = ask(client, world, name)
    allowed = action in {Action.PUBLIC, Action.SIGNED_IN} or action in PERMISSIONS[role]
    assert (response.status_code == 403) is not allowed, response.status_code
    assert response.status_code < 500, response.status_code


def test_a_post_that_ended_opens_nothing(world, make, signed_in):
    user = make.user(Role.COUNTY_OFFICER)
    user.posts.update(until="2021-01-01")
    for name, action in ADDRESSES.items():
        if action not in {Action.PUBLIC, Action.SIGNED_IN}:
            assert ask(signed_in(user), world, name).status_code == 403, name
