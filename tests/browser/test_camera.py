"""The camera: what it sees is read while it is held over paper, and a tap takes the picture."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Playwright, expect

from .chromium import find_chromium
from .conftest import ARGUMENTS, PATIENCE, OpenPage, wait_until
from .hand import FOUR, SEVEN, draw_picture, shift, shrink
from .test_draw import expect_answer
from .test_everyone import check_both_themes


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film of a sheet with 47 on it, as the browser takes for its camera: JPEG after JPEG."""
    sheet = draw_picture([*shift(shrink(FOUR, 0.6), -90), *shift(shrink(SEVEN, 0.6), 90)])
    stream = io.BytesIO()
    Image.open(io.BytesIO(sheet["buffer"])).convert("RGB").resize((640, 480)).save(stream, "JPEG", quality=92)
    path = tmp_path_factory.mktemp("film") / "sheet.mjpeg"
    path.write_bytes(stream.getvalue() * 20)
    return path


@pytest.fixture(scope="module")
def filming(playwright_of_session: Playwright, film: Path) -> Iterator[Browser]:
    """A browser whose camera shows the film."""
    fake = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    browser = playwright_of_session.chromium.launch(
        executable_path=find_chromium(), args=[*ARGUMENTS, *fake, f"--use-file-for-fake-video-capture={film}"]
    )
    yield browser
    browser.close()


@pytest.fixture
def page(filming: Browser, server: str) -> Iterator[Page]:
    context = filming.new_context(base_url=server)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto("/")
    yield page
    context.close()


def is_off(page: Page) -> bool:
    return page.evaluate("() => document.querySelector('#camera-view video').srcObject") is None


def test_what_the_camera_sees_is_read_and_a_tap_takes_it(page: Page) -> None:
    page.click("#watch")
    view = page.locator("#camera-view")
    expect(view).to_have_attribute("data-text", "47")
    expect(view.locator("[data-part=note]")).to_have_text("47")
    page.locator("#camera-view canvas").click()
    expect(view).to_be_hidden()
    expect_answer(page, "47")
    expect(page.get_by_role("row").last).to_contain_text("camera-")
    wait_until(page, lambda: is_off(page))


def test_axe_finds_nothing_in_the_view(page: Page) -> None:
    page.click("#watch")
    expect(page.locator("#camera-view")).to_have_attribute("data-text", "47")
    check_both_themes(page)


@pytest.mark.parametrize("key", ("", "Escape"))
def test_the_camera_is_closed_by_its_button_and_by_escape(page: Page, key: str) -> None:
    for _ in range(2):  # and opened again
        page.click("#watch")
        expect(page.locator("#camera-view")).to_have_attribute("data-text", "47")
        if key:
            page.keyboard.press(key)
        else:
            page.click("#camera-close")
        expect(page.locator("#camera-view")).to_be_hidden()
        wait_until(page, lambda: is_off(page))  # "close" comes after the view has gone


def test_without_a_camera_a_photo_is_asked_for(open_page: OpenPage) -> None:
    page = open_page()
    with page.expect_file_chooser():
        page.click("#watch")
    expect(page.locator("#watch")).to_be_hidden()
