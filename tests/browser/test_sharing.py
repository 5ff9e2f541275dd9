"""What is taken away from the page: on paper, on a home screen, and the colour of the browser around it."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from .conftest import OpenPage
from .hand import SEVEN, draw_with_mouse
from .test_draw import expect_answer

GROUND = {"light": "#f5f4f0", "dark": "#121315"}  # style.css's --ground


def test_on_paper_are_the_drawing_and_its_bars_and_nothing_to_press(open_page: OpenPage) -> None:
    page = open_page(color_scheme="dark")
    draw_with_mouse(page, SEVEN)
    expect_answer(page, "7")
    page.click("#why")
    expect(page.locator("#why-panel h2")).to_be_visible()
    page.emulate_media(media="print")
    for part in ("#drawing", "#answer .verdict", "#answer .bars", "#why-panel h2"):
        expect(page.locator(part)).to_be_visible()
    for part in ("header.site", ".tools", "#why", "#bring", "#code"):
        expect(page.locator(part)).to_be_hidden()
    assert page.locator("#answer .bar").first.evaluate("bar => getComputedStyle(bar).printColorAdjust") == "exact"
    assert page.evaluate("() => getComputedStyle(document.documentElement).colorScheme") == "light"


def test_the_page_can_be_installed(page: Page) -> None:
    address = page.get_attribute("link[rel=manifest]", "href") or ""
    manifest = page.request.get(address).json()
    assert (manifest["display"], manifest["start_url"]) == ("standalone", "/")
    sizes = set()
    for icon in manifest["icons"]:
        picture = Image.open(io.BytesIO(page.request.get(icon["src"]).body()))
        assert icon["sizes"] == f"{picture.width}x{picture.height}"
        sizes.add(icon["sizes"])
    assert {"192x192", "512x512"} <= sizes


@pytest.mark.parametrize(("preferred", "switched"), (("light", "dark"), ("dark", "light")))
def test_the_browser_around_the_page_has_its_colour(open_page: OpenPage, preferred: str, switched: str) -> None:
    page = open_page(color_scheme=preferred)
    colour = """() => [...document.querySelectorAll('meta[name="theme-color"]')]
        .find((meta) => !meta.media || matchMedia(meta.media).matches).content"""
    assert page.evaluate(colour) == GROUND[preferred]
    page.click("#theme")
    assert page.evaluate(colour) == GROUND[switched]
