"""Handing in sheets, looking at what would change, taking them back, screening: as the county centre does it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from python_calamine import CalamineWorkbook

from doudi.synth.write import write_county

from .conftest import PHONE, ROOT, Visitor

pytestmark = pytest.mark.browser

LONG = 60_000
"""Milliseconds that background work may take."""


@pytest.fixture(scope="module")
def sheets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sheets of a small made-up county."""
    folder = tmp_path_factory.mktemp("sheets")
    write_county(households=60, seed=3, out=folder, rules_root=ROOT / "rules", dirt=0.05)
    return folder


def upload(page: Page, files: list[Path]) -> None:
    page.get_by_label("表格文件").set_input_files(files)
    page.get_by_label("数据月份").select_option("2023-07")
    page.get_by_role("button", name="上传并检查").click()
    page.wait_for_url("**/intake/*/")


def confirm(page: Page) -> None:
    page.get_by_role("button", name="确认导入").click(timeout=LONG)
    expect(page.locator(".page-head .mark")).to_have_text("已导入", timeout=LONG)


def test_from_an_empty_county_to_explained_clues(
    visit: Callable[..., Visitor], new_county: str, sheets: Path, tmp_path: Path
) -> None:
    visitor = visit(new_county)
    page = visitor.page
    visitor.sign_in("county")
    visitor.open("/intake/new/")
    upload(page, sorted((sheets / "registry").iterdir()))
    expect(page.get_by_role("heading", name="确认后将有这些变化")).to_be_visible(timeout=LONG)
    visitor.check_page()
    page.get_by_text("行样例").first.click()
    expect(page.locator(".mark-green", has_text="新增").first).to_be_visible()
    returned = page.get_by_role("link", name="下载退回的行")
    if returned.count():
        with page.expect_download() as download:
            returned.first.click()
        download.value.save_as(tmp_path / "returned.xlsx")
        header = CalamineWorkbook.from_path(str(tmp_path / "returned.xlsx")).get_sheet_by_index(0).to_python()
        assert any("退回原因" in row for row in header)
    confirm(page)

    visitor.open("/intake/new/")
    upload(page, sorted((sheets / "feeds").iterdir()))
    confirm(page)
    visitor.check_page()

    page.get_by_role("link", name="用新数据做一次筛查").click()
    page.get_by_label("筛查日").fill("2023-08-01")
    page.get_by_role("button", name="开始").click()
    expect(page.get_by_role("heading", name="各条规则的结果")).to_be_visible(timeout=LONG)
    visitor.check_page()
    page.get_by_role("link", name="看线索").click()
    page.wait_for_url("**/clues/")
    visitor.check_page()
    page.locator("[data-row-link]").first.click()
    page.wait_for_url("**/households/**")
    expect(page.locator("#alerts .reason").first).not_to_be_empty()
    expect(page.locator("#facts")).to_contain_text("医保")
    visitor.check_page()

    phone = visit(new_county, PHONE)
    phone.sign_in("county")
    for path in ("/", "/clues/", page.url.removeprefix(new_county), "/intake/1/", "/intake/2/", "/screenings/1/"):
        phone.open(path)
        phone.check_page()

    visitor.open("/intake/1/")
    page.get_by_text("撤销这次导入").click()
    page.get_by_role("button", name="确定撤销").click()
    expect(page.locator(".message-error").first).to_contain_text("不能整批撤销")


def test_an_import_is_taken_back(visit: Callable[..., Visitor], new_county: str, sheets: Path) -> None:
    visitor = visit(new_county)
    page = visitor.page
    visitor.sign_in("county")
    visitor.open("/intake/new/")
    upload(page, sorted((sheets / "registry").iterdir()))
    confirm(page)
    visitor.open("/households/")
    expect(page.locator("#household-results [data-row]").first).to_be_visible()
    visitor.open("/intake/1/")
    page.get_by_text("撤销这次导入").click()
    page.get_by_role("button", name="确定撤销").click()
    expect(page.locator(".page-head .mark")).to_have_text("已撤销", timeout=LONG)
    visitor.open("/households/")
    expect(page.locator("#household-results [data-row]")).to_have_count(0)


def test_an_import_is_dropped_before_anything_is_written(
    visit: Callable[..., Visitor], county: str, sheets: Path
) -> None:
    visitor = visit(county)
    page = visitor.page
    visitor.sign_in("county")
    visitor.open("/intake/new/")
    upload(page, [sheets / "registry" / "行政区划.xlsx"])
    page.get_by_role("button", name="放弃，不写入").click(timeout=LONG)
    page.wait_for_url("**/intake/")
    expect(page.locator(".message-success")).to_contain_text("没有写入任何数据")


def test_a_file_that_is_no_sheet_gets_one_clear_sentence(
    visit: Callable[..., Visitor], county: str, tmp_path: Path
) -> None:
    photo = tmp_path / "photo.png"
    photo.write_bytes(b"\x89PNG\r\n")
    visitor = visit(county)
    visitor.sign_in("county")
    visitor.open("/intake/new/")
    visitor.page.get_by_role("button", name="上传并检查").click()
    expect(visitor.page.locator(".form-error")).to_contain_text("请选择要上传的文件")
    visitor.page.get_by_label("表格文件").set_input_files([photo])
    expect(visitor.page.locator("[data-chosen] li")).to_contain_text("photo.png")
    visitor.page.get_by_role("button", name="上传并检查").click()
    expect(visitor.page.locator(".form-error")).to_contain_text("不是表格文件")
    visitor.check_page()


def test_a_screening_of_tomorrow_is_refused_in_words(visit: Callable[..., Visitor], county: str) -> None:
    visitor = visit(county)
    visitor.sign_in("county")
    visitor.open("/screenings/new/")
    visitor.page.get_by_label("筛查日").fill("2199-01-01")
    visitor.page.get_by_role("button", name="开始").click()
    expect(visitor.page.locator(".form-error")).to_contain_text("不能晚于今天")
