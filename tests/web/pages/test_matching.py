"""The desk of matching by keyboard: a doubtful row beside its candidate, chosen, taken back, said to be nobody."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from ..conftest import IDS, Sheets, workbook
from .conftest import PHONE, Visitor
from .test_imports_and_screenings import confirm, upload

pytestmark = pytest.mark.browser

HEADERS = ["姓名", "身份证号", "乡镇", "村", "就医类型", "总费用", "报销金额", "个人自付", "结算日期"]
STAY = ("东河乡", "上湾村", "住院", 30000, 10000, 20000, "2023-07-01")
ROWS = [("王建国", IDS[0], *STAY), ("赵铁柱", IDS[1], *STAY), ("钱多多", IDS[2], *STAY), ("无名氏", "123", *STAY)]
"""Sure, twice another's id, and nobody."""


def import_county(page: Page, visitor: Visitor, folder: Path) -> None:
    files = []
    for file in Sheets().files():
        files.append(folder / str(file.name))
        files[-1].write_bytes(file.read())
    visitor.open("/intake/new/")
    upload(page, files)
    confirm(page)
    table = folder / "医保结算明细_202307.xlsx"
    table.write_bytes(workbook(HEADERS, [list(row) for row in ROWS]))
    visitor.open("/intake/new/")
    upload(page, [table])


def test_doubtful_rows_are_decided_by_keys(visit: Callable[..., Visitor], new_county: str, tmp_path: Path) -> None:
    visitor = visit(new_county)
    page = visitor.page
    visitor.sign_in("county")
    import_county(page, visitor, tmp_path)
    expect(page.get_by_role("heading", name="这些行说的是谁")).to_be_visible(timeout=60_000)
    visitor.check_page()
    confirm(page)

    visitor.open("/matching/")
    visitor.check_page()
    page.get_by_role("link", name="认定存疑的 2 行").click()
    visitor.check_page()
    page.locator("[data-row-link]").first.click()
    expect(page.locator("mark.differs").first).to_be_visible()
    assert IDS[1] not in page.content()
    visitor.check_page()
    first = page.url
    page.keyboard.press("s")
    expect(page).not_to_have_url(first)
    visitor.open(first.removeprefix(new_county))
    page.keyboard.press("1")
    expect(page.locator(".message-success")).to_contain_text("已认定 1 行")
    expect(page.get_by_role("heading", level=1)).to_have_text("钱多多")
    page.keyboard.press("u")
    expect(page.locator(".message-success")).to_contain_text("已撤销")
    expect(page.get_by_role("heading", level=1)).to_have_text("赵铁柱")
    page.keyboard.press("0")
    expect(page.get_by_role("heading", level=1)).to_have_text("钱多多")
    page.keyboard.press("1")
    expect(page.get_by_role("heading", name="没有等待认定的行")).to_be_visible()

    visitor.open("/matching/")
    with page.expect_download() as download:
        page.get_by_role("link", name="查无此人的行").click()
    assert download.value.suggested_filename.endswith(".xlsx")

    phone = visit(new_county, PHONE)
    phone.sign_in("medical")
    for path in ("/matching/", "/matching/rows/?state=settled", first.removeprefix(new_county)):
        phone.open(path)
        phone.check_page()


def test_duplicates_are_looked_for(visit: Callable[..., Visitor], new_county: str, tmp_path: Path) -> None:
    visitor = visit(new_county)
    page = visitor.page
    visitor.sign_in("county")
    import_county(page, visitor, tmp_path)
    visitor.open("/duplicates/")
    visitor.check_page()
    page.get_by_role("button", name="重新查找").click()
    expect(page.get_by_text("已经完成。")).to_be_visible(timeout=60_000)
