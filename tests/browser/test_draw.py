"""Drawing by mouse, finger, pen and keys, and what is read meanwhile."""

from __future__ import annotations

from base64 import b64decode
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, Route, expect

from .conftest import OpenPage, wait_until
from .hand import FOUR, ONE, SEVEN, begin_stroke, draw_with_finger, draw_with_mouse, draw_with_pen, place, shift, shrink

READ = "**/read?*"


def answer_of(page: Page) -> Locator:
    return page.locator("#answer")


def expect_answer(page: Page, text: str, state: str = "answered") -> None:
    expect(answer_of(page)).to_have_attribute("data-text", text)
    expect(answer_of(page)).to_have_attribute("data-state", state)


def count_ink(page: Page) -> int:
    """Count the pixels of the canvas that hold ink."""
    count: int = page.evaluate(
        """() => {
            const canvas = document.getElementById('drawing');
            const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
            return data.filter((value, index) => index % 4 === 3 && value > 127).length;
        }"""
    )
    return count


def reading(text: str, certain: bool = True, second: float = 0.01) -> dict[str, Any]:
    """An answer of /read, as the server writes it."""
    digits = []
    for place_of_digit, digit in enumerate(map(int, text)):
        probabilities = [0.0] * 10
        probabilities[digit], probabilities[(digit + 1) % 10] = 1 - second, second
        box = [40 * place_of_digit, 50, 36, 200]
        one = {"digit": digit, "confidence": 1 - second, "certain": certain, "probabilities": probabilities, "box": box}
        digits.append(one)
    return {"text": text, "digits": digits, "model": "robust"}


def hold_requests(page: Page) -> list[Route]:
    """Keep every request to read; the test answers each when it wants."""
    held: list[Route] = []
    page.route(READ, lambda route: held.append(route))  # noqa: PLW0108
    return held


def wait_for_held(page: Page, held: list[Route], count: int) -> None:
    wait_until(page, lambda: len(held) >= count, lambda: f"{len(held)} of {count} requests came")


def test_nothing_drawn_says_so(page: Page) -> None:
    expect_answer(page, "", "empty")
    expect(answer_of(page)).to_contain_text("Nothing drawn yet.")


@pytest.mark.parametrize(("strokes", "digit"), ((ONE, "1"), (FOUR, "4"), (SEVEN, "7")))
def test_a_digit_drawn_with_the_mouse_is_read(page: Page, strokes: Any, digit: str) -> None:
    draw_with_mouse(page, strokes)
    expect_answer(page, digit)
    expect(page.locator("#answer .bars li")).to_have_count(10)
    expect(page.locator("#answer .bars li[data-best] .label")).to_have_text(digit)
    expect(page.locator("#answer [role=status]")).to_contain_text(f"This reads {digit}")


def test_a_digit_drawn_with_a_finger_is_read(open_page: OpenPage) -> None:
    page = open_page(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True, device_scale_factor=3)
    page.touchscreen.tap(*place(page, (60, 60)))
    expect(answer_of(page)).not_to_have_attribute("data-state", "empty")
    page.click("#clear")
    draw_with_finger(page, FOUR)
    expect_answer(page, "4")
    assert page.evaluate("() => scrollY") == 0, "drawing must not scroll the page"
    assert page.evaluate("() => document.getElementById('drawing').width") > 900, "the canvas must be crisp"


def test_a_pen_draws_wider_where_it_is_pressed(page: Page) -> None:
    draw_with_pen(page, SEVEN, pressure=0.2)
    expect_answer(page, "7")
    light = count_ink(page)
    page.click("#clear")
    draw_with_pen(page, SEVEN, pressure=0.9)
    expect_answer(page, "7")
    assert count_ink(page) > 1.5 * light


def render(page: Page) -> dict[str, str]:
    """Return the page's drawing as it is sent, and as the canvas's own PNG, as data URLs."""
    rendered: dict[str, str] = page.evaluate(
        """async () => {
            const { renderCanvas, renderPicture } = await import('/static/drawing/ink.js');
            const { fromFragment } = await import('/static/drawing/link.js');
            const { recall } = await import('/static/site/browser.js');
            const strokes = fromFragment(recall('drawing'));
            const reader = new FileReader();
            reader.readAsDataURL(await renderPicture(strokes));
            await new Promise((resolve) => { reader.onload = resolve; });
            return { sent: reader.result, canvas: renderCanvas(strokes, 400).toDataURL('image/png') };
        }"""
    )
    return rendered


def open_url(url: str) -> Image.Image:
    return Image.open(BytesIO(b64decode(url.partition(",")[2])))


def test_a_drawing_is_sent_in_one_channel_with_the_same_pixels(page: Page) -> None:
    draw_with_mouse(page, FOUR)
    expect_answer(page, "4")
    rendered = render(page)
    sent, canvas = open_url(rendered["sent"]), open_url(rendered["canvas"])
    assert (sent.mode, canvas.mode) == ("L", "RGBA")
    assert sent.tobytes() == canvas.convert("L").tobytes()


def test_a_browser_that_cannot_compress_sends_its_own_png(page: Page) -> None:
    page.add_init_script("delete globalThis.CompressionStream")
    page.reload()
    draw_with_mouse(page, FOUR)
    expect_answer(page, "4")
    assert open_url(render(page)["sent"]).mode == "RGBA"


def test_several_digits_are_read_as_a_number(page: Page) -> None:
    page.route(READ, lambda route: route.fulfill(json=reading("42")))
    draw_with_mouse(page, ONE)
    expect_answer(page, "42")
    expect(page.locator("#found span")).to_have_count(2)
    page.get_by_role("button", name="Digit 1: 4").click()
    expect(page.locator("#answer .bars li[data-best] .label")).to_have_text("4")


def test_a_number_drawn_is_read(page: Page) -> None:
    draw_with_mouse(page, shift(shrink(FOUR, 0.6), -90))
    draw_with_mouse(page, shift(shrink(SEVEN, 0.6), 90))
    expect_answer(page, "47")


def test_it_reads_during_a_stroke(page: Page) -> None:
    with page.expect_response(READ):
        begin_stroke(page, SEVEN[0])
    expect(answer_of(page)).not_to_have_attribute("data-text", "")
    expect(answer_of(page)).to_have_attribute("data-state", "reading")
    page.mouse.up()
    expect_answer(page, "7")


def test_one_request_is_in_flight_at_a_time(page: Page) -> None:
    flying: list[Route] = []
    counts: list[int] = []

    def answer(route: Route) -> None:
        flying.append(route)
        counts.append(len(flying))
        response = route.fetch()
        flying.remove(route)  # before the page hears of it, and asks again
        route.fulfill(response=response)

    page.route(READ, answer)
    draw_with_mouse(page, FOUR)
    expect_answer(page, "4")
    assert set(counts) == {1}


def test_the_newest_drawing_wins(page: Page) -> None:
    held = hold_requests(page)
    draw_with_mouse(page, FOUR[:1])
    wait_for_held(page, held, 1)
    draw_with_mouse(page, FOUR[1:])
    assert len(held) == 1
    held[0].fulfill(json=reading("1"))
    wait_for_held(page, held, 2)
    expect_answer(page, "1", "reading")
    held[1].fulfill(json=reading("4"))
    expect_answer(page, "4")


def test_a_late_answer_never_overwrites_a_newer_one(page: Page) -> None:
    held = hold_requests(page)
    draw_with_mouse(page, ONE)
    wait_for_held(page, held, 1)
    page.click("#clear")
    expect_answer(page, "", "empty")
    draw_with_mouse(page, SEVEN)
    wait_for_held(page, held, 2)
    page.evaluate(
        """() => {
            window.seen = [];
            const answer = document.getElementById('answer');
            new MutationObserver(() => window.seen.push(answer.dataset.text)).observe(answer, { attributes: true });
        }"""
    )
    held[0].fulfill(json=reading("1"))
    held[1].fulfill(json=reading("7"))
    wait_for_held(page, held, 3)
    held[2].fulfill(json=reading("7"))
    expect_answer(page, "7")
    assert set(page.evaluate("() => window.seen")) == {"7"}


def test_a_stroke_may_leave_the_canvas_and_come_back(page: Page) -> None:
    page.mouse.move(*place(page, (140, 65)))
    page.mouse.down()
    page.mouse.move(*place(page, (200, -40)), steps=5)
    page.mouse.move(*place(page, (260, 62)), steps=5)
    page.mouse.move(*place(page, (190, 250)), steps=5)
    page.mouse.up()
    expect(answer_of(page)).not_to_have_attribute("data-state", "reading")
    page.click("#undo")
    expect_answer(page, "", "empty")


def test_undo_and_redo_go_stroke_by_stroke(page: Page) -> None:
    draw_with_mouse(page, FOUR)
    expect_answer(page, "4")
    both = count_ink(page)
    page.click("#undo")
    assert 0 < count_ink(page) < both
    page.keyboard.press("Control+z")
    expect_answer(page, "", "empty")
    page.keyboard.press("Control+Shift+z")
    page.click("#redo")
    expect_answer(page, "4")
    assert count_ink(page) == both


def test_undo_brings_back_what_was_cleared(page: Page) -> None:
    draw_with_mouse(page, SEVEN)
    expect_answer(page, "7")
    drawn = count_ink(page)
    page.click("#clear")
    expect_answer(page, "", "empty")
    assert count_ink(page) == 0
    page.click("#undo")
    expect_answer(page, "7")
    assert count_ink(page) == drawn


def test_the_replay_shows_the_reading_after_each_stroke(page: Page) -> None:
    draw_with_mouse(page, FOUR)
    expect_answer(page, "4")
    drawn = count_ink(page)
    page.click("#replay")
    expect(page.locator("#story li")).to_have_count(2)
    expect(page.locator("#story li").last).to_contain_text("4")
    expect(page.locator("#replay")).to_have_attribute("aria-pressed", "false")
    assert count_ink(page) == drawn


def test_drawing_ends_a_replay(page: Page) -> None:
    draw_with_mouse(page, SEVEN)
    expect_answer(page, "7")
    hold_requests(page)  # without an answer, the replay cannot end by itself
    page.click("#replay")
    expect(page.locator("#replay")).to_have_attribute("aria-pressed", "true")
    draw_with_mouse(page, [[(60, 60), (60, 240)]])
    expect(page.locator("#replay")).to_have_attribute("aria-pressed", "false")
    expect(page.locator("#story li")).to_have_count(0)


def test_the_eraser_takes_ink_away(page: Page) -> None:
    draw_with_mouse(page, SEVEN)
    drawn = count_ink(page)
    page.click("#eraser")
    draw_with_mouse(page, [[(190, 250), (230, 150)]])
    assert 0 < count_ink(page) < drawn


def test_a_wider_pen_leaves_more_ink(page: Page) -> None:
    draw_with_mouse(page, SEVEN)
    drawn = count_ink(page)
    page.click("#clear")
    page.locator("#width").fill("36")
    draw_with_mouse(page, SEVEN)
    assert count_ink(page) > 1.5 * drawn


def test_a_digit_is_drawn_with_the_keyboard(page: Page) -> None:
    page.locator("#drawing").focus()
    page.keyboard.press("Space")
    expect(page.locator("#pen-status")).to_have_text("Pen down")
    for _ in range(20):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect(page.locator("#pen-status")).to_have_text("Pen lifted")
    expect_answer(page, "1")


def test_an_answer_is_never_a_hundred_per_cent_and_no_share_stands_beside_what_is_no_digit(page: Page) -> None:
    said = [reading("7", second=0), {**reading("7", certain=False, second=0.001)}]
    said[1]["digits"][0]["doubt"] = "not_a_digit"
    page.route(READ, lambda route: route.fulfill(json=said[0]))
    draw_with_mouse(page, SEVEN)
    expect_answer(page, "7")
    expect(page.locator("#answer")).to_contain_text("99.9%")
    expect(page.locator("#answer")).not_to_contain_text("100%")
    page.unroute(READ)
    page.route(READ, lambda route: route.fulfill(json=said[1]))
    draw_with_mouse(page, ONE)
    expect_answer(page, "7", "uncertain")
    expect(page.locator("#answer .sentence")).to_contain_text("looks like no digit")
    expect(page.locator("#answer")).not_to_contain_text("%")


@pytest.mark.parametrize(("text", "said"), (("7", "too faint"), ("47", "Perhaps 47, but this is not sure.")))
def test_no_share_contradicts_a_doubt(page: Page, text: str, said: str) -> None:
    doubted = reading(text, certain=False, second=0)
    for digit in doubted["digits"]:
        digit["doubt"] = "faint"
    page.route(READ, lambda route: route.fulfill(json=doubted))
    draw_with_mouse(page, SEVEN)
    expect_answer(page, text, "uncertain")
    expect(page.locator("#answer .sentence")).to_contain_text(said)
    expect(page.locator("#answer")).not_to_contain_text("%")


@pytest.mark.parametrize(
    ("width", "height"), ((1280, 720), (1280, 800), (390, 844), (320, 568), (768, 1024), (640, 360))
)
def test_a_number_stands_in_one_line_and_its_sentence_is_not_squeezed(
    open_page: OpenPage, width: int, height: int
) -> None:
    page = open_page(viewport={"width": width, "height": height})
    page.route(READ, lambda route: route.fulfill(json=reading("345", second=0.2)))
    draw_with_mouse(page, SEVEN)
    expect_answer(page, "345")
    tops = {button.bounding_box()["y"] for button in page.locator("#answer .verdict button").all()}  # type: ignore[index]
    assert len(tops) == 1
    lines = page.locator("#answer .second").evaluate("p => p.clientHeight / parseFloat(getComputedStyle(p).lineHeight)")
    assert round(lines) <= 2


def test_ink_that_was_left_out_is_said_and_dashed(page: Page) -> None:
    left_out = {**reading("7"), "marks": [{"sign": None, "box": [20, 20, 30, 30]}]}
    page.route(READ, lambda route: route.fulfill(json=left_out))
    draw_with_mouse(page, SEVEN)
    expect_answer(page, "7")
    expect(page.locator("#answer .second")).to_contain_text("One mark was left out.")
    expect(page.locator("#found .mark")).to_have_css("border-top-style", "dashed")


def test_every_point_between_two_frames_is_drawn(page: Page) -> None:
    top = page.evaluate(
        """async () => {
          const canvas = document.querySelector('#drawing');
          const box = canvas.getBoundingClientRect();
          const at = (x, y) => ({ pointerId: 1, isPrimary: true, button: 0, buttons: 1, pressure: 0.5, bubbles: true,
            clientX: box.left + (x * box.width) / 400, clientY: box.top + (y * box.height) / 300 });
          canvas.setPointerCapture = () => {};
          canvas.dispatchEvent(new PointerEvent('pointerdown', at(100, 200)));
          const between = [150, 200, 250].map((x) => new PointerEvent('pointermove', at(x, x === 200 ? 60 : 130)));
          canvas.dispatchEvent(new PointerEvent('pointermove', { ...at(300, 200), coalescedEvents: between }));
          canvas.dispatchEvent(new PointerEvent('pointerup', at(300, 200)));
          const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
          const top = data.findIndex((value, at) => at % 4 === 3 && value > 0);
          return (Math.floor(top / 4 / canvas.width) * 300) / canvas.height;
        }"""
    )
    assert 40 < top < 130, "units: the pen was at 60 in between, and at 200 before and after"


def test_an_uncertain_answer_looks_uncertain_and_says_why(page: Page) -> None:
    page.route(READ, lambda route: route.fulfill(json=reading("4", certain=False, second=0.45)))
    draw_with_mouse(page, ONE)
    expect_answer(page, "4", "uncertain")
    expect(answer_of(page)).to_contain_text("This could be 4 or 5.")


@pytest.mark.parametrize(
    ("second", "said"), ((0.2, "Second guess: 5, 20%."), (0.001, "Second guess: 5, far behind."), (0.0, ""))
)
def test_the_second_guess_is_named(page: Page, second: float, said: str) -> None:
    page.route(READ, lambda route: route.fulfill(json=reading("4", second=second)))
    draw_with_mouse(page, ONE)
    expect_answer(page, "4")
    expect(page.locator("#answer .second")).to_have_text(said)


def test_a_class_other_than_a_digit_is_called_by_its_name(page: Page) -> None:
    answer = reading("4", certain=False, second=0.45)
    answer["digits"][0]["label"] = "coat"
    page.route(READ, lambda route: route.fulfill(json=answer))
    page.locator("#model").evaluate(
        "({ selectedOptions: [option] }) => { option.dataset.classes = 'top,trouser,pullover,dress,coat,sandal'; }"
    )
    draw_with_mouse(page, ONE)
    expect_answer(page, "4", "uncertain")
    expect(page.locator("#answer .verdict")).to_have_text("coat")
    expect(answer_of(page)).to_contain_text("This could be coat or sandal.")
    expect(page.locator("#answer .bars li[data-best] .label")).to_have_text("coat")


def test_without_read_one_digit_is_read_by_predict(page: Page) -> None:
    page.route(READ, lambda route: route.fulfill(status=404, json={"error": "Nothing here.", "code": "not_found"}))
    draw_with_mouse(page, SEVEN)
    expect_answer(page, "7")


@pytest.mark.parametrize(
    ("width", "height"), ((1440, 900), (1280, 720), (768, 1024), (390, 844), (360, 640), (844, 390))
)
def test_samples_are_beside_the_empty_sheet_and_nothing_jumps_when_one_is_chosen(
    open_page: OpenPage, width: int, height: int
) -> None:
    page = open_page(viewport={"width": width, "height": height})
    for sample in page.locator("#samples button").all():
        expect(sample).to_be_in_viewport(ratio=1)
    before = answer_of(page).bounding_box()
    page.get_by_role("button", name="Sample digit 3").click()
    expect_answer(page, "3")
    page.evaluate("() => scrollTo(0, 0)")
    assert answer_of(page).bounding_box() == before


def test_the_samples_read_right(page: Page) -> None:
    for digit in range(10):
        page.get_by_role("button", name=f"Sample digit {digit}").click()
        expect_answer(page, str(digit))
        expect(answer_of(page)).to_be_focused()  # the samples have made way for the bars
        expect(page.locator("#samples")).to_be_hidden()
        expect(page.locator("#answer .bars")).to_be_visible()
        page.click("#clear")
