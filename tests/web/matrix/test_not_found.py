"""What lies elsewhere, or belongs to another department, is not found, whatever its address."""

import uuid

import pytest
from django.urls import reverse

from doudi.web.accounts.roles import PERMISSIONS, Role
from doudi.web.audit.models import AuditEntry
from doudi.web.intake.models import BatchState, ImportBatch
from doudi.web.matching.models import FeedLink, MatchRun
from doudi.web.trials.models import Trial

from .addresses import ADDRESSES, NEEDS_ARGUMENTS, OFFICERS, ask, seen_on
from .world import COUNTY, HEADS, OTHER_COUNTY, SECRET_REJECTS

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("role", "region", "villages"), OFFICERS)
@pytest.mark.parametrize("village", sorted(HEADS))
@pytest.mark.parametrize("name", [f"cleaning:{page}" for page in ("issue", "issue_accept", "task", "batch", "undo")])
def test_an_issue_or_task_of_elsewhere_is_not_found(world, make, signed_in, name, village, role, region, villages):
    response = ask(signed_in(make.user(role, region)), world, name, village=village)
    if ADDRESSES[name] not in PERMISSIONS[role]:
        assert response.status_code == 403
    elif village not in villages:
        assert response.status_code == 404
        assert HEADS[village] not in response.content.decode()
    else:
        assert response.status_code in {200, 302}


@pytest.mark.parametrize(("role", "region", "villages"), OFFICERS)
@pytest.mark.parametrize("village", sorted(HEADS))
@pytest.mark.parametrize("name", ["registry:household", "registry:unmask"])
def test_a_household_of_elsewhere_is_not_found(world, make, signed_in, name, village, role, region, villages):
    response = ask(signed_in(make.user(role, region)), world, name, village=village)
    if ADDRESSES[name] not in PERMISSIONS[role]:
        assert response.status_code == 403
    elif village not in villages:
        assert response.status_code == 404
        assert HEADS[village] not in response.content.decode()
        assert not AuditEntry.objects.filter(action="unmask").exists()
    else:
        assert response.status_code == 200
        text = response.content.decode()
        assert HEADS[village] in text
        assert (world.places[village].resident_id in text) is (name == "registry:unmask")


@pytest.mark.parametrize("role", [Role.COUNTY_OFFICER, Role.DEPARTMENT_OFFICER])
@pytest.mark.parametrize(
    "name", ["intake:detail", "intake:confirm", "intake:discard", "intake:undo", "intake:rejects", "jobs:job"]
)
def test_an_import_of_another_county_is_not_found(world, make, signed_in, name, role):
    response = ask(signed_in(make.user(role, COUNTY)), world, name)
    assert response.status_code == 404
    assert "钱多多" not in response.content.decode()
    assert ImportBatch.objects.get().state == BatchState.PREVIEW


def test_a_department_sees_only_its_own_imports(world, make, signed_in):
    ImportBatch.objects.update(region_code=COUNTY, department="education")
    medical = signed_in(make.user(Role.DEPARTMENT_OFFICER, COUNTY, "medical_insurance"))
    education = signed_in(make.user(Role.DEPARTMENT_OFFICER, COUNTY, "education"))
    assert ask(medical, world, "intake:rejects").status_code == 404
    assert ask(medical, world, "intake:detail").status_code == 404
    assert seen_on(ask(education, world, "intake:rejects")) == SECRET_REJECTS.decode()
    assert ask(education, world, "intake:detail").status_code == 200


@pytest.mark.parametrize("role", [Role.COUNTY_OFFICER, Role.DEPARTMENT_OFFICER])
@pytest.mark.parametrize("name", sorted(name for name in NEEDS_ARGUMENTS if name.startswith("matching:")))
def test_rows_and_pairs_of_another_county_are_not_found(world, make, signed_in, name, role):
    client = signed_in(make.user(role, COUNTY))
    response = ask(client, world, name, rank="1", what="different", request_key=str(uuid.uuid4()))
    assert response.status_code == (404 if ADDRESSES[name] in PERMISSIONS[role] else 403)
    assert "钱多多" not in response.content.decode()


def test_a_department_sees_only_rows_of_its_own_tables(world, make, signed_in):
    FeedLink.objects.update(region_code=COUNTY)
    MatchRun.objects.update(region_code=COUNTY)
    for department, found in (("medical_insurance", True), ("education", False)):
        client = signed_in(make.user(Role.DEPARTMENT_OFFICER, COUNTY, department))
        assert ("钱多多" in client.get(reverse("matching:links")).content.decode()) is found
        assert ("医保结算" in client.get(reverse("matching:overview")).content.decode()) is found
        assert ask(client, world, "matching:link").status_code == (200 if found else 404)


def test_downloading_rejects_is_in_the_log(world, make, signed_in):
    response = ask(signed_in(make.user(Role.COUNTY_OFFICER, OTHER_COUNTY)), world, "intake:rejects")
    assert response.status_code == 200
    content = b"".join(response.streaming_content) if response.streaming else response.content
    assert content == SECRET_REJECTS
    assert AuditEntry.objects.filter(action="rejects_download").count() == 1


@pytest.mark.parametrize("name", ["trials:trial", "trials:workbook", "trials:delete"])
def test_a_trial_over_another_county_is_not_found(world, make, signed_in, name):
    response = ask(signed_in(make.user(Role.COUNTY_OFFICER, COUNTY)), world, name)
    assert response.status_code == 404
    assert "钱多多" not in response.content.decode()
    assert Trial.objects.exists()
