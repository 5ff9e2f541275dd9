"""Correcting a reading: the keys under the answer, what is learned at once, and how it is taken back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.servers import serve

from .conftest import OpenPage
from .hand import FOUR, SEVEN, Stroke, draw_with_mouse, shift
from .test_draw import expect_answer
from .test_everyone import check_both_themes, read_parts

# A 1 with a long flat flag as some write it; told apart from a 7 by nobody but its writer
FLAT_ONE: list[Stroke] = [[(120, 120), (230, 70), (225, 250)]]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> object:
    """A server that keeps corrections in a file of its own."""
    file = tmp_path_factory.mktemp("corrections") / "digits.sqlite3"
    with serve(database=f"sqlite:///{file}", workers=2) as where:
        yield where


@pytest.fixture
def page(open_page: OpenPage, address: str) -> Page:
    return open_page(address=address)


def read_as(page: Page) -> str:
    expect(page.locator("#answer")).not_to_have_attribute("data-state", "reading")
    return page.locator("#answer").get_attribute("data-text") or ""


def teach_eight(page: Page) -> None:
    """Draw a 7 and say that it is an 8."""
    draw_with_mouse(page, SEVEN)
    expect_answer(page, "7")
    page.click("#correct")
    with page.expect_response("**/read?*"):  # it is read again
        page.click("#keys [data-digit='8']")
    expect(page.locator("#answer")).not_to_have_attribute("data-state", "reading")
    expect(page.locator("#learned")).to_contain_text("8")


def test_a_correction_is_learned_at_once_and_after_a_reload(page: Page) -> None:
    draw_with_mouse(page, FLAT_ONE)
    before = read_as(page)
    wanted = "1" if before != "1" else "7"
    for times in (1, 2):  # one that contradicts what is known counts with a second one like it
        page.click("#correct")
        page.click(f"#keys [data-digit='{wanted}']")
        expect(page.locator("#learned")).not_to_be_empty()
        if times == 1:
            page.click("#clear")
            draw_with_mouse(page, shift(FLAT_ONE, 6))
            read_as(page)
    page.click("#clear")
    draw_with_mouse(page, shift(FLAT_ONE, 3))
    expect(page.locator("#answer")).to_have_attribute("data-text", wanted)
    expect(page.locator("#learned")).to_contain_text(f"Read as {wanted}, as you corrected before")
    page.reload()
    expect(page.locator("#answer")).to_have_attribute("data-text", wanted)

    page.click("#hand summary")
    page.get_by_label("Read with what it learned from me").uncheck()
    expect(page.locator("#answer")).to_have_attribute("data-text", before)
    page.get_by_label("Read with what it learned from me").check()
    expect(page.locator("#answer")).to_have_attribute("data-text", wanted)


def test_what_was_learned_is_shown_deleted_and_brought_back(page: Page) -> None:
    teach_eight(page)
    page.click("#hand summary")
    items = page.locator("#hand .gallery li")
    expect(items).to_have_count(1)
    expect(items.first.locator("b")).to_have_text("8")
    page.get_by_role("button", name="Delete this 8").click()
    expect(items).to_have_count(0)
    expect(page.locator("#hand-undo")).to_be_focused()
    page.click("#hand-undo")
    expect(items).to_have_count(1)
    expect(page.locator("#hand summary")).to_be_focused()


def test_forget_me_leaves_nothing(page: Page, address: str) -> None:
    teach_eight(page)
    page.click("#hand summary")
    link = page.locator("#hand-link").input_value()
    hand = link.partition("#hand=")[2]
    assert page.request.get(f"{address}/hands/{hand}").json()["corrections"] == 1
    page.click("#hand-forget")
    expect(page.locator("#learned")).to_contain_text("Forgotten")
    assert page.request.get(f"{address}/hands/{hand}").json()["corrections"] == 0
    expect(page.locator("#hand .gallery li")).to_have_count(0)
    expect(page.locator("#hand-forget")).to_be_hidden()
    expect(page.locator("#hand summary")).to_be_focused()


def test_a_hand_moves_to_another_device_by_its_link(page: Page, open_page: OpenPage, address: str) -> None:
    teach_eight(page)
    page.click("#hand summary")
    link = page.locator("#hand-link").input_value()
    other = open_page(link.removeprefix(address), address=address)
    expect(other.locator("#hand .gallery li")).to_have_count(1)
    assert "hand=" not in other.url


def test_keys_and_bars_correct_too(page: Page) -> None:
    draw_with_mouse(page, SEVEN)
    expect_answer(page, "7")
    page.locator("#correct").press("Enter")
    expect(page.locator("#correct")).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    page.locator("#correct").press("Enter")
    page.keyboard.press("2")
    expect(page.locator("#learned")).to_contain_text("2")
    page.locator("#answer .bars li").nth(5).click()
    expect(page.locator("#learned")).to_contain_text("5")


def test_what_the_server_cannot_do_now_is_said(page: Page) -> None:
    teach_eight(page)
    page.click("#hand summary")
    expect(page.locator("#hand .gallery li")).to_have_count(1)
    page.route(re.compile("/(hands|corrections)"), lambda route: route.fulfill(status=503, body="no"))
    for button in ("#hand .gallery button", "#hand-forget"):
        page.click(button)
        expect(page.locator("#hand [data-part=note]")).to_contain_text("could not be done now")
    expect(page.locator("#hand .gallery li")).to_have_count(1)
    page.click("#correct")
    page.click("#keys [data-digit='3']")
    expect(page.locator("#learned")).to_contain_text("could not be done now")


def test_an_untouched_page_makes_no_hand(page: Page) -> None:
    draw_with_mouse(page, SEVEN)
    expect_answer(page, "7")
    assert page.evaluate("() => localStorage.getItem('hand')") is None
    assert page.context.cookies() == []


def test_axe_finds_nothing_on_keys_and_gallery(open_page: OpenPage, address: str) -> None:
    page = open_page(address=address, reduced_motion="reduce")
    teach_eight(page)
    page.click("#correct")
    page.click("#hand summary")
    expect(page.locator("#hand .gallery li")).to_have_count(1)
    check_both_themes(page)


def test_where_corrections_are_off_nothing_of_them_is_shown(open_page: OpenPage, tmp_path: Path) -> None:
    with serve(database="", workers=1) as address:
        page = open_page(address=address)
        draw_with_mouse(page, SEVEN)
        expect_answer(page, "7")
        expect(page.locator("#correct")).to_have_count(0)
        expect(page.locator("#hand")).to_have_count(0)
        expect(page.locator("footer")).to_contain_text("Nothing you draw or upload is stored on the server;")


@pytest.mark.parametrize("locale", ("en", "zh"))
def test_sheet_and_answer_are_on_the_first_screen(open_page: OpenPage, address: str, locale: str) -> None:
    page = open_page(address=address, locale=locale)
    draw_with_mouse(page, SEVEN)
    expect_answer(page, "7")
    expect(page.locator("#why")).to_contain_text("1")  # names the second guess: the longest that it gets
    for width, height, *parts in (
        (320, 568),
        (360, 640, "#why", "#correct"),
        (360, 740, "#why", "#correct", "#model"),
        (375, 667, "#why", "#correct"),
        (640, 360, "#why", "#correct"),
        (667, 375, "#why", "#correct"),
        (720, 450, "#why", "#correct"),
        (844, 390, "#why", "#correct"),
        (932, 430, "#why", "#correct"),
        (390, 844, "#why", "#correct"),
        (412, 732, "#why", "#correct"),
        (768, 1024, "#why", "#correct"),
        (1280, 720, "#why", "#correct", "#model"),
        (1366, 768, "#why", "#correct", "#model"),
        (1440, 900, "#why", "#correct", "#model"),
    ):
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate("() => scrollTo(0, 0)")
        for part in ("#drawing", "#answer .verdict", "#answer .bars", "#clear", *parts):
            expect(page.locator(part), f"{part} at {width}x{height}").to_be_in_viewport(ratio=1)
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(("width", "height"), ((1280, 720), (390, 844), (844, 390)))
def test_the_ten_keys_come_into_sight(open_page: OpenPage, address: str, width: int, height: int) -> None:
    page = open_page(address=address, viewport={"width": width, "height": height})
    draw_with_mouse(page, FOUR)
    expect_answer(page, "4")
    page.evaluate("() => scrollTo(0, 0)")
    page.click("#correct")
    for digit in range(10):
        expect(page.locator(f"#keys [data-digit='{digit}']")).to_be_in_viewport(ratio=1)
    page.locator("#keys [data-digit='3']").focus()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    expect(page.locator("#correct")).to_be_focused()


def test_the_page_has_the_parts_that_its_scripts_expect(page: Page) -> None:
    parts = read_parts()
    assert {"#drawing", "#clear", "#answer"} <= parts.keys(), "other people's scripts rely on these"
    missing = page.evaluate(
        """(parts) => {
            const roots = [document, ...[...document.querySelectorAll('template')].map(({ content }) => content)];
            return Object.entries(parts).filter(([selector, type]) =>
                !roots.some((root) => root.querySelector(selector) instanceof window[type]));
        }""",
        parts,
    )
    assert missing == []
