"""Why 7 and not 1: what speaks for it, what is read without a part, the smallest change, and the digits like it."""

from __future__ import annotations

import json
import re
from typing import Any

from playwright.sync_api import Page, expect

from tests.conftest import ROOT

from .conftest import OpenPage, wait_until
from .hand import FOUR, ONE, SEVEN, draw_picture, draw_with_mouse, shift, shrink
from .test_draw import READ, expect_answer, reading
from .test_everyone import SMALL_PHONE, TARGET, check_both_themes

FOLDER = ROOT / "static" / "why"
STRONGEST = re.compile(r"^The strongest sign of 7 and not 1 is the [a-z ]+\.")  # whichever part the network goes by
NUMBER = [*shift(shrink(SEVEN, 0.6), -90), *shift(shrink(ONE, 0.6), 90)]


def ask_why(page: Page) -> None:
    draw_with_mouse(page, SEVEN)
    expect_answer(page, "7")
    page.click("#why")
    expect(page.locator("#why-panel .why-rows button").first).to_be_visible()


def count_colours(page: Page) -> dict[str, int]:
    """Count the pixels of the large picture that are blue and that are orange."""
    counts: dict[str, int] = page.locator("#why-panel canvas[role=img]").evaluate(
        """(canvas) => {
            const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
            const counts = { blue: 0, orange: 0 };
            for (let at = 0; at < data.length; at += 4) {
                if (data[at + 3] < 60) continue;
                if (data[at + 2] > data[at] + 50) counts.blue += 1;
                if (data[at] > data[at + 2] + 50) counts.orange += 1;
            }
            return counts;
        }"""
    )
    return counts


def count_ink(page: Page) -> int:
    """Count the pixels of the drawing that are not paper."""
    count: int = page.locator("#drawing").evaluate(
        """(canvas) => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data
            .filter((value, at) => at % 4 === 3 && value > 0).length"""
    )
    return count


def test_the_button_names_the_second_guess(page: Page) -> None:
    expect(page.locator("#why")).to_be_hidden()
    draw_with_mouse(page, SEVEN)
    expect(page.locator("#why")).to_have_text("Why 7 and not 1?")
    page.click("#clear")
    expect(page.locator("#why")).to_be_hidden()


def test_nothing_of_it_is_loaded_before_it_is_asked(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    draw_with_mouse(page, SEVEN)
    expect_answer(page, "7")
    assert not [url for url in asked if "/static/why/" in url]
    page.click("#why")
    expect(page.locator("#why-panel .why-rows button").first).to_be_visible()
    assert [url for url in asked if "/static/why/" in url]


def test_what_speaks_for_the_answer_is_blue(page: Page) -> None:
    ask_why(page)
    expect(page.locator("#why-panel h2")).to_have_text("Why 7 and not 1?")
    expect(page.locator(".why-summary")).to_have_text(STRONGEST)
    assert count_colours(page)["blue"] > 1000


def test_without_its_bar_it_reads_one_and_the_bars_move(page: Page) -> None:
    ask_why(page)
    row = page.get_by_role("button", name="Without the top bar: 1")
    for act in ("hover", "focus"):
        if act == "hover":
            row.hover()
        else:
            row.focus()
        expect(page.locator(".why-reads")).to_have_text("1")
        expect(page.locator(".why-readings [data-best] .label")).to_have_text("1")
        assert count_colours(page)["blue"] == 0, "the rest of the ink is shown as it is"
        if act == "hover":
            page.mouse.move(1, 1)
        else:
            row.blur()
        expect(page.locator(".why-reads")).to_have_text("7")
        expect(page.locator(".why-caption")).to_have_text("the whole digit")


def test_a_part_that_was_chosen_stays_away(page: Page) -> None:
    ask_why(page)
    row = page.get_by_role("button", name="Without the top bar: 1")
    row.click()
    page.locator("#drawing").hover()
    row.blur()
    expect(row).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".why-reads")).to_have_text("1")
    row.click()
    expect(row).to_have_attribute("aria-pressed", "false")
    expect(page.locator(".why-reads")).to_have_text("7")


def test_the_smallest_change_shows_what_is_erased(page: Page) -> None:
    ask_why(page)
    row = page.get_by_role("button", name="of the ink:")
    row.focus()
    expect(page.locator(".why-reads")).not_to_have_text("7")
    assert count_colours(page)["orange"] > 50, "what is erased is outlined"


def test_without_a_stroke_the_sheet_hides_it_and_the_bars_move(page: Page) -> None:
    draw_with_mouse(page, FOUR)
    expect_answer(page, "4")
    page.click("#why")
    first, second = (page.get_by_role("button", name=f"Without stroke {number}:") for number in (1, 2))
    expect(second).to_be_visible()
    page.mouse.move(1, 1)  # from where the panel opened: over a stroke's row it would hide that stroke
    expect(page.locator(".why-readings [data-best] .label")).to_have_text("4")
    whole = count_ink(page)
    first.focus()
    expect(page.locator(".why-readings [data-best] .label")).not_to_have_text("4")
    assert 0 < count_ink(page) < whole
    first.blur()
    wait_until(page, lambda: count_ink(page) == whole)
    first.click()
    page.click("#why")
    wait_until(page, lambda: count_ink(page) == whole)  # what was hidden comes back when it is closed


def test_one_stroke_alone_is_not_taken_away(page: Page) -> None:
    ask_why(page)
    expect(page.get_by_text("Without one of your strokes")).to_be_hidden()


def test_any_digit_can_be_compared_with(page: Page) -> None:
    ask_why(page)
    choice = page.locator("#why-panel select")
    assert choice.locator("option").all_inner_texts() == [str(digit) for digit in range(10) if digit != 7]
    with page.expect_request(lambda request: "against=2" in request.url):
        choice.select_option("2")
    expect(page.locator("#why-panel h2")).to_have_text("Why 7 and not 2?")


def test_the_picture_that_stays_in_sight_never_covers_the_digits_like_yours(open_page: OpenPage) -> None:
    for width in (1280, 390):
        page = open_page(viewport={"width": width, "height": 900})
        ask_why(page)
        expect(page.locator(".why-like li").first).to_be_visible()
        top, bottom, likes = page.locator("#why-panel").evaluate(
            """(panel) => {
                const [stick, likes] = ['.why-stick', '.why-likes'].map((name) => panel.querySelector(name));
                scrollBy({ top: likes.getBoundingClientRect().top - 200, behavior: 'instant' });
                const { top, bottom } = stick.getBoundingClientRect();
                return [top, bottom, likes.getBoundingClientRect().top];
            }"""
        )
        assert top < 0, "it was not scrolled far enough to stick"
        assert bottom <= likes


def test_the_digits_like_it_have_their_labels(page: Page) -> None:
    ask_why(page)
    images = page.locator(".why-like img")
    expect(images).to_have_count(8)
    assert all(image.get_attribute("alt") for image in images.all())
    expect(page.locator(".why-likes")).to_contain_text("of the 8 nearest are 7.")
    assert images.first.evaluate("image => image.decode().then(() => image.naturalWidth)") == 28


def test_it_follows_the_drawing(page: Page) -> None:
    ask_why(page)
    page.click("#clear")
    expect(page.locator("#why-panel [role=status]").first).to_have_text("Write a digit first.")
    expect(page.locator("#why-panel h2")).to_have_text("Why this digit?")  # no longer the heading of what was cleared
    page.locator("#drawing").scroll_into_view_if_needed()
    draw_with_mouse(page, ONE)
    expect(page.locator("#why-panel h2")).to_contain_text("Why 1 and not")
    expect(page.locator("#why-panel")).to_contain_text("It is one piece")


def test_a_digit_of_a_number_is_explained_by_its_own_pixels(page: Page) -> None:
    draw_with_mouse(page, NUMBER)
    expect_answer(page, "71")
    page.click("#why")
    expect(page.locator("#why-panel h2")).to_contain_text("Why 1 and not")
    page.locator("#answer .verdict button").first.click()
    expect(page.locator("#why-panel h2")).to_contain_text("Why 7 and not")
    expect(page.locator(".why-reads")).to_have_text("7")


def test_a_picture_is_explained_too(page: Page) -> None:
    page.set_input_files("#upload", [draw_picture(SEVEN)])
    expect_answer(page, "7")
    page.click("#why")
    expect(page.locator(".why-summary")).to_contain_text("The strongest sign of 7 and not 1 is the ")


def test_a_failure_is_said_and_forgotten(page: Page) -> None:
    failure: dict[str, Any] = {"error": "The page took too long.", "code": "too_large"}
    page.route("**/predict*", lambda route: route.fulfill(status=413, json=failure))
    draw_with_mouse(page, SEVEN)
    expect_answer(page, "7")
    page.click("#why")
    expect(page.locator("#why-panel")).to_contain_text("The page took too long.")
    page.unroute("**/predict*")
    page.click("#why")
    page.click("#why")
    expect(page.locator("#why-panel .why-rows button").first).to_be_visible()
    expect(page.locator("#why-panel")).not_to_contain_text("too long")


def test_another_press_closes_it(page: Page) -> None:
    ask_why(page)
    expect(page.locator("#why")).to_have_attribute("aria-expanded", "true")
    page.click("#why")
    expect(page.locator("#why-panel")).to_be_hidden()
    expect(page.locator("#why")).to_have_attribute("aria-expanded", "false")


def test_by_keyboard_one_goes_on_in_it_and_comes_back_by_escape(page: Page) -> None:
    draw_with_mouse(page, SEVEN)
    expect_answer(page, "7")
    page.focus("#why")
    page.keyboard.press("Enter")
    expect(page.locator("#why-panel")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_label("Compare with")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#why-panel")).to_be_hidden()
    expect(page.locator("#why")).to_be_focused()


def test_where_nothing_else_is_likely_no_second_guess_is_named(page: Page) -> None:
    page.route(READ, lambda route: route.fulfill(json=reading("7", second=0)))
    draw_with_mouse(page, SEVEN)
    expect(page.locator("#why")).to_have_text("Why 7?")


def test_axe_finds_nothing(open_page: OpenPage) -> None:
    page = open_page(reduced_motion="reduce")
    ask_why(page)
    check_both_themes(page)
    page.locator(".why-rows button").first.click()
    check_both_themes(page)


def test_a_small_phone_has_room_for_it(open_page: OpenPage) -> None:
    page = open_page(viewport=SMALL_PHONE, has_touch=True, is_mobile=True)
    ask_why(page)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= SMALL_PHONE["width"]
    for control in page.locator("#why, #why-panel button, #why-panel select").all():
        box = control.bounding_box()
        assert box
        assert min(box["width"], box["height"]) >= TARGET - 0.5


def test_it_is_said_in_chinese(open_page: OpenPage) -> None:
    page = open_page(locale="zh-CN")
    ask_why(page)
    expect(page.locator("#why-panel h2")).to_have_text("为什么是 7 而不是 1？")  # noqa: RUF001
    expect(page.locator(".why-rows button").first).to_contain_text("去掉上方的横：1")  # noqa: RUF001


def test_both_languages_say_the_same() -> None:
    english, chinese = (json.loads((FOLDER / f"{language}.json").read_text("utf-8")) for language in ("en", "zh"))
    assert english.keys() == chinese.keys()
    assert all(chinese.values())


def test_a_server_that_is_away_is_said(open_page: OpenPage) -> None:
    page = open_page(service_workers="block")  # which would ask for the scripts itself
    draw_with_mouse(page, SEVEN)
    expect_answer(page, "7")
    for name in ("why", "challenge"):  # as a script that cannot be loaded, but the browser logs no error
        script = f"**/static/{name}/{name}.js"
        page.route(script, lambda route: route.fulfill(content_type="text/javascript", body="throw new Error('away')"))
    page.click("#why")
    page.click("#challenge summary")
    for panel in ("#why-panel", "#challenge"):
        expect(page.locator(panel)).to_contain_text("This part cannot be loaded now.")


def test_the_same_answer_once_more_changes_nothing(page: Page) -> None:
    ask_why(page)
    row = page.locator(".why-rows button").first
    page.mouse.move(1, 1)  # what lies under the mouse after scrolling would be shown instead
    row.focus()
    page.locator("#answer").evaluate("(answer) => answer.dispatchEvent(new Event('choose'))")
    page.wait_for_load_state("networkidle")
    expect(row).to_be_focused()
    expect(page.locator(".why-reads")).to_have_text("1")


def test_no_share_stands_beside_what_is_no_digit(page: Page) -> None:
    draw_with_mouse(page, FOUR)
    expect_answer(page, "4")
    page.click("#why")
    rows = page.locator("#why-panel .why-rows button", has_text="no digit")
    expect(rows.first).to_be_visible()
    page.mouse.move(1, 1)  # what lies under the mouse after scrolling would be shown instead
    for row in rows.all():
        row.focus()
        expect(page.locator("#why-panel .why-caption")).to_have_text(row.inner_text())
        expect(page.locator("#why-panel .bars")).not_to_contain_text("%")
