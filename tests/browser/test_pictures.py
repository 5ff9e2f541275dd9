"""Pictures that people bring: chosen, dropped, pasted, several at once, and those that cannot be read."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import FilePayload, JSHandle, Page, expect

from .conftest import OpenPage
from .hand import FOUR, HEIGHT, ONE, SEVEN, WIDTH, Stroke, draw_picture, draw_with_mouse, shift, shrink
from .test_draw import READ, expect_answer, hold_requests, reading, wait_for_held

NO_PICTURE: FilePayload = {"name": "notes.png", "mimeType": "image/png", "buffer": b"no picture at all"}
BLANK = draw_picture([], "blank.png")


def hold(page: Page, picture: FilePayload) -> JSHandle:
    """Put a file into a DataTransfer, as a person's mouse or clipboard would."""
    return page.evaluate_handle(
        """({ name, type, bytes }) => {
            const held = new DataTransfer();
            held.items.add(new File([new Uint8Array(bytes)], name, { type }));
            return held;
        }""",
        {"name": picture["name"], "type": picture["mimeType"], "bytes": list(picture["buffer"])},
    )


def test_a_chosen_picture_is_shown_and_read(page: Page) -> None:
    page.set_input_files("#upload", draw_picture(SEVEN))
    expect_answer(page, "7")
    expect(page.locator("#staged")).to_be_visible()
    expect(page.get_by_role("row").last).to_contain_text("seven.png")


def test_drawing_takes_the_picture_off_the_stage(page: Page) -> None:
    page.set_input_files("#upload", draw_picture(SEVEN))
    expect_answer(page, "7")
    draw_with_mouse(page, FOUR)
    expect_answer(page, "4")
    expect(page.locator("#staged")).to_be_hidden()


def test_what_belongs_to_a_drawing_waits_while_a_picture_is_shown(page: Page) -> None:
    draw_with_mouse(page, FOUR)
    expect_answer(page, "4")
    page.set_input_files("#upload", draw_picture(SEVEN))
    expect_answer(page, "7")
    expect(page.locator("#replay")).to_have_attribute("aria-disabled", "true")
    page.click("#code summary")
    expect(page.locator("#code-curl")).to_contain_text("data:image/jpeg;base64,")
    expect(page.locator("#link")).to_be_hidden()


def test_clear_takes_the_picture_off_and_undo_brings_the_drawing_back(page: Page) -> None:
    draw_with_mouse(page, FOUR)
    page.set_input_files("#upload", draw_picture(SEVEN))
    expect_answer(page, "7")
    page.click("#clear")
    expect_answer(page, "", "empty")
    page.click("#undo")
    expect_answer(page, "4")


def test_a_picture_may_be_dropped_anywhere(page: Page) -> None:
    held = hold(page, draw_picture(SEVEN))
    footer = page.locator("footer")
    footer.dispatch_event("dragover", {"dataTransfer": held})
    expect(page.locator("body")).to_have_attribute("data-dragging", "")
    footer.dispatch_event("drop", {"dataTransfer": held})
    expect_answer(page, "7")
    expect(page.locator("body")).not_to_have_attribute("data-dragging", "")


def test_a_picture_may_be_pasted(page: Page) -> None:
    held = hold(page, draw_picture(SEVEN))
    page.evaluate(
        "held => dispatchEvent(new ClipboardEvent('paste', { clipboardData: held, bubbles: true }))",
        held,
    )
    expect_answer(page, "7")


def test_several_pictures_become_a_list_that_can_be_saved(page: Page, tmp_path: Path) -> None:
    page.set_input_files(
        "#upload", [draw_picture(ONE, "one.png"), NO_PICTURE, BLANK, draw_picture(SEVEN, '=seven, "7".png')]
    )
    rows = page.locator("#rows tr")
    expect(rows).to_have_count(4)
    expect(page.locator("#rows tr[data-state=reading]")).to_have_count(0)
    expect(rows.nth(0).locator("[data-part=text]")).to_have_text("1")
    expect(rows.nth(1)).to_have_attribute("data-state", "problem")
    expect(rows.nth(2)).to_have_attribute("data-state", "problem")
    expect_answer(page, "1")

    with page.expect_download() as saved:
        page.click("#save-csv")
    saved.value.save_as(tmp_path / "digits.csv")
    with (tmp_path / "digits.csv").open(newline="") as file:
        records = list(csv.DictReader(file))
    assert [record["text"] for record in records] == ["1", "", "", "7"]
    assert [record["code"] for record in records] == ["", "unsupported_format", "no_ink", ""]
    assert records[3]["file"] == '\'=seven, "7".png', "a spreadsheet must not take a name for a formula"

    with page.expect_download() as saved:
        page.click("#save-json")
    saved.value.save_as(tmp_path / "digits.json")
    entries = json.loads((tmp_path / "digits.json").read_text("utf-8"))
    assert entries[0]["text"] == "1"
    assert len(entries[0]["digits"][0]["probabilities"]) == 10
    assert entries[2]["error"]

    rows.nth(3).get_by_role("button").click()
    expect_answer(page, "7")
    page.click("#forget")
    expect(page.locator("#pictures")).to_be_hidden()
    expect_answer(page, "", "empty")


@pytest.mark.parametrize(
    ("picture", "said"), ((NO_PICTURE, "This is not a picture that can be read."), (BLANK, "No digit was found."))
)
def test_what_the_server_says_of_a_bad_picture_is_said_in_plain_words(
    page: Page, picture: FilePayload, said: str
) -> None:
    with page.expect_response("**/read?*"):
        page.set_input_files("#upload", picture)
    expect_answer(page, "", "problem")
    expect(page.locator("#answer .sentence")).to_contain_text(said)
    draw_with_mouse(page, SEVEN)
    expect_answer(page, "7")


def test_a_picture_that_is_too_large_is_not_even_sent(page: Page) -> None:
    page.evaluate(
        """() => {
            const max = Number(document.getElementById('bring').dataset.maxBytes);
            const held = new DataTransfer();
            held.items.add(new File([new Uint8Array(max + 1)], 'large.png', { type: 'image/png' }));
            dispatchEvent(new ClipboardEvent('paste', { clipboardData: held }));
        }"""
    )
    expect_answer(page, "", "problem")
    expect(page.locator("#answer .sentence")).to_contain_text("too large")


def photograph(strokes: list[Stroke], side: int) -> FilePayload:
    """Draw strokes on a large sheet with noise, which a PNG cannot make small."""
    rng = np.random.default_rng(5)
    paper = rng.integers(225, 256, (side * HEIGHT // WIDTH, side), np.uint8)
    picture = Image.fromarray(paper)
    scale = side / WIDTH
    for stroke in strokes:
        line = [(x * scale, y * scale) for x, y in stroke]
        ImageDraw.Draw(picture).line(line, fill=20, width=round(18 * scale), joint="curve")
    stream = io.BytesIO()
    picture.save(stream, "PNG", compress_level=1)
    return {"name": "photo.png", "mimeType": "image/png", "buffer": stream.getvalue()}


def test_a_large_photo_is_made_smaller_before_it_is_sent(page: Page) -> None:
    photo = photograph(SEVEN, 3000)
    page.evaluate(
        """() => {
            const { send } = XMLHttpRequest.prototype;
            XMLHttpRequest.prototype.send = function (body) {
                window.sent = body;
                send.call(this, body);
            };
        }"""
    )
    page.set_input_files("#upload", photo)
    expect_answer(page, "7")
    size = page.evaluate(
        "async () => { const { width, height } = await createImageBitmap(sent); return [width, height]; }"
    )
    assert size == [2000, 1500]
    assert page.evaluate("() => sent.size") < len(photo["buffer"])


def test_on_a_slow_line_it_says_how_much_has_gone_and_sends_a_smaller_picture(page: Page) -> None:
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    limits = {"offline": False, "latency": 200, "downloadThroughput": 60_000, "uploadThroughput": 60_000}
    network.send("Network.emulateNetworkConditions", limits)
    page.evaluate(
        """() => {
            window.sizes = [];
            window.told = new Set();
            const [{ send }, ask] = [XMLHttpRequest.prototype, window.fetch];
            XMLHttpRequest.prototype.send = function (body) {
                sizes.push(body.size);
                send.call(this, body);
            };
            window.fetch = (address, options) => {
                if (options?.body) sizes.push(options.body.size);
                return ask(address, options);
            };
            const sentence = document.querySelector('#answer .sentence');
            const look = () => told.add(sentence.textContent);
            new MutationObserver(look).observe(sentence, { childList: true, characterData: true, subtree: true });
        }"""
    )
    page.set_input_files("#upload", photograph(SEVEN, 3000))
    expect_answer(page, "7")
    first, second = page.evaluate("() => sizes")
    assert first > 60_000 * 20 > second * 10, "the first would take longer than the server waits"
    told = page.evaluate("() => [...told]")
    assert any(re.fullmatch(r"Sending the picture … [\d.]+%", each) for each in told), told
    expect(page.locator("#found .digit")).to_have_count(1)


def test_digits_of_a_photo_are_framed_where_they_are(page: Page) -> None:
    page.set_input_files("#upload", draw_picture([*shift(shrink(FOUR, 0.6), -90), *shift(shrink(SEVEN, 0.6), 90)]))
    expect_answer(page, "47")
    expect(page.locator("#found .digit")).to_have_count(2)
    four, seven = (page.locator("#found .digit").nth(index).bounding_box() for index in (0, 1))
    paper = page.locator("#paper").bounding_box()
    assert four
    assert seven
    assert paper
    for frame, middle in ((four, 110), (seven, 290)):
        centre = (frame["x"] + frame["width"] / 2 - paper["x"]) / paper["width"] * WIDTH
        assert abs(centre - middle) < 30


def test_what_the_network_sees_of_a_digit_in_a_photo_is_what_was_read(page: Page) -> None:
    with page.expect_response("**/read?*") as response:
        page.set_input_files("#upload", draw_picture([*shift(shrink(FOUR, 0.6), -90), *shift(shrink(SEVEN, 0.6), 90)]))
    expect_answer(page, "47")
    digits = response.value.json()["digits"]
    page.click("#sight summary")
    page.get_by_role("button", name="Digit 1: 4").click()
    expect(page.locator("#sight .pixels")).to_have_attribute("src", digits[0]["picture"])
    page.get_by_role("button", name="Digit 2: 7").click()
    expect(page.locator("#sight .pixels")).to_have_attribute("src", digits[1]["picture"])


SVG = b"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100"><rect width="100" height="100" fill="white"/>
<path d="M30 20h40L45 80" fill="none" stroke="black" stroke-width="7"/></svg>"""


def test_a_picture_that_only_the_browser_can_show_is_read(page: Page) -> None:
    page.set_input_files("#upload", {"name": "7.svg", "mimeType": "image/svg+xml", "buffer": SVG})
    expect_answer(page, "7")


@pytest.mark.parametrize(
    ("name", "kind", "body", "said"),
    (
        ("empty.png", "image/png", b"", "This file is empty (0 bytes)."),
        ("photo.heic", "image/heic", b"no picture", "This is not a picture that can be read."),
        ("notes.txt", "text/plain", b"no picture", "This is not a picture that can be read."),
        ("cut.png", "image/png", draw_picture(SEVEN)["buffer"][:200], "This picture is damaged or incomplete."),
    ),
)
def test_a_file_that_is_no_picture_is_named_in_plain_words(
    page: Page, name: str, kind: str, body: bytes, said: str
) -> None:
    page.set_input_files("#upload", {"name": name, "mimeType": kind, "buffer": body})
    expect_answer(page, "", "problem")
    expect(page.locator("#answer .sentence")).to_contain_text(said)
    if name != "cut.png":  # of which the browser shows what there is
        expect(page.locator("#staged")).to_be_hidden()
        expect(page.locator("#unnamed")).to_have_text(name)


def test_a_picture_that_only_the_server_can_read_has_its_name_and_no_frames(page: Page) -> None:
    page.route(READ, lambda route: route.fulfill(json=reading("7")))
    page.set_input_files("#upload", {"name": "7.heic", "mimeType": "image/heic", "buffer": b"of a phone"})
    expect_answer(page, "7")
    expect(page.locator("#unnamed")).to_have_text("7.heic")
    expect(page.locator("#found")).to_be_hidden()


def test_a_file_that_cannot_be_read_is_not_blamed_on_the_server(page: Page) -> None:
    page.evaluate(  # as browsers answer for a folder, or a file that was moved
        """() => {
            File.prototype.slice = () => ({ arrayBuffer: () => Promise.reject(new DOMException('', 'NotFoundError')) });
        }"""
    )
    page.set_input_files("#upload", draw_picture(SEVEN))
    expect_answer(page, "", "problem")
    expect(page.locator("#answer .sentence")).to_contain_text("damaged or incomplete")


def test_the_old_answer_goes_when_a_picture_comes(page: Page) -> None:
    draw_with_mouse(page, FOUR)
    expect_answer(page, "4")
    held = hold_requests(page)
    page.set_input_files("#upload", draw_picture(SEVEN))
    wait_for_held(page, held, 1)
    expect_answer(page, "", "reading")
    expect(page.locator("#answer .sentence")).to_have_text("Sending the picture …")
    held[0].continue_()
    expect_answer(page, "7")


def test_undo_brings_back_a_picture_that_was_drawn_over(page: Page) -> None:
    page.set_input_files("#upload", draw_picture(SEVEN))
    expect_answer(page, "7")
    draw_with_mouse(page, FOUR)
    expect_answer(page, "4")
    page.click("#undo")
    page.click("#undo")
    expect_answer(page, "7")
    expect(page.locator("#staged")).to_be_visible()


def test_the_first_picture_that_can_be_read_is_shown(page: Page) -> None:
    page.set_input_files("#upload", [BLANK, draw_picture(SEVEN), draw_picture(FOUR, "four.png")])
    expect(page.locator("#rows tr[data-state=reading]")).to_have_count(0)
    expect_answer(page, "7")


def test_a_row_of_the_list_brings_the_sheet_into_sight(open_page: OpenPage) -> None:
    page = open_page(viewport={"width": 360, "height": 740})
    page.set_input_files("#upload", [draw_picture(SEVEN), draw_picture(FOUR, "four.png")])
    expect(page.locator("#rows tr[data-state=reading]")).to_have_count(0)
    page.get_by_role("button", name="four.png").click()
    expect_answer(page, "4")
    expect(page.locator("#drawing")).to_be_in_viewport(ratio=0.9)
