"""A new installation gets its first people from the command line."""

import pytest
from typer.testing import CliRunner

from doudi.cli import app
from doudi.web.accounts.models import Post, User
from doudi.web.accounts.roles import Role
from doudi.web.audit.models import AuditEntry

runner = CliRunner()
PASSWORD = "Xk29-probe-ok"


@pytest.fixture(autouse=True)
def database_is_ready(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("doudi.cli.accounts.ready", lambda: None)


def run(*words: str) -> "object":
    return runner.invoke(app, ["accounts", *words])


def test_an_account_with_a_post_is_opened_and_logged() -> None:
    assert run("add", "probe", "--name", "示例", "--password", PASSWORD).exit_code == 0
    assert run("post", "probe", "--role", "county_officer", "--region", "149901").exit_code == 0
    user = User.objects.get(username="probe")
    assert user.check_password(PASSWORD)
    post = Post.objects.get(user=user)
    assert (post.role, post.region_code) == (Role.COUNTY_OFFICER, "149901000000")
    assert {"user_create", "post_assign"} <= set(AuditEntry.objects.values_list("action", flat=True))
    assert "149901000000" in run("list").output


def test_a_weak_password_is_refused_and_no_account_is_left() -> None:
    result = run("add", "probe", "--name", "示例", "--password", "123")
    assert result.exit_code == 2
    assert not User.objects.filter(username="probe").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("post", "nobody", "--role", "leader", "--region", "149901"), "没有账号"),
        (("post", "probe", "--role", "boss", "--region", "149901"), "county_officer"),
        (("post", "probe", "--role", "leader", "--region", "14990"), "14990"),
        (("post", "probe", "--role", "department_officer", "--region", "149901"), "部门"),
    ],
)
def test_a_post_that_cannot_be_is_refused_with_a_sentence(words: tuple[str, ...], said: str) -> None:
    run("add", "probe", "--name", "示例", "--password", PASSWORD)
    result = run(*words)
    assert result.exit_code == 2
    assert said in result.output
    assert not Post.objects.exists()
