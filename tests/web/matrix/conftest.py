import pytest

from .world import World, make_world


@pytest.fixture
def world(make) -> World:
    return make_world(make)
