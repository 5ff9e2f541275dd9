"""Take the README's pictures of the page: python -m tests.browser.screenshots."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, ViewportSize, sync_playwright

from tests.conftest import ROOT
from tests.support.servers import serve

from .chromium import find_chromium
from .conftest import ARGUMENTS, PATIENCE

Theme = Literal["light", "dark"]

SCREENSHOTS = ROOT / "docs" / "screenshots"
SCREENS: dict[str, ViewportSize] = {
    "desktop": {"width": 1440, "height": 900},
    "tablet": {"width": 768, "height": 1024},
    "phone": {"width": 360, "height": 740},
}
THEMES: tuple[Theme, ...] = ("light", "dark")


def main() -> None:
    """Take all pictures."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        serve(workers=2, database=f"sqlite:///{folder}/digits.sqlite3") as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        for theme in THEMES:
            for sample, (name, screen) in zip((4, 8, 2), SCREENS.items(), strict=True):
                settings = {"viewport": screen, "color_scheme": theme}
                take(browser, f"{address}/", SCREENSHOTS / f"{name}-{theme}.png", sample, **settings)
        take(browser, f"{address}/models", SCREENSHOTS / "models.png", viewport=SCREENS["desktop"])
        take_corrections(browser, address)
        browser.close()


def take(browser: Browser, address: str, path: Path, sample: int | None = None, **settings: Any) -> None:
    """Take one picture, of a page that reads a sample digit where one is given."""
    page = browser.new_page(reduced_motion="reduce", **settings)
    page.set_default_timeout(PATIENCE)
    page.goto(address)
    if sample is not None:
        page.locator("#samples button").nth(sample).click()
        page.wait_for_selector("#answer[data-state=answered]")
        page.evaluate("() => { document.activeElement.blur(); scrollTo(0, 0); }")
    page.screenshot(path=path)
    page.close()


def take_corrections(browser: Browser, address: str) -> None:
    """Take the page after somebody has said what three of their digits are."""
    page = browser.new_page(reduced_motion="reduce", viewport={"width": 1280, "height": 1100})
    page.set_default_timeout(PATIENCE)
    page.goto(address)
    for sample in (4, 9, 7):
        page.locator("#samples button").nth(sample).click()
        page.wait_for_selector(f"#answer[data-text='{sample}']:not([data-state=reading])")
        page.click("#correct")
        page.click(f"#keys [data-digit='{sample}']")
        page.wait_for_selector("#learned:not(:empty)")
        page.click("#clear")
    page.click("#hand summary")
    page.wait_for_selector("#hand .gallery li >> nth=2")
    page.locator("#hand").screenshot(path=SCREENSHOTS / "corrections.png")
    page.close()


if __name__ == "__main__":
    main()
