"""Your drawings: kept in the browser until removed, opened again, and saved as files."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect

from .hand import FOUR, SEVEN, draw_with_mouse
from .test_draw import expect_answer


def draw_two(page: Page) -> None:
    for strokes, text in ((FOUR, "4"), (SEVEN, "7")):
        draw_with_mouse(page, strokes)
        expect_answer(page, text)
        page.click("#clear")
    page.click("#drawings summary")


def test_a_cleared_drawing_is_kept_and_opened_again(page: Page) -> None:
    draw_two(page)
    items = page.locator("#drawings .gallery li")
    expect(items).to_have_count(2)
    page.reload()
    page.click("#drawings summary")
    expect(items).to_have_count(2)
    page.get_by_role("button", name="Open the drawing of 4").click()
    expect_answer(page, "4")
    page.get_by_role("button", name="Remove the drawing of 7").click()
    expect(items).to_have_count(1)
    expect(page.get_by_role("button", name="Remove the drawing of 4")).to_be_focused()
    page.click("#remove-all")
    expect(page.locator("#drawings summary")).to_be_focused()
    page.reload()
    page.click("#drawings summary")
    expect(items).to_have_count(0)


def test_where_nothing_is_drawn_saving_says_so(page: Page) -> None:
    page.click("#drawings summary")
    for name in ("png", "svg"):
        page.click(f"#save-{name}")
        expect(page.locator("#drawings .status")).to_have_text("Write a digit first.")
    draw_with_mouse(page, SEVEN)
    with page.expect_download():
        page.click("#save-png")
    expect(page.locator("#drawings .status")).to_be_empty()


def test_drawings_are_saved_as_a_zip_of_folders_by_label(page: Page, tmp_path: Path) -> None:
    draw_two(page)
    with page.expect_download() as saved:
        page.click("#save-zip")
    saved.value.save_as(tmp_path / "drawings.zip")
    with zipfile.ZipFile(tmp_path / "drawings.zip") as archive:
        assert archive.testzip() is None
        assert sorted(archive.namelist()) == ["4/drawing-2.png", "7/drawing-1.png"]
        assert Image.open(io.BytesIO(archive.read("4/drawing-2.png"))).size == (400, 300)


def test_a_drawing_is_saved_as_a_picture_that_reads_the_same(page: Page, tmp_path: Path) -> None:
    draw_with_mouse(page, SEVEN)
    expect_answer(page, "7")
    page.click("#drawings summary")
    for name in ("png", "svg"):
        with page.expect_download() as saved:
            page.click(f"#save-{name}")
        file = tmp_path / f"drawing.{name}"
        saved.value.save_as(file)
        page.set_input_files("#upload", file)
        expect_answer(page, "7")
        page.click("#clear")
        page.click("#undo")
