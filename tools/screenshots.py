"""Take the pictures of the documentation from a running demo: `python tools/screenshots.py [http://127.0.0.1:8000]`.

Needs Chromium (DOUDI_CHROMIUM names another one) and the demo county of `make demo`. It only looks, but for one what-if
that it starts where there is none yet, which changes no data. Writes docs/images/*.png: pages of a PC, and of a phone.
A picture over the limit fails the command.
"""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright
from png_palette import with_palette

TARGET = Path(__file__).resolve().parents[1] / "docs" / "images"
CHROMIUM = os.environ.get("DOUDI_CHROMIUM", "/usr/bin/chromium")
USER, PASSWORD = "county", "doudi-demo-2023"
PC, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
LARGEST = 200_000
RULE = "income.under_line_not_enrolled"
CLUES = f"/clues/?level=red&rule={RULE}"
WHAT_IF = "监测线和低保标准提高"
CHANGES = {"monitoring_line": "8000", "dibao_standard": "7000"}
"""What the pictured what-if changes: parameter and new value. The values are made up."""
MINUTE = 60_000


def first_row(page: Page) -> None:
    page.locator("[data-row-link]").first.click()


def figures(page: Page, site: str) -> None:
    page.goto(f"{site}/")
    page.locator("[data-chart] svg, [data-chart] canvas").first.wait_for()


def clues(page: Page, site: str) -> None:
    page.goto(site + CLUES)


def household(page: Page, site: str) -> None:
    clues(page, site)
    first_row(page)
    page.locator("#alerts").wait_for()


def newest_import(page: Page, site: str) -> None:
    """The import of the departments' sheets, which is the newest one."""
    page.goto(f"{site}/intake/")
    first_row(page)
    page.locator("#files").wait_for()


def newest_screening(page: Page, site: str) -> None:
    page.goto(f"{site}/screenings/")
    first_row(page)
    page.locator("#by-rule").wait_for()


def rule(page: Page, site: str) -> None:
    page.goto(f"{site}/rules/{RULE}/")


def gaps(page: Page, site: str) -> None:
    page.goto(f"{site}/entitlements/")


def villages(page: Page, site: str) -> None:
    page.goto(f"{site}/region-alerts/")


def what_if(page: Page, site: str) -> None:
    page.goto(f"{site}/trials/")
    if page.get_by_text(WHAT_IF).count() == 0:
        page.goto(f"{site}/trials/what-if/")
        for number, (parameter, value) in enumerate(CHANGES.items()):
            page.fill("#q", parameter)
            page.get_by_role("button", name="查找").click()
            page.locator(f"button[value='value:{parameter}']").click()
            page.locator("input[name=value]").nth(number).fill(value)
        page.fill("#id_as_of", "2023-08-01")
        page.fill("#id_title", WHAT_IF)
        page.get_by_role("button", name="开始推演").click()
    else:
        first_row(page)
    page.get_by_role("link", name="下载 Excel").wait_for(timeout=2 * MINUTE)


def cleaning(page: Page, site: str) -> None:
    page.goto(f"{site}/cleaning/issues/")


def employment(page: Page, site: str) -> None:
    page.goto(f"{site}/employment/")
    page.locator("[data-chart] svg, [data-chart] canvas").first.wait_for()


def matching(page: Page, site: str) -> None:
    page.goto(f"{site}/matching/rows/")
    first_row(page)


Way = Callable[[Page, str], None]
ON_PC: dict[str, Way] = {
    "figures": figures,
    "clues": clues,
    "household": household,
    "import": newest_import,
    "screening": newest_screening,
    "rule": rule,
    "gaps": gaps,
    "villages": villages,
    "what-if": what_if,
    "cleaning": cleaning,
    "employment": employment,
    "matching": matching,
}
ON_PHONE: dict[str, Way] = {"phone-clues": clues, "phone-household": household}


def sign_in(page: Page, site: str) -> None:
    page.goto(f"{site}/sign-in/")
    page.fill("#id_username", USER)
    page.fill("#id_password", PASSWORD)
    page.click("form button.btn-primary")
    page.wait_for_url(f"{site}/")


def take(browser: Browser, site: str, viewport: dict[str, int], ways: dict[str, Way]) -> list[Path]:
    """One picture of each page in that viewport, as a first look at it shows it; gives the files."""
    context = browser.new_context(
        viewport={"width": viewport["width"], "height": viewport["height"]},
        device_scale_factor=1,
        is_mobile=viewport is PHONE,
        has_touch=viewport is PHONE,
        locale="zh-CN",
        reduced_motion="reduce",
    )
    page = context.new_page()
    sign_in(page, site)
    files = []
    for name, way in ways.items():
        way(page, site)
        page.wait_for_load_state("networkidle")
        page.evaluate("document.fonts.ready")
        file = TARGET / f"{name}.png"
        file.write_bytes(with_palette(page.screenshot(animations="disabled")))
        files.append(file)
    context.close()
    return files


def main() -> int:
    words = argparse.ArgumentParser(description="Take the pictures of docs/images from a running demo.")
    words.add_argument("site", nargs="?", default="http://127.0.0.1:8000", help="address of the demo")
    site = words.parse_args().site.rstrip("/")
    TARGET.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        files = take(browser, site, PC, ON_PC) + take(browser, site, PHONE, ON_PHONE)
        browser.close()
    large = []
    for file in files:
        size = file.stat().st_size
        large += [file.name] if size > LARGEST else []
        print(f"docs/images/{file.name}\t{size // 1000} kB")
    if large:
        print(f"over {LARGEST // 1000} kB: {', '.join(large)}", file=sys.stderr)
    return 1 if large else 0


if __name__ == "__main__":
    sys.exit(main())
