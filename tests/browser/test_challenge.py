"""The challenge: tasks for a drawing, how near it is, the best so far, and a link that opens the same task."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.conftest import ROOT

from .conftest import OpenPage
from .hand import FOUR, SEVEN, draw_with_mouse
from .test_draw import expect_answer
from .test_everyone import SMALL_PHONE, check_both_themes

FOLDER = ROOT / "static" / "challenge"


def open_task(open_page: OpenPage, name: str, **settings: Any) -> Page:
    page = open_page(f"/#open=challenge&task={name}", **settings)
    expect(page.locator(".challenge-task")).to_be_visible()
    page.locator("#drawing").scroll_into_view_if_needed()
    return page


def answer_with(page: Page, digit: int, second: int, certain: bool = True) -> None:
    """Let every drawing be read so."""
    probabilities = [0.0] * 10
    probabilities[digit], probabilities[second] = 0.7, 0.3

    def fulfil(route: Route) -> None:
        read = {"digit": digit, "confidence": 0.7, "certain": certain, "probabilities": probabilities}
        route.fulfill(json={"text": str(digit), "digits": [read], "marks": [], "model": "robust"})

    page.route("**/read*", fulfil)


def test_a_link_opens_its_task(open_page: OpenPage) -> None:
    page = open_task(open_page, "7-reads-1")
    expect(page.locator(".challenge-task")).to_have_text("Write a 7 that the network reads as 1.")
    link = page.locator("#challenge-link").input_value()
    other = open_page(f"/{link[link.index('#') :]}")
    expect(other.locator(".challenge-task")).to_have_text("Write a 7 that the network reads as 1.")


@pytest.mark.parametrize("name", ("", "7-reads-7", "few-x", "<b>"))
def test_a_link_without_a_task_opens_the_first(open_page: OpenPage, name: str) -> None:
    page = open_task(open_page, name)
    expect(page.locator(".challenge-task")).to_have_text("Write a 4 that the network reads as 9.")


def test_the_drawing_is_judged_as_it_is_written(open_page: OpenPage) -> None:
    page = open_task(open_page, "few-7")
    expect(page.locator(".challenge-state")).to_have_text("Write it on the sheet above.")
    draw_with_mouse(page, FOUR)
    expect(page.locator(".challenge-state")).to_contain_text("It reads 4 now")
    page.click("#clear")
    draw_with_mouse(page, SEVEN)
    expect(page.locator(".challenge-state")).to_contain_text("Done! Strokes: 1; length:")
    expect(page.locator(".challenge-best")).to_contain_text("Your best. Strokes: 1;")
    expect(page.locator("#challenge progress")).to_have_js_property("value", 1)


def test_the_best_stays_after_a_reload_and_a_worse_one_does_not_replace_it(open_page: OpenPage) -> None:
    page = open_task(open_page, "few-7")
    draw_with_mouse(page, SEVEN)
    expect(page.locator(".challenge-best")).to_contain_text("Strokes: 1")
    best = page.locator(".challenge-best").inner_text()
    draw_with_mouse(page, [[(200, 150), (250, 150)]])
    expect(page.locator(".challenge-state")).to_contain_text("Strokes: 2")
    expect(page.locator(".challenge-best")).to_have_text(best)
    page.reload()
    expect(page.locator(".challenge-best")).to_have_text(best)


@pytest.mark.parametrize(
    ("digit", "second", "certain", "said"),
    (
        (9, 4, True, "Done! And 4 is its second guess."),
        (9, 7, True, "But its second guess is 7"),
        (9, 4, False, "But it is not sure yet."),
        (4, 9, True, "It reads 4 now; 9 is at 30%."),
    ),
)
def test_a_four_that_reads_nine_is_still_nearly_a_four(
    open_page: OpenPage, digit: int, second: int, certain: bool, said: str
) -> None:
    page = open_task(open_page, "4-reads-9")
    answer_with(page, digit, second, certain)
    draw_with_mouse(page, SEVEN)
    expect(page.locator(".challenge-state")).to_contain_text(said)


def test_two_networks_are_asked(open_page: OpenPage) -> None:
    page = open_task(open_page, "two")
    with page.expect_request(lambda request: "/read?" in request.url and "model=lenet5" in request.url):
        draw_with_mouse(page, SEVEN)
    expect(page.locator(".challenge-state")).to_contain_text("Robust reads 7, LeNet-5 reads 7.")


def test_there_is_always_another_task(page: Page) -> None:
    page.click("#challenge summary")
    tasks = set()
    for _ in range(4):
        tasks.add(page.locator(".challenge-task").inner_text())
        page.click("#challenge .choices button")
    assert len(tasks) == 4


def test_axe_finds_nothing(open_page: OpenPage) -> None:
    page = open_task(open_page, "few-7", reduced_motion="reduce")
    check_both_themes(page)
    draw_with_mouse(page, SEVEN)
    expect_answer(page, "7")
    expect(page.locator(".challenge-state")).to_contain_text("Done")
    check_both_themes(page)


def test_a_small_phone_has_room_for_it(open_page: OpenPage) -> None:
    page = open_task(open_page, "two", viewport=SMALL_PHONE, has_touch=True, is_mobile=True)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= SMALL_PHONE["width"]


def test_both_languages_say_the_same() -> None:
    english, chinese = (json.loads((FOLDER / f"{language}.json").read_text("utf-8")) for language in ("en", "zh"))
    assert english.keys() == chinese.keys()
    assert all(chinese.values())
