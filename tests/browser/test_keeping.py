"""What the page keeps, forgets and does when something goes wrong."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Page, expect

from .conftest import OpenPage
from .hand import FOUR, ONE, SEVEN, WIDTH, draw_picture, draw_with_mouse, place
from .test_draw import READ, answer_of, expect_answer


def test_a_drawing_is_still_there_after_a_reload(page: Page) -> None:
    draw_with_mouse(page, FOUR)
    expect_answer(page, "4")
    page.reload()
    expect_answer(page, "4")
    page.click("#clear")
    page.reload()
    expect_answer(page, "", "empty")


def test_a_linked_drawing_that_was_cleared_does_not_come_back(page: Page) -> None:
    draw_with_mouse(page, FOUR)
    expect_answer(page, "4")
    page.click("#code summary")
    expect(page.locator("#link")).to_have_value(re.compile("#d=."))
    link = page.locator("#link").input_value()
    page.click("#clear")
    page.goto("about:blank")
    page.goto(link)
    expect_answer(page, "4")
    page.click("#clear")
    expect_answer(page, "", "empty")
    assert "d=" not in page.url
    page.reload()
    expect_answer(page, "", "empty")


@pytest.mark.parametrize("link", ("/#d=not-a-drawing", "/#d=AAAA", "/#d=" + "A" * 120_000))
def test_a_damaged_link_says_so(open_page: OpenPage, link: str) -> None:
    page = open_page(link)
    expect_answer(page, "", "problem")
    expect(page.locator("#answer .sentence")).to_contain_text("The drawing in this link cannot be opened")
    draw_with_mouse(page, FOUR)
    expect_answer(page, "4")


def test_clear_puts_the_eraser_away(page: Page) -> None:
    draw_with_mouse(page, FOUR)
    page.click("#eraser")
    page.click("#clear")
    expect(page.locator("#eraser")).to_have_attribute("aria-pressed", "false")
    draw_with_mouse(page, SEVEN)
    expect_answer(page, "7")


def test_a_sheet_on_which_all_is_erased_asks_nothing(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/read" in request.url else None)
    page.click("#eraser")
    draw_with_mouse(page, SEVEN)
    expect_answer(page, "", "empty")
    page.wait_for_timeout(300)
    assert asked == []


def test_the_first_click_on_clear_counts_after_drawing_by_keys(page: Page) -> None:
    page.locator("#drawing").focus()
    for key in (" ", *["ArrowDown"] * 20, " "):
        page.keyboard.press(key)
    expect(answer_of(page)).not_to_have_attribute("data-state", "empty")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#drawing-keys")).to_have_css("opacity", "1")
    page.mouse.click(*middle_of(page, "#clear"))
    expect_answer(page, "", "empty")


def test_a_failure_of_the_server_is_tried_once_more_and_then_by_a_button(page: Page) -> None:
    asked: list[str] = []

    def fail(route: object) -> None:
        asked.append("")
        route.fulfill(status=500, body="no")  # type: ignore[attr-defined]

    page.route(READ, fail)
    draw_with_mouse(page, SEVEN)
    expect_answer(page, "", "problem")
    expect(page.locator("#answer .sentence")).to_have_text("The server could not answer. Try again.")
    assert len(asked) >= 2
    page.unroute(READ)
    page.click("#again")
    expect(page.locator("#answer")).to_be_focused()
    expect_answer(page, "7")
    expect(page.locator("#again")).to_be_hidden()


def test_an_answer_that_is_none_of_the_servers_can_be_asked_for_again(page: Page) -> None:
    page.route(READ, lambda route: route.fulfill(status=400, body="no"))  # by a proxy
    draw_with_mouse(page, SEVEN)
    expect_answer(page, "", "problem")
    expect(page.locator("#answer .sentence")).to_have_text("The server could not answer. Try again.")
    page.unroute(READ)
    page.click("#again")
    expect_answer(page, "7")


def test_few_requests_are_sent_during_a_stroke(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/read" in request.url else None)
    start = place(page, (60, 60))
    page.mouse.move(*start)
    begun = time.monotonic()
    page.mouse.down()
    for step in range(60):
        page.mouse.move(*place(page, (60 + step * (WIDTH - 120) / 60, 60 + step * 3)))
        page.wait_for_timeout(16)
    page.mouse.up()
    expect(answer_of(page)).not_to_have_attribute("data-state", "reading")
    seconds = time.monotonic() - begun
    assert 2 <= len(asked) <= seconds / 0.2 + 2, "one each 200 milliseconds, and one at the end"


def test_letters_twice_as_large_fit_on_a_phone(open_page: OpenPage) -> None:
    page = open_page(viewport={"width": 360, "height": 740})
    draw_with_mouse(page, ONE)
    expect_answer(page, "1")
    page.evaluate("() => { document.documentElement.style.fontSize = '200%'; }")
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 360


def test_without_scripts_there_is_a_form_and_nothing_dead(open_page: OpenPage) -> None:
    page = open_page(java_script_enabled=False)
    expect(page.get_by_text("Drawing needs JavaScript")).to_be_visible()
    for part in ("#drawing", "#clear", "#answer", "#samples", "#code", "#theme"):
        expect(page.locator(part)).to_be_hidden()
    page.set_input_files("input[name=file]", draw_picture(SEVEN))
    page.get_by_role("button", name="Read the picture").click()
    expect(page.locator(".readings li")).to_have_text("7")


def middle_of(page: Page, selector: str) -> tuple[float, float]:
    box = page.locator(selector).bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
