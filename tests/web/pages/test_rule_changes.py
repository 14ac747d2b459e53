"""A rule is changed by two people: one drafts it, is led to the line that is wrong and submits; the other approves."""

import re
from collections.abc import Callable

import pytest

from .conftest import Visitor

pytestmark = pytest.mark.browser

RULE = "health.new_major_disease"
TITLE = "新确诊大病待核实帮扶"


def test_a_rule_goes_from_draft_to_force_through_two_people(visit: Callable[..., Visitor], new_county: str) -> None:
    author = visit(new_county)
    author.sign_in("county")
    author.open(f"/rules/{RULE}/")
    author.page.get_by_role("link", name="起草修改").click()
    text = author.page.get_by_label("规则文本")
    assert author.page.locator(".editor-lines").inner_text().startswith("1\n2\n3")
    old = re.search(r"^title: .*$", text.input_value(), re.MULTILINE)
    assert old is not None
    better = text.input_value().replace(old[0], f"title: {TITLE}").replace("version: 1", "version: 2")
    text.fill(better.replace("department:", "departmnt:"))
    author.page.get_by_label("改了什么，为什么").fill("名称说清楚")
    author.page.get_by_label("施行日期").fill("2023-07-01")
    author.page.get_by_role("button", name="检查一下").click()
    author.page.get_by_text("不认识 departmnt").wait_for()
    author.check_page()
    wrong = next(number for number, line in enumerate(better.split("\n"), 1) if line.startswith("department:"))
    author.page.get_by_role("link", name=f"第 {wrong} 行").click()
    picked = "(area => area.value.slice(area.selectionStart, area.selectionEnd))(document.activeElement)"
    assert author.page.evaluate(picked).startswith("departmnt:")
    author.page.get_by_label("规则文本").fill(better)
    author.page.get_by_role("button", name="存为草稿").click()
    author.page.get_by_role("button", name="提交审核").click()
    author.page.get_by_text("已提交，等另一人审核。").wait_for()
    assert author.page.get_by_role("button", name="批准施行").count() == 0
    author.check_page()
    where = author.page.url.removeprefix(new_county)

    second = visit(new_county)
    second.sign_in("second")
    second.open("/rules/changes/?state=open")
    second.page.locator("[data-row-link]").first.click()
    assert second.page.url.endswith(where)
    second.page.get_by_role("button", name="审核通过").click()
    second.page.get_by_role("button", name="批准施行").click()
    second.page.get_by_text("自 2023-07-01 起施行").first.wait_for()
    second.open(f"/rules/{RULE}/")
    assert second.page.get_by_role("heading", level=1).inner_text() == TITLE
    assert "名称说清楚" in second.page.locator("#versions").locator("..").locator("..").inner_text()
    second.check_page()


def test_without_scripts_a_standard_is_changed_too(visit: Callable[..., Visitor], new_county: str) -> None:
    author = visit(new_county, script=False)
    author.sign_in("county")
    author.open("/parameters/monitoring_line/")
    author.page.get_by_role("link", name="改数值").click()
    author.page.get_by_label("新的数值").fill("7,600")
    author.page.get_by_label("收入年度").fill("2022")
    author.page.get_by_label("出自哪份文件").fill("县里的通知")
    author.page.get_by_label("为什么改").fill("县里定了")
    author.page.get_by_role("button", name="存为草稿").click()
    author.page.get_by_role("button", name="提交审核").click()
    second = visit(new_county, script=False)
    second.sign_in("second")
    second.open("/rules/changes/")
    second.page.locator("[data-row-link]").first.click()
    second.page.get_by_role("button", name="审核通过").click()
    second.page.get_by_role("button", name="批准施行").click()
    second.open("/parameters/?q=monitoring_line&on=2023-08-01")
    assert "7,600 元" in second.page.locator("#results").inner_text()
