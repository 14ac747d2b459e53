"""Killed in the middle of deciding many rows, or of merging two: before or after, nothing between."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from doudi.web.audit.services import audit_verify
from doudi.web.matching import duplicates, services
from doudi.web.matching.models import DuplicateProposal, FeedLink, LinkDecision, LinkEvent, LinkState, RowBefore
from doudi.web.registry.models import Household, Person

from ..test_killed import database_address
from .conftest import key
from .test_duplicates import everything, pair, split, village  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db(transaction=True)

SCRIPT = """
import importlib, pathlib, time
from uuid import UUID
import django
django.setup()
from doudi.web.accounts.models import User
from doudi.web.accounts.scope import officer_of
module, name = {point!r}.split(":")
module = importlib.import_module(module)
done = getattr(module, name)

def stop_here(*args, **kwargs):
    result = done(*args, **kwargs)
    pathlib.Path({marker!r}).touch()
    time.sleep(600)
    return result

setattr(module, name, stop_here)
from doudi.web.matching import duplicates, services
county = officer_of(User.objects.get(pk={user}))
{work}
"""


def kill_at(point: str, work: str, user: int) -> None:
    """Do some work in a process of its own and kill it just after `module:function` came back."""
    marker = Path(settings.DOUDI_DATA_DIR) / "reached"
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "doudi.web.settings.base",
        "DOUDI_DATA_DIR": str(settings.DOUDI_DATA_DIR),
        "DOUDI_DATABASE_URL": database_address(),
        "DOUDI_SECRET_KEY": settings.SECRET_KEY,
        "DOUDI_RULES_DIR": str(settings.DOUDI_RULES_DIR),
    }
    script = textwrap.dedent(SCRIPT).format(point=point, marker=str(marker), user=user, work=work)
    process = subprocess.Popen([sys.executable, "-c", script], env=environment, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not marker.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            pytest.fail(f"never came to {point}: {process.communicate()[1].decode()[-2000:]}")
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    connection.close()


@pytest.mark.parametrize("point", ["_remember", "_changed", "audit_record"])
def test_deciding_many_rows(county, make, point):
    make.regions()
    person = make.person(make.household(), "王建国")
    links = [make.doubtful_row(candidates=[person]).pk for _row in range(30)]
    once = key()
    work = f"services.links_choose(actor=county, link_ids={links}, nobody=False, request_key=UUID({str(once)!r}))"
    kill_at(f"doudi.web.matching.services:{point}", work, county.user_id)
    assert set(FeedLink.objects.values_list("state", flat=True)) == {LinkState.OPEN}
    assert not LinkEvent.objects.exists()
    assert not LinkDecision.objects.exists()
    assert services.links_choose(actor=county, link_ids=links, nobody=False, request_key=once).links == len(links)
    assert set(FeedLink.objects.values_list("state", flat=True)) == {LinkState.LINKED}
    assert audit_verify().whole


@pytest.mark.parametrize("point", ["merging:households_merge", "duplicates:registry_changed", "duplicates:_settle"])
def test_merging_households(county, split, point):  # noqa: F811 - the fixture
    before = everything()
    once = key()
    work = (
        f"duplicates.duplicate_merge(actor=county, pair_id={split.pk}, right_stays=False, note='', "
        f"request_key=UUID({str(once)!r}))"
    )
    kill_at(f"doudi.web.matching.{point}", work, county.user_id)
    assert everything() == before
    assert not RowBefore.objects.exists()
    duplicates.duplicate_merge(actor=county, pair_id=split.pk, right_stays=False, note="", request_key=once)
    assert (Household.objects.count(), Person.objects.count()) == (1, 3)
    assert DuplicateProposal.objects.get().state == "merged"
