"""From the figures to a household's door: finding, reading, unmasking, exporting."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect
from python_calamine import CalamineWorkbook

from .conftest import DESKTOP, PHONE, Visitor

pytestmark = pytest.mark.browser

BOTH = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])


@BOTH
def test_an_officer_filters_opens_and_reads_why(
    visit: Callable[..., Visitor], county: str, size: dict[str, int]
) -> None:
    visitor = visit(county, size)
    visitor.sign_in("county")
    page = visitor.page
    page.locator("nav >> visible=true").get_by_role("link", name="线索").first.click()
    page.wait_for_url("**/clues/")
    before = page.locator("#clue-results [data-row]").count()
    page.get_by_label("级别").select_option("red")
    page.wait_for_url("**level=red**")
    expect(page.locator(".chips")).to_contain_text("红色")
    assert 0 < page.locator("#clue-results [data-row]").count() < before
    page.locator("#id_q").fill("南山镇")
    expect(page.locator(".chips")).to_contain_text("南山镇")
    expect(page.locator("#clue-results [data-row]").first).to_contain_text("南山镇")
    name = page.locator("[data-row-link]").first.inner_text()
    page.locator("[data-row-link]").first.click()
    page.wait_for_url("**/households/**")
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)
    expect(page.locator("#alerts")).to_contain_text("低于监测线 7,100 元")
    expect(page.locator("#alerts")).to_contain_text("省年度监测范围通知")
    page.go_back()
    expect(page.locator("#id_q")).to_have_value("南山镇")


def test_a_shared_address_shows_the_same_list(visit: Callable[..., Visitor], county: str) -> None:
    visitor = visit(county)
    visitor.sign_in("county")
    visitor.open("/clues/?level=yellow&sort=-head")
    expect(visitor.page.get_by_label("级别")).to_have_value("yellow")
    expect(visitor.page.locator("th[aria-sort=descending]")).to_contain_text("户主")


def test_removing_a_chip_widens_the_list(visit: Callable[..., Visitor], county: str) -> None:
    visitor = visit(county)
    visitor.sign_in("county")
    visitor.open("/clues/?level=red&q=%E7%8E%8B")
    visitor.page.locator(".chips a", has_text="红色").click()
    visitor.page.wait_for_load_state()
    assert "level" not in visitor.page.url
    expect(visitor.page.get_by_label("级别")).to_have_value("")
    expect(visitor.page.locator("#id_q")).to_have_value("王")


def test_without_scripts_the_list_is_filtered_by_its_button(visit: Callable[..., Visitor], county: str) -> None:
    visitor = visit(county, script=False)
    visitor.sign_in("county")
    visitor.open("/clues/")
    visitor.page.get_by_label("级别").select_option("red")
    visitor.page.get_by_role("button", name="查找").click()
    visitor.page.wait_for_url("**level=red**")
    expect(visitor.page.locator(".chips")).to_contain_text("红色")


@BOTH
def test_masked_numbers_show_once_after_a_reason_and_the_auditor_sees_it(
    visit: Callable[..., Visitor], county: str, size: dict[str, int]
) -> None:
    reason = f"入户核实身份 {size['width']}"
    visitor = visit(county, size)
    visitor.sign_in("village")
    visitor.open("/households/1499011012010000/")
    page = visitor.page
    masked = page.locator("#members td .mono").first.inner_text()
    assert "********" in masked
    page.get_by_text("显示完整证件号码和电话").click()
    page.get_by_role("button", name="显示并记录").click()
    expect(page.locator("#members")).to_contain_text("请写明查看的原因")
    page.get_by_label("为什么需要查看").fill(reason)
    page.get_by_role("button", name="显示并记录").click()
    expect(page.locator("#members td .mono").first).to_have_text(
        f"{masked[:6]}19720305{masked[-4:]}", use_inner_text=True
    )
    visitor.check_fits()
    visitor.open("/households/1499011012010000/")
    expect(page.locator("#members td .mono").first).to_have_text(masked)
    auditor = visit(county)
    auditor.sign_in("auditor")
    expect(auditor.page.locator("#audit-results")).to_contain_text(reason)


def test_a_leader_is_not_offered_to_unmask(visit: Callable[..., Visitor], county: str) -> None:
    visitor = visit(county)
    visitor.sign_in("leader")
    visitor.open("/households/1499011012010000/")
    expect(visitor.page.locator(".unmask")).to_have_count(0)


def test_the_export_holds_what_the_filter_shows(visit: Callable[..., Visitor], county: str, tmp_path: Path) -> None:
    visitor = visit(county)
    visitor.sign_in("township")
    visitor.open("/clues/?level=red")
    shown = visitor.page.locator("#clue-results [data-row]").count()
    with visitor.page.expect_download() as download:
        visitor.page.get_by_role("link", name="导出 Excel").click()
    file = tmp_path / "clues.xlsx"
    download.value.save_as(file)
    rows = CalamineWorkbook.from_path(str(file)).get_sheet_by_index(0).to_python()
    numbers = [row[0] for row in rows if isinstance(row[0], float)]
    assert len(numbers) == shown
    assert all("南山镇" in row for row in rows if isinstance(row[0], float))


def test_a_village_finds_nobody_elses_household(visit: Callable[..., Visitor], county: str) -> None:
    visitor = visit(county)
    visitor.sign_in("village")
    visitor.open("/households/1499011022010003/")
    expect(visitor.page.get_by_role("heading", level=1)).to_contain_text("没有找到")


def test_a_household_prints_on_paper_without_the_frame(visit: Callable[..., Visitor], county: str) -> None:
    visitor = visit(county)
    visitor.sign_in("county")
    visitor.open("/households/1499011012010000/")
    visitor.page.emulate_media(media="print")
    assert not visitor.page.locator(".shell-side").is_visible()
    assert not visitor.page.locator(".shell-top").is_visible()
    expect(visitor.page.locator(".print-note")).to_contain_text("王建国")
    assert len(visitor.page.pdf(format="A4")) > 10_000
