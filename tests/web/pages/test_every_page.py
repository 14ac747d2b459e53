"""Every page holds on a PC and a phone: nothing refused by the browser, no sideways scrolling, readable for all."""

import re
from collections.abc import Callable

import pytest

from .conftest import DESKTOP, PHONE, Visitor

pytestmark = pytest.mark.browser

NUMBER = "1499011012010000"
HOUSEHOLD = f"/households/{NUMBER}/"
PAGES = {
    "county": [
        "/",
        "/clues/",
        "/clues/?level=red&department=medical_insurance",
        "/clues/?q=nobody",
        "/households/",
        "/households/?q=%E7%8E%8B",
        HOUSEHOLD,
        "/intake/",
        "/intake/new/",
        "/screenings/",
        "/screenings/new/",
        "/screenings/1/",
        "/rules/",
        "/rules/income.under_line_not_enrolled/",
        "/rules/income.under_line_not_enrolled/try/",
        "/rules/income.under_line_not_enrolled/retire/",
        "/rules/changes/",
        "/rules/changes/new/?path=screening/medical.self_paid_high.yaml",
        "/rules/new/",
        "/policies/",
        "/policies/?area=jobs",
        "/policies/minimum_living.dibao/",
        "/entitlements/",
        "/entitlements/?state=over",
        "/parameters/",
        "/parameters/monitoring_line/",
        "/parameters/monitoring_line/change/",
        "/cleaning/issues/",
        "/cleaning/issues/?q=nobody",
        "/cleaning/issues/1/",
        "/cleaning/overview/",
        "/cleaning/tasks/",
        "/cleaning/corrections/",
        "/cleaning/runs/",
        "/cleaning/runs/new/",
        "/cleaning/workbooks/",
        "/cleaning/comparison/?only=",
        f"/cleaning/comparison/household/{NUMBER}/",
        "/cleaning/share/",
        "/cleaning/exports/",
        "/matching/",
        "/matching/rows/",
        "/duplicates/",
        "/duplicates/?state=different",
        "/account/",
        "/nowhere/",
        "/audit/",
    ],
    "auditor": ["/", "/audit/", "/audit/?action=sign_in", "/rules/", "/clues/"],
    "village": [
        "/",
        "/clues/",
        HOUSEHOLD,
        "/cleaning/issues/",
        "/cleaning/tasks/",
        "/cleaning/workbooks/",
        f"/cleaning/comparison/household/{NUMBER}/",
    ],
}
CASES = [(person, path) for person, paths in PAGES.items() for path in paths]
CHROME = "nav, .page-head h1, .panel-head h2, thead, label, .btn, .crumbs, dt, summary, .gate-foot, .form-hint"
CHINESE = re.compile(r"[\u4e00-\u9fff\u3000-\u303f\uff00-\uffef]")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("person", PAGES)
def test_the_pages_of_a_person_hold(
    visit: Callable[..., Visitor], county: str, person: str, size: dict[str, int]
) -> None:
    visitor = visit(county, size)
    visitor.sign_in(person)
    for path in PAGES[person]:
        visitor.open(path)
        visitor.check_page()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_pages_without_any_data_lead_to_the_import(
    visit: Callable[..., Visitor], empty_county: str, size: dict[str, int]
) -> None:
    visitor = visit(empty_county, size)
    visitor.sign_in("county")
    for path in ("/", "/households/", "/clues/", "/intake/", "/screenings/"):
        visitor.open(path)
        visitor.check_page()
        assert visitor.page.locator(".empty").is_visible()
    visitor.open("/")
    visitor.page.locator(".empty").get_by_role("link", name="导入数据").click()
    visitor.page.wait_for_url("**/intake/new/")


def test_the_english_interface_keeps_no_chinese_in_its_frame(visit: Callable[..., Visitor], county: str) -> None:
    visitor = visit(county, language="en-GB")
    visitor.open("/sign-in/")
    visitor.page.get_by_label("User name").fill("county")
    visitor.page.get_by_label("Password").fill("kan-jia-hu-yuan-23")
    visitor.page.get_by_role("button", name="Sign in").click()
    visitor.page.wait_for_load_state()
    for path in PAGES["county"]:
        visitor.open(path)
        texts = visitor.page.locator(CHROME).all_inner_texts()
        left = [text for text in texts if CHINESE.search(text.replace("中文", "")) and not is_data(text)]
        assert not left, f"{path}: {left}"


def is_data(text: str) -> bool:
    """Names of people and places stay as they are."""
    places, people = ("兜安县", "南山镇", "河口乡", "大柳镇", "石桥乡", "东关村"), ("王建国", "王玉兰", "王海军")
    return any(name in text for name in (*places, *people))


def test_the_language_is_switched_and_stays(visit: Callable[..., Visitor], county: str) -> None:
    visitor = visit(county)
    visitor.sign_in("county")
    visitor.open("/clues/?level=red")
    visitor.page.get_by_role("button", name="Switch to English").click()
    visitor.page.wait_for_url("**/clues/?level=red")
    assert visitor.page.locator("html").get_attribute("lang") == "en"
    visitor.open("/")
    assert visitor.page.get_by_role("heading", level=1).inner_text() == "Today"


def test_the_skip_link_and_the_slash_key_serve_the_keyboard(visit: Callable[..., Visitor], county: str) -> None:
    visitor = visit(county)
    visitor.sign_in("county")
    visitor.open("/clues/")
    visitor.page.keyboard.press("Tab")
    assert visitor.page.evaluate("document.activeElement.className") == "skip"
    visitor.page.keyboard.press("/")
    assert visitor.page.evaluate("document.activeElement.id") == "id_q"
    visitor.page.keyboard.press("Escape")
    visitor.page.locator("[data-row-link]").first.focus()
    visitor.page.keyboard.press("ArrowDown")
    second = visitor.page.locator("[data-row-link]").nth(1).get_attribute("href")
    assert visitor.page.evaluate("document.activeElement.getAttribute('href')") == second


def test_the_definition_of_a_figure_opens_and_the_figure_leads_to_its_rows(
    visit: Callable[..., Visitor], county: str
) -> None:
    visitor = visit(county)
    visitor.sign_in("county")
    card = visitor.page.locator(".figure", has_text="低于监测线、未纳入监测")
    card.locator("summary").click()
    assert "人均纯收入低于当年监测线" in card.locator(".define-text").inner_text()
    visitor.page.keyboard.press("Escape")
    assert not card.locator(".define-text").is_visible()
    value = card.locator("a.figure-value").inner_text().removesuffix("户").strip()
    card.locator("a.figure-value").click()
    visitor.page.wait_for_url("**/clues/?rule=income.under_line_not_enrolled")
    assert f"共 {value} 户" in visitor.page.locator("#clue-results").inner_text()
