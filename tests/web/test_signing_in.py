"""Signing in: the right way in, the lock after failures, the end after half an hour of silence, all in the log."""

import pytest
from django.conf import settings as configured
from django.test import Client
from django.urls import reverse

from doudi.web.accounts.models import User
from doudi.web.accounts.roles import Role
from doudi.web.accounts.scope import officer_of
from doudi.web.accounts.services import account_unlock
from doudi.web.audit.models import AuditEntry

pytestmark = pytest.mark.django_db
PASSWORD = "correct-horse-battery"


def sign_in(client, username, password, **extra):
    return client.post(reverse("accounts:sign_in"), {"username": username, "password": password}, **extra)


@pytest.fixture
def user(make):
    return make.user(Role.COUNTY_OFFICER, username="county")


def test_the_right_password_opens(user):
    client = Client()
    response = sign_in(client, "county", PASSWORD)
    assert response.status_code == 302
    assert client.session["_auth_user_id"] == str(user.pk)
    assert AuditEntry.objects.filter(action="sign_in", username="county").count() == 1


def test_passwords_are_kept_with_argon2(user):
    assert configured.PASSWORD_HASHERS[0].endswith("Argon2")
    assert user.password.startswith("argon2")


def test_leaving_is_in_the_log(user):
    client = Client()
    sign_in(client, "county", PASSWORD)
    client.post(reverse("accounts:sign_out"))
    assert "_auth_user_id" not in client.session
    assert AuditEntry.objects.filter(action="sign_out", username="county").exists()


def test_failures_are_in_the_log_without_the_password(user):
    sign_in(Client(), "county", "wrong-but-secret")
    entry = AuditEntry.objects.get(action="sign_in_failed")
    assert entry.subject_id == "county"
    assert "wrong-but-secret" not in str(vars(entry))


def test_five_failures_lock_the_name_at_this_address(user):
    client = Client()
    for _ in range(configured.AXES_FAILURE_LIMIT - 1):
        assert sign_in(client, "county", "wrong").status_code == 400
    locked = sign_in(client, "county", "wrong")
    assert locked.status_code == 429
    assert "锁定" in locked.content.decode()
    assert sign_in(client, "county", PASSWORD).status_code == 429
    assert "_auth_user_id" not in client.session


def test_the_lock_holds_neither_other_names_nor_other_addresses(user, make):
    make.user(Role.LEADER, username="leader")
    client = Client()
    for _ in range(configured.AXES_FAILURE_LIMIT):
        sign_in(client, "county", "wrong")
    assert sign_in(Client(), "leader", PASSWORD).status_code == 302
    assert sign_in(Client(), "county", PASSWORD, REMOTE_ADDR="192.0.2.7").status_code == 302


def test_the_security_administrator_unlocks(user, make):
    client = Client()
    for _ in range(configured.AXES_FAILURE_LIMIT):
        sign_in(client, "county", "wrong")
    assert account_unlock(actor=make.officer(Role.SECURITY_ADMIN), username="county") >= 1
    assert sign_in(client, "county", PASSWORD).status_code == 302


def test_success_forgets_earlier_failures(user):
    client = Client()
    for _ in range(configured.AXES_FAILURE_LIMIT - 1):
        sign_in(client, "county", "wrong")
    assert sign_in(client, "county", PASSWORD).status_code == 302
    client.post(reverse("accounts:sign_out"))
    for _ in range(configured.AXES_FAILURE_LIMIT - 1):
        assert sign_in(client, "county", "wrong").status_code == 400


def test_a_forwarded_address_is_believed_only_from_a_declared_proxy(user, settings):
    sign_in(Client(), "county", PASSWORD, HTTP_X_FORWARDED_FOR="203.0.113.9")
    assert AuditEntry.objects.get(action="sign_in").address == "127.0.0.1"
    settings.DOUDI_PROXIES = 1
    sign_in(Client(), "county", PASSWORD, HTTP_X_FORWARDED_FOR="6.6.6.6, 203.0.113.9")
    assert AuditEntry.objects.filter(action="sign_in").order_by("-number").first().address == "203.0.113.9"


def test_the_session_ends_after_half_an_hour_of_silence(user, signed_in):
    client = signed_in(user)
    response = client.get(reverse("cockpit:figures"))
    assert response.cookies["sessionid"]["httponly"]
    assert client.session.get_expiry_age() == 30 * 60
    assert client.session.get_expire_at_browser_close()
    assert "no-store" in response["Cache-Control"]


def test_a_page_that_only_waits_does_not_keep_the_session_alive(user, signed_in):
    from doudi.web.jobs.services import job_queue

    client = signed_in(user)
    job = job_queue(actor=officer_of(user), kind="test", title="试", region_code="149901000000")
    response = client.get(reverse("jobs:job", args=[job.pk]))
    assert response.status_code == 200
    assert "sessionid" not in response.cookies


def test_the_page_after_signing_in_stays_on_this_site(user):
    response = Client().post(
        reverse("accounts:sign_in") + "?next=https://evil.example/",
        {"username": "county", "password": PASSWORD, "next": "https://evil.example/"},
    )
    assert response.status_code == 302
    assert "evil" not in response["Location"]


def test_pages_allow_nothing_from_elsewhere(user, signed_in):
    response = signed_in(user).get(reverse("cockpit:figures"))
    policy = response["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"


def test_a_disabled_account_stays_out(user):
    User.objects.update(is_active=False)
    client = Client()
    assert sign_in(client, "county", PASSWORD).status_code == 400
    assert "_auth_user_id" not in client.session
