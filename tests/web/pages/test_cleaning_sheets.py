"""Walks of a village: a workbook there and back, a comparison sheet printed, typed in by keyboard, photographed."""

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from .conftest import PHONE, Visitor

pytestmark = pytest.mark.browser

HEADER_ROW = 3


def png() -> bytes:
    """A picture of one dot."""

    def part(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    dot = zlib.compress(b"\0\xff\xff\xff")
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", dot) + part(b"IEND", b"")


def test_a_workbook_goes_out_is_filled_in_and_comes_back(
    visit: Callable[..., Visitor], county: str, tmp_path: Path
) -> None:
    visitor = visit(county)
    visitor.sign_in("village")
    visitor.open("/cleaning/workbooks/")
    page, path = visitor.page, tmp_path / "数据问题.xlsx"
    with page.expect_download() as download:
        page.get_by_role("button", name="下载工作簿").click()
    download.value.save_as(path)
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    at = {cell.value: cell.column for cell in sheet[HEADER_ROW]}
    written = {"务工区域": "省外", "务工时间": "很久"}
    for row in range(HEADER_ROW + 1, sheet.max_row + 1):
        sheet.cell(row, at["更正为"]).value = written.get(sheet.cell(row, at["项目"]).value)
    book.save(path)
    page.get_by_label("填好的工作簿").set_input_files(path)
    page.get_by_role("button", name="上传并检查").click()
    page.wait_for_url("**/cleaning/workbooks/*-*/")
    refused = page.get_by_role("region", name="退回：没有写入")
    assert "请只填写数字" in refused.inner_text()
    assert "省外" in page.get_by_role("region", name="确认后将改动").inner_text()
    visitor.check_page()
    page.get_by_role("button", name="确认写入 1 处").click()
    assert "已写入 1 处更正" in page.get_by_role("status").first.inner_text()
    with page.expect_download() as download:
        page.get_by_role("link", name="下载退回的行").click()
    assert download.value.suggested_filename.endswith(".xlsx")


def test_a_sheet_is_typed_in_by_keyboard_and_photographed(
    visit: Callable[..., Visitor], county: str, tmp_path: Path
) -> None:
    visitor = visit(county)
    visitor.sign_in("village")
    visitor.open("/cleaning/comparison/?only=")
    page = visitor.page
    page.get_by_role("table").get_by_role("link").nth(1).click()
    first = page.url
    page.get_by_label("住房面积").focus()
    page.keyboard.type("88.5")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")  # 是否危房户: 是
    page.get_by_label("与村主干路距离").fill("很远")
    page.get_by_role("button", name="保存，录下一户").click()
    assert page.get_by_label("住房面积").input_value() == "88.5"
    assert "请只填写数字" in page.get_by_role("alert").filter(has_text="请只填写数字").inner_text()
    visitor.check_page()
    page.get_by_label("与村主干路距离").fill("0.5")
    page.get_by_role("button", name="保存，录下一户").click()
    page.wait_for_url(lambda url: url != first)
    assert "已更正 3 处" in page.get_by_role("status").first.inner_text()
    photo = tmp_path / "对照表.png"
    photo.write_bytes(png())
    page.locator("input[type=file]").set_input_files(photo)
    page.get_by_role("button", name="上传照片").click()
    picture = page.get_by_role("img", name="对照表照片")
    picture.scroll_into_view_if_needed()
    assert picture.evaluate("async (image) => { await image.decode(); return image.naturalWidth; }") == 1
    visitor.check_page()


def test_a_village_s_sheets_print_a_page_for_each_household(visit: Callable[..., Visitor], county: str) -> None:
    visitor = visit(county)
    visitor.sign_in("village")
    visitor.open("/cleaning/comparison/print/?only=")
    households = visitor.page.locator("article").count()
    pages = visitor.page.pdf(prefer_css_page_size=True).count(b"/Type /Page\n")
    assert households == pages > 1


def test_a_cadre_types_a_sheet_in_on_a_phone(visit: Callable[..., Visitor], county: str) -> None:
    visitor = visit(county, PHONE)
    visitor.sign_in("village")
    visitor.open("/cleaning/comparison/?only=")
    page = visitor.page
    page.get_by_role("table").get_by_role("link").last.click()
    page.get_by_label("耕地面积").fill("3")
    page.get_by_role("button", name="保存", exact=True).click()
    assert "已更正 1 处" in page.get_by_role("status").first.inner_text()
    visitor.check_page()
