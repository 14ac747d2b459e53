"""A walk of an issue: found in the list by keyboard, sent to the village, mended there on a phone, taken back again."""

from collections.abc import Callable

import pytest

from .conftest import PHONE, Visitor

pytestmark = pytest.mark.browser


def test_an_issue_goes_to_the_village_and_is_mended_at_the_door(visit: Callable[..., Visitor], own_county: str) -> None:
    sender = visit(own_county)
    sender.sign_in("county")
    sender.open("/cleaning/issues/")
    page = sender.page
    page.keyboard.press("j")
    page.keyboard.press("x")
    assert page.locator("input[name=issue]:checked").count() == 1
    head = page.locator("[data-row-link]").first.inner_text()
    page.get_by_text("批量处理").click()
    page.get_by_label("说明（可不填）").fill("请看工资条")
    sender.check_page()
    page.get_by_role("button", name="派村核实").click()
    page.wait_for_url("**/cleaning/tasks/")
    assert "已派给 1 个村" in page.get_by_role("status").first.inner_text()
    sender.check_page()
    page.locator("[data-row-link]").first.click()
    task = page.url.removeprefix(own_county)

    door = visit(own_county, PHONE)
    door.sign_in("village")
    door.open(task)
    door.check_page()
    phone = door.page
    assert head in phone.locator(".door-item").first.inner_text()
    phone.get_by_role("link", name="核实办理").first.click()
    door.check_page()
    months = phone.get_by_label("务工时间")
    months.fill("6")
    phone.get_by_role("button", name="保存更正").click()
    assert "已更正 1 个单元格" in phone.get_by_role("status").first.inner_text()
    assert "都已核实" in phone.locator("main").inner_text()

    sender.open("/cleaning/corrections/")
    sender.check_page()
    page.locator("[data-row-link]").first.click()
    sender.check_page()
    page.get_by_text("撤销这次更正").click()
    page.get_by_role("button", name="确定撤销").click()
    assert "已撤销，1 个单元格恢复原值" in page.get_by_role("status").first.inner_text()
