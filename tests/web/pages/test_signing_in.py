"""Getting in, staying out, and what a person is told."""

from collections.abc import Callable

import pytest

from .conftest import DESKTOP, PHONE, Visitor

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_sign_in_page_holds_on_any_screen(visit: Callable[..., Visitor], county: str, size: dict[str, int]) -> None:
    visitor = visit(county, size)
    visitor.open("/sign-in/")
    visitor.check_page()


def test_a_wrong_password_says_what_to_do(visit: Callable[..., Visitor], county: str) -> None:
    visitor = visit(county)
    visitor.sign_in("county", "not-the-password")
    assert "用户名或密码不正确" in visitor.page.get_by_role("alert").inner_text()
    visitor.check_page()


def test_after_five_failures_the_account_is_locked_and_says_for_how_long(
    visit: Callable[..., Visitor], county: str
) -> None:
    visitor = visit(county)
    for _ in range(5):
        visitor.sign_in("forgetful", "not-the-password")  # a name of its own: the lock stays for the other walks
    assert "30 分钟后再试" in visitor.page.locator("main").inner_text()
    visitor.check_page()


def test_an_address_opened_before_signing_in_is_shown_afterwards(visit: Callable[..., Visitor], county: str) -> None:
    visitor = visit(county)
    visitor.open("/account/")
    visitor.page.get_by_label("用户名").fill("county")
    visitor.page.get_by_label("密码").fill("kan-jia-hu-yuan-23")
    visitor.page.get_by_role("button", name="登录").click()
    visitor.page.wait_for_url(f"{county}/account/")


def test_without_scripts_a_person_can_sign_in_and_out(visit: Callable[..., Visitor], county: str) -> None:
    visitor = visit(county, script=False)
    visitor.sign_in("auditor")
    visitor.page.locator("summary", has_text="我的账号").click()
    visitor.page.get_by_role("button", name="退出登录").click()
    assert visitor.page.url.endswith("/sign-in/")
