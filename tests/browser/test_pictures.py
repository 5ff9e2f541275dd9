"""Pictures that people bring: chosen, dropped, pasted, several at once, and those that cannot be read."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, JSHandle, Page, expect

from .hand import FOUR, ONE, SEVEN, draw_picture, draw_with_mouse
from .test_draw import expect_answer

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
    expect_answer(page, "7")

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

    rows.nth(0).get_by_role("button").click()
    expect_answer(page, "1")
    page.click("#forget")
    expect(page.locator("#pictures")).to_be_hidden()
    expect_answer(page, "", "empty")


@pytest.mark.parametrize("picture", (NO_PICTURE, BLANK))
def test_a_bad_picture_gets_the_servers_sentence(page: Page, picture: FilePayload) -> None:
    with page.expect_response("**/read?*") as response:
        page.set_input_files("#upload", picture)
    expect_answer(page, "", "problem")
    expect(page.locator("#answer .sentence")).to_have_text(response.value.json()["error"])
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
